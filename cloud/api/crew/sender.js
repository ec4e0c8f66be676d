// Sends what waits, in order, one at a time, and again until the API has answered. What the API knows already it
// answers as it did the first time, so a lost answer costs nothing.

import { forget, keep, kept, pieces, putPiece } from "./store.js";

const AGAIN_MS = 5_000;
const GIVE_UP_MS = 120_000; // a photo over a weak line
const CLOCK_OFF_MS = 300_000;

// `isOut` stays until somebody has signed in; `state` changes with each round.
export const line = { state: "idle", clockOffMs: 0, others: 0, isOut: false };

// Proves to the API that a change comes from this page; it belongs to the session.
let csrf = null;

export class SignedOut extends Error {}

// A problem of the API: its sentences, in Indonesian and English.
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail);
    this.status = status;
    this.rule = body.rule;
    this.texts = { id: body.detail_id ?? body.detail, en: body.detail_en ?? body.detail };
  }
}

export async function ask(path, { method = "GET", body, blob } = {}) {
  const headers = {};
  if (method !== "GET") headers["X-CSRF-Token"] = csrf ?? (await readMe()).csrf;
  if (body) headers["Content-Type"] = "application/json";
  if (blob) headers["Content-Type"] = "image/jpeg";
  const answer = await fetch(path, { method, headers, cache: "no-store", body: blob ?? (body && JSON.stringify(body)),
    signal: AbortSignal.timeout(GIVE_UP_MS) });
  const served = Date.parse(answer.headers.get("date") ?? "");
  if (served) line.clockOffMs = Math.abs(Date.now() - served) > CLOCK_OFF_MS ? Date.now() - served : 0;
  if (answer.status === 401) throw new SignedOut();
  if (answer.ok) return answer;
  const problem = new Problem(answer.status, await answer.json());
  if (problem.rule !== "csrf") throw problem;
  // Somebody signed in anew in another tab: the next round asks who that is.
  csrf = null;
  throw new SignedOut();
}

// Find out whose session this is. Without one what is written down stays, and waits for its account.
export async function readMe() {
  const me = await (await ask("/v1/me")).json();
  csrf = me.csrf;
  line.isOut = false;
  await keep("account", { name: me.account });
  if (me.must_choose_password) location.assign("/password");
  return me;
}

export async function signIn(name, password) {
  csrf = "";
  try {
    await ask("/v1/session", { method: "POST", body: { name, password } });
  } finally { csrf = null; }
  return readMe();
}

export async function signOut() {
  await ask("/v1/session", { method: "DELETE" });
  csrf = null;
  await forget("account");
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
    // An account of the wrong role is no reason to give a piece up: with the right one it goes.
    if (error.status === 403) throw new SignedOut();
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
  const { account } = await readMe();
  const waiting = (await pieces()).filter((one) => one.state === "waiting");
  // What another account wrote down goes in its name only, once it is signed in here again.
  const own = waiting.filter((one) => !one.account || one.account === account);
  line.others = waiting.length - own.length;
  for (const piece of own) {
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
  if (!await kept("account")) { line.state = "signed-out"; return; }
  try {
    // Two open pages must not send the same side by side.
    await (navigator.locks ? navigator.locks.request("crew-send", sendAll) : sendAll());
  } catch (error) {
    line.isOut ||= error instanceof SignedOut;
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
