"""A module's manifest: everything that the screen has to know of a public service's figures.

These models are the reference; the JSON Schema for editors is generated from them (`satulayar-modules schema`).
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cloud.modules.notation import Period
from cloud.modules.sources.models import Source

DISTRICT = "district"  # the shared dimension: its values are the districts table's official codes
_SPAN = re.compile(r"(\d+) ?(m|h|d|menit|jam|hari)")
_STORED_SPAN = re.compile(r"P(?:(\d+)Y)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_LONGEST_DAYS = 36_500
_SECONDS = {"m": 60, "menit": 60, "h": 3600, "jam": 3600, "d": 86_400, "hari": 86_400}
_CRON_FIELDS = 5


def _read_span(text: object) -> object:
    """Read `15m`, `2h`, `40d`, and what the database keeps of them (ISO 8601: `PT2H`)."""
    if isinstance(text, timedelta):
        return text
    if stored := _STORED_SPAN.fullmatch(str(text)):
        years, days, hours, minutes, seconds = (int(part or 0) for part in stored.groups())
        seconds += 86_400 * (365 * years + days) + 3_600 * hours + 60 * minutes
    elif found := _SPAN.fullmatch(str(text).strip()):
        seconds = int(found[1]) * _SECONDS[found[2]]
    else:
        raise ValueError("is no span of time: write it like 15m, 2h or 40d")
    if seconds > _LONGEST_DAYS * 86_400:
        raise ValueError(f"is longer than a hundred years: write at most {_LONGEST_DAYS}d")
    return timedelta(seconds=seconds)


def _check_cron(text: str) -> str:
    """Check the five fields of cron."""
    try:
        CronSim(text, datetime(2026, 1, 1, tzinfo=UTC))
        wrong = "" if len(text.split()) == _CRON_FIELDS else "it has not five fields"
    except CronSimError as error:
        wrong = str(error)
    if wrong:
        raise ValueError(f"is no schedule ({wrong}): write it like '*/15 * * * *', or '0 6 * * *' for 06:00 WIB")
    return text


Span = Annotated[timedelta, BeforeValidator(_read_span), Field(gt=timedelta(0), json_schema_extra={"type": "string"})]
Cron = Annotated[str, AfterValidator(_check_cron)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Line = Annotated[str, Field(min_length=1, max_length=300)]


class Strict(BaseModel):
    """A part of a manifest: a misspelt key is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Titles(Strict):
    """A text in both languages."""

    id: Line
    en: Line


class Dimension(Strict):
    """By what a figure is told apart.

    Attributes:
        title: of the dimension.
        values: its codes with their titles; absent for `district`, whose values are the regency's.
    """

    title: Titles
    values: dict[Code, Titles] | None = Field(default=None, min_length=1)


class Threshold(Strict):
    """A border beyond which a figure is trouble; one of the two."""

    below: float | None = None
    above: float | None = None
    severity: Literal["warning", "critical"]

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.below is None) == (self.above is None):
            raise ValueError("needs one of below and above")
        return self


class Indicator(Strict):
    """One figure.

    Attributes:
        title: as the wall shows it.
        unit: UCUM, `{bed}` and `[IDR]`-like annotations included.
        dimensions: by what it is told apart, in order; none for one figure of the regency.
        across: how it is taken together over places; none where that would mean nothing.
        over: how it is taken together over time.
        better: which direction is good.
        decimals: digits after the comma.
        panel: what the wall should draw.
        target: an indicator of this module that it is measured against.
        people: whether it counts persons, so that small cells are kept back.
        least: smaller figures are impossible.
        most: larger figures are impossible.
        fresh_for: how old it may be, where that is not the module's.
        usual_factor: a figure so many times the usual, or so small a part of it, waits for a person to confirm it.
        grows: it begins each period at nothing and grows, so that only too large a figure is unusual.
    """

    title: Titles
    unit: Annotated[str, Field(max_length=20)]
    dimensions: tuple[Name, ...] = ()
    across: Literal["sum", "mean", "none"] = "sum"
    over: Literal["sum", "mean", "last"] = "last"
    better: Literal["more", "less", "neither"] = "neither"
    decimals: Annotated[int, Field(ge=0, le=6)] = 0
    panel: Literal["stat", "bar", "timeseries", "table", "gauge"] = "stat"
    thresholds: tuple[Threshold, ...] = ()
    target: Name | None = None
    people: bool = False
    least: float | None = 0.0
    most: float | None = None
    fresh_for: Span | None = None
    usual_factor: Annotated[float, Field(gt=1)] | None = 100.0
    grows: bool = False


class Privacy(Strict):
    """What may be told of few people.

    Attributes:
        smallest_cell: figures of fewer persons are kept back.
        may_name: columns whose values may look like names, such as a hospital named after a person, with the reason.
    """

    smallest_cell: Annotated[int, Field(ge=2, le=100)] = 5
    may_name: dict[str, Line] = {}


class Manifest(Strict):
    """One public service.

    Attributes:
        title: of the module.
        owner: the office that answers for the figures.
        contact: how the room reaches it.
        legal_basis: by what right the figures are here.
        period: what the time of a figure is: an instant, or the beginning of a day, month, quarter or year.
        fresh_for: how old a figure may be, by its own time's end, before it looks stale and is overdue.
        uploaders: accounts that may upload, and decide on held figures; none for everybody who has that right.
        schedule: cron in West Indonesia Time; none where figures are brought (upload, push, folder).
    """

    title: Titles
    owner: Line
    contact: Line
    legal_basis: Line
    period: Period
    fresh_for: Span
    uploaders: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = ()
    schedule: Cron | None = None
    dimensions: dict[Name, Dimension] = {}
    indicators: Annotated[dict[Name, Indicator], Field(min_length=1, max_length=100)]
    source: Source
    privacy: Privacy = Privacy()

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for fault in self._faults():
            raise ValueError(fault)
        return self

    def _faults(self) -> list[str]:
        """List what is right in itself and does not fit together."""
        known = ", ".join(sorted(self.dimensions)) or "none"
        faults = [
            f"indicators.{name}.dimensions: {each!r} is no dimension of this module; there are: {known}"
            for name, indicator in self.indicators.items()
            for each in indicator.dimensions
            if each not in self.dimensions
        ]
        for name, dimension in self.dimensions.items():
            if (dimension.values is None) != (name == DISTRICT):
                what = (
                    "takes its values from the districts table: leave them out"
                    if name == DISTRICT
                    else "needs its values"
                )
                faults.append(f"dimensions.{name}: {what}")
        faults += [
            f"indicators.{name}.target: {indicator.target!r} is no indicator of this module"
            for name, indicator in self.indicators.items()
            if indicator.target and indicator.target not in self.indicators
        ]
        return faults + self.source.faults(self.indicators.keys(), self.dimensions.keys())
