// The queue: rows change where they stand, new ones wait behind a bar until somebody wants them, keys move and act.

import { follow } from "./stream.js";

const find = (id) => document.getElementById(id);
const queue = find("queue");
const known = () => new Set([...queue.children].map((row) => row.dataset.incident));
const fresh = new Set();
const changed = new Set();
let timer = 0;

function tellNew() {
  const button = find("show-new");
  button.hidden = fresh.size === 0;
  button.textContent = fresh.size === 1 ? button.dataset.one : button.dataset.many.replace("{n}", fresh.size);
}

function showNew() { location.assign(location.pathname + location.search); }

// One request for all that moved within a moment.
function later() {
  if (timer) return;
  timer = setTimeout(() => {
    timer = 0;
    const names = [...changed].slice(0, 50);
    for (const name of names) changed.delete(name);
    if (changed.size) later();
    if (names.length) htmx.ajax("GET", `/incidents/rows?${names.map((name) => `incident=${name}`).join("&")}`, { swap: "none" });
  }, 250);
}

const OVER = ["closed", "cancelled", "merged"];
const filters = new URLSearchParams(queue.dataset.filters);
const isWanted = (told) => ["agency", "state", "owner"].every((name) => !filters.get(name) || filters.get(name) === told[name]);

// After a break: what is new, what has another version, and what is no longer in the queue.
async function catchUp() {
  const { items } = await (await fetch("/v1/incidents?limit=500", { cache: "no-store" })).json();
  const open = new Map(items.map((one) => [one.incident, one]));
  for (const row of queue.children) {
    if (String(open.get(row.dataset.incident)?.version) !== row.dataset.version) changed.add(row.dataset.incident);
    open.delete(row.dataset.incident);
  }
  for (const one of open.values()) hear(one);
  later();
}

function hear(told) {
  if (known().has(told.incident)) { changed.add(told.incident); later(); return; }
  if (OVER.includes(told.state) || !isWanted(told)) { fresh.delete(told.incident); tellNew(); return; }
  fresh.add(told.incident);
  tellNew();
  // Nobody reads: the list is at its top, no key or pointer for a while.
  if (scrollY < 20 && Date.now() - touched > 20000 && !document.hidden) showNew();
}

let touched = Date.now();
for (const kind of ["pointermove", "pointerdown", "keydown", "wheel"]) addEventListener(kind, () => { touched = Date.now(); }, { passive: true });

// Whoever stands on a row stays on it when it is drawn anew.
let stoodOn = "";
addEventListener("htmx:oobBeforeSwap", (event) => {
  if (event.detail.target.contains(document.activeElement)) stoodOn = event.detail.target.id;
});
addEventListener("htmx:oobAfterSwap", (event) => {
  const row = event.detail.target;
  if (row.id === stoodOn) { find(row.id)?.querySelector("a")?.focus({ preventScroll: true }); stoodOn = ""; }
  requestAnimationFrame(() => requestAnimationFrame(() => find(row.id)?.classList.remove("changed")));
});

const links = () => [...queue.querySelectorAll("a.incident-row")];

function move(step) {
  const all = links();
  const at = all.indexOf(document.activeElement);
  all[Math.min(all.length - 1, Math.max(0, at + step))]?.focus();
}

function acknowledge() {
  const row = document.activeElement.closest?.("#queue > li");
  if (!row) return;
  const values = { csrf: document.querySelector("meta[name=csrf]")?.content ?? "", version: row.dataset.version };
  htmx.ajax("POST", `/incidents/${row.dataset.incident}/acknowledge`, { source: "#quick", target: "#quick-told", swap: "innerHTML", values });
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  if (event.key === "j" || event.key === "ArrowDown") { event.preventDefault(); move(1); }
  if (event.key === "k" || event.key === "ArrowUp") { event.preventDefault(); move(-1); }
  if (event.key === "a") acknowledge();
  if (event.key === "n" && fresh.size) showNew();
});

find("show-new").addEventListener("click", showNew);
find("filters").addEventListener("change", () => find("filters").requestSubmit());
follow(hear, catchUp);
