// The web phone: what happens on the network comes as server-sent events, what is done goes out as small requests.

import { FlowMap } from "./map.js";
import { element, minutes, Transcript } from "./transcript.js";
import * as sound from "./sound.js";
import { languageOf, localVoices, offerVoices } from "./voices.js";

const texts = JSON.parse(document.body.dataset.texts);
const lang = texts.lang;
const $ = (id) => document.getElementById(id);

let state = null; // what the server has told of itself
let told = 0; // when that was, on this page's clock
let me = { number: "", call: "", first: 0, talking: false, rung: false, began: 0 };
let transcript = null;
const map = new FlowMap($("map"), $("inside"), lang);
const agents = new Map(); // by number
let callId = ""; // the call whose script can be had

async function post(path, body = {}) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF": document.body.dataset.csrf },
    body: JSON.stringify(body),
  });
  return { ok: answer.ok, status: answer.status, ...(await answer.json().catch(() => ({}))) };
}

// What is done on a telephone is done in order, however fast somebody types.
let before = Promise.resolve();
function act(call, what, body) {
  before = before.then(() => post(`calls/${call}/${what}`, body)).catch(() => notice(texts.lost));
}

function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}

const local = (names) => names[lang] ?? Object.values(names)[0];

// --- what there is -----------------------------------------------------------------------------------------------

const notes = []; // what is to be known as long as the page is open

// False while the flows beside this phone, in the studio, cannot be dialled at all.
async function learn() {
  const answer = await fetch("state");
  if (answer.status === 409) {
    notice(texts.broken);
    return false;
  }
  if (!answer.ok) {
    notice(texts.gone);
    throw new Error(`the phone is answered with ${answer.status}`);
  }
  state = await answer.json();
  told = performance.now();
  $("called").textContent = state.number;
  notes.length = 0;
  const isSilent = (language) => !state.languages[language] && !localVoices(language).length;
  if (Object.keys(state.languages).every(isSilent)) notes.push(texts.no_sound);
  showVoices();
  if (!state.kept) notes.push(texts.not_kept);
  notice(notes.join("\n"));
  offerPeople();
  for (const phone of state.phones) agentOf(phone).taken(phone.taken);
  $("at").value = state.now.slice(0, 16);
  tick();
  return true;
}

function offerPeople() {
  const select = $("who");
  const before = select.value || sessionStorage.getItem("who") || "";
  select.replaceChildren();
  for (const person of state.people) {
    const option = element("option", "", `${local(person.names)} · ${person.phone}`);
    option.value = person.phone;
    select.append(option);
  }
  for (const [value, label] of [["other", texts.other_number], ["anonymous", texts.withheld]]) {
    const option = element("option", "", label);
    option.value = value;
    select.append(option);
  }
  const ours = state.people.find((person) => person.language === lang);
  select.value = before;
  if (select.selectedIndex < 0) select.value = ours?.phone ?? "other";
  describe();
}

function describe() {
  const chosen = $("who").value;
  sessionStorage.setItem("who", chosen);
  $("other").hidden = chosen !== "other";
  const person = state.people.find((each) => each.phone === chosen);
  const box = $("person");
  box.replaceChildren();
  $("brief").textContent = person?.account ? `${texts.account} ${person.account} · ${texts.pin} ${person.pin}` : texts.time;
  if (!person) return;
  const facts = element("dl");
  const rows = [[texts.situation, local(person.situation)], [texts.account, person.account], [texts.pin, person.pin],
    ...person.secrets.map((secret) => [local(secret.label), secret.text])].filter(([, value]) => value);
  for (const [name, value] of rows) facts.append(element("dt", "", name), element("dd", "", value));
  if (rows.length) box.append(facts);
  if (person.routes.length) {
    const list = element("ul");
    for (const route of person.routes) {
      const item = element("li", "", route.title ? `${local(route.title)} · ${route.outcome}` : route.outcome);
      item.append(element("code", "", route.keys));
      list.append(item);
    }
    const block = element("div");
    block.append(element("h3", "", texts.try), list, element("p", "hint", texts.try_code));
    box.append(block);
  }
}

function now() {
  return new Date(Date.parse(state.now) + (performance.now() - told) * state.speed);
}

function tick() {
  if (!state) return;
  $("clock").textContent = now().toLocaleString(texts.html_lang, {
    timeZone: state.zone, weekday: "short", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit",
    hour12: false,
  });
  $("clock").dateTime = now().toISOString();
  $("timer").textContent = me.talking ? minutes(((performance.now() - me.began) / 1000) * state.speed) : "";
}

// --- the caller's phone ------------------------------------------------------------------------------------------

