"""Spreadsheets as offices keep them: each is read by a few lines of its manifest."""

import io
from typing import Any

import pytest
from openpyxl import Workbook

from cloud.modules.errors import SourceFailed
from cloud.modules.sources.layout import Sheet
from cloud.modules.sources.tables import read_content


def _csv(text: str, **table: Any) -> list[list[Any]]:
    return list(read_content(io.BytesIO(text.encode()), Sheet.model_validate(table)))


def test_table_when_it_lies_plain_then_is_given_as_it_is():
    assert _csv("a;b\n1;2\n") == [["a", "b"], ["1", "2"]]


def test_titles_when_they_fill_two_rows_then_those_over_several_columns_are_put_before_theirs():
    text = "Rumah  Sakit;Kelas 1;;ICU;\n;TT;Kosong;TT;Kosong\n(1);(2);(3);(4);(5)\nBangil;40;3;8;1\n"
    assert _csv(text, header_rows=2, skip_rows=1) == [
        ["Rumah Sakit", "Kelas 1 TT", "Kelas 1 Kosong", "ICU TT", "ICU Kosong"],
        ["Bangil", "40", "3", "8", "1"],
    ]


def test_cells_when_merged_then_hold_for_the_rows_below():
    text = "RS;Kelas;TT\nBangil;1;40\n;2;60\nJumlah;;100\nGrati;1;10\n;;\n;2;20\n"
    found = _csv(text, fill_down=["rs"], leave_out=["jumlah"])
    assert [row for row in found if any(row)] == [
        ["RS", "Kelas", "TT"], ["Bangil", "1", "40"], ["Bangil", "2", "60"], ["Grati", "1", "10"], ["Grati", "2", "20"],
    ]  # fmt: skip


@pytest.mark.parametrize("end", ["empty_row", "JUMLAH"])
def test_table_when_something_stands_below_it_then_ends_where_the_manifest_says(end):
    text = "Kecamatan;KPM\nBangil;1\n" + ("" if end == "empty_row" else "Jumlah total;1\n") + ";\nDrs. H. Ahmad;\n"
    assert _csv(text, ends_at=end) == [["Kecamatan", "KPM"], ["Bangil", "1"]]


def test_period_when_it_stands_above_the_table_then_is_a_column_of_it():
    text = "REKAP PKH\nKABUPATEN X TRIWULAN : II TAHUN 2025;\nKecamatan;KPM\nBangil;1\n;\n"
    cells = {"Periode": {"at": "A2", "after": "Triwulan"}}
    assert _csv(text, header_row=3, cells=cells) == [
        ["Kecamatan", "KPM", "Periode"], ["Bangil", "1", "II TAHUN 2025"], ["", ""],
    ]  # fmt: skip
    with pytest.raises(SourceFailed, match=r"Cell B2 .Periode. holds nothing"):
        _csv(text, header_row=3, cells={"Periode": {"at": "B2"}})
    with pytest.raises(SourceFailed, match="nothing after 'Semester'"):
        _csv(text, header_row=3, cells={"Periode": {"at": "A2", "after": "Semester"}})


def test_columns_when_they_are_periods_then_become_rows_that_keep_their_number():
    text = "Tahun 2025\nKecamatan;TW I;TW II\nBangil;10;11\nPandaan;20;21\n"
    table = {
        "header_row": 2, "cells": {"Tahun": {"at": "A1", "after": "Tahun"}},
        "unpivot": {"columns": {"TW I": "TW I", "TW II": "II"}, "title": "Triwulan", "value": "KPM"},
        "joined": {"Periode": ["Triwulan", "Tahun"]},
    }  # fmt: skip
    found = _csv(text, **table)
    assert found[0] == ["Kecamatan", "Tahun", "Triwulan", "KPM", "Periode"]
    assert [row[-1] for row in found[1:]] == ["TW I 2025", "II 2025"] * 2
    assert [row[3] for row in found[1:]] == ["10", "11", "20", "21"]
    assert [row.number for row in found[1:]] == [3, 3, 4, 4]


