// The transcript of a call: each line of it, with words that appear as they are spoken.

const CHINESE = "\\u3040-\\u30ff\\u3400-\\u9fff\\uac00-\\ud7af";
const UNIT = new RegExp(`[${CHINESE}]|\\p{Nd}|(?:(?![${CHINESE}])\\p{L})+`, "gu");
const SYLLABIC = /^(zh|cmn|yue|ja|ko)/i;
const PER_SECOND = { character: 4.5, word: 2.6 };

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function minutes(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export class Transcript {
  constructor(list, texts, speed, side) {
    this.list = list;
    this.texts = texts;
    this.speed = speed;
    this.side = side; // whose telephone it is: caller or agent
    this.keys = null; // the line of keys that are being pressed
    this.speaking = null; // what is being said: {line, item}
  }

  clear() {
    this.list.replaceChildren();
    this.keys = this.speaking = null;
  }

  // Shows a line of the network's; gives its element, or null where there is nothing to show.
  show(line) {
    const { texts } = this;
    switch (line.kind) {
      case "pressed":
        return this.press(line);
      case "said":
      case "spoke":
        return this.say(line);
      case "cut":
        return this.cut(line);
      case "silence":
        return this.put(line, this.mine, "you", texts.silence);
      case "played":
        return this.put(line, texts.line_hotline, "hotline", `♪ ${texts.played} ${line.text.split("/").pop()}`);
      case "ringing":
      case "answered":
      case "connected":
        return this.put(line, "", "note", texts[line.kind]);
      case "hung up":
        return this.put(line, "", "note", this.whoHungUp(line.who));
      case "error":
        return this.put(line, texts.line_network, "error", line.text);
    }
    return null;
  }

  get mine() {
    return this.side === "caller" ? this.texts.line_you : this.texts.line_agent;
  }

  whoHungUp(who) {
    const mine = who === this.side ? this.texts.by_caller : this.texts[`by_${who}`] ?? this.texts.by_network;
    const named = this.side === "agent" && who === "caller" ? this.texts.line_caller : mine;
    return this.texts.hung_up_by.replace("{who}", named);
  }

  message(line, seconds) {
    const item = this.put({ ...line, seconds }, `✉ ${this.texts.line_text}`, "text", "");
    const body = item.querySelector(".said");
    for (const part of line.text.split(/(\d{4,})/)) {
      body.append(/^\d{4,}$/.test(part) ? element("b", "", part) : part);
    }
    this.follow();
    return item;
  }

  say(line) {
    const own = line.own;
    const who = line.kind === "said" ? ["hotline", this.texts.line_hotline]
      : own ? ["you", this.mine]
        : line.who === "agent" ? ["agent", this.texts.line_agent] : ["agent", this.texts.line_caller];
    const item = this.put(line, who[1], who[0], "");
    const body = item.querySelector(".said");
    const left = line.duration / this.speed - line.age;
    if (own || left <= 0) {
      body.textContent = line.text;
    } else {
      spell(body, line, this.speed);
      this.speaking = { line, item };
    }
    this.follow();
    return item;
  }

  // What was being said was cut off: only what was heard of it stays.
  cut(line) {
    const { speaking } = this;
    this.speaking = null;
    if (!speaking || speaking.line.text === line.text) return null;
    if (!line.text) { // cut off at once
      speaking.item.remove();
      return null;
    }
    const body = speaking.item.querySelector(".said");
    body.textContent = line.text;
    body.append(" ", element("span", "cut", `— ${this.texts.cut}`));
    body.classList.remove("spoken");
    return null;
  }

  press(line) {
    if (!this.keys) {
      this.keys = this.put(line, this.mine, "you", "");
    }
    this.keys.querySelector(".said").append(element("kbd", "", line.text));
    this.follow();
    return this.keys;
  }

  put(line, who, className, text) {
    if (line.kind !== "pressed") this.keys = null;
    const item = element("li", `line ${className}`);
    const bubble = element("div");
    if (who) bubble.append(element("span", "who", who));
    const said = element("span", "said", text);
    if (line.language) said.lang = line.language;
    bubble.append(said);
    item.append(element("time", "", minutes(line.seconds ?? 0)), bubble);
    this.list.append(item);
    this.follow();
    return item;
  }

  follow() {
    this.list.scrollTop = this.list.scrollHeight;
  }
}

// Puts the words of a line in, each appearing when its time has come. The whole text is there for who cannot see.
function spell(body, line, speed) {
  body.classList.add("spoken");
  const syllabic = SYLLABIC.test(line.language);
  const units = [...line.text.matchAll(UNIT)];
  const weigh = (unit) => {
    if (/\p{Nd}/u.test(unit)) return 1 / (syllabic ? PER_SECOND.character : PER_SECOND.word);
    return 1 / (new RegExp(`^[${CHINESE}]`, "u").test(unit) ? PER_SECOND.character : PER_SECOND.word);
  };
  const whole = units.reduce((sum, [unit]) => sum + weigh(unit), 0) || 1;
  let passed = 0;
  units.forEach((found, index) => {
    const start = index === 0 ? 0 : found.index;
    const end = units[index + 1]?.index ?? line.text.length;
    const word = element("span", "", line.text.slice(start, end));
    word.style.animationDelay = `${((passed / whole) * line.duration) / speed - line.age}s`;
    passed += weigh(found[0]);
    body.append(word);
  });
  if (units.length === 0) body.textContent = line.text;
}
