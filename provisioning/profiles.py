"""What the registry must know of a sensor profile: does a device report itself, and which parts may it have?"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

_SENSORS = Path(__file__).resolve().parents[1] / "firmware-config" / "sensors"


@dataclass(frozen=True, slots=True)
class Outline:
    """A profile in outline.

    Attributes:
        reports: there are series of the device itself; a lamp panel has them of its circuits only.
        parts: that it may have.
    """

    reports: bool
    parts: tuple[str, ...]


@cache
def outline_of(profile: str) -> Outline:
    """Read a profile of the desired state, which was checked to be there."""
    content = yaml.safe_load((_SENSORS / f"{profile}.yaml").read_text(encoding="utf-8"))
    return Outline(bool(content.get("points")), tuple((content.get("parts") or {}).get("names", ())))
