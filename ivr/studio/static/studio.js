// The studio: text, map and phone side by side. The server holds the drafts; the page sends each edit and shows what it says.
import {open} from "./editor.js";
import * as recording from "./recording.js";

const texts = JSON.parse(document.body.dataset.texts);
const fields = JSON.parse(document.body.dataset.fields);
const kinds = JSON.parse(document.body.dataset.kinds); // what may stand behind a field: a queue, a calendar …
const {base, csrf} = document.body.dataset;
const hasFiles = "hasFiles" in document.body.dataset;
const byId = (id) => document.getElementById(id);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const AFTER_TYPING_MS = 250;
const FIRST = "hotline.yaml"; // the file that begins the list

const studio = {
  files: new Map(), // by name: {text, raw, mark, is_saved, state}; `raw` is what the server has, `text` what the editor shows
  file: "", // the one that is shown
  steps: {},
  names: {},
  issues: [],
};

// --- asking the server ---------------------------------------------------------------------------------------------

async function ask(path, body) {
  try {
    const answer = await fetch(`${base}/${path}`, body === undefined ? {} : {
      method: "POST",
      headers: {"Content-Type": "application/json", ...(csrf && {"X-CSRF": csrf})},
      body: JSON.stringify(body),
    });
    if ([401, 403].includes(answer.status)) {
      say(texts.logged_out);
      return {ok: false, status: answer.status};
    }
    return {ok: answer.ok, status: answer.status, ...(await answer.json())};
  } catch {
    say(texts.offline);
    return {ok: false, status: 0};
  }
}

let sending = Promise.resolve(); // one edit after the other, so that the last one typed is the last one known
let timer = 0;

function edited(text) {
  const file = studio.files.get(studio.file);
  if (file.text === text) return;
  file.text = text;
  file.is_saved = false;
  showFiles();
  clearTimeout(timer);
  timer = setTimeout(send, AFTER_TYPING_MS, studio.file);
}

function send(name) {
  clearTimeout(timer);
  sending = sending.then(() => sendNow(name));
  return sending;
}

async function sendNow(name) {
  const file = studio.files.get(name);
  if (!file) return; // it was given up meanwhile
  const {text, raw, mark} = file;
  const change = patch(raw, text);
  const answer = await ask("edit", {name, on: mark, ...change});
  if (answer.ok) {
    const now = studio.files.get(name); // an answer that came meanwhile may have put another one here
    if (now) Object.assign(now, {mark: answer.mark, raw: patched(raw, change)});
    take(answer);
  } else if (answer.changed !== undefined) {
    studio.changed = {save: false};
    say(fill(texts.draft_changed, {name}), {theirs: true});
  } else if (answer.why) say(answer.why);
}

// The editor knows lines that end in a line feed only.
function lineFeeds(raw) {
  return raw.replace(/\r\n?/g, "\n");
}

// What makes of a text that the server has the one that is shown: its place and length in characters, and what stands there
// now. Ends of lines that nobody touched stay what they are.
function patch(raw, shown) {
  const [old, now] = [raw.match(/\r\n|[^]/gu) ?? [], [...shown]];
  const isSame = (one, other) => one === other || (other === "\n" && one?.[0] === "\r");
  let at = 0;
  while (at < Math.min(old.length, now.length) && isSame(old[at], now[at])) at += 1;
  let same = 0;
  while (same < Math.min(old.length, now.length) - at && isSame(old[old.length - 1 - same], now[now.length - 1 - same])) same += 1;
  const length = (signs) => [...signs.join("")].length;
  const put = now.slice(at, now.length - same).join("").replaceAll("\n", raw.includes("\r\n") ? "\r\n" : "\n");
  return {at: length(old.slice(0, at)), cut: length(old.slice(at, old.length - same)), put};
}

function patched(raw, {at, cut, put}) {
  const signs = [...raw];
  return signs.slice(0, at).join("") + put + signs.slice(at + cut).join("");
}

// --- what the server says ------------------------------------------------------------------------------------------

