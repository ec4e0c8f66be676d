"""A device or a fleet as a flat table of fields, and the comparison of three of them.

`desired` is what the files say, `actual` what balena has, `applied` what was written here the last time, as
fingerprints in a tag of the device itself. Three are needed to tell a change of the files (carried out) from a change
by somebody's hand in the dashboard (shown as drift and left alone): the first has `actual` as it was applied, the
second has not.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

Fields = Mapping[str, str]
"""`name`, `location`, `release`, `tag:…`, `variable:…`, `config:…`, `service:…:…` with their values; "" is none."""

APPLIED_TAG = "satulayar.applied"
QUARANTINE_TAG = "satulayar.quarantine"
LOCATION_TAG = "satulayar.location"
"""Where a device stands, at an openBalena, which has no field for it."""
MANAGED = ("variable:SATULAYAR_",)
"""Fields of these beginnings are ours: one that nobody here wrote is drift. All others are left to others."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field that is not as it shall be.

    Attributes:
        field: its name.
        before: what is there; "" is nothing.
        after: what shall be; "" is nothing.
        is_drift: somebody else wrote what is there.
    """

    field: str
    before: str
    after: str
    is_drift: bool


def compare(desired: Fields, actual: Fields, applied: Fields) -> list[Change]:
    """List the fields to change, in the order of their names."""
    ours = {name for name in actual if name in applied or name.startswith(MANAGED)}
    changes = []
    for name in sorted(set(desired) | ours):
        before, after = actual.get(name, ""), desired.get(name, "")
        if before != after:
            is_drift = fingerprint(before) != applied.get(name, fingerprint(""))
            changes.append(Change(name, before, after, is_drift))
    return changes


def fingerprint(value: str) -> str:
    """Give eight hexadecimal digits that tell one value from another; "" for none."""
    return hashlib.sha256(value.encode()).hexdigest()[:8] if value else ""


def note_of(fields: Fields) -> dict[str, str]:
    """Give the fingerprints of fields, as they are noted once they are applied."""
    return {name: fingerprint(value) for name, value in fields.items() if value}


def write_note(note: Mapping[str, str]) -> str:
    """Write fingerprints as the tag holds them."""
    return json.dumps(dict(sorted(note.items())), separators=(",", ":"))


def read_note(tag: str | None) -> dict[str, str] | None:
    """Read the fingerprints: None without a tag; a tag that somebody spoiled is empty, so that all shows as drift."""
    if tag is None:
        return None
    try:
        found = json.loads(tag)
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
