"""What a regency file may say: sites, their assets, rain areas, days to replay and faults to come."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from edge.contract.names import AssetCode, BoxName, SiteCode
from simulators.duration import DurationS
from simulators.faults import FAULTS

Name = Annotated[str, Field(min_length=1, max_length=120)]


class Part(BaseModel):
    """Any part of the file: what it does not know, it refuses."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LampCircuit(Part):
    """One circuit of a lamp panel: how many luminaires of how many watts."""

    lamps: int = Field(ge=1, le=500)
    lamp_w: float = Field(gt=0, le=2_000)

    @property
    def expected_w(self) -> float:
        """What it takes when every lamp burns."""
        return self.lamps * self.lamp_w


class LampPanel(Part):
    """A street-lamp panel."""

    code: AssetCode
    kind: Literal["lamp_panel"]
    name: Name
    circuits: list[LampCircuit] = Field(min_length=1, max_length=12)


class RiverGauge(Part):
    """A water-level gauge with a rain gauge and a siren; what the fields mean stands in `world/river.py`."""

    code: AssetCode
    kind: Literal["river_gauge"]
    name: Name
    river: Name
    upstream: str = Field(description="rain area whose rain comes down this river")
    catchment_km2: float = Field(gt=0, le=5_000)
    runoff: float = Field(gt=0, le=1)
    reservoir_h: float = Field(gt=0, le=48)
    base_flow_m3_s: float = Field(gt=0, le=1_000)
    rating_m: float = Field(gt=0, le=10)
    rating_power: float = Field(gt=0, le=1)
    flows_to: AssetCode | None = Field(default=None, description="the next gauge down the river")
    travel_min: float = Field(default=0, ge=0, description="minutes that a rise takes to get there")
    siaga_m: tuple[float, float, float] = Field(description="stages of Siaga 3, 2 and 1, rising; 1 is over the bank")

    @model_validator(mode="after")
    def _stages_rise(self) -> Self:
        if not self.siaga_m[0] < self.siaga_m[1] < self.siaga_m[2]:
            raise ValueError("siaga_m must rise: Siaga 3, Siaga 2, Siaga 1")
        return self


class WeatherMast(Part):
    """A weather mast."""

    code: AssetCode
    kind: Literal["weather_mast"]
    name: Name


class Cabinet(Part):
    """A roadside cabinet with a UPS."""

    code: AssetCode
    kind: Literal["cabinet"]
    name: Name
    ups_capacity_wh: float = Field(default=480, gt=0, le=20_000)
    ups_load_w: float = Field(default=45, gt=0, le=5_000)


Asset = Annotated[LampPanel | RiverGauge | WeatherMast | Cabinet, Field(discriminator="kind")]


class SignalController(Part):
    """A signal controller; its junction stands in the network of the city under the site's code.

    Attributes:
        authority: who may retime it.
        position: along its corridor, for green waves; None stands alone.
        wave_phase: lets those go who drive along the corridor in the order of positions.
    """

    code: AssetCode
    name: Name
    authority: Literal["regency", "province"] = "regency"
    position: int | None = Field(default=None, ge=0, le=1_000)
    wave_phase: int = Field(default=2, ge=1, le=8)


class Camera(Part):
    """A camera; its picture is rendered, or comes from a file.

    Attributes:
        view: "city" looks over the site's junction where SUMO drives; the others have traffic of their own.
        arm: of a city's junction: the arm looked into, by bearing from north.
        seed: of houses, trees, colours, and of a made-up place altogether.
        file: H.264 video that plays in a loop in place of a rendered picture.
    """

    code: AssetCode
    name: Name
    view: Literal["city", "street", "junction"] = "street"
    arm: int = Field(default=0, ge=0, le=7)
    seed: int = Field(default=1, ge=0, le=1_000_000)
    file: Path | None = None


class Loudspeaker(Part):
    """A network horn; see `simulators/loudspeakers`."""

    code: AssetCode
    name: Name


class Site(Part):
    """A place, the box there and what the box reads."""

    code: SiteCode
    name: Name
    district: Name
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    height_m: float = Field(ge=-10, le=4_000)
    rain_area: str
    box: BoxName
    assets: list[Asset] = Field(default=[], max_length=50)
    signal: SignalController | None = None
    cameras: list[Camera] = Field(default=[], max_length=16)
    loudspeakers: list[Loudspeaker] = Field(default=[], max_length=4)

    @model_validator(mode="after")
    def _names_belong(self) -> Self:
        if not self.assets and not self.signal and not self.cameras and not self.loudspeakers:
            raise ValueError(f"site {self.code} has neither assets nor a signal nor cameras nor loudspeakers")
        for asset in (*self.assets, *self.cameras, *self.loudspeakers, *filter(None, [self.signal])):
            if asset.code.partition(".")[0] != self.code:
                raise ValueError(f"asset {asset.code} must begin with its site's code: {self.code}.…")
        if self.box.rpartition("-")[0] != self.code:
            raise ValueError(f"box {self.box} must be the site's code and a letter: {self.code}-a")
        return self


