"""Tables in files: CSV and XLSX, row by row, never whole in memory.

Formulas are not calculated and macros not run: a workbook with macros is refused, and of a formula only the value that
its program saved counts. A cell with a formula and no saved value is refused with its place.
"""

import csv
import itertools
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from cloud.modules.errors import SourceFailed
from cloud.modules.sources.models import Sheet

Row = list[Any]
_ZIP = b"PK\3\4"
_LARGEST_UNZIPPED_BYTES = 1_000_000_000
_SNIFFED_BYTES = 65_536
_LARGEST_FIELD_BYTES = 65_536
_MOST_COLUMNS = 500
# What openpyxl raises for a workbook that is none; lxml's error of syntax is a SyntaxError, the standard library's too.
_DAMAGES = (
    InvalidFileException, zipfile.BadZipFile, zlib.error, SyntaxError, KeyError, ValueError, TypeError, IndexError,
    AttributeError, OverflowError, EOFError, OSError, NotImplementedError,
)  # fmt: skip


def read_table(path: Path, kind: str, table: Sheet) -> Iterator[Row]:
    """Give a file's rows, the one with the titles first.

    Args:
        path: of the file.
        kind: `csv` or `xlsx`.
        table: where the table lies in it.

    Raises:
        SourceFailed: it is no such file, or is damaged, or only half of it is there.
    """
    return _read_xlsx(path, table) if kind == "xlsx" else _read_csv(path, table)


def read_content(file: IO[bytes], table: Sheet) -> Iterator[Row]:
    """Give the rows of a table in memory, CSV or XLSX by its first bytes.

    Raises:
        SourceFailed: see `read_table`.
    """
    is_workbook = file.read(4) == _ZIP
    file.seek(0)
    return _read_xlsx(file, table) if is_workbook else _read_lines(file, table)


def kind_of(path: Path) -> str:
    """Tell `xlsx` from `csv` by the first bytes, whatever the file is called."""
    with path.open("rb") as file:
        return "xlsx" if file.read(4) == _ZIP else "csv"


def _read_csv(path: Path, table: Sheet) -> Iterator[Row]:
    with path.open("rb") as file:
        yield from _read_lines(file, table)


def _read_lines(file: IO[bytes], table: Sheet) -> Iterator[Row]:
    csv.field_size_limit(_LARGEST_FIELD_BYTES)
    _refuse_page(file)
    encoding = "utf-8-sig" if table.encoding == "utf-8" else table.encoding
    with TextIOWrapper(file, encoding=encoding, newline="") as text:
        try:
            separator = table.separator or _find_separator(text)
            yield from itertools.islice(csv.reader(text, delimiter=separator, strict=True), table.header_row - 1, None)
        except UnicodeDecodeError as error:
            raise SourceFailed(
                f"Berkas bukan teks {table.encoding}; simpan sebagai UTF-8 atau ubah encoding di manifes.",
                f"The file is no {table.encoding} text: save it as UTF-8, or set encoding in the manifest.",
            ) from error
        except csv.Error as error:
            raise SourceFailed(f"Berkas CSV rusak: {error}.", f"The CSV file is damaged: {error}.") from error


def _refuse_page(file: IO[bytes]) -> None:
    start = file.read(512).lstrip().lower()
    file.seek(0)
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise page_instead()


def page_instead() -> SourceFailed:
    """Make the fault of a source that answers with a page for people."""
    return SourceFailed(
        "Sumber menjawab dengan halaman web, bukan data: periksa alamat dan hak aksesnya.",
        "The source answers with a web page instead of data: check its address and our right to read it.",
    )


def _find_separator(text: TextIOWrapper) -> str:
    """Take the separator that the first line has most of."""
    line = text.readline(_SNIFFED_BYTES)
    text.seek(0)
    return max(";,\t|", key=line.count)


def _read_xlsx(path: Path | IO[bytes], table: Sheet) -> Iterator[Row]:
    _refuse_odd_workbook(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and validations, which are nothing to us
        try:
            saved = load_workbook(path, read_only=True, data_only=True)
            formulas = load_workbook(path, read_only=True, data_only=False)
        except _DAMAGES as error:
            raise _damaged(str(error)) from error
        try:
            yield from _undamaged(_sheet_rows(saved, formulas, table))
        finally:
            saved.close()
            formulas.close()


def _sheet_rows(saved: Workbook, formulas: Workbook, table: Sheet) -> Iterator[Row]:
    name = table.sheet or saved.sheetnames[0]
    if name not in saved.sheetnames:
        names = ", ".join(saved.sheetnames)
        raise SourceFailed(
            f"Lembar {name!r} tidak ada; yang ada: {names}.", f"There is no sheet {name!r}; there are: {names}."
        )
    rows = zip(saved[name].iter_rows(values_only=True), formulas[name].iter_rows(values_only=True), strict=False)
    yield from _valued(itertools.islice(rows, table.header_row - 1, None), table.header_row)


def _undamaged(rows: Iterator[Row]) -> Iterator[Row]:
    """Give rows; what the reader of workbooks stumbles over is a damage of the workbook."""
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except _DAMAGES as error:
            raise _damaged(type(error).__name__) from error
        yield row


def _refuse_odd_workbook(path: Path | IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            unzipped = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise _damaged(str(error)) from error
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise SourceFailed(
            "Lembar kerja berisi makro; simpan sebagai .xlsx tanpa makro.",
            "The workbook has macros: save it as .xlsx without them.",
        )
    if unzipped > _LARGEST_UNZIPPED_BYTES:
        raise SourceFailed(
            "Lembar kerja terlalu besar.", f"The workbook is larger than {_LARGEST_UNZIPPED_BYTES} bytes."
        )


def _damaged(why: str) -> SourceFailed:
    return SourceFailed(f"Lembar kerja rusak atau bukan XLSX: {why}.", f"The workbook is damaged or no XLSX: {why}.")


def _valued(rows: Iterable[tuple[Row, Row]], first: int) -> Iterator[Row]:
    """Give rows with the values that were saved for formulas.

    Raises:
        SourceFailed: a formula has none.
    """
    for number, (saved, written) in enumerate(rows, first):
        for column, (value, source) in enumerate(zip(saved, written, strict=False), 1):
            if value is None and isinstance(source, str) and source.startswith("="):
                raise SourceFailed(
                    f"Baris {number}, kolom {column}: rumus tanpa hasil; simpan ulang di Excel, atau tempel nilainya.",
                    f"Row {number}, column {column}: a formula without a result: save it anew, or paste values.",
                )
        yield list(saved)[:_MOST_COLUMNS]
