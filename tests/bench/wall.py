"""What the wall costs over a year of a regency: every panel's SQL as Grafana sends it, by the role that Grafana has.

The regency is built twice, at a tenth and at full size (200 junctions, 2,200 cameras, 5,000 lamp circuits, 20,000
incidents, the shipped services by the hour), inside the database. Its whole history (39,000 series) would be 340
million hours and 5 thousand million minutes, so every asset has its place, its series and its newest values, the totals
are whole, and of the rolled-up history all assets of one site and every n-th of the others have all of it; the panels
that choose one site choose that one. An index is searched in three steps or in four, so that the missing rows change
little; but they are missing.
Both are asked in turn, so that what else runs slows both alike. `wall_regencies` says how to keep what was built.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cloud.db.connection import Connection, connect
from cloud.db.wall import pulse
from grafana.alerts.rules import RULES
from grafana.generate import dashboards
from grafana.macros import Span, expand
from grafana.queries import PanelQuery, of_dashboard
from tests.bench.marks import Figure, at_most
from tests.bench.wall_regencies import SIZES, cluster_of_bench, prepare

SPANS = {
    "1 h": timedelta(hours=1),
    "24 h": timedelta(hours=24),
    "7 d": timedelta(days=7),
    "30 d": timedelta(days=30),
    "1 y": timedelta(days=365),
}
# Of fewer than forty the 95th percentile would be the slowest one, or guessed beyond it.
ROUNDS = 40
WARMING = 2
PANEL_MS, WALL_MS, GROWTH = 100.0, 1_000.0, 1.3
# The site, the gauge and the box of which the regency has the whole history.
CHOSEN: dict[str, str | list[str]] = {
    "site": "S0001-01",
    "gauge": "S0001-01.gauge-1",
    "box": "S0001-01-a",
    "district": "35.14.11",
}
Times = dict[tuple[str, str], list[float]]


def measure(say: Callable[[str], None]) -> Iterator[Figure]:
    """Give all figures."""
    with cluster_of_bench() as cluster:
        sides = []
        for name in SIZES:
            yield from prepare(cluster, name, say)
            sides.append(Side(name, cluster.dsn(name), cluster.dsn(name, "wall_reader")))
        yield from _compare(sides[0], sides[1])


@dataclass
class Side:
    """One of the two regencies.

    Attributes:
        name: tenth or full.
        dsn: of its database, as the owner.
        reader_dsn: the same as Grafana's role.
        times: milliseconds of each panel and span, round by round.
    """

    name: str
    dsn: str
    reader_dsn: str
    times: Times = field(default_factory=dict)

    def ask(self, reader: Connection, query: PanelQuery, span: str, *, counts: bool) -> None:
        """Ask once, as Grafana would now."""
        now = datetime.now(UTC)
        sql = expand(query.sql, Span(now - SPANS[span], now, query.points), CHOSEN)
        began_s = time.perf_counter()
        reader.execute(sql.encode(), prepare=False).fetchall()
        if counts:
            self.times.setdefault((query.place, span), []).append((time.perf_counter() - began_s) * 1e3)


def _compare(tenth: Side, full: Side) -> Iterator[Figure]:
    sides = (tenth, full)
    with ExitStack() as stack:
        owners = [stack.enter_context(connect(side.dsn, "bench", autocommit=True)) for side in sides]
        readers = [stack.enter_context(connect(side.reader_dsn, "bench", autocommit=True)) for side in sides]
        for board in dashboards("id").values():
            for query in of_dashboard(board):
                for owner in owners:
                    pulse(owner)  # the job would beat every five seconds
                _ask_in_turn(sides, readers, query)
        for side, reader in zip(sides, readers, strict=True):
            yield from _panel_figures(side.name, side.times, marked=side is full)
            yield from _rule_figures(side.name, reader)
    yield from _growth(tenth.times, full.times)


def _ask_in_turn(sides: tuple[Side, Side], readers: list[Connection], query: PanelQuery) -> None:
    """Ask both regencies in turn, so that whatever else the machine does slows both alike."""
    for span in SPANS:
        for round_number in range(ROUNDS + WARMING):
            for side, reader in zip(sides, readers, strict=True):
                side.ask(reader, query, span, counts=round_number >= WARMING)


def _panel_figures(name: str, times: Times, *, marked: bool) -> Iterator[Figure]:
    for (place, span), taken_ms in times.items():
        yield Figure(f"wall, {name}: {place}, {span}, p50", statistics.median(taken_ms), "ms")
        title = f"wall, {name}: {place}, {span}, p95"
        yield at_most(title, _p95(taken_ms), "ms", PANEL_MS) if marked else Figure(title, _p95(taken_ms), "ms")
    for span in SPANS:
        whole = sum(_p95(taken) for (place, one), taken in times.items() if one == span and "dinding" in place)
        title = f"wall, {name}: whole wall, one panel after another, {span}, p95"
        yield at_most(title, whole, "ms", WALL_MS) if marked else Figure(title, whole, "ms")
    worst = max(times, key=lambda key: _p95(times[key]))
    yield Figure(f"wall, {name}: slowest panel, {worst[0]}, {worst[1]}, p95", _p95(times[worst]), "ms")


def _rule_figures(name: str, reader: Connection) -> Iterator[Figure]:
    for rule in RULES:
        taken_ms = []
        for _ in range(ROUNDS // 4):
            began_s = time.perf_counter()
            reader.execute(rule.sql.encode(), prepare=False).fetchall()
            taken_ms.append((time.perf_counter() - began_s) * 1e3)
        yield Figure(f"wall, {name}: rule {rule.uid}, p50", statistics.median(taken_ms), "ms")


def _growth(tenth: Times, full: Times) -> Iterator[Figure]:
    """Compare round by round: the two of a round ran within milliseconds of each other."""
    ratios = {
        key: statistics.median(large / small for small, large in zip(tenth[key], full[key], strict=True))
        for key in full
    }
    for (place, span), ratio in ratios.items():
        yield at_most(f"wall, ten times the data: {place}, {span}, median of the rounds' ratios", ratio, "1", GROWTH)
    for span in SPANS:
        keys = [key for key in full if key[1] == span and "dinding" in key[0]]
        whole = sum(statistics.median(full[key]) for key in keys) / sum(statistics.median(tenth[key]) for key in keys)
        yield at_most(f"wall, ten times the data: whole wall, {span}", whole, "1", GROWTH)
    yield at_most("wall, ten times the data: median of all panels", statistics.median(ratios.values()), "1", GROWTH)
    worst = max(ratios, key=lambda key: ratios[key])
    yield at_most(f"wall, ten times the data: worst panel, {worst[0]}, {worst[1]}", ratios[worst], "1", GROWTH)
    above = sum(ratio > GROWTH for ratio in ratios.values())
    yield Figure("wall, ten times the data: panels and spans above the mark", above, f"of {len(ratios)}")


def _p95(taken_ms: list[float]) -> float:
    return statistics.quantiles(taken_ms, n=20)[-1]
