"""A regency of any size, made inside the database: for the tests of the wall's SQL, and at full size for its bench.

Names are Pasuruan's districts, everything else is made up. Values follow the hour of the day, so that pictures look as
a week does.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cloud.db.connection import Connection
from tests.wall_services import register_services

DISTRICTS = (
    "Purwodadi,Tutur,Puspo,Lumbang,Pasrepan,Kejayan,Wonorejo,Purwosari,Sukorejo,Prigen,Pandaan,Gempol,Beji,Bangil,"
    "Rembang,Kraton,Pohjentrek,Gondangwetan,Winongan,Grati,Nguling,Lekok,Rejoso,Tosari"
)
_PARTS = re.split(
    r"^-- name: (\w+)\n", Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"), flags=re.MULTILINE
)
SCRIPTS = dict(zip(_PARTS[1::2], _PARTS[2::2], strict=True))


@dataclass(frozen=True, slots=True)
class Size:
    """How large a regency is, and how much of its history is written.

    Attributes:
        junctions: with a controller, 8 phases and 8 detectors each.
        cameras: over all sites.
        lamps: circuits over all sites.
        gauges: of rivers.
        hours_d: days of hours, of every `hours_one_in`-th asset and of all of the first site.
        minutes_d: days of minutes, of every `minutes_one_in`-th asset and of all of the first site.
        raw_d: days of samples, of every `raw_one_in`-th asset and of all of the first site.
        hours_one_in: 1 writes the hours of every asset.
        minutes_one_in: the same for minutes.
        raw_one_in: the same for samples.
        figure_every_h: hours between two figures of a service that tells of instants.
    """

    junctions: int = 3
    cameras: int = 8
    lamps: int = 12
    gauges: int = 3
    hours_d: float = 3.0
    minutes_d: float = 0.1
    raw_d: float = 0.02
    hours_one_in: int = 1
    minutes_one_in: int = 1
    raw_one_in: int = 1
    figure_every_h: int = 12

    @property
    def sites(self) -> int:
        """Junctions, and as many places besides, where cameras and lamps hang."""
        return 2 * self.junctions


def build(connection: Connection, size: Size, say: Callable[[str], None] = lambda _line: None) -> None:
    """Make the regency, with its history up to now.

    Args:
        connection: of the database's owner, in autocommit, to an empty migrated database (Apache edition).
        size: how large.
        say: told what is under way.
    """
    places = {
        "junctions": size.junctions,
        "cameras": size.cameras,
        "lamps": size.lamps,
        "gauges": size.gauges,
        "sites": size.sites,
        "districts": DISTRICTS,
    }
    say("places and series")
    for order in _orders(SCRIPTS["places"]):
        connection.execute(order, places if "%(" in order else None if "%%" not in order else {})
    for order in (*_orders(SCRIPTS["shape"]), *_orders(SCRIPTS["latest"])):
        connection.execute(order)
    for order in _orders(SCRIPTS["happenings"]):
        connection.execute(order, {"events": 200 * size.sites})
    add_people(connection, size, say)
    _history(connection, size, say)
    _totals(connection, size)
    _refresh(connection)
    connection.execute("ANALYZE")


def add_people(connection: Connection, size: Size, say: Callable[[str], None] = lambda _line: None) -> None:
    """Add what people do: incidents and crews (a hundred incidents a junction and year), and services' figures."""
    say("incidents and services")
    counts = {
        "sites": size.sites,
        "incidents": 100 * size.junctions,
        "open": max(5, size.junctions * 3 // 10),
        "crews": max(4, size.junctions // 5),
        "alerts": 20 * size.junctions,
    }
    for order in _orders(SCRIPTS["operations"]):
        connection.execute(order, counts)
    register_services(connection)
    for order in _orders(SCRIPTS["figures"]):
        connection.execute(order, {"days": size.hours_d, "figure_every_h": size.figure_every_h})


def come_to_now(connection: Connection, size: Size) -> None:
    """Bring a regency that was built some hours ago up to now: its newest values, and its history since.

    Args:
        connection: of the database's owner, in autocommit.
        size: with which it was built.
    """
    for order in _orders(SCRIPTS["shape"]):
        connection.execute(order)
    _refresh(connection)
    # The newest hour of the first site; totals of minutes are no sign: each pulse writes one.
    row = connection.execute(
        "SELECT max(bucket) FROM sample_1h WHERE series_id = (SELECT min(series.id) FROM series "
        "INNER JOIN asset ON series.asset_id = asset.id WHERE asset.site_id = 1)"
    ).fetchone()
    built_at = row[0] if row else None
    if built_at is None:
        raise LookupError("the regency has no history; build it")
    _history(connection, size, lambda _line: None, since=built_at)
    _totals(connection, size, since=built_at)


def _refresh(connection: Connection) -> None:
    """Have everything heard of now, but what is to be silent; building may have taken longer than its intervals."""
    for order in _orders(SCRIPTS["refresh"]):
        connection.execute(order)


def _history(connection: Connection, size: Size, say: Callable[[str], None], *, since: datetime | None = None) -> None:
    levels = [
        ("sample_1h", 60, "hour", size.hours_d, size.hours_one_in),
        ("sample_1d", 1440, "day", size.hours_d, size.hours_one_in),
        ("sample_1m", 12, "minute", size.minutes_d, size.minutes_one_in),
    ]
    for table, n, unit, days, one_in in levels:
        say(table)
        words = {"table": table, "n": n, "start": _start(unit, days, since), "stop": "now()", "step": f"1 {unit}"}
        for order in _orders(SCRIPTS["rolled" if since else "rolled_first"]):
            connection.execute(order.format(**words, one_in=one_in))
    say("sample")
    start = _start("minute", size.raw_d, since)
    connection.execute(SCRIPTS["raw"].format(start=start, stop="now()", one_in=size.raw_one_in))


def _totals(connection: Connection, size: Size, *, since: datetime | None = None) -> None:
    levels = [
        ("total_1m", "minute", max(size.minutes_d, 1.0), "false"),
        ("total_1h", "hour", size.hours_d, "true"),
        ("total_1d", "day", size.hours_d, "true"),
    ]
    for table, unit, days, by_site in levels:
        words = {"table": table, "start": _start(unit, days, since), "stop": "now()", "step": f"1 {unit}"}
        connection.execute(SCRIPTS["totals"].format(**words, by_site=by_site))
        connection.execute(SCRIPTS["platform"].format(**words))


def _start(unit: str, days: float, since: datetime | None) -> str:
    """Say in SQL where a history begins: on a whole unit, of days in Pasuruan."""
    of = f"TIMESTAMPTZ '{since.isoformat()}'" if since else f"now() - INTERVAL '{days} days'"
    return f"date_trunc('{unit}', ({of}) AT TIME ZONE 'Asia/Jakarta') AT TIME ZONE 'Asia/Jakarta'"


def _orders(script: str) -> list[str]:
    return [order for order in script.split(";\n") if order.strip()]