// `theirs` is a file of which the server's text is wanted, whatever was typed here.
function take(answer, theirs = "") {
  if (answer.files) takeFiles(answer.files, theirs);
  studio.issues = answer.issues;
  studio.names = answer.names;
  if (Object.keys(answer.steps).length) studio.steps = answer.steps;
  byId("steps").replaceChildren(...Object.keys(studio.steps).map((state) => new Option(state)));
  showProblems();
  showFiles();
  showFlows();
  studio.here = "";
  light(editor.line());
  drawMap();
  showWords();
}

function takeFiles(files, theirs) {
  const known = new Set(files.map(({name}) => name));
  const isSent = (name, {text, raw}) => name === theirs || text === lineFeeds(raw);
  for (const [name, file] of studio.files) if (!known.has(name) && isSent(name, file)) studio.files.delete(name);
  for (const {name, text: raw, ...file} of files) {
    const before = studio.files.get(name);
    if (before && !isSent(name, before)) {
      // It was typed while the answer was on its way, and is sent on top of the text that it was typed into.
      if (before.raw === raw) Object.assign(before, {...file, is_saved: false});
      continue;
    }
    const text = lineFeeds(raw);
    studio.files.set(name, {...before, ...file, text, raw});
    if (before && before.text !== text) {
      if (name === studio.file) editor.replace(text);
      else studio.files.get(name).state = undefined;
    }
  }
  if (!studio.files.has(studio.file) && files.length) show(studio.files.has(FIRST) ? FIRST : files[0].name);
}

function say(words, {theirs = false} = {}) {
  byId("notice").hidden = !words;
  byId("notice").querySelector("span").textContent = words;
  byId("theirs").hidden = byId("mine").hidden = !theirs;
}

// --- files ---------------------------------------------------------------------------------------------------------

function show(name) {
  if (name === studio.file) return;
  if (timer && studio.file && !studio.files.get(studio.file)?.is_saved) send(studio.file);
  const file = studio.files.get(name);
  const before = studio.file;
  studio.file = name;
  const state = editor.show(file.state, file.text);
  if (before && studio.files.has(before)) studio.files.get(before).state = state;
  if (file.state) editor.replace(file.text);
  showFiles();
  showProblems();
  light(editor.line());
  showWords();
  byId("files").querySelector("[aria-selected=true]").scrollIntoView({inline: "nearest", block: "nearest"});
}

function showFiles() {
  byId("files").replaceChildren(
    ...[...studio.files].sort(([one], [other]) => (other === FIRST) - (one === FIRST) || one.localeCompare(other)).map(([name, file]) => {
      const tab = document.createElement("button");
      const wrong = studio.issues.some((issue) => issue.file === name && issue.severity === "error");
      tab.type = "button";
      tab.role = "tab";
      tab.textContent = name.replace(/\.yaml$/, "");
      tab.ariaSelected = String(name === studio.file);
      tab.tabIndex = name === studio.file ? 0 : -1;
      tab.classList.toggle("wrong", wrong);
      if (!file.is_saved) tab.append(Object.assign(document.createElement("i"), {textContent: " •", title: texts.unsaved}));
      tab.addEventListener("click", () => show(name));
      return tab;
    }),
  );
  const file = studio.files.get(studio.file);
  byId("save").disabled = byId("discard").disabled = !file || file.is_saved;
}

byId("add").addEventListener("click", async () => {
  const asked = (prompt(texts.new_file_ask) ?? "").trim();
  if (!asked) return;
  const name = asked.endsWith(".yaml") ? asked : `${asked}.yaml`;
  const answer = await ask("edit", {name, text: `flow: ${name.replace(/\.yaml$/, "")}\nstart: first\nsteps:\n`});
  if (!answer.ok) return say(answer.why ?? texts.offline);
  take(await ask("files"));
  show(name);
});

