"""Figures from what the regency measures itself: newest samples of assets by district, and ratios of other figures."""

from collections.abc import Iterator
from datetime import datetime

from cloud.db.queries import load
from cloud.modules.errors import SourceFailed
from cloud.modules.manifest import DISTRICT, Indicator, Manifest
from cloud.modules.notation import begin_of
from cloud.modules.privacy import is_small
from cloud.modules.report import Figure, Report
from cloud.modules.sources.models import Computed, OfSeries, Ratio
from cloud.modules.store import Line

_SQL = load("modules")
_Cells = dict[tuple[str, ...], tuple[datetime, float | None]]


def compute(connection: Line, name: str, manifest: Manifest, now: datetime, report: Report) -> Iterator[Figure]:
    """Give the figures of a computed module; ratios after what they may be ratios of.

    Raises:
        SourceFailed: nothing of what it is computed from is fresh.
    """
    source = manifest.source
    assert isinstance(source, Computed)  # noqa: S101 - the caller asks for no other
    done: dict[str, _Cells] = {}
    for indicator, how in sorted(source.values.items(), key=lambda each: isinstance(each[1], Ratio)):
        about = manifest.indicators[indicator]
        if isinstance(how, OfSeries):
            cells = _of_series(connection, how, about, manifest, now)
        else:
            cells = _ratio(connection, name, how, done)
        done[indicator] = cells = _without_few(cells, about, manifest, report)
        report.rows += len(cells)
        for keys, (true_at, value) in sorted(cells.items()):
            report.figures += 1
            yield Figure(indicator, keys, true_at, value)
    if not report.figures:
        raise SourceFailed(
            "Tidak ada sampel segar untuk dihitung: periksa aset dan box-nya.",
            "No fresh samples to compute from: look at the assets and their boxes.",
        )


def _without_few(cells: _Cells, about: Indicator, manifest: Manifest, report: Report) -> _Cells:
    """Keep back what is of few people, so that no ratio is made of it either."""
    if not about.people:
        return cells
    smallest = manifest.privacy.smallest_cell
    few = {keys for keys, (_, value) in cells.items() if value is not None and is_small(value, smallest)}
    report.kept_back += len(few)
    return {keys: (true_at, None if keys in few else value) for keys, (true_at, value) in cells.items()}


def _of_series(connection: Line, how: OfSeries, about: Indicator, manifest: Manifest, now: datetime) -> _Cells:
    """Take newest samples together. A figure is as old as the oldest sample in it; what is silent is not in it."""
    parameters = {"quantity": how.quantity, "asset_kind": how.asset_kind, "fresh_for": manifest.fresh_for, "now": now}
    by_district = DISTRICT in about.dimensions
    found: _Cells = {}
    for is_all, code, n, total, mean, least, most, share_pct, oldest_at in connection.execute(
        _SQL["computed"], parameters
    ):
        if not n or is_all == by_district or (by_district and code is None):
            continue
        reduced = {"sum": total, "mean": mean, "min": least, "max": most, "count": n, "share_pct": share_pct}[
            how.reduce
        ]
        keys = (code,) if by_district else ()
        found[keys] = (begin_of(oldest_at, manifest.period), float(reduced))
    return found


def _ratio(connection: Line, name: str, how: Ratio, done: dict[str, _Cells]) -> _Cells:
    """Divide figures of the same place; none where one of the two is missing, kept back, or the divisor is nothing."""
    upper, lower = (_shown(connection, name, each, done) for each in (how.of, how.over))
    found: _Cells = {}
    for keys in upper.keys() & lower.keys():
        (upper_at, part), (lower_at, whole) = upper[keys], lower[keys]
        if part is not None and whole:
            found[keys] = (min(upper_at, lower_at), how.times * part / whole)
    return found


def _shown(connection: Line, name: str, wanted: str, done: dict[str, _Cells]) -> _Cells:
    if wanted in done:
        return done[wanted]
    module, _, indicator = wanted.rpartition(".")
    rows = connection.execute(_SQL["shown"], {"module": module or name, "indicator": indicator})
    return {tuple(keys): (true_at, value) for keys, true_at, value in rows}
