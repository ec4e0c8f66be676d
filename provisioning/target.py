"""From the desired state to the fields that every fleet and device shall have. Pure functions."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from provisioning.desired import Box, Desired, Group, Site
from provisioning.variables import render, render_identity

_HOSTS = Path(__file__).resolve().parents[1] / "firmware-config" / "host"
# balena's uuids have 62 digits: 64 do not pass as the CN of its VPN's certificates.
_UUID_DIGITS = 62


@dataclass(frozen=True, slots=True)
class TargetDevice:
    """A device as it shall be.

    Attributes:
        box: the slot.
        uuid: of the computer in it.
        fleet: where it is registered.
        fields: see `provisioning.fields`; `release` holds what the files say, a version or a commit.
    """

    box: str
    uuid: str
    fleet: str
    fields: Mapping[str, str]


def target_fleets(desired: Desired) -> dict[str, dict[str, str]]:
    """Give the fields of every fleet: variables that all of its boxes share, and those of single services."""
    fleets = {}
    for name, fleet in desired.fleets.items():
        shared = render(desired.regency.settings | fleet.settings)
        fields = {f"variable:{variable}": value for variable, value in shared.items()}
        for service, variables in fleet.service_variables.items():
            fields |= {f"service:{service}:{variable}": value for variable, value in variables.items()}
        fields |= {f"config:{variable}": value for variable, value in read_host(fleet.host).items()}
        fleets[name] = fields
    return fleets


@cache
def read_host(profile: str | None) -> Mapping[str, str]:
    """Read the host settings of a checked profile; none for none."""
    if profile is None:
        return {}
    content = yaml.safe_load((_HOSTS / f"{profile}.yaml").read_text(encoding="utf-8"))
    return {str(name): str(value) for name, value in content.items()}


def target_devices(desired: Desired) -> Iterator[TargetDevice]:
    """Give every device that shall be."""
    trying = {name: canary_boxes(desired, name, group) for name, group in desired.groups.items()}
    for site, box in desired.boxes():
        group = desired.groups[box.group]
        uuid = uuid_of(desired.regency.code, box.name, box.hardware)
        is_canary = group.canary is not None and box.name in trying[box.group]
        release = group.canary.release if group.canary and is_canary else group.release
        yield TargetDevice(box.name, uuid, group.fleet, _fields(site, box, group, uuid, release or ""))


def uuid_of(regency: str, box: str, hardware: int) -> str:
    """Give the uuid of the n-th computer of a slot: always the same, so that nobody registers it twice."""
    return hashlib.sha256(f"satulayar/{regency}/{box}/{hardware}".encode()).hexdigest()[:_UUID_DIGITS]


def canary_boxes(desired: Desired, name: str, group: Group) -> set[str]:
    """Choose the boxes of a group that try its next release: the named ones, or always the same share."""
    if group.canary is None:
        return set()
    members = [box.name for _, box in desired.boxes() if box.group == name]
    by_lot = sorted(members, key=lambda box: hashlib.sha256(box.encode()).digest())
    return set(group.canary.boxes) | set(by_lot[: round(len(members) * group.canary.share_pct / 100)])


def write_location(latitude_deg: float, longitude_deg: float) -> str:
    """Write a position to five decimals, about a metre."""
    return f"{latitude_deg:.5f},{longitude_deg:.5f}"


def _fields(site: Site, box: Box, group: Group, uuid: str, release: str) -> dict[str, str]:
    own = render(group.settings | box.settings) | render_identity(box.name, uuid)
    return {
        "name": box.name,
        "location": write_location(site.latitude, site.longitude),
        "release": release,
        "tag:site": site.code,
        "tag:group": box.group,
        **{f"variable:{name}": value for name, value in own.items()},
        **{
            f"service:{service}:{name}": value
            for service, variables in box.service_variables.items()
            for name, value in variables.items()
        },
    }
