// Leases of one junction: the one in force, advice, history, audit.

import { language, words } from "./words.js";
import { make, number, onlyLooks, read, wib } from "./session.js";

const WAY = ["requested", "sent", "accepted", "applied", "confirmed", "ended", "reverted"];
const minutes = (seconds) => number(seconds / 60, 1);
const phaseOf = (lease) => `${words.phase.toLowerCase()} ${lease.phase}${lease.phase_name ? ` (${lease.phase_name})` : ""}`;
export const describe = (lease) => words.lease_line(lease.extra_green_s, phaseOf(lease), minutes(lease.duration_s));

let ending = null; // {place, at}: the countdown of the lease in force
const RECENT_MS = 600000; // a lease that is over is shown so long beside the signals

export function drawLease(place, open, last, me, withdraw) {
  ending = null;
  place.replaceChildren(make("h3", "", words.lease));
  if (!open) {
    place.append(make("p", "note", words.lease_none));
    if (last && !last.open && Date.now() - Date.parse(last.requested_at) < last.duration_s * 1000 + RECENT_MS) {
      place.append(make("p", "", `${words.last}: ${describe(last)}. ${WAY.includes(last.state) ? sentence(last) : ""}`), drawWay(last));
    }
    return;
  }
  const left = make("strong", "left-of-lease");
  if (open.remaining_s !== null) ending = { place: left, at: performance.now() + open.remaining_s * 1000 };
  const button = make("button", "", words.withdraw);
  button.type = "button";
  button.addEventListener("click", async () => {
    const reason = makeReason();
    if (!await sure(words.withdraw_sure, "", words.withdraw, reason.field)) return;
    button.disabled = true;
    button.textContent = words.withdrawing;
    try { await withdraw(open, reason.input.value.trim()); } catch (error) { place.append(make("p", "bad", error.message)); }
  });
  place.append(make("p", "", make("strong", "", describe(open)), " ", left), drawWay(open),
    make("p", "", `${words.reason}: ${open.reason} · ${words.by} ${open.requester} (${open.role})`));
  if (!onlyLooks(me)) place.append(button);
  tick();
}

export function drawWay(lease) {
  const reached = WAY.indexOf(lease.state);
  if (reached < 0) return make("p", "bad", [words.states[lease.state] ?? lease.state, sentence(lease)].filter(Boolean).join(": "));
  return make("ol", "way", ...WAY.map((state, place) => {
    const step = make("li", place < reached ? "done" : place === reached ? "done current" : "", words.states[state]);
    if (place === reached) step.setAttribute("aria-current", "step");
    return step;
  }));
}

export const sentence = (lease) => lease[`text_${language}`] ?? words.ends[lease.end_reason] ?? lease.rule ?? "";

// Why a lease is withdrawn: it stays in the history and in the audit, as why it was asked for.
function makeReason() {
  const input = Object.assign(make("input"), { type: "text", id: "why-withdrawn", maxLength: 300, required: true, autocomplete: "off" });
  const label = make("label", "", words.withdraw_reason);
  label.htmlFor = input.id;
  return { input, field: make("div", "field", label, input) };
}

// A question that must be answered; browsers' own confirm() blocks the live page. What it asks for besides must be filled in.
export function sure(text, note, yes, field) {
  const dialog = make("dialog", "", make("p", "", make("strong", "", text)), note && make("p", "note", note), field);
  const no = make("button", "", words.cancel);
  const go = make("button", "strong", yes);
  dialog.append(make("div", "buttons", no, go));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => {
    go.addEventListener("click", () => { if (isFilled(field)) dialog.close("yes"); });
    no.addEventListener("click", () => dialog.close(""));
    dialog.addEventListener("close", () => { dialog.remove(); done(dialog.returnValue === "yes"); });
  });
}

function isFilled(field) {
  const input = field?.querySelector("input");
  if (!input) return true;
  input.setCustomValidity(input.value.trim() ? "" : words.withdraw_reason);
  return input.reportValidity();
}

