// What pages do by themselves: they stay current, count time, obey single keys and ask before they log somebody out.
// Without this file everything still works, by forms and reloads.

import { signal } from "./signals.js"
import { count, get, sync } from "./time.js"

const body = document.body
const csrf = body.dataset.csrf
const post = (path) => get(path, { method: "POST", headers: { "X-CSRF": csrf } })
let leaving = false // whoever logs out is told so by the page that comes, and is not sent elsewhere on the way to it
const toLogin = () => leaving
  || location.assign(`/console/login?over=1&next=${encodeURIComponent(location.pathname + location.search)}`)

// --- live -------------------------------------------------------------------------------------------------------

const POLL = 3000
const QUIET = 12000 // a heartbeat comes every 5 s: whoever heard none for so long is not connected
const AGAIN = 5000 // a connection that stays silent is made anew after so long
const shown = new WeakMap()
const asking = new WeakMap()
const stale = new Set() // what could not be fetched; the next beat tries again
const state = { word: "", heard: Date.now(), parts: {} }

function say(word) {
  if (word === state.word) return
  state.word = word
  const place = document.getElementById("live")
  place.dataset.state = word
  place.querySelector(".word").textContent = place.dataset[word]
  document.getElementById("lost").hidden = word !== "off"
}

/** Fetch what shows these parts of the store (all of it, if none are named), and swap what is new. */
function refresh(parts) {
  const wanted = [...document.querySelectorAll("body [data-live]")].filter((region) => {
    const on = (region.dataset.on || "").split(" ").filter(Boolean)
    return !parts || !on.length || on.some((part) => parts.includes(part))
  })
  return Promise.all(wanted.map(renew))
}

/** A promise of the region as the store is now. Whoever asks while an answer is on its way gets the next one: the first
 * may be older than the change. */
function renew(region) {
  const running = asking.get(region)
  if (running) return running.next ??= running.done.then(() => region.isConnected && renew(region))
  const done = fetchInto(region).finally(() => asking.delete(region))
  asking.set(region, { done, next: null })
  return done
}

async function fetchInto(region) {
  try {
    const answer = await get(region.dataset.live)
    if (answer.status === 401) return toLogin()
    if (answer.status === 404 && performance.now() > 5000) return location.reload() // what it is about is gone
    if (!answer.ok) throw new Error(String(answer.status))
    const text = await answer.text()
    stale.delete(region)
    if (shown.get(region) === text) return
    shown.set(region, text)
    shape(region, new DOMParser().parseFromString(text, "text/html").body, true)
    settle()
    count()
    announce()
  } catch {
    stale.add(region)
    say("off")
  }
}

const isTwin = (one, other) => one.nodeName === other.nodeName && (one.id || "") === (other.id || "")
  && one.dataset?.about === other.dataset?.about

/**
 * Make one element like another, changing as little as can be: what is being typed stays, and so do the focus, an input
 * method in the middle of a word, open details and a recording that plays. Children with an id are known by it. What
 * the page says by itself (`data-own`) stays; what was typed about one thing never goes on into another (`data-about`).
 */
function shape(now, wanted, inside = false) {
  if (now.nodeType !== Node.ELEMENT_NODE) {
    if (now.nodeValue !== wanted.nodeValue) now.nodeValue = wanted.nodeValue
    return
  }
  if (now.hasAttribute("data-own")) return
  if (!inside) {
    for (const { name } of [...now.attributes]) if (!wanted.hasAttribute(name) && name !== "open") now.removeAttribute(name)
    for (const { name, value } of wanted.attributes) if (now.getAttribute(name) !== value) now.setAttribute(name, value)
  }
  let at = now.firstChild
  const ids = new Set([...wanted.children].map((node) => node.id).filter(Boolean))
  for (const node of wanted.childNodes) {
    const known = node.id ? [...now.children].find((one) => isTwin(one, node)) : null
    // What stands before it and is gone is taken away first: an element that is moved loses the focus.
    while (known && at && at !== known && !ids.has(at.id) && at.compareDocumentPosition(known) & Node.DOCUMENT_POSITION_FOLLOWING) {
      const next = at.nextSibling
      at.remove()
      at = next
    }
    const twin = known || (at && isTwin(at, node) ? at : null)
    if (!twin) {
      now.insertBefore(document.importNode(node, true), at)
      continue
    }
    if (twin === at) at = at.nextSibling
    else now.insertBefore(twin, at)
    shape(twin, node)
  }
  while (at) {
    const next = at.nextSibling
    at.remove()
    at = next
  }
}

/** Somebody rings, or left a message: said aloud, and for whoever looks at another window. */
function announce() {
  const ringing = document.querySelector("[data-ringing]")?.dataset.ringing || ""
  const aloud = document.getElementById("announce")
  if (aloud.textContent !== ringing) aloud.textContent = ringing // a reader says what is new here, whatever it reads
  signal(ringing, Number(document.querySelector("[data-unheard]")?.dataset.unheard || 0))
}

