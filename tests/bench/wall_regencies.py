"""The two regencies that the wall is measured on, built once and kept where somebody asks for that.

`SATULAYAR_BENCH_WALL_KEEP=FOLDER` keeps the cluster in FOLDER (9 GB): the next run brings it up to now instead of
building it anew (20 minutes on 2 cores). It is built again by itself when what builds it has changed.
`SATULAYAR_BENCH_WALL_SHARE` (default 12): hours of every so manieth asset.
"""

import hashlib
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

import tests.wall_regency
import tests.wall_services
from cloud.db.connection import Connection, connect
from cloud.db.local import LocalCluster
from cloud.db.migrate import migrate
from cloud.db.places import make_temporary_home
from cloud.db.wall import make_totals, pulse
from tests.bench.marks import Figure
from tests.wall_regency import Size, build, come_to_now

SHARE = int(os.environ.get("SATULAYAR_BENCH_WALL_SHARE", "12"))
KEEP = "SATULAYAR_BENCH_WALL_KEEP"
_HISTORY = {"hours_d": 365.0, "minutes_d": 90.0, "raw_d": 2.0}
_SHARES = {"hours_one_in": SHARE, "minutes_one_in": SHARE * 20, "raw_one_in": SHARE * 20}
FULL = Size(junctions=200, cameras=2_200, lamps=5_000, gauges=20, figure_every_h=1, **_HISTORY, **_SHARES)  # type: ignore[arg-type]
TENTH = Size(junctions=20, cameras=220, lamps=500, gauges=2, figure_every_h=10, **_HISTORY, **_SHARES)  # type: ignore[arg-type]
SIZES = {"tenth": TENTH, "full": FULL}
# A mid-sized server's memory for PostgreSQL; warm means that what panels read lies in it.
SETTINGS = {
    "fsync": "off",
    "shared_buffers": "2GB",
    "max_wal_size": "8GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
Say = Callable[[str], None]


@contextmanager
def cluster_of_bench() -> Iterator[LocalCluster]:
    """Start the cluster: a kept one, or one that goes away."""
    kept = os.environ.get(KEEP)
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        with LocalCluster(Path(kept) / "cluster", settings=SETTINGS) as cluster:
            yield cluster
    else:
        with make_temporary_home() as home, LocalCluster(home / "cluster", settings=SETTINGS) as cluster:
            yield cluster


def prepare(cluster: LocalCluster, name: str, say: Say) -> Iterator[Figure]:
    """Make one of the two, or bring the kept one up to now; give what that took, and what the job then costs."""
    size = SIZES[name]
    began_s = time.monotonic()
    made = not _is_kept(cluster, name, size)
    if made:
        cluster.drop_database(name)
        cluster.create_database(name, "template0")
    with connect(cluster.dsn(name), "bench", autocommit=True) as owner:
        migrate(owner)
        if made:
            build(owner, size, lambda line: say(f"{name}: {line}"))
            owner.execute("VACUUM")  # as autovacuum would have in a year
            _sign(owner, name, size)
        else:
            say(f"{name}: kept; bringing it up to now")
            come_to_now(owner, size)
        done = "building it" if made else "bringing it up to now"
        yield Figure(f"wall, {name}: {done}", time.monotonic() - began_s, "s")
        yield from _job_figures(owner, name)


def _job_figures(owner: Connection, name: str) -> Iterator[Figure]:
    row = owner.execute("SELECT pg_database_size(current_database()) / 1e9").fetchone()
    yield Figure(f"wall, {name}: database", float(row[0]) if row else 0.0, "GB")
    pulse(owner)
    yield Figure(f"wall, {name}: a pulse", 1e3 * statistics.median(pulse(owner) for _ in range(5)), "ms")
    began_s = time.monotonic()
    make_totals(owner)
    yield Figure(f"wall, {name}: totals", time.monotonic() - began_s, "s")


def _is_kept(cluster: LocalCluster, name: str, size: Size) -> bool:
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        found = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
    return found == (_signature(size),)


def _sign(owner: Connection, name: str, size: Size) -> None:
    """Write down what it was built by, once it is whole."""
    owner.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(_signature(size))))


def _signature(size: Size) -> str:
    builders = [Path(str(module.__file__)) for module in (tests.wall_regency, tests.wall_services)]
    text = "".join(path.read_text() for path in (*builders, builders[0].with_suffix(".sql")))
    return hashlib.sha256((text + repr(size)).encode()).hexdigest()
