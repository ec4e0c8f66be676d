"""The desired state of a regency: which fleets, groups, sites, assets and boxes there shall be.

It is data, in one folder of YAML files, and validated as a whole (`desired_checks`) before anything is planned.
`provisioning/regency/pasuruan.yaml` is an example of everything.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from edge.contract.names import AssetCode, BoxName, SiteCode
from provisioning.junctions import Corridor, Junction
from provisioning.network import Network

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{3,60}$")]
Title = Annotated[str, Field(min_length=1, max_length=200)]
IntervalS = Annotated[float, Field(gt=0, le=86_400 * 366, allow_inf_nan=False)]
Settings = dict[str, str | bool | int | float]
"""Settings of the edge agent, by the names of `edge.settings`."""
Release = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$")]
"""A release by its version or its commit."""


def _balena_takes(variables: dict[str, str]) -> dict[str, str]:
    """Refuse what balena would refuse of a variable, so that it is told here and not half-way through an apply."""
    for name, value in variables.items():
        if not _VARIABLE.fullmatch(name) or name.startswith(("BALENA_", "RESIN_")) or name in _RESERVED:
            raise ValueError(f"{name!r} is no name that balena takes: letters, digits, _; not BALENA_… nor RESIN_…")
        if "\n" in value or "\r" in value:
            raise ValueError(f"{name} has more than one line, which balena does not take: write it in one")
    return variables


_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = {"BALENA", "RESIN", "USER"}
ServiceVariables = dict[str, Annotated[dict[str, str], AfterValidator(_balena_takes)]]
"""Variables of single services, by the service's name in the composition."""


class Strict(BaseModel):
    """Any part of the files: what it does not know, it refuses."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bounds(Strict):
    """The regency's extent in degrees; a position outside of it is a mistake."""

    south: float = Field(ge=-90, le=90)
    north: float = Field(ge=-90, le=90)
    west: float = Field(ge=-180, le=180)
    east: float = Field(ge=-180, le=180)


class Regency(Strict):
    """What holds for all.

    Attributes:
        code: enters the devices' uuids: never change it.
        name: as people read it.
        organization: balena's handle of the organization that owns the fleets.
        bounds: where positions may be.
        districts: the kecamatan that there are.
        settings: of every box.
    """

    code: Slug
    name: Title
    organization: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,60}$")]
    bounds: Bounds
    districts: list[Title] = Field(min_length=1)
    settings: Settings = {}


class Fleet(Strict):
    """A fleet: boxes of one kind of computer.

    Attributes:
        device_type: balena's slug, a profile in `firmware-config/boards`.
        host: settings of the host system, a profile in `firmware-config/host`; absent: balena's own.
        settings: of every box in it, over the regency's.
        service_variables: variables of single services, by the service's name in the composition.
    """

    device_type: Slug
    host: str | None = None
    settings: Settings = {}
    service_variables: ServiceVariables = {}


class Canary(Strict):
    """A release that part of a group tries first.

    Attributes:
        release: version or commit.
        boxes: the boxes that try it.
        share_pct: or so many percent of the group, chosen by their names and so always the same ones.
    """

    release: Release
    boxes: list[BoxName] = []
    share_pct: float = Field(default=0, ge=0, le=100)


class Group(Strict):
    """Boxes with shared settings.

    Attributes:
        fleet: where they are registered.
        release: version or commit that they are pinned to; absent: they follow the fleet.
        canary: who tries the next release.
        settings: over the fleet's.
        network: how its boxes reach the network; absent: by whatever cable gives an address.
    """

    fleet: str
    release: Release | None = None
    canary: Canary | None = None
    settings: Settings = {}
    network: Network | None = None