function heard(event) {
  state.heard = Date.now()
  sync(event.now)
  if (event.kind === "over") return toLogin()
  if (event.kind === "beat") {
    for (const region of stale) renew(region)
    if (!stale.size) say(event.slow ? "slow" : "on")
    return
  }
  say(event.slow ? "slow" : "on")
  refresh(event.kind === "changed" ? event.parts : undefined)
}

// One window of a browser listens, and tells the others: a browser opens six connections to a place, and no more.
const others = new BroadcastChannel("ivr-live")
const tell = (event) => { others.postMessage(event); heard(event) }

let source = null // while this window listens
let tried = 0

/** This window listens for all, and makes the sounds. */
function lead() {
  body.dataset.leads = "yes"
  listen()
}

function listen() {
  source?.close()
  source = new EventSource("/console/events")
  tried = Date.now()
  source.addEventListener("hello", ({ data }) => tell({ kind: "hello", now: data }))
  source.addEventListener("changed", ({ data }) => tell({ kind: "changed", parts: JSON.parse(data) }))
  source.addEventListener("beat", ({ data }) => tell({ kind: "beat", now: data }))
  source.addEventListener("over", () => { source.close(); tell({ kind: "over" }) })
  source.onerror = ({ target }) => {
    if (target !== source || target.readyState !== EventSource.CLOSED) return // it tries again by itself
    source = null
    poll(Date.now() + 60000)
  }
}

/** Nothing was heard for too long: say so, and do not leave it to the browser when to try again. */
function watch() {
  if (Date.now() - state.heard <= QUIET) return
  say("off")
  if (source && Date.now() - tried > AGAIN) listen()
}

/** For when too many listen: ask every three seconds, and try to listen again after a minute. */
async function poll(until) {
  try {
    const answer = await get("/console/parts")
    if (answer.status === 401) return tell({ kind: "over" })
    if (!answer.ok) throw new Error(String(answer.status))
    const now = await answer.json()
    const changed = Object.keys(now).filter((part) => now[part] !== state.parts[part])
    state.parts = now
    tell({ kind: changed.length ? "changed" : "beat", parts: changed, slow: true })
  } catch { /* the watch below says so */ }
  setTimeout(() => (Date.now() > until ? listen() : poll(until)), POLL)
}

if (document.querySelector("body [data-live]")) {
  setInterval(watch, 1000)
  others.onmessage = ({ data }) => heard(data)
  if (navigator.locks) navigator.locks.request("ivr-live", () => { lead(); return new Promise(() => {}) })
  else lead()
}

// --- forms ------------------------------------------------------------------------------------------------------

/** What a sentence at the head of the page is about: it leaves with the state of the agent, and when somebody rings. */
const situation = () => document.querySelector("[data-situation]")?.dataset.situation
function settle() {
  const message = document.querySelector("#message > .message[data-of]")
  if (message && (message.dataset.of !== situation() || document.querySelector("[data-ringing]"))) message.remove()
}
function about(message) {
  if (message?.isConnected && situation() !== undefined) message.dataset.of = situation()
  settle()
}

/** A sentence at the head of the page, read aloud. */
function tellUser(kind, words) {
  const message = document.createElement("p")
  message.className = "message"
  message.dataset.kind = kind
  message.textContent = words
  document.getElementById("message").replaceChildren(message)
  return message
}

/** `data-stay`: send the form without leaving the page, then show what changed. */
async function sendAndStay(form, submitter) {
  const data = new URLSearchParams(new FormData(form, submitter))
  if (submitter) submitter.disabled = true
  try {
    const answer = await get(submitter?.getAttribute("formaction") || form.action, {
      method: "POST", body: data, headers: { "X-CSRF": csrf, "X-Stay": location.pathname },
    })
    if (answer.status === 401) return toLogin()
    if (!answer.ok) throw new Error(String(answer.status))
    const { go, kind, message } = await answer.json()
    if (go !== location.pathname) return location.assign(go)
    const told = message && tellUser(kind, message)
    if (kind === "refused") form.dispatchEvent(new Event("unsent", { bubbles: true }))
    else form.reset()
    await refresh()
    about(told)
  } catch {
    tellUser("refused", document.getElementById("message").dataset.failed)
    form.dispatchEvent(new Event("unsent", { bubbles: true }))
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
  leaving ||= form.getAttribute("action") === "/console/logout"
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
  if (wanted.matches("input:not([type=radio]), textarea, select")) wanted.focus()
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
  const answer = await get("/console/left").catch(() => null)
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

// The longest that a login lasts: said while there is time to save what is being written.
const LAST_WORDS = 5 * 60 * 1000
const ends = Date.now() + Number(body.dataset.lasts) * 1000
const ending = setInterval(() => {
  if (Date.now() < ends - LAST_WORDS) return
  clearInterval(ending)
  tellUser("refused", body.dataset.ends)
}, 1000)

// On a narrow screen the navigation is a strip: the page that is shown is seen in it.
document.querySelector(".sidebar nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" })

announce()
about(document.querySelector("#message > .message"))
