// What the pages do by themselves: dialogs that close, time that runs out, and a note that is not lost.

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

const sent = new WeakSet()
const RETRY = 2000 // the page has said that it could not be sent: once more, for as long as the form is there
document.addEventListener("unsent", ({ target }) => setTimeout(() => sent.delete(target), RETRY))
const two = (number) => String(number).padStart(2, "0")

/** Time that is left, and the form that goes with it: sent in time if anything was written. */
function run() {
  const now = Date.now() / 1000
  for (const time of document.querySelectorAll("time[data-until]")) {
    const left = Math.max(0, Math.ceil(Number(time.dataset.until) - now))
    time.textContent = `${Math.floor(left / 60)}:${two(left % 60)}`
  }
  for (const form of document.querySelectorAll("form[data-send-at]")) {
    if (now < Number(form.dataset.sendAt) - 2 || sent.has(form)) continue
    if (![...form.querySelectorAll("textarea")].some((field) => field.value.trim())) continue
    sent.add(form)
    form.requestSubmit()
  }
}
setInterval(run, 500)
run()
