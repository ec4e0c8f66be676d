// What the box measures of itself: asked for over the centre, shown when its signed report has come, and the report
// as the office keeps it (`satulayar-provision report` checks the signature).

import { ask, read } from "./sender.js";
import { button, make } from "./elements.js";
import { addPiece, kept } from "./store.js";
import { kindsOf } from "./exercises.js";
import { both, language, wib, words } from "./words.js";

const LOOK_MS = 3_000;

export function makeMeasurement(visit, slot, slots) {
  const told = make("div", "told", make("p", "note", words.no_measure));
  const results = make("div");
  const pictures = new Set();
  let looking = false;
  let shown = "";
  const askBox = button(words.measure_now, () => addPiece(visit, "command", { action: "measure" }), "strong");
  askBox.id = "measure";

  // Look until the report of the last request has come; a page that was left looks no more.
  async function look() {
    if (looking) return;
    looking = true;
    while (told.isConnected) {
      try {
        const found = await read(`/v1/crew/visits/${visit.id}`);
        if (found.reports.length && found.reports[0].event !== shown) {
          shown = found.reports[0].event;
          show(found);
          break;
        }
      } catch { /* no network: it is looked for again */ }
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
    looking = false;
  }

  function show(found) {
    const report = found.reports[0];
    const said = JSON.parse(report.signed.document);
    const bad = said.checks.filter((check) => !check.passed);
    told.replaceChildren(make("p", "", words.measured_at(wib(said.at))),
      make("p", bad.length ? "bad" : "good", bad.length ? words.not_passed(bad.length) : words.passed));
    results.replaceChildren(...bad.map(row), everything(said.checks), ...said_pictures(report, said),
      button(words.report, () => download(visit, slots, found)));
    results.dataset.passed = String(!bad.length);
  }

  function said_pictures(report, said) {
    return Object.entries(said.pictures).map(([asset, sha256]) => {
      const image = Object.assign(make("img", "picture"), { alt: asset });
      const path = `/v1/crew/visits/${visit.id}/pictures/${report.event}/${sha256}`;
      ask(path).then(async (answer) => { image.src = URL.createObjectURL(await answer.blob()); }).catch(() => {});
      pictures.add(image);
      return make("figure", "", image, make("figcaption", "", asset));
    });
  }

  const renew = (pieces) => {
    const asked = pieces.filter((one) => one.kind === "command" && one.content.action === "measure").at(-1);
    if (!asked) return;
    if (!shown) told.replaceChildren(make("p", "late", asked.texts ? words.box_away : words.measuring));
    askBox.disabled = asked.state === "waiting";
    if (asked.state === "taken") look();
  };
  return { element: make("div", "", askBox, told, results), renew };
}

function row(check) {
  const remedy = language === "en" ? check.remedy_en : check.remedy_id;
  return make("div", "check", make("p", check.passed ? "good" : "bad", `${check.passed ? "✓" : "✗"} ${titleOf(check.name)}`),
    make("p", "note", (language === "id" && check.measured_id) || check.measured), remedy ? make("p", "", remedy) : "");
}

// `clock`, or `asset TD-01.lamp-1`: what comes first has a word of its own in each language.
function titleOf(name) {
  const [kind, ...rest] = name.split(" ");
  return words.checks[name] ?? [words.checks[kind] ?? kind, ...rest].join(" ");
}

const everything = (checks) => make("details", "", make("summary", "", words.everything(checks.length)), ...checks.map(row));

// The report in the form of `provisioning/commissioning_report.py`: the box's signed words untouched, and the crew's.
async function download(visit, slots, found) {
  const newest = (kind) => found.pieces.filter((one) => one.kind === kind && !one.rule).at(-1);
  const place = newest("position")?.content ?? {};
  const claim = newest("claim");
  const check = (name, passed, measured, remedy) => ({ name, passed, measured: measured.en, measured_id: measured.id,
    remedy_id: passed ? "" : remedy.id, remedy_en: passed ? "" : remedy.en });
  const tried = new Map(found.pieces.filter((one) => one.kind === "exercise").map((one) => [one.content.asset, one.content]));
  const slot = slots.items.find((one) => one.box === visit.box) ?? { assets: [] };
  const checks = kindsOf(slot).map(({ asset, what }) => {
    const how = tried.get(asset);
    const went = !how ? "never" : how.good ? "good" : "failed";
    return check(`${what} ${asset} by hand`, went === "good", both((all) => all.tried[went]), both((all) => all.try_remedy[what]));
  });
  const whose = claim && `${claim.content.hardware}, ${claim.account}`;
  checks.unshift(check("claim", Boolean(claim), claim ? { id: "", en: whose } : both((all) => all.claim_measured), both((all) => all.claim_remedy)));
  const { document, signature, certificate } = found.reports[0].signed;
  const report = { regency: (await kept("slots")).regency, site: found.site, box: found.box, hardware: claim?.content.hardware ?? "",
    at: new Date().toISOString(), by: found.account, latitude: place.latitude ?? null, longitude: place.longitude ?? null,
    checks, signed: { document, signature, certificate } };
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(report, null, 2)], { type: "application/json" }));
  link.download = `${visit.box}.json`;
  link.click();
}
