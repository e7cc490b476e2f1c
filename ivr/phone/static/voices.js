// Who reads lines out: a voice of this browser that runs on this computer, or the server. A voice that would send the
// words to somebody else's computer is never offered.

const SMALL = /espeak/i; // no better than the server's own
const SERVER = "server";
const RATES = [0.6, 2]; // slower and faster nobody follows

const paces = new Map(); // how fast each voice has to speak to keep the pace of the line, once it has spoken

// The language of a tag such as cmn-Hans-CN, as a hotline calls it.
export const languageOf = (tag) => (/^(zh|cmn)/i.test(tag) ? "zh" : tag.toLowerCase().split(/[-_]/)[0]);

export function localVoices(language) {
  const all = globalThis.speechSynthesis?.getVoices() ?? [];
  const cantonese = /^zh[-_](HK|MO)/i;
  return all.filter((voice) => voice.localService && languageOf(voice.lang) === language && !cantonese.test(voice.lang));
}

// The voice for a language: the one that was chosen, else the first good one; null for the server.
export function voiceFor(language) {
  const chosen = localStorage.getItem(`voice-${language}`);
  if (chosen === SERVER) return null;
  const voices = localVoices(language);
  return voices.find(({ voiceURI }) => voiceURI === chosen) ?? voices.find(({ name }) => !SMALL.test(name)) ?? null;
}

// Offers the voices for each language in a box; `told` says what the server has for it.
export function offerVoices(box, languages, label, told) {
  const names = new Intl.DisplayNames([document.documentElement.lang], { type: "language" });
  box.replaceChildren(...languages.map((language) => {
    const field = document.createElement("label");
    const select = document.createElement("select");
    select.dataset.language = language;
    for (const { voiceURI, name } of localVoices(language)) select.append(new Option(name, voiceURI));
    select.append(new Option(told(language), SERVER));
    select.value = voiceFor(language)?.voiceURI ?? SERVER;
    select.addEventListener("change", () => localStorage.setItem(`voice-${language}`, select.value));
    field.append(label.replace("{language}", names.of(language)), " ", select);
    return field;
  }));
}

// Has a voice say a line that began so many seconds ago, at the pace of the line.
export function say(voice, line, seconds, missed) {
  const said = new SpeechSynthesisUtterance(rest(line.text, missed / seconds));
  const pace = paces.get(voice.voiceURI) ?? 1;
  Object.assign(said, { voice, lang: voice.lang, rate: within((pace * line.duration) / seconds) });
  let began = 0;
  said.onstart = () => (began = performance.now());
  said.onend = () => {
    const took = (performance.now() - began) / 1000;
    if (began && seconds - missed > 1) paces.set(voice.voiceURI, within((pace * took) / (seconds - missed)));
  };
  speechSynthesis.speak(said);
}

export function hush() {
  globalThis.speechSynthesis?.cancel();
}

const within = (rate) => Math.min(RATES[1], Math.max(RATES[0], rate));

// What is left of words of which this share has passed, from a word's beginning on.
function rest(text, share) {
  if (share < 0.05) return text;
  const words = [...text.matchAll(/[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+/g)];
  return text.slice(words[Math.floor(words.length * share)]?.index ?? text.length);
}
