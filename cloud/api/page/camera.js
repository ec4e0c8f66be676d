// One camera: its live view, and how much of it is recorded.

import { Problem, ask, make, number, onlyLooks, wib } from "./session.js";
import { words } from "./words.js";
import { nothing, thumbnail } from "./pictures.js";

const VIEW_S = 60; // asked for at once; it ends by itself
const HZ = 1;
const WAIT_S = 10;

// Pictures come one by one while a view is on; nothing is asked for once nobody looks at this camera.
export function makeLive(place, me, camera, signal) {
  const stage = make("div", "stage");
  const told = make("p", "note");
  told.setAttribute("role", "status");
  const reason = Object.assign(make("input"), { id: "live-reason", maxLength: 200, minLength: 3, required: true, autocomplete: "off" });
  const label = make("label", "", words.live_reason);
  label.htmlFor = "live-reason";
  const button = make("button", "strong", words.live_start);
  const form = make("form", "live-form", make("div", "field", label, reason), button);
  form.hidden = onlyLooks(me);
  place.replaceChildren(make("h3", "", words.live_view), stage, told, form);

  let image = null; // what is shown now
  let isAsked = false; // from this page
  let isOn = false;
  const show = (blob, at) => {
    const shown = Object.assign(make("img", "live"), { src: URL.createObjectURL(blob), alt: words.live_view });
    const before = image;
    shown.addEventListener("load", () => { if (before) URL.revokeObjectURL(before.src); }, { once: true });
    image = shown;
    stage.replaceChildren(shown);
    told.textContent = words.live_at(wib(at));
  };
  const watch = async () => {
    if (isOn) return;
    isOn = true;
    let after = 0;
    try {
      while (!signal.aborted) {
        const answer = await ask(`/v1/cameras/${camera}/live/picture?after=${after}&wait_s=${WAIT_S}`, { signal });
        if (answer.status === 200) {
          after = Number(answer.headers.get("Picture-Number"));
          show(await answer.blob(), after);
        } else if (!answer.headers.get("Live-Until")) {
          if (image || isAsked) told.textContent = image ? words.live_over : words.live_none;
          return;
        }
        else told.textContent = words.live_waiting;
      }
    } catch (error) {
      if (!signal.aborted) told.textContent = error instanceof Problem ? error.message : words.lost;
    } finally {
      isOn = false;
      button.textContent = words.live_start;
      if (image) image.classList.add("old");
    }
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    told.className = "note";
    told.textContent = words.sending;
    try {
      const body = { seconds: VIEW_S, hz: HZ, reason: reason.value.trim() };
      await ask(`/v1/cameras/${camera}/live`, { body });
      button.textContent = words.live_longer;
      told.textContent = words.live_waiting;
      isAsked = true;
      watch();
    } catch (error) {
      told.className = "bad";
      told.textContent = error instanceof TypeError ? words.failed_to_send : error.message;
    } finally { button.disabled = false; }
  });
  watch(); // somebody may have it on already

  function update(one) {
    if (image || stage.dataset.event === (one.picture?.event ?? "none")) return;
    stage.dataset.event = one.picture?.event ?? "none";
    stage.replaceChildren(one.picture ? thumbnail(one.picture.event, one.picture.sha256, words.newest_picture) : nothing(words.no_picture));
    if (one.picture && !isOn) told.textContent = `${words.newest_picture}: ${wib(one.picture.time)}`;
  }

  return { update };
}

const LEVELS = [[99.9, "full"], [90, "most"], [0.01, "some"]];
const level = (pct) => (LEVELS.find(([least]) => pct >= least) ?? [0, "none"])[1];
const WIB_MS = 7 * 3600 * 1000;

export function drawCoverage(place, coverage) {
  const known = new Map(coverage.hours.map((one) => [Date.parse(one.hour), one.recorded_pct]));
  const day = new Intl.DateTimeFormat(words.locale, { timeZone: "UTC", weekday: "short", day: "numeric", month: "short" });
  const rows = coverage.days.map((one) => {
    const midnight = Date.parse(`${one.day}T00:00:00Z`) - WIB_MS;
    const hours = Array.from({ length: 24 }, (_, hour) => {
      const pct = known.get(midnight + hour * 3600000);
      const cell = make("span", `hour ${hour >= one.hours ? "later" : pct === undefined ? "unknown" : level(pct)}`);
      cell.title = `${String(hour).padStart(2, "0")}.00 WIB: ${pct === undefined ? words.unknown : `${number(pct, 2)} %`}`;
      return cell;
    });
    return make("tr", "", make("td", "", day.format(new Date(`${one.day}T12:00:00Z`))),
      make("td", "number", one.recorded_pct === null ? "–" : `${number(one.recorded_pct, 2)} %`), make("td", "hours", ...hours));
  });
  place.replaceChildren(make("h3", "", words.coverage), rows.length
    ? make("div", "roll", make("table", "grid", make("tbody", "", ...rows))) : make("p", "note", words.recorded_unknown),
  make("p", "note", words.coverage_note));
}
