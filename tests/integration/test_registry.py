"""Registering a regency from its file, and retention."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from cloud.db.connection import Connection
from cloud.db.errors import Misconfigured
from cloud.db.registry import register
from cloud.db.registry_file import Registry, read_registry
from cloud.db.retention import forget_old
from cloud.db.rollup import read_state
from cloud.db.settings import DbSettings
from tests.fix_database import add_asset, add_box, add_series, set_latest

FILE = """
sites:
  - code: TD-01
    name: Simpang Taman Dayu
    district: Pandaan
    latitude: -7.66
    longitude: 112.68
    boxes:
      - name: TD-01-a
        assets:
          - {code: TD-01.lamp-1, kind: lamp_panel, name: Panel 1, expected_interval_s: 60}
          - {code: TD-01.det-1}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "regency.yaml"
    path.write_text(text)
    return path


def counts(connection: Connection, path: Path) -> list[tuple[int, int]]:
    return [(done.new, done.changed) for done in register(connection, read_registry(path))]


def test_load_when_done_twice_then_changes_nothing_the_second_time(owner: Connection, tmp_path: Path) -> None:
    path = write(tmp_path, FILE)
    assert counts(owner, path) == [(1, 0), (1, 0), (3, 0)]
    assert counts(owner, path) == [(0, 0), (0, 0), (0, 0)]
    states = owner.execute("SELECT asset, kind, expected_interval_s, state FROM wall.asset_state ORDER BY asset")
    assert states.fetchall() == [
        ("TD-01-a", "box", 60.0, "never"),
        ("TD-01.det-1", "unknown", 300.0, "never"),
        ("TD-01.lamp-1", "lamp_panel", 60.0, "never"),
    ]


JUNCTION = """
    junction:
      controller: TD-01.det-1
      authority: province
      corridor: {name: surabaya-malang, position: 3, phase: 2}
      limits: {operator: {extra_green_s: 20, duration_s: 1800}}
      phases:
        - {phase: 2, name: Dari Surabaya, ring: 1, barrier: 1, saturation_per_h: 3600, detectors: [TD-01.det-1]}
corridors: [{name: surabaya-malang, title: Surabaya-Malang}]
"""


def test_load_when_a_site_has_a_junction_then_registers_it_once_and_corrects_it(
    owner: Connection, tmp_path: Path
) -> None:
    path = write(tmp_path, FILE + JUNCTION)
    assert counts(owner, path)[3:] == [(1, 0), (1, 0), (1, 0), (1, 0)]
    assert counts(owner, path)[3:] == [(0, 0)] * 4
    path = write(tmp_path, FILE + JUNCTION.replace("province", "regency").replace("1800", "900"))
    assert counts(owner, path)[3:] == [(0, 0), (0, 1), (0, 0), (0, 1)]
    row = owner.execute("SELECT site, authority, controller, corridor, box_state FROM wall.junction").fetchone()
    assert row == ("TD-01", "regency", "TD-01.det-1", "surabaya-malang", "never")


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (JUNCTION.replace("controller: TD-01.det-1", "controller: TD-01.signal-9"), "is no asset of a box at TD-01"),
        (JUNCTION.replace("phase: 2}", "phase: 4}"), "phase 4 is not among the phases"),
        (JUNCTION.replace("[{name: surabaya-malang", "[{name: other"), "surabaya-malang is not in the list"),
    ],
)
def test_load_when_a_junction_is_wrong_then_says_what(tmp_path: Path, wrong: str, complaint: str) -> None:
    with pytest.raises(Misconfigured, match=complaint):
        read_registry(write(tmp_path, FILE + wrong))


def test_load_when_a_line_is_corrected_then_changes_that_row_only(owner: Connection, tmp_path: Path) -> None:
    counts(owner, write(tmp_path, FILE))
    assert counts(owner, write(tmp_path, FILE.replace("Panel 1", "Panel satu"))) == [(0, 0), (0, 0), (0, 1)]


