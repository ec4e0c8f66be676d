"""What a manifest says of dates, several readings of one day, words for none and headings; told in both languages."""

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from cloud.modules.errors import SourceFailed
from cloud.modules.figures import FigureReader
from cloud.modules.manifest import Manifest
from cloud.modules.report import Report
from cloud.modules.sources.shape import Placed

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
TITLES = ["Tanggal", "Kecamatan", "Ton"]
_MANIFEST = """
title: {id: Sampah, en: Waste}
owner: DLH
contact: bidang
legal_basis: UU 18/2008
period: day
fresh_for: 2d
dimensions: {district: {title: {id: Kecamatan, en: District}}}
indicators: {waste: {title: {id: Sampah, en: Waste}, unit: t, dimensions: [district]}}
source:
  kind: upload
  mapping: {true_at: Tanggal, keys: {district: {column: Kecamatan}}, values: {waste: Ton}}
"""


def _read(*rows: list[Any], titles: list[str] = TITLES, **mapping: Any) -> tuple[list[str], Report]:
    plain = yaml.safe_load(_MANIFEST)
    plain["source"]["mapping"] |= mapping
    reader = FigureReader(Manifest.model_validate(plain), {"35.14.14": "Bangil", "35.14.11": "Pandaan"}, NOW)
    found = [f"{each.keys[0]} {each.true_at:%m-%d %H:%M} {each.value:g}" for each in reader.read([titles, *rows])]
    return sorted(found), reader.report


def _lines(report: Report) -> list[tuple[str, str, str, int | None]]:
    return [(reason, line.detail_id, line.detail_en, line.first_row) for (reason, _), line in report.lines.items()]


def test_dates_when_in_another_order_than_the_manifest_says_then_the_table_is_refused_not_only_that_row():
    rows = [["10/11/2026", "Bangil", 5], ["11/20/2026", "Bangil", 6]]
    with pytest.raises(SourceFailed, match=r"row 3: .*set dates: mdy") as told:
        _read(*rows)
    assert "tulis dates: mdy di manifes" in told.value.text_id
    assert _read(*rows, dates="mdy")[0] == ["35.14.14 10-10 17:00 5", "35.14.14 11-19 17:00 6"]


def test_readings_when_several_of_a_day_differ_then_the_last_one_counts_where_the_manifest_says_so():
    rows = [
        ["20/11/2026 10:00", "Bangil", 5], ["20/11/2026 16:00", "bangil ", 7], ["20/11/2026 13:00", "Bangil", 6],
        ["20/11/2026 09:00", "Pandaan", 1], ["21/11/2026 09:00", "Bangil", 9], ["22/11/2026 23:00", "Bangil", 99],
        ["22/11/2026 08:00", "Bangil", 4], ["kemarin", "Bangil", 3],
    ]  # fmt: skip
    found, report = _read(*rows, several="last")
    assert found == [
        "35.14.11 11-19 17:00 1",
        "35.14.14 11-19 17:00 7",
        "35.14.14 11-20 17:00 9",
        "35.14.14 11-21 17:00 4",
    ]
    assert sorted((line[0], line[3]) for line in _lines(report)) == [("no_time", 7), ("no_time", 9)], report.lines
    assert len(_read(*rows)[0]) == 7  # each of them: it is the store that refuses those that differ


def test_readings_when_too_many_are_kept_to_find_the_last_ones_then_is_refused(monkeypatch):
    monkeypatch.setattr("cloud.modules.several.MOST_ROWS", 1)
    with pytest.raises(SourceFailed, match="More than 1 rows for several: last"):
        _read(["20/11/2026", "Bangil", 5], ["21/11/2026", "Bangil", 5], several="last")


def test_words_for_none_when_the_manifest_names_them_then_are_zero_and_else_no_figure():
    rows = [["20/11/2026", "Bangil", " Nihil"], ["20/11/2026", "Pandaan", "-"]]
    assert _read(*rows)[0] == []
    assert _read(*rows, zero_words=["-", "nihil"])[0] == ["35.14.11 11-19 17:00 0", "35.14.14 11-19 17:00 0"]


@pytest.mark.parametrize(
    ("row", "reason", "detail_id", "detail_en"),
    [
        (["20/11/2026", "Bangil", "lima"], "no_number", "Kolom Ton: bukan angka", "Column Ton: is no number"),
        (["20/11/2026", "Bangil", -5], "impossible", "Kolom waste: tidak di antara 0 dan", "is not between 0 and"),
        (
            ["01/01/2030", "Bangil", 5],
            "no_time",
            "2030-01-01 00:00 WIB di masa depan",
            "00:00 WIB is in the future",
        ),
        (
            ["kemarin", "Bangil", 5],
            "no_time",
            "Kolom Tanggal: bukan tanggal; tulis seperti",
            "is no day; write it like",
        ),
        (["20/11/2026", "Bangli", 5], "unknown_key", "bukan kecamatan: tambahkan", "is no district"),
    ],
)
def test_row_when_left_out_then_why_is_said_in_each_language_alone(row, reason, detail_id, detail_en):
    ((told, text_id, text_en, number),) = _lines(_read(row, ["20/11/2026", "Pandaan", 1])[1])
    assert (told, number) == (reason, 2)
    assert detail_id in text_id
    assert detail_en in text_en
    assert " is " not in text_id


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["Jumlah", None, 6], "total"), ([None, "TOTAL", 6], "total"),
        (["A", "Wilayah Timur", None], "heading"), (["", "Mengetahui", ""], "heading"),
    ],
)  # fmt: skip
def test_row_when_a_total_or_a_heading_then_is_left_out_without_being_a_fault(row, reason):
    found, report = _read(["20/11/2026", "Pandaan", 1], row)
    assert found == ["35.14.11 11-19 17:00 1"]
    assert (report.rejected, [line[0] for line in _lines(report)]) == (0, [reason])


def test_column_when_it_is_there_twice_then_is_refused_and_one_that_nobody_wants_is_not():
    with pytest.raises(SourceFailed, match="column Ton is there more than once"):
        _read(["20/11/2026", "Pandaan", 1, 2], titles=["Tanggal", "Kecamatan", "Ton", "TON"])
    assert _read(["20/11/2026", "Pandaan", 1, 2, 3], titles=["Tanggal", "Kecamatan", "Ton", "%", "%"])[0]


def test_row_when_it_knows_its_number_in_the_file_then_that_is_told():
    report = _read(Placed(["20/11/2026", "Bangil", "x"], 17), Placed(["20/11/2026", "Pandaan", 1], 18))[1]
    assert [line[3] for line in _lines(report)] == [17]
