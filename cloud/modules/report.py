"""A figure, and what a run tells of those that it left out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

LINES_MAX = 200  # different faults that a run tells of


class Figure(NamedTuple):
    """One value.

    Attributes:
        indicator: its name.
        keys: a code for each of the indicator's dimensions.
        true_at: an instant, or the beginning of the period that it is about; UTC.
        value: None where it is kept back.
    """

    indicator: str
    keys: tuple[str, ...]
    true_at: datetime
    value: float | None


@dataclass(slots=True)
class Complaint:
    """What rows were left out for, in both languages."""

    detail_id: str
    detail_en: str
    first_row: int | None
    count: int = 1


@dataclass(slots=True)
class Report:
    """What was left out, and how much was read."""

    rows: int = 0
    figures: int = 0
    rejected: int = 0
    kept_back: int = 0
    lines: dict[tuple[str, str], Complaint] = field(default_factory=dict)

    def note(self, reason: str, detail_id: str, detail_en: str, row: int | None, count: int = 1) -> None:
        """Count faults of a kind; of many different ones only the first are told apart."""
        key = (reason, detail_en) if len(self.lines) < LINES_MAX else (reason, "")
        found = self.lines.get(key)
        if found:
            found.count += count
        else:
            self.lines[key] = Complaint(detail_id if key[1] else "", key[1], row, count)


def to_json(report: Report) -> dict[str, Any]:
    """Write a report down, to be told again when what it is of is stored."""
    lines = [{"reason": reason, **asdict(line)} for (reason, _), line in report.lines.items()]
    return asdict(report) | {"lines": lines}


def from_json(written: Mapping[str, Any]) -> Report:
    """Read a report that was written down."""
    told = {(line["reason"], line["detail_en"]): _complaint(line) for line in written["lines"]}
    counts = {name: written[name] for name in ("rows", "figures", "rejected", "kept_back")}
    return Report(**counts, lines=told)


def _complaint(line: Mapping[str, Any]) -> Complaint:
    return Complaint(line["detail_id"], line["detail_en"], line["first_row"], line["count"])