class Bus(BaseModel):
    """A way to devices at a site; what else a site file says of a controller's (SNMP) passes through to the box.

    Attributes:
        kind: `modbus_tcp` or `ntcip`.
        host: name or address.
        port: TCP port of Modbus (502 when absent), UDP port of a controller (161).
        timeout_s: deadline of one request.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: Literal["modbus_tcp", "ntcip"] = "modbus_tcp"
    host: str = Field(min_length=1, max_length=253)
    port: int | None = Field(default=None, ge=1, le=65_535)
    timeout_s: float = Field(default=1.0, gt=0, le=30)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port or (161 if self.kind == "ntcip" else 502)


class Asset(Strict):
    """A thing at a site.

    Attributes:
        code: `TD-01.lamp-1`.
        name: as people call it.
        profile: a file in `firmware-config/sensors`.
        bus: which bus of the site it hangs on.
        unit: its Modbus address there.
        box: which box reads it; may be absent where the site has one.
        parts: which parts of the profile are wired; all when absent.
        settings: of single quantities, over the profile's, as in a site file; the agent checks them.
        expected_interval_s: within which the room should hear of it and of its parts; absent: five minutes.
    """

    code: AssetCode
    name: Title | None = None
    profile: str
    bus: str
    unit: int = Field(default=1, ge=0, le=255)
    box: BoxName | None = None
    parts: list[str] | None = None
    settings: dict[str, dict[str, float | None]] = {}
    expected_interval_s: IntervalS | None = None


class Controller(BaseModel):
    """A signal controller; what else a site file says of it (detectors, lease) passes through to the box.

    Attributes:
        code: `TD-01.signal-1`.
        bus: of kind `ntcip`.
        name: as people call it.
        box: which box keeps it; may be absent where the site has one.
        expected_interval_s: within which the room should hear of it; absent: five minutes.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    code: AssetCode
    bus: str
    name: Title | None = None
    box: BoxName | None = None
    expected_interval_s: IntervalS | None = None


class Camera(BaseModel):
    """A camera; what else a site file says of it (streams, lanes, zones) passes through to the box.

    Attributes:
        code: `TD-01.cam-1`.
        name: as people call it.
        box: which box watches it; may be absent where the site has one.
        expected_interval_s: within which the room should hear of it; absent: five minutes.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    code: AssetCode
    name: Title | None = None
    box: BoxName | None = None
    expected_interval_s: IntervalS | None = None


class Loudspeaker(BaseModel):
    """A loudspeaker; what else a site file says of it (its horn, hours, gain) passes through to the box.

    Attributes:
        code: `TD-01.speaker-1`.
        name: as people call it.
        agency: whose it is; absent: the transport agency's.
        box: which box speaks over it; may be absent where the site has one.
        expected_interval_s: within which the room should hear of it; absent: five minutes.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    code: AssetCode
    name: Title | None = None
    agency: Literal["transport", "disaster", "public_order", "health", "112", "platform"] | None = None
    box: BoxName | None = None
    expected_interval_s: IntervalS | None = None


class Box(Strict):
    """An installation slot.

    Attributes:
        name: `TD-01-a`.
        group: which group it belongs to.
        hardware: number of the computer in the slot, counted from 1; a swap raises it.
        settings: over the group's.
        service_variables: of single services of this box, over the fleet's.
        network: in place of the group's.
    """

    name: BoxName
    group: str
    hardware: int = Field(default=1, ge=1, le=999)
    settings: Settings = {}
    service_variables: ServiceVariables = {}
    network: Network | None = None


class Site(Strict):
    """A place with its boxes and assets.

    Attributes:
        latitude: degrees of WGS 84.
        longitude: degrees of WGS 84.
        vision: what looks at the cameras, as in a site file; checked by the rules of the agent.
        rules: what the box does by itself, as in a site file; checked by the rules of the agent.
        junction: what the room must know of the signal here.
    """

    code: SiteCode
    name: Title
    district: Title
    # any figure: the check against the regency's bounds says it better than 90 degrees would
    latitude: float = Field(allow_inf_nan=False)
    longitude: float = Field(allow_inf_nan=False)
    buses: dict[str, Bus] = {}
    assets: list[Asset] = []
    controllers: list[Controller] = []
    cameras: list[Camera] = []
    loudspeakers: list[Loudspeaker] = []
    vision: dict[str, Any] = {}
    rules: list[dict[str, Any]] = []
    junction: Junction | None = None
    boxes: list[Box] = []


class Reach(Strict):
    """A stretch of river between two gauges.

    Attributes:
        travel_min: minutes that a rise takes from one to the other.
    """

    upstream: AssetCode
    downstream: AssetCode
    travel_min: float = Field(gt=0, le=14_400, allow_inf_nan=False)


class DesiredFile(Strict):
    """One file; a regency may be written in several."""

    regency: Regency | None = None
    fleets: dict[Slug, Fleet] = {}
    groups: dict[Slug, Group] = {}
    corridors: list[Corridor] = []
    reaches: list[Reach] = []
    sites: list[Site] = []


class Desired(Strict):
    """The whole of all files, checked."""

    regency: Regency
    fleets: dict[str, Fleet]
    groups: dict[str, Group]
    corridors: list[Corridor]
    reaches: list[Reach]
    sites: list[Site]

    def boxes(self) -> Iterator[tuple[Site, Box]]:
        """Give every box with its site, in the files' order."""
        for site in self.sites:
            for box in site.boxes:
                yield site, box
