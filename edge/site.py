"""The site file: what stands at a place and how its box watches it.

Everything about a place is data in this one file, so that a crew can carry it to the pole and `--check` it there.
All faults are said at once, each with file, line, path and remedy.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo

from edge.contract.names import BoxName
from edge.errors import Misconfigured
from edge.sensors.profile import Profile, load_all
from edge.site_assets import Asset, Bus, Site
from edge.site_loudspeakers import LoudspeakerPlace
from edge.site_names import Names, Strict, names_of
from edge.site_rules import Rule
from edge.site_signals import ControllerPlace
from edge.site_vision import CameraPlace, Vision
from edge.yaml_lines import Document, faults_of, nearest, read


def _is_of_site(box: str, info: ValidationInfo) -> str:
    site, own = names_of(info).site, box.rpartition("-")
    if site and own[0] != site:
        remedy = f"write {site}-{own[2]}, or put it into the file of {own[0]}"
        raise ValueError(f"{box!r} is a box of site {own[0]}, and this is {site}: {remedy}")
    return box


class SiteFile(Strict):
    """The whole file.

    Attributes:
        site: the place.
        boxes: names of the boxes there; a file with one may say `box` instead.
        buses: ways to devices, by a name of this file.
        assets: what stands there.
        controllers: signal controllers there.
        cameras: cameras there.
        vision: what looks at the cameras.
        loudspeakers: loudspeakers there.
        rules: what the box does by itself, with or without a cloud.
    """

    site: Site
    boxes: list[Annotated[BoxName, AfterValidator(_is_of_site)]] = Field(min_length=1, max_length=26)
    buses: dict[str, Bus] = Field(default_factory=dict)
    assets: list[Asset] = Field(default_factory=list, max_length=500)
    controllers: list[ControllerPlace] = Field(default_factory=list, max_length=10)
    cameras: list[CameraPlace] = Field(default_factory=list, max_length=64)
    vision: Vision = Vision()
    loudspeakers: list[LoudspeakerPlace] = Field(default_factory=list, max_length=26)
    rules: list[Rule] = Field(default_factory=list, max_length=500)

    def box_named(self, box: str | None) -> str:
        """Choose the box.

        Args:
            box: the name that was set; None when it was not.

        Raises:
            Misconfigured: it is not here, or it would have to be said.
        """
        if box is None and len(self.boxes) == 1:
            return self.boxes[0]
        if box is None:
            raise Misconfigured(f"site {self.site.code} has {', '.join(self.boxes)}: set SATULAYAR_EDGE_BOX")
        if box not in self.boxes:
            raise Misconfigured(f"SATULAYAR_EDGE_BOX: {box!r} is no box of {self.site.code}{nearest(box, self.boxes)}")
        return box

    def assets_of(self, box: str) -> list[Asset]:
        """Give the assets that a box reads."""
        return [asset for asset in self.assets if (asset.box or self.boxes[0]) == box]

    def controllers_of(self, box: str) -> list[ControllerPlace]:
        """Give the signal controllers that a box keeps."""
        return [controller for controller in self.controllers if (controller.box or self.boxes[0]) == box]

    def cameras_of(self, box: str) -> list[CameraPlace]:
        """Give the cameras that a box watches."""
        return [camera for camera in self.cameras if (camera.box or self.boxes[0]) == box]

    def loudspeakers_of(self, box: str) -> list[LoudspeakerPlace]:
        """Give the loudspeakers that a box speaks over."""
        return [one for one in self.loudspeakers if (one.box or self.boxes[0]) == box]


def load_site(path: Path, profiles_dir: Path) -> tuple[SiteFile, dict[str, Profile]]:
    """Read a site file and the profiles that it may name.

    Raises:
        Misconfigured: with every fault, each on a line with its place.
    """
    profiles = load_all(profiles_dir)
    document = read(path)
    if not isinstance(document.content, dict):
        raise Misconfigured(
            document.fault((), "must be a mapping with site, box, buses, assets, controllers, cameras, rules")
        )
    content = dict(document.content)
    if "box" in content and "boxes" not in content:
        content["boxes"] = [content.pop("box")]
        document.lines[("boxes",)] = document.lines[("boxes", 0)] = document.lines[("box",)]
    faults = document.doubles + _twins(document)
    try:
        site = SiteFile.model_validate(content, context=_gather(content, profiles))
    except ValidationError as error:
        raise Misconfigured("\n".join(faults + faults_of(error, document, SiteFile))) from error
    if faults:
        raise Misconfigured("\n".join(faults))
    return site, profiles


def _gather(content: dict[str, Any], profiles: Mapping[str, Profile]) -> Names:
    """Collect names from content of which nothing is known yet."""
    site = content.get("site")
    assets = [asset for asset in _listed(content.get("assets")) if isinstance(asset, dict)]
    buses = content.get("buses")
    return Names(
        profiles=profiles,
        site=str(site.get("code", "")) if isinstance(site, dict) else "",
        boxes=[str(box) for box in _listed(content.get("boxes"))],
        buses=[str(bus) for bus in buses] if isinstance(buses, dict) else [],
        assets={str(asset.get("code")): str(asset.get("profile")) for asset in assets},
        bus_kinds=_kinds(buses),
    )


def _kinds(buses: Any) -> dict[str, str]:
    entries = buses.items() if isinstance(buses, dict) else ()
    return {str(name): str(bus.get("kind", "modbus_tcp")) for name, bus in entries if isinstance(bus, dict)}


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _twins(document: Document) -> list[str]:
    """Find codes under which two things of the file would be known: assets, cameras, their lanes and movements."""
    seen: dict[str, str] = {}
    faults = []
    for path, code in _codes(document.content):
        if not isinstance(code, str):
            continue
        if code in seen:
            faults.append(document.fault(path, f"{code} is {seen[code]} already"))
        else:
            seen[code] = _spelt(path)
    return faults


def _codes(content: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for index, asset in _mappings(content.get("assets")):
        yield ("assets", index, "code"), asset.get("code")
    for index, camera in _mappings(content.get("cameras")):
        yield ("cameras", index, "code"), camera.get("code")
        for kind in ("lanes", "movements"):
            for part, one in _mappings(camera.get(kind)):
                yield ("cameras", index, kind, part, "name"), f"{camera.get('code')}-{one.get('name')}"


def _mappings(found: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    return ((index, one) for index, one in enumerate(_listed(found)) if isinstance(one, dict))


def _spelt(path: tuple[str | int, ...]) -> str:
    """Write a place as the file's reader knows it: `cameras[0].lanes[1]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path[:-1]).removeprefix(".")
