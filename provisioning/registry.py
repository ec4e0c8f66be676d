"""Writes the registry of the desired state: the file that `satulayar-db load` brings into the database.

The database never forgets a site, so a box that left the files stays registered there, with its history.
"""

from typing import Any

import yaml

from provisioning.desired import Asset, Desired, Site
from provisioning.desired_checks import box_of

_PART_KINDS = {"lamp_panel": "lamp_circuit"}


def write_registry(desired: Desired) -> str:
    """Write sites, boxes and assets as `cloud/db/registry_file.py` reads them."""
    text = yaml.safe_dump(registry_of(desired), sort_keys=False, allow_unicode=True)
    return f"# Written by satulayar-provision registry. Bring it in: satulayar-db load THIS-FILE\n{text}"


def registry_of(desired: Desired) -> dict[str, Any]:
    """Give the registry: sites with their boxes and what these read."""
    return {"sites": [_site(site) for site in desired.sites]}


def _site(site: Site) -> dict[str, Any]:
    place = site.model_dump(include={"code", "name", "district", "latitude", "longitude"})
    return place | {"boxes": [{"name": box.name, "assets": _assets(site, box.name)} for box in site.boxes]}


def _assets(site: Site, box: str) -> list[dict[str, Any]]:
    own = [row for asset in site.assets if box_of(site, asset) == box for row in _with_parts(asset)]
    controllers = [each for each in site.controllers if (each.box or site.boxes[0].name) == box]
    own += [
        {"code": each.code, "kind": "camera"} | ({"name": each.name} if each.name else {})
        for each in site.cameras
        if (each.box or site.boxes[0].name) == box
    ]
    return own + [{"code": each.code, "kind": "signal_controller"} for each in controllers]


def _with_parts(asset: Asset) -> list[dict[str, Any]]:
    """List an asset and its wired parts, which are assets of their own: `TD-01.lamp-1-c1`."""
    kind = asset.profile.replace("-", "_")
    named = {"name": asset.name} if asset.name else {}
    part_kind = _PART_KINDS.get(kind, f"{kind}_part")
    parts = [{"code": f"{asset.code}-{part}", "kind": part_kind} for part in asset.parts or ()]
    return [{"code": asset.code, "kind": kind} | named, *parts]
