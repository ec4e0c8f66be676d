"""The registry in the regency's database, compared with the files and brought up to them, site by site.

As at balena there are three states: the files, what is registered, and the fingerprint of what was registered by us
the last time. What somebody else changed there is drift, and stays without `force`. A junction is compared and never
written: what an account may do at a signal is the database owner's to say (`satulayar-db load`).
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from provisioning.desired import Desired
from provisioning.fields import Fields, compare, note_of, read_note, write_note
from provisioning.registry import HEALTH_INTERVAL_S, registry_of

Row = dict[str, Any]
_PLACE = ("name", "district", "latitude", "longitude")


@dataclass(frozen=True, slots=True)
class SiteChange:
    """A site that is not registered as the files say.

    Attributes:
        kind: `new`, `changed`, `drifted` (somebody else changed it), `junction` (the owner's to write) or `unlisted`
            (no file names it).
        code: of the site.
        detail: what differs.
        site: as it shall be; None where there is nothing for us to write.
    """

    kind: Literal["new", "changed", "drifted", "junction", "unlisted"]
    code: str
    detail: str
    site: Row | None


def plan_registry(desired: Desired, registered: Iterable[Row]) -> list[SiteChange]:
    """List the sites that differ, in the order of their codes; unlisted ones last."""
    there = {row["code"]: row for row in registered}
    wanted = {site["code"]: site for site in registry_of(desired)["sites"]}
    changes = [change for code in sorted(wanted) for change in _compare(wanted[code], there.get(code))]
    changes += [change for code in sorted(wanted) for change in _compare_junction(wanted[code], there.get(code))]
    unlisted = sorted(set(there) - set(wanted))
    return changes + [SiteChange("unlisted", code, "no file names it; it keeps its history", None) for code in unlisted]


def to_write(changes: list[SiteChange], *, force: bool) -> Iterator[Row]:
    """Give the sites that shall be written, without their junctions."""
    for change in changes:
        if change.site is not None and (force or change.kind != "drifted"):
            yield {name: value for name, value in change.site.items() if name != "junction"}


def note_for(site: Row) -> str:
    """Give what is noted with a site once it is written: fingerprints of what we wrote."""
    return write_note(note_of(_fields(site)))


def lines_of(changes: list[SiteChange], *, force: bool) -> list[str]:
    """Write the changes for a person."""
    marks = {"new": "+", "changed": "*", "drifted": "~", "junction": "!", "unlisted": "?"}
    fate = "will be overwritten" if force else "changed by hand, left alone; --force overwrites it"
    return [
        f"{marks[change.kind]} registry/{change.code}: {change.detail}"
        + (f": {fate}" if change.kind == "drifted" else "")
        for change in changes
    ] or ["the registry is as the files say"]


def _compare(site: Row, there: Row | None) -> Iterator[SiteChange]:
    if there is None:
        boxes = ", ".join(box["name"] for box in site["boxes"])
        yield SiteChange("new", site["code"], f"{site['name']}, {boxes or 'no box'}", site)
        return
    # Nothing is ever removed there: an asset that left the files keeps its history.
    actual = _fields(there, {asset["code"] for asset in _assets(site)})
    changes = [each for each in compare(_fields(site), actual, read_note(there["applied"]) or {}) if each.after]
    if not changes:
        return
    said = "; ".join(f"{each.field} is {each.before or 'missing'}, the files say {each.after}" for each in changes)
    is_drift = there["applied"] is not None and any(each.is_drift for each in changes)
    yield SiteChange("drifted" if is_drift else "changed", site["code"], said, site)


def _compare_junction(site: Row, there: Row | None) -> Iterator[SiteChange]:
    wanted, found = site.get("junction"), (there or {}).get("junction")
    if wanted is None:
        return
    left = sorted(set(found["limits"]) - set(wanted["limits"])) if found else []
    if found is None or _plain(wanted, found) != _plain(found, found):
        what = "is not as the files say" if found else "is not registered"
        remedy = "satulayar-provision registry > FILE, then satulayar-db load FILE"
        if left:
            what = f"lets {', '.join(left)} retime it, the files do not"
            remedy = "the database's owner deletes that from junction_limit"
        yield SiteChange("junction", site["code"], f"its junction {what}: {remedy}", None)


def _plain(junction: Row, known: Row) -> str:
    """Write a junction so that two that mean the same are written alike; what the files leave open is as there."""
    usual = {phase["phase"]: phase for phase in known["phases"]}
    phases = [usual.get(phase["phase"], {}) | phase for phase in junction["phases"]]
    phases = [{name: _number(value) for name, value in phase.items()} for phase in phases]
    whole = junction | {"phases": sorted(phases, key=lambda phase: phase["phase"])}
    return json.dumps({name: value for name, value in whole.items() if value is not None}, sort_keys=True)


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, int | float) else value


def _fields(site: Row, listed: set[str] | None = None) -> Fields:
    """Lay a site out as a flat table; assets that boxes announced themselves are in it and are nobody's drift.

    Args:
        site: as it shall be, or as it is registered.
        listed: assets whose intervals and stages count; all when absent. They are two fields of the whole site: an
            asset with three of its own would make the note of a large one too long to keep.
    """
    fields = {name: "" if site.get(name) is None else str(site[name]) for name in _PLACE}
    for box in site["boxes"]:
        fields[f"box {box['name']}"] = "there"
        fields[f"health of {box['name']}"] = f"{box.get('health_interval_s', HEALTH_INTERVAL_S):g} s"
        for asset in box["assets"]:
            fields[f"asset {asset['code']}"] = f"{asset['kind']} at {box['name']}, {asset.get('name') or 'no name'}"
    ours = [asset for asset in _assets(site) if listed is None or asset["code"] in listed]
    intervals = {each["code"]: each["expected_interval_s"] for each in ours if each.get("expected_interval_s")}
    fields["intervals"] = ", ".join(f"{code} {interval_s:g} s" for code, interval_s in sorted(intervals.items()))
    stages = {f"{each['code']} {name}": level for each in ours for name, level in each.get("stages_m", {}).items()}
    fields["stages"] = ", ".join(f"{name} {level_m:g} m" for name, level_m in sorted(stages.items()))
    return fields


def _assets(site: Row) -> Iterator[Row]:
    return (asset for box in site["boxes"] for asset in box["assets"])
