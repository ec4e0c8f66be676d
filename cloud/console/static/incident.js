// One incident: its parts change where they stand, but never under the pointer or a field that is being filled.

import { drawBase, mark } from "./base_map.js";
import { follow } from "./stream.js";

const find = (id) => document.getElementById(id);
const name = find("incident").dataset.incident;
let waiting = false;

const isInUse = (part) => part.matches(":hover") || part.contains(document.activeElement)
  || [...part.querySelectorAll("textarea, input[type=text]")].some((field) => field.value);

// An answer to what somebody did here is always shown; news from elsewhere waits until the panel is free.
let answering = false;
addEventListener("htmx:beforeOnLoad", (event) => { answering = event.detail.requestConfig.verb === "post"; });
addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target } = event.detail;
  if (!answering && "guarded" in target.dataset && isInUse(target)) { event.detail.shouldSwap = false; waiting = true; }
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
