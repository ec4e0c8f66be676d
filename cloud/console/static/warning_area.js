// The area of a warning, drawn on the map. The list of coordinates is what counts: it is typed with the keyboard, or
// filled by pressing on the map, and the map only shows it. Without this script the list works all the same.

import { colour, drawBase } from "./base_map.js";

const find = (id) => document.getElementById(id);
const [list, frame, told] = [find("outline"), find("area-map"), find("area-told")];
const DIGITS = 5; // about a metre

const polygon = (rings) => ({ type: "Feature", properties: {}, geometry: { type: "MultiPolygon", coordinates: rings } });
const read = () => list.value.split("\n").map((line) => line.split(/[,;\s]+/).filter(Boolean).map(Number)).filter((pair) => pair.length === 2 && pair.every(Number.isFinite));
const write = (points) => { list.value = points.map((pair) => pair.map((degrees) => degrees.toFixed(DIGITS)).join(", ")).join("\n"); show(); };

// Whether two sides of a ring cross: then nobody can tell what is inside.
function crosses(ring) {
  const turn = (a, b, c) => Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
  const sides = ring.slice(1).map((end, n) => [ring[n], end]);
  return sides.some(([a, b], n) => sides.some(([c, d], m) => Math.abs(n - m) > 1 && Math.abs(n - m) < sides.length - 1
    && turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0));
}

function show() {
  const points = read(); // latitude, longitude, as people write them
  const ring = points.map(([latitude, longitude]) => [longitude, latitude]);
  if (ring.length) ring.push(ring[0]);
  const isWrong = ring.length > 3 && crosses(ring);
  told.textContent = points.length === 0 ? "" : isWrong ? told.dataset.crossed : points.length < 3 ? told.dataset.few : told.dataset.closed.replace("{n}", points.length);
  told.className = isWrong ? "bad" : "faint";
  if (!map.getSource("drawn")) return;
  map.getSource("drawn").setData(ring.length > 3 ? polygon([[ring]]) : { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: ring.length ? ring : [[0, 0], [0, 0]] } });
  map.getSource("corners").setData({ type: "Feature", properties: {}, geometry: { type: "MultiPoint", coordinates: ring.slice(0, -1) } });
  map.setPaintProperty("drawn-line", "line-color", colour(isWrong ? "bad" : "p1"));
}

async function showWarnings() {
  const answer = await fetch("/v1/warnings?in_force=true&limit=50", { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const features = (await answer.json()).items.filter((one) => one.geometry).map((one) => ({ type: "Feature", properties: { source: one.source }, geometry: one.geometry }));
  map.getSource("others").setData({ type: "FeatureCollection", features });
  frame.dataset.others = features.length;
}

const map = drawBase(frame, { tiles: frame.dataset.tiles });
map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "bottom-right");
map.on("load", () => {
  const nothing = { type: "FeatureCollection", features: [] };
  for (const name of ["others", "drawn", "corners"]) map.addSource(name, { type: "geojson", data: nothing });
  const source = ["match", ["get", "source"], "bmkg", colour("late"), colour("p1")];
  map.addLayer({ id: "others", type: "fill", source: "others", paint: { "fill-color": source, "fill-opacity": 0.15 } });
  map.addLayer({ id: "others-line", type: "line", source: "others", paint: { "line-color": source, "line-width": 2, "line-dasharray": [3, 2] } });
  map.addLayer({ id: "drawn", type: "fill", source: "drawn", paint: { "fill-color": colour("p1"), "fill-opacity": 0.25 } });
  map.addLayer({ id: "drawn-line", type: "line", source: "drawn", paint: { "line-color": colour("p1"), "line-width": 3 } });
  map.addLayer({ id: "corners", type: "circle", source: "corners", paint: { "circle-radius": 6, "circle-color": colour("card"), "circle-stroke-width": 3, "circle-stroke-color": colour("p1") } });
  show();
  showWarnings();
  frame.dataset.drawn = "yes";
});
map.on("click", ({ lngLat }) => write([...read(), [lngLat.lat, lngLat.lng]]));
list.addEventListener("input", show);
find("area-middle").addEventListener("click", () => { const middle = map.getCenter(); write([...read(), [middle.lat, middle.lng]]); });
find("area-undo").addEventListener("click", () => write(read().slice(0, -1)));
find("area-clear").addEventListener("click", () => write([]));
// The map is in a part that opens: until then it has no size.
frame.closest("details").addEventListener("toggle", () => map.resize());
