"""The command on a new database: a module's folder and an address are all that it needs."""

from pathlib import Path

import psycopg
from typer.testing import CliRunner

from cloud.modules import cli
from tests.fix_answers import Server
from tests.fix_database import as_role

_MANIFEST = """
title: {id: Sampah, en: Waste}
owner: DLH
contact: bidang
legal_basis: UU 18/2008
period: day
fresh_for: 2d
schedule: "30 6 * * *"
dimensions: {district: {title: {id: Kecamatan, en: District}}}
indicators: {waste: {title: {id: Sampah, en: Waste}, unit: t, dimensions: [district]}}
source:
  kind: http_csv
  url: ${SOURCE_WASTE_URL}/x
  mapping: {true_at: Tanggal, keys: {district: {column: Kecamatan}}, values: {waste: Ton}}
"""


def test_run_when_the_database_is_new_then_stores_figures_and_says_so_in_both_languages(
    database: str, tmp_path: Path, monkeypatch
):
    path = tmp_path / "waste" / "module.yaml"
    path.parent.mkdir()
    path.write_text(_MANIFEST, encoding="utf-8")
    server = Server()
    server.answer = lambda _, __: (200, {}, b"Tanggal;Kecamatan;Ton\n20/11/25;Bangil;41,5\n20/11/25;Bangil;x\n")
    for name, value in {
        "SATULAYAR_MODULES_DSN": as_role(database, "modules"),
        "SATULAYAR_MODULES_MORE_FOLDERS": str(tmp_path),
        "SATULAYAR_MODULES_ALLOWED_HOSTS": "127.0.0.1",
        "SOURCE_WASTE_URL": f"http://127.0.0.1:{server.port}",
    }.items():
        monkeypatch.setenv(name, value)
    try:
        done = CliRunner().invoke(cli.app, ["run", "waste"])
    finally:
        server.close()
    assert done.exit_code == 0, done.output
    assert "waste: 2 baris, 1 angka, 1 ditolak (2 rows, 1 figures, 1 rejected)" in done.output
    assert "1x baris 3: Kolom Ton: bukan angka (Column Ton: is no number)" in done.output
    with psycopg.connect(database) as owner:
        assert owner.execute("SELECT district, value FROM wall.module_figure").fetchall() == [("Bangil", 41.5)]
