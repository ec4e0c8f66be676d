"""Workbooks that are none: each is refused as damaged, whatever their reader stumbles over."""

import io
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import Workbook

from cloud.modules.errors import SourceFailed
from cloud.modules.sources.layout import Sheet
from cloud.modules.sources.tables import read_content

SHEET = "xl/worksheets/sheet1.xml"


def _book(*, has_chart_first: bool = False) -> bytes:
    book, octets = Workbook(), io.BytesIO()
    book.active.append(["Kecamatan", "Jumlah"])
    book.active.append(["Bangil", 5])
    if has_chart_first:
        book.create_chartsheet(index=0)
    book.save(octets)
    return octets.getvalue()


def _with(name: str, change: Callable[[bytes], bytes]) -> bytes:
    octets = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_book())) as old, zipfile.ZipFile(octets, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            new.writestr(each, change(old.read(each)) if each == name else old.read(each))
    return octets.getvalue()


def _spoilt() -> bytes:
    """Overwrite a part of what is compressed."""
    octets = bytearray(_book())
    with zipfile.ZipFile(io.BytesIO(octets)) as book:
        begin = book.getinfo(SHEET).header_offset + 30 + len(SHEET) + 40
    octets[begin : begin + 20] = bytes(20)
    return bytes(octets)


@pytest.mark.parametrize(
    "content",
    [
        _with(SHEET, lambda text: text[: len(text) // 2]),
        _with("xl/workbook.xml", lambda text: text[: len(text) // 2]),
        _with("[Content_Types].xml", lambda _: b"<x"),
        _with(SHEET, lambda text: text.replace(b"<v>5</v>", b"<v>abc</v>")),
        _spoilt(),
        _book(has_chart_first=True),
    ],
    ids=["half_sheet", "half_book", "no_types", "no_number", "spoilt", "chart"],
)
def test_workbook_when_damaged_then_is_refused_as_that(content):
    with pytest.raises(SourceFailed, match=r"damaged|no sheet"):
        list(read_content(io.BytesIO(content), Sheet()))
