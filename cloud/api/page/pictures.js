// Evidence in the page: fetched with the token, shown as objects of this tab, given back when no longer shown.

import { ask, find, make, wib } from "./session.js";
import { language, words } from "./words.js";

const MAX_KEPT = 200; // thumbnails; beyond, those that were not shown for longest are given back
const kept = new Map(); // path -> address of the object, or the promise of it

async function fetchObject(path) {
  return URL.createObjectURL(await (await ask(path)).blob());
}

function keep(path) {
  const known = kept.get(path) ?? fetchObject(path).catch((error) => { kept.delete(path); throw error; });
  kept.delete(path);
  kept.set(path, known);
  for (const [oldest, object] of kept) {
    if (kept.size <= MAX_KEPT) break;
    kept.delete(oldest);
    object.then(URL.revokeObjectURL, () => { /* it never came */ });
  }
  return known;
}

const waiting = new IntersectionObserver((entries) => { // only what is looked at is fetched
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    waiting.unobserve(target);
    keep(target.dataset.path).then((object) => { target.src = object; }, () => { target.classList.add("spoilt"); });
  }
});

export function thumbnail(event, sha256, text) {
  const image = make("img", "thumbnail");
  image.alt = text;
  image.width = 320;
  image.height = 180;
  image.dataset.path = `/v1/media/${event}/${sha256}/thumbnail?width=320`;
  waiting.observe(image);
  return image;
}

export const nothing = (text) => make("div", "thumbnail none", text);

export const sentence = (event) => event.payload?.data?.[`message_${language}`] || event.type.replace("id.satulayar.", "");

// A dialog with a picture, or with the parts of a clip one after the other.
export async function showEvidence(event, evidence, title) {
  const place = make("div", "shown", make("p", "note", words.loading));
  const close = make("button", "strong", words.close);
  close.type = "button";
  const box = make("dialog", "evidence", make("h3", "", title), place, close);
  document.body.append(box);
  const objects = [];
  close.addEventListener("click", () => box.close());
  box.addEventListener("close", () => { objects.forEach(URL.revokeObjectURL); box.remove(); });
  box.showModal();
  const load = async (one) => {
    const object = await fetchObject(`/v1/media/${event}/${one.sha256}`);
    objects.push(object);
    return object;
  };
  try {
    const pictures = evidence.filter((one) => one.content_type === "image/jpeg");
    const parts = evidence.filter((one) => one.content_type === "video/mp4");
    const shown = [];
    for (const one of pictures) shown.push(Object.assign(make("img"), { src: await load(one), alt: title }));
    if (parts.length) shown.push(await player(parts, load));
    place.replaceChildren(...shown);
  } catch (error) { place.replaceChildren(make("p", "bad", error.message)); }
}

async function player(parts, load) {
  const video = Object.assign(make("video"), { controls: true, playsInline: true });
  const buttons = parts.map((_, place) => make("button", "", String(place + 1)));
  let now = 0;
  const play = async (place) => {
    now = place;
    buttons.forEach((button, at) => button.toggleAttribute("aria-current", at === place));
    video.src = await load(parts[place]);
    video.play().catch(() => { /* a browser may want a touch first */ });
  };
  buttons.forEach((button, place) => { button.type = "button"; button.addEventListener("click", () => play(place)); });
  video.addEventListener("ended", () => { if (now + 1 < parts.length) play(now + 1); });
  await play(0);
  return make("div", "player", video, parts.length > 1 ? make("p", "parts", `${words.parts}: `, ...buttons) : "");
}

export function drawEvents(place, events) {
  const rows = events.map((event) => {
    const ended = Boolean(event.payload?.data?.ended_at);
    const picture = event.evidence.find((one) => one.content_type === "image/jpeg");
    const open = make("button", "link", picture ? thumbnail(event.id, picture.sha256, sentence(event)) : words.look);
    open.type = "button";
    open.addEventListener("click", () => showEvidence(event.id, event.evidence, `${sentence(event)} · ${wib(event.time)}`));
    const has = make("p", "note", event.evidence.some((one) => one.content_type === "video/mp4") ? words.with_clip : "");
    return make("li", ended ? "over" : event.severity ?? "", event.evidence.length ? open : "",
      make("div", "", make("strong", "", sentence(event)), make("p", "note", wib(event.time), event.clock_suspect ? ` (${words.clock_suspect})` : ""), has));
  });
  place.replaceChildren(make("h3", "", words.camera_events), rows.length ? make("ul", "events", ...rows) : make("p", "note", words.no_events));
}

export function forget() {
  for (const object of kept.values()) object.then(URL.revokeObjectURL, () => { /* it never came */ });
  kept.clear();
  find("content").replaceChildren();
}