async function save(over) {
  if (!hasFiles) return say(texts.no_files);
  const name = studio.file;
  await send(name);
  const answer = await ask("save", over === undefined ? {name} : {name, over});
  if (answer.ok) {
    say(fill(texts.saved, {name}));
    take(answer);
  } else if (answer.changed !== undefined) {
    studio.changed = {save: true, mark: answer.changed};
    say(fill(texts.changed, {name}), {theirs: true});
  } else if (answer.why) say(answer.why);
}

async function discard() {
  const name = studio.file;
  clearTimeout(timer);
  await sending; // an edit on its way would bring the draft back
  const answer = await ask("discard", {name});
  if (!answer.ok) return;
  take(answer, name);
  say("");
}

byId("save").addEventListener("click", () => save());
byId("discard").addEventListener("click", () => confirm(fill(texts.discard_ask, {name: studio.file})) && discard());
byId("theirs").addEventListener("click", async () => {
  if (studio.changed.save) return discard();
  const answer = await ask("files");
  if (!answer.ok) return;
  take(answer, studio.file);
  say("");
});
byId("mine").addEventListener("click", async () => {
  if (studio.changed.save) return save(studio.changed.mark);
  const file = studio.files.get(studio.file);
  const text = patched(file.raw, patch(file.raw, file.text));
  const answer = await ask("edit", {name: studio.file, text});
  if (!answer.ok) return;
  Object.assign(file, {mark: answer.mark, raw: text});
  take(answer);
  say("");
});
// The editor has a key of its own; elsewhere on the page it would be the browser that saves.
addEventListener("keydown", (pressed) => {
  if (pressed.defaultPrevented || pressed.key !== "s" || !(pressed.ctrlKey || pressed.metaKey)) return;
  pressed.preventDefault();
  save();
});
addEventListener("beforeunload", (leaving) => {
  if ([...studio.files.values()].some((file) => !file.is_saved)) leaving.preventDefault();
});

// --- problems ------------------------------------------------------------------------------------------------------

function showProblems() {
  const errors = studio.issues.filter(({severity}) => severity === "error").length;
  const warnings = studio.issues.length - errors;
  byId("count").textContent = [
    errors && fill(texts.count_errors, {n: errors}), warnings && fill(texts.count_warnings, {n: warnings}),
  ].filter(Boolean).join(" · ");
  byId("verdict").textContent = errors ? texts.errors_stand : studio.issues.length ? "" : texts.no_problems;
  byId("problems").replaceChildren(
    ...studio.issues.slice(0, 100).map((issue) => {
      const row = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = issue.severity;
      button.append(
        Object.assign(document.createElement("code"), {textContent: `${issue.file}:${issue.line}`}),
        ` ${issue.message} `,
        Object.assign(document.createElement("small"), {textContent: issue.rule}),
      );
      button.addEventListener("click", () => goTo(issue));
      row.append(button);
      return row;
    }),
  );
  editor.tell(studio.issues.filter(({file}) => file === studio.file));
}

function goTo({file, line}) {
  if (!studio.files.has(file)) return;
  show(file);
  editor.goTo(line);
}

byId("step").addEventListener("change", () => {
  const found = studio.steps[byId("step").value];
  if (found) goTo(found);
});

// --- names of steps -------------------------------------------------------------------------------------------------

// The step or flow that is named at this place of the text, as {file, line}.
function named(at) {
  const word = editor.wordAt(at);
  const flow = flowOf(studio.file);
  const found = studio.steps[`${flow}.${word}`] ?? studio.steps[word];
  return found ?? Object.entries(studio.steps).find(([state]) => state.startsWith(`${word}.`))?.[1];
}

async function rename() {
  const state = stepAt(editor.line());
  if (!state) return;
  const before = state.slice(state.indexOf(".") + 1);
  const name = (prompt(fill(texts.rename_ask, {name: state}), before) ?? "").trim();
  if (!name || name === before) return;
  await send(studio.file); // what was typed just now counts
  const answer = await ask("rename", {state, name});
  if (!answer.ok) return say(answer.why === "errors" ? texts.rename_errors : answer.why ?? texts.offline);
  say("");
  take(answer);
}

