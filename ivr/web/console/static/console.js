// What pages do by themselves: they stay current, count time, obey single keys and ask before they log somebody out.
// Without this file everything still works, by forms and reloads.

const body = document.body
const csrf = body.dataset.csrf
const post = (path) => fetch(path, { method: "POST", headers: { "X-CSRF": csrf } })
const toLogin = () => location.assign(`/console/login?over=1&next=${encodeURIComponent(location.pathname + location.search)}`)

// --- live -------------------------------------------------------------------------------------------------------

const POLL = 3000
const QUIET = 12000 // a heartbeat comes every 5 s: whoever heard none for so long is not connected
const shown = new WeakMap()
const asking = new WeakMap()
const state = { word: "", heard: Date.now(), parts: {} }

function say(word) {
  if (word === state.word) return
  state.word = word
  const place = document.getElementById("live")
  place.dataset.state = word
  place.querySelector(".word").textContent = place.dataset[word]
  document.getElementById("lost").hidden = word !== "off"
  document.documentElement.dataset.live = word
}

/** Fetch what shows these parts of the store (all of it, if none are named), and swap what is new. */
function refresh(parts) {
  const wanted = [...document.querySelectorAll("[data-live]")].filter((region) => {
    const on = (region.dataset.on || "").split(" ").filter(Boolean)
    return !parts || !on.length || on.some((part) => parts.includes(part))
  })
  return Promise.all(wanted.map(renew))
}

async function renew(region) {
  if (asking.get(region)) { // once more when the answer is here: it may be older than the change
    asking.set(region, "again")
    return
  }
  asking.set(region, "once")
  try {
    const answer = await fetch(region.dataset.live, { headers: { "X-Fragment": "1" } })
    if (answer.status === 401) return toLogin()
    if (!answer.ok) throw new Error(String(answer.status))
    const text = await answer.text()
    if (shown.get(region) !== text) {
      swap(region, text)
      shown.set(region, text)
    }
  } catch {
    say("off")
  } finally {
    const again = asking.get(region) === "again"
    asking.delete(region)
    if (again && region.isConnected) renew(region)
  }
}

/** Put new content into a region; what is being typed, the focus and open details stay as they are. */
function swap(region, text) {
  const fresh = new DOMParser().parseFromString(text, "text/html").body
  const focused = region.contains(document.activeElement) ? document.activeElement : null
  for (const old of region.querySelectorAll("[id]")) {
    const twin = fresh.querySelector(`#${CSS.escape(old.id)}`)
    if (!twin) continue
    if (touched(old) && !old.closest("[data-fresh]")) twin.replaceWith(old) // the very element: cursor and all
    else if (old.tagName === "DETAILS") twin.open = old.open
    else if (old.tagName === "DIALOG" && old.open) twin.replaceWith(old)
    else if (old.tagName === "AUDIO" && !old.paused) twin.replaceWith(old)
  }
  const kept = focused && { id: focused.id, from: focused.selectionStart, to: focused.selectionEnd }
  region.replaceChildren(...fresh.childNodes)
  if (kept && document.activeElement !== focused) {
    const again = kept.id ? document.getElementById(kept.id) : null
    if (again) {
      again.focus({ preventScroll: true })
      try { again.setSelectionRange(kept.from, kept.to) } catch { /* not a text field */ }
    } else {
      region.tabIndex = -1
      region.focus({ preventScroll: true })
    }
  }
  count()
  announce()
}

function touched(field) {
  if (field === document.activeElement && field.matches("input, textarea, select")) return true
  if (field.matches("input[type=checkbox], input[type=radio]")) return field.checked !== field.defaultChecked
  if (field.matches("input:not([type=hidden]), textarea")) return field.value !== field.defaultValue
  if (field.matches("select")) return [...field.options].some((option) => option.selected !== option.defaultSelected)
  return false
}

/** Somebody rings: the title says so too, for whoever looks at another window. */
const title = document.title
function announce() {
  const ringing = document.querySelector("[data-ringing]")
  document.title = ringing ? `☎ ${ringing.dataset.ringing} · ${title}` : title
}

