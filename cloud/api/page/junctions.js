// The page at /junctions: all junctions, or the one that the address names (#TD-01), live.

import { all, ask, begin, events, find, make, onlyLooks, read, tell } from "./session.js";
import { words } from "./words.js";
import { drawJunction } from "./junction.js";
import { drawAdvice, drawAudit, drawHistory, drawLease } from "./leases.js";
import { makeForm } from "./lease_form.js";

const LIST_MS = 5000; // the list is asked for again this often
const LOOK_MS = 1000; // a junction at most so often, when the stream tells that something moved
const QUIET_LOOK_MS = 5000; // and so often although it tells nothing
const ADVICE_MS = 30000;
const HISTORY = 20;

const code = () => decodeURIComponent(location.hash.slice(1));
const wait = (ms, signal) => new Promise((done) => {
  const timer = setTimeout(done, ms);
  signal.addEventListener("abort", () => { clearTimeout(timer); done(); }, { once: true });
});

let moved = new AbortController(); // aborted when the address names another junction
addEventListener("hashchange", () => moved.abort("again"));

async function follow(isCurrent) {
  moved = new AbortController();
  const { signal } = moved;
  const leftAt = () => (signal.aborted || !isCurrent());
  try {
    await (code() ? followOne(code(), leftAt, signal) : followAll(leftAt, signal));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return signal.aborted ? "again" : undefined;
}

async function followAll(left, signal) {
  const list = make("section", "cards");
  find("content").replaceChildren(list);
  while (!left()) {
    const [junctions, open] = await Promise.all([all("/v1/junctions"), read("/v1/leases?open=true&limit=500")]);
    if (left()) return;
    const held = new Set(open.items.map((lease) => lease.site));
    list.replaceChildren(...junctions.map((one) => drawCard(one, held.has(one.site))));
    tell(junctions.length ? words.live_junctions(junctions.length) : words.no_junctions);
    await wait(LIST_MS, signal);
  }
}

function drawCard(junction, isHeld) {
  const link = make("a", "", junction.name);
  link.href = `#${encodeURIComponent(junction.site)}`;
  const badge = make("span", `badge ${junction.controller_state}`, words[junction.controller_state]);
  const about = [junction.site, junction.district, words[junction.authority] ?? junction.authority];
  const heading = make("h2", "", link, make("small", "", about.filter(Boolean).join(" · ")), badge);
  const state = make("p", junction.box_state === "online" ? "" : "bad", words[`box_${junction.box_state}`] ?? junction.box_state);
  if (isHeld) state.append(" · ", make("strong", "held", words.held));
  return make("article", "junction-card", heading, state);
}

async function followOne(site, left, signal) {
  const places = Object.fromEntries(["picture", "lease", "form", "advice", "history", "audit"]
    .map((name) => [name, make("section", name)]));
  const back = make("a", "back", `‹ ${words.all_junctions}`);
  back.href = "/junctions";
  const heading = make("div", "heading");
  find("content").replaceChildren(back, heading, make("div", "two",
    make("div", "", places.picture, places.history, places.audit), make("div", "", places.lease, places.form, places.advice)));
  const me = await read("/v1/me");
  let junction = await read(`/v1/junctions/${site}`);
  let isStale = false; // something moved since the last look
  let waiting = null; // wakes the loop below
  const poke = () => { isStale = true; waiting?.abort(); };
  const form = makeForm(places.form, me, site, poke);

  let last = null; // the newest lease, to show how it went on when it is over
  const histories = async () => {
    const leases = (await read(`/v1/leases?site=${site}&limit=${HISTORY}`)).items;
    last = leases[0] ?? null;
    drawHistory(places.history, leases);
    if (!onlyLooks(me)) drawAudit(places.audit, (await read(`/v1/audit?site=${site}&limit=${HISTORY}`)).items);
  };
  const advise = async () => drawAdvice(places.advice, await read(`/v1/junctions/${site}/advice`), junction, form.fill, advise);
  const show = async () => {
    junction = await read(`/v1/junctions/${site}`);
    if (left()) return;
    drawJunction(heading, places.picture, junction);
    drawLease(places.lease, junction.lease, last, me, async (lease, reason) => {
      await ask(`/v1/leases/${lease.id}/withdraw`, { body: { reason } });
      poke();
    });
    form.update(junction);
  };

  await histories();
  await show();
  await advise(); // last: it fills a form that must know its phases
  tell(words.live_junction);
  const timer = setInterval(() => { advise().catch(() => { /* the stream tells of a lost line */ }); }, ADVICE_MS);
  const stop = new AbortController();
  signal.addEventListener("abort", () => { stop.abort("again"); poke(); }, { once: true });
  let failed = null;
  const listening = (async () => {
    for await (const { name } of events(`/v1/stream?site=${site}&limit=2000`, stop.signal)) {
      if (name === "lease") await histories();
      poke();
    }
    throw new Error("the stream has ended");
  })().catch((error) => { failed = error; poke(); });
  try {
    while (!left() && !failed) {
      waiting = new AbortController();
      if (!isStale) await wait(QUIET_LOOK_MS, waiting.signal);
      if (left() || failed) break;
      isStale = false;
      await show();
      await wait(LOOK_MS, signal);
    }
    if (failed) throw failed;
  } finally {
    clearInterval(timer);
    stop.abort("again");
    await listening;
  }
}

begin(follow, () => find("content").replaceChildren());
