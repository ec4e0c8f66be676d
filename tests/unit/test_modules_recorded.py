"""The shipped manifests on recorded answers of their sources; and spreadsheets as people send them."""

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jmespath
import pytest
from openpyxl import Workbook

from cloud.modules.errors import SourceFailed
from cloud.modules.figures import FigureReader
from cloud.modules.manifest import Manifest
from cloud.modules.manifest_files import DISTRICTS, SHIPPED, read_districts_file, read_module
from cloud.modules.report import Figure
from cloud.modules.sources.layout import Sheet
from cloud.modules.sources.models import HttpJson
from cloud.modules.sources.tables import Row, read_content

RECORDED = Path(__file__).parent / "recorded" / "modules"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _manifest(name: str) -> Manifest:
    manifest = read_module(SHIPPED / name / "module.yaml").manifest
    assert manifest
    return manifest


def _rows(path: Path, manifest: Manifest) -> list[Row]:
    if path.suffix == ".csv":
        with path.open("rb") as file:
            return list(read_content(file, Sheet()))
    found = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(manifest.source, HttpJson):
        found = jmespath.search(manifest.source.rows, found)
    titles = sorted(found[0])
    return [titles, *([each[title] for title in titles] for each in found)]


def _read(name: str) -> tuple[list[Figure], FigureReader]:
    (path,) = RECORDED.glob(f"{name}.*")
    manifest = _manifest(name)
    reader = FigureReader(manifest, dict(read_districts_file(DISTRICTS)), NOW)
    return list(reader.read(_rows(path, manifest))), reader


@pytest.mark.parametrize(
    ("name", "figures", "one"),
    [
        ("hospital_beds", 6, ("beds_free", ("35.14.14", "RSUD-BANGIL", "VIP"), "2026-11-20 01:00", 10.0)),
        ("revenue", 11, ("revenue_today", ("BPHTB",), "2026-11-19 17:00", 439_899_363.0)),
        ("complaints", 4, ("complaints_late", ("PJU", "LAMA"), "2026-11-20 09:40", 4.0)),
        ("flood_posts", 8, ("evacuees", ("35.14.16",), "2026-11-20 02:51", 131.0)),
        ("population", 10, ("births", ("35.14.14",), "2026-09-30 17:00", 118.0)),
    ],
)
def test_recorded_answer_when_read_by_its_manifest_then_every_figure_is_there(name, figures, one):
    found, reader = _read(name)
    assert (len(found), reader.report.rejected) == (figures, 0), reader.report.lines
    indicator, keys, at, value = one
    (same,) = [each for each in found if (each.indicator, each.keys) == (indicator, keys)]
    assert (same.value, f"{same.true_at:%Y-%m-%d %H:%M}") == (value, at)


def test_recorded_answer_when_it_counts_few_persons_then_these_are_kept_back():
    for name, hidden in (
        ("flood_posts", ["evacuees 35.14.13"]),
        ("population", ["deaths 35.14.24"]),
    ):
        assert [f"{each.indicator} {each.keys[0]}" for each in _read(name)[0] if each.value is None] == hidden


def _workbook(*rows: list[Any], **more: bytes) -> io.BytesIO:
    book, octets = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(octets)
    with zipfile.ZipFile(octets, "a") as archive:
        for name, content in more.items():
            archive.writestr(name, content)
    octets.seek(0)
    return octets


def test_workbook_when_it_has_macros_then_is_refused_by_name():
    with pytest.raises(SourceFailed, match="has macros"):
        list(read_content(_workbook(["a"], **{"xl/vbaProject.bin": b"\xd0\xcf"}), Sheet()))


def test_workbook_when_a_formula_has_no_saved_result_then_says_where():
    with pytest.raises(SourceFailed, match=r"Row 2, column 2: a formula without a result"):
        list(read_content(_workbook(["Kecamatan", "Jumlah"], ["Bangil", "=1+1"]), Sheet()))


@pytest.mark.parametrize(
    ("name", "says"), [("xl/worksheets/a.xml", "sheets unpack to more"), ("xl/texts.xml", "texts and styles unpack")]
)
def test_workbook_when_it_unpacks_without_end_then_is_refused_before_it_is_unpacked(name, says):
    octets = _workbook(["a"])
    with zipfile.ZipFile(octets, "a") as archive:
        archive.writestr(name, b"")
        archive.infolist()[-1].file_size = 1_000_000_001  # what a bomb says of itself, and no more is read than it says
    octets.seek(0)
    with pytest.raises(SourceFailed, match=says):
        list(read_content(octets, Sheet()))


def test_workbook_when_the_sheet_is_not_there_then_says_which_are():
    with pytest.raises(SourceFailed, match="There is no sheet 'Rekap'; there are: Sheet"):
        list(read_content(_workbook(["a"]), Sheet(sheet="Rekap")))


def test_table_when_titles_stand_lower_down_then_begins_there():
    content = io.BytesIO(b"\xef\xbb\xbfREKAP\n\nKecamatan;Jumlah\nBangil;1.204\n")
    assert list(read_content(content, Sheet(header_row=3))) == [["Kecamatan", "Jumlah"], ["Bangil", "1.204"]]