function heard(event) {
  state.heard = Date.now()
  if (event.kind === "over") return toLogin()
  if (event.kind === "beat") return say(state.word === "slow" ? "slow" : "on")
  say(event.slow ? "slow" : "on")
  refresh(event.kind === "changed" ? event.parts : undefined)
}

// One window of a browser listens, and tells the others: a browser opens six connections to a place, and no more.
const others = new BroadcastChannel("ivr-live")
others.onmessage = ({ data }) => heard(data)
const tell = (event) => { others.postMessage(event); heard(event) }

function listen() {
  const source = new EventSource("/console/events")
  source.addEventListener("hello", () => tell({ kind: "hello" }))
  source.addEventListener("changed", ({ data }) => tell({ kind: "changed", parts: JSON.parse(data) }))
  source.addEventListener("beat", () => tell({ kind: "beat" }))
  source.addEventListener("over", () => { source.close(); tell({ kind: "over" }) })
  source.onerror = () => {
    if (source.readyState !== EventSource.CLOSED) return // it tries again by itself
    source.close()
    poll(Date.now() + 60000)
  }
}

/** For when too many listen: ask every three seconds, and try to listen again after a minute. */
async function poll(until) {
  try {
    const answer = await fetch("/console/parts")
    if (answer.status === 401) return tell({ kind: "over" })
    if (!answer.ok) throw new Error(String(answer.status))
    const now = await answer.json()
    const changed = Object.keys(now).filter((part) => now[part] !== state.parts[part])
    state.parts = now
    tell(changed.length ? { kind: "changed", parts: changed, slow: true } : { kind: "beat" })
    if (state.word !== "slow") say("slow")
  } catch { /* the watch below says so */ }
  setTimeout(() => (Date.now() > until ? listen() : poll(until)), POLL)
}

setInterval(() => { if (Date.now() - state.heard > QUIET) say("off") }, 1000)
if (document.querySelector("[data-live]")) {
  for (const region of document.querySelectorAll("[data-live]")) shown.set(region, undefined)
  if (navigator.locks) navigator.locks.request("ivr-live", () => { listen(); return new Promise(() => {}) })
  else listen()
} else say("on")

// --- time -------------------------------------------------------------------------------------------------------

function count() {
  const now = Date.now() / 1000
  for (const time of document.querySelectorAll("time[data-since]")) {
    const seconds = Math.max(0, Math.floor(now - Number(time.dataset.since)))
    const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    const two = (n) => String(n).padStart(2, "0")
    const text = h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
    if (time.textContent !== text) time.textContent = text
  }
}
setInterval(count, 1000)

// --- forms ------------------------------------------------------------------------------------------------------

/** A sentence at the head of the page, read aloud. */
function tellUser(kind, words) {
  const said = document.createElement("p")
  said.className = "said"
  said.dataset.kind = kind
  said.textContent = words
  document.getElementById("said").replaceChildren(said)
}

/** `data-stay`: send the form without leaving the page, then show what changed. */
async function sendAndStay(form, submitter) {
  const data = new FormData(form, submitter)
  if (submitter) submitter.disabled = true
  try {
    const answer = await fetch(submitter?.formAction || form.action, {
      method: "POST", body: new URLSearchParams(data), headers: { "X-CSRF": csrf },
    })
    if (answer.status === 401) return toLogin()
    const page = new DOMParser().parseFromString(await answer.text(), "text/html")
    const words = page.querySelector("#said")
    if (!answer.ok) return tellUser("refused", page.querySelector("h1")?.textContent || document.getElementById("said").dataset.failed)
    if (words) document.getElementById("said").replaceChildren(...words.childNodes)
    if (!page.querySelector("#said [data-kind=refused]")) form.reset()
    await refresh()
  } catch {
    tellUser("refused", document.getElementById("said").dataset.failed)
  } finally {
    if (submitter) submitter.disabled = false
  }
}

