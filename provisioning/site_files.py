"""Writes the site file that a box reads, from the desired state."""

from typing import Any

import yaml

from provisioning.desired import Site


def write_site_file(site: Site) -> str:
    """Write a site's file as the agent reads it (`edge/site.py`): what stands there and what its boxes do."""
    place = site.model_dump(include={"code", "name", "district", "latitude", "longitude"})
    content: dict[str, Any] = {
        "site": place,
        "boxes": [box.name for box in site.boxes],
        "buses": {name: bus.model_dump(exclude_none=True) for name, bus in site.buses.items()},
        # The name is for people; the agent knows codes.
        "assets": [asset.model_dump(exclude_none=True, exclude={"name"}) for asset in site.assets],
        "controllers": [controller.model_dump(exclude_none=True) for controller in site.controllers],
        "cameras": [camera.model_dump(exclude_none=True, exclude={"name"}) for camera in site.cameras],
        "vision": site.vision,
        "rules": site.rules,
    }
    text = yaml.safe_dump({key: value for key, value in content.items() if value}, sort_keys=False, allow_unicode=True)
    return f"# Written by satulayar-provision from the desired state; a change here is lost with the next one.\n{text}"
