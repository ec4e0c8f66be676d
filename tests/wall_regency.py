"""A regency of any size, made inside the database: for the tests of the wall's SQL, and at full size for its bench.

Names are Pasuruan's districts, everything else is made up. Values follow the hour of the day, so that pictures look as
a week does.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cloud.db.connection import Connection

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
        hours_d: days of hours, of every `hours_one_in`-th asset.
        minutes_d: days of minutes, of every `minutes_one_in`-th asset.
        raw_d: days of samples, of every `raw_one_in`-th asset.
        hours_one_in: 1 writes the hours of every asset.
        minutes_one_in: the same for minutes.
        raw_one_in: the same for samples.
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
    _history(connection, size, say)
    _totals(connection, size)
    connection.execute("ANALYZE")


def _history(connection: Connection, size: Size, say: Callable[[str], None]) -> None:
    day = "date_trunc('day', now() AT TIME ZONE 'Asia/Jakarta') AT TIME ZONE 'Asia/Jakarta'"
    levels = [
        ("sample_1h", 60, f"date_trunc('hour', now()) - INTERVAL '{size.hours_d} days'", "1 hour", size.hours_one_in),
        ("sample_1d", 1440, f"{day} - INTERVAL '{size.hours_d} days'", "1 day", size.hours_one_in),
        (
            "sample_1m",
            12,
            f"date_trunc('minute', now()) - INTERVAL '{size.minutes_d} days'",
            "1 minute",
            size.minutes_one_in,
        ),
    ]
    for table, n, start, step, one_in in levels:
        say(table)
        words = {"table": table, "n": n, "start": start, "stop": "now()", "step": step, "one_in": one_in}
        connection.execute(SCRIPTS["rolled"].format(**words))
    say("sample")
    start = f"date_trunc('minute', now()) - INTERVAL '{size.raw_d} days'"
    connection.execute(SCRIPTS["raw"].format(start=start, stop="now()", one_in=size.raw_one_in))


def _totals(connection: Connection, size: Size) -> None:
    day = "date_trunc('day', now() AT TIME ZONE 'Asia/Jakarta') AT TIME ZONE 'Asia/Jakarta'"
    minutes_d = max(size.minutes_d, 1.0)
    levels = [
        ("total_1m", f"date_trunc('minute', now()) - INTERVAL '{minutes_d} days'", "1 minute", "false"),
        ("total_1h", f"date_trunc('hour', now()) - INTERVAL '{size.hours_d} days'", "1 hour", "true"),
        ("total_1d", f"{day} - INTERVAL '{size.hours_d} days'", "1 day", "true"),
    ]
    for table, start, step, by_site in levels:
        connection.execute(SCRIPTS["totals"].format(table=table, start=start, stop="now()", step=step, by_site=by_site))


def _orders(script: str) -> list[str]:
    return [order for order in script.split(";\n") if order.strip()]
