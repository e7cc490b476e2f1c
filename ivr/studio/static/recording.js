// A sentence heard and recorded: what comes from the microphone becomes a WAV file here, a chosen file goes as it is.

const texts = JSON.parse(document.body.dataset.texts);
const byId = (id) => document.getElementById(id);
const FRAMES_A_SECOND = 16000; // twice what a telephone carries
const LARGEST_BYTES = 8_000_000; // the server takes no more
const FADE_MS = 250; // a click of the mouse is not part of the words

let context = null;
let playing = null;

// Lets a sentence be heard: its recording, or the voice of the machine that serves the page. False if there is neither.
export async function hear(address) {
  wake();
  const answer = await fetch(address);
  if (answer.ok) await play(await answer.arrayBuffer());
  return answer.ok;
}

// Browsers let a page sound only after somebody has touched it: called from clicks.
function wake() {
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume();
}

async function play(data) {
  playing?.stop();
  playing = new AudioBufferSourceNode(context, {buffer: await context.decodeAudioData(data)});
  playing.connect(context.destination);
  playing.start();
  document.documentElement.dataset.playing = playing.buffer.duration.toFixed(2);
}

// Asks for a recording of these words; `send` is given the sound in base64 and gives what is to be told of it.
export function open({words, language, send}) {
  const dialog = byId("recording");
  let recorder = null;
  let taken = null; // what would be kept
  byId("read-aloud").textContent = words;
  byId("read-aloud").lang = language;
  const show = (told, state) => {
    byId("recorded").textContent = told;
    dialog.dataset.state = state;
    byId("record").textContent = state === "records" ? texts.stop : texts.record;
    byId("keep").disabled = byId("replay").disabled = !taken || state === "records";
  };
  const take = async (blob) => {
    const refused = blob.size > LARGEST_BYTES ? texts.too_long : blob.size ? "" : texts.no_sound;
    taken = refused ? null : blob;
    show(refused || texts.recorded_once, "ready");
  };
  byId("record").onclick = async () => {
    if (recorder) return recorder.stop();
    try {
      wake();
      const stream = await navigator.mediaDevices.getUserMedia({audio: {channelCount: 1}});
      const parts = [];
      recorder = new MediaRecorder(stream);
      recorder.ondataavailable = ({data}) => parts.push(data);
      recorder.onstop = async () => {
        for (const track of stream.getTracks()) track.stop();
        const {mimeType} = recorder;
        recorder = null;
        try {
          await take(await wav(new Blob(parts, {type: mimeType})));
        } catch {
          show(texts.no_sound, "ready");
        }
      };
      recorder.onstart = () => {
        show(texts.speak_now, "records");
        watch(stream, () => recorder !== null);
      };
      recorder.start();
    } catch {
      recorder = null;
      show(texts.no_microphone, "ready");
    }
  };
  byId("replay").onclick = async () => {
    wake();
    await play(await taken.arrayBuffer()).catch(() => show(texts.no_sound, "ready"));
  };
  byId("upload").onchange = async () => {
    const [file] = byId("upload").files;
    if (file) await take(file);
    byId("upload").value = "";
  };
  byId("keep").onclick = async () => {
    byId("keep").disabled = true;
    const told = await send(await base64(taken));
    if (told === "") dialog.close();
    else show(told, "ready");
  };
  byId("cancel").onclick = () => dialog.close();
  dialog.onclose = () => recorder?.stop();
  show("", "ready");
  dialog.showModal();
}

// Shows how loud the microphone is, as long as it goes on; the page remembers whether anything was heard.
function watch(stream, goesOn) {
  const analyser = new AnalyserNode(context, {fftSize: 2048});
  new MediaStreamAudioSourceNode(context, {mediaStream: stream}).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  delete byId("recording").dataset.heard;
  const look = () => {
    analyser.getFloatTimeDomainData(samples);
    const level = goesOn() ? samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) : 0;
    byId("level").value = level;
    if (level > 0.1) byId("recording").dataset.heard = "true";
    if (goesOn()) requestAnimationFrame(look);
  };
  look();
}

// Whatever the browser can read, as WAV: one channel of 16 bits.
async function wav(blob) {
  const read = await context.decodeAudioData(await blob.arrayBuffer());
  const skipped = Math.min(FADE_MS / 1000, read.duration / 4);
  const length = Math.max(1, Math.ceil((read.duration - skipped) * FRAMES_A_SECOND));
  const offline = new OfflineAudioContext(1, length, FRAMES_A_SECOND);
  const source = new AudioBufferSourceNode(offline, {buffer: read});
  source.connect(offline.destination);
  source.start(0, skipped);
  const samples = (await offline.startRendering()).getChannelData(0);
  const file = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const write = (at, text) => [...text].forEach((sign, index) => file.setUint8(at + index, sign.charCodeAt(0)));
  write(0, "RIFF");
  file.setUint32(4, 36 + 2 * samples.length, true);
  write(8, "WAVEfmt ");
  file.setUint32(16, 16, true);
  file.setUint16(20, 1, true); // PCM
  file.setUint16(22, 1, true);
  file.setUint32(24, FRAMES_A_SECOND, true);
  file.setUint32(28, 2 * FRAMES_A_SECOND, true);
  file.setUint16(32, 2, true);
  file.setUint16(34, 16, true);
  write(36, "data");
  file.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, index) => file.setInt16(44 + 2 * index, Math.max(-1, Math.min(1, sample)) * 32767, true));
  return new Blob([file], {type: "audio/wav"});
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1]);
    reader.onerror = reject;
    reader.readAsDataURL(blob);
  });
}
