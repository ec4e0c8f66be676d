"""What the rollup job and the wall's views cost for 30,000 series at 7,500 samples/s, and what a foreign key would."""

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from cloud.db.connection import Connection, connect
from cloud.db.local import LocalCluster
from cloud.db.migrate import migrate
from cloud.db.places import make_temporary_home
from cloud.db.rollup import HOUR, drain_late, floor, roll_up
from tests.bench.marks import Figure

PLACES = """
INSERT INTO site (code, name) SELECT 'S' || n, 'site' FROM generate_series(1, 300) AS n;
INSERT INTO box (name, site_id, last_seen_at, online) SELECT code || '-a', id, now(), true FROM site;
INSERT INTO asset (code, box_id, expected_interval_s)
SELECT name || '.x-' || n, id, 60 FROM box, generate_series(1, 10) AS n;
INSERT INTO series (asset_id, quantity) SELECT id, 'q' || n FROM asset, generate_series(1, 10) AS n;
INSERT INTO series_latest SELECT id, now(), 1, now() FROM series;
ANALYZE;
"""
FOUR_MINUTES = (
    "INSERT INTO sample SELECT %s + i * INTERVAL '4 s', i, id FROM series, generate_series(0, 59) AS i ORDER BY id, i"
)
KEYED = """
CREATE TABLE plain (time timestamptz, series_id integer, value float8, UNIQUE (series_id, time));
CREATE TABLE keyed (time timestamptz, series_id integer REFERENCES series, value float8, UNIQUE (series_id, time));
"""
ROWS = "INSERT INTO {} SELECT now() + i * INTERVAL '1 s', id, 1 FROM series, generate_series(1, 15) AS i ORDER BY id, i"


def measure(say: Callable[[str], None]) -> Iterator[Figure]:
    """Give all figures, from a cluster of its own that goes away."""
    say("rollups: 30,000 series, 1.8 M samples")
    with make_temporary_home() as home, LocalCluster(home / "cluster", settings={"fsync": "off"}) as cluster:
        dsn = cluster.create_database("bench", "template0")
        with connect(dsn, "bench", autocommit=True) as connection:
            migrate(connection)
            connection.execute(PLACES)
            yield from _rollups(connection)
            yield from _views(connection)
            yield _foreign_key(connection)


def _rollups(connection: Connection) -> Iterator[Figure]:
    start = floor(datetime.now(UTC), HOUR) - 2 * HOUR
    connection.execute(
        "UPDATE rollup_state "
        "SET complete_until = %(at)s, minutes_until = %(at)s, hours_until = %(at)s, days_until = %(at)s",
        {"at": start},
    )
    connection.execute(FOUR_MINUTES, [start])
    took_s = [_time(partial(_close_minute, connection, start + timedelta(minutes=minute))) for minute in range(1, 6)]
    yield Figure("rollups: closing a minute of 30,000 series", statistics.median(took_s), "s")
    connection.execute("INSERT INTO rollup_late SELECT %s, array_agg(id) FROM series", [start])
    yield Figure("rollups: a late hour of 30,000 series again", _time(partial(drain_late, connection)), "s")


def _close_minute(connection: Connection, until: datetime) -> None:
    roll_up(connection, grace=datetime.now(UTC) - until)


def _views(connection: Connection) -> Iterator[Figure]:
    for view in ("asset_state", "box_state", "site_state", "series_latest"):
        query = f"SELECT count(shown) FROM wall.{view} AS shown"  # noqa: S608 - names above
        yield Figure(f"wall: all of {view}, 30,000 series", _time(partial(_fetch, connection, query)) * 1e3, "ms")


def _foreign_key(connection: Connection) -> Figure:
    connection.execute(KEYED)
    plain_s, keyed_s = (_time(partial(connection.execute, ROWS.format(table))) for table in ("plain", "keyed"))
    return Figure("samples: insert with a foreign key on series, against without", keyed_s / plain_s, "1")


def _fetch(connection: Connection, query: str) -> None:
    connection.execute(query).fetchall()


def _time(work: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    work()
    return time.perf_counter() - began_s
