"""Sources other than HTTP against real ones: a folder, another database, samples of assets; and the shipped modules."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict

from cloud.db.local import LocalCluster
from cloud.modules.manifest import Manifest
from cloud.modules.manifest_files import DISTRICTS, SHIPPED, find_modules, read_districts_file
from cloud.modules.run import Occasion, Outcome, run_folder, run_module
from cloud.modules.schedule import Scheduler
from cloud.modules.settings import ModulesSettings
from cloud.modules.sources.folder import SETTLED_S
from cloud.modules.sources.visit import Reach
from cloud.modules.store import put_districts
from simulators.services.aid import write_workbooks
from simulators.services.registry import write_registry
from simulators.services.server import COMPLAINTS_TOKEN, ServiceServer, local_now
from tests.fix_database import add_asset, add_box, add_series, as_role, set_latest

_HEAD = """
title: {id: Uji, en: Test}
owner: Dinas
contact: bidang
legal_basis: UU
period: PERIOD
fresh_for: 30m
dimensions: {district: {title: {id: Kecamatan, en: District}}}
"""
_TABLE = (
    _HEAD.replace("PERIOD", "month")
    + """
indicators: {births: {title: {id: Lahir, en: Births}, unit: "{person}", dimensions: [district]}}
source:
  kind: folder
  pattern: "*.csv"
  mapping: {true_at: Bulan, keys: {district: {column: Kecamatan}}, values: {births: Lahir}}
"""
)
_COMPUTED = (
    _HEAD.replace("PERIOD", "instant")
    + """
indicators:
  circuits: {title: {id: Sirkuit, en: Circuits}, unit: "{circuit}", dimensions: [district]}
  faulty: {title: {id: Rusak, en: Faulty}, unit: "{circuit}", dimensions: [district]}
  share: {title: {id: Bagian, en: Share}, unit: "%", dimensions: [district], across: mean}
source:
  kind: computed
  values:
    circuits: {quantity: lamp_fault, asset_kind: lamp_panel, reduce: count}
    faulty: {quantity: lamp_fault, asset_kind: lamp_panel, reduce: sum}
    share: {of: faulty, over: circuits}
