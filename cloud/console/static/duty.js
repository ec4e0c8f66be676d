// A crew's orders on a telephone. What is pressed is written down here first and sent when there is a network: each word
// has an id made here, so that however often and however late it is sent, it counts once.

import { forget, keep, list } from "./outbox.js";

const find = (id) => document.getElementById(id);
const REFRESH_MS = 15000;
const MOST_PX = 1600;
const STEPS = [["accept", "accepted_at"], ["on_way", "on_way_at"], ["arrived", "arrived_at"], ["done", "done_at"]];
const clock = new Intl.DateTimeFormat("id-ID", { timeZone: "Asia/Jakarta", hour: "2-digit", minute: "2-digit" });
const { language, account } = find("duty").dataset;
// Photos that may wait: at less than 1 MB each a phone has room for them.
const MOST_PHOTOS = 60;
// How often something is sent again that was refused by no rule: a room that is being mended, not a fault of the crew.
const MOST_TRIES = 40;
const drawn = new Map();
let orders = JSON.parse(localStorage.getItem("orders") ?? "[]");
let sending = false;

// crypto.randomUUID is there over https only, and a room may be on a plain network.
function newId() {
  const octets = crypto.getRandomValues(new Uint8Array(16));
  octets[6] = (octets[6] & 0x0f) | 0x40;
  octets[8] = (octets[8] & 0x3f) | 0x80;
  return [...octets].map((octet, at) => ([4, 6, 8, 10].includes(at) ? "-" : "") + octet.toString(16).padStart(2, "0")).join("");
}

const position = () => new Promise((done) => {
  if (!navigator.geolocation) { done({}); return; }
  navigator.geolocation.getCurrentPosition(({ coords }) => done({ latitude: coords.latitude, longitude: coords.longitude }),
    () => done({}), { enableHighAccuracy: true, timeout: 8000, maximumAge: 60000 });
});

async function say(order, verb, text = "") {
  const at = new Date().toISOString();
  const entry = { id: newId(), dispatch: order.dispatch.id, verb, at };
  await keep({ ...entry, account, body: { act_id: entry.id, at, text } });
  draw();
  await locate(entry.id);
  send();
}

// A word must not wait for a satellite: it is kept at once, the position is added when it is there.
async function locate(id) {
  const where = await position();
  const entry = (await list()).find((one) => one.id === id);
  if (entry?.body && where.latitude !== undefined) await keep({ ...entry, body: { ...entry.body, ...where } });
  return where;
}

async function shrink(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, MOST_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.85); });
}

// What was refused is told until somebody has read it; the phone may be off meanwhile.
const told = () => JSON.parse(localStorage.getItem("refused") ?? "[]");
function tell(text) {
  localStorage.setItem("refused", JSON.stringify([...told().filter((one) => one !== text), text].slice(-10)));
  showTold();
}
function showTold() {
  const lines = told().map((text) => { const line = document.createElement("li"); line.textContent = text; return line; });
  find("refused-list").replaceChildren(...lines);
  find("refused").hidden = lines.length === 0;
}
find("refused-read").addEventListener("click", () => { localStorage.removeItem("refused"); showTold(); });

const taken = (dispatch) => Number(localStorage.getItem(`photos-${dispatch}`) ?? 0);
const count = (dispatch, more) => localStorage.setItem(`photos-${dispatch}`, Math.max(0, taken(dispatch) + more));

async function photograph(order, file) {
  if ((await list()).filter((entry) => entry.photo).length >= MOST_PHOTOS) {
    tell(find("refused").dataset.full);
    return;
  }
  const photo = await shrink(file).catch(() => file);
  const { id } = order.dispatch;
  const where = await position();
  await keep({ id: newId(), account, dispatch: id, verb: "photo", at: new Date().toISOString(), where, photo });
  // One that does not say where it was taken is shown to the room, and proves nothing.
  if (where.latitude === undefined) tell(find("refused").dataset.nowhere);
  else count(id, 1);
  await draw();
  send();
}

async function sendOne(entry, csrf) {
  const path = `/v1/dispatches/${entry.dispatch}`;
  const headers = { "X-CSRF-Token": csrf };
  if (entry.verb !== "photo") {
    return fetch(`${path}/${entry.verb}`, { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(entry.body) });
  }
  const query = new URLSearchParams({ at: entry.at, ...entry.where });
  return fetch(`${path}/photos/${entry.id}?${query}`, { method: "PUT", headers: { ...headers, "Content-Type": entry.photo.type || "image/jpeg" }, body: entry.photo });
}

// Whoever's session has ended keeps the page with all that is on it, and is asked to sign in when he has a hand free.
const askToSignIn = () => { find("signed-out").hidden = false; };

// What waits of whoever is signed in: what another account pressed goes in its name only.
const ofAccount = async (name) => (await list()).filter((entry) => !entry.account || entry.account === name);

// In the order in which they were pressed; the first that finds no network holds up the others.
async function send() {
  if (sending) return;
  sending = true;
  try {
    while ((await list()).length) {
      const answered = await fetch("/v1/me", { cache: "no-store" });
      if (answered.status === 401) { askToSignIn(); return; }
      const me = await answered.json();
      const [entry] = await ofAccount(me.account);
      if (!entry) return;
      const answer = await sendOne(entry, me.csrf);
      if (answer.status === 401 || answer.status === 403 && (await answer.clone().json()).rule === "csrf") return;
      if (answer.status >= 500 || answer.status === 429) return;
      if (!answer.ok && !await giveUp(entry, await answer.json().catch(() => ({})))) return;
      await forget(entry.id);
      if (entry.verb === "done" && answer.ok) localStorage.removeItem(`text-${entry.dispatch}`);
      await refresh();
    }
  } catch { /* no network: what is written down stays */ } finally { sending = false; draw(); }
}

