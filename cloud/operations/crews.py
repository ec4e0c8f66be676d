"""Which crew could go: the nearest that is free, on shift and has the skills. It is proposed; a person decides."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from cloud.operations.kinds import Kind

EARTH_KM = 6_371.0
# After which nobody knows where a crew is any more.
POSITION_LASTS = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Crew:
    """A crew as it is now."""

    id: int
    name: str
    agency: str
    skills: list[str]
    shift_from: time
    shift_to: time
    on_duty: bool
    on_shift: bool
    latitude: float | None
    longitude: float | None
    position_at: datetime | None
    busy_with: list[str]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A crew that could be sent.

    Attributes:
        crew: its name.
        suits: it has the skills, is on duty, on shift and free.
        distance_km: straight there; None where nobody knows where it is.
        lacks: skills that it has not.
        busy_with: incidents that it is on.
        on_shift: by the clock and its own word.
        position_at: when it was where the distance is from.
    """

    crew: str
    agency: str
    suits: bool
    distance_km: float | None
    lacks: list[str]
    busy_with: list[str]
    on_shift: bool
    position_at: datetime | None


def propose(
    crews: Iterable[Crew], kind: Kind, agency: str, where: tuple[float, float] | None, now: datetime
) -> list[Proposal]:
    """Order crews by how well they suit: those that do first, the nearest of them on top.

    Args:
        crews: all there are.
        kind: of the incident, whose skills are needed.
        agency: whose incident it is; its own crews come before others that suit as well.
        where: latitude and longitude of the incident; None where nobody knows.
        now: the instant.
    """
    told = [_judge(crew, kind, where, now) for crew in crews]
    return sorted(
        told,
        key=lambda one: (not one.suits, one.agency != agency, one.distance_km is None, one.distance_km or 0, one.crew),
    )


def _judge(crew: Crew, kind: Kind, where: tuple[float, float] | None, now: datetime) -> Proposal:
    lacks = sorted(set(kind.skills) - set(crew.skills))
    on_shift = crew.on_duty and crew.on_shift
    is_known = crew.position_at is not None and now - crew.position_at < POSITION_LASTS
    distance_km = None
    if where and is_known and crew.latitude is not None and crew.longitude is not None:
        distance_km = round(distance(where, (crew.latitude, crew.longitude)), 2)
    suits = not lacks and on_shift and not crew.busy_with
    return Proposal(crew.name, crew.agency, suits, distance_km, lacks, crew.busy_with, on_shift, crew.position_at)


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Give the great-circle distance of two places (latitude, longitude in degrees), in km.

    Source: the haversine formula, R. W. Sinnott, Sky and Telescope 68 (1984).
    """
    (lat1, lon1), (lat2, lon2) = ((math.radians(a), math.radians(b)) for a, b in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))
