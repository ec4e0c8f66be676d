"""What balena has: fleets, releases and devices, as far as provisioning looks at them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Release:
    """A release that was pushed and built.

    Attributes:
        id: balena's.
        commit: its hash.
        version: its semantic version, if it has one.
    """

    id: int
    commit: str
    version: str


@dataclass(frozen=True, slots=True)
class Device:
    """A device.

    Attributes:
        id: balena's.
        uuid: of the computer, 62 hexadecimal digits.
        fields: see `provisioning.fields`.
        applied: fingerprints of what was applied here the last time; None when it never was.
        quarantined_on: ISO date since when it is out of service; "" when it is in service.
        is_online: balena sees it.
    """

    id: int
    uuid: str
    fields: Mapping[str, str]
    applied: Mapping[str, str] | None
    quarantined_on: str = ""
    is_online: bool = False


@dataclass(frozen=True, slots=True)
class Fleet:
    """A fleet; `fields` and `applied` as of a device."""

    id: int
    name: str
    device_type: str
    fields: Mapping[str, str]
    applied: Mapping[str, str] | None
    releases: list[Release] = field(default_factory=list)
    services: Mapping[str, int] = field(default_factory=dict)
    devices: list[Device] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Actual:
    """All fleets of the regency that are there, by name."""

    fleets: Mapping[str, Fleet] = field(default_factory=dict)
