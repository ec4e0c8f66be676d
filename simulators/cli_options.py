"""Options that several commands of `satulayar-simulate` share, and what is made of them."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cloud.db.places import find_local_home
from simulators.errors import Misconfigured

PREFIX = "SATULAYAR_SIM_"
VARIABLES = ("data", "regency", "boxes", "api_port", "token_file", "speed", "world_start", "push_token")

Data = Annotated[Path, typer.Option(help="Data directory.", envvar=f"{PREFIX}DATA")]
RegencyFile = Annotated[Path, typer.Option(help="Regency file.", envvar=f"{PREFIX}REGENCY")]
Boxes = Annotated[int | None, typer.Option(min=1, help="The first so many boxes only.", envvar=f"{PREFIX}BOXES")]
Speed = Annotated[
    float,
    typer.Option(
        min=0.01, max=600, help="Seconds of weather per second; samples keep real time.", envvar=f"{PREFIX}SPEED"
    ),
]
WorldStart = Annotated[
    str | None,
    typer.Option(
        help="Instant at which the world's clock begins, such as 2025-11-24T12:30+07:00.", envvar=f"{PREFIX}WORLD_START"
    ),
]
DEFAULT_DATA = find_local_home("demo")
RealStart = Annotated[float | None, typer.Option(hidden=True, help="Real time of the start, s since 1970.")]


def clock_arguments(speed: float, world_start: str | None) -> tuple[str, ...]:
    """Fix the world's clock once, so that a world that is started again in between goes on in its own time."""
    if world_start:
        read_instant(world_start)
    began = world_start or datetime.now(UTC).isoformat()
    return ("--speed", str(speed), "--world-start", began, "--real-start", str(time.time()))


def read_instant(text: str) -> float:
    """Read an instant as seconds since 1970.

    Raises:
        Misconfigured: it is none, or says no time zone.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise Misconfigured(f"{text!r} is no instant; write it like 2025-11-24T12:30+07:00") from error
    if instant.tzinfo is None:
        raise Misconfigured(f"{text!r} has no time zone; add +07:00")
    return instant.timestamp()