function stand(as, status) {
  $("phone").dataset.state = as;
  $("status").textContent = status;
  const busy = as !== "ready" && as !== "over";
  $("dial").hidden = busy;
  $("pick-up").hidden = $("decline").hidden = as !== "rings";
  $("hang-up").hidden = !busy || as === "rings";
  $("who").disabled = $("number").disabled = busy;
  $("words").disabled = $("say").querySelector("button").disabled = as !== "talks";
  for (const control of $("time").elements) control.disabled = busy;
  if (!busy) $("pressed").textContent = "";
  if (as !== "talks") $("caption").textContent = "";
  if (as !== "talks") talks(false);
}

let quiet = 0;
function talks(yes, seconds = 0) {
  clearTimeout(quiet);
  $("phone").dataset.talks = yes ? "yes" : "no";
  if (yes) quiet = setTimeout(() => talks(false), seconds * 1000);
}

function remember() {
  sessionStorage.setItem("call", JSON.stringify({ number: me.number, call: me.call, first: me.first }));
}

function begin(call, number, first, rung) {
  me = { number, call, first, talking: false, rung, began: 0 };
  callId = "";
  remember();
  transcript.clear();
  $("empty").hidden = true;
  $("after").hidden = true;
  $("written").hidden = true;
  $("verdict").textContent = $("should-hear").value = "";
  $("trail").replaceChildren();
  $("step").textContent = texts.no_step;
  map.begin(call);
  $("call-id").textContent = call;
  $("show").textContent = state.kept ? `ivr show ${call}` : "–";
  stand(rung ? "rings" : "calls", rung ? texts.rings : texts.calling);
}

async function dial(at = "") {
  sound.wake();
  const chosen = $("who").value;
  const number = chosen === "other" ? $("number").value.replace(/[\s().-]/g, "") : chosen;
  const first = state.last;
  $("dial").disabled = true;
  const { ok, status, call, why } = await post("dial", { from: number, at }).catch(() => ({ ok: false }));
  $("dial").disabled = false;
  if (!ok) {
    stand("ready", status === 409 ? (why ? texts.not_there : texts.refused) : texts.gone);
    return;
  }
  begin(call, number === "anonymous" ? "" : number, first, false);
  waiting.splice(0).forEach(take); // what has come before we knew that it is ours
  $("phone").focus({ preventScroll: true });
}

function press(key) {
  sound.tone(key);
  if (!me.talking) return;
  act(me.call, "press", { key });
}

function flash(keys, key) {
  const button = keys.querySelector(`[data-key="${CSS.escape(key)}"]`);
  button?.classList.add("down");
  setTimeout(() => button?.classList.remove("down"), 120);
}

function mine(line) {
  switch (line.kind) {
    case "answered":
      if (!me.rung || line.who !== "caller") {
        me.talking = true;
        me.began = performance.now() - line.age * 1000;
        stand("talks", texts.in_call);
      }
      break;
    case "said":
    case "spoke": {
      const left = line.duration / state.speed - line.age;
      if (!line.own) $("caption").textContent = line.text;
      if (!line.own && left > 0) {
        talks(true, left);
        if (line.heard) listenTo(line);
      }
      break;
    }
    case "cut":
      talks(false);
      sound.hush();
      break;
    case "pressed":
      $("pressed").textContent = `${$("pressed").textContent}${line.text}`.slice(-14);
      break;
    case "steps":
      walked(line);
      return;
    case "hung up":
      me.talking = false;
      sound.hush();
      stand("over", texts.over);
      break;
    case "over":
      afterwards(line);
      return;
  }
  if (line.kind !== "pressed" && line.kind !== "cut") $("pressed").textContent = "";
  transcript.show(line);
}

function listenTo(line) {
  const reads = Boolean(state.languages[languageOf(line.language)]);
  sound.hear(line, performance.now() - line.age * 1000, line.duration / state.speed, reads);
}

// The voices of a browser may come after the page.
function showVoices() {
  const programs = { piper: texts.voice_piper, "espeak-ng": texts.voice_small };
  const told = (language) => programs[state.languages[language]] ?? texts.voice_none;
  offerVoices($("voices"), Object.keys(state.languages), texts.voice_for, told);
}
globalThis.speechSynthesis?.addEventListener("voiceschanged", () => state && showVoices());

function walked(line) {
  for (const step of line.steps) $("trail").append(element("li", "", step.state));
  const last = line.steps.at(-1);
  if (!last) return;
  map.walk(line.steps.map((step) => step.state));
  $("step").replaceChildren(element("code", "", last.state), " ", element("span", "place", last.place));
}

function afterwards(line) {
  callId = line.call;
  const who = texts[`by_${line.by}`] ?? texts.by_network;
  const told = [texts.lasted.replace("{time}", minutes(line.lasted)).replace("{who}", who)];
  for (const ticket of line.tickets) {
    const sentence = Object.entries(ticket).reduce((text, [name, value]) => text.replace(`{${name}}`, value), texts.ticket);
    told.push(sentence + (ticket.complete ? "" : texts.incomplete));
  }
  $("ended").textContent = told.join("\n");
  $("script").hidden = line.rung;
  $("after").hidden = false;
}

