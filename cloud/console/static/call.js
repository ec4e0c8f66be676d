// A call: where it is, by a press on the map, by a site's code, or by figures.

import { colour, drawBase } from "./base_map.js";

const find = (id) => document.getElementById(id);
const frame = find("call-map");
const fields = [find("longitude"), find("latitude")];
const map = drawBase(frame, { tiles: frame.dataset.tiles });
map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "bottom-right");
map.getCanvas().style.cursor = "crosshair";
const pin = new maplibregl.Marker({ color: colour("p1") });

const read = () => fields.map((field) => Number.parseFloat(field.value.replace(",", ".")));

function showPin() {
  const position = read();
  if (!position.every(Number.isFinite) || Math.abs(position[1]) > 90 || Math.abs(position[0]) > 180) { pin.remove(); return; }
  pin.setLngLat(position).addTo(map);
  if (!map.getBounds().contains(position)) map.jumpTo({ center: position });
}

map.on("click", ({ lngLat }) => {
  [fields[0].value, fields[1].value] = [lngLat.lng.toFixed(5), lngLat.lat.toFixed(5)];
  showPin();
});
for (const field of fields) field.addEventListener("input", showPin);

// A site shows where it is, unless somebody has given a finer position.
find("site").addEventListener("input", (event) => {
  const option = [...find("sites").options].find((one) => one.value === event.target.value);
  const [latitude, longitude] = (option?.dataset.position ?? ",").split(",");
  if (latitude && !fields[0].value) map.easeTo({ center: [Number(longitude), Number(latitude)], zoom: 14 });
});
// Our sites, for whoever looks for the place.
const sites = [...find("sites").options].map((one) => ({ name: one.textContent, at: one.dataset.position.split(",").map(Number).reverse() }))
  .filter((one) => one.at.every((degrees) => Number.isFinite(degrees) && degrees));
map.on("load", () => {
  map.addSource("sites", { type: "geojson", data: { type: "FeatureCollection", features: sites.map(({ name, at }) => (
    { type: "Feature", properties: { name }, geometry: { type: "Point", coordinates: at } })) } });
  map.addLayer({ id: "sites", type: "circle", source: "sites", paint: { "circle-radius": 4, "circle-color": colour("good"), "circle-stroke-width": 1.5, "circle-stroke-color": colour("card") } });
  map.addLayer({ id: "site-names", type: "symbol", source: "sites", minzoom: 11, layout: { "text-field": ["get", "name"], "text-size": 12, "text-offset": [0, 1], "text-anchor": "top", "text-font": ["sans-serif"] },
    paint: { "text-color": colour("ink"), "text-halo-color": colour("road-ground"), "text-halo-width": 2 } });
  if (sites.length && !fields[0].value) {
    const bounds = new maplibregl.LngLatBounds();
    for (const { at } of sites) bounds.extend(at);
    map.fitBounds(bounds, { padding: 30, maxZoom: 13, animate: false });
  }
  showPin();
});