"""
)
Run = Callable[..., Outcome]
PERSON = Occasion("person")


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(as_role(database, "modules"), autocommit=True) as line:
        put_districts(line, iter(read_districts_file(DISTRICTS)))
        yield line


def _manifest(text: str, **source: Any) -> Manifest:
    plain = yaml.safe_load(text)
    plain["source"] = source or plain["source"]
    return Manifest.model_validate(plain)


def _shown(connection: psycopg.Connection[Any], indicator: str) -> dict[str, Any]:
    query = """SELECT cell.keys[1], value FROM indicator_value JOIN indicator_cell AS cell ON cell.id = cell_id
        JOIN indicator ON indicator.id = indicator_id
        WHERE indicator.name = %s AND known_until IS NULL ORDER BY true_at"""
    return dict(connection.execute(query, [indicator]).fetchall())


def _put(folder: Path, name: str, *rows: str, settled: bool = True) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("\n".join(["Bulan;Kecamatan;Lahir", *rows]), encoding="utf-8")
    if settled:
        then = time.time() - SETTLED_S - 1
        os.utime(path, (then, then))
    return path


def test_folder_when_files_are_put_into_it_then_each_is_read_once_in_order_and_a_wrong_one_stops_no_other(
    connection, tmp_path
):
    reach, manifest = Reach(drop_folder=tmp_path), _manifest(_TABLE)
    folder = tmp_path / "births"
    _put(folder, "2025-01.csv", "Januari 2025;Bangil;40", "Januari 2025;Pandaan;30")
    _put(folder, "2025-02.csv", "Februari 2025;Bangil;41", "Februari 2025;Pandaan")
    _put(folder, "2025-03.csv", "Maret 2025;Bangil;42", "JUMLAH;;42")
    _put(folder, "2025-04.csv", "April 2025;Bangil;43", settled=False)  # somebody still writes to it
    run_folder(connection, "births", manifest, reach)
    assert _shown(connection, "births") == {"35.14.14": 42.0, "35.14.11": 30.0}
    states = "SELECT state, fault_en FROM module_run ORDER BY id"
    first, second, third = connection.execute(states).fetchall()
    assert (first[0], second[0], third[0]) == ("done", "failed", "done")
    assert "cut off" in second[1]
    run_folder(connection, "births", manifest, reach)
    assert len(connection.execute(states).fetchall()) == 3
    _put(folder, "2025-02.csv", "Februari 2025;Bangil;41", "Februari 2025;Pandaan;31")
    run_folder(connection, "births", manifest, reach)
    assert _shown(connection, "births")["35.14.11"] == 31.0


def test_folder_when_a_files_name_is_no_utf8_then_is_read_once_like_the_others(connection, tmp_path):
    reach, manifest = Reach(drop_folder=tmp_path), _manifest(_TABLE)
    _put(tmp_path / "births", os.fsdecode(b"a-caf\xe9.csv"), "Januari 2025;Bangil;40")
    _put(tmp_path / "births", "b.csv", "Januari 2025;Pandaan;30")
    for _ in range(2):
        run_folder(connection, "births", manifest, reach)
    assert _shown(connection, "births") == {"35.14.14": 40.0, "35.14.11": 30.0}
    assert connection.execute("SELECT count(*) FROM module_run").fetchone() == (2,)


def test_folder_when_watched_then_a_file_is_read_without_anybody_asking(database, connection, tmp_path):
    modules, drop = tmp_path / "modules", tmp_path / "drop"
    (modules / "births").mkdir(parents=True)
    (modules / "births" / "module.yaml").write_text(_TABLE, encoding="utf-8")
    settings = ModulesSettings(dsn=as_role(database, "modules"), folders=[modules], drop_folder=drop)
    scheduler = Scheduler(settings)
    thread = threading.Thread(target=scheduler.work)
    thread.start()
    try:
        _wait((drop / "births").is_dir)
        _put(drop / "births", "a.csv", "Januari 2025;Bangil;40")
        _wait(lambda: _shown(connection, "births") == {"35.14.14": 40.0})
    finally:
        scheduler.stop()
        thread.join()


def _wait(happened: Callable[[], bool], timeout_s: float = 30.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_folder_when_it_holds_a_link_to_elsewhere_then_the_link_is_not_followed(connection, tmp_path):
    secret = _put(tmp_path / "elsewhere", "secret.csv", "Januari 2025;Bangil;40")
    (tmp_path / "births").mkdir()
    (tmp_path / "births" / "a.csv").symlink_to(secret)
    run_folder(connection, "births", _manifest(_TABLE), Reach(drop_folder=tmp_path))
    assert connection.execute("SELECT count(*) FROM module_run").fetchone() == (0,)


def _sql(query: str) -> dict[str, Any]:
    mapping = {"true_at": "bulan", "keys": {"district": {"column": "kecamatan"}}, "values": {"births": "lahir"}}
    return {"kind": "sql", "connection": "SOURCE_BIRTHS_DSN", "query": query, "mapping": mapping, "timeout_s": 2}


@pytest.fixture
def visit_sql(connection, database: str) -> Run:
    """Query the test's own database as another one, by a role that might write."""
    parts = conninfo_to_dict(database)
    url = f"postgresql://satulayar@/{parts['dbname']}?host={parts['host']}&port={parts['port']}"
    with psycopg.connect(database, autocommit=True) as other:
        other.execute("CREATE TABLE rekap (kecamatan text, bulan date, lahir int)")
        other.execute("INSERT INTO rekap VALUES ('Bangil', '2025-01-01', 40), ('Pandaan', '2025-02-01', 30)")

    def once(query: str, occasion: Occasion = PERSON, url: str = url) -> Outcome:
        reach = Reach(environment={"SOURCE_BIRTHS_DSN": url})
        return run_module(connection, "births", _manifest(_TABLE, **_sql(query)), reach, occasion)

    return once


