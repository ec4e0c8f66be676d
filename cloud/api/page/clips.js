// Clips of one camera: the form that asks for one, and what has come of those that were asked for.

import { ask, make, number, onlyLooks, read, wib } from "./session.js";
import { language, words } from "./words.js";
import { showEvidence } from "./pictures.js";

const LISTED = 8;
const MOST_S = 600;
const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((octet) => octet.toString(16).padStart(2, "0")).join("");

// What a clock in Pasuruan shows, as an input of the browser wants it.
const local = (ms) => new Date(ms + 7 * 3600 * 1000).toISOString().slice(0, 19);

function field(name, text, input) {
  input.id = name;
  input.required = true;
  const label = make("label", "", text);
  label.htmlFor = name;
  return make("div", "field", label, input);
}

export function makeClips(place, me, camera) {
  const since = Object.assign(make("input"), { type: "datetime-local", step: 1, value: local(Date.now() - 120000) });
  const seconds = Object.assign(make("input"), { type: "number", min: 1, max: MOST_S, step: 1, value: 60, inputMode: "numeric" });
  const reason = Object.assign(make("input"), { type: "text", minLength: 3, maxLength: 200, autocomplete: "off" });
  const button = make("button", "strong", words.clip_ask);
  const told = make("div", "told");
  told.setAttribute("role", "status");
  const form = make("form", "clip-form", field("since", words.clip_since, since), field("seconds", words.clip_seconds, seconds),
    field("clip-reason", words.reason, reason), make("p", "note", words.clip_note), button);
  form.hidden = onlyLooks(me);
  const list = make("div", "clips");
  place.replaceChildren(make("h3", "", words.clip), form, form.hidden ? make("p", "note", words.may_not_clip(me.role)) : "", told, list);

  let wish = newId(); // of what the form says now; another wish gets another
  form.addEventListener("input", () => { wish = newId(); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    told.replaceChildren(make("p", "note", words.sending));
    try {
      const body = { since: `${since.value}+07:00`, seconds: Number(seconds.value), reason: reason.value.trim(), request_id: wish };
      await ask(`/v1/cameras/${camera}/clips`, { body });
      told.replaceChildren(make("p", "note", words.clip_asked));
      wish = newId();
      await update();
    } catch (error) {
      told.replaceChildren(make("p", "bad", error instanceof TypeError ? words.failed_to_send : error.message));
    } finally { button.disabled = false; }
  });

  let drawn = "";
  async function update() {
    if (me.role === "module_owner") return; // who was given which clip is for the room
    const clips = (await read(`/v1/clips?camera=${camera}&limit=${LISTED}`)).items;
    const now = JSON.stringify(clips);
    if (now === drawn) return;
    drawn = now;
    list.replaceChildren(...clips.map(drawClip));
  }

  return { update };
}

const GOING = ["requested", "sent", "accepted", "applied"];

function drawClip(clip) {
  const here = clip.evidence.length;
  const isWhole = clip.state === "confirmed" && here >= clip.parts;
  const badge = make("span", `badge ${isWhole ? "" : GOING.includes(clip.state) || clip.state === "confirmed" ? "late" : "silent"}`,
    words.clip_states[clip.state] ?? clip.state);
  const from = wib(clip.arguments.since_s * 1000);
  const row = make("div", "clip-row", make("p", "", make("strong", "", from), ` · ${number(clip.arguments.seconds)} ${words.seconds} `, badge),
    make("p", "note", `${clip.requester}: ${clip.reason}`));
  const [inIndonesian, inEnglish] = (clip.detail ?? "").split(" | ");
  const detail = language === "en" ? inEnglish ?? inIndonesian : inIndonesian;
  if (detail) row.append(make("p", GOING.includes(clip.state) || clip.state === "confirmed" ? "note" : "bad", detail));
  if (clip.parts) row.append(make("p", "note", words.parts_here(here, clip.parts)));
  if (here) {
    const play = make("button", "", words.play);
    play.type = "button";
    play.addEventListener("click", () => showEvidence(clip.event, clip.evidence, `${clip.camera} · ${from}`));
    row.append(play);
  }
  return row;
}
