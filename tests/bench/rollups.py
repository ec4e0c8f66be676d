"""Prints what the rollup job and the wall's views cost for 30,000 series at 7,500 samples/s, and a foreign key.

`python -m tests.bench.rollups`: about a minute; a cluster of its own that goes away.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cloud.db.connection import Connection, connect
from cloud.db.local import LocalCluster
from cloud.db.migrate import migrate
from cloud.db.places import make_temporary_home
from cloud.db.rollup import HOUR, drain_late, floor, roll_up

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


def main() -> None:
    """Print the figures."""
    with make_temporary_home() as home, LocalCluster(home / "cluster", settings={"fsync": "off"}) as cluster:
        dsn = cluster.create_database("bench", "template0")
        with connect(dsn, "bench", autocommit=True) as connection:
            migrate(connection)
            connection.execute(PLACES)
            _measure(connection)


def _measure(connection: Connection) -> None:
    start = floor(datetime.now(UTC), HOUR) - 2 * HOUR
    connection.execute(
        "UPDATE rollup_state "
        "SET complete_until = %(at)s, minutes_until = %(at)s, hours_until = %(at)s, days_until = %(at)s",
        {"at": start},
    )
    _tell("insert of 1.8 M samples", lambda: connection.execute(FOUR_MINUTES, [start]))
    for minute in (1, 2, 3, 4, 5):
        until = start + timedelta(minutes=minute)
        _tell(
            f"pass that closes minute {minute}",
            lambda until=until: roll_up(connection, grace=datetime.now(UTC) - until),
        )  # type: ignore[misc]
    connection.execute("INSERT INTO rollup_late SELECT %s, array_agg(id) FROM series", [start])
    _tell("a late hour of all series", lambda: drain_late(connection))
    for view in ("asset_state", "box_state", "site_state", "series_latest"):
        query = f"SELECT count(shown) FROM wall.{view} AS shown"  # noqa: S608 - names above
        _tell(f"wall.{view}", lambda query=query: connection.execute(query).fetchall())  # type: ignore[misc]
    connection.execute(KEYED)
    for table in ("plain", "keyed"):
        _tell(f"insert of 450,000 rows, {table}", lambda table=table: connection.execute(ROWS.format(table)))  # type: ignore[misc]


def _tell(what: str, work: Callable[[], object]) -> None:
    began_s = time.perf_counter()
    work()
    print(f"{what:40} {time.perf_counter() - began_s:8.3f} s")


if __name__ == "__main__":
    main()
