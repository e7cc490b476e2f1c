// What the pages do by themselves: dialogs that close, sounds that are not cut off, and a note that is not lost.

import "./notes.js"

document.addEventListener("click", (event) => event.target.closest("[data-close]")?.closest("dialog").close())

// A form in a dialog is sent from behind it: what becomes of it is told on the page.
document.addEventListener("submit", ({ target }) => target.matches("dialog form[data-stay]") && target.closest("dialog").close(), true)

// A list of sounds keeps still while one plays: to move the player is to stop it. What changed meanwhile is shown within
// the minute.
const still = new WeakMap()
document.addEventListener("play", ({ target }) => {
  const list = target.closest("[data-live][data-still]")
  if (!list || still.has(list)) return
  still.set(list, list.dataset.on)
  list.dataset.on = "-"
}, true)
document.addEventListener("pause", ({ target }) => {
  const list = target.closest("[data-still]")
  if (!still.has(list)) return
  list.dataset.on = still.get(list)
  still.delete(list)
}, true)

// Where a chart of days is wider than its place, the latest day is seen first.
for (const chart of document.querySelectorAll(".scroll > .chart:has(.day)")) chart.parentElement.scrollLeft = chart.parentElement.scrollWidth

// What was typed into a form and not sent is there again with its page: after a login that was over, or one key too many.
// Whoever logs out leaves nothing to the next one.
const TYPED = "ivr-typed "
const named = (form) => `${TYPED}${form.getAttribute("action")} ${form.querySelector("textarea")?.id}`
const isTyped = (form) => !form.dataset.save
  && [...form.querySelectorAll("textarea")].some(({ value, defaultValue }) => value !== defaultValue)
let sent = null
document.addEventListener("submit", ({ target }) => { sent = target })
addEventListener("pagehide", () => {
  if (sent?.getAttribute("action") === "/console/logout") return
  for (const form of [...document.forms].filter((one) => one !== sent && isTyped(one))) {
    sessionStorage.setItem(named(form), JSON.stringify([...new FormData(form)].filter(([name]) => name !== "csrf")))
  }
})
for (const form of document.forms) {
  for (const [name, value] of JSON.parse(sessionStorage.getItem(named(form)) || "[]")) {
    const field = form.elements[name]
    if (field && field.type !== "checkbox") field.value = value
  }
  sessionStorage.removeItem(named(form))
}