byId("rename").addEventListener("click", rename);
byId("editor").addEventListener("keydown", (pressed) => {
  if (pressed.key !== "F2" && pressed.key !== "F12") return;
  pressed.preventDefault();
  const found = pressed.key === "F12" && named(editor.cursor());
  if (found) goTo(found);
  else if (pressed.key === "F2") rename();
});
byId("editor").addEventListener("click", (click) => {
  const found = (click.ctrlKey || click.metaKey) && named(editor.cursor());
  if (found) goTo(found);
});

// --- completion and hovers -----------------------------------------------------------------------------------------

function complete(context) {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const value = before.match(/(?:^|[\s{,])([\w]+):\s*([\w.]*)$/);
  if (value) {
    const [, field, begun] = value;
    const names = kinds[field] ? studio.names[kinds[field]] : stepNames();
    if (!names?.length) return null;
    return {from: context.pos - begun.length, options: names.map((label) => ({label, type: "constant"}))};
  }
  const field = before.match(/(?:^\s*(?:- )?|[{,]\s*)([\w]*)$/);
  if (!field || (!field[1] && !context.explicit)) return null;
  return {
    from: context.pos - field[1].length,
    options: Object.entries(fields).map(([label, info]) => ({label, info, type: "property", apply: `${label}: `})),
  };
}

// The steps of the flow in this file by their own name, those of others as flow.step.
function stepNames() {
  return Object.entries(studio.steps).map(([state, {file}]) => (file === studio.file ? state.slice(state.indexOf(".") + 1) : state));
}

function hover(word) {
  return fields[word] ?? "";
}

// --- the map -------------------------------------------------------------------------------------------------------

function showFlows() {
  const flows = [...new Set(Object.keys(studio.steps).map((state) => state.split(".")[0]))];
  fillSelect(byId("flow"), flows);
  const languages = [...new Set(studio.names.language ?? [])];
  if (languages.length) fillSelect(byId("shown"), languages, texts.lang);
}

// The step in which the cursor stands, as `flow.step`; "" before the first one.
function stepAt(line) {
  const own = Object.entries(studio.steps).filter(([, step]) => step.file === studio.file && step.line <= line);
  return own.reduce((last, step) => (last && last[1].line >= step[1].line ? last : step), null)?.[0] ?? "";
}

function flowOf(file) {
  return Object.entries(studio.steps).find(([, step]) => step.file === file)?.[0].split(".")[0] ?? "";
}

// The map shows the flow that is edited, with the step in which the cursor stands.
function light(line) {
  const flow = flowOf(studio.file);
  if (flow && flow !== byId("flow").value) {
    byId("flow").value = flow;
    drawMap();
    return;
  }
  const here = stepAt(line);
  if (here === studio.here) return;
  studio.here = here;
  lightCard();
}

// The phone stands a caller at the step, with made-up values; its page may have to be loaded first.
byId("call-here").addEventListener("click", async () => {
  await send(studio.file); // what was typed just now counts
  const at = studio.here, frame = byId("dial"), page = frame.contentWindow;
  choose(byId("tab-phone"));
  if (!frame.dataset.ready) await new Promise((ready) => frame.addEventListener("load", ready, {once: true}));
  page.postMessage({at}, location.origin);
});
byId("dial").addEventListener("load", () => { if (byId("dial").src) byId("dial").dataset.ready = "true"; });

function lightCard() {
  byId("call-here").disabled = !studio.here;
  byId("call-here").querySelector("code").textContent = studio.here;
  for (const card of byId("drawing").querySelectorAll(".card")) card.classList.toggle("here", card.dataset.state === studio.here);
  const [card, box] = [byId("drawing").querySelector(".here"), byId("drawing")].map((one) => one?.getBoundingClientRect());
  if (!card) return;
  byId("drawing").scrollBy({
    left: card.left - box.left - (box.width - card.width) / 2, top: card.top - box.top - (box.height - card.height) / 2,
  });
}

function fillSelect(select, names, first = "") {
  if ([...select.options].map(({value}) => value).join() === names.join()) return;
  const chosen = select.value || first;
  select.replaceChildren(...names.map((name) => new Option(name)));
  if (names.includes(chosen)) select.value = chosen;
}

let timesDrawn = 0;

async function drawMap() {
  if (byId("map").hidden || !byId("flow").value) return;
  const times = ++timesDrawn;
  const flow = byId("flow").value;
  const by = byId("by").value;
  const address = `${base}/map/${flow}.svg?lang=${byId("shown").value}&by=${by}`;
  const answer = await fetch(address).catch(() => ({ok: false}));
  const drawing = answer.ok ? await answer.text() : "";
  if (times !== timesDrawn) return; // a later one is on its way
  byId("map-hint").textContent = answer.ok ? (texts[`map_hint_${by}`] ?? texts.map_hint) : texts.map_none;
  if (!answer.ok) return;
  const drawn = new DOMParser().parseFromString(drawing, "image/svg+xml").documentElement;
  drawn.setAttribute("role", "group"); // it holds buttons
  byId("drawing").replaceChildren(document.adoptNode(drawn));
  for (const card of byId("drawing").querySelectorAll(".card[data-state]")) {
    card.tabIndex = 0;
    card.setAttribute("role", "button");
    card.addEventListener("click", () => studio.steps[card.dataset.state] && goTo(studio.steps[card.dataset.state]));
    card.addEventListener("keydown", (pressed) => ["Enter", " "].includes(pressed.key) && card.dispatchEvent(new Event("click")));
  }
  studio.here = stepAt(editor.line());
  lightCard();
}

byId("flow").addEventListener("change", drawMap);
byId("shown").addEventListener("change", drawMap);
byId("by").addEventListener("change", async () => {
  if (byId("by").value === "scripts") {
    byId("map-hint").textContent = texts.map_playing;
    await ask("scripts");
  }
  drawMap();
});

// --- publishing ----------------------------------------------------------------------------------------------------

async function showEditions() {
  const {ok, why, editions, newest, in_force} = await ask("editions");
  if (!ok) return why && (byId("published").textContent = why);
  studio.newest = newest;
  byId("editions").replaceChildren(
    ...editions.map((edition) => {
      const row = document.createElement("li");
      const when = new Date(edition.starts_at).toLocaleString(texts.html_lang, {dateStyle: "medium", timeStyle: "short"});
      row.append(
        Object.assign(document.createElement("b"), {textContent: fill(texts.edition, {n: edition.number})}),
        ` ${when} · ${edition.author}: ${edition.reason} `,
      );
      if (edition.number === in_force) row.append(Object.assign(document.createElement("mark"), {textContent: texts.in_force}));
      else if (edition.has_files) row.append(backTo(edition.number));
      return row;
    }),
  );
  if (!editions.length) byId("published").textContent = texts.publish_none;
}

function backTo(number) {
  const button = Object.assign(document.createElement("button"), {type: "button", className: "plain", textContent: texts.roll_back});
  button.ariaLabel = `${texts.roll_back}: ${fill(texts.edition, {n: number})}`;
  button.addEventListener("click", () => {
    if (byId("reason").value.trim()) return publish("rollback", {number: String(number)});
    byId("published").textContent = texts.roll_back_why;
    byId("reason").focus();
  });
  return button;
}

byId("publishing").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  publish("publish", {});
});

