"""Imports a spreadsheet of sites (.xlsx or .csv) and says of every row what became of it.

A crew's list is never clean: figures with a comma, positions the wrong way round, merged cells. What is certain is
put right and said; what is not is refused with the row, the column and the remedy. Rows that are in order are not
held up by the others.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
import yaml
from openpyxl.utils.exceptions import InvalidFileException
from pydantic import TypeAdapter, ValidationError

from edge.contract.documents import nearest
from edge.contract.names import SiteCode
from provisioning.desired import Desired
from provisioning.desired_checks import fault_of_position
from provisioning.errors import Misconfigured

# Headings as offices write them, in Indonesian and English.
COLUMNS = {
    "code": ("code", "kode", "kode lokasi"),
    "name": ("name", "nama", "lokasi", "nama lokasi"),
    "district": ("district", "kecamatan"),
    "latitude": ("latitude", "lat", "lintang"),
    "longitude": ("longitude", "lon", "long", "lng", "bujur"),
    "group": ("group", "kelompok"),
}
OPTIONAL = {"group"}
MAX_ROWS = 20_000
Cells = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one row.

    Attributes:
        number: as the spreadsheet counts, from 1.
        code: of the site; "" where there is none.
        refusals: why it was not taken; empty when it was.
        notes: what was put right.
        site: as it goes into the file; None when it was refused.
    """

    number: int
    code: str
    refusals: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    site: dict[str, Any] | None = None


def import_sites(path: Path, desired: Desired, group: str) -> list[Row]:
    """Read a spreadsheet against the regency that is there.

    Args:
        path: `.xlsx` or `.csv`.
        desired: the present state: bounds, districts, groups, and the sites that are there already.
        group: for boxes whose row names none.

    Raises:
        Misconfigured: the file as a whole cannot be read, or a column is missing.
    """
    table = list(_read_xlsx(path) if path.suffix.lower() == ".xlsx" else _read_csv(path))
    heading, columns = _find_heading(table, path)
    seen = {site.code: "the regency's files" for site in desired.sites}
    rows = []
    for number, (cells, merged) in enumerate(table[heading + 1 :], start=heading + 2):
        picked = {name: cells[at] if at < len(cells) else None for name, at in columns.items()}
        if all(value in (None, "") for value in picked.values()):
            continue
        row = _judge(number, picked, {name for name, at in columns.items() if at in merged}, desired, seen, group)
        seen.setdefault(row.code, f"row {number}")
        rows.append(row)
    return rows


def report_lines(rows: list[Row]) -> Iterator[str]:
    """Write one line for each row that is not simply in order, and the sum."""
    for row in rows:
        where = f"row {row.number}" + (f" ({row.code})" if row.code else "")
        yield from (f"{where}: REFUSED: {refusal}" for refusal in row.refusals)
        yield from (f"{where}: taken; {note}" for note in row.notes if not row.refusals)
    taken = sum(row.site is not None for row in rows)
    yield f"{taken} of {len(rows)} rows taken, {len(rows) - taken} refused"


def write_sites(rows: list[Row]) -> str:
    """Write the rows that were taken as a file of the desired state."""
    return yaml.safe_dump({"sites": [row.site for row in rows if row.site]}, sort_keys=False, allow_unicode=True)


def _judge(
    number: int, cells: Cells, merged: set[str], desired: Desired, seen: dict[str, str], default_group: str
) -> Row:
    code = str(cells["code"] or "").strip().upper()
    row = Row(number, code)
    for name in sorted(merged):
        row.refusals.append(f"{name}: the cell is merged with others: split it and fill in each row")
    site: dict[str, Any] = {"code": code} | {
        name: " ".join(str(cells[name] or "").split()) for name in ("name", "district")
    }
    _check_code(code, seen, row.refusals)
    if not site["name"] and "name" not in merged:
        row.refusals.append("name: is empty: fill it in")
    districts = {district.casefold(): district for district in desired.regency.districts}
    site["district"] = districts.get(site["district"].casefold(), site["district"])
    if site["district"] not in desired.regency.districts and "district" not in merged:
        hint = nearest(site["district"], desired.regency.districts)
        row.refusals.append(f"district: there is no {site['district']!r}{hint}")
    site |= _position(cells, merged, desired, row)
    group = str(cells.get("group") or default_group).strip()
    if group not in desired.groups:
        row.refusals.append(f"group: there is no {group!r}{nearest(group, desired.groups)}")
    if row.refusals:
        return row
    return Row(number, code, [], row.notes, site | {"boxes": [{"name": f"{code}-a", "group": group}]})


