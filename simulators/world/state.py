"""What the world must remember over a restart: meters, water on its way, batteries, sirens, ordered faults."""

import contextlib
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from simulators.faults import Fault
from simulators.world.cabinet import CabinetState
from simulators.world.lamps import PanelState
from simulators.world.river import RiverState


class WorldState(BaseModel):
    """State of all assets at one instant.

    Attributes:
        at_s: the world's time, seconds since 1970.
        panels: lamp panels by asset code.
        rivers: water on its way by asset code of the gauge.
        cabinets: by asset code.
        rain_total_mm: rain since the beginning, by rain area.
        sirens: coils as last written, by asset code of the gauge.
        faults: ordered faults.
    """

    model_config = ConfigDict(extra="ignore")

    at_s: float
    panels: dict[str, PanelState] = {}
    rivers: dict[str, RiverState] = {}
    cabinets: dict[str, CabinetState] = {}
    rain_total_mm: dict[str, float] = {}
    sirens: dict[str, bool] = {}
    faults: list[Fault] = []


def read_state(path: Path) -> WorldState | None:
    """Read a saved state; None when there is none or it is of another kind of file."""
    with contextlib.suppress(FileNotFoundError, ValidationError):
        return WorldState.model_validate_json(path.read_bytes())
    return None


def write_state(path: Path, state: WorldState) -> None:
    """Save a state so that a kill leaves the old one or the new one."""
    building = path.with_suffix(".building")
    with building.open("wb") as file:
        file.write(state.model_dump_json().encode())
        file.flush()
        os.fsync(file.fileno())
    building.replace(path)
