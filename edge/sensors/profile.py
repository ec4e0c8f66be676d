"""Sensor profiles: what a kind of device holds in which register, as data.

Source of the terms: MODBUS Application Protocol V1.1b3, section 4.3 (the four tables) and 4.4 (addresses from 0, as
on the wire; manuals often count from 1 or from 40001).
"""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, field_validator, model_validator

from edge.contract.catalogue import CATALOGUE
from edge.contract.names import QuantityName
from edge.errors import Misconfigured
from edge.yaml_lines import faults_of, nearest, read

Table = Literal["coil", "discrete", "input", "holding"]
Type = Literal["u16", "s16", "u32", "s32", "f32", "bool"]
BIT_TABLES = ("coil", "discrete")
LAST_ADDRESS = 65_535


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Point(_Strict):
    """One quantity in one place of the map; `value = raw * scale + offset`, in `unit`.

    Attributes:
        quantity: of the catalogue.
        unit: the catalogue's; stated again so that the map can be read without it.
        table: which of the four.
        address: from 0, as on the wire.
        type: of the raw value; 32 bits take two registers.
        bit: for a `bool` in a register: which bit, 0 is the lowest.
        word_order: `big` has the high word first.
        scale: factor from raw to `unit`.
        offset: added behind the factor, in `unit`.
        interval_s: how often it is read.
        plausible: least and greatest value that the device can honestly report, in `unit`.
        dead_band: a change not greater than this is not reported, in `unit`.
        max_silence_s: reported at the latest after this; None reports by the dead band alone.
        writable: the box may write this coil (a siren).
    """

    quantity: QuantityName
    unit: str
    table: Table
    address: int = Field(ge=0, le=LAST_ADDRESS)
    type: Type
    bit: int | None = Field(default=None, ge=0, le=15)
    word_order: Literal["big", "little"] = "big"
    scale: float = Field(default=1.0, allow_inf_nan=False)
    offset: float = Field(default=0.0, allow_inf_nan=False)
    interval_s: float = Field(ge=0.1, le=86_400)
    plausible: tuple[FiniteFloat, FiniteFloat] | None = None
    dead_band: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    max_silence_s: float | None = Field(default=300.0, gt=0, allow_inf_nan=False)
    writable: bool = False

    @field_validator("quantity")
    @classmethod
    def _is_catalogued(cls, quantity: str) -> str:
        if quantity not in CATALOGUE:
            raise ValueError(f"{quantity!r} is not in the catalogue{nearest(quantity, CATALOGUE)}")
        return quantity

    @model_validator(mode="after")
    def _fits(self) -> Self:
        row = CATALOGUE[self.quantity]
        if self.unit != row.unit:
            raise ValueError(f"{self.quantity} is in {row.unit!r}, not {self.unit!r}: convert with scale and offset")
        if (self.type == "bool") != (row.kind == "boolean"):
            raise ValueError(f"{self.quantity} is a {row.kind}: type {self.type} does not carry that")
        if self.table in BIT_TABLES and (self.type != "bool" or self.bit is not None):
            raise ValueError(f"table {self.table} holds single bits: type must be bool, without bit")
        if self.table not in BIT_TABLES and (self.type == "bool") != (self.bit is not None):
            raise ValueError("a bool in a register needs bit, and nothing else has one")
        if self.writable and self.table != "coil":
            raise ValueError("only a coil is writable")
        return self

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        row = CATALOGUE[self.quantity]
        low, high = self.plausible or (row.low, row.high)
        if low is not None and high is not None and low >= high:
            raise ValueError(f"plausible: {low} is not below {high}")
        if (low or 0) < (row.low if row.low is not None else float("-inf")) or (high or 0) > (
            row.high if row.high is not None else float("inf")
        ):
            raise ValueError(f"plausible goes beyond the catalogue's {row.low} to {row.high} {row.unit}")
        return self


class Parts(_Strict):
    """Equal parts of one device, each an asset of its own: the circuits of a lamp panel.

    Attributes:
        names: what is put behind the device's code, `TD-01.lamp-1` and `c1` giving `TD-01.lamp-1-c1`.
        stride: registers from one part to the next.
        bit_stride: the same for coils and discrete inputs.
        points: the map of the first part.
    """

    names: list[str] = Field(min_length=1, max_length=200)
    stride: int = Field(ge=1)
    bit_stride: int = Field(default=1, ge=1)
    points: list[Point] = Field(min_length=1)


class Profile(_Strict):
    """A kind of device.

    Attributes:
        profile: its name, that of the file.
        title: for a person.
        source: the manual with its page, or that it is this project's own map.
        max_gap: registers that nobody wants are read along up to this many, to save a request.
        points: what the device has once.
        parts: what it has several times.
    """

    profile: str
    title: str
    source: str = Field(min_length=10)
    max_gap: int = Field(default=8, ge=0, le=100)
    points: list[Point] = Field(default_factory=list)
    parts: Parts | None = None

    def quantities(self) -> set[str]:
        """Name all quantities of the device and its parts."""
        return {point.quantity for point in (*self.points, *(self.parts.points if self.parts else ()))}


def load(path: Path) -> Profile:
    """Read one profile.

    Raises:
        Misconfigured: with every fault, each on a line with its place.
    """
    document = read(path)
    try:
        profile = Profile.model_validate(document.content)
    except ValidationError as error:
        raise Misconfigured("\n".join(document.doubles + faults_of(error, document, Profile))) from error
    faults = list(document.doubles)
    if profile.profile != path.stem:
        faults.append(document.fault(("profile",), f"must be {path.stem!r} like the file"))
    if faults:
        raise Misconfigured("\n".join(faults))
    return profile


def load_all(directory: Path) -> dict[str, Profile]:
    """Read all profiles of a directory, by name.

    Raises:
        Misconfigured: there is none, or one is wrong.
    """
    found: dict[str, Profile] = {}
    faults: list[str] = []
    for path in sorted(directory.glob("*.yaml")):
        try:
            found[path.stem] = load(path)
        except Misconfigured as error:
            faults.append(str(error))
    if not found and not faults:
        faults.append(f"{directory}: holds no sensor profile (*.yaml); set SATULAYAR_EDGE_PROFILES_DIR")
    if faults:
        raise Misconfigured("\n".join(faults))
    return found


def settings_of(point: Point, override: dict[str, Any]) -> Point:
    """Give a point with a site's own interval, dead band or silence."""
    return point.model_copy(update=override) if override else point
