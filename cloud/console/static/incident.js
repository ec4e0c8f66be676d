// One incident: its parts change where they stand, but never under the pointer or a field that is being filled.

import { drawBase, mark } from "./base_map.js";

const find = (id) => document.getElementById(id);
const name = find("incident").dataset.incident;
let waiting = false;

const isInUse = (part) => part.matches(":hover") || part.contains(document.activeElement)
  || [...part.querySelectorAll("textarea, input[type=text]")].some((field) => field.value);

// An answer to what somebody did here is always shown; news from elsewhere waits until the panel is free.
let answering = false;
addEventListener("htmx:beforeRequest", (event) => { answering = event.detail.requestConfig.verb === "post"; });
addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target } = event.detail;
  if (!answering && "guarded" in target.dataset && isInUse(target)) { event.detail.shouldSwap = false; waiting = true; }
});

const refresh = () => { waiting = false; htmx.ajax("GET", `/incidents/${name}/parts`, { swap: "none" }); };
setInterval(() => { if (waiting && !isInUse(find("acts"))) refresh(); }, 1000);

function follow() {
  const source = new EventSource("/v1/incidents/stream");
  let lost = false;
  source.addEventListener("incident", (event) => {
    const told = JSON.parse(event.data);
    if ((Array.isArray(told) ? told : [told]).some((one) => one.incident === name)) refresh();
  });
  source.onopen = () => { find("connection").hidden = true; if (lost) refresh(); lost = false; };
  source.onerror = () => {
    lost = true;
    find("connection").hidden = false;
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, 3000);
  };
}
follow();

const place = find("small-map");
if (place) {
  const [latitude, longitude] = [Number(place.dataset.latitude), Number(place.dataset.longitude)];
  const map = drawBase(place, { center: [longitude, latitude], zoom: 13, interactive: false });
  map.on("load", () => mark(map, [longitude, latitude], place.dataset.priority));
}
