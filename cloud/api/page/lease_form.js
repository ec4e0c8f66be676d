// The form that asks for a longer green. One wish has one request id, made here: however often it is sent, it is one lease.

import { ask, make } from "./session.js";
import { sentence, sure } from "./leases.js";
import { words } from "./words.js";

// crypto.randomUUID is there over https only, and a room may be on a plain network.
const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((octet) => octet.toString(16).padStart(2, "0")).join("");

function field(name, text, input) {
  input.id = name;
  input.required = true;
  const label = make("label", "", text);
  label.htmlFor = name;
  return make("div", "field", label, input);
}

function input(type, attributes) {
  return Object.assign(make("input"), { type, ...attributes });
}

export function makeForm(place, me, site, poke) {
  const phase = make("select");
  const extra = input("number", { min: 1, step: 1, value: 10, inputMode: "numeric" });
  const minutes = input("number", { min: 1, step: 1, value: 15, inputMode: "numeric" });
  const reason = input("text", { maxLength: 300, autocomplete: "off" });
  const button = make("button", "strong", words.ask_button);
  const limits = make("p", "note");
  const told = make("div", "told");
  told.setAttribute("role", "status");
  const form = make("form", "lease-form", field("phase", words.phase, phase), field("extra", words.extra, extra),
    field("minutes", words.minutes, minutes), field("reason", words.reason, reason), limits, button);
  place.replaceChildren(make("h3", "", words.ask), form, told);

  let junction = null;
  let isSending = false;
  let wish = newId(); // of what the form says now; another wish gets another
  form.addEventListener("input", () => { wish = newId(); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    const body = { phase: Number(phase.value), extra_green_s: Number(extra.value),
      duration_s: Number(minutes.value) * 60, reason: reason.value.trim(), request_id: wish };
    const name = phase.selectedOptions[0]?.textContent ?? "";
    if (!await sure(words.sure(body.extra_green_s, name, minutes.value, junction.name), words.sure_note, words.confirm)) return;
    isSending = button.disabled = true;
    told.replaceChildren(make("p", "note", words.sending));
    try {
      const lease = await (await ask(`/v1/junctions/${site}/leases?wait_s=5`, { body })).json();
      const text = [words.states[lease.state] ?? lease.state, sentence(lease)].filter(Boolean).join(": ");
      told.replaceChildren(make("p", lease.open ? "note" : "bad", text));
      wish = newId();
    } catch (error) {
      const text = error instanceof TypeError ? words.failed_to_send : error.message;
      told.replaceChildren(make("p", "bad", text));
    } finally { isSending = false; update(junction); poke(); }
  });

  function update(now) {
    if (junction && !isSending && junction.lease?.id !== now.lease?.id) told.replaceChildren(); // what was refused may go now
    junction = now;
    const limit = now.limits.find((one) => one.role === me.role);
    form.hidden = !limit;
    if (!limit) { told.replaceChildren(make("p", "note", words.may_not(me.role))); return; }
    if (phase.options.length !== now.phases.length) {
      phase.replaceChildren(...now.phases.map((one) => {
        const option = make("option", "", `${words.phase.toLowerCase()} ${one.phase}${one.name ? ` (${one.name})` : ""}`);
        option.value = one.phase;
        return option;
      }));
    }
    extra.max = limit.extra_green_s;
    minutes.max = Math.floor(limit.duration_s / 60);
    limits.textContent = now.can_be_asked ? words.limit(limit.extra_green_s, minutes.max) : words.cannot;
    limits.className = now.can_be_asked ? "note" : "bad";
    button.disabled = isSending || !now.can_be_asked;
  }

  function fill(body) {
    phase.value = body.phase;
    if (Number(phase.value) !== body.phase) return; // never another phase than the advised one
    extra.value = body.extra_green_s;
    minutes.value = Math.max(1, Math.round(body.duration_s / 60));
    reason.value = body.reason;
    wish = body.request_id; // granting the same advice twice is granting it once
    told.replaceChildren(make("p", "note", words.filled));
    button.focus();
  }

  return { update, fill };
}
