// One junction as it is now: the ring-barrier diagram with its lights, countdowns and queues.

import { make, number } from "./session.js";
import { words } from "./words.js";

const STALE_S = 120; // no phase of a signal that works stays as it is for so long
const FULL_QUEUE_M = 150; // the whole width of a bar
const FREE = 254; // NTCIP 1202: the pattern number of free operation

let shown = null; // what was drawn, and when: countdowns go on between two looks

export function drawJunction(heading, place, junction) {
  const title = make("h2", "", junction.name, make("small", "", ` ${junction.site}`));
  const badge = make("span", `badge ${junction.controller_state}`, `${words.controller}: ${words[junction.controller_state]}`);
  const box = make("span", `badge ${junction.box_state === "online" ? "" : "silent"}`, words[`box_${junction.box_state}`] ?? junction.box_state);
  heading.replaceChildren(title, badge, box, make("span", "cycle", describeCycle(junction)));
  const clocks = [];
  const rings = [...new Set(junction.phases.map((phase) => phase.ring))].sort((a, b) => a - b);
  const rows = rings.map((ring) => drawRing(ring, junction, clocks));
  const stale = make("p", "bad");
  place.replaceChildren(make("h3", "", words.diagram), stale, make("div", "rings", ...rows),
    make("p", "note", `${words.barrier_note} ${words.left_note}`), drawApproaches(junction));
  shown = { at: performance.now(), clocks, stale, displayedAt: junction.displayed_at };
  tick();
}

function describeCycle(junction) {
  const parts = [];
  if (junction.cycle_s) {
    const second = junction.cycle_second;
    parts.push(second === null ? words.cycle_length(number(junction.cycle_s)) : words.cycle(number(second), number(junction.cycle_s)));
  } else parts.push(words.cycle_unknown);
  if (junction.pattern !== null) parts.push(junction.pattern === FREE ? words.plan_free : words.pattern(number(junction.pattern)));
  return parts.join(" · ");
}

function drawRing(ring, junction, clocks) {
  const phases = junction.phases.filter((phase) => phase.ring === ring).sort((a, b) => a.barrier - b.barrier || a.phase - b.phase);
  const row = make("div", "ring", make("span", "ring-name", words.ring(ring)));
  const barriers = [...new Set(junction.phases.map((phase) => phase.barrier))].sort((a, b) => a - b);
  for (const barrier of barriers) {
    row.append(make("div", "side", ...phases.filter((one) => one.barrier === barrier).map((one) => drawPhase(one, clocks))));
  }
  return row;
}

function drawPhase(phase, clocks) {
  const light = make("strong", "", words.letters[phase.letter] ?? words.unknown);
  const elapsed = make("span", "elapsed");
  const left = make("span", "left");
  const bar = make("span", "queue-bar");
  bar.style.setProperty("--part", Math.min(1, (phase.queue_m ?? 0) / FULL_QUEUE_M));
  const queue = make("div", "queue", make("span", "queue-track", bar),
    make("small", "", phase.queue_m === null ? `${words.queue}: ?` : `${words.queue} ${number(phase.queue_m)} m`));
  if (phase.since_s !== null) clocks.push({ elapsed, left, since: phase.since_s, expected: phase.expected_s, letter: phase.letter });
  return make("div", `phase light-${phase.letter === "-" ? "none" : phase.letter ?? "none"}`,
    make("div", "phase-name", make("b", "", String(phase.phase)), ` ${phase.name ?? ""}`), make("div", "light", light, " ", elapsed), left, queue);
}

function drawApproaches(junction) {
  const heads = [words.phase, words.queue, words.volume, words.occupancy, words.last_green];
  const unit = (value, text, digits = 0) => (value === null ? "–" : `${number(value, digits)} ${text}`);
  const rows = junction.phases.map((phase) => make("tr", "",
    make("td", "", `${phase.phase} ${phase.name ?? ""}`), make("td", "number", unit(phase.queue_m, "m")),
    make("td", "number", unit(phase.volume_per_h, words.per_hour)), make("td", "number", unit(phase.occupancy_pct, "%")),
    make("td", "number", unit(phase.green_s, words.seconds))));
  return make("div", "roll", make("table", "grid", make("thead", "", make("tr", "", ...heads.map((text) => make("th", "", text)))),
    make("tbody", "", ...rows)));
}

// Count on between two looks: what is shown is as old as the look.
function tick() {
  if (!shown) return;
  const passed = (performance.now() - shown.at) / 1000;
  for (const { elapsed, left, since, expected, letter } of shown.clocks) {
    elapsed.textContent = words.since(number(since + passed));
    const rest = expected === null ? null : expected - passed;
    left.textContent = rest === null || letter === "R" && rest < 1 ? "" : rest < 1 ? words.soon : words.left(number(rest));
  }
  const age = shown.displayedAt ? (Date.now() - Date.parse(shown.displayedAt)) / 1000 : null;
  const youngest = Math.min(...shown.clocks.map((one) => one.since + passed));
  shown.stale.textContent = age !== null && youngest > STALE_S ? words.stale(number(youngest)) : "";
}

setInterval(tick, 500);

