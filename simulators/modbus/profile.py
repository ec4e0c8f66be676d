"""The part of a sensor profile that a device must know: what lies in which register.

The files are the agent's own (`firmware-config/sensors/*.yaml`); this reading of them is not, so that a fault in
the agent's decoding cannot hide behind the same fault here. What only concerns polling is ignored.
"""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simulators.errors import Misconfigured

Table = Literal["coil", "discrete", "input", "holding"]
RawType = Literal["u16", "s16", "u32", "s32", "f32", "bool"]
PROFILES_DIR = Path(__file__).resolve().parents[2] / "firmware-config" / "sensors"


class Point(BaseModel):
    """One value in one place: `raw = (value - offset) / scale`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    quantity: str
    table: Table
    address: int = Field(ge=0, le=65_535)
    type: RawType
    bit: int | None = Field(default=None, ge=0, le=15)
    word_order: Literal["big", "little"] = "big"
    scale: float = 1.0
    offset: float = 0.0
    writable: bool = False
    interval_s: float = 1.0
    dead_band: float = 0.0


class Parts(BaseModel):
    """Equal parts of a device, such as the circuits of a lamp panel."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    names: list[str]
    stride: int
    bit_stride: int = 1
    points: list[Point]


class Profile(BaseModel):
    """A kind of device."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    profile: str
    points: list[Point] = []
    parts: Parts | None = None


def load_profile(name: str, directory: Path = PROFILES_DIR) -> Profile:
    """Read a profile by its name.

    Raises:
        Misconfigured: there is none of this name, or it says what a device cannot be.
    """
    path = directory / f"{name}.yaml"
    try:
        return Profile.model_validate(yaml.safe_load(path.read_text()))
    except OSError as error:
        there = ", ".join(sorted(found.stem for found in directory.glob("*.yaml"))) or "none"
        raise Misconfigured(f"{path}: {error.strerror}; profiles there are: {there}") from error
    except (yaml.YAMLError, ValidationError) as error:
        raise Misconfigured(f"{path}: {error}") from error


def place_points(profile: Profile, parts: int | None = None) -> list[tuple[int, Point]]:
    """Lay out all points of a device.

    Args:
        profile: its kind.
        parts: how many of its parts there are; None is all.

    Returns:
        The number of the part from 1 (0 is the device as a whole) and the point at its final address.
    """
    placed = [(0, point) for point in profile.points]
    if profile.parts:
        for index, _ in enumerate(profile.parts.names[:parts]):
            for point in profile.parts.points:
                bits = point.table in ("coil", "discrete")
                shift = index * (profile.parts.bit_stride if bits else profile.parts.stride)
                placed.append((index + 1, point.model_copy(update={"address": point.address + shift})))
    return placed
