"""Figures with their marks: printed for a person, and kept as JSON for whoever compares runs."""

import json
import os
import platform
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    Attributes:
        name: what was measured, under which conditions.
        value: as measured.
        unit: UCUM-like, `1` for ratios.
        mark: what it is to be; None where a figure is for information.
        met: whether it is.
        conditions: what else is to be known of it: processor, input, threads.
    """

    name: str
    value: float
    unit: str
    mark: str | None = None
    met: bool | None = None
    conditions: str = ""


def processor() -> str:
    """Name the processor, and how many cores of it there are."""
    about = Path("/proc/cpuinfo")
    told = dict(line.split(":", 1) for line in about.read_text().splitlines() if ":" in line) if about.exists() else {}
    names = {key.strip(): value.strip() for key, value in told.items()}
    named = names.get("model name") or names.get("Model") or platform.machine()  # x86, boards with Arm, all others
    return f"{named}, {os.cpu_count()} cores"


def under(figures: Iterable[Figure], conditions: str) -> Iterator[Figure]:
    """Give figures with the conditions that they were measured under."""
    for figure in figures:
        yield replace(figure, conditions=conditions)


def at_least(name: str, value: float, unit: str, mark: float) -> Figure:
    """Make a figure that must not be below its mark."""
    return Figure(name, value, unit, f">= {mark:g}", value >= mark)


def at_most(name: str, value: float, unit: str, mark: float) -> Figure:
    """Make a figure that must not be above its mark."""
    return Figure(name, value, unit, f"<= {mark:g}", value <= mark)


def below(name: str, value: float, unit: str, mark: float) -> Figure:
    """Make a figure that must be below its mark, and not at it."""
    return Figure(name, value, unit, f"< {mark:g}", value < mark)


def show(figure: Figure) -> str:
    """Write one line for a person."""
    verdict = "" if figure.met is None else ("met" if figure.met else "NOT MET")
    number = f"{figure.value:,.3f}" if abs(figure.value) < 100 else f"{figure.value:,.0f}"
    told = f"  {figure.name:<72} {number:>12} {figure.unit:<12} {figure.mark or '':<14} {verdict:<8}"
    return f"{told} {figure.conditions}".rstrip()


def merge_into(path: Path, figures: list[Figure]) -> None:
    """Write figures into a JSON list of their attributes; others of other names stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(path.read_text()) if path.exists() else []
    names = {figure.name for figure in figures}
    rows = [row for row in known if row["name"] not in names] + [asdict(figure) for figure in figures]
    path.write_text(json.dumps(rows, indent=1) + "\n")