_QUERY = "SELECT kecamatan, bulan, lahir FROM rekap WHERE bulan >= coalesce(%(from)s::date, '2025-02-01')"


def test_query_when_run_and_backfilled_then_takes_its_days(connection, visit_sql):
    assert visit_sql(_QUERY).good
    assert _shown(connection, "births") == {"35.14.11": 30.0}
    assert visit_sql(_QUERY, Occasion("backfill", since="2025-01-01", until="2025-12-31")).good
    assert _shown(connection, "births") == {"35.14.11": 30.0, "35.14.14": 40.0}


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT kecamatan, bulan, anak FROM rekap", "refuses the query"),
        ("WITH gone AS (DELETE FROM rekap RETURNING *) SELECT * FROM gone", "refuses the query"),
        ("SELECT 1; DELETE FROM rekap", "refuses the query"),
        ("SELECT kecamatan, bulan, lahir, pg_sleep(9) FROM rekap", "does not answer"),
        ("SELECT kecamatan, bulan FROM rekap", "missing: lahir"),
        ("SELECT kecamatan, bulan, lahir, '3514144101900001' AS kolom FROM rekap", "citizen number"),
    ],
)
def test_query_when_it_writes_or_fails_then_nothing_is_stored_and_the_other_database_stays(
    connection, database, visit_sql, query, says
):
    outcome = visit_sql(query)
    assert not outcome.good
    assert says in outcome.text_en
    assert "3514144101900001" not in outcome.text_en
    assert _shown(connection, "births") == {}
    with psycopg.connect(database) as other:
        assert other.execute("SELECT count(*) FROM rekap").fetchone() == (2,)


def test_query_when_the_other_database_is_away_then_says_so_without_its_password(visit_sql):
    outcome = visit_sql(_QUERY, url="postgresql://ani:rahasia@127.0.0.1:9/x")
    assert not outcome.good
    assert "does not answer" in outcome.text_en
    assert "rahasia" not in outcome.text_en + outcome.text_id


def _lamps(owner: psycopg.Connection[Any]) -> None:
    """Three panels: two of them heard of in Pandaan, one in Bangil; one more is silent since an hour."""
    ids = {}
    for site, district in (("TD-01", "Pandaan"), ("BGL-01", "Bangil")):
        box = add_box(owner, site, f"{site}-a")
        owner.execute("UPDATE site SET district = %s WHERE code = %s", [district, site])
        ids[site] = box
    for code, site, value, minutes in (
        ("TD-01.lamp-1", "TD-01", 1, 1), ("TD-01.lamp-2", "TD-01", 0, 2), ("TD-01.lamp-3", "TD-01", 1, 60),
        ("BGL-01.lamp-1", "BGL-01", 0, 3),
    ):  # fmt: skip
        (series,) = add_series(owner, add_asset(owner, ids[site], code), ["lamp_fault"], "1")
        set_latest(owner, series, value, timedelta(minutes=minutes))


def test_computed_when_samples_are_fresh_then_counts_them_by_district_and_leaves_silence_out(connection, owner):
    _lamps(owner)
    outcome = run_module(connection, "lighting", _manifest(_COMPUTED), Reach(), Occasion("person"))
    assert outcome.good, outcome.text_en
    assert _shown(connection, "circuits") == {"35.14.11": 2.0, "35.14.14": 1.0}
    assert _shown(connection, "faulty") == {"35.14.11": 1.0, "35.14.14": 0.0}
    assert _shown(connection, "share") == {"35.14.11": 50.0, "35.14.14": 0.0}
    ages = "SELECT max(age_s) BETWEEN 170 AND 300 FROM wall.module_figure WHERE district_code = '35.14.14'"
    assert owner.execute(ages).fetchone() == (True,)  # as old as the sample, not as the visit