def _check_code(code: str, seen: dict[str, str], refusals: list[str]) -> None:
    try:
        TypeAdapter(SiteCode).validate_python(code)
    except ValidationError:
        refusals.append(f"code: {code!r} is not written like 'TD-01'")
    if code in seen:
        refusals.append(f"code: {code} is in {seen[code]} already: give it another code, or drop the row")


def _position(cells: Cells, merged: set[str], desired: Desired, row: Row) -> dict[str, float]:
    found = {}
    for name in ("latitude", "longitude"):
        if name in merged:
            return {}
        if cells[name] in (None, ""):
            row.refusals.append(f"{name}: is empty: fill it in")
            return {}
        value, note = _read_degrees(cells[name])
        if value is None:
            row.refusals.append(f"{name}: {cells[name]!r} is no number of degrees such as -7.6660")
            return {}
        if note:
            row.notes.append(f"{name}: {note}")
        found[name] = value
    fault = fault_of_position(desired.regency, found["latitude"], found["longitude"])
    if fault:
        row.refusals.append(f"position: {fault}")
    return found


def _read_degrees(value: Any) -> tuple[float | None, str]:
    """Read degrees; a comma as the decimal sign is certain where it stands alone."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value), ""
    text = str(value or "").strip().removesuffix("°").strip()
    note = ""
    if text.count(",") == 1 and "." not in text:
        note = f"{text!r} read with the comma as the decimal sign"
        text = text.replace(",", ".")
    try:
        return float(text), note
    except ValueError:
        return None, ""


def _find_heading(table: list[tuple[list[Any], set[int]]], path: Path) -> tuple[int, dict[str, int]]:
    """Find the row of headings, within the first ten, and where each column is."""
    best: dict[str, int] = {}
    for number, (cells, _) in enumerate(table[:10]):
        words = [" ".join(str(cell or "").split()).casefold() for cell in cells]
        columns = {name: words.index(word) for name, known in COLUMNS.items() for word in known if word in words}
        if columns.keys() >= COLUMNS.keys() - OPTIONAL:
            return number, columns
        best = max(best, columns, key=len)
    missing = [f"{name} ({' or '.join(COLUMNS[name])})" for name in COLUMNS if name not in {*best, *OPTIONAL}]
    raise Misconfigured(f"{path.name}: no row of headings with the columns {', '.join(missing)}: add them")


def _read_xlsx(path: Path) -> Iterator[tuple[list[Any], set[int]]]:
    """Give the cells of every row of the first sheet, and which of them are hidden under a merged cell."""
    try:
        sheet = openpyxl.load_workbook(path, data_only=True).worksheets[0]
    except (OSError, BadZipFile, InvalidFileException, KeyError, ValueError, IndexError) as error:
        raise Misconfigured(f"{path}: is no readable spreadsheet: save it as .xlsx or .csv ({error})") from error
    hidden: dict[int, set[int]] = {}
    for merged in sheet.merged_cells.ranges:
        for row in range(merged.min_row, min(merged.max_row, MAX_ROWS) + 1):
            hidden.setdefault(row, set()).update(range(merged.min_col - 1, merged.max_col))
    for number, cells in enumerate(sheet.iter_rows(values_only=True, max_row=MAX_ROWS), start=1):
        yield list(cells), hidden.get(number, set())


def _read_csv(path: Path) -> Iterator[tuple[list[Any], set[int]]]:
    """Give the cells of every line; the separator is told by the first line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{path.name}: is neither .xlsx nor UTF-8 text: save it as .xlsx") from error
    first = text.partition("\n")[0]
    separator = max(";,\t", key=first.count)
    for number, cells in enumerate(csv.reader(text.splitlines(), delimiter=separator)):
        if number >= MAX_ROWS:
            return
        yield list(cells), set()