export function drawAdvice(place, advice, junction, fill, again) {
  const button = make("button", "", words.again);
  button.type = "button";
  button.addEventListener("click", async () => { button.disabled = true; try { await again(); } finally { button.disabled = false; } });
  place.replaceChildren(make("h3", "", words.advice), make("p", "", make("strong", "", advice[`text_${language}`])));
  if (advice.lease) place.append(drawEffect(advice, junction));
  if (!advice.grant.possible) place.append(make("p", "bad", advice.grant[`text_${language}`]));
  place.append(make("p", "note", `${words.advice_note} (${words.observed(minutes(advice.observed_s))})`));
  const buttons = make("div", "buttons");
  if (advice.lease) {
    const use = make("button", "strong", words.fill);
    use.type = "button";
    use.disabled = !advice.grant.possible;
    use.addEventListener("click", () => fill(advice.lease.body));
    buttons.append(use);
  }
  buttons.append(button);
  place.append(buttons);
}

function drawEffect(advice, junction) {
  const names = Object.fromEntries(junction.phases.map((phase) => [phase.phase, phase.name]));
  const leased = Object.fromEntries(advice.leased.phases.map((one) => [one.phase, one]));
  const change = (before, after, digits, unit) => {
    const [was, becomes] = [number(before, digits), number(after, digits)];
    return `${was === becomes ? was : `${was} → ${becomes}`} ${unit}`;
  };
  const rows = advice.present.phases.map((one) => make("tr", "", make("td", "", `${one.phase} ${names[one.phase] ?? ""}`),
    make("td", "number", change(one.green_s, leased[one.phase].green_s, 0, words.seconds)),
    make("td", "number", change(one.delay_s, leased[one.phase].delay_s, 0, words.seconds)),
    make("td", "number", change(one.saturation, leased[one.phase].saturation, 2, ""))));
  const total = change(advice.present.delay_veh_h_per_h, advice.leased.delay_veh_h_per_h, 1, words.veh_h);
  const heads = [words.phase, words.letters.G, words.delay_phase, words.saturation];
  return make("div", "roll", make("p", "", `${words.delay_all}: ${total}`), make("table", "grid",
    make("thead", "", make("tr", "", ...heads.map((text) => make("th", "", text)))), make("tbody", "", ...rows)));
}

const opened = new Set(); // histories that were unfolded stay so when the list is drawn again

export function drawHistory(place, leases) {
  place.replaceChildren(make("h3", "", words.history));
  if (!leases.length) { place.append(make("p", "note", words.no_history)); return; }
  for (const lease of leases) {
    const state = make("span", `badge ${lease.open ? "" : ["refused", "failed", "expired"].includes(lease.state) ? "silent" : "over"}`,
      words.states[lease.state] ?? lease.state);
    const entry = make("details", lease.open ? "recent" : "",
      make("summary", "", make("time", "", wib(lease.requested_at)), " ", describe(lease), " ", state));
    entry.append(make("p", "", `${words.reason}: ${lease.reason} · ${words.by} ${lease.requester} (${lease.role})`));
    if (sentence(lease)) entry.append(make("p", "", sentence(lease)));
    const log = make("div", "roll");
    entry.append(log);
    entry.addEventListener("toggle", () => unfold(entry, lease.id, log));
    if (opened.has(lease.id)) entry.open = true;
    place.append(entry);
  }
}

async function unfold(entry, id, log) {
  if (!entry.open) { opened.delete(id); return; }
  opened.add(id);
  const lines = (await read(`/v1/leases/${id}`)).log;
  log.replaceChildren(make("table", "grid", make("tbody", "", ...lines.map((line) => make("tr", "",
    make("td", "", wib(line.at)), make("td", "", words.states[line.state] ?? line.state),
    make("td", "", [words.sources[line.source], line.actor].filter(Boolean).join(": ")), make("td", "", line[`text_${language}`] ?? ""))))));
}

export function drawAudit(place, rows) {
  place.replaceChildren(make("h3", "", words.audit));
  if (!rows.length) { place.append(make("p", "note", words.audit_none)); return; }
  const say = (row) => [row.detail.reason, row.detail.rule].filter(Boolean).join(" · ");
  place.append(make("div", "roll", make("table", "grid", make("tbody", "", ...rows.map((row) => make("tr", "",
    make("td", "", wib(row.at)), make("td", "", row.actor), make("td", "", words.actions[row.action] ?? row.action), make("td", "", say(row))))))));
}

function tick() {
  if (!ending) return;
  const left = Math.max(0, Math.round((ending.at - performance.now()) / 1000));
  const text = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  ending.place.textContent = words.lease_left(text);
}

setInterval(tick, 500);
