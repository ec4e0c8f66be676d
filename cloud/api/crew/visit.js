// One visit, from the label to the report. Whatever is typed is kept at every keystroke; whatever is done becomes a
// piece that is kept first and sent when there is a line.

import { button, distance, field, find, locate, make, readPosition, shrink } from "./elements.js";
import { ask } from "./sender.js";
import { Full, addPiece, kept, piecesOf, putVisit, visit as stored } from "./store.js";
import { kindsOf, makeExercises } from "./exercises.js";
import { makeMeasurement } from "./measurement.js";
import { canScan, scan } from "./scan.js";
import { language, wib, words } from "./words.js";

const FAR_M = 200;

let current = null;

export async function showVisit(id) {
  const visit = await stored(id);
  if (!visit) { location.hash = ""; return; }
  const slots = await kept("slots");
  const slot = slots?.items.find((one) => one.box === visit.box) ?? { assets: [] };
  // Every keystroke in its turn: an older text must not be stored over a newer one.
  let saving = Promise.resolve();
  const save = (name, value) => {
    visit.draft[name] = value;
    saving = saving.then(() => putVisit(visit));
  };
  const parts = [claimPart, placePart, photoPart, handsPart, measurePart, notePart, finishPart]
    .map((part) => part({ visit, slot, slots, save, draft: visit.draft }));
  current = { id, parts };
  const back = Object.assign(make("a", "", words.back), { href: "#" });
  const title = make("section", "", back, make("h2", "", visit.box), make("p", "", [slot.site_name, slot.district].filter(Boolean).join(", ")),
    make("p", "note", wib(visit.began_at)));
  find("content").replaceChildren(title, ...parts.map((part) => part.section));
  await renew();
}

// Show what has become of the pieces, without touching what is being typed.
async function renew() {
  if (!current) return;
  const pieces = await piecesOf(current.id);
  for (const part of current.parts) part.renew?.(pieces);
}

addEventListener("sent", renew);
addEventListener("kept", renew);

const last = (pieces, kind) => pieces.filter((one) => one.kind === kind).at(-1);

export function stateOf(piece) {
  if (!piece) return "";
  const looks = { waiting: "late", taken: "good", refused: "bad" };
  const why = piece.texts?.[language];
  return make("p", looks[piece.state], words.states[piece.state] + (why ? `: ${why}` : ""));
}

function card(number, title, ...content) {
  const mark = make("span", "mark");
  return { mark, section: make("section", "", make("h2", "", `${number} · ${title}`, mark), ...content) };
}

function tick(mark, piece) {
  mark.textContent = !piece ? "" : { waiting: "…", taken: "✓", refused: "✗" }[piece.state];
  mark.className = `mark ${piece ? { waiting: "late", taken: "good", refused: "bad" }[piece.state] : ""}`;
}

function claimPart({ visit, slot, save, draft }) {
  const label = Object.assign(make("input"), { value: draft.label ?? "", autocomplete: "off", spellcheck: false });
  const hardware = Object.assign(make("input"), { value: draft.hardware ?? "", autocomplete: "off", spellcheck: false });
  const told = make("div", "told");
  const standing = make("p", slot.claimed_by ? "late" : "note",
    slot.claimed_by ? words.claimed_by(slot.claimed_by, slot.hardware, wib(slot.claimed_at)) : words.free_slot);
  const look = button(words.scan, async () => {
    const text = await scan().catch(() => { told.replaceChildren(make("p", "bad", words.no_camera)); return null; });
    if (text) { hardware.value = text; save("hardware", text); }
  });
  look.hidden = !canScan();
  const bind = button(words.claim, async () => {
    if (!label.value.trim() || !hardware.value.trim()) { told.replaceChildren(make("p", "bad", words.need_hardware)); return; }
    await addPiece(visit, "claim", { label: label.value.trim(), hardware: hardware.value.trim() });
  }, "strong");
  bind.id = "claim";
  const made = card(1, words.computer, standing, field("label", words.label, label, (text) => save("label", text)),
    field("hardware", words.hardware, hardware, (text) => save("hardware", text)), look, bind, told);
  return { ...made, renew: (pieces) => {
    const piece = last(pieces, "claim");
    if (piece) told.replaceChildren(stateOf(piece));
    tick(made.mark, piece);
    standing.hidden = piece?.state === "taken";
    bind.disabled = piece?.state === "taken" || piece?.state === "waiting";
  } };
}

