// A note is kept as it is typed: a form with `data-save` sends it a moment after the last key, again until it is there,
// and at once when the page is left.

import { count, get } from "./time.js"

const AFTER = 700
const AGAIN = 2000
const waiting = new Map() // forms whose note is not kept yet, with the timer of the next try
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

async function keep(form) {
  clearTimeout(waiting.get(form))
  const { note } = form.elements
  const written = note.value
  try {
    const answer = await get(form.dataset.save, {
      method: "POST", keepalive: true, body: new URLSearchParams({ note: written }), headers: { "X-CSRF": csrf },
    })
    if (answer.status === 409) waiting.delete(form) // it is finished: nothing more to keep
    if (answer.status === 409) return
    if (!answer.ok) throw new Error(String(answer.status))
    const { until } = await answer.json()
    if (note.value !== written) return
    waiting.delete(form)
    tell(form, "kept")
    for (const time of until ? document.querySelectorAll("#wrap-head time[data-until]") : []) time.dataset.until = until
    count()
  } catch {
    tell(form, "failed")
    later(form, AGAIN)
  }
}

document.addEventListener("input", ({ target }) => {
  const form = target.closest("form[data-save]")
  if (!form || target.name !== "note") return
  tell(form, "typing")
  later(form, AFTER)
})

// What is sent whole needs no keeping.
document.addEventListener("submit", ({ target }) => {
  clearTimeout(waiting.get(target))
  waiting.delete(target)
})
document.addEventListener("unsent", ({ target }) => target.matches("form[data-save]") && later(target, AGAIN))
addEventListener("pagehide", () => { for (const form of waiting.keys()) keep(form) })
