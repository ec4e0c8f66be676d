// The page at /: reads places, quantities and series once, then follows the live stream.
// The stream is read with fetch, because EventSource cannot send the Authorization header.
"use strict";

const WORDS = {
  id: {
    tagline: "Satu layar untuk satu kabupaten", other: "English", leave: "Keluar",
    token: "Token akses", enter: "Masuk",
    hint: "Cetak token dengan: satulayar-db token create NAMA. Token hanya disimpan sampai tab ini ditutup.",
    simulated: "Data simulasi: angka di halaman ini bukan pengukuran nyata.",
    wrong: "Token ditolak.", connecting: "Menyambung…", lost: "Sambungan terputus; mencoba lagi…",
    live: (n, sites) => `Langsung: ${n} deret di ${sites} lokasi`, empty: "Belum ada data.",
    crowded: (n) => `Hanya ${n} deret pertama yang ditampilkan.`,
    ok: "normal", degraded: "terganggu", late: "terlambat", silent: "diam", never: "belum pernah", empty_site: "kosong",
    yes: "ya", no: "tidak", box: "Komputer lapangan", locale: "id-ID",
  },
  en: {
    tagline: "One screen for a regency", other: "Bahasa Indonesia", leave: "Sign out",
    token: "Access token", enter: "Enter",
    hint: "Print a token with: satulayar-db token create NAME. It is kept only until this tab is closed.",
    simulated: "Simulated data: the figures on this page are not measurements.",
    wrong: "The token was refused.", connecting: "Connecting…", lost: "Connection lost; trying again…",
    live: (n, sites) => `Live: ${n} series at ${sites} sites`, empty: "There is no data yet.",
    crowded: (n) => `Only the first ${n} series are shown.`,
    ok: "normal", degraded: "degraded", late: "late", silent: "silent", never: "never heard of", empty_site: "empty",
    yes: "yes", no: "no", box: "Edge computer", locale: "en-GB",
  },
};

const MAX_SERIES = 1000;
const REFRESH_MS = 10000; // states of sites and assets are asked for again this often
const language = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "id";
const words = WORDS[language];
const find = (id) => document.getElementById(id);
const rows = new Map(); // series id -> {row, value, age, time, quantity}
const assets = new Map(); // code -> asset with its liveness
const badges = new Map(); // site -> element
let quantities = {};
let generation = 0; // a sign-out ends the loops of the session before

function tell(text, bad = false) {
  find("state").textContent = text;
  find("state").className = bad ? "bad" : "";
}

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

async function ask(path, signal) {
  const token = sessionStorage.getItem("token");
  const answer = await fetch(path, { headers: { Authorization: `Bearer ${token}` }, cache: "no-store", signal });
  if (answer.status === 401) throw new Refused();
  if (!answer.ok) throw new Error((await answer.json()).detail);
  return answer;
}

class Refused extends Error {}

async function all(path) {
  const items = [];
  let next = "";
  do {
    const part = await (await ask(`${path}?limit=5000&after=${encodeURIComponent(next)}`)).json();
    items.push(...part.items);
    next = part.next;
  } while (next);
  return items;
}

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
  find("sites").replaceChildren(...cards);
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
  name.append(" ", make("span", "", asset.asset));
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

async function* events(path, signal) {
  const reader = (await ask(path, signal)).body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const lines = part.split("\n");
      const name = lines.find((line) => line.startsWith("event: "))?.slice(7);
      const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
      if (name) yield { name, data: JSON.parse(data) };
    }
  }
}

async function begin() {
  tell(words.connecting);
  quantities = Object.fromEntries((await (await ask("/v1/quantities")).json()).map((one) => [one.name, one]));
  const [sites, found, latest] = await Promise.all([
    all("/v1/sites"), all("/v1/assets"), (await ask(`/v1/latest?limit=${MAX_SERIES}`)).json(),
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

async function follow(mine) {
  const ids = await begin();
  const newest = Math.max(0, ...ids);
  const stop = new AbortController();
  const timer = setInterval(async () => {
    try {
      judge(await all("/v1/sites"), await all("/v1/assets"));
      const more = await (await ask(`/v1/latest?limit=1&after=${newest}`)).json();
      if (more.items.length && ids.length < MAX_SERIES) stop.abort("grown"); // draw again with the new series
    } catch { /* the stream tells of a lost line */ }
  }, REFRESH_MS);
  try {
    const named = ids.length < MAX_SERIES ? "" : ids.map((id) => `&series=${id}`).join("");
    for await (const { name, data } of events(`/v1/stream?limit=${MAX_SERIES}${named}`, stop.signal)) {
      if (mine !== generation) return;
      if (name === "latest") data.forEach(move);
    }
  } finally { clearInterval(timer); }
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function run() {
  const mine = ++generation;
  find("ask").hidden = true;
  find("leave").hidden = false;
  while (mine === generation) {
    try { await follow(mine); } catch (error) {
      if (error instanceof Refused) { leave(words.wrong); return; }
      if (error === "grown") continue;
    }
    if (mine !== generation) return;
    tell(words.lost, true);
    await sleep(1000 + Math.random() * 2000);
  }
}

function leave(text = "") {
  generation++;
  sessionStorage.removeItem("token");
  rows.clear();
  find("sites").replaceChildren();
  find("ask").hidden = false;
  find("leave").hidden = true;
  find("token").value = "";
  find("token").focus();
  tell(text, Boolean(text));
}

function label() {
  document.documentElement.lang = language;
  find("tagline").textContent = words.tagline;
  find("language").textContent = words.other;
  find("language").href = language === "en" ? "/" : "/?lang=en";
  find("leave").textContent = words.leave;
  find("token-label").textContent = words.token;
  find("enter").textContent = words.enter;
  find("hint").textContent = words.hint;
  find("simulated").textContent = words.simulated;
  find("simulated").hidden = document.documentElement.dataset.simulated !== "yes";
}

label();
find("leave").addEventListener("click", () => leave());
find("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", find("token").value.trim());
  run();
});
setInterval(tick, 1000);
if (sessionStorage.getItem("token")) run(); else leave();