def test_load_when_the_ingester_registered_the_asset_before_then_completes_it(
    owner: Connection, tmp_path: Path
) -> None:
    counts(owner, write(tmp_path, FILE))
    owner.execute("INSERT INTO asset (code, box_id) SELECT 'TD-01.lamp-9', id FROM box")
    path = write(tmp_path, FILE + "          - {code: TD-01.lamp-9, kind: lamp_panel}\n")
    assert counts(owner, path)[2] == (0, 1)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("latitude: -7.66", "latitude: -97", r"sites\[TD-01\]\.latitude"),
        ("latitude", "lattitude", r"sites\[TD-01\]\.lattitude: Extra inputs"),
        ("TD-01.lamp-1", "TD-02.lamp-1", "must begin with TD-01."),
        ("name: TD-01-a", "name: TD-02-a", "must begin with TD-01-"),
        ("TD-01.det-1", "TD-01.lamp-1", "named more than once: TD-01.lamp-1"),
        ("expected_interval_s: 60", "expected_interval_s: 0", r"assets\[TD-01\.lamp-1\]\.expected_interval_s"),
        ("sites:", "sites: [", "is not YAML"),
        (FILE, "", "the file: "),
    ],
)
def test_load_when_the_file_is_wrong_then_says_where(tmp_path: Path, before: str, after: str, told: str) -> None:
    path = write(tmp_path, FILE.replace(before, after))
    with pytest.raises(Misconfigured, match=told) as caught:
        read_registry(path)
    assert str(path) in str(caught.value)


