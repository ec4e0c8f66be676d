"""Tables as offices lay them out, made flat: titles in two rows, merged cells, a period above, months side by side.

Every step is one line of the manifest (`table:`), in the order in which they stand here. A row keeps its number in the
file, so that what is told of it is found there.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from cloud.modules.errors import SourceFailed
from cloud.modules.sources.layout import Cell, Sheet

Row = list[Any]
_LETTERS = 26


class Placed(list[Any]):
    """A row that knows its number in the file, from 1."""

    __slots__ = ("number",)

    def __init__(self, cells: Sequence[Any], number: int) -> None:
        super().__init__(cells)
        self.number = number


def shaped(rows: Iterator[Row], table: Sheet) -> Iterator[Row]:
    """Give a file's table, its titles first.

    Args:
        rows: all of the file, or of the sheet.
        table: how the table lies in it.

    Raises:
        SourceFailed: a column, or a cell, that the manifest names is not there.
    """
    above = [row for _, row in zip(range(table.header_row - 1), rows, strict=False)]
    heads = [row for _, row in zip(range(table.header_rows), rows, strict=False)]
    if not heads:
        return
    titles = _titles(heads)
    if not table.is_shaped:
        yield titles
        yield from rows
        return
    kept = {name: _cell(above, cell, name) for name, cell in table.cells.items()}
    first = table.header_row + table.header_rows
    for _ in range(table.skip_rows):
        next(rows, None)
    placed = (Placed(row, number) for number, row in enumerate(rows, first + table.skip_rows))
    titles += list(kept)
    whole = _with_cells(_until_end(placed, table), titles, list(kept.values()))
    yield from _joined(_unpivoted(_filled_down(whole, titles, table), titles, table), table)


def _titles(heads: list[Row]) -> list[str]:
    """Join titles that stand in several rows; one over several columns, which are merged, is of each of them."""
    parts: list[list[str]] = [[] for _ in range(max(map(len, heads)))]
    for row in heads:
        over = ""
        for place, cell in enumerate(row):
            own = "" if cell is None else " ".join(str(cell).split())
            over = own or (over if row is not heads[-1] else "")
            parts[place] += [over] if over else []
    return [" ".join(each) for each in parts]


def _cell(above: list[Row], cell: Cell, name: str) -> str:
    """Give what stands in a cell above the table, or in it after some words.

    Raises:
        SourceFailed: nothing does.
    """
    row, column = _place_of(cell.at)
    value = above[row][column] if row < len(above) and column < len(above[row]) else None
    text = "" if value is None else " ".join(str(value).split())
    found = re.search(rf"{re.escape(cell.after)}\s*:?\s*(.+)", text, re.IGNORECASE) if cell.after else None
    text = found[1] if found else "" if cell.after else text
    if not text:
        after_id, after_en = (f" setelah {cell.after!r}", f" after {cell.after!r}") if cell.after else ("", "")
        raise SourceFailed(
            f"Sel {cell.at} ({name}) kosong{after_id}: periksa table.cells di manifes.",
            f"Cell {cell.at} ({name}) holds nothing{after_en}: check table.cells in the manifest.",
        )
    return text


def _place_of(at: str) -> tuple[int, int]:
    """Read `B3` as (row, column), from 0."""
    letters = at.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = _LETTERS * column + ord(letter) - ord("A") + 1
    return int(at[len(letters) :]) - 1, column - 1


def _until_end(rows: Iterator[Placed], table: Sheet) -> Iterator[Placed]:
    """Give rows up to the one that the table ends at, without those that are to be left out."""
    left_out = tuple(text.casefold() for text in table.leave_out)
    end = (table.ends_at or "").casefold()
    for row in rows:
        first = next((str(cell).strip().casefold() for cell in row if cell not in {None, ""}), "")
        if (end == "empty_row" and not first) or (end and first.startswith(end)):
            return
        if not (left_out and first.startswith(left_out)):
            yield row


def _with_cells(rows: Iterator[Placed], titles: list[str], cells: list[str]) -> Iterator[Placed]:
    """Give the titles, then rows with the cells above the table at their end; an empty or cut row stays as it is."""
    yield Placed(titles, 0)
    width = len(titles) - len(cells)
    for row in rows:
        if cells and len(row) >= width and any(cell not in {None, ""} for cell in row):
            row[width:] = cells
        yield row


def _filled_down(rows: Iterator[Placed], titles: list[str], table: Sheet) -> Iterator[Placed]:
    """Repeat what stands above an empty cell, in columns whose cells are merged."""
    yield next(rows)
    places = [_find(titles, title, "fill_down") for title in table.fill_down]
    above: dict[int, Any] = {}
    for row in rows:
        if any(cell not in {None, ""} for cell in row):
            for place in places:
                if place < len(row) and row[place] in {None, ""}:
                    row[place] = above.get(place)
                elif place < len(row):
                    above[place] = row[place]
        yield row


def _unpivoted(rows: Iterator[Placed], titles: list[str], table: Sheet) -> Iterator[Placed]:
    """Make one row for each of some columns: what it stands for in one new column, its cell in another."""
    if table.unpivot is None:
        yield from rows
        return
    wide = {_find(titles, title, "unpivot.columns"): text for title, text in table.unpivot.columns.items()}
    rest = [place for place in range(len(titles)) if place not in wide]
    next(rows)
    yield Placed([*(titles[place] for place in rest), table.unpivot.title, table.unpivot.value], 0)
    for row in rows:
        if len(row) < len(titles):
            yield Placed(row[:1], row.number)  # empty, or cut: whoever reads it sees that
            continue
        same = [row[place] for place in rest]
        yield from (Placed([*same, text, row[place]], row.number) for place, text in wide.items() if any(row))


def _joined(rows: Iterator[Placed], table: Sheet) -> Iterator[Placed]:
    """Add columns that are others' texts, one after the other: `April` and `2025`."""
    titles = next(rows)
    places = {name: [_find(titles, title, "joined") for title in parts] for name, parts in table.joined.items()}
    yield Placed([*titles, *places], titles.number)
    for row in rows:
        if places and len(row) >= len(titles):
            row += [" ".join(_text(row[place]) for place in parts) for parts in places.values()]
        yield row


def _text(cell: Any) -> str:
    """Write a cell as it is seen: a spreadsheet keeps 2025 as 2025.0 at times."""
    whole = isinstance(cell, float) and cell.is_integer()
    return "" if cell is None else str(int(cell) if whole else cell).strip()


def _find(titles: Sequence[str], wanted: str, by: str) -> int:
    """Find a column by its title.

    Raises:
        SourceFailed: there is none.
    """
    folded = [title.casefold() for title in titles]
    if wanted.casefold() not in folded:
        raise SourceFailed(
            f"Kolom {wanted!r} tidak ditemukan (table.{by}): periksa header_row dan nama kolomnya.",
            f"There is no column {wanted!r} (table.{by}): check header_row, and its title.",
        )
    return folded.index(wanted.casefold())
