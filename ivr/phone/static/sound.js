// Sound: the tones of the keys, made here, and what is said, made by the server.

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

// Lets a line be heard from where it is by now; whatever was heard before ends.
export async function hear(line, began) {
  hush();
  if (!on || !context) return;
  wanted = line.n;
  const answer = await fetch(`/sound/${line.n}.wav`);
  if (!answer.ok) return;
  const sound = await context.decodeAudioData(await answer.arrayBuffer());
  const missed = (performance.now() - began) / 1000;
  if (wanted !== line.n || !on || missed >= sound.duration) return;
  const source = new AudioBufferSourceNode(context, { buffer: sound });
  source.connect(context.destination);
  source.start(0, Math.max(0, missed));
  speech = source;
  document.documentElement.dataset.heard = line.n;
}

export function hush() {
  wanted = null;
  speech?.stop();
  speech = null;
}