function ask(sentence) {
  const sure = document.getElementById("sure")
  document.getElementById("sure-words").textContent = sentence
  sure.returnValue = ""
  sure.showModal()
  return new Promise((done) => sure.addEventListener("close", () => done(sure.returnValue === "yes"), { once: true }))
}

document.addEventListener("submit", async (event) => {
  const form = event.target
  const sentence = event.submitter?.dataset.confirm || form.dataset.confirm
  const stays = form.hasAttribute("data-stay")
  if (!sentence && !stays) return
  if (form.dataset.sure === "yes") { delete form.dataset.sure; if (!stays) return }
  event.preventDefault()
  if (sentence && !(await ask(sentence))) return
  if (stays) return sendAndStay(form, event.submitter)
  form.dataset.sure = "yes"
  form.requestSubmit(event.submitter)
})

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]")
  if (!opener) return
  if (opener.dataset.dialog === "help") listKeys()
  document.getElementById(opener.dataset.dialog)?.showModal()
})

// --- single keys ------------------------------------------------------------------------------------------------

const off = document.getElementById("keys-off")
const keysAreOff = () => localStorage.getItem("ivr-keys") === "off"
off.checked = keysAreOff()
body.classList.toggle("no-keys", off.checked)
off.addEventListener("change", () => {
  localStorage.setItem("ivr-keys", off.checked ? "off" : "on")
  body.classList.toggle("no-keys", off.checked)
})

const seen = (element) => element.getClientRects().length > 0 && !element.disabled
const withKeys = () => [...document.querySelectorAll("[data-key]")].filter((one) => seen(one) || one.dataset.key === "?")

function listKeys() {
  const rows = withKeys().map((one) => {
    const row = document.createElement("tr")
    const head = document.createElement("th")
    const key = document.createElement("kbd")
    const words = document.createElement("td")
    head.scope = "row"
    key.textContent = one.dataset.key
    const own = one.querySelector("span")?.textContent || one.textContent
    words.textContent = one.dataset.keyLabel || own.trim()
    head.append(key)
    row.append(head, words)
    return row
  })
  document.querySelector("#help tbody").replaceChildren(...rows)
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat || keysAreOff()) return
  if (event.target.closest?.("input:not([type=checkbox], [type=radio], [type=submit]), textarea, select, [contenteditable]")) return
  if (document.querySelector("dialog[open]")) return
  const wanted = withKeys().find((one) => one.dataset.key === event.key)
  if (!wanted) return
  event.preventDefault()
  if (wanted.matches("input, textarea, select")) wanted.focus()
  else wanted.click()
})

// --- still there? -----------------------------------------------------------------------------------------------

const idle = Number(body.dataset.idle)
const WARN = Math.min(60, idle / 3)
let touchedAt = Date.now()
let reported = Date.now()
let asked = false

for (const kind of ["keydown", "pointerdown", "pointermove", "wheel"]) {
  document.addEventListener(kind, () => {
    touchedAt = Date.now()
    if (asked || touchedAt - reported < Math.min(60000, idle * 200)) return
    reported = touchedAt
    post("/console/here").catch(() => {})
  }, { passive: true })
}

const soon = document.getElementById("soon")
soon.addEventListener("close", async () => {
  asked = false
  touchedAt = reported = Date.now()
  if ((await post("/console/here")).status === 401) toLogin()
})

setInterval(async () => {
  if (asked || Date.now() - reported < (idle - WARN) * 1000) return
  const answer = await fetch("/console/left").catch(() => null)
  if (!answer) return
  if (answer.status === 401) return toLogin()
  let { seconds } = await answer.json()
  if (seconds > WARN) { // somebody is there in another window
    reported = Date.now() - (idle - seconds) * 1000
    return
  }
  asked = true
  const about = document.getElementById("soon-about")
  const show = () => { about.textContent = about.dataset.words.replace("{seconds}", String(seconds)) }
  show()
  soon.showModal()
  const timer = setInterval(() => {
    if (!asked) return clearInterval(timer)
    seconds -= 1
    show()
    if (seconds < 0) { clearInterval(timer); toLogin() }
  }, 1000)
}, 1000)

announce()
count()
