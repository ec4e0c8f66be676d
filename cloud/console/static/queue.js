// The queue: rows change where they stand, new ones wait behind a bar until somebody wants them, keys move and act.

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
    changed.clear();
    if (names.length) htmx.ajax("GET", `/incidents/rows?${names.map((name) => `incident=${name}`).join("&")}`, { swap: "none" });
  }, 250);
}

function hear(told) {
  if (known().has(told.incident)) { changed.add(told.incident); later(); return; }
  if (["closed", "cancelled", "merged"].includes(told.state)) { fresh.delete(told.incident); tellNew(); return; }
  fresh.add(told.incident);
  tellNew();
  // Nobody reads: the list is at its top, no key or pointer for a while.
  if (scrollY < 20 && Date.now() - touched > 20000 && !document.hidden) showNew();
}

let touched = Date.now();
for (const kind of ["pointermove", "pointerdown", "keydown", "wheel"]) addEventListener(kind, () => { touched = Date.now(); }, { passive: true });

function follow() {
  const source = new EventSource("/v1/incidents/stream");
  let lost = false;
  source.addEventListener("incident", (event) => {
    const told = JSON.parse(event.data);
    for (const one of Array.isArray(told) ? told : [told]) hear(one);
  });
  source.onopen = () => {
    find("connection").hidden = true;
    if (lost) { for (const name of known()) changed.add(name); later(); }
    lost = false;
  };
  source.onerror = () => {
    lost = true;
    find("connection").hidden = false;
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, 3000);
  };
}

addEventListener("htmx:oobAfterSwap", (event) => {
  const row = event.detail.target;
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
follow();