def test_row_when_it_is_cut_then_is_not_mended_by_what_is_added_to_it():
    table = {"cells": {"Tahun": {"at": "A1"}}, "header_row": 2, "fill_down": ["a"], "joined": {"d": ["a", "b"]}}
    found = _csv("2025\na;b;c\n1;2;3\n4\n", **table)
    assert found[1:] == [["1", "2", "3", "2025", "1 2"], ["4"]]
    found = _csv("2025\na;b;c\n1;2;3\n4\n", **table, unpivot={"columns": {"c": "c"}, "title": "t", "value": "v"})
    assert found[-1] == ["4"]


@pytest.mark.parametrize(
    "table",
    [
        {"fill_down": ["x"]},
        {"joined": {"d": ["a", "x"]}},
        {"unpivot": {"columns": {"x": "x"}, "title": "t", "value": "v"}},
    ],
)
def test_column_when_the_manifest_shapes_one_that_is_not_there_then_says_where_it_does(table):
    with pytest.raises(SourceFailed, match=rf"no column 'x' \(table\.{next(iter(table))}"):
        _csv("a;b\n1;2\n", **table)


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("REKAP, KABUPATEN PASURUAN, JAWA TIMUR\na;b\n1;2\n", {"header_row": 2}),
        ("sep=;\na,x;b\n1;2\n", {}),
        ('"a,x,y";b\n1;2\n', {}),
    ],
)
def test_separator_when_other_lines_or_quotations_hold_more_of_another_then_is_that_of_the_titles(text, table):
    assert _csv(text, **table)[1] == ["1", "2"]


def test_text_when_it_says_its_encoding_itself_then_is_read_by_that():
    for encoding in ("utf-16", "utf-8-sig"):
        content = io.BytesIO("Kecamatan\tJumlah\nKraton\t5\n".encode(encoding))
        assert next(read_content(content, Sheet(encoding="windows-1252"))) == ["Kecamatan", "Jumlah"]


def test_text_when_an_older_program_wrote_it_then_is_told_with_line_and_remedy():
    content = io.BytesIO(b"Kecamatan;Jumlah\nBangil;1\nCaf\xe9;2\n" + b"x;1\n" * 20_000)
    with pytest.raises(SourceFailed, match=r"no UTF-8 text \(line 3\).*encoding: windows-1252") as told:
        list(read_content(content, Sheet()))
    assert "simpan sebagai 'CSV UTF-8'" in told.value.text_id


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "old .xls workbook, or locked by a password"),
        (b"%PDF-1.7\n", "is a PDF"),
        (b'{"error": "token expired"}', "JSON instead of a table"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><p>Login", "web page"),
    ],
)
def test_file_when_it_is_no_table_then_is_called_what_it_is(content, says):
    with pytest.raises(SourceFailed, match=says):
        list(read_content(io.BytesIO(content), Sheet()))


def _workbook() -> Workbook:
    book = Workbook()
    book.active.title = "Rekap "
    book.active.append(["Kecamatan", "Jumlah"])
    book.active.append(["Bangil", 5])
    return book


def _content(book: Workbook) -> io.BytesIO:
    octets = io.BytesIO()
    book.save(octets)
    octets.seek(0)
    return octets


def test_sheet_when_the_first_one_is_hidden_then_the_first_visible_is_read_and_a_name_needs_no_exact_blanks():
    book = _workbook()
    hidden = book.create_sheet("master", 0)
    hidden.append(["rahasia"])
    hidden.sheet_state = "hidden"
    book.active = 1
    for name in (None, "REKAP"):
        assert next(read_content(_content(book), Sheet(sheet=name))) == ["Kecamatan", "Jumlah"]


def test_sheet_when_a_cell_far_away_was_written_to_once_then_is_read_quickly():
    book = _workbook()
    book.active["XFD20000"] = ""
    book.active["XFD20000"].number_format = "0.00"
    rows = list(read_content(_content(book), Sheet()))
    assert rows[:2] == [["Kecamatan", "Jumlah"], ["Bangil", 5]]
    assert max(map(len, rows)) <= 500
