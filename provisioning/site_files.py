"""Writes the site file that a box reads, from the desired state."""

from collections.abc import Sequence
from typing import Any

import yaml
from pydantic import BaseModel

from provisioning.desired import Site

_FOR_THE_ROOM = {"name", "expected_interval_s", "agency"}
"""Of an asset; the agent knows codes."""


def write_site_file(site: Site) -> str:
    """Write a site's file as the agent reads it (`edge/site.py`): what stands there and what its boxes do."""
    text = yaml.safe_dump(site_content(site), sort_keys=False, allow_unicode=True)
    return f"# Written by satulayar-provision from the desired state; a change here is lost with the next one.\n{text}"


def site_content(site: Site) -> dict[str, Any]:
    """Give what a site's file says."""
    place = site.model_dump(include={"code", "name", "district", "latitude", "longitude"})
    content: dict[str, Any] = {
        "site": place,
        "boxes": [box.name for box in site.boxes],
        "buses": {name: bus.model_dump(exclude_unset=True) for name, bus in site.buses.items()},
        "assets": _for_the_box(site.assets),
        "controllers": _for_the_box(site.controllers),
        "cameras": _for_the_box(site.cameras),
        "vision": site.vision,
        "loudspeakers": _for_the_box(site.loudspeakers),
        "rules": site.rules,
    }
    return {key: value for key, value in content.items() if value}


def _for_the_box(things: Sequence[BaseModel]) -> list[dict[str, Any]]:
    """Write what the files say and nothing else: in a site file an explicit `null` may mean something."""
    return [thing.model_dump(exclude_unset=True, exclude=_FOR_THE_ROOM) for thing in things]
