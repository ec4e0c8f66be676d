"""Workbooks (XLSX), row by row, never whole in memory.

Formulas are not calculated and macros not run: a workbook with macros is refused, and of a formula only the value that
its program saved counts. A cell with a formula and no saved value is refused with its place.
"""

import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from cloud.modules.errors import SourceFailed
from cloud.modules.sources.layout import Sheet

Row = list[Any]
MOST_COLUMNS = 500
_LARGEST_SHEETS_BYTES = 1_000_000_000  # unpacked; they are read row by row
_LARGEST_WHOLE_BYTES = 64_000_000  # unpacked; texts, styles and the rest are read whole
_SHEETS = "xl/worksheets/"
# What openpyxl raises for a workbook that is none; lxml's error of syntax is a SyntaxError, the standard library's too.
_DAMAGES = (
    InvalidFileException, zipfile.BadZipFile, zlib.error, SyntaxError, KeyError, ValueError, TypeError, IndexError,
    AttributeError, OverflowError, EOFError, OSError, NotImplementedError,
)  # fmt: skip


def read_workbook(file: IO[bytes], table: Sheet) -> Iterator[Row]:
    """Give the rows of a workbook's sheet, from its first one on.

    Args:
        file: open for as long as rows are wanted; of a path its reader would judge the name.
        table: which sheet.

    Raises:
        SourceFailed: it is none, is damaged, has macros or formulas without results, or unpacks to too much.
    """
    _refuse_odd(file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and validations, which are nothing to us
        try:
            saved = load_workbook(file, read_only=True, data_only=True)
            formulas = load_workbook(file, read_only=True, data_only=False)
        except _DAMAGES as error:
            raise _damaged(str(error)) from error
        try:
            yield from _undamaged(_sheet_rows(saved, formulas, table))
        finally:
            saved.close()
            formulas.close()


def mark_of(path: Path) -> str:
    """Tell workbooks with the same sheets apart from others: not by their bytes, which hold when they were made.

    Raises:
        SourceFailed: it is no workbook.
    """
    return str(sorted((entry.filename, entry.CRC) for entry in _entries(path) if entry.filename.startswith("xl/")))


def _sheet_rows(saved: Workbook, formulas: Workbook, table: Sheet) -> Iterator[Row]:
    name = _sheet_name(saved, table.sheet)
    for book in (saved, formulas):
        book[name].reset_dimensions()  # some programs write a wrong one
    yield from _valued(
        zip(saved[name].iter_rows(values_only=True), formulas[name].iter_rows(values_only=True), strict=False)
    )


def _sheet_name(book: Workbook, wanted: str | None) -> str:
    """Find the sheet that is wanted, or the first that a person sees.

    Raises:
        SourceFailed: there is none.
    """
    names = [sheet.title for sheet in book.worksheets if wanted or sheet.sheet_state == "visible"]
    alike = [name for name in names if wanted is None or name.strip().casefold() == wanted.strip().casefold()]
    if alike:
        return str(alike[0])
    there = ", ".join(names)
    if wanted is None:
        raise SourceFailed("Tidak ada lembar yang tampak.", "There is no sheet that is visible.")
    raise SourceFailed(
        f"Lembar {wanted!r} tidak ada; yang ada: {there}.", f"There is no sheet {wanted!r}; there are: {there}."
    )


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


def _entries(path: Path | IO[bytes]) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise _damaged(str(error)) from error


def _refuse_odd(file: IO[bytes]) -> None:
    """Refuse what is another kind of file, what would run, and what unpacks to more than is good for us.

    Raises:
        SourceFailed: it is such a one.
    """
    entries = _entries(file)
    names = {entry.filename.lower() for entry in entries}
    if any(name.endswith("vbaproject.bin") for name in names):
        raise SourceFailed(
            "Lembar kerja berisi makro; simpan sebagai .xlsx tanpa makro.",
            "The workbook has macros: save it as .xlsx without them.",
        )
    if "xl/workbook.bin" in names or "content.xml" in names:
        raise SourceFailed(
            "Berkas berformat .ods atau .xlsb: simpan sebagai .xlsx.", "The file is .ods or .xlsb: save it as .xlsx."
        )
    sheets = sum(entry.file_size for entry in entries if entry.filename.startswith(_SHEETS))
    whole = sum(entry.file_size for entry in entries if _is_read_whole(entry.filename))
    for size, most, id_of, en_of in (
        (sheets, _LARGEST_SHEETS_BYTES, "lembar", "sheets"),
        (whole, _LARGEST_WHOLE_BYTES, "teks dan gaya", "texts and styles"),
    ):
        if size > most:
            raise SourceFailed(
                f"Lembar kerja terlalu besar: {id_of} lebih dari {most} byte setelah dibuka; kirim sebagai CSV.",
                f"The workbook's {en_of} unpack to more than {most} bytes: send it as CSV.",
            )


def _is_read_whole(name: str) -> bool:
    """Tell whether a part is none that is read row by row, and none that is not read at all."""
    return not name.startswith((_SHEETS, "xl/media/", "xl/embeddings/", "customXml/")) or name.endswith(".rels")


def _damaged(why: str) -> SourceFailed:
    return SourceFailed(f"Lembar kerja rusak atau bukan XLSX: {why}.", f"The workbook is damaged or no XLSX: {why}.")


def _valued(rows: Iterable[tuple[Row, Row]]) -> Iterator[Row]:
    """Give rows with the values that were saved for formulas, none shorter than the one before it.

    Raises:
        SourceFailed: a formula has none.
    """
    width = 0
    for number, (saved, written) in enumerate(rows, 1):
        for column, (value, source) in enumerate(zip(saved, written, strict=False), 1):
            if value is None and isinstance(source, str) and source.startswith("="):
                raise SourceFailed(
                    f"Baris {number}, kolom {column}: rumus tanpa hasil; simpan ulang di Excel, atau tempel nilainya.",
                    f"Row {number}, column {column}: a formula without a result: save it anew, or paste values.",
                )
        row = list(islice(saved, MOST_COLUMNS))
        width = max(width, len(row))
        yield row + [None] * (width - len(row))
