"""The site file: what stands at a place and how its box watches it.

Everything about a place is data in this one file, so that a crew can carry it to the pole and `--check` it there.
All faults are said at once, each with file, line, path and remedy.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, ValidationInfo

from edge.contract.documents import TWICE, dotted
from edge.contract.names import AssetCode, BoxName
from edge.errors import Misconfigured
from edge.left_out import LeftOut, is_within, parts_to_leave, tell_left_out, without
from edge.sensors.profile import Profile, load_all
from edge.site_assets import Asset, Bus, Site
from edge.site_loudspeakers import LoudspeakerPlace
from edge.site_names import Names, Strict, names_of
from edge.site_rules import Rule
from edge.site_signals import ControllerPlace
from edge.site_twins import twins
from edge.site_vision import CameraPlace, Vision
from edge.vision.reasons import Reason
from edge.yaml_lines import Document, Fault, Where, each_fault, in_both, nearest, read

_CODE: TypeAdapter[str] = TypeAdapter(AssetCode)
_TWICE = Reason("tertulis dua kali: sisakan satu", TWICE)


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
    """Read a site file and the profiles that it may name, whole or not at all.

    Raises:
        Misconfigured: with every fault, each on a line with its place.
    """
    profiles, document, content = _open(path, profiles_dir)
    site, faults = judge_site(content, document, profiles)
    if site is None or faults:
        raise _refusal(document, faults)
    return site, profiles


def open_site(path: Path, profiles_dir: Path) -> tuple[SiteFile, dict[str, Profile], list[LeftOut]]:
    """Read a site file as the agent does: what is wrong in a camera is left out, see `edge.left_out`.

    Raises:
        Misconfigured: something else is wrong; with every fault.
    """
    profiles, document, content = _open(path, profiles_dir)
    cameras, left = len(_listed(content.get("cameras"))), dict[Where, list[Reason]]()
    while True:
        site, faults = judge_site(content, document, profiles, left)
        parts = [parts_to_leave(fault, cameras) for fault in faults]
        if not all(parts) or not all(set(leave) - left.keys() for leave in parts):
            raise _refusal(document, judge_site(content, document, profiles)[1])
        if site is not None and not faults:
            break
        for fault, leave in zip(faults, parts, strict=True):
            why = in_both(fault).at(f"{document.place(fault.where)}: {dotted(fault.where)}")
            for part in leave:
                left.setdefault(part, []).append(why)
    is_here, going_on = f"{site.site.code}.", [camera.code for camera in site.cameras]
    is_code = lambda code: code.startswith(is_here) and _is_code(code)  # noqa: E731 - of this site
    return site, profiles, tell_left_out(content, left, going_on, is_code)


def judge_site(
    content: dict[str, Any],
    document: Document,
    profiles: Mapping[str, Profile],
    left_out: Collection[Where] = (),
    at: Callable[[Where], Where] = lambda where: where,
) -> tuple[SiteFile | None, list[Fault]]:
    """Judge a site file's content; give the site, None where it cannot be one, and every fault.

    Args:
        content: with `boxes`.
        document: where it stands, for the lines.
        profiles: of devices.
        left_out: parts of it that are not judged, and not in the site.
        at: where in the document is what stands somewhere in the content.
    """
    kept, in_content = without(content, left_out)
    doubles = [Fault(where, _TWICE, {}) for where in document.twice] if at(()) == () else []
    faults = [one for one in doubles + twins(content) if not is_within(one.where, left_out)]
    faults = [replace(one, where=at(one.where)) for one in faults]
    try:
        return SiteFile.model_validate(kept, context=_gather(content, profiles)), faults
    except ValidationError as error:
        return None, faults + each_fault(error, document, SiteFile, lambda loc: at(in_content(loc)))


def _open(path: Path, profiles_dir: Path) -> tuple[dict[str, Profile], Document, dict[str, Any]]:
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
    return profiles, document, content


def _refusal(document: Document, faults: list[Fault]) -> Misconfigured:
    told = [in_both(one).at(f"{document.place(one.where)}: {dotted(one.where) or 'the file'}") for one in faults]
    return Misconfigured(Reason("\n".join(one.id for one in told), "\n".join(told)))


def _is_code(code: str) -> bool:
    try:
        _CODE.validate_python(code)
    except ValidationError:
        return False
    return True


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
