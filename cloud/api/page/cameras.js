// The page at /cameras: all cameras, those with something wrong first, or the one that the address names.

import { all, begin, find, make, number, read, tell, wib } from "./session.js";
import { language, words } from "./words.js";
import { forget, nothing, thumbnail, drawEvents } from "./pictures.js";
import { drawCoverage, makeLive } from "./camera.js";
import { makeClips } from "./clips.js";

const LIST_MS = 10000;
const LOOK_MS = 4000;
const EVENTS = 12;
const STEP = 48; // cards that are drawn at once; a regency has thousands

const code = () => decodeURIComponent(location.hash.slice(1));
const wait = (ms, signal) => new Promise((done) => {
  const timer = setTimeout(done, ms);
  signal.addEventListener("abort", () => { clearTimeout(timer); done(); }, { once: true });
});

let moved = new AbortController(); // aborted when the address names another camera
addEventListener("hashchange", () => moved.abort("again"));

async function follow(isCurrent) {
  moved = new AbortController();
  const { signal } = moved;
  const left = () => signal.aborted || !isCurrent();
  try {
    await (code() ? followOne(code(), left, signal) : followAll(left, signal));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return signal.aborted ? "again" : undefined;
}

const trouble = (camera) => (camera.health.length || camera.other_boxes.length ? 0 : camera.state === "ok" ? 2 : 1);

async function followAll(left, signal) {
  const wanted = Object.assign(make("input"), { type: "search", placeholder: words.find_camera, id: "wanted" });
  wanted.setAttribute("aria-label", words.find_camera);
  const list = make("section", "camera-cards");
  const more = make("button", "", words.more);
  more.type = "button";
  find("content").replaceChildren(make("div", "filter", wanted), list, more);
  let cameras = [];
  let most = STEP;
  let drawn = "";
  const draw = () => {
    const text = wanted.value.trim().toLowerCase();
    const found = cameras.filter((one) => `${one.camera} ${one.name} ${one.site_name} ${one.district}`.toLowerCase().includes(text))
      .sort((one, other) => trouble(one) - trouble(other) || one.camera.localeCompare(other.camera));
    more.hidden = found.length <= most;
    const shown = found.slice(0, most);
    const now = JSON.stringify(shown.map((one) => ({ ...one, age_s: 0, last_seen_at: 0, frame_rate_at: 0 })));
    if (now === drawn) return; // nothing flickers that has not changed
    drawn = now;
    list.replaceChildren(...shown.map(drawCard));
  };
  wanted.addEventListener("input", () => { most = STEP; draw(); });
  more.addEventListener("click", () => { most += STEP; draw(); });
  while (!left()) {
    cameras = await all("/v1/cameras");
    if (left()) return;
    draw();
    const bad = cameras.filter((one) => trouble(one) === 0).length;
    tell(cameras.length ? words.live_cameras(cameras.length, bad) : words.no_cameras);
    await wait(LIST_MS, signal);
  }
}

const word = (camera) => (camera.box_silent ? words.box_silent : words[camera.state]);

function drawHealth(camera) {
  const told = camera.health.map((one) => make("p", "bad", `${one[`message_${language}`] ?? one.type} · ${words.since_when} ${wib(one.since)}`));
  const isTold = camera.health.some((one) => one.type === "id.satulayar.camera.shared");
  if (camera.other_boxes.length && !isTold) told.push(make("p", "bad", words.shared(camera.box, camera.other_boxes.join(", "))));
  return told;
}

function drawCard(camera) {
  const link = make("a", "", camera.name ?? camera.camera);
  link.href = `#${encodeURIComponent(camera.camera)}`;
  const state = make("span", `badge ${camera.box_silent ? "silent" : camera.state}`, word(camera));
  const about = [camera.camera, camera.site_name].filter(Boolean).join(" · ");
  const picture = camera.picture
    ? make("figure", "", thumbnail(camera.picture.event, camera.picture.sha256, words.newest_picture),
      make("figcaption", "", `${words.newest_picture}: ${wib(camera.picture.time)}`))
    : make("figure", "", nothing(words.no_picture));
  const recorded = camera.recorded_yesterday_pct === null ? words.recorded_unknown
    : words.recorded_yesterday(number(camera.recorded_yesterday_pct, 2));
  const rate = camera.frame_rate_hz === null ? "" : words.frame_rate(number(camera.frame_rate_hz, 1));
  return make("article", trouble(camera) ? "" : "troubled", make("h2", "", link, make("small", "", about), state), picture,
    make("div", "about", ...drawHealth(camera), make("p", "note", [rate, recorded].filter(Boolean).join(" · "))));
}

async function followOne(camera, left, signal) {
  const places = Object.fromEntries(["live", "events", "coverage", "clip"].map((name) => [name, make("section", name)]));
  const back = make("a", "back", `‹ ${words.all_cameras}`);
  back.href = "/cameras";
  const heading = make("div", "heading");
  find("content").replaceChildren(back, heading, make("div", "two",
    make("div", "", places.live, places.events), make("div", "", places.clip, places.coverage)));
  const me = await read("/v1/me");
  const live = makeLive(places.live, me, camera, signal);
  const clips = makeClips(places.clip, me, camera);
  const hourly = async () => drawCoverage(places.coverage, await read(`/v1/cameras/${camera}/coverage?days=7`));
  await hourly();
  let drawn = "";
  for (let round = 0; !left(); round++) {
    const [one, events] = await Promise.all([read(`/v1/cameras/${camera}`), read(`/v1/events?asset=${camera}&limit=${EVENTS}`)]);
    await clips.update();
    if (left()) return;
    heading.replaceChildren(make("h2", "", one.name ?? one.camera), make("small", "", [one.camera, one.site_name, one.box].filter(Boolean).join(" · ")),
      make("span", `badge ${one.box_silent ? "silent" : one.state}`, word(one)), ...drawHealth(one));
    const now = JSON.stringify(events.items);
    if (now !== drawn) { drawn = now; drawEvents(places.events, events.items); }
    live.update(one);
    tell(words.live_camera);
    if (round % 100 === 99) await hourly();
    await wait(LOOK_MS, signal);
  }
}

begin(follow, forget);
