"""How a rule stands at a subject: begun, active, over. Pure: hysteresis and duration without clock or database."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from cloud.said import Said

Step = Literal["wait", "begin", "end", "forget"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a rule sees at one subject.

    Attributes:
        rule: name of the rule.
        subject: code of an asset, name of a box, or what a figure is of.
        holds: None where nobody can tell: between the two limits, or too old.
        at: of the sample or figure.
        asset_id: where it is one.
        box_id: where it is one.
        site_id: where a rule is about a site.
        district: or about a district.
        said: what is so, for a person.
    """

    rule: str
    subject: str
    holds: bool | None
    at: datetime
    asset_id: int | None = None
    box_id: int | None = None
    site_id: int | None = None
    district: str | None = None
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is remembered of a rule at a subject.

    Attributes:
        since: when it began to hold; once active, when it became so.
        active: whether it has held long enough.
        told_as: the sign that was made of it; None: it lies on a shelf.
    """

    rule: str
    subject: str
    since: datetime
    active: bool = False
    told_as: str | None = None

    @property
    def ref(self) -> str:
        """The name of its sign: the same however often the engine starts."""
        return f"{self.rule}/{self.subject}/{self.since.timestamp():.0f}"


@dataclass(frozen=True, slots=True)
class Change:
    """What has to be done about a rule at a subject."""

    step: Step
    standing: Standing
    reading: Reading | None = None


def judge(
    readings: Iterable[Reading],
    standings: Mapping[tuple[str, str], Standing],
    durations: Mapping[str, timedelta],
    now: datetime,
) -> Iterator[Change]:
    """Compare what rules see with how they stood.

    Args:
        readings: of all subjects at which a rule holds or cannot tell; at all others it does not hold.
        standings: by rule and subject.
        durations: how long each rule must hold.
        now: the instant.
    """
    seen = {(reading.rule, reading.subject): reading for reading in readings}
    for key, standing in standings.items():
        reading = seen.get(key)
        if reading is None or reading.holds is False:
            yield Change("end" if standing.active else "forget", standing, reading)
        elif standing.active and standing.told_as is None:
            yield Change("begin", standing, reading)
        elif not standing.active and reading.holds and now - standing.since >= durations[standing.rule]:
            yield Change("begin", replace(standing, active=True, since=now), reading)
    for key, reading in seen.items():
        if key not in standings and reading.holds:
            begun = Standing(reading.rule, reading.subject, now)
            is_long = durations[reading.rule] <= timedelta(0)
            yield Change("begin" if is_long else "wait", replace(begun, active=is_long), reading)
