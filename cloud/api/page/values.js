// The page at /: reads places, quantities and series once, then follows the live stream.

import { all, begin, events, find, make, read, tell } from "./session.js";
import { language, words } from "./words.js";

const MAX_SERIES = 1000;
const REFRESH_MS = 10000; // states of sites and assets are asked for again this often
const rows = new Map(); // series id -> {row, value, age, time, quantity}
const assets = new Map(); // code -> asset with its liveness
const badges = new Map(); // site -> element
let quantities = {};

function title(name) {
  const known = quantities[name];
  return known ? known[`title_${language}`] : name.replaceAll("_", " ");
}

function write(quantity, unit, value, text) {
  const cell = make("td", "number");
  if (text !== null && text !== undefined) cell.textContent = text;
  else if (quantities[quantity]?.kind === "boolean") cell.textContent = value ? words.yes : words.no;
  else {
    cell.textContent = new Intl.NumberFormat(words.locale, { maximumFractionDigits: 2 }).format(value);
    const shown = { Cel: "°C", "1": "", "kW.h": "kWh", m3: "m³", deg: "°", By: "B" }[unit] ?? unit ?? "";
    cell.append(" ", make("small", "", shown));
  }
  return cell;
}

function age(seconds) {
  const format = new Intl.NumberFormat(words.locale, { style: "unit", unitDisplay: "narrow", maximumFractionDigits: 0,
    unit: seconds < 120 ? "second" : seconds < 7200 ? "minute" : seconds < 172800 ? "hour" : "day" });
  return format.format(seconds / (seconds < 120 ? 1 : seconds < 7200 ? 60 : seconds < 172800 ? 3600 : 86400));
}

function draw(sites, latest) {
  const cards = sites.filter((site) => site.assets)
    .map((site) => drawSite(site, latest.filter((one) => one.site === site.site)));
  const grid = make("section", "cards", ...cards);
  find("content").replaceChildren(grid);
}

function drawSite(site, latest) {
  const card = make("article");
  const heading = make("h2", "", site.name);
  heading.append(make("small", "", [site.site, site.district].filter(Boolean).join(" · ")));
  badges.set(site.site, make("span", "badge"));
  heading.append(badges.get(site.site));
  const roll = make("div", "roll");
  const table = make("table");
  for (const asset of [...assets.values()].filter((one) => one.site === site.site)) {
    table.append(drawAsset(asset));
    for (const one of latest.filter((row) => row.asset === asset.asset)) table.append(drawSeries(one));
  }
  roll.append(table);
  card.append(heading, roll);
  return card;
}

function drawAsset(asset) {
  const row = make("tr", "asset");
  const name = make("td", "", asset.name ?? (asset.kind === "box" ? words.box : asset.asset));
  name.colSpan = 2;
  if (name.textContent !== asset.asset) name.append(" ", make("span", "", asset.asset));
  const state = make("td", "age");
  asset.badge = state;
  row.append(name, state);
  return row;
}

function drawSeries(one) {
  const row = make("tr");
  const value = write(one.quantity, one.unit, one.value, one.text);
  const seen = make("td", "age");
  row.append(make("td", "", title(one.quantity)), value, seen);
  rows.set(one.series_id, { row, value, seen, time: Date.parse(one.time), quantity: one.quantity, unit: one.unit });
  return row;
}

function move(sample) {
  const known = rows.get(sample.series_id);
  if (!known) return;
  const value = write(known.quantity, known.unit, sample.value, sample.text);
  const time = Date.parse(sample.time);
  if (time > known.time) {
    known.row.className = "fresh";
    requestAnimationFrame(() => requestAnimationFrame(() => { known.row.className = ""; }));
  }
  known.value.replaceWith(value);
  Object.assign(known, { value, time });
}

function tick() {
  const now = Date.now();
  for (const known of rows.values()) known.seen.textContent = age(Math.max(0, (now - known.time) / 1000));
}

function judge(sites, current) {
  for (const site of sites) {
    const badge = badges.get(site.site);
    if (!badge) continue;
    badge.textContent = words[site.state === "empty" ? "empty_site" : site.state];
    badge.className = `badge ${site.state}`;
  }
  for (const asset of current) {
    const badge = assets.get(asset.asset)?.badge;
    if (!badge) continue;
    badge.textContent = words[asset.state];
    badge.className = `age ${asset.state}`;
  }
}

async function start() {
  quantities = Object.fromEntries((await read("/v1/quantities")).map((one) => [one.name, one]));
  const [sites, found, latest] = await Promise.all([
    all("/v1/sites"), all("/v1/assets"), read(`/v1/latest?limit=${MAX_SERIES}`),
  ]);
  rows.clear(); assets.clear(); badges.clear();
  for (const asset of found) assets.set(asset.asset, asset);
  draw(sites, latest.items);
  judge(sites, found);
  tick();
  const text = latest.items.length ? words.live(rows.size, sites.length) : words.empty;
  tell(latest.next ? `${text}. ${words.crowded(MAX_SERIES)}` : text);
  return [...rows.keys()];
}

async function follow(isCurrent) {
  const ids = await start();
  const newest = Math.max(0, ...ids);
  const stop = new AbortController();
  const timer = setInterval(async () => {
    try {
      judge(await all("/v1/sites"), await all("/v1/assets"));
      const more = await read(`/v1/latest?limit=1&after=${newest}`);
      if (more.items.length && ids.length < MAX_SERIES) stop.abort("grown"); // draw again with the new series
    } catch { /* the stream tells of a lost line */ }
  }, REFRESH_MS);
  try {
    const named = ids.length < MAX_SERIES ? "" : ids.map((id) => `&series=${id}`).join("");
    for await (const { name, data } of events(`/v1/stream?limit=${MAX_SERIES}${named}`, stop.signal)) {
      if (!isCurrent()) return undefined;
      if (name === "latest") data.forEach(move);
    }
  } catch (error) {
    if (error === "grown") return "again";
    throw error;
  } finally { clearInterval(timer); stop.abort(); }
  return undefined;
}

function clear() {
  rows.clear();
  find("content").replaceChildren();
}

setInterval(tick, 1000);
begin(follow, clear);