async function publish(what, which) {
  await send(studio.file); // what was typed just now counts
  const answer = await ask(what, {...which, reason: byId("reason").value, after: String(studio.newest)});
  const known = {errors: texts.publish_errors, unsaved: texts.publish_unsaved, newer: texts.publish_newer};
  await showEditions();
  byId("published").textContent = answer.ok ? fill(texts.published, {n: answer.number}) : known[answer.why] ?? answer.why ?? texts.offline;
  if (!answer.ok) return;
  byId("reason").value = "";
  if (!hasFiles) take(await ask("files"));
}

// --- words ---------------------------------------------------------------------------------------------------------

let timesShown = 0;
let isOutdated = false; // a sentence under a pen is not replaced; what is new is shown afterwards

async function showWords() {
  if (byId("words").hidden) return;
  const times = ++timesShown;
  const {ok, texts: rows, languages} = await ask("words");
  if (!ok || times !== timesShown) return;
  isOutdated = byId("sentences").querySelector("textarea") !== null;
  if (isOutdated) return;
  const wanted = byId("find").value.trim().toLowerCase();
  const shown = rows.filter(({file, name, words}) => (
    wanted ? [name, ...Object.values(words)].some((each) => each.toLowerCase().includes(wanted)) : file === studio.file
  ));
  const head = document.createElement("tr");
  head.append(...[texts.where, ...languages].map((words) => Object.assign(document.createElement("th"), {scope: "col", textContent: words})));
  byId("sentences").replaceChildren(head, ...shown.slice(0, 300).map((row) => sentence(row, languages)));
  byId("none").hidden = shown.length > 0;
}

