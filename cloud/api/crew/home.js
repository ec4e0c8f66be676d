// All visits on this phone, and the beginning of a new one: by scanning a label, or typing what it says.

import { SignedOut, read, send, takeSlots } from "./sender.js";
import { button, field, find, make } from "./elements.js";
import { forget, keep, kept, newId, pieces, piecesOf, putVisit, visits } from "./store.js";
import { canScan, readLabel, readPhoto, scan, typedLabel } from "./scan.js";
import { wib, words } from "./words.js";

const again = () => dispatchEvent(new Event("entered"));

export async function showHome() {
  const slots = await kept("slots");
  const parts = await kept("token") ? [beginning(slots), await past(), account(slots)] : [signIn(), await past()];
  find("content").replaceChildren(...parts);
}

function signIn() {
  const input = Object.assign(make("input"), { id: "token", type: "password", autocomplete: "off" });
  const told = make("p", "bad");
  const enter = button(words.enter, async () => {
    await keep("token", input.value.trim());
    try {
      await read("/v1/me");
      await takeSlots();
    } catch (error) {
      if (!(error instanceof SignedOut)) { told.textContent = error.texts?.[document.documentElement.lang] ?? words.not_taken; }
      else { await forget("token"); told.textContent = words.wrong; return; }
    }
    again();
    send();
  }, "strong");
  enter.id = "enter";
  const row = make("div", "field", Object.assign(make("label", "", words.token), { htmlFor: "token" }), input);
  return make("section", "", row, enter, told, make("p", "note", words.token_hint));
}

function beginning(slots) {
  const told = make("p", "bad");
  told.id = "begin-told";
  const box = Object.assign(make("input"), { autocapitalize: "off", autocomplete: "off", spellcheck: false });
  const code = Object.assign(make("input"), { autocapitalize: "characters", autocomplete: "off", spellcheck: false });
  box.setAttribute("list", "boxes");
  const list = make("datalist", "", ...(slots?.items ?? []).map((slot) => Object.assign(make("option"), { value: slot.box, label: slot.site_name })));
  list.id = "boxes";
  const forgive = () => { told.textContent = ""; };
  const start = async (label) => { told.textContent = await beginVisit(label, slots) ?? ""; };
  const look = button(words.scan, async () => {
    const text = await scan().catch(() => { told.textContent = words.no_camera; return null; });
    if (text) await start(text);
  }, "strong");
  const photo = Object.assign(make("input"), { id: "label-photo", type: "file", accept: "image/*" });
  photo.addEventListener("change", async () => {
    const text = await readPhoto(photo.files[0]).catch(() => null);
    photo.value = "";  // the same photo may be chosen again
    if (text) await start(text); else told.textContent = words.nothing_read;
  });
  const typed = () => (code.value.startsWith("SL1:") ? code.value : typedLabel(box.value.trim(), code.value, slots?.regency));
  const go = button(words.go, () => start(typed()), canScan() ? "" : "strong");
  go.id = "go";
  look.id = "scan";
  const scanning = canScan() ? look : make("p", "note", words.cannot_scan);
  return make("section", "", make("h2", "", words.begin), scanning, make("label", "file", words.from_photo, photo), field("box", words.box, box, forgive), field("code", words.code, code, forgive),
    list, go, told);
}

// Begin a visit with a label; give what is wrong with it.
async function beginVisit(label, slots) {
  if (!slots) return words.not_taken;
  const { box, fault } = readLabel(label, slots.regency);
  if (fault) return fault;
  if (!slots.items.some((slot) => slot.box === box)) return words.unknown_box(box);
  const visit = { id: newId(), box, began_at: new Date().toISOString(), draft: { label: label.trim() } };
  await putVisit(visit);
  location.hash = `v=${visit.id}`;
  return null;
}

async function past() {
  const rows = [];
  for (const visit of (await visits()).sort((a, b) => (a.began_at < b.began_at ? 1 : -1))) {
    const done = await piecesOf(visit.id);
    const waiting = done.filter((one) => one.state === "waiting").length;
    const mark = waiting ? make("span", "late", words.waiting(waiting))
      : make("span", "good", done.some((one) => one.kind === "done") ? "✓" : "");
    rows.push(button(make("span", "", `${visit.box} `, make("small", "note", wib(visit.began_at))),
      () => { location.hash = `v=${visit.id}`; }, "visit"));
    rows.at(-1).append(mark);
  }
  return make("section", "", make("h2", "", words.visits), ...(rows.length ? rows : [make("p", "note", words.no_visits)]));
}

function account(slots) {
  const told = make("p", "note", slots ? words.taken_along(slots.items.length, wib(slots.at)) : words.not_taken);
  const refresh = button(words.take_along, async () => { await takeSlots().catch(() => {}); again(); });
  const leave = button(words.leave, async () => {
    // What waits would be sent by whoever signs in next, under their name.
    const waiting = (await pieces()).filter((one) => one.state === "waiting").length;
    if (waiting && !confirm(words.leave_waiting(waiting))) return;
    await forget("token");
    again();
  });
  leave.id = "leave";
  return make("section", "", slots ? make("p", "", words.account(slots.account)) : "", told, make("div", "buttons", refresh, leave));
}
