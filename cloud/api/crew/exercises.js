// What a person tries by hand: sirens to hear, lamps to see lit, cameras' pictures to look at.

import { button, make } from "./elements.js";
import { addPiece } from "./store.js";
import { words } from "./words.js";

// Which assets of the registry want a person's ear or eye.
const KINDS = { lamp_circuit: "lamp", lamp_panel: "lamp", camera: "camera", river_gauge: "siren", siren: "siren" };

// A panel of lamps is tried as a whole: the registry has its circuits, `TD-01.lamp-1-c2`, and the box names the panel.
const whole = (one) => one.kind !== "lamp_circuit" ? one
  : { ...one, asset: one.asset.replace(/-[a-z0-9]+$/, ""), name: one.name?.replace(/, sirkuit \d+$/, "") };

export function kindsOf(slot) {
  const tried = new Map(slot.assets.filter((one) => KINDS[one.kind]).map(whole).map((one) => [one.asset, one]));
  return [...tried.values()].map((one) => ({ asset: one.asset, name: one.name, what: KINDS[one.kind] }));
}

export function makeExercises(visit, slot) {
  const rows = kindsOf(slot).map((one) => {
    const put = (good) => addPiece(visit, "exercise", { asset: one.asset, what: one.what, good });
    const yes = button(words.good, () => put(true), "yes");
    const no = button(words.failed, () => put(false), "no");
    const sound = button(words.sound, () => addPiece(visit, "command", { action: "siren", asset: one.asset }));
    yes.dataset.asset = no.dataset.asset = one.asset;
    const text = make("span", "", words.kinds[one.what], " ", make("small", "note", one.name ?? one.asset));
    return { ...one, yes, no, element: make("div", "try", text, one.what === "siren" ? sound : "", yes, no) };
  });
  const element = make("div", "", ...(rows.length ? rows.map((row) => row.element) : [make("p", "note", words.no_hands)]));
  const renew = (pieces) => {
    for (const row of rows) {
      const piece = pieces.filter((one) => one.kind === "exercise" && one.content.asset === row.asset).at(-1);
      row.yes.setAttribute("aria-pressed", String(piece?.content.good === true));
      row.no.setAttribute("aria-pressed", String(piece?.content.good === false));
    }
  };
  return { element, renew };
}