function sentence({name, file, line, words, sounds}, languages) {
  const row = document.createElement("tr");
  const where = Object.assign(document.createElement("button"), {type: "button", className: "where"});
  where.textContent = name.replace(/\.yaml steps\./, ": ").replace(/\.yaml /, ": ");
  where.addEventListener("click", () => goTo({file, line}));
  const head = Object.assign(document.createElement("th"), {scope: "row"});
  head.append(where);
  row.append(head, ...languages.map((language) => {
    const cell = document.createElement("td");
    const said = Object.assign(document.createElement("button"), {type: "button", className: "said", lang: language});
    said.textContent = words[language] ?? "";
    said.ariaLabel = `${name} ${language}: ${said.textContent}`;
    said.addEventListener("click", () => write(cell, said, name, language));
    cell.append(said);
    if (sounds[language]) cell.append(soundOf(sounds[language], language));
    return cell;
  }));
  return row;
}

// How a sentence sounds: a button to hear it, one to record it, and a word on who speaks it.
function soundOf({words, is}, language) {
  const line = Object.assign(document.createElement("p"), {className: `sound ${is}`});
  const button = (label, sign, act) => {
    const made = Object.assign(document.createElement("button"), {type: "button", className: "sign", textContent: sign, title: label});
    made.ariaLabel = `${label}: ${words}`;
    made.addEventListener("click", act);
    line.append(made);
  };
  if (is !== "values") {
    button(texts.hear, "▶", async () => {
      const asked = new URLSearchParams({words, language});
      say(await recording.hear(`${base}/heard?${asked}`) ? "" : texts.no_voice);
    });
    button(texts.record_this, "●", () => recording.open({words, language, send: (sound) => keep(words, language, sound)}));
  }
  line.append(Object.assign(document.createElement("small"), {textContent: texts[`sound_${is}`]}));
  return line;
}

// Gives what is wrong with a recording, "" when it is kept and nothing is.
async function keep(words, language, sound) {
  const answer = await ask("recording", {words, language, sound});
  const known = {"no sound": texts.no_sound, "too long": texts.too_long, "not said": texts.not_said, errors: texts.errors_first};
  if (!answer.ok) return known[answer.why] ?? answer.why ?? texts.offline;
  await showWords();
  const flaws = answer.flaws.map((flaw) => texts[`flaw_${flaw}`]);
  if (!answer.kept) return flaws.join(" ");
  say(texts.recording_kept);
  return flaws.length ? [texts.kept_but, ...flaws].join(" ") : "";
}