function placePart({ visit, slot, save, draft }) {
  const typed = Object.assign(make("input"), { value: draft.place ?? "", inputMode: "text", autocomplete: "off" });
  const told = make("div", "told");
  const keepPlace = (place) => addPiece(visit, "position", place);
  const here = button(words.here, async (element) => {
    element.disabled = true;
    try {
      const { latitude, longitude, accuracy } = await locate();
      await keepPlace({ latitude, longitude, accuracy_m: Math.round(accuracy) });
    } catch { told.replaceChildren(make("p", "bad", words.no_gps)); }
    element.disabled = false;
  });
  here.id = "here";
  const put = button(words.save, async () => {
    const place = readPosition(typed.value);
    const isSwapped = place && Math.abs(place.latitude) > 90 && Math.abs(place.longitude) <= 90;
    if (!place || isSwapped || Math.abs(place.longitude) > 180) {
      told.replaceChildren(make("p", "bad", isSwapped ? words.swapped : words.bad_place));
    } else await keepPlace(place);
  });
  put.id = "put-place";
  const made = card(2, words.place, here, field("place", words.typed_place, typed, (text) => save("place", text)), put, told);
  return { ...made, renew: (pieces) => {
    const piece = last(pieces, "position");
    tick(made.mark, piece);
    if (!piece) return;
    const { latitude, longitude, accuracy_m } = piece.content;
    const lines = [make("p", "", [`${latitude.toFixed(5)}, ${longitude.toFixed(5)}`, accuracy_m && words.accuracy(accuracy_m)].filter(Boolean).join(", "))];
    if (typeof slot.latitude === "number") {
      const away = Math.round(distance(piece.content, slot));
      lines.push(make("p", away > FAR_M ? "late" : "note", away > FAR_M ? words.too_far(away) : words.away(away)));
    }
    told.replaceChildren(...lines, stateOf(piece));
  } };
}

function photoPart({ visit }) {
  const input = Object.assign(make("input"), { id: "photo", type: "file", accept: "image/*", capture: "environment", multiple: true });
  const told = make("p", "bad");
  const grid = make("div", "photos");
  const shown = new Map();
  input.addEventListener("change", async () => {
    told.textContent = "";
    for (const file of input.files) {
      try { await addPiece(visit, "photo", { caption: file.name.slice(0, 100) }, await shrink(file)); } catch (error) { told.textContent = error instanceof Full ? words.full : words.no_photo; }
    }
    input.value = "";
  });
  const made = card(3, words.photos, make("label", "file", words.take_photo, input), told, grid);
  return { ...made, renew: (pieces) => {
    const photos = pieces.filter((one) => one.kind === "photo");
    tick(made.mark, photos.at(-1));
    for (const piece of photos) {
      if (!shown.has(piece.id)) {
        const image = Object.assign(make("img"), { alt: piece.content.caption });
        if (piece.blob) image.src = URL.createObjectURL(piece.blob);
        else if (piece.state === "taken") fetchPhoto(piece, image);
        shown.set(piece.id, make("figcaption"));
        grid.append(make("figure", "", image, shown.get(piece.id)));
      }
      shown.get(piece.id).replaceChildren(stateOf(piece));
    }
  } };
}

// A photo that was sent lies at the centre only; without network its name stands there.
function fetchPhoto(piece, image) {
  ask(`/v1/crew/visits/${piece.visit}/photos/${piece.id}`)
    .then(async (answer) => { image.src = URL.createObjectURL(await answer.blob()); }).catch(() => {});
}

function handsPart(all) {
  const made = card(4, words.hands);
  const { element, renew: renewRows } = makeExercises(all.visit, all.slot);
  made.section.append(element);
  return { ...made, renew: (pieces) => { renewRows(pieces); tick(made.mark, last(pieces, "exercise")); } };
}

function measurePart({ visit, slots, slot }) {
  const made = card(5, words.measure);
  const { element, renew: renewRows } = makeMeasurement(visit, slot, slots);
  made.section.append(element);
  return { ...made, renew: renewRows };
}

function notePart({ visit, save, draft }) {
  const text = Object.assign(make("textarea"), { value: draft.note ?? "", maxLength: 4000 });
  const told = make("div", "told");
  // A piece when the person goes on to something else; until then it is kept as it is typed.
  text.addEventListener("change", () => noteOf(visit, text.value));
  const made = card(6, words.notes, field("note", words.note, text, (value) => save("note", value)), told);
  return { ...made, renew: (pieces) => {
    const piece = last(pieces, "note");
    told.replaceChildren(stateOf(piece));
    tick(made.mark, piece);
  } };
}

async function noteOf(visit, text) {
  const before = last(await piecesOf(visit.id), "note");
  if ((before?.content.text ?? "") !== text.trim()) await addPiece(visit, "note", { text: text.trim() });
}

function finishPart({ visit, slot }) {
  const told = make("div", "told");
  const leave = button(words.leave_box, async () => {
    await noteOf(visit, visit.draft.note ?? "");
    await addPiece(visit, "done", {});
  }, "strong");
  leave.id = "leave-box";
  const made = card(7, words.finish, told, leave);
  return { ...made, renew: (pieces) => {
    const done = last(pieces, "done");
    tick(made.mark, done);
    leave.disabled = Boolean(done);
    const waiting = pieces.filter((one) => one.state === "waiting").length;
    if (done) {
      told.replaceChildren(make("p", "good", words.finished), waiting ? make("p", "late", words.still_waiting(waiting)) : "");
      return;
    }
    const wanted = { claim: words.computer, position: words.place, photo: words.photos, command: words.measure };
    if (kindsOf(slot).length) wanted.exercise = words.hands;
    const missing = Object.keys(wanted).filter((kind) => !last(pieces, kind)).map((kind) => wanted[kind]);
    told.replaceChildren(missing.length ? make("p", "note", `${words.missing} ${missing.join(", ")}`) : "");
  } };
}
