"""Recorded answers replayed through the adapters: a workbook over HTTP and in a folder, and a MySQL server's words.

What MySQL says was taken from MariaDB 11.8 (Debian 13) on 2026-11-22, without encryption: its words after each packet
of ours.
"""

import base64
import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from cloud.modules.figures import FigureReader
from cloud.modules.manifest import Manifest
from cloud.modules.manifest_files import DISTRICTS, SHIPPED, read_districts_file, read_module
from cloud.modules.report import Report
from cloud.modules.run import source_rows
from cloud.modules.sources.models import Source
from cloud.modules.sources.sql import read_sql
from cloud.modules.sources.visit import Reach, Visit
from tests.fix_answers import Server

WORKBOOK = Path(__file__).parents[1] / "unit" / "recorded" / "modules" / "social_aid.xlsx"
SAID = Path(__file__).parent / "recorded" / "births_mysql.json"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
_HEADER_BYTES = 4  # of a packet: three of length, one of number


def _aid(**source: Any) -> Manifest:
    plain = yaml.safe_load((SHIPPED / "social_aid" / "module.yaml").read_text(encoding="utf-8"))
    plain["source"] |= source
    if source:
        del plain["source"]["pattern"]
    return Manifest.model_validate(plain)


def _figures(manifest: Manifest, reach: Reach) -> tuple[int, dict[str, float | None], Report]:
    reader = FigureReader(manifest, dict(read_districts_file(DISTRICTS)), NOW)
    visit = Visit("social_aid", reach)
    found = list(reader.read(source_rows(manifest, visit, reader.report)))
    bangil = {each.indicator: each.value for each in found if each.keys == ("35.14.14",)}
    return len(found), bangil, reader.report


def _assert_whole(found: tuple[int, dict[str, float | None], Report]) -> None:
    number, bangil, report = found
    assert (number, report.rejected, report.rows) == (24 * 5, 0, 25)
    assert bangil["pkh_paid"] == (bangil["pkh_families"] or 0) * 750_000
    assert [reason for reason, _ in report.lines] == ["total"]


def test_workbook_when_recorded_and_dropped_into_a_folder_then_every_figure_is_read(tmp_path):
    (tmp_path / "social_aid").mkdir()
    path = tmp_path / "social_aid" / "bansos-2026-TW3.xlsx"
    shutil.copyfile(WORKBOOK, path)
    os.utime(path, (time.time() - 60,) * 2)
    assert read_module(SHIPPED / "social_aid" / "module.yaml").faults == ()
    _assert_whole(_figures(_aid(), Reach(drop_folder=tmp_path)))


def test_workbook_when_recorded_and_served_over_http_then_every_figure_is_read():
    server = Server()
    server.answer = lambda _, __: (200, {}, WORKBOOK.read_bytes())
    try:
        manifest = _aid(kind="http_xlsx", url=f"http://127.0.0.1:{server.port}/bansos.xlsx")
        _assert_whole(_figures(manifest, Reach(hosts=frozenset({"127.0.0.1"}))))
    finally:
        server.close()


@pytest.fixture
def mysql() -> Iterator[int]:
    """Say what the recorded server said, one turn for each packet that comes."""
    turns = [base64.b64decode(turn) for turn in json.loads(SAID.read_text(encoding="utf-8"))["turns"]]
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(20.0)

    def serve() -> None:
        line, _ = listener.accept()
        with line, line.makefile("rb") as packets:
            for turn in turns:
                line.sendall(turn)
                header = packets.read(_HEADER_BYTES)
                packets.read(int.from_bytes(header[:3], "little"))

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    thread.join()
    listener.close()


def test_mysql_when_its_recorded_answer_is_replayed_then_rows_have_their_kinds(mysql):
    plain = {
        "kind": "sql", "connection": "SOURCE_BIRTHS_DSN",
        "mapping": {"true_at": "bulan", "values": {"births": "lahir"}},
        "query": "SELECT kecamatan, bulan, lahir, mati FROM rekap WHERE bulan >= coalesce(%(from)s, '2025-01-01')",
    }  # fmt: skip
    reach = Reach(environment={"SOURCE_BIRTHS_DSN": f"mysql://satulayar:x@127.0.0.1:{mysql}/dukcapil"})
    rows = list(read_sql(TypeAdapter(Source).validate_python(plain), Visit("births", reach)))  # type: ignore[arg-type]
    assert [[str(cell) for cell in row] for row in rows] == [
        ["kecamatan", "bulan", "lahir", "mati"],
        ["Bangil", "2025-01-01", "40.0", "3"],
        ["Pandaan", "2025-02-01", "30.5", "None"],
    ]
