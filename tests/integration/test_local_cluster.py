"""A local TimescaleDB starts fast, keeps what was committed, and never outlives its owner."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cloud.db.errors import Unavailable
from cloud.db.local import LocalCluster
from cloud.db.places import make_temporary_home

SMALL = {"shared_buffers": "64MB"}

OWNER = """
import sys, time
from pathlib import Path
from cloud.db.local import LocalCluster
cluster = LocalCluster(Path(sys.argv[1]), settings={"shared_buffers": "64MB"})
cluster.start()
print(cluster.dsn("postgres"), flush=True)
time.sleep(600)
"""


@pytest.fixture
def home() -> Iterator[Path]:
    with make_temporary_home() as home:
        yield home


@pytest.fixture
def own_cluster(home: Path) -> Iterator[LocalCluster]:
    with LocalCluster(home / "cluster", settings=SMALL) as cluster:
        yield cluster


def ask(dsn: str, query: str) -> object:
    with psycopg.connect(dsn, autocommit=True) as connection:
        answer = connection.execute(query)  # type: ignore[arg-type]
        row = answer.fetchone() if answer.description else None
        return row[0] if row else None


def postmaster_pid(directory: Path) -> int:
    return int((directory / "data" / "postmaster.pid").read_text().splitlines()[0])


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_cluster_when_started_then_has_timescaledb(blank_database: str) -> None:
    ask(blank_database, "CREATE TABLE sample (time timestamptz NOT NULL, value float8)")
    ask(blank_database, "SELECT create_hypertable('sample', 'time')")
    ask(blank_database, "INSERT INTO sample VALUES (now(), 2.41)")
    assert ask(blank_database, "SELECT time_bucket('1 day', time) IS NOT NULL FROM sample") is True


def test_cluster_when_started_by_root_then_the_server_is_not_root(cluster: LocalCluster) -> None:
    assert Path(f"/proc/{postmaster_pid(cluster.directory)}").stat().st_uid != 0 or os.geteuid() != 0


def test_cluster_when_reached_over_tcp_then_wants_the_password(cluster: LocalCluster) -> None:
    assert ask(cluster.dsn("postgres", tcp=True), "SELECT 1") == 1
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"host=127.0.0.1 port={cluster.port} dbname=postgres user=satulayar password=guess")


def test_cluster_when_made_then_others_cannot_enter(cluster: LocalCluster) -> None:
    assert stat.S_IMODE(cluster.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((cluster.directory / "password").stat().st_mode) == 0o600


def test_databases_when_copied_from_a_template_then_do_not_share_rows(
    cluster: LocalCluster, blank_template: str
) -> None:
    dsns = [cluster.create_database(name, blank_template) for name in ("copy_1", "copy_2")]
    ask(dsns[0], "CREATE TABLE t ()")
    assert ask(dsns[1], "SELECT to_regclass('t')::text") is None
    for name in ("copy_1", "copy_2"):
        cluster.drop_database(name)


def test_cluster_when_started_again_then_continues(home: Path) -> None:
    for expected in (None, "t"):
        with LocalCluster(home / "cluster", settings=SMALL) as cluster:
            assert ask(cluster.dsn("postgres"), "SELECT to_regclass('t')::text") == expected
            ask(cluster.dsn("postgres"), "CREATE TABLE IF NOT EXISTS t ()")


def test_cluster_when_killed_then_all_its_processes_are_gone(own_cluster: LocalCluster) -> None:
    pid = postmaster_pid(own_cluster.directory)
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own_cluster.kill()
    assert children
    assert not any(is_alive(int(child)) for child in [pid, *children])


def test_cluster_when_killed_then_what_was_committed_is_there(own_cluster: LocalCluster) -> None:
    dsn = own_cluster.dsn("postgres")
    ask(dsn, "CREATE TABLE t AS SELECT 7 AS n")
    own_cluster.kill()
    own_cluster.start()
    assert ask(dsn, "SELECT n FROM t") == 7


def test_cluster_when_killed_under_load_then_starts_again(own_cluster: LocalCluster) -> None:
    dsn = own_cluster.dsn("postgres")
    busy = psycopg.pq.PGconn.connect(dsn.encode())
    busy.send_query(b"SELECT count(*) FROM generate_series(1, 1000000000)")
    own_cluster.kill()
    own_cluster.start()
    busy.finish()
    assert ask(dsn, "SELECT 1") == 1


def test_cluster_when_restarted_then_keeps_its_port(own_cluster: LocalCluster) -> None:
    dsn = own_cluster.dsn("postgres", tcp=True)
    own_cluster.restart()
    assert ask(dsn, "SELECT 1") == 1


def test_cluster_when_its_directory_is_in_use_then_says_so(
    own_cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.db.server.LOCK_TIMEOUT_S", 0.2)
    with pytest.raises(Unavailable, match="another postgres runs in"):
        LocalCluster(own_cluster.directory, settings=SMALL).start()


def test_cluster_when_a_setting_is_wrong_then_the_log_is_in_the_error(home: Path) -> None:
    with pytest.raises(Unavailable, match="no_such_setting"):
        LocalCluster(home / "cluster", settings={"no_such_setting": "1"}).start()


def test_cluster_when_its_path_is_too_long_for_a_socket_then_works(home: Path) -> None:
    directory = home / ("deep-" * 18) / "cluster"
    directory.parent.mkdir(mode=0o755)
    with LocalCluster(directory, settings=SMALL) as cluster:
        assert ask(cluster.dsn("postgres"), "SELECT 1") == 1


def test_cluster_when_making_it_was_interrupted_then_is_made_again(home: Path) -> None:
    half_made = home / "cluster" / "data.building"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("17")
    with LocalCluster(home / "cluster", settings=SMALL) as cluster:
        assert ask(cluster.dsn("postgres"), "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that the server's user cannot reach")
def test_cluster_when_its_directory_is_out_of_reach_then_another_stands_in(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    first, second = LocalCluster(closed / "cluster"), LocalCluster(closed / "cluster")
    assert not first.directory.is_relative_to(closed)
    assert first.directory == second.directory
    first.directory.parent.rmdir()


@pytest.mark.parametrize("deadly", [signal.SIGKILL, signal.SIGTERM])
def test_cluster_when_its_owner_is_killed_then_stops_cleanly(deadly: signal.Signals, home: Path) -> None:
    directory = home / "cluster"
    with subprocess.Popen([sys.executable, "-c", OWNER, str(directory)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        dsn = owner.stdout.readline().strip()
        ask(dsn, "CREATE TABLE t ()")
        pid = postmaster_pid(directory)
        owner.send_signal(deadly)
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(pid)
    assert "database system is shut down" in (directory / "postgres.log").read_text()
    with LocalCluster(directory, settings=SMALL) as again:
        assert ask(again.dsn("postgres"), "SELECT to_regclass('t')::text") == "t"


def test_cluster_when_its_supervisor_is_killed_then_stops_too(home: Path) -> None:
    cluster = LocalCluster(home / "cluster", settings=SMALL)
    cluster.start()
    pid = postmaster_pid(cluster.directory)
    supervisor = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(supervisor, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(pid)
    cluster.stop()
