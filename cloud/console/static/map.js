// The map: sites as they are, cameras in clusters, incidents above all of them.

import { colour, drawBase } from "./base_map.js";

const find = (id) => document.getElementById(id);
const frame = find("map");
const language = frame.dataset.language;
const REFRESH_MS = 15000;

const read = async (path) => {
  const answer = await fetch(path, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (answer.status === 401) location.assign("/login?next=/map");
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
};

const map = drawBase(frame, { tiles: frame.dataset.tiles });
map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "bottom-right");
map.addControl(new maplibregl.ScaleControl(), "bottom-left");
globalThis.satulayarMap = map; // for measuring: see tests/browser

const empty = { type: "FeatureCollection", features: [] };
// Incidents of one place are one point, of the most urgent's colour and figure, with how many there are.
function toFeatures(incidents) {
  const places = new Map();
  for (const one of incidents) {
    const place = `${one.longitude},${one.latitude}`;
    places.set(place, [...(places.get(place) ?? []), one]);
  }
  return [...places.values()].map((here) => ({ type: "Feature", geometry: { type: "Point", coordinates: [here[0].longitude, here[0].latitude] },
    properties: { priority: Math.min(...here.map((one) => one.priority)), count: here.length, site: here[0].site_name ?? here[0].site ?? "",
      list: here.map((one) => ({ incident: one.incident, title: one[`title_${language}`], priority: one.priority })).sort((a, b) => a.priority - b.priority) } }));
}

async function load() {
  const [points, queue] = await Promise.all([read("/v1/map"), read("/v1/incidents?limit=1000")]);
  const placed = queue.items.filter((one) => one.latitude !== null);
  map.getSource("sites").setData(points.sites);
  map.getSource("cameras").setData(points.cameras);
  map.getSource("incidents").setData({ type: "FeatureCollection", features: toFeatures(placed) });
  await showWarnings();
  find("count-sites").textContent = points.sites.features.length;
  find("count-cameras").textContent = points.cameras.features.length;
  find("count-incidents").textContent = placed.length;
  list(placed);
  find("connection").hidden = true;
  return points;
}

// Areas of warnings in force, ours and BMKG's; without them the rest of the map is of use all the same.
async function showWarnings() {
  const found = await read("/v1/warnings?in_force=true&limit=50").catch(() => ({ items: [] }));
  const drawn = found.items.filter((one) => one.geometry);
  map.getSource("warnings").setData({ type: "FeatureCollection", features: drawn.map((one) => ({ type: "Feature", geometry: one.geometry,
    properties: { source: one.source, title: `${one.status === "Actual" ? "" : `[${one.status}] `}${one[`headline_${language}`] || one[`event_${language}`]}` } })) });
  find("count-warnings").textContent = drawn.length;
}

function list(incidents) {
  const rows = incidents.slice(0, 30).map((one) => {
    const [row, link, badge] = ["li", "a", "span"].map((tag) => document.createElement(tag));
    badge.className = `priority priority-${one.priority}`;
    badge.textContent = one.priority;
    link.href = `/incidents/${one.incident}`;
    link.textContent = `${one[`title_${language}`]} · ${one.site_name ?? one.site ?? ""}`;
    row.append(badge, " ", link);
    return row;
  });
  find("list").replaceChildren(...rows);
}

const state = (ok, late, bad) => ["match", ["get", "state"], ["ok"], ok, ["late", "degraded"], late, bad];