function write(cell, said, name, language) {
  const box = Object.assign(document.createElement("textarea"), {value: said.textContent, rows: 3, lang: language});
  box.ariaLabel = `${name} ${language}`;
  let left = false; // leaving takes the focus away, which leaves
  const leave = async (taken) => {
    if (left) return;
    left = true;
    box.replaceWith(said);
    said.focus();
    if (!taken || box.value.trim() === said.textContent) {
      if (isOutdated) showWords();
      return;
    }
    await send(studio.file); // what was typed in the text just now stays
    const answer = await ask("word", {name, language, words: box.value});
    if (answer.ok) take(answer);
    else if (isOutdated) showWords();
    say(answer.ok ? "" : answer.why ?? texts.offline);
  };
  box.addEventListener("keydown", (pressed) => {
    if (pressed.key === "Escape" || (pressed.key === "Enter" && !pressed.shiftKey)) {
      pressed.preventDefault();
      leave(pressed.key === "Enter");
    }
  });
  box.addEventListener("blur", () => leave(true));
  said.replaceWith(box);
  box.focus();
}

byId("find").addEventListener("input", showWords);

// --- before it counts ---------------------------------------------------------------------------------------------

async function preview(button, path, tell) {
  button.disabled = true;
  byId("told").textContent = texts.working;
  byId("changes").replaceChildren();
  await send(studio.file); // what was typed just now counts
  const answer = await ask(path);
  button.disabled = false;
  if (answer.why) byId("told").textContent = answer.why === "errors" ? texts.publish_errors : answer.why;
  else if (answer.ok) tell(answer);
}

function change(...parts) {
  const row = document.createElement("li");
  row.append(...parts.map(([tag, words]) => Object.assign(document.createElement(tag), {textContent: words})));
  byId("changes").append(row);
}

byId("notice-what").addEventListener("click", () => preview(byId("notice-what"), "noticed", ({count, differences}) => {
  byId("told").textContent = count ? fill(texts.noticed, {n: count}) : texts.nothing_noticed;
  for (const {heading, language, call, old, new: now} of differences) {
    change(["b", heading], ["small", ` ${language} ${call.join(", ")}`], ["del", old], ["ins", now]);
  }
}));

byId("refute").addEventListener("click", () => preview(byId("refute"), "refuted", ({count, refuted}) => {
  byId("told").textContent = count ? fill(texts.refuted, {n: count}) : texts.nothing_refuted;
  for (const {rule, why, by} of refuted) change(["b", rule], ["p", why], ["small", by]);
}));

byId("run-scripts").addEventListener("click", () => preview(byId("run-scripts"), "scripts", ({count, wrong}) => {
  if (wrong.length) byId("told").textContent = fill(texts.scripts_wrong, {n: count, wrong: wrong.length});
  else byId("told").textContent = count ? fill(texts.scripts_good, {n: count}) : texts.scripts_none;
  for (const {name, file, why} of wrong) change(["b", name], ["small", ` ${file}`], ["p", why]);
}));

// --- tabs ----------------------------------------------------------------------------------------------------------

const tabs = [...byId("tabs").children];

function choose(tab) {
  for (const each of tabs) {
    const chosen = each === tab;
    each.ariaSelected = String(chosen);
    each.tabIndex = chosen ? 0 : -1;
    byId(each.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (tab.id === "tab-map") drawMap();
  if (tab.id === "tab-words") showWords();
  if (tab.id === "tab-phone" && !byId("dial").src) byId("dial").src = `phone/?lang=${texts.lang}`;
  if (tab.id === "tab-publish") showEditions();
}

for (const tab of tabs) tab.addEventListener("click", () => choose(tab));

// Arrow keys move between the tabs of a list, as everywhere.
for (const list of document.querySelectorAll("[role=tablist]")) {
  list.addEventListener("keydown", (pressed) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[pressed.key];
    const all = [...list.querySelectorAll("[role=tab]")];
    if (!step || !all.includes(document.activeElement)) return;
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    const place = all.indexOf(next);
    next.click();
    list.querySelectorAll("[role=tab]")[place].focus();
  });
}

const editor = open(byId("editor"), {
  label: texts.editor, nonce: document.body.dataset.nonce, changed: edited, moved: light, complete, hover,
  save: () => save(),
});
const first = await ask("files");
if (first.ok) take(first);
else if (first.why) say(first.why);
choose(tabs[0]);
document.body.dataset.ready = "true";