// --- a call becomes a script ----------------------------------------------------------------------------------------

async function save(event) {
  event.preventDefault();
  const complaint = $("should-hear").value.trim();
  $("save").disabled = true;
  $("verdict").textContent = texts.working;
  const made = await post(`calls/${callId}/script`, { should_hear: complaint });
  $("save").disabled = false;
  $("written").hidden = !made.text;
  if (!made.text) {
    $("verdict").textContent = made.why ?? texts.lost;
    return;
  }
  const passed = complaint ? texts.heard_already : texts.passes;
  $("verdict").textContent = made.faithful ? (made.passes ? passed : texts.fails) : texts.unfaithful;
  $("text").textContent = made.text;
  const name = `${complaint ? "complaint" : "call"}-${callId.slice(-6)}.call.yaml`;
  $("replay").textContent = `ivr replay ${name}`;
  URL.revokeObjectURL($("download").href);
  $("download").href = URL.createObjectURL(new Blob([made.text], { type: "text/yaml" }));
  $("download").download = name;
  $("copy").textContent = texts.copy;
}

async function copy() {
  try {
    await navigator.clipboard.writeText($("text").textContent);
  } catch { // not allowed here: select it, so that the keyboard can
    getSelection().selectAllChildren($("text"));
    document.execCommand("copy");
  }
  $("copy").textContent = texts.copied;
}

// --- the agents' phones ----------------------------------------------------------------------------------------------

class Agent {
  constructor(phone) {
    this.phone = phone;
    this.call = "";
    this.box = $("agent").content.firstElementChild.cloneNode(true);
    this.box.querySelector("h3").textContent = local(phone.name);
    this.box.querySelector(".what").textContent = `${phone.number} · ${texts.queues}: ${phone.queues.join(", ")}`;
    this.box.setAttribute("aria-label", local(phone.name));
    this.transcript = new Transcript(this.box.querySelector("ol"), texts, state.speed, "agent");
    const link = this.box.querySelector(".console");
    link.hidden = !phone.console;
    if (phone.console) link.href = phone.console;
    this.toggle = this.box.querySelector("input[role=switch]");
    this.toggle.disabled = !phone.is_demo;
    this.toggle.addEventListener("change", () => {
      post(`phones/${this.toggle.checked ? "take" : "give-back"}`, { number: phone.number });
    });
    for (const name of ["pick-up", "decline", "hang-up"]) {
      this.box.querySelector(`.${name}`).addEventListener("click", () => {
        sound.wake();
        act(this.call, name);
      });
    }
    this.box.querySelector(".keys").addEventListener("click", (event) => {
      const key = event.target.closest("[data-key]")?.dataset.key;
      if (key) this.press(key);
    });
    this.box.querySelector(".say").addEventListener("submit", (event) => {
      event.preventDefault();
      const input = event.target.querySelector("input");
      if (input.value.trim()) act(this.call, "say", { words: input.value });
      input.value = "";
    });
    this.stand("free");
    $("agents").append(this.box);
  }

  press(key) {
    sound.tone(key);
    act(this.call, "press", { key });
  }

  taken(yes) {
    this.toggle.checked = yes;
    this.box.querySelector(".switch span").textContent =
      this.phone.is_demo ? (yes ? texts.i_answer : texts.is_demo) : texts.always_you;
  }

  stand(as) {
    this.box.dataset.state = as;
    this.box.querySelector(".state").textContent = texts[`phone_${as}`];
    const byHand = this.toggle.checked;
    this.box.querySelector(".pick-up").hidden = this.box.querySelector(".decline").hidden = as !== "rings" || !byHand;
    this.box.querySelector(".hang-up").hidden = as !== "talks" || !byHand;
    this.box.querySelector(".talk").hidden = as !== "talks";
  }

  take(line) {
    switch (line.kind) {
      case "ringing":
        this.call = line.call;
        this.transcript.clear();
        this.stand("rings");
        return;
      case "answered":
        this.call = line.call;
        this.stand("talks");
        return;
      case "hung up":
        if (line.call === this.call) this.stand("free");
        return;
    }
    if (line.call === this.call && line.kind !== "steps" && line.kind !== "over") this.transcript.show(line);
  }
}

function agentOf(phone) {
  if (!agents.has(phone.number)) agents.set(phone.number, new Agent(phone));
  return agents.get(phone.number);
}

// --- what happens -----------------------------------------------------------------------------------------------------

const waiting = []; // lines that came between dialling and knowing the call's id

