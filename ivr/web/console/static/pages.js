// What the desk's own pages do by themselves: dialogs that close, time that runs out, and a note that is not lost.

document.addEventListener("click", (event) => event.target.closest("[data-close]")?.closest("dialog").close())

// A form in a dialog is sent from behind it: what becomes of it is told on the page.
document.addEventListener("submit", (event) => event.target.closest("dialog")?.close(), { capture: true })

const sent = new WeakSet()
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
