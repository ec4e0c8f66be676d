"""A query on a MySQL server: Debian's MariaDB, which speaks the same protocol."""

import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pymysql
import pytest
import yaml

from cloud.db.debian import Bundle
from cloud.db.local import find_free_port
from cloud.db.places import make_temporary_home
from cloud.db.prefix import ensure_prefix
from cloud.modules.manifest import Manifest
from cloud.modules.manifest_files import DISTRICTS, read_districts_file
from cloud.modules.run import Occasion, Outcome, run_module
from cloud.modules.sources.visit import Reach
from cloud.modules.store import put_districts
from tests.fix_database import as_role

MARIADB = Bundle("mariadb", ("mariadb-server-core", "mariadb-common", "libc6"), ("usr/sbin/mariadbd",))
START_S = 30.0
_MANIFEST = """
title: {id: Uji, en: Test}
owner: Dinas
contact: bidang
legal_basis: UU
period: month
fresh_for: 40d
dimensions: {district: {title: {id: Kecamatan, en: District}}}
indicators: {births: {title: {id: Lahir, en: Births}, unit: "{person}", dimensions: [district]}}
source:
  kind: sql
  connection: SOURCE_BIRTHS_DSN
  query: QUERY
  timeout_s: 2
  mapping: {true_at: bulan, keys: {district: {column: kecamatan}}, values: {births: lahir}}
"""
_QUERY = "SELECT kecamatan, bulan, lahir FROM rekap WHERE bulan >= coalesce(%(from)s, '2025-02-01')"


@pytest.fixture(scope="module")
def mysql_port() -> Iterator[int]:
    """A server without accounts: whoever comes is let in."""
    prefix = ensure_prefix(MARIADB)
    with make_temporary_home() as home:
        (home / "data").mkdir()
        port = find_free_port()
        own = ["--no-defaults", "--user=root", "--skip-grant-tables", f"--datadir={home}/data", f"--socket={home}/s"]
        place = [f"--port={port}", "--bind-address=127.0.0.1", "--innodb-buffer-pool-size=16M"]
        with (home / "log").open("wb") as log:
            server = subprocess.Popen([str(prefix / "usr/sbin/mariadbd"), *own, *place], stdout=log, stderr=log)
        try:
            _wait_for(port, server, home)
            yield port
        finally:
            server.terminate()
            server.wait(30)


def _wait_for(port: int, server: "subprocess.Popen[bytes]", home: Any) -> None:
    deadline_s = time.monotonic() + START_S
    while True:
        try:
            pymysql.connect(host="127.0.0.1", port=port, user="root").close()
        except pymysql.Error:
            assert server.poll() is None, (home / "log").read_text()
            assert time.monotonic() < deadline_s, (home / "log").read_text()
            time.sleep(0.1)
        else:
            return


@pytest.fixture
def visit(database: str, mysql_port: int) -> Iterator[Callable[..., Outcome]]:
    """Run the module once with a query on a database of this test's own."""
    name = f"dukcapil_{uuid4().hex[:8]}"
    with pymysql.connect(host="127.0.0.1", port=mysql_port, user="root", autocommit=True) as there:
        with there.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
            cursor.execute(f"USE {name}")
            cursor.execute("CREATE TABLE rekap (kecamatan varchar(40), bulan date, lahir decimal(9, 1))")
            cursor.execute("INSERT INTO rekap VALUES ('Bangil', '2025-01-01', 40), ('Pandaan', '2025-02-01', 30.5)")
        with psycopg.connect(as_role(database, "modules"), autocommit=True) as connection:
            put_districts(connection, iter(read_districts_file(DISTRICTS)))

            def once(query: str = _QUERY, since: str = "", port: int = mysql_port) -> Outcome:
                plain = yaml.safe_load(_MANIFEST)
                plain["source"]["query"] = query
                manifest = Manifest.model_validate(plain)
                url = f"mysql://root:rahasia@127.0.0.1:{port}/{name}"
                occasion = Occasion("backfill", since=since, until="2025-12-31") if since else Occasion("person")
                return run_module(
                    connection, "births", manifest, Reach(environment={"SOURCE_BIRTHS_DSN": url}), occasion
                )

            yield once
        with there.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM rekap")
            assert cursor.fetchone() == (2,)


def _shown(database: str) -> dict[str, float]:
    with psycopg.connect(database) as connection:
        return dict(connection.execute("SELECT district, value FROM wall.module_figure").fetchall())


def test_query_when_run_and_backfilled_on_mysql_then_takes_its_days(database, visit):
    assert visit().good
    assert _shown(database) == {"Pandaan": 30.5}
    assert visit(since="2025-01-01").good
    assert _shown(database) == {"Pandaan": 30.5, "Bangil": 40.0}


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT kecamatan, bulan, anak FROM rekap", "refuses the query"),
        ("SELECT 1; DELETE FROM rekap", "refuses the query"),
        ("WITH x AS (SELECT 1) DELETE FROM rekap", "refuses the query"),
        ("SELECT kecamatan, bulan, lahir, sleep(9) FROM rekap", "does not answer"),
        ("SELECT kecamatan, bulan FROM rekap", "missing: lahir"),
    ],
)
def test_query_when_it_writes_or_fails_on_mysql_then_nothing_is_stored(database, visit, query, says):
    outcome = visit(query)
    assert not outcome.good
    assert says in outcome.text_en
    assert _shown(database) == {}


def test_query_when_mysql_is_away_then_says_so_without_its_password(visit):
    outcome = visit(port=9)
    assert (outcome.good, "does not answer" in outcome.text_en) == (False, True)
    assert "rahasia" not in outcome.text_en + outcome.text_id
