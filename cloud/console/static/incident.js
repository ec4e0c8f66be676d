// One incident: its parts change where they stand, but never under the pointer or a field that is being filled.

import { drawBase, mark } from "./base_map.js";
import { follow } from "./stream.js";

const find = (id) => document.getElementById(id);
const name = find("incident").dataset.incident;
const RESTS_MS = 3000, INERT_MS = 700;
let waiting = false;

// A pointer that has lain still for a while does not hold a panel up.
let moved = 0;
addEventListener("pointermove", () => { moved = Date.now(); }, { passive: true });
const isInUse = (part) => (part !== document.activeElement && part.contains(document.activeElement)) || (part.matches(":hover") && Date.now() - moved < RESTS_MS)
  || [...part.querySelectorAll("textarea, input:not([type])")].some((field) => field.value);

// An answer to what somebody did here is always shown; news from elsewhere waits until the panel is free.
let answering = false;
addEventListener("htmx:beforeOnLoad", (event) => { answering = event.detail.requestConfig.verb === "post"; });
addEventListener("htmx:oobBeforeSwap", (event) => {
  const { fragment, target } = event.detail;
  // A picture that has not changed is not drawn anew: it would flicker.
  if (target.id === "evidence" && fragment.querySelector("#evidence")?.dataset.pieces === target.dataset.pieces) event.detail.shouldSwap = false;
  if (!answering && "guarded" in target.dataset && isInUse(target)) { event.detail.shouldSwap = false; waiting = true; }
});

// A press that was meant for the old panel meets nothing.
addEventListener("htmx:oobAfterSwap", (event) => {
  const part = find(event.detail.target.id);
  if (!part || !("guarded" in part.dataset)) return;
  if (answering) { part.focus({ preventScroll: true }); return; } // so that the keyboard goes on from here
  part.inert = true;
  setTimeout(() => { part.inert = false; }, INERT_MS);
});

const refresh = () => { waiting = false; htmx.ajax("GET", `/incidents/${name}/parts`, { swap: "none" }); };
setInterval(() => { if (waiting && !isInUse(find("acts"))) refresh(); }, 1000);

follow((told) => { if (told.incident === name) refresh(); }, refresh);

// A film plays over the page, its parts one after the other.
addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-film] a");
  if (!chosen || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const parts = [...chosen.closest("[data-film]").querySelectorAll("a")];
  showFilm(parts.map((part) => part.href), parts.indexOf(chosen));
});

function showFilm(parts, first) {
  const box = find("film-dialog").content.firstElementChild.cloneNode(true);
  const [video, failed] = [box.querySelector("video"), box.querySelector("[role=alert]")];
  const buttons = parts.map((_, at) => Object.assign(document.createElement("button"), { type: "button", textContent: at + 1 }));
  let now = first;
  const play = (at) => {
    now = at;
    failed.hidden = true;
    buttons.forEach((button, other) => button.toggleAttribute("aria-current", other === at));
    video.src = parts[at];
    video.play().catch(() => { /* a browser may want a touch first */ });
  };
  buttons.forEach((button, at) => button.addEventListener("click", () => play(at)));
  if (parts.length > 1) box.querySelector(".film-parts").append(...buttons);
  video.addEventListener("ended", () => { if (now + 1 < parts.length) play(now + 1); });
  video.addEventListener("error", () => { failed.hidden = false; });
  box.addEventListener("close", () => { video.removeAttribute("src"); video.load(); box.remove(); });
  document.body.append(box);
  box.showModal();
  play(first);
}

const place = find("small-map");
if (place) {
  const [latitude, longitude] = [Number(place.dataset.latitude), Number(place.dataset.longitude)];
  const map = drawBase(place, { center: [longitude, latitude], zoom: 13, interactive: false });
  map.on("load", () => mark(map, [longitude, latitude], place.dataset.priority));
}
