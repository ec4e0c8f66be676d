"""Writes the registry of the desired state: everything of it that the regency's database must know.

As a file it is for `satulayar-db load`; site by site the API takes it, but for junctions (`registering`). The database
never forgets a site, so a box that left the files stays registered there, with its history.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from provisioning.desired import Asset, Box, Camera, Controller, Desired, Loudspeaker, Site
from provisioning.desired_checks import box_of
from provisioning.profiles import outline_of

_PARTS = {"lamp_panel": ("lamp_circuit", "sirkuit")}
"""Kind of the parts of a kind of device, and what people call one."""
_STAGES = ("siaga_3", "siaga_2", "siaga_1")
HEALTH_INTERVAL_S = 60.0
"""Within which a box's own health is expected, where its settings do not make it look at itself less often."""


def write_registry(desired: Desired) -> str:
    """Write sites, boxes, assets and junctions as `cloud/db/registry_file.py` reads them."""
    text = yaml.safe_dump(registry_of(desired), sort_keys=False, allow_unicode=True)
    return f"# Written by satulayar-provision registry. Bring it in: satulayar-db load THIS-FILE\n{text}"


def registry_of(desired: Desired) -> dict[str, Any]:
    """Give the registry: sites with their boxes, what these read, and what the room must know of signals."""
    corridors = [corridor.model_dump() for corridor in desired.corridors]
    reaches = [reach.model_dump() for reach in desired.reaches]
    lists = {"corridors": corridors, "reaches": reaches}
    sites = [_site(desired, site) for site in desired.sites]
    return {"sites": sites} | {name: listed for name, listed in lists.items() if listed}


def _site(desired: Desired, site: Site) -> dict[str, Any]:
    place = site.model_dump(include={"code", "name", "district", "latitude", "longitude"})
    stages = dict(_stages(site))
    boxes = [
        {"name": box.name, **_health(desired, box), "assets": list(_assets(site, box.name, stages))}
        for box in site.boxes
    ]
    return place | {"boxes": boxes} | ({"junction": _junction(site)} if site.junction else {})


def _health(desired: Desired, box: Box) -> dict[str, float]:
    """Give how soon health is expected: a box that looks at itself each five minutes is not silent after one."""
    group = desired.groups[box.group]
    fleet = desired.fleets[group.fleet]
    settings = desired.regency.settings | fleet.settings | group.settings | box.settings
    interval_s = float(settings.get("host_interval_s", 0))
    return {"health_interval_s": interval_s} if interval_s > HEALTH_INTERVAL_S else {}


def _stages(site: Site) -> Iterator[tuple[str, dict[str, float]]]:
    """Give the stages of each river gauge: the levels at which its box raises the alarm are those of the wall."""
    for rule in site.rules:
        stages = rule.get("stages")
        if rule.get("kind") == "water_stage" and isinstance(stages, dict):
            yield str(rule.get("asset")), {name: float(stages[name]) for name in _STAGES if name in stages}


def _assets(site: Site, box: str, stages: dict[str, dict[str, float]]) -> Iterator[dict[str, Any]]:
    for asset in site.assets:
        if box_of(site, asset) == box:
            found = {"stages_m": stages[asset.code]} if asset.code in stages else {}
            yield from _with_parts(asset, found)
    for camera in site.cameras:
        if (camera.box or site.boxes[0].name) == box:
            yield {"code": camera.code, "kind": "camera"} | _known(camera)
    for speaker in site.loudspeakers:
        if (speaker.box or site.boxes[0].name) == box:
            agency = {"agency": speaker.agency} if speaker.agency else {}
            yield {"code": speaker.code, "kind": "loudspeaker"} | _known(speaker) | agency
    for controller in site.controllers:
        if (controller.box or site.boxes[0].name) == box:
            yield from _of_signal(site, controller)


def _with_parts(asset: Asset, more: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List an asset and its wired parts, which are assets of their own: `TD-01.lamp-1-c1`.

    A device that reports through its parts only is left out: the room would wait for it forever.
    """
    kind, outline, known = asset.profile.replace("-", "_"), outline_of(asset.profile), _known(asset)
    if outline.reports:
        yield {"code": asset.code, "kind": kind} | known | more
    part_kind, word = _PARTS.get(kind, (f"{kind}_part", "bagian"))
    for number, part in enumerate(outline.parts, start=1):
        if asset.parts is None or part in asset.parts:
            named = {"name": f"{asset.name}, {word} {number}"} if asset.name else {}
            yield {"code": f"{asset.code}-{part}", "kind": part_kind} | known | named


def _of_signal(site: Site, controller: Controller) -> Iterator[dict[str, Any]]:
    """List a controller, and its phases and detectors as the box names them (`edge/site_signals.py`)."""
    yield {"code": controller.code, "kind": "signal_controller"} | _known(controller)
    junction = site.junction
    if junction is not None and junction.controller == controller.code:
        for phase in junction.phases:
            yield {"code": f"{site.code}.phase-{phase.phase}", "kind": "signal_phase", "name": phase.name}
    for detector in (controller.model_extra or {}).get("detectors", ()):
        number = detector.get("number")
        yield {"code": f"{site.code}.det-{number}", "kind": "detector", "name": f"Detektor {number}"}


def _known(thing: Asset | Camera | Controller | Loudspeaker) -> dict[str, Any]:
    said = {"name": thing.name, "expected_interval_s": thing.expected_interval_s}
    return {name: value for name, value in said.items() if value is not None}


def _junction(site: Site) -> dict[str, Any]:
    assert site.junction is not None  # noqa: S101 - asked for where there is one
    written: dict[str, Any] = site.junction.model_dump(exclude_none=True)
    for phase in written["phases"]:
        phase["detectors"] = [f"{site.code}.det-{number}" for number in phase["detectors"]]
    return written
