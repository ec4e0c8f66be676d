"""Keeps persons out of a run: every cell of a table is looked at, and what is found ends the run without its value."""

import math
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any

from cloud.modules.errors import SourceFailed
from cloud.modules.privacy import Kind, find_person, find_person_cell, find_person_column, is_phone_figure

LOOKED_AT = (
    1_000  # rows whose columns are looked at as a whole: by their titles, and by what all their cells have in common
)
LARGEST = (
    999_999_999_999_999.0  # fifteen digits: more are no figure of a regency, and sixteen may be a citizen's number
)
_SEEN_MAX = 50_000
_KINDS: dict[str, str] = {
    "citizen number": "nomor induk kependudukan",
    "phone number": "nomor telepon",
    "name": "nama orang",
    "address": "alamat orang",
}


class PersonGuard:
    """Looks at a table's cells.

    Args:
        titles: of its columns.
        figures: places of the columns whose values are figures: they are judged where they are read.
        keys: places of columns of keys and times: what is no key there is refused where it is read.
        may_name: titles of columns whose values may look like names and are none.
    """

    def __init__(
        self, titles: Sequence[str], figures: Collection[int], keys: Collection[int], may_name: Collection[str]
    ) -> None:
        self._titles = titles
        self._texts = [place for place in range(len(titles)) if place not in figures]
        self._others = [place for place in self._texts if place not in keys]
        self._may_name = may_name
        self._seen: set[Any] = set()

    def pass_on(self, rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
        """Give the rows, each after it was looked at.

        Raises:
            SourceFailed: one of them tells of persons; its column is named, none of its values.
        """
        first = list(islice(rows, LOOKED_AT))
        for place, title in enumerate(self._titles):
            kind = self._of_column(place, title, first)
            if kind is not None:
                raise person_found(title, kind)
        yield from first
        for number, row in enumerate(rows, len(first) + 2):
            for place in self._others:
                self._look(place, row, number)
            yield row

    def _of_column(self, place: int, title: str, rows: list[list[Any]]) -> Kind | None:
        # Figures are judged one by one, where they are read: as text, 62812345678 rupiah would be a telephone.
        cells = {row[place] for row in rows if place < len(row) and row[place]} if place in self._texts else set()
        texts = {text_of(cell) for cell in cells}
        return find_person_column(title, texts, may_name=title in self._may_name, is_unmapped=place in self._others)

    def _look(self, place: int, row: list[Any], number: int) -> None:
        cell = row[place] if place < len(row) else None
        if not cell or (place, cell) in self._seen:
            return
        if len(self._seen) >= _SEEN_MAX:
            self._seen.clear()
        self._seen.add((place, cell))
        title = self._titles[place]
        kind = find_person_cell(title, text_of(cell), may_name=title in self._may_name)
        if kind is not None:
            raise person_found(title, kind, number)


def text_of(cell: Any) -> str:
    """Write a cell as a person would: a whole number that was read as a float has no `.0`."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < LARGEST * 100:
        return str(int(cell))
    return str(cell)


def judge_large(title: str, text: str, value: float, number: int, *, is_people: bool, is_count: bool) -> None:
    """Refuse a citizen's or a telephone's number that was read as a figure.

    Args:
        title: of its column.
        text: as it stands there.
        value: as it was read.
        number: of its row.
        is_people: whether the column counts persons.
        is_count: whether it counts anything.

    Raises:
        SourceFailed: it is one.
    """
    kind = find_person(f"{abs(value):.0f}") if math.isfinite(value) else None
    if kind != "citizen number" or abs(value) <= LARGEST:
        is_phone = is_people or (is_count and is_phone_figure(value))
        written = text.lstrip(" '(").startswith(("0", "+")) and is_phone_figure(value)
        kind = "phone number" if math.isfinite(value) and (is_phone or written) else None
    if kind is not None:
        raise person_found(title, kind, number)


def person_found(title: str, kind: str, number: int | None = None) -> SourceFailed:
    """Say that a column seems to hold persons, without a value."""
    if find_person(title):
        title = "?"  # where the titles are missing, the first row is somebody's
    id_at, en_at = (f", baris {number}", f", row {number}") if number else ("", "")
    return SourceFailed(
        f"Kolom {title!r}{id_at} tampak berisi {_KINDS[kind]}. Hanya angka gabungan boleh masuk: "
        "minta sumber tanpa kolom itu.",
        f"Column {title!r}{en_at} seems to hold a {kind}. Only aggregates may enter: have the source leave it out.",
    )
