// The button that is held to speak, and recordings that are kept. Nothing is ever heard from the street.

const find = (id) => document.getElementById(id);
const csrf = () => document.querySelector("meta[name=csrf]")?.content ?? "";
const FRAMES = 3, MOST_IN_FLIGHT = 6, POLL_MS = 150, LONGEST_S = 118;

async function ask(method, path, body, type) {
  const headers = { "X-CSRF-Token": csrf() };
  if (body !== undefined) headers["Content-Type"] = type ?? "application/json";
  const answer = await fetch(path, { method, headers, body: type || body === undefined ? body : JSON.stringify(body) });
  const said = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (answer.ok) return said;
  const lang = document.documentElement.lang;
  throw new Error(said?.[`detail_${lang}`] ?? said?.detail ?? String(answer.status));
}

// The microphone, opened once; its sound goes nowhere while nobody speaks.
let microphone = null;
async function openMicrophone() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
  const context = new AudioContext();
  await context.audioWorklet.addModule("/console/static/voice-worklet.js");
  const voice = new AudioWorkletNode(context, "voice", { numberOfOutputs: 0 });
  context.createMediaStreamSource(stream).connect(voice);
  return { context, voice };
}

const button = find("speak");
if (button) {
  const say = (text) => { find("speak-state").textContent = text; };
  const words = button.dataset;
  let turn = null; // the press that counts: { held, id, first, flight }

  const order = () => {
    const form = new FormData(find("announce"));
    const at = [...form.keys()].filter((name) => name.startsWith("at:")).map((name) => name.slice(3));
    const number = Number(form.get("incident")) || null;
    return { loudspeakers: at, reason: String(form.get("reason")), request_id: crypto.randomUUID(), emergency: form.get("emergency") === "yes", incident: number, warning: form.get("warning") || null };
  };

  async function begin() {
    const wanted = order();
    if (!wanted.loudspeakers.length || wanted.reason.trim().length < 3) { say(words.nowhere); return; }
    if (!microphone) {
      try { microphone = await openMicrophone(); say(words.ready); } catch { say(words.microphone); }
      return; // the browser has asked, and the button was let go of for that
    }
    const mine = turn = { held: true, id: null, first: 0, flight: 0, at: 0 };
    button.classList.add("waiting");
    say(words.wait);
    try {
      await microphone.context.resume();
      mine.id = (await ask("POST", "/v1/announcements/live", wanted)).id;
      const ready = await untilReady(mine);
      if (!mine.held) return await end(mine);
      if (!ready) { await end(mine); say(words.nobody); return; }
      mine.at = performance.now();
      button.classList.replace("waiting", "speaking");
      say(words.now);
      microphone.voice.port.onmessage = (event) => send(mine, event.data);
    } catch (error) { say(error.message); await end(mine); }
  }

  async function untilReady(mine) {
    while (mine.held) {
      const { places } = await ask("GET", `/v1/announcements/${mine.id}`);
      const states = places.map((place) => place.state);
      const waiting = states.some((state) => ["requested", "sent", "accepted"].includes(state));
      if (states.includes("applied") && !waiting) return true;
      if (!waiting) return false;
      await new Promise((wake) => setTimeout(wake, POLL_MS));
    }
    return false;
  }

  function send(mine, codes) {
    if (!mine.held || turn !== mine) return;
    const first = mine.first;
    mine.first += FRAMES;
    if ((performance.now() - mine.at) / 1000 > LONGEST_S) { release(); return; }
    if (mine.flight >= MOST_IN_FLIGHT) return; // a line that hangs: what is late is worth nothing
    mine.flight++;
    ask("POST", `/v1/announcements/${mine.id}/voice?first=${first}`, codes, "application/octet-stream")
      .catch((error) => { if (mine.held) { say(error.message || words.lost); release(); } })
      .finally(() => { mine.flight--; });
  }

  async function end(mine) {
    mine.held = false;
    if (microphone) microphone.voice.port.onmessage = null;
    button.classList.remove("waiting", "speaking");
    const until = performance.now() + 1000; // what is on its way is still said
    while (mine.flight && performance.now() < until) await new Promise((wake) => setTimeout(wake, 20));
    if (mine.id) await ask("POST", `/v1/announcements/${mine.id}/end`).catch(() => say(words.lost));
  }

  function release() {
    const mine = turn;
    if (!mine?.held) return;
    turn = null;
    const spoke = mine.at > 0;
    end(mine).then(() => { if (spoke) say(words.over); });
  }

  const press = () => { if (!turn?.held) begin(); };
  button.addEventListener("pointerdown", (event) => { if (event.button === 0) { button.setPointerCapture(event.pointerId); press(); } });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) button.addEventListener(name, release);
  button.addEventListener("keydown", (event) => { if (event.key === " ") { event.preventDefault(); if (!event.repeat) press(); } });
  button.addEventListener("keyup", (event) => { if (event.key === " ") { event.preventDefault(); release(); } });
  button.addEventListener("contextmenu", (event) => event.preventDefault()); // a long touch is speaking
  button.addEventListener("blur", release);
  addEventListener("blur", release);
  addEventListener("pagehide", release);
}

const record = find("record");
record?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [file, state] = [find("sound").files[0], find("record-state")];
  if (!file || file.size > Number(record.dataset.mostBytes)) { state.textContent = record.dataset.large; return; }
  const asked = new URLSearchParams({ name: find("sound-name").value, language: find("sound-tongue").value, request_id: crypto.randomUUID() });
  try {
    await ask("POST", `/v1/announcement-clips/recorded?${asked}`, file, "application/octet-stream");
    state.textContent = record.dataset.done;
  } catch (error) { state.textContent = error.message; }
});