function take(line) {
  state.last = Math.max(state.last, line.n);
  if (line.kind === "time") {
    learn();
  } else if (line.kind === "flows") {
    notice([...notes, ...(line.text ? [texts.broken_edit, line.text] : [])].join("\n"));
  } else if (line.kind === "taken") {
    agents.get(line.phone)?.taken(line.taken);
  } else if (line.kind === "text") {
    if (line.phone && line.phone === me.number) {
      transcript.message(line, me.began ? elapsed(line) : 0);
      $("caption").textContent = `✉ ${line.text}`;
    }
  } else if (line.call === me.call) {
    mine(line);
  } else if (line.rung && agents.has(line.phone)) {
    agents.get(line.phone).take(line);
  } else if (line.rung && line.phone === me.number && line.kind === "ringing" && free()) {
    begin(line.call, me.number, line.n - 1, true);
    mine(line);
  } else if ($("dial").disabled) {
    waiting.push(line);
  }
}

const free = () => ["ready", "over"].includes($("phone").dataset.state);
const elapsed = (line) => ((performance.now() - line.age * 1000 - me.began) / 1000) * state.speed;

function listen(after) {
  const source = new EventSource(`lines?after=${after}`);
  let lost = false;
  source.onmessage = (event) => take(JSON.parse(event.data));
  source.onerror = () => {
    lost = true;
    notice(source.readyState === EventSource.CLOSED ? texts.gone : texts.lost);
  };
  source.onopen = () => {
    if (lost) location.reload();
  };
  addEventListener("pagehide", () => source.close());
}

async function open() {
  while (!(await learn())) await new Promise((again) => setTimeout(again, 1000));
  transcript = new Transcript($("transcript"), texts, state.speed, "caller");
  stand("ready", texts.ready);
  let after = state.last;
  const before = JSON.parse(sessionStorage.getItem("call") ?? "null");
  if (before && before.first < state.last) {
    begin(before.call, before.number, before.first, false);
    after = before.first;
    if (!state.calls.some((call) => call.call === before.call)) stand("over", texts.over);
  }
  for (const call of state.calls) if (call.rung) agents.get(call.phone)?.take({ ...call, kind: ringOrTalk(call) });
  listen(after);
  setInterval(tick, 1000);
  $("dial").disabled = false; // until now nobody would have heard the click
  document.documentElement.dataset.ready = "yes";
}

const ringOrTalk = (call) => (call.status === "in-progress" ? "answered" : "ringing");

// --- hands -------------------------------------------------------------------------------------------------------------

$("dial").addEventListener("click", () => dial());
// The studio, in whose page this one is, asks for a call that begins at a step.
addEventListener("message", async ({ origin, source, data }) => {
  if (origin !== location.origin || source !== parent || typeof data?.at !== "string") return;
  await opened;
  if (!free()) {
    act(me.call, "hang-up");
    await before;
  }
  dial(data.at);
});
$("hang-up").addEventListener("click", () => act(me.call, "hang-up"));
$("pick-up").addEventListener("click", () => {
  sound.wake();
  act(me.call, "pick-up");
});
$("decline").addEventListener("click", () => act(me.call, "decline"));
$("keys").addEventListener("pointerdown", (event) => {
  const key = event.target.closest("[data-key]")?.dataset.key;
  if (key) press(key);
});
$("keys").addEventListener("click", (event) => {
  if (event.detail === 0) press(event.target.closest("[data-key]").dataset.key); // by Enter or a screen reader
});
$("say").addEventListener("submit", (event) => {
  event.preventDefault();
  sound.wake();
  if ($("words").value.trim()) act(me.call, "say", { words: $("words").value });
  $("words").value = "";
});
$("who").addEventListener("change", describe);
$("script").addEventListener("submit", save);
$("copy").addEventListener("click", copy);
$("sound").addEventListener("click", () => {
  sound.wake();
  sound.turn(!sound.on);
  showSound();
});
$("time").addEventListener("submit", (event) => {
  event.preventDefault();
  if ($("at").value) change($("at").value);
});
$("now").addEventListener("click", () => change(""));

async function change(at) {
  const { ok, why } = await post("time", { at });
  if (!ok) notice(texts[`time_${why}`] ?? texts.lost);
}

function showSound() {
  $("sound").textContent = sound.on ? texts.sound_on : texts.sound_off;
  $("sound").setAttribute("aria-pressed", String(sound.on));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input, textarea, select")) return;
  const key = event.key.normalize("NFKC");
  if (!/^[0-9*#]$/.test(key)) return;
  const box = event.target.closest(".handset");
  if (box) {
    flash(box, key);
    [...agents.values()].find((agent) => agent.box === box)?.press(key);
    return;
  }
  flash($("keys"), key);
  press(key);
});

if (matchMedia("(max-width: 720px)").matches) $("about").open = false;
showSound();
const opened = open();
