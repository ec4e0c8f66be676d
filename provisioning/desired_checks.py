"""What must hold across a whole desired state: names once, references that lead somewhere, positions inside."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge.contract.documents import Where, dotted, nearest
from edge.sensors.profile import load_all
from edge.site import judge_site
from provisioning.desired import Asset, Camera, Controller, DesiredFile, Loudspeaker, Regency, Settings, Site
from provisioning.documents import Document
from provisioning.junctions import beyond_the_box
from provisioning.site_files import site_content
from provisioning.variables import fault_of_setting

FIRMWARE = Path(__file__).resolve().parents[1] / "firmware-config"


@dataclass(frozen=True, slots=True)
class Placed:
    """A file of the right form, with its lines."""

    document: Document
    file: DesiredFile


@dataclass(frozen=True, slots=True)
class _Whole:
    """All files together, as the checks need them."""

    placed: list[Placed]
    regency: Regency
    fleets: set[str]
    groups: set[str]

    def sites(self) -> Iterator[tuple[Document, Where, Site]]:
        for each in self.placed:
            for index, site in enumerate(each.file.sites):
                yield each.document, ("sites", index), site


def check(placed: list[Placed]) -> list[str]:
    """Give every fault with file, line, path and remedy, in the order of the files for each kind of check."""
    regencies = [each for each in placed if each.file.regency]
    if len(regencies) != 1:
        return [_one_regency(placed, regencies)]
    regency = regencies[0].file.regency
    assert regency is not None  # noqa: S101 - chosen for having one
    fleets = {name for each in placed for name in each.file.fleets}
    groups = {name for each in placed for name in each.file.groups}
    whole = _Whole(placed, regency, fleets, groups)
    checks: list[Callable[[_Whole], Iterator[str]]] = [
        _names_once,
        _fleets_and_groups,
        _boxes,
        _settings,
        _positions,
        _assets,
        _addresses,
        _junctions,
        _reaches,
    ]
    faults = [fault for each in checks for fault in each(whole)]
    return faults + [told for told in _as_boxes_read(whole) if not _is_told(told, faults)]


def _one_regency(placed: list[Placed], regencies: list[Placed]) -> str:
    if not regencies:
        return placed[0].document.fault(("regency",), "is missing: exactly one file says which regency this is")
    return regencies[1].document.fault(("regency",), f"stands in {regencies[0].document.path.name} already: keep one")


def _as_boxes_read(whole: _Whole) -> Iterator[str]:
    """Judge each site as its boxes will, by their own rules: what a box would refuse or leave out is told here."""
    profiles = load_all(FIRMWARE / "sensors")
    for document, where, site in whole.sites():
        if not site.boxes:
            continue
        at = partial(_in_desired, where)
        for fault in judge_site(site_content(site), document, profiles, at=at)[1]:
            yield document.fault(fault.where, fault.message)


def _in_desired(site: Where, loc: Where) -> Where:
    """Give where in the desired state is what stands somewhere in a site file."""
    if loc[:1] == ("site",):
        return (*site, *loc[1:])
    return (*site, *loc, "name") if loc[:1] == ("boxes",) and len(loc) > 1 else (*site, *loc)


def _is_told(told: str, faults: list[str]) -> bool:
    """Tell whether something else is said already of the same place."""
    line, path, _ = told.split(": ", 2)
    return any(fault.startswith(f"{line}: {path}: ") for fault in faults)


def _names_once(whole: _Whole) -> Iterator[str]:
    seen: dict[tuple[str, str], str] = {}
    for document, where, kind, name in _named(whole):
        if (kind, name) in seen:
            yield document.fault(
                where, f"{kind} {name} is {seen[kind, name]} already: give it another name, or drop one"
            )
        else:
            seen[kind, name] = f"{document.path.name}: {dotted(where)}"


def _named(whole: _Whole) -> Iterator[tuple[Document, Where, str, str]]:
    for each in whole.placed:
        yield from ((each.document, ("fleets", name), "fleet", name) for name in each.file.fleets)
        yield from ((each.document, ("groups", name), "group", name) for name in each.file.groups)
        for index, corridor in enumerate(each.file.corridors):
            yield each.document, ("corridors", index, "name"), "corridor", corridor.name
    for document, where, site in whole.sites():
        yield document, (*where, "code"), "site", site.code
        for index, box in enumerate(site.boxes):
            yield document, (*where, "boxes", index, "name"), "box", box.name
        for index, asset in enumerate(site.assets):
            yield document, (*where, "assets", index, "code"), "asset", asset.code
        for index, controller in enumerate(site.controllers):
            yield document, (*where, "controllers", index, "code"), "asset", controller.code
        for index, camera in enumerate(site.cameras):
            yield document, (*where, "cameras", index, "code"), "asset", camera.code
        for index, speaker in enumerate(site.loudspeakers):
            yield document, (*where, "loudspeakers", index, "code"), "asset", speaker.code


def _fleets_and_groups(whole: _Whole) -> Iterator[str]:
    boards = {path.stem for path in (FIRMWARE / "boards").glob("*.yaml")}
    hosts = {path.stem for path in (FIRMWARE / "host").glob("*.yaml")}
    boxes = {box.name for _, _, site in whole.sites() for box in site.boxes}
    for each in whole.placed:
        fault = each.document.fault
        for name, fleet in each.file.fleets.items():
            if fleet.device_type not in boards:
                hint = f"there is no profile of a board {fleet.device_type!r}{nearest(fleet.device_type, boards)}"
                yield fault(("fleets", name, "device_type"), hint)
            if fleet.host is not None and fleet.host not in hosts:
                hint = f"there is no profile of a host {fleet.host!r}{nearest(fleet.host, hosts)}"
                yield fault(("fleets", name, "host"), hint)
        for name, group in each.file.groups.items():
            if group.fleet not in whole.fleets:
                hint = f"there is no fleet {group.fleet!r}{nearest(group.fleet, whole.fleets)}"
                yield fault(("groups", name, "fleet"), hint)
            for index, box in enumerate(group.canary.boxes if group.canary else ()):
                if box not in boxes:
                    hint = f"there is no box {box}{nearest(box, boxes)}"
                    yield fault(("groups", name, "canary", "boxes", index), hint)


def _boxes(whole: _Whole) -> Iterator[str]:
    for document, where, site in whole.sites():
        for index, box in enumerate(site.boxes):
            place = (*where, "boxes", index)
            if box.group not in whole.groups:
                hint = f"there is no group {box.group!r}{nearest(box.group, whole.groups)}"
                yield document.fault((*place, "group"), hint)
            if not box.name.startswith(f"{site.code}-"):
                yield document.fault((*place, "name"), f"{box.name} stands at {site.code}: name it {site.code}-a")


def _settings(whole: _Whole) -> Iterator[str]:
    for document, where, settings in _all_settings(whole):
        for name, value in settings.items():
            fault = fault_of_setting(name, value)
            if fault:
                yield document.fault((*where, name), fault)


def _all_settings(whole: _Whole) -> Iterator[tuple[Document, Where, Settings]]:
    for each in whole.placed:
        if each.file.regency:
            yield each.document, ("regency", "settings"), each.file.regency.settings
        for name, fleet in each.file.fleets.items():
            yield each.document, ("fleets", name, "settings"), fleet.settings
        for name, group in each.file.groups.items():
            yield each.document, ("groups", name, "settings"), group.settings
    for document, where, site in whole.sites():
        for index, box in enumerate(site.boxes):
            yield document, (*where, "boxes", index, "settings"), box.settings


def _positions(whole: _Whole) -> Iterator[str]:
    for document, where, site in whole.sites():
        fault = fault_of_position(whole.regency, site.latitude, site.longitude)
        if fault:
            yield document.fault((*where, "latitude"), fault)
        if site.district not in whole.regency.districts:
            districts = nearest(site.district, whole.regency.districts)
            yield document.fault((*where, "district"), f"there is no district {site.district!r}{districts}")


def fault_of_position(regency: Regency, latitude_deg: float, longitude_deg: float) -> str | None:
    """Say what is wrong with a position; None when it lies in the regency."""
    bounds = regency.bounds

    def lies_inside(latitude: float, longitude: float) -> bool:
        return bounds.south <= latitude <= bounds.north and bounds.west <= longitude <= bounds.east

    if lies_inside(latitude_deg, longitude_deg):
        return None
    if lies_inside(longitude_deg, latitude_deg):
        return f"{latitude_deg}, {longitude_deg}: latitude and longitude are swapped: exchange them"
    if lies_inside(-latitude_deg, longitude_deg):
        return f"{latitude_deg}: the minus of the southern latitude is missing: write {-latitude_deg}"
    return (
        f"{latitude_deg}, {longitude_deg} lies outside {regency.name} "
        f"({bounds.south} to {bounds.north}, {bounds.west} to {bounds.east}): correct it"
    )


def _assets(whole: _Whole) -> Iterator[str]:
    profiles = {path.stem for path in (FIRMWARE / "sensors").glob("*.yaml")}
    for document, where, site in whole.sites():
        for index, asset in enumerate(site.assets):
            place = (*where, "assets", index)
            if asset.profile not in profiles:
                hint = f"there is no profile {asset.profile!r}{nearest(asset.profile, profiles)}"
                yield document.fault((*place, "profile"), hint)
            yield from _belongs(document, place, site, asset, "modbus_tcp")
        for index, controller in enumerate(site.controllers):
            yield from _belongs(document, (*where, "controllers", index), site, controller, "ntcip")
        for index, camera in enumerate(site.cameras):
            yield from _stands(document, (*where, "cameras", index), site, camera)
        for index, speaker in enumerate(site.loudspeakers):
            yield from _stands(document, (*where, "loudspeakers", index), site, speaker)


def _belongs(document: Document, place: Where, site: Site, thing: Asset | Controller, kind: str) -> Iterator[str]:
    """Check that an asset hangs on a bus of the right kind, and where it stands."""
    bus = site.buses.get(thing.bus)
    if bus is None:
        yield document.fault(
            (*place, "bus"), f"there is no bus {thing.bus!r} at {site.code}{nearest(thing.bus, site.buses)}"
        )
    elif bus.kind != kind:
        yield document.fault(
            (*place, "bus"), f"{thing.bus} is of kind {bus.kind}: {thing.code} needs one of kind {kind}"
        )
    yield from _stands(document, place, site, thing)


def _stands(
    document: Document, place: Where, site: Site, thing: Asset | Controller | Camera | Loudspeaker
) -> Iterator[str]:
    """Check that an asset carries its site's code and belongs to one box of it."""
    boxes = [box.name for box in site.boxes]
    if not thing.code.startswith(f"{site.code}."):
        right = f"{site.code}.{thing.code.partition('.')[2]}"
        yield document.fault((*place, "code"), f"{thing.code} does not belong to {site.code}: write {right}")
    if thing.box is None and len(boxes) != 1:
        yield document.fault(place, f"box is missing: {site.code} has {', '.join(boxes) or 'none, so add one'}")
    elif thing.box is not None and thing.box not in boxes:
        yield document.fault((*place, "box"), f"{thing.box} is no box of {site.code}{nearest(thing.box, boxes)}")


