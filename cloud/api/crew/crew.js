// The page: the header that says what is not sent yet, and one of two views: all visits, or one.

import { begin, line } from "./sender.js";
import { find, make } from "./elements.js";
import { holdFast, pieces } from "./store.js";
import { showHome } from "./home.js";
import { showVisit } from "./visit.js";
import { language, words } from "./words.js";

const MINUTE_MS = 60_000;

async function label() {
  document.documentElement.lang = language;
  find("tagline").textContent = words.tagline;
  const other = () => { find("language").href = (language === "en" ? "/crew/" : "?lang=en") + location.hash; };
  find("language").textContent = words.other;
  addEventListener("hashchange", other);
  other();
  find("duty").textContent = words.duty;
  find("simulated").textContent = words.simulated;
  find("simulated").hidden = document.documentElement.dataset.simulated !== "yes";
}

async function tellLine() {
  const waiting = (await pieces()).filter((one) => one.state === "waiting").length;
  const isOffline = line.state === "offline" || !navigator.onLine;
  const texts = { "signed-out": make("a", "", words.signed_out), busy: words.busy(waiting) };
  texts["signed-out"].href = "#";
  const others = line.others ? ` ${words.others(line.others)}` : "";
  find("line").replaceChildren(isOffline ? words.offline(waiting)
    : texts[line.state] ?? (waiting ? words.waiting(waiting) : words.all_sent), others);
  find("line").className = isOffline || waiting ? "waiting" : line.state === "signed-out" ? "bad" : "";
  find("line").dataset.waiting = waiting;
  find("clock").hidden = !line.clockOffMs;
  find("clock").textContent = words.clock_off(Math.round(line.clockOffMs / MINUTE_MS));
}

let drawing = 0;

async function show() {
  if (!isSecureContext) { find("content").replaceChildren(make("section", "bad", words.insecure)); return; }
  const [, visit] = location.hash.split("v=");
  drawing += 1;
  try {
    await (visit ? showVisit(visit) : showHome());
  } catch (error) {
    find("content").replaceChildren(make("section", "bad", words.lost_store, make("p", "note", String(error))));
  } finally { drawing -= 1; }
  await tellLine();
}

label();
holdFast();
navigator.serviceWorker?.register("/crew/worker.js", { scope: "/crew/" });
for (const event of ["kept", "sent", "online", "offline"]) addEventListener(event, tellLine);
addEventListener("hashchange", show);
// The door appears where somebody stands before it, and never under what is being typed elsewhere.
addEventListener("sent", () => {
  const isHome = !location.hash.includes("v=") && !document.querySelector("input:focus");
  if (line.isOut && isHome && !drawing && !find("enter")) show();
});
addEventListener("entered", show);
await show();
begin();