def test_computed_when_for_the_whole_regency_then_is_one_figure(connection, owner):
    _lamps(owner)
    plain = yaml.safe_load(_COMPUTED)
    plain["dimensions"] = {}
    for indicator in plain["indicators"].values():
        indicator["dimensions"] = []
    outcome = run_module(connection, "lighting", Manifest.model_validate(plain), Reach(), PERSON)
    assert outcome.good, outcome.text_en
    shown = owner.execute("SELECT indicator, value FROM wall.module_figure ORDER BY 1").fetchall()
    assert shown == [("circuits", 3.0), ("faulty", 1.0), ("share", pytest.approx(100 / 3))]


def test_computed_when_everything_is_silent_then_the_run_fails_and_what_was_shown_stays(connection, owner):
    _lamps(owner)
    assert run_module(connection, "lighting", _manifest(_COMPUTED), Reach(), Occasion("person")).good
    owner.execute("UPDATE series_latest SET time = now() - interval '1 day'")
    outcome = run_module(connection, "lighting", _manifest(_COMPUTED), Reach(), Occasion("person"))
    assert (outcome.good, "No fresh samples" in outcome.text_en) == (False, True)
    assert _shown(connection, "circuits") == {"35.14.11": 2.0, "35.14.14": 1.0}


def test_shipped_modules_when_their_simulated_sources_serve_then_all_become_figures_with_nothing_refused(
    connection, owner, cluster: LocalCluster, database, tmp_path
):
    today = local_now().date()
    write_workbooks(tmp_path / "social_aid", today)
    for path in (tmp_path / "social_aid").iterdir():
        os.utime(path, (0, 0))
    write_registry(database, today)
    _lamps(owner)
    owner.execute("UPDATE asset SET kind = 'lamp_circuit'")
    for quantity in ("commanded_on", "current"):
        for (asset,) in owner.execute("SELECT id FROM asset").fetchall():
            set_latest(owner, add_series(owner, asset, [quantity])[0], 1)
    parts = conninfo_to_dict(database)
    with ServiceServer() as server:
        environment = {f"SOURCE_{name}_URL": server.url for name in ("HOSPITAL_BEDS", "REVENUE", "COMPLAINTS")} | {
            "SOURCE_COMPLAINTS_TOKEN": COMPLAINTS_TOKEN,
            "SOURCE_POPULATION_DSN": f"postgresql://modules@/{parts['dbname']}?host={parts['host']}&port={parts['port']}",
        }
        reach = Reach(frozenset({"127.0.0.1"}), tmp_path, environment)
        found = {module.name: module.manifest for module in find_modules([SHIPPED])}
        assert len(found) == 7
        for name, manifest in found.items():
            assert manifest is not None
            if name != "flood_posts":  # pushed: tests/integration/test_api_modules.py
                outcome = run_module(connection, name, manifest, reach, PERSON)
                assert outcome.good, (name, outcome.text_en)
                assert (name, outcome.report.rejected, outcome.held) == (name, 0, 0)
    shown = owner.execute(
        """SELECT module, count(*), bool_or(stale) FROM wall.module_figure
        WHERE module <> 'social_aid' GROUP BY 1 ORDER BY 1"""
    ).fetchall()
    assert shown == [
        ("complaints", 64, False),
        ("hospital_beds", 28, False),
        ("population", 120, False),
        ("revenue", 72, False),
        ("street_lighting", 10, False),
    ]
    of_bangil = owner.execute(
        "SELECT count(DISTINCT module) FROM wall.district_figure WHERE district = 'Bangil'"
    ).fetchone()
    assert of_bangil == (4,)
    target = "SELECT value < target FROM wall.indicator WHERE indicator = 'revenue_year'"
    assert owner.execute(target).fetchone() == (True,)
