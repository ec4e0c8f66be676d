"""What the wall costs over a year of a regency: every panel's SQL as Grafana sends it, by the role that Grafana has.

The regency is built twice, at a tenth and at full size (200 junctions, 2,200 cameras, 5,000 lamp circuits), inside
the database. Its whole history (39,000 series) would be 340 million hours and 5 thousand million minutes, so every
asset has its place, its series and its newest values, the totals are whole, and of the rolled-up history every n-th
asset has all of it; the panels that choose one site choose one of these. An index is searched in three steps or in
four, so that the missing rows change little; but they are missing. Both are asked in turn, so that what else runs
slows both alike.

`SATULAYAR_BENCH_WALL_SHARE` (default 12): hours of every so manieth asset.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cloud.db.connection import Connection, connect
from cloud.db.local import LocalCluster
from cloud.db.migrate import migrate
from cloud.db.places import make_temporary_home
from cloud.db.wall import make_totals, pulse
from grafana.alerts.rules import RULES
from grafana.generate import dashboards
from grafana.macros import Span, expand
from grafana.queries import PanelQuery, of_dashboard
from tests.bench.marks import Figure, at_most
from tests.wall_regency import Size, build

SHARE = int(os.environ.get("SATULAYAR_BENCH_WALL_SHARE", "12"))
_HISTORY = {"hours_d": 365.0, "minutes_d": 90.0, "raw_d": 2.0}
_SHARES = {"hours_one_in": SHARE, "minutes_one_in": SHARE * 20, "raw_one_in": SHARE * 20}
FULL = Size(junctions=200, cameras=2_200, lamps=5_000, gauges=20, **_HISTORY, **_SHARES)  # type: ignore[arg-type]
TENTH = Size(junctions=20, cameras=220, lamps=500, gauges=2, **_HISTORY, **_SHARES)  # type: ignore[arg-type]
SPANS = {
    "1 h": timedelta(hours=1),
    "24 h": timedelta(hours=24),
    "7 d": timedelta(days=7),
    "30 d": timedelta(days=30),
    "1 y": timedelta(days=365),
}
ROUNDS = 12
PANEL_MS, WALL_MS, GROWTH = 100.0, 1_000.0, 1.3
# Below this a request is its own overhead, and a ratio of two such times says nothing about the data.
GROUND_MS = 5.0
# A mid-sized server's memory for PostgreSQL; warm means that what panels read lies in it.
SETTINGS = {
    "fsync": "off",
    "shared_buffers": "2GB",
    "max_wal_size": "8GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
Times = dict[tuple[str, str], list[float]]


def measure(say: Callable[[str], None]) -> Iterator[Figure]:
    """Give all figures, from a cluster of its own that goes away."""
    with make_temporary_home() as home, LocalCluster(home / "cluster", settings=SETTINGS) as cluster:
        sides = []
        for name, size in (("tenth", TENTH), ("full", FULL)):
            dsn = cluster.create_database(name, "template0")
            with connect(dsn, "bench", autocommit=True) as owner:
                yield from _make(owner, name, size, say)
                sides.append(Side(name, dsn, _chosen(owner, size)))
        yield from _compare(sides)


@dataclass
class Side:
    """One of the two regencies.

    Attributes:
        name: tenth or full.
        dsn: of its database, as the owner.
        chosen: values of the variables.
        times: milliseconds of each panel and span.
    """

    name: str
    dsn: str
    chosen: dict[str, str | list[str]]
    times: Times = field(default_factory=dict)

    def ask(self, reader: Connection, query: PanelQuery, span: str, *, counts: bool) -> None:
        """Ask once, as Grafana would now."""
        now = datetime.now(UTC)
        sql = expand(query.sql, Span(now - SPANS[span], now), self.chosen)
        began_s = time.perf_counter()
        reader.execute(sql.encode(), prepare=False).fetchall()
        if counts:
            self.times.setdefault((query.place, span), []).append((time.perf_counter() - began_s) * 1e3)


def _make(owner: Connection, name: str, size: Size, say: Callable[[str], None]) -> Iterator[Figure]:
    migrate(owner)
    began_s = time.monotonic()
    build(owner, size, lambda line: say(f"{name}: {line}"))
    yield Figure(f"wall, {name}: building it", time.monotonic() - began_s, "s")
    yield _size_figure(owner, name)
    pulse(owner)
    yield Figure(f"wall, {name}: a pulse", 1e3 * statistics.median(pulse(owner) for _ in range(5)), "ms")
    began_s = time.monotonic()
    make_totals(owner)
    yield Figure(f"wall, {name}: totals, the first time", time.monotonic() - began_s, "s")


def _compare(sides: list[Side]) -> Iterator[Figure]:
    with ExitStack() as stack:
        owners = [stack.enter_context(connect(side.dsn, "bench", autocommit=True)) for side in sides]
        dsns = [side.dsn.replace("user=satulayar", "user=wall_reader") for side in sides]
        readers = [stack.enter_context(connect(dsn, "bench", autocommit=True)) for dsn in dsns]
        for board in dashboards("id").values():
            for query in of_dashboard(board):
                for owner in owners:
                    pulse(owner)  # the job would beat every five seconds
                _ask_in_turn(sides, readers, query)
        for side, reader in zip(sides, readers, strict=True):
            yield from _panel_figures(side.name, side.times, marked=side.name == "full")
            yield from _rule_figures(side.name, reader)
    yield from _growth(sides[0].times, sides[1].times)


def _ask_in_turn(sides: list[Side], readers: list[Connection], query: PanelQuery) -> None:
    """Ask both regencies in turn, so that whatever else the machine does slows both alike."""
    for span in SPANS:
        for round_number in range(ROUNDS + 2):
            for side, reader in zip(sides, readers, strict=True):
                side.ask(reader, query, span, counts=round_number > 1)


def _chosen(owner: Connection, size: Size) -> dict[str, str | list[str]]:
    """Choose a junction, a gauge and a box whose history is whole."""
    found = owner.execute(
        "SELECT site.code FROM asset INNER JOIN site ON site.id = asset.site_id WHERE asset.kind = 'detector' "
        "AND asset.id %% %(n)s = 1 %% %(n)s ORDER BY asset.id LIMIT 1",
        {"n": size.minutes_one_in},
    ).fetchone()
    return {
        "site": found[0] if found else "S0001-01",
        "gauge": "S0001-01.gauge-1",
        "box": "S0001-01-a",
        "district": "35.14.11",
    }


def _panel_figures(name: str, times: Times, *, marked: bool) -> Iterator[Figure]:
    for (place, span), taken_ms in times.items():
        p95 = _p95(taken_ms)
        yield Figure(f"wall, {name}: {place}, {span}, p50", statistics.median(taken_ms), "ms")
        title = f"wall, {name}: {place}, {span}, p95"
        yield at_most(title, p95, "ms", PANEL_MS) if marked else Figure(title, p95, "ms")
    for span in SPANS:
        whole = sum(_p95(taken) for (place, one), taken in times.items() if one == span and "dinding" in place)
        title = f"wall, {name}: whole wall, one panel after another, {span}, p95"
        yield at_most(title, whole, "ms", WALL_MS) if marked else Figure(title, whole, "ms")
    worst = max(times, key=lambda key: _p95(times[key]))
    yield Figure(f"wall, {name}: slowest panel, {worst[0]}, {worst[1]}, p95", _p95(times[worst]), "ms")


def _rule_figures(name: str, reader: Connection) -> Iterator[Figure]:
    for rule in RULES:
        taken_ms = []
        for _ in range(5):
            began_s = time.perf_counter()
            reader.execute(rule.sql.encode(), prepare=False).fetchall()
            taken_ms.append((time.perf_counter() - began_s) * 1e3)
        yield Figure(f"wall, {name}: rule {rule.uid}, p50", statistics.median(taken_ms), "ms")


def _growth(tenth: Times, full: Times) -> Iterator[Figure]:
    """Compare the medians where there is something to compare."""
    for key, taken_ms in full.items():
        small, large = statistics.median(tenth[key]), statistics.median(taken_ms)
        if large > GROUND_MS:
            yield at_most(
                f"wall, ten times the data: {key[0]}, {key[1]}", large / max(small, GROUND_MS / 2), "1", GROWTH
            )
    for span in SPANS:
        keys = [key for key in full if key[1] == span and "dinding" in key[0]]
        ratio = sum(statistics.median(full[key]) for key in keys) / sum(statistics.median(tenth[key]) for key in keys)
        yield at_most(f"wall, ten times the data: whole wall, {span}", ratio, "1", GROWTH)


def _size_figure(owner: Connection, name: str) -> Figure:
    row = owner.execute("SELECT pg_database_size(current_database()) / 1e9").fetchone()
    return Figure(f"wall, {name}: database", float(row[0]) if row else 0.0, "GB")


def _p95(taken_ms: list[float]) -> float:
    return statistics.quantiles(taken_ms, n=20)[-1]
