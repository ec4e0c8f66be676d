"""Tables in files: CSV and XLSX, row by row, never whole in memory, made flat as the manifest says they lie."""

import codecs
import csv
import re
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

from cloud.modules.errors import SourceFailed
from cloud.modules.sources.layout import Sheet
from cloud.modules.sources.shape import shaped
from cloud.modules.sources.workbooks import read_workbook

Row = list[Any]
_ZIP = b"PK\3\4"
_SNIFFED_BYTES = 65_536
_LARGEST_FIELD_BYTES = 65_536
_SEPARATORS = ";,\t|"
_SAID = re.compile(r'"?sep=([;,\t|])"?\s*', re.IGNORECASE)  # Excel's own first line
_QUOTED = re.compile(r'"[^"]*"')
_BYTE_ORDERS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_PAGES = (b"<!doctype", b"<html", b"<?xml")
_OTHERS = {
    b"\xd0\xcf\x11\xe0": (
        "lembar kerja .xls lama, atau dikunci sandi",
        "an old .xls workbook, or locked by a password",
    ),
    b"%pdf": ("PDF", "a PDF"),
}


def read_table(path: Path, kind: str, table: Sheet) -> Iterator[Row]:
    """Give a file's rows, the one with the titles first.

    Args:
        path: of the file.
        kind: `csv` or `xlsx`.
        table: where the table lies in it.

    Raises:
        SourceFailed: it is no such file, or is damaged, or only half of it is there.
    """
    with path.open("rb") as file:
        _refuse_others(file)
        yield from shaped(read_workbook(file, table) if kind == "xlsx" else _read_lines(file, table), table)


def read_content(file: IO[bytes], table: Sheet) -> Iterator[Row]:
    """Give the rows of a table in memory, CSV or XLSX by its first bytes.

    Raises:
        SourceFailed: see `read_table`.
    """
    is_workbook = file.read(4) == _ZIP
    file.seek(0)
    _refuse_others(file)
    return shaped(read_workbook(file, table) if is_workbook else _read_lines(file, table), table)


def kind_of(path: Path) -> str:
    """Tell `xlsx` from `csv` by the first bytes, whatever the file is called."""
    with path.open("rb") as file:
        return "xlsx" if file.read(4) == _ZIP else "csv"


def _read_lines(file: IO[bytes], table: Sheet) -> Iterator[Row]:
    csv.field_size_limit(_LARGEST_FIELD_BYTES)
    encoding = _encoding(file, table)
    with TextIOWrapper(file, encoding=encoding, newline="") as text:
        reader = None
        try:
            separator = _find_separator(text, table)
            reader = csv.reader(text, delimiter=separator, strict=True)
            yield from reader
        except UnicodeError as error:
            raise _other_encoding(encoding, _first_odd_line(file, encoding)) from error
        except csv.Error as error:
            line = reader.line_num if reader else 1
            raise SourceFailed(
                f"Berkas CSV rusak di sekitar baris {line}: {error}.",
                f"The CSV file is damaged about line {line}: {error}.",
            ) from error


def _encoding(file: IO[bytes], table: Sheet) -> str:
    """Give the encoding that the file itself says by its first bytes, or the manifest's."""
    start = file.read(4)
    file.seek(0)
    return next((name for mark, name in _BYTE_ORDERS if start.startswith(mark)), table.encoding)


def _first_odd_line(file: IO[bytes], encoding: str) -> int:
    """Find the first line that is no text of an encoding; 1 where lines cannot be told apart before it is read."""
    file.seek(0)
    for number, line in enumerate(file, 1):
        try:
            line.decode(encoding)
        except UnicodeError:
            return number
    return 1


def _other_encoding(encoding: str, line: int) -> SourceFailed:
    if encoding == "utf-8":
        return SourceFailed(
            f"Berkas bukan teks UTF-8 (baris {line}): simpan sebagai 'CSV UTF-8', atau tulis "
            "encoding: windows-1252 di source.table bila berasal dari Excel lama.",
            f"The file is no UTF-8 text (line {line}): save it as 'CSV UTF-8', or set encoding: windows-1252 in "
            "source.table if an older Excel wrote it.",
        )
    return SourceFailed(
        f"Berkas bukan teks {encoding} (baris {line}): simpan sebagai 'CSV UTF-8'.",
        f"The file is no {encoding} text (line {line}): save it as 'CSV UTF-8'.",
    )


def _refuse_others(file: IO[bytes]) -> None:
    """Refuse what is no table, by its first bytes.

    Raises:
        SourceFailed: it is a page for people, or another kind of file.
    """
    start = file.read(512).removeprefix(codecs.BOM_UTF8).lstrip().lower()
    file.seek(0)
    if start.startswith(_PAGES):
        raise page_instead()
    if start.startswith((b"{", b"[{")):
        raise SourceFailed(
            "Sumber menjawab dengan JSON, bukan tabel: mungkin pesan galat; periksa alamatnya, atau pakai http_json.",
            "The source answers with JSON instead of a table, perhaps an error: check its address, or use http_json.",
        )
    for mark, (what_id, what_en) in _OTHERS.items():
        if start.startswith(mark):
            raise SourceFailed(
                f"Berkas ini {what_id}: simpan sebagai .xlsx atau CSV, tanpa sandi.",
                f"The file is {what_en}: save it as .xlsx or CSV, without a password.",
            )


def page_instead() -> SourceFailed:
    """Make the fault of a source that answers with a page for people."""
    return SourceFailed(
        "Sumber menjawab dengan halaman web, bukan data: periksa alamat dan hak aksesnya.",
        "The source answers with a web page instead of data: check its address and our right to read it.",
    )


def _find_separator(text: TextIOWrapper, table: Sheet) -> str:
    """Take the separator that a file says, or that its row of titles has most of, outside of quotation marks."""
    lines = [text.readline(_SNIFFED_BYTES) for _ in range(table.header_row)]
    said = _SAID.fullmatch(lines[0])
    text.seek(0)
    if said:
        text.readline()
    line = _QUOTED.sub("", lines[-1])
    return table.separator or (said[1] if said else max(_SEPARATORS, key=line.count))