def test_load_when_there_is_no_file_then_says_so(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_registry(tmp_path / "none.yaml")


CLOSED = """
WITH made AS (
    INSERT INTO incident (
        id, kind, key, category, agency, severity, priority, title_id, title_en, happened_at, last_seen_at, state,
        closed_at
    ) VALUES (
        gen_random_uuid(), 'call', %(key)s, 'road', 'transport', 'minor', 3, 'x', 'x', now(), now(),
        CASE WHEN %(closed_d)s::integer IS NULL THEN 'open' ELSE 'closed' END, now() - %(closed_d)s * INTERVAL '1 day'
    ) RETURNING id
), logged AS (
    INSERT INTO incident_log (incident_id, actor, action) SELECT id, 'satulayar', 'opened' FROM made
    RETURNING id, incident_id
), told AS (
    INSERT INTO notification (log_id, incident_id, owner, address, language, urgent, next_at)
    SELECT id, incident_id, 'role:operator', 'x://', 'id', true, now() FROM logged
)
INSERT INTO incident_photo (id, incident_id, account, taken_at, sent_sha256, sha256, content, thumbnail)
SELECT gen_random_uuid(), id, 'sari', now(), sha256('x'), sha256('x'), 'x', 'x' FROM made
"""


def ages_d(connection: Connection, relation: str, column: str) -> list[int]:
    age_d = f"round(extract(EPOCH FROM now() - {column}) / 86400)::int"
    rows = connection.execute(f"SELECT {age_d} FROM {relation} ORDER BY 1")  # noqa: S608 - names below
    return [row[0] for row in rows]


def test_retention_when_it_runs_then_drops_each_level_by_its_own_age(owner: Connection) -> None:
    for days in (1, 30, 100, 800):
        at = datetime.now(UTC) - timedelta(days=days)
        owner.execute("INSERT INTO sample VALUES (%s, 1, 1)", [at])
        owner.execute("INSERT INTO sample_text VALUES (%s, 1, 'x')", [at])
        for relation in ("sample_1m", "sample_1h", "sample_1d"):
            owner.execute(f"INSERT INTO {relation} VALUES (%s, 1, 1, 1, 1, 1, 1)", [at])  # noqa: S608 - names above
        owner.execute("INSERT INTO rejected_message (received_at, topic, reason) VALUES (%s, 't', 'r')", [at])
    forget_old(owner, DbSettings(raw_retention_d=15, rejected_retention_d=20))
    assert ages_d(owner, "sample", "time") == ages_d(owner, "sample_text", "time") == [1]
    assert ages_d(owner, "sample_1m", "bucket") == [1, 30, 100]
    assert ages_d(owner, "sample_1h", "bucket") == ages_d(owner, "sample_1d", "bucket") == [1, 30, 100, 800]
    assert ages_d(owner, "rejected_message", "received_at") == [1]


def test_retention_when_it_has_dropped_then_says_from_when_on_samples_are_whole(owner: Connection) -> None:
    now = datetime.now(UTC)
    forget_old(owner, DbSettings(), now)
    forget_old(owner, DbSettings(raw_retention_d=300), now)  # kept longer from now on does not bring back what is gone
    state = read_state(owner)
    assert timedelta(0) <= state.raw_from - (now - timedelta(days=90)) <= timedelta(hours=1)


def test_retention_when_evidence_is_old_or_too_much_then_the_oldest_goes(owner: Connection) -> None:
    box = add_box(owner)
    for age_d in (100, 50, 20, 1):
        owner.execute(
            "INSERT INTO media (event_id, box_id, content_type, sha256, content, received_at) "
            "VALUES (gen_random_uuid(), %s, 'image/jpeg', sha256(%s::text::bytea), %s, now() - %s * INTERVAL '1 day')",
            [box, str(age_d), bytes(1_000), age_d],
        )
        owner.execute(
            "INSERT INTO media_day VALUES (%s, (now() AT TIME ZONE INTERVAL '7 hours')::date - %s::integer, 4096)",
            [box, age_d],
        )
    ages = "SELECT (now()::date - received_at::date) FROM media ORDER BY 1"
    forget_old(owner, DbSettings(media_retention_d=90))
    assert [row[0] for row in owner.execute(ages)] == [1, 20, 50]
    forget_old(owner, DbSettings(media_retention_d=90, media_max_bytes=2_500))
    assert [row[0] for row in owner.execute(ages)] == [1, 20]
    assert owner.execute("SELECT count(*) FROM media_day").fetchall() == [(1,)]


def test_retention_when_incidents_are_closed_for_long_then_photos_and_who_was_told_go_but_not_their_logs(
    owner: Connection,
) -> None:
    for key, closed_d in (("open", None), ("lately", 1_000), ("long ago", 1_100)):
        owner.execute(CLOSED, {"key": key, "closed_d": closed_d})
    owner.execute(
        "INSERT INTO operations_refused (at, source, ref, reason)"
        " VALUES (now() - INTERVAL '40 days', 'event', 'e', 'r'), (now(), 'event', 'f', 'r')"
    )
    forget_old(owner, DbSettings())
    for relation in ("incident_photo", "notification"):
        kept = owner.execute(f"SELECT key FROM {relation} JOIN incident ON incident.id = incident_id ORDER BY 1")  # noqa: S608 - names above
        assert kept.fetchall() == [("lately",), ("open",)], relation
    assert owner.execute("SELECT count(*) FROM incident_log").fetchall() == [(3,)]
    assert owner.execute("SELECT ref FROM operations_refused").fetchall() == [("f",)]


def test_load_when_a_gauge_has_stages_then_the_wall_knows_them_and_a_second_load_changes_nothing(
    owner: Connection,
) -> None:
    gauge = {
        "code": "KRT-01.gauge-1",
        "kind": "river_gauge",
        "stages_m": {"siaga_3": 3.2, "siaga_2": 4.4, "siaga_1": 5.5},
    }
    site = {"code": "KRT-01", "name": "Welang", "boxes": [{"name": "KRT-01-a", "assets": [gauge]}]}
    registry = Registry.model_validate({"sites": [site]})
    register(owner, registry)
    found = owner.execute("SELECT siaga_3_m, siaga_1_m, severity FROM wall.gauge").fetchall()
    assert found == [(3.2, 5.5, None)]
    assert all(table.new == table.changed == 0 for table in register(owner, registry))


def test_registry_when_stages_do_not_rise_then_is_refused() -> None:
    gauge = {"code": "KRT-01.gauge-1", "stages_m": {"siaga_3": 4.0, "siaga_2": 3.0}}
    site = {"code": "KRT-01", "name": "Welang", "boxes": [{"name": "KRT-01-a", "assets": [gauge]}]}
    with pytest.raises(ValueError, match="siaga_3 must be below"):
        Registry.model_validate({"sites": [site]})


def test_reach_when_it_is_registered_then_the_wall_has_the_way_from_gauge_to_gauge(
    database: str, tmp_path: Path
) -> None:
    gauges = {
        site: {"code": site, "name": site, "boxes": [{"name": f"{site}-a", "assets": [_gauge(f"{site}.gauge-1")]}]}
        for site in ("PWD-01", "KRT-01")
    }
    reach = {"upstream": "PWD-01.gauge-1", "downstream": "KRT-01.gauge-1", "travel_min": 150}
    path = tmp_path / "registry.yaml"
    path.write_text(yaml.safe_dump({"sites": list(gauges.values()), "reaches": [reach]}))
    with psycopg.connect(database, autocommit=True) as owner:
        for _ in range(2):
            register(owner, read_registry(path))
        rows = owner.execute("SELECT upstream, downstream, travel_s FROM wall.river_reach").fetchall()
    assert rows == [("PWD-01.gauge-1", "KRT-01.gauge-1", 9_000)]
    path.write_text(
        yaml.safe_dump({"sites": list(gauges.values()), "reaches": [reach | {"upstream": "PWD-01.gauge-2"}]})
    )
    with pytest.raises(Misconfigured, match=r"PWD-01\.gauge-2 is no asset"):
        read_registry(path)


def _gauge(code: str) -> dict[str, Any]:
    return {"code": code, "kind": "river_gauge", "stages_m": {"siaga_3": 2.0, "siaga_2": 3.0}}


def test_rise_when_the_upper_gauge_reached_a_stage_then_its_arrival_below_is_told_in_time(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        upper, lower = (_place_gauge(owner, site, level_m) for site, level_m in (("PWD-01", 2.5), ("KRT-01", 1.0)))
        owner.execute("INSERT INTO river_reach VALUES (%s, %s, 9000)", [upper, lower])
        owner.execute(
            "INSERT INTO event (id, type, source, box_id, asset_id, time, severity, payload)"
            " SELECT gen_random_uuid(), 'id.satulayar.water_stage.reached', 'x', box_id, id, now() - interval '30 min',"
            ' \'major\', \'{"data": {"values": {"stage": "siaga_3"}}}\' FROM asset WHERE id = %s',
            [upper],
        )
        row = owner.execute("SELECT upstream_severity, downstream_severity, lead_s FROM wall.river_reach").fetchone()
        assert row is not None
        assert (row[0], row[1]) == (1, 0)
        assert row[2] == pytest.approx(7_200, abs=60)
        set_latest(owner, _level_of(owner, lower), 2.6)
        assert owner.execute("SELECT arrives_at FROM wall.river_reach").fetchone() == (None,)


def _place_gauge(owner: Connection, site: str, level_m: float) -> int:
    asset = add_asset(owner, add_box(owner, site, f"{site}-a"), f"{site}.gauge-1")
    owner.execute("UPDATE asset SET kind = 'river_gauge' WHERE id = %s", [asset])
    owner.execute("INSERT INTO gauge_stage VALUES (%(id)s, 3, 2.0), (%(id)s, 2, 3.0), (%(id)s, 1, 4.0)", {"id": asset})
    (level,) = add_series(owner, asset, ["water_level"])
    set_latest(owner, level, level_m)
    return asset


def _level_of(owner: Connection, asset: int) -> int:
    row = owner.execute("SELECT id FROM series WHERE asset_id = %s", [asset]).fetchone()
    assert row
    return int(row[0])
