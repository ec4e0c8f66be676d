"""The registry in the regency's database, compared with the files and brought up to them, site by site.

As at balena there are three states: the files, what is registered, and the fingerprint of what was registered by us
the last time. What somebody else changed there is drift, and stays without `force`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from provisioning.desired import Desired
from provisioning.fields import Fields, compare, note_of, read_note, write_note
from provisioning.registry import registry_of

Row = dict[str, Any]
_PLACE = ("name", "district", "latitude", "longitude")


@dataclass(frozen=True, slots=True)
class SiteChange:
    """A site that is not registered as the files say.

    Attributes:
        kind: `new`, `changed`, `drifted` (somebody else changed it) or `unlisted` (no file names it).
        code: of the site.
        detail: what differs.
        site: as it shall be; None for an unlisted one.
    """

    kind: Literal["new", "changed", "drifted", "unlisted"]
    code: str
    detail: str
    site: Row | None


def plan_registry(desired: Desired, registered: Iterable[Row]) -> list[SiteChange]:
    """List the sites that differ, in the order of their codes; unlisted ones last."""
    there = {row["code"]: row for row in registered}
    wanted = {site["code"]: site for site in registry_of(desired)["sites"]}
    changes = [change for code in sorted(wanted) for change in _compare(wanted[code], there.get(code))]
    unlisted = sorted(set(there) - set(wanted))
    return changes + [SiteChange("unlisted", code, "no file names it; it keeps its history", None) for code in unlisted]


def to_write(changes: list[SiteChange], *, force: bool) -> Iterator[Row]:
    """Give the sites that shall be written."""
    for change in changes:
        if change.site is not None and (force or change.kind != "drifted"):
            yield change.site


def note_for(site: Row) -> str:
    """Give what is noted with a site once it is written: fingerprints of what we wrote."""
    return write_note(note_of(_fields(site)))


def lines_of(changes: list[SiteChange], *, force: bool) -> list[str]:
    """Write the changes for a person."""
    marks = {"new": "+", "changed": "*", "drifted": "~", "unlisted": "?"}
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
    changes = [each for each in compare(_fields(site), _fields(there), read_note(there["applied"]) or {}) if each.after]
    if not changes:
        return
    said = "; ".join(f"{each.field} is {each.before or 'missing'}, the files say {each.after}" for each in changes)
    is_drift = there["applied"] is not None and any(each.is_drift for each in changes)
    yield SiteChange("drifted" if is_drift else "changed", site["code"], said, site)


def _fields(site: Row) -> Fields:
    """Lay a site out as a flat table; assets that boxes announced themselves are in it and are nobody's drift."""
    fields = {name: "" if site.get(name) is None else str(site[name]) for name in _PLACE}
    for box in site["boxes"]:
        fields[f"box {box['name']}"] = "there"
        for asset in box["assets"]:
            fields[f"asset {asset['code']}"] = f"{asset['kind']} at {box['name']}, {asset.get('name') or 'no name'}"
    return fields
