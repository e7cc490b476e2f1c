// Sound: the tones of the keys, made here, and what is said, by a voice of this computer or made by the server.

import * as voices from "./voices.js";

const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477];
const KEYS = ["123", "456", "789", "*0#"];
const TONE_SECONDS = 0.14;

let context = null;
let speech = null; // what is being heard: {line, source}
let wanted = null; // the line that is being fetched

export let on = localStorage.getItem("sound") !== "off";

export function turn(yes) {
  on = yes;
  localStorage.setItem("sound", yes ? "on" : "off");
  if (!yes) hush();
}

// Browsers let a page sound only after somebody has touched it: called from clicks and keys.
export function wake() {
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume();
}

export function tone(key) {
  if (!on) return;
  wake();
  const row = KEYS.findIndex((keys) => keys.includes(key));
  if (row < 0) return;
  const loud = context.createGain();
  const start = context.currentTime;
  const end = start + TONE_SECONDS;
  loud.gain.setValueAtTime(0, start);
  loud.gain.linearRampToValueAtTime(0.12, start + 0.008);
  loud.gain.setValueAtTime(0.12, end - 0.012);
  loud.gain.linearRampToValueAtTime(0, end);
  loud.connect(context.destination);
  for (const hertz of [ROWS[row], COLUMNS[KEYS[row].indexOf(key)]]) {
    const wave = new OscillatorNode(context, { frequency: hertz });
    wave.connect(loud);
    wave.start(start);
    wave.stop(end);
  }
}

// Lets a line be heard from where it is by now, of the `seconds` it takes; whatever was heard before ends. What was
// recorded is fetched, all else said by a voice of this computer if there is one; `reads`: whether the server has one.
export async function hear(line, began, seconds, reads) {
  hush();
  if (!on || !context) return;
  wanted = line.n;
  const passed = () => (performance.now() - began) / 1000;
  const voice = line.recorded ? null : voices.voiceFor(voices.languageOf(line.language));
  if (voice) {
    voices.say(voice, line, seconds, passed());
    document.documentElement.dataset.heard = line.n;
    return;
  }
  if (!reads && !line.recorded) return;
  const answer = await fetch(`sound/${line.n}`);
  if (!answer.ok) return;
  const sound = await context.decodeAudioData(await answer.arrayBuffer());
  const missed = Math.max(0, sound.duration - Math.max(0, seconds - passed())); // a shorter sound has time to come late
  if (wanted !== line.n || !on || missed >= sound.duration) return;
  const source = new AudioBufferSourceNode(context, { buffer: sound });
  source.connect(context.destination);
  source.start(0, missed);
  speech = source;
  document.documentElement.dataset.heard = line.n;
}

export function hush() {
  wanted = null;
  voices.hush();
  speech?.stop();
  speech = null;
}
