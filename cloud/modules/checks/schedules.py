"""Schedules that never fire, that ask too often, or too seldom for their figures to stay fresh."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cronsim import CronSim

from cloud.modules.checks.figures import Fault
from cloud.modules.manifest import Manifest
from cloud.modules.sources.models import Folder, Http, Push, Upload

_BEGIN = datetime(2026, 1, 5)  # noqa: DTZ001 - a Monday by the regency's clock
_PERIODS = {
    "instant": timedelta(0), "day": timedelta(days=1), "month": timedelta(days=31), "quarter": timedelta(days=92),
    "year": timedelta(days=366),
}  # fmt: skip
_A_DAY, _A_WEEK, _A_YEAR = timedelta(days=1), timedelta(days=8), timedelta(days=400)
_FIRES = 100


def schedule_faults(manifest: Manifest) -> Iterator[Fault]:
    """Give what is wrong with a schedule."""
    if manifest.schedule is None:
        return
    if isinstance(manifest.source, Push | Upload):
        kind = manifest.source.kind
        yield ("schedule",), f"nothing is visited where the source's kind is {kind}, figures are brought: leave it out"
        return
    fires = CronSim(manifest.schedule, _BEGIN)
    first = next(fires, None)
    if first is None:
        yield ("schedule",), "never comes: there is no such day; write it like '0 6 * * *' for 06:00 WIB"
        return
    if isinstance(manifest.source, Http):
        yield from _too_often(first, fires, manifest.source)
    if not isinstance(manifest.source, Folder):
        yield from _too_seldom(manifest, manifest.schedule)


def schedule_notes(manifest: Manifest) -> Iterator[Fault]:
    """Give what is allowed, and may not be meant."""
    if manifest.schedule is None and not isinstance(manifest.source, Push | Upload | Folder):
        kind = manifest.source.kind
        yield ("schedule",), f"is not there: a source of kind {kind} is read only when somebody runs it"


def _too_often(first: datetime, fires: CronSim, source: Http) -> Iterator[Fault]:
    shortest = timedelta.max
    for each, _ in zip(fires, range(_FIRES), strict=False):
        first, shortest = each, min(shortest, each - first)
    least_s = 1.0 / source.requests_per_s
    if shortest.total_seconds() < least_s:
        text = f"comes every {_told(shortest)}, more often than requests_per_s: {source.requests_per_s:g} allows"
        yield ("schedule",), f"{text} (one in {_told(timedelta(seconds=least_s))}): make it rarer"


def _too_seldom(manifest: Manifest, schedule: str) -> Iterator[Fault]:
    """Look for a gap after which even the newest figure must look stale, at any time of a week, or of a year."""
    fresh_for = max([manifest.fresh_for, *(each.fresh_for for each in manifest.indicators.values() if each.fresh_for)])
    longest = fresh_for + _PERIODS[manifest.period]
    end = _BEGIN + (_A_WEEK if longest < _A_DAY else _A_YEAR)
    at = _BEGIN
    while at < end:
        last = next(CronSim(schedule, at + longest + timedelta(minutes=1), reverse=True), at)
        if last <= at:
            before = next(CronSim(schedule, at + timedelta(minutes=1), reverse=True), at)
            following = next(CronSim(schedule, at), None)
            gap = f"for {_told(following - before)}" if following else "for years"
            text = f"is {_told(fresh_for)}, and the schedule does not come {gap}: then every figure is overdue"
            yield ("fresh_for",), f"{text}; raise fresh_for, or make the schedule more frequent"
            return
        at = last


def _told(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    for unit, length in (("d", 1_440), ("h", 60)):
        if minutes >= length and minutes % length == 0:
            return f"{minutes // length}{unit}"
    return f"{minutes}m"
