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
