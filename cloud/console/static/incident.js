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
  const { target } = event.detail;
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

const place = find("small-map");
if (place) {
  const [latitude, longitude] = [Number(place.dataset.latitude), Number(place.dataset.longitude)];
  const map = drawBase(place, { center: [longitude, latitude], zoom: 13, interactive: false });
  map.on("load", () => mark(map, [longitude, latitude], place.dataset.priority));
}
