// For whoever looks elsewhere: a caller who rings and a new message are heard, told by the desktop, and marked on the
// tab. The browser is asked for permission when somebody says that they are ready, and not before.

const { dataset } = document.body
const title = document.title
const favicon = document.querySelector("link[rel=icon]")
const EVERY = 3000 // a telephone rings again after so long
const seen = { ringing: "", unheard: null }
let bell = null
let sound = null

const isOn = () => localStorage.getItem("ivr-signals") !== "off"
const elsewhere = () => document.hidden || !document.hasFocus()
/** One window of a browser speaks for all: the one that listens. */
const speaks = () => isOn() && dataset.leads === "yes"

/** Tones, each given as its pitch, its beginning and its length in seconds. */
function play(...tones) {
  try {
    sound ??= new AudioContext()
    for (const [pitch, at, long] of tones) {
      const tone = new OscillatorNode(sound, { frequency: pitch })
      const volume = new GainNode(sound, { gain: 0.12 })
      tone.connect(volume).connect(sound.destination)
      tone.start(sound.currentTime + at)
      tone.stop(sound.currentTime + at + long)
    }
  } catch { /* a browser without sound */ }
}
const ring = () => play([440, 0, 0.4], [480, 0, 0.4], [440, 0.6, 0.4], [480, 0.6, 0.4])

function tell(words) {
  if (!speaks() || !elsewhere() || globalThis.Notification?.permission !== "granted") return
  const told = new Notification(words, { tag: "ivr", icon: favicon.href })
  told.onclick = () => { focus(); told.close() }
}

/** What the page shows now: who rings (""), and how many messages nobody has heard. */
export function signal(ringing, unheard) {
  const mark = ringing ? "☎ " : unheard ? `(${unheard}) ` : ""
  document.title = ringing ? `${mark}${ringing} · ${title}` : mark + title
  favicon.href = ringing || unheard ? favicon.dataset.marked : favicon.dataset.plain
  document.querySelector(".sidebar nav a[href='/console/messages']")?.setAttribute("data-count", unheard || "")
  const count = (ringing ? 1 : 0) + unheard
  if (count) navigator.setAppBadge?.(count).catch(() => {})
  else navigator.clearAppBadge?.().catch(() => {})
  if (ringing && !seen.ringing) {
    if (speaks()) ring()
    bell = setInterval(() => speaks() && ring(), EVERY)
    tell(ringing)
  }
  if (!ringing) clearInterval(bell)
  if (seen.unheard !== null && unheard > seen.unheard) {
    if (speaks()) play([880, 0, 0.15])
    tell(document.querySelector("[data-unheard]").textContent)
  }
  Object.assign(seen, { ringing, unheard })
  ask()
}

/** Asks once for the permission of the desktop: of somebody who is ready, and may look elsewhere. */
function ask() {
  const wanted = globalThis.Notification?.permission === "default" && isOn() && !localStorage.getItem("ivr-asked")
  const ready = document.querySelector("[data-situation^='ready']")
  document.getElementById("ask-signals").hidden = !(wanted && ready)
}

function answered(event) {
  localStorage.setItem("ivr-asked", "yes")
  ask()
  if (event.target.closest("[data-answer=yes]")) Notification.requestPermission()
}
document.getElementById("ask-signals").addEventListener("click", (event) => event.target.closest("[data-answer]") && answered(event))

const button = document.getElementById("signals-on")
const show = () => button.setAttribute("aria-pressed", String(isOn()))
button.addEventListener("click", () => {
  localStorage.setItem("ivr-signals", isOn() ? "off" : "on")
  if (isOn() && globalThis.Notification?.permission === "default") Notification.requestPermission()
  show()
})
show()
