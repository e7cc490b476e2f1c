// What time it is at the hotline. A PC may be an hour off, and a hotline that is tried out may live at another time, or
// faster: so every answer of the server carries its time, and pages count from there.

const { now: stamp, speed } = document.body.dataset
let from = { server: Number(stamp), local: Date.now() / 1000 }

/** Seconds since 1970 at the hotline. */
export const now = () => from.server + (Date.now() / 1000 - from.local) * Number(speed)

/** Set by the stamp of an answer (`X-Now`, or in an event), in seconds. */
export function sync(seconds) {
  if (Number(seconds) > 0) from = { server: Number(seconds), local: Date.now() / 1000 }
}

/** A fetch whose answer tells the time. */
export async function get(address, options) {
  const answer = await fetch(address, options)
  sync(answer.headers.get("X-Now"))
  return answer
}

const two = (number) => String(number).padStart(2, "0")

/** A length of time: 0:07, 3:07, 1:02:07. */
function length(seconds) {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** Every time on the page that runs: since a moment, or until one. */
export function count() {
  for (const time of document.querySelectorAll("time[data-since], time[data-until]")) {
    const { since, until } = time.dataset
    const seconds = until ? Math.ceil(Number(until) - now()) : Math.floor(now() - Number(since))
    const text = length(Math.max(0, seconds))
    if (time.textContent !== text) time.textContent = text
  }
}
setInterval(count, 500)
count()
