// A note is kept as it is typed: a form with `data-save` sends it a moment after the last key, again until it is there,
// and at once when the page is left. Until it is there it is in the storage of this window too: who has to log in again,
// or reloads the page while the server is away, has lost nothing.

import { count, get } from "./time.js"

const AFTER = 700
const AGAIN = 2000
const LONGEST = 8000 // a request that hangs is given up after so long
const UNSENT = "ivr-note "
const waiting = new Map() // forms whose note is not kept yet, with the timer of the next try
const sending = new Set()
const seen = new WeakMap() // by form, the mark of the note that was kept last: another window may have added to it since
const { csrf } = document.body.dataset

function tell(form, word) {
  const place = form.querySelector("[data-kept]")
  if (!place) return
  place.dataset.state = word
  place.textContent = place.dataset[word] || ""
}

function later(form, milliseconds) {
  clearTimeout(waiting.get(form))
  waiting.set(form, setTimeout(() => keep(form), milliseconds))
}

const send = (path, written) => get(path, {
  method: "POST", keepalive: true, body: new URLSearchParams(written), headers: { "X-CSRF": csrf },
  signal: AbortSignal.timeout(LONGEST),
})
const typed = (form) => ({ note: form.elements.note.value, seen: seen.get(form) ?? form.elements.seen.value })

const isFinished = ({ status }) => status === 409

async function keep(form) {
  if (sending.has(form)) return later(form, AFTER)
  clearTimeout(waiting.get(form))
  sending.add(form)
  const { note } = form.elements
  const path = form.dataset.save
  const written = note.value
  try {
    const answer = await send(path, typed(form))
    if (!answer.ok && !isFinished(answer)) throw new Error(String(answer.status))
    const kept = answer.ok ? await answer.json() : {}
    if (kept.seen) seen.set(form, kept.seen)
    if (kept.note) note.value = kept.note + note.value.slice(note.value.startsWith(written) ? written.length : 0)
    if (note.value !== (kept.note ?? written)) return
    waiting.delete(form)
    sessionStorage.removeItem(UNSENT + path)
    if (answer.ok) tell(form, note.value.length < note.maxLength ? "kept" : "full")
    for (const time of kept.until ? document.querySelectorAll("#wrap-head time[data-until]") : []) time.dataset.until = kept.until
    count()
  } catch {
    tell(form, "failed")
    later(form, AGAIN)
  } finally {
    sending.delete(form)
  }
}

/** Events of the form itself: by the time it is sent, it may have left the page. */
function begin(form) {
  seen.set(form, form.elements.seen.value)
  form.addEventListener("reset", () => sessionStorage.removeItem(UNSENT + form.dataset.save)) // it was sent whole
  form.addEventListener("unsent", () => later(form, AGAIN))
}

document.addEventListener("input", ({ target }) => {
  const form = target.closest("form[data-save]")
  if (!form || target.name !== "note") return
  if (!seen.has(form)) begin(form)
  sessionStorage.setItem(UNSENT + form.dataset.save, JSON.stringify(typed(form)))
  tell(form, "typing")
  later(form, AFTER)
})

// What is sent whole needs no keeping.
document.addEventListener("submit", ({ target }) => {
  clearTimeout(waiting.get(target))
  waiting.delete(target)
})
document.addEventListener("formdata", ({ target, formData }) => seen.has(target) && formData.set("seen", seen.get(target)))
addEventListener("pagehide", () => { for (const form of waiting.keys()) send(form.dataset.save, typed(form)).catch(() => {}) })

// What an earlier page of this window could not send: into its field if it is here, for no page is told of a note.
for (const key of Object.keys(sessionStorage).filter((one) => one.startsWith(UNSENT))) {
  const path = key.slice(UNSENT.length)
  const written = JSON.parse(sessionStorage.getItem(key))
  const form = document.querySelector(`form[data-save="${path}"]`)
  if (form) {
    begin(form)
    seen.set(form, written.seen)
    form.elements.note.value = written.note
    keep(form)
  } else {
    send(path, written)
      .then((answer) => (answer.ok || isFinished(answer)) && sessionStorage.removeItem(key))
      .catch(() => {})
  }
}
