// All visits on this phone, and the beginning of a new one: by scanning a label, or typing what it says.

import { SignedOut, line, read, send, signIn, signOut, takeSlots } from "./sender.js";
import { button, field, find, make } from "./elements.js";
import { kept, newId, pieces, piecesOf, putVisit, visits } from "./store.js";
import { canScan, readLabel, readPhoto, scan, typedLabel } from "./scan.js";
import { wib, words } from "./words.js";

const again = () => dispatchEvent(new Event("entered"));

export async function showHome() {
  const slots = await kept("slots");
  const isKnown = await kept("account");
  // Whose session has ended goes on working; what he writes down is sent once he has signed in again.
  const door = !isKnown || line.isOut ? [entrance(isKnown?.name)] : [];
  const parts = isKnown ? [beginning(slots), await past(), account(slots)] : [await past()];
  find("content").replaceChildren(...door, ...parts);
}

function entrance(known = "") {
  const name = Object.assign(make("input"), { value: known, autocomplete: "username", autocapitalize: "none", spellcheck: false });
  const password = Object.assign(make("input"), { type: "password", autocomplete: "current-password" });
  const told = make("p", "bad");
  told.setAttribute("role", "alert");
  const enter = make("button", "strong", words.enter);
  enter.id = "enter";
  const form = make("form", "", field("name", words.name, name, () => {}), field("password", words.password, password, () => {}), enter, told);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    enter.disabled = true;
    told.textContent = await tryToEnter(name.value.trim(), password.value) ?? "";
    enter.disabled = false;
    if (!told.textContent) { line.state = "idle"; again(); send(); }
  });
  const other = make("div");
  // The door is there at once, whatever a weak line makes of this question.
  otherDoor().then((found) => { if (found) other.append(found); });
  return make("section", "", form, other, make("p", "note", words.account_hint));
}

// Sign in and take the slots along; give what is wrong.
async function tryToEnter(name, password) {
  const say = (error) => error.texts?.[document.documentElement.lang] ?? words.no_network;
  try { await signIn(name, password); } catch (error) { return error instanceof SignedOut ? words.wrong : say(error); }
  try { await takeSlots(); } catch (error) { return error.status === 403 ? say(error) : null; }
  return null;
}

// The regency's own sign-in, where there is one.
async function otherDoor() {
  const provider = await read("/v1/openid").then((found) => found.name).catch(() => null);
  return provider ? Object.assign(make("a", "button", words.provider(provider)), { href: "/login/openid?next=/crew/" }) : null;
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
    try { await signOut(); again(); } catch (error) {
      // The cookie can be taken away by the API only.
      if (error instanceof SignedOut) again(); else told.textContent = words.leave_offline;
    }
  });
  leave.id = "leave";
  return make("section", "", slots ? make("p", "", words.account(slots.account)) : "", told, make("div", "buttons", refresh, leave));
}