def _addresses(whole: _Whole) -> Iterator[str]:
    """Find two assets at one address: one would be read under the other's name.

    A bus is told by host and port, because two names may lead to one gateway.
    """
    seen: dict[tuple[tuple[str, int], int], str] = {}
    for document, where, site in whole.sites():
        for index, asset in enumerate(site.assets):
            bus = site.buses.get(asset.bus)
            if bus is None:
                continue
            address = (bus.address, asset.unit)
            if seen.setdefault(address, asset.code) != asset.code:
                at = f"{bus.host}:{bus.address[1]} unit {asset.unit}"
                hint = f"{at} is {seen[address]} already: give {asset.code} its own"
                yield document.fault((*where, "assets", index, "unit"), hint)


def _junctions(whole: _Whole) -> Iterator[str]:
    corridors = {corridor.name for each in whole.placed for corridor in each.file.corridors}
    for document, where, site in whole.sites():
        junction = site.junction
        if junction is None:
            continue
        controllers = {each.code: each for each in site.controllers}
        if junction.controller not in controllers:
            hint = f"{junction.controller} is no controller of {site.code}{nearest(junction.controller, controllers)}"
            yield document.fault((*where, "junction", "controller"), hint)
            continue
        if junction.corridor and junction.corridor.name not in corridors:
            hint = f"there is no corridor {junction.corridor.name!r}{nearest(junction.corridor.name, corridors)}"
            yield document.fault((*where, "junction", "corridor", "name"), hint)
        lease = (controllers[junction.controller].model_extra or {}).get("lease")
        for role, wrong in beyond_the_box(junction, lease):
            yield document.fault((*where, "junction", "limits", role), wrong)


def _reaches(whole: _Whole) -> Iterator[str]:
    gauges = {str(rule.get("asset")) for _, _, site in whole.sites() for rule in site.rules if "stages" in rule}
    for each in whole.placed:
        for index, reach in enumerate(each.file.reaches):
            for end in ("upstream", "downstream"):
                code = getattr(reach, end)
                if code not in gauges:
                    hint = (
                        f"{code} has no rule water_stage{nearest(code, gauges)}: a reach joins two gauges with stages"
                    )
                    yield each.document.fault(("reaches", index, end), hint)
            if reach.upstream == reach.downstream:
                yield each.document.fault(("reaches", index), f"{reach.upstream} cannot flow to itself")


def box_of(site: Site, asset: Asset) -> str:
    """Give the box that reads an asset of a checked site."""
    return asset.box or site.boxes[0].name