// A rule's refusal stands; anything else is tried again for a while, in its turn.
async function giveUp(entry, refusal) {
  const tries = (entry.tries ?? 0) + 1;
  if (!refusal.rule && tries < MOST_TRIES) { await keep({ ...entry, tries }); return false; }
  tell(refusal[`detail_${language}`] ?? refusal.detail ?? find("refused").dataset.unknown);
  if (entry.photo && entry.where?.latitude !== undefined) count(entry.dispatch, -1);
  return true;
}

async function refresh() {
  try {
    const answer = await fetch("/v1/crews/me/dispatches", { cache: "no-store" });
    if (answer.status === 401) { askToSignIn(); return; }
    if (!answer.ok) { tell((await answer.json())[`detail_${language}`]); return; }
    orders = await answer.json();
    localStorage.setItem("orders", JSON.stringify(orders));
    find("connection").hidden = true;
    find("signed-out").hidden = true;
  } catch { find("connection").hidden = false; }
  await draw();
}

const isOver = ({ dispatch }) => dispatch.recalled_at || dispatch.declined_at || dispatch.done_at;

async function draw() {
  const waiting = await list();
  const told = find("outbox");
  told.hidden = waiting.length === 0;
  told.textContent = waiting.length === 1 ? told.dataset.one : told.dataset.many.replace("{n}", waiting.length);
  const shown = orders.map((order) => withWaiting(order, waiting)).filter((order) => !isOver(order) || order.waits);
  find("none").hidden = shown.length > 0;
  for (const [id, card] of drawn) {
    if (!shown.some((order) => order.dispatch.id === id)) { card.remove(); drawn.delete(id); }
  }
  for (const order of shown) fill(cardOf(order), order, waiting);
}

// What was pressed is shown as done at once, though nobody else knows of it yet.
function withWaiting(order, waiting) {
  const own = waiting.filter((entry) => entry.dispatch === order.dispatch.id);
  const dispatch = { ...order.dispatch };
  for (const [verb, column] of STEPS) dispatch[column] ??= own.find((entry) => entry.verb === verb)?.at ?? null;
  return { ...order, dispatch, waits: own.length > 0 };
}

function cardOf(order) {
  const known = drawn.get(order.dispatch.id);
  if (known) return known;
  const card = find("one").content.cloneNode(true).querySelector("article");
  const file = card.querySelector("[data-file]");
  file.id = `file-${order.dispatch.id}`;
  card.querySelector("[data-label]").htmlFor = file.id;
  file.addEventListener("change", () => { if (file.files[0]) photograph(order, file.files[0]); file.value = ""; });
  // Typed is kept: the phone may be off, or its browser closed, before it is sent.
  const text = card.querySelector("[data-text]");
  text.value = localStorage.getItem(`text-${order.dispatch.id}`) ?? "";
  text.addEventListener("input", () => localStorage.setItem(`text-${order.dispatch.id}`, text.value));
  card.querySelector("[data-next]").addEventListener("click", (event) => {
    const { verb } = event.currentTarget.dataset;
    event.currentTarget.disabled = true;
    say(order, verb, verb === "done" ? card.querySelector("[data-text]").value : "");
  });
  drawn.set(order.dispatch.id, card);
  find("dispatches").append(card);
  return card;
}

function fill(card, { dispatch, incident, needs_photo: needsPhoto }, waiting) {
  const part = (name) => card.querySelector(`[data-${name}]`);
  part("priority").textContent = incident.priority;
  part("priority").className = `priority priority-${incident.priority}`;
  part("title").textContent = incident[`title_${language}`];
  part("place").textContent = [incident.site_name ?? incident.site, incident.district, incident.asset_name].filter(Boolean).join(" · ");
  part("note").textContent = dispatch.note || incident[`detail_${language}`] || "";
  part("incident").textContent = incident.incident;
  part("way").hidden = incident.latitude === null;
  part("way").href = `geo:${incident.latitude},${incident.longitude}?q=${incident.latitude},${incident.longitude}`;
  for (const [, column] of STEPS) {
    const step = card.querySelector(`[data-step=${column}]`);
    step.classList.toggle("done", Boolean(dispatch[column]));
    step.querySelector("small").textContent = dispatch[column] ? clock.format(new Date(dispatch[column])) : "";
  }
  const [verb] = STEPS.find(([, column]) => !dispatch[column]) ?? [""];
  const button = part("next");
  button.hidden = !verb;
  button.dataset.verb = verb;
  button.textContent = { accept: button.dataset.accepted, on_way: button.dataset.on_way, arrived: button.dataset.arrived, done: button.dataset.done }[verb] ?? "";
  const lacksPhoto = needsPhoto && verb === "done" && taken(dispatch.id) === 0;
  button.disabled = lacksPhoto;
  part("needs").hidden = !lacksPhoto;
  part("photos-part").hidden = !dispatch.arrived_at;
  showWaitingPhotos(part("photos"), waiting.filter((entry) => entry.dispatch === dispatch.id && entry.photo));
}

const previews = new Map();

function showWaitingPhotos(frame, entries) {
  for (const { id, photo } of entries) {
    if (previews.has(id)) continue;
    const image = document.createElement("img");
    image.src = URL.createObjectURL(photo);
    image.alt = "";
    previews.set(id, image);
    frame.append(image);
  }
}

addEventListener("online", send);
setInterval(() => { send(); refresh(); }, REFRESH_MS);
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/duty-worker.js", { scope: "/duty" });
showTold();
draw();
refresh().then(send);
