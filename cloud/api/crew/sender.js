// Sends what waits, in order, one at a time, and again until the API has answered. What the API knows already it
// answers as it did the first time, so a lost answer costs nothing.

import { keep, kept, pieces, putPiece } from "./store.js";

const AGAIN_MS = 5_000;
const GIVE_UP_MS = 120_000; // a photo over a weak line
const CLOCK_OFF_MS = 300_000;

export const line = { state: "idle", clockOffMs: 0 };

export class SignedOut extends Error {}

// A problem of the API: its sentences, in Indonesian and English.
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail);
    this.status = status;
    this.texts = { id: body.detail_id ?? body.detail, en: body.detail_en ?? body.detail };
  }
}

export async function ask(path, { method = "GET", body, blob } = {}) {
  const headers = { Authorization: `Bearer ${await kept("token")}` };
  if (body) headers["Content-Type"] = "application/json";
  if (blob) headers["Content-Type"] = "image/jpeg";
  const answer = await fetch(path, { method, headers, cache: "no-store", body: blob ?? (body && JSON.stringify(body)),
    signal: AbortSignal.timeout(GIVE_UP_MS) });
  const served = Date.parse(answer.headers.get("date") ?? "");
  if (served) line.clockOffMs = Math.abs(Date.now() - served) > CLOCK_OFF_MS ? Date.now() - served : 0;
  // A token of the wrong role is no reason to give a piece up: with the right one it goes.
  if (answer.status === 401 || answer.status === 403) throw new SignedOut();
  if (!answer.ok) throw new Problem(answer.status, await answer.json());
  return answer;
}

export const read = async (path) => (await ask(path)).json();

function request(piece) {
  const visit = `/v1/crew/visits/${piece.visit}`;
  const { id, box, at } = piece;
  if (piece.kind === "photo") {
    const query = new URLSearchParams({ box, at, caption: piece.content.caption });
    return [`${visit}/photos/${id}?${query}`, { method: "PUT", blob: piece.blob }];
  }
  if (piece.kind === "command") return [`${visit}/commands`, { method: "POST", body: { id, box, at, ...piece.content } }];
  return [`${visit}/pieces`, { method: "POST", body: { id, box, at, piece: { kind: piece.kind, ...piece.content } } }];
}

// Send one piece; tell whether the ones after it may go too.
async function sendOne(piece) {
  try {
    const told = await (await ask(...request(piece))).json();
    Object.assign(piece, { state: told.state, texts: told.text_id ? { id: told.text_id, en: told.text_en } : null });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    piece.texts = error.texts;
    const isUnregistered = error.status === 404; // the office may register the box yet
    if (isUnregistered || error.status === 429 || error.status >= 500) {
      await putPiece(piece);
      return isUnregistered || piece.kind === "command"; // a box may be away, the API not
    }
    piece.state = "refused";
  }
  if (piece.state !== "waiting") delete piece.blob; // the photo is in the regency's database now
  await putPiece(piece);
  return true;
}

async function sendAll() {
  line.state = "sending";
  for (const piece of await pieces()) {
    if (piece.state !== "waiting") continue;
    if (!await sendOne(piece)) { line.state = "busy"; return; }
    dispatchEvent(new Event("sent"));
  }
  line.state = "idle";
}

let running = null;

export function send() {
  running ??= once().finally(() => { running = null; dispatchEvent(new Event("sent")); });
  return running;
}

async function once() {
  if (!await kept("token")) { line.state = "signed-out"; return; }
  try {
    // Two open pages must not send the same side by side.
    await (navigator.locks ? navigator.locks.request("crew-send", sendAll) : sendAll());
  } catch (error) {
    line.state = error instanceof SignedOut ? "signed-out" : "offline";
  }
}

export async function takeSlots() {
  const items = [];
  let next = "", regency, account;
  do {
    const part = await read(`/v1/crew/slots?limit=1000&after=${encodeURIComponent(next)}`);
    items.push(...part.items);
    ({ next, regency, account } = part);
  } while (next);
  await keep("slots", { regency, account, items, at: Date.now() });
}

export function begin() {
  addEventListener("online", send);
  addEventListener("kept", send);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) send(); });
  setInterval(async () => { if ((await pieces()).some((one) => one.state === "waiting")) send(); }, AGAIN_MS);
  send();
}