function addLayers() {
  map.addSource("warnings", { type: "geojson", data: empty });
  const whose = ["match", ["get", "source"], "bmkg", colour("late"), colour("p1")];
  map.addLayer({ id: "warnings", type: "fill", source: "warnings", paint: { "fill-color": whose, "fill-opacity": 0.14 } });
  map.addLayer({ id: "warnings-line", type: "line", source: "warnings", paint: { "line-color": whose, "line-width": 2, "line-dasharray": [3, 2] } });
  map.addSource("sites", { type: "geojson", data: empty });
  map.addSource("cameras", { type: "geojson", data: empty, cluster: true, clusterRadius: 48, clusterMaxZoom: 16,
    clusterProperties: { bad: ["+", ["case", ["==", ["get", "state"], "ok"], 0, 1]] } });
  map.addSource("incidents", { type: "geojson", data: empty });
  const [good, late, bad, card, ink] = ["good", "late", "bad", "card", "ink"].map(colour);
  map.addLayer({ id: "sites", type: "circle", source: "sites", paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, 3.5, 14, 9],
    "circle-color": state(good, late, bad), "circle-stroke-width": 1.5, "circle-stroke-color": card } });
  map.addLayer({ id: "cameras-many", type: "circle", source: "cameras", filter: ["has", "point_count"], paint: {
    "circle-color": card, "circle-radius": ["step", ["get", "point_count"], 12, 10, 15, 100, 20, 1000, 26],
    "circle-stroke-width": 3, "circle-stroke-color": ["case", [">", ["get", "bad"], 0], late, good] } });
  map.addLayer({ id: "cameras-count", type: "symbol", source: "cameras", filter: ["has", "point_count"], layout: {
    "text-field": ["get", "point_count_abbreviated"], "text-size": 13, "text-font": ["sans-serif"], "text-allow-overlap": true }, paint: { "text-color": ink } });
  map.addLayer({ id: "cameras", type: "circle", source: "cameras", filter: ["!", ["has", "point_count"]], paint: {
    "circle-radius": 6, "circle-color": card, "circle-stroke-width": 3, "circle-stroke-color": state(good, late, bad) } });
  map.addLayer({ id: "incidents-halo", type: "circle", source: "incidents", layout: { "circle-sort-key": urgency }, paint: { "circle-radius": 17, "circle-opacity": 0.3, "circle-color": priority() } });
  map.addLayer({ id: "incidents", type: "circle", source: "incidents", layout: { "circle-sort-key": urgency }, paint: { "circle-radius": 10, "circle-color": priority(), "circle-stroke-width": 2.5, "circle-stroke-color": card } });
  map.addLayer({ id: "incidents-number", type: "symbol", source: "incidents", layout: { "text-field": ["to-string", ["get", "priority"]], "text-size": 13,
    "text-font": ["sans-serif"], "text-allow-overlap": true, "symbol-sort-key": urgency }, paint: { "text-color": colour("on-p") } });
  map.addLayer({ id: "incidents-many", type: "symbol", source: "incidents", filter: [">", ["get", "count"], 1], layout: { "text-field": ["concat", "×", ["get", "count"]],
    "text-size": 13, "text-offset": [1.6, 0], "text-font": ["sans-serif"], "text-allow-overlap": true }, paint: { "text-color": ink, "text-halo-color": card, "text-halo-width": 2 } });
}

const urgency = ["-", 0, ["get", "priority"]]; // the most urgent lies on top
const priority = () => ["match", ["get", "priority"], 1, colour("p1"), 2, colour("p2"), 3, colour("p3"), colour("p4")];

function show(position, lines) {
  const box = document.createElement("div");
  for (const { text, href } of lines) {
    const line = document.createElement("div");
    if (href) { const link = document.createElement("a"); link.href = href; link.textContent = text; line.append(link); } else line.textContent = text;
    box.append(line);
  }
  new maplibregl.Popup({ maxWidth: "20rem" }).setLngLat(position).setDOMContent(box).addTo(map);
}

const onClick = {
  incidents: ([first]) => show(first.geometry.coordinates, [{ text: first.properties.site }, ...JSON.parse(first.properties.list).map((one) => (
    { text: `${one.priority} · ${one.incident} ${one.title}`, href: `/incidents/${one.incident}` }))]),
  sites: ([first]) => show(first.geometry.coordinates, [{ text: first.properties.name }, { text: `${first.properties.site} · ${first.properties.district ?? ""}` }]),
  cameras: ([first]) => show(first.geometry.coordinates, [{ text: first.properties.name ?? first.properties.camera, href: `/cameras#${first.properties.camera}` }]),
  "cameras-many": async ([first]) => {
    const source = map.getSource("cameras");
    const zoom = await source.getClusterExpansionZoom(first.properties.cluster_id);
    if (zoom <= 16) { map.easeTo({ center: first.geometry.coordinates, zoom }); return; }
    const leaves = await source.getClusterLeaves(first.properties.cluster_id, 50, 0);
    show(first.geometry.coordinates, leaves.map((leaf) => ({ text: leaf.properties.name ?? leaf.properties.camera, href: `/cameras#${leaf.properties.camera}` })));
  },
  // Last: what stands in the area is meant before the area.
  warnings: ([first], at) => show(at, [{ text: first.properties.title, href: "/early-warning" }, { text: first.properties.source === "bmkg" ? "BMKG" : "" }]),
};

map.on("load", async () => {
  addLayers();
  for (const [layer, handle] of Object.entries(onClick)) {
    map.on("click", layer, (event) => { if (!event.originalEvent.defaultPrevented) { event.originalEvent.preventDefault(); handle(event.features, event.lngLat); } });
    map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
  }
  const layersOf = { warnings: ["warnings", "warnings-line"], incidents: ["incidents-halo", "incidents", "incidents-number", "incidents-many"], sites: ["sites"], cameras: ["cameras-many", "cameras-count", "cameras"] };
  for (const [name, layers] of Object.entries(layersOf)) {
    find(`show-${name}`).addEventListener("change", (event) => { for (const layer of layers) map.setLayoutProperty(layer, "visibility", event.target.checked ? "visible" : "none"); });
  }
  performance.mark("map-ready");
  const points = await load();
  performance.mark("points-loaded");
  const bounds = new maplibregl.LngLatBounds();
  for (const { geometry } of points.sites.features) bounds.extend(geometry.coordinates);
  if (!bounds.isEmpty()) map.fitBounds(bounds, { padding: 60, maxZoom: 14, animate: false });
  map.once("idle", () => { frame.dataset.drawn = "yes"; performance.mark("map-drawn"); });
  setInterval(() => load().catch(() => { find("connection").hidden = false; }), REFRESH_MS);
});
