"""The registry of a regency as a YAML file: which sites there are, their boxes, and what these read.

```yaml
sites:
  - code: TD-01
    name: Simpang Taman Dayu
    district: Pandaan
    latitude: -7.6636
    longitude: 112.6843
    boxes:
      - name: TD-01-a
        assets:
          - {code: TD-01.lamp-1, kind: lamp_panel, name: Panel PJU 1, expected_interval_s: 60}
          - {code: TD-01.signal-1, kind: signal_controller, expected_interval_s: 1}
    junction: …                       # only where a signal stands: see `junction_file.py`
corridors: [{name: surabaya-malang, title: Jalan Raya Surabaya-Malang}]
reaches: [{upstream: PWD-01.gauge-1, downstream: KRT-01.gauge-1, travel_min: 150}]
```
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cloud.db.errors import Misconfigured
from cloud.db.junction_file import Corridor, Junction
from edge.contract.names import AssetCode, BoxName, SiteCode

Title = Annotated[str, Field(min_length=1, max_length=200)]
IntervalS = Annotated[float, Field(gt=0, le=86_400 * 366, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Asset(_Strict):
    """A thing that a box observes or controls.

    Attributes:
        expected_interval_s: seconds within which it should be heard of; None: five minutes are assumed.
        stages_m: of a river gauge, the level at which each Siaga begins; Siaga 3 is the first, 1 the last.
        agency: of a loudspeaker, whose it is; None: the transport agency's.
    """

    code: AssetCode
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] = "unknown"
    name: Title | None = None
    expected_interval_s: IntervalS | None = None
    stages_m: dict[Literal["siaga_3", "siaga_2", "siaga_1"], Annotated[float, Field(allow_inf_nan=False)]] = {}

    agency: Literal["transport", "disaster", "public_order", "health", "112", "platform"] | None = None

    @model_validator(mode="after")
    def _stages_rise(self) -> Self:
        levels = [self.stages_m[stage] for stage in ("siaga_3", "siaga_2", "siaga_1") if stage in self.stages_m]
        if levels != sorted(set(levels)):
            raise ValueError("stages_m: siaga_3 must be below siaga_2, and that below siaga_1")
        return self


class Box(_Strict):
    """An installation slot.

    Attributes:
        series_limit: how many series it may register by publishing them.
        health_interval_s: seconds within which its own health should be heard of.
    """

    name: BoxName
    series_limit: Annotated[int, Field(ge=0, le=100_000)] = 2_000
    health_interval_s: IntervalS = 60.0
    assets: list[Asset] = []


class Site(_Strict):
    """A place, in degrees of WGS 84."""

    code: SiteCode
    name: Title
    district: Title | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    boxes: list[Box] = []
    junction: Junction | None = None

    @model_validator(mode="after")
    def _controller_stands_here(self) -> Self:
        codes = {asset.code for box in self.boxes for asset in box.assets}
        if self.junction and self.junction.controller not in codes:
            raise ValueError(f"junction: controller {self.junction.controller} is no asset of a box at {self.code}")
        return self

    @model_validator(mode="after")
    def _codes_belong_here(self) -> Self:
        for box in self.boxes:
            if not box.name.startswith(f"{self.code}-"):
                raise ValueError(f"box {box.name} stands at {self.code}: its name must begin with {self.code}-")
            for asset in box.assets:
                if not asset.code.startswith(f"{self.code}."):
                    raise ValueError(f"asset {asset.code} is at {self.code}: its code must begin with {self.code}.")
        return self


class Reach(_Strict):
    """A stretch of river between two gauges.

    Attributes:
        travel_min: minutes that a rise takes from one to the other.
    """

    upstream: AssetCode
    downstream: AssetCode
    travel_min: Annotated[float, Field(gt=0, le=14_400, allow_inf_nan=False)]


class Registry(_Strict):
    """All sites of a file."""

    sites: Annotated[list[Site], Field(min_length=1)]
    corridors: list[Corridor] = []
    reaches: list[Reach] = []

    @model_validator(mode="after")
    def _reaches_are_known(self) -> Self:
        gauges = {asset.code for site in self.sites for box in site.boxes for asset in box.assets}
        for reach in self.reaches:
            for code in (reach.upstream, reach.downstream):
                if code not in gauges:
                    raise ValueError(f"reaches: {code} is no asset of a box in this file")
            if reach.upstream == reach.downstream:
                raise ValueError(f"reaches: {reach.upstream} cannot flow to itself")
        return self

    @model_validator(mode="after")
    def _corridors_are_known(self) -> Self:
        known = {corridor.name for corridor in self.corridors}
        for site in self.sites:
            place = site.junction.corridor if site.junction else None
            if place and place.name not in known:
                raise ValueError(f"{site.code}: corridor {place.name} is not in the list `corridors`")
        return self

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        names = [name for site in self.sites for name in _names(site)]
        twice = [name for name, times in Counter(names).items() if times > 1]
        if twice:
            raise ValueError(f"named more than once: {', '.join(sorted(twice)[:10])}")
        return self


def read_registry(path: Path) -> Registry:
    """Read a registry file.

    Raises:
        Misconfigured: it cannot be read or is wrong; each fault with file, place and remedy on a line of its own.
    """
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise Misconfigured(f"{path} is not YAML: {error}") from error
    try:
        return Registry.model_validate(written)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        raise Misconfigured(
            "\n".join(f"{path}: {_place(fault['loc'], written)}: {fault['msg']}" for fault in faults)
        ) from error


def _names(site: Site) -> Iterator[str]:
    yield site.code
    for box in site.boxes:
        yield box.name
        yield from (asset.code for asset in box.assets)


def _place(location: tuple[int | str, ...], written: Any) -> str:
    place, here = "", written
    for step in location:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            here = None
        place += f"[{_called(here, step)}]" if isinstance(step, int) else f".{step}"
    return place.lstrip(".") or "the file"


def _called(element: Any, position: int) -> str:
    """Name a list's element as a person would look for it: by its code or name, else by its position."""
    names = (element.get("code"), element.get("name")) if isinstance(element, dict) else ()
    return next((name for name in names if isinstance(name, str)), str(position))
