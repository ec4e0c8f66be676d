// The base map: our own roads, so that it works without internet; tiles of a server beneath them where one is set.

maplibregl.setWorkerUrl("/console/vendor/maplibre-gl-csp-worker.js");

export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
export const HOME = { center: [112.85, -7.7], zoom: 10.2 };

export function drawBase(container, { tiles = "", ...more } = {}) {
  const sources = { roads: { type: "geojson", data: "/console/geodata/roads.geojson" } };
  const layers = [{ id: "ground", type: "background", paint: { "background-color": colour("road-ground") } }];
  if (tiles) {
    sources.tiles = { type: "raster", tiles: [tiles], tileSize: 256 };
    layers.push({ id: "tiles", type: "raster", source: "tiles" });
  }
  const width = (factor) => ["interpolate", ["exponential", 1.5], ["zoom"], 8, ["*", 0.5 * factor, ["get", "lanes"]], 14, ["*", 3 * factor, ["get", "lanes"]]];
  layers.push(
    { id: "roads-edge", type: "line", source: "roads", layout: { "line-cap": "round" }, paint: { "line-color": colour("road-main"), "line-width": width(1.35) } },
    { id: "roads", type: "line", source: "roads", layout: { "line-cap": "round" }, paint: { "line-color": colour("road"), "line-width": width(1) } },
    { id: "road-names", type: "symbol", source: "roads", minzoom: 12.2, layout: { "symbol-placement": "line-center", "text-field": ["get", "name"], "text-size": 13, "text-font": ["sans-serif"] },
      paint: { "text-color": colour("ink"), "text-halo-color": colour("road-ground"), "text-halo-width": 2 } },
  );
  return new maplibregl.Map({ container, style: { version: 8, sources, layers }, ...HOME, attributionControl: false, dragRotate: false, pitchWithRotate: false, fadeDuration: 0, ...more });
}

export function mark(map, position, priority) {
  map.addSource("place", { type: "geojson", data: { type: "Point", coordinates: position } });
  map.addLayer({ id: "place", type: "circle", source: "place",
    paint: { "circle-radius": 9, "circle-color": colour(`p${priority}`), "circle-stroke-width": 3, "circle-stroke-color": colour("card") } });
}
