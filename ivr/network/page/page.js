// What happens on the network, asked for once a second; and a telephone for the call that the address names (#CA…).
// Everything is put in as text, never as HTML: it comes from apps and callers.

const RECENT = 50;
const byId = (id) => document.getElementById(id);
const chosen = () => location.hash.slice(1);
const time = (iso) => iso.slice(11, 19);

function element(name, text = "", fields = {}) {
  return Object.assign(document.createElement(name), { textContent: text, ...fields });
}

function table(id, heads, rows) {
  const cells = (name, row) => {
    const line = element("tr");
    line.append(...row.map((cell) => (cell instanceof Node ? wrapped(name, cell) : element(name, cell))));
    return line;
  };
  byId(id).replaceChildren(cells("th", heads), ...rows.map((row) => cells("td", row)));
}

function wrapped(name, node) {
  const cell = element(name);
  cell.append(node);
  return cell;
}

function showAll(net) {
  table("calls", ["began", "from", "to", "status", "seconds", "call"], net.calls.slice(0, RECENT).map((call) => [
    time(call.began), call.from, call.to, call.status, call.duration,
    element("a", `${call.sid.slice(0, 10)}…`, { href: `#${call.sid}` }),
  ]));
  byId("debugger").replaceChildren(...net.debugger.slice(-RECENT).reverse().map((entry) =>
    element("li", `${time(entry.at)} ${entry.level} ${entry.code || "emulator"}: ${entry.message} ${entry.url}`,
      { className: entry.level })));
  table("messages", ["at", "from", "to", "text"], net.messages.slice(-RECENT).reverse().map(
    (sent) => [time(sent.at), sent.from, sent.to, sent.body]));
  table("queues", ["queue", "waiting"], net.queues.map((queue) => [queue.name, queue.size]));
  table("numbers", ["number", "answered by"], net.numbers.map((number) => [number.number, number.voice_url]));
  const to = document.querySelector("#dial [name=to]");
  to.placeholder = net.numbers[0]?.number ?? "";
  if (!to.value && document.activeElement !== to) to.value = to.placeholder;
}

function showCall(call) {
  byId("title").textContent = `${call.from} to ${call.to}: ${call.status}`;
  byId("telephone").hidden = call.over;
  byId("transcript").textContent = call.lines.join("\n");
  const shown = byId("requests").children.length;
  byId("requests").append(...call.requests.slice(shown).map((request) => {
    const details = element("details");
    details.append(
      element("summary", `${request.method} ${request.url} ${request.status || request.error}`),
      element("pre", Object.entries(request.params).map(([name, value]) => `${name}=${value}`).join("\n")),
      element("pre", request.body));
    return details;
  }));
}

async function show() {
  const net = await (await fetch("/network.json")).json();
  const call = net.calls.find((one) => one.sid === chosen());
  byId("all").hidden = Boolean(call);
  byId("one").hidden = !call;
  if (call) showCall(call);
  else showAll(net);
}

async function post(form, address) {
  const reply = await fetch(address, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  form.parentElement.querySelector("output").textContent = reply.ok ? "" : await reply.text();
  return reply;
}

byId("dial").addEventListener("submit", async (event) => {
  event.preventDefault();
  const reply = await post(event.target, "/dial");
  if (reply.ok) location.hash = (await reply.json()).sid;
});
byId("telephone").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { target } = event;
  if ((await post(target, `/calls/${chosen()}/${target.dataset.do}`)).ok) target.reset();
  await show();
});
window.addEventListener("hashchange", () => {
  byId("requests").replaceChildren();
  show();
});
show();
setInterval(() => show().catch(() => {}), 1000);  // the network may be gone for a while