class Replay(Part):
    """Rain that really fell, over one area."""

    name: Name
    area: str
    at: AwareDatetime
    duration: DurationS
    peak_mm_h: float = Field(gt=0, le=400)
    source: Name


class PlannedFault(Part):
    """A fault ordered in the file: at an instant of the world's clock, or so long after the start."""

    what: Literal[tuple(FAULTS)]  # type: ignore[valid-type]  # one list of the faults, in faults.py
    target: str  # not `on`: YAML 1.1 reads that key as true
    at: AwareDatetime | None = None
    after: DurationS | None = None
    duration: DurationS = Field(default=600.0, alias="for")
    amount: float | None = None

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if (self.at is None) == (self.after is None):
            raise ValueError("give either `at` (an instant) or `after` (a duration from the start)")
        return self


class Regency(Part):
    """A whole regency file."""

    name: Name
    note: Name = Field(description="said wherever a person sees figures of this regency")
    seed: int
    timezone_offset_h: Literal[7] = 7
    modbus_base_port: int = Field(ge=1_024, le=60_000)
    snmp_base_port: int = Field(default=16_100, ge=1_024, le=60_000)
    rtsp_port: int = Field(default=15_540, ge=1_024, le=60_000)
    horn_base_port: int = Field(default=15_600, ge=1_024, le=60_000)
    camera_hz: float = Field(default=10.0, ge=1, le=30)
    rain_areas: list[str] = Field(min_length=1)
    sites: list[Site] = Field(min_length=1, max_length=200)
    replays: list[Replay] = []
    faults: list[PlannedFault] = []

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        _refuse_twice("site", [site.code for site in self.sites])
        _refuse_twice("box", [site.box for site in self.sites])
        _refuse_twice("asset", [asset.code for site in self.sites for asset in _codes(site)])
        for place, area in self._areas_named():
            if area not in self.rain_areas:
                raise ValueError(f"{place}: {area!r} is not among rain_areas {self.rain_areas}")
        targets = {site.code for site in self.sites} | set(self.assets()) | set(self.rain_areas) | set(self.signals())
        targets |= set(self.cameras()) | set(self.loudspeakers())
        for fault in self.faults:
            if fault.target not in targets:
                raise ValueError(f"fault {fault.what}: there is no {fault.target!r}")
        return self

    def assets(self) -> dict[str, tuple[Site, Asset]]:
        """Give every asset with its site, by code, in the file's order."""
        return {asset.code: (site, asset) for site in self.sites for asset in site.assets}

    def signals(self) -> dict[str, tuple[Site, SignalController]]:
        """Give every signal controller with its site, by code, in the file's order."""
        return {site.signal.code: (site, site.signal) for site in self.sites if site.signal}

    def cameras(self) -> dict[str, tuple[Site, Camera]]:
        """Give every camera with its site, by code, in the file's order."""
        return {camera.code: (site, camera) for site in self.sites for camera in site.cameras}

    def loudspeakers(self) -> dict[str, tuple[Site, Loudspeaker]]:
        """Give every loudspeaker with its site, by code, in the file's order."""
        return {one.code: (site, one) for site in self.sites for one in site.loudspeakers}

    def first_boxes(self, count: int | None) -> "Regency":
        """Give the same regency with its first `count` sites only; None is all of them."""
        if count is None or count >= len(self.sites):
            return self
        kept = self.sites[:count]
        targets = {site.code for site in kept} | {asset.code for site in kept for asset in site.assets}
        targets |= {site.signal.code for site in kept if site.signal}
        targets |= {camera.code for site in kept for camera in site.cameras}
        targets |= {speaker.code for site in kept for speaker in site.loudspeakers}
        faults = [fault for fault in self.faults if fault.target in targets | set(self.rain_areas)]
        return self.model_copy(update={"sites": kept, "faults": faults})

    def _areas_named(self) -> list[tuple[str, str]]:
        named = [(site.code, site.rain_area) for site in self.sites]
        named += [(code, asset.upstream) for code, (_, asset) in self.assets().items() if asset.kind == "river_gauge"]
        return named + [(f"replay {replay.name}", replay.area) for replay in self.replays]


def _codes(site: Site) -> tuple[Asset | Camera | Loudspeaker, ...]:
    return (*site.assets, *site.cameras, *site.loudspeakers)


def _refuse_twice(kind: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{kind} {twice[0]} is there twice; every {kind} has a name of its own")
