// What all pages share: the session or a token, asking the API, the live stream, and making elements.
// The stream is read with fetch, because EventSource cannot send the Authorization header.

import { language, words } from "./words.js";

export const find = (id) => document.getElementById(id);
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Who may ask for nothing: the forms are for operators.
export const onlyLooks = (me) => ["viewer", "module_owner"].includes(me.role);

export class Refused extends Error {}

// A problem document: its rule's sentence in the language that is chosen, else its detail.
export class Problem extends Error {
  constructor(body) { super(body[`detail_${language}`] ?? body.detail); }
}

let generation = 0; // a sign-out ends the loops of the session before

export function make(tag, className, ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content.filter((one) => one !== undefined && one !== null && one !== ""));
  return element;
}

export function tell(text, bad = false) {
  find("state").textContent = text;
  find("state").className = bad ? "bad" : "";
}

// Somebody who is signed in is known by a cookie; changes then carry the page's own mark as well.
const csrf = document.querySelector("meta[name=csrf]")?.content;
const isIn = () => Boolean(sessionStorage.getItem("token") || csrf);

export async function ask(path, { signal, body } = {}) {
  const token = sessionStorage.getItem("token");
  const headers = token ? { Authorization: `Bearer ${token}` } : { "X-CSRF-Token": csrf ?? "" };
  if (body) headers["Content-Type"] = "application/json";
  const options = body === undefined ? {} : { method: "POST", body: body && JSON.stringify(body) };
  const answer = await fetch(path, { headers, cache: "no-store", signal, ...options });
  if (answer.status === 401) throw new Refused();
  if (!answer.ok) throw new Problem(await answer.json());
  return answer;
}

export const read = async (path, options) => (await ask(path, options)).json();

export async function all(path) {
  const items = [];
  let next = "";
  do {
    const part = await read(`${path}?limit=5000&after=${encodeURIComponent(next)}`);
    items.push(...part.items);
    next = part.next;
  } while (next);
  return items;
}

export async function* events(path, signal) {
  const reader = (await ask(path, { signal })).body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const lines = part.split("\n");
      const name = lines.find((line) => line.startsWith("event: "))?.slice(7);
      const text = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
      if (name) yield { name, data: JSON.parse(text) };
    }
  }
}

export const number = (value, digits = 0) =>
  new Intl.NumberFormat(words.locale, { maximumFractionDigits: digits }).format(value);

const clock = new Intl.DateTimeFormat(words.locale,
  { timeZone: "Asia/Jakarta", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const wib = (instant) => `${clock.format(new Date(instant))} WIB`;

// Begin the page: `follow(isCurrent)` runs again and again while somebody is signed in.
export function begin(follow, clear) {
  label();
  find("leave").addEventListener("click", () => leave(clear));
  find("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("token", find("token").value.trim());
    run(follow, clear);
  });
  if (isIn()) run(follow, clear); else leave(clear);
}

async function run(follow, clear) {
  const mine = ++generation;
  const isCurrent = () => mine === generation;
  find("ask").hidden = true;
  find("leave").hidden = !sessionStorage.getItem("token");
  tell(words.connecting);
  while (isCurrent()) {
    try {
      if (await follow(isCurrent) === "again") continue;
    } catch (error) {
      if (error instanceof Refused) { leave(clear, words.wrong); return; }
      if (error instanceof Problem) { tell(error.message, true); await sleep(5000); continue; }
    }
    if (!isCurrent()) return;
    tell(words.lost, true);
    await sleep(1000 + Math.random() * 2000);
  }
}

function leave(clear, text = "") {
  generation++;
  sessionStorage.removeItem("token");
  clear();
  find("ask").hidden = false;
  find("leave").hidden = true;
  find("token").value = "";
  find("token").focus();
  tell(text, Boolean(text));
}

function label() {
  const texts = { leave: words.leave, "token-label": words.token, enter: words.enter, hint: words.hint };
  for (const [id, text] of Object.entries(texts)) find(id).textContent = text;
  const stay = () => { find("language").hash = location.hash; };
  stay();
  addEventListener("hashchange", stay);
}
