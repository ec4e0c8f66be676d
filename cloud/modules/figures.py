"""From a source's rows to figures: texts to codes, numbers and times read, small counts left untold, persons kept out.

What is wrong with a row is counted by its reason and costs that row only; what is wrong with the table costs the run.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from cloud.modules.columns import Codes, Column, find_places, value_columns
from cloud.modules.errors import SourceFailed
from cloud.modules.manifest import Manifest
from cloud.modules.notation import WIB, OtherStyle, Unreadable, read_number, read_time
from cloud.modules.persons import LARGEST, PersonGuard, judge_large, person_found
from cloud.modules.privacy import find_person, is_small
from cloud.modules.report import Figure, Report
from cloud.modules.several import told_apart
from cloud.modules.sources.models import Tabular
from cloud.modules.sources.shape import Placed

AHEAD = timedelta(minutes=5)  # how far a figure's time may lie in the future, for clocks that differ
_CACHE_MAX = 100_000
Told = tuple[str, str]  # what is wrong, in Indonesian and English
_LARGE = 1e9  # more persons than there are; from here a figure may be a telephone's or a citizen's number


class FigureReader:
    """Reads one source's tables.

    Args:
        manifest: of the module.
        districts: codes of the shared dimension with their names.
        now: the instant of the visit.
    """

    def __init__(self, manifest: Manifest, districts: Mapping[str, str], now: datetime) -> None:
        assert isinstance(manifest.source, Tabular)  # noqa: S101 - what is computed has no table
        self._manifest = manifest
        self._mapping = manifest.source.mapping
        self._smallest = manifest.privacy.smallest_cell
        self._now = now
        self._codes = {name: Codes(name, manifest, self._mapping, districts) for name in self._mapping.keys}
        self._times: dict[Any, datetime | Told] = {}
        self._totals = {word.casefold() for word in self._mapping.total_words}
        self.report = Report()

    def read(self, rows: Iterable[list[Any]]) -> Iterator[Figure]:
        """Give the figures of all rows of a table.

        Raises:
            SourceFailed: the table is not the one that the manifest describes, or tells of persons.
        """
        each = iter(rows)
        titles = [str(title).strip() if title is not None else "" for title in next(each, [])]
        if not titles:
            return
        places = find_places(self._mapping, titles)
        keys = [(name, places[key.column]) for name, key in self._mapping.keys.items()]
        columns = value_columns(self._manifest, self._mapping, places)
        width = len(titles)
        for at, row in enumerate(self._rows(titles, places, each), 2):
            number = row.number if isinstance(row, Placed) else at
            if len(row) < width and any(cell not in (None, "") for cell in row):
                raise _half(number, len(row), width)
            if self._is_figures(row, titles, number):
                yield from self._figures(row, number, keys, columns, places)

    def _rows(self, titles: list[str], places: dict[str, int], rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
        """Give rows after a look for persons, as the mapping wants them told apart."""
        figures = {places[title] for title in self._mapping.values.values()}
        guard = PersonGuard(titles, figures, set(places.values()) - figures, self._manifest.privacy.may_name)
        return told_apart(guard.pass_on(rows), titles, self._mapping, self._manifest.period, self._is_future)

    def _is_figures(self, row: list[Any], titles: list[str], number: int) -> bool:
        """Tell whether a row is neither empty nor the titles again."""
        if not any(row) and all(cell in (None, "") for cell in row):
            return False
        self.report.rows += 1
        if str(row[0]).strip() == titles[0] and [str(cell).strip() for cell in row[: len(titles)]] == titles:
            self.report.note(
                "titles_again", "Baris judul berulang dilewati.", "A repeated row of titles was left out.", number
            )
            return False
        return True

    def _figures(
        self, row: list[Any], number: int, keys: list[tuple[str, int]], columns: list[Column], places: dict[str, int]
    ) -> Iterator[Figure]:
        codes = self._row_codes(row, number, keys, columns)
        true_at = self._true_at(row, number, places) if codes is not None else None
        if codes is None or true_at is None:
            return
        for column in columns:
            value = self._value(row[column.place], column, number)
            if value is None:
                continue
            self.report.figures += 1
            cell = tuple([codes[each] for each in column.dimensions])
            if column.is_people and is_small(value, self._smallest):
                self._keep_back(number)
                value = None
            yield Figure(column.indicator, cell, true_at, value)

    def _value(self, text: Any, column: Column, number: int) -> float | None:
        """Read a value; None where there is none, or none that can be stored.

        Raises:
            SourceFailed: it is somebody's, or in the other style: then what was read of the column may be wrong by a
            thousand, for `1.234` is a number in both.
        """
        try:
            value = read_number(text, self._mapping.numbers)
        except Unreadable as error:
            if isinstance(error, OtherStyle):
                raise _mixed(column.title, error, number) from None
            if kind := find_person(str(text)):
                raise person_found(column.title, kind, number) from None
            self._refuse("no_number", column.title, (error.what_id, error.what), number)
            return None
        if value is None:
            return None
        if not -_LARGE < value < _LARGE:
            is_people, is_count = column.is_people, column.is_count
            judge_large(column.title, str(text), value, number, is_people=is_people, is_count=is_count)
        least, most = max(column.least, -LARGEST), min(column.most, LARGEST)
        if least <= value <= most:
            return value + 0.0  # minus nothing is nothing
        borders = (f"tidak di antara {least:g} dan {most:g}", f"is not between {least:g} and {most:g}")
        self._refuse("impossible", column.indicator, borders, number)
        return None

    def _keep_back(self, number: int) -> None:
        self.report.kept_back += 1
        self.report.note(
            "kept_back",
            f"Sel dengan kurang dari {self._smallest} orang disembunyikan.",
            f"A cell of fewer than {self._smallest} persons was kept back.",
            number,
        )

    def _true_at(self, row: list[Any], number: int, places: dict[str, int]) -> datetime | None:
        if self._mapping.true_at == "fetched":
            return self._now
        text = row[places[self._mapping.true_at]]
        found = self._times.get(text)
        if found is None:
            found = self._read_time(text, number)
            if len(self._times) < _CACHE_MAX:
                self._times[text] = found
        if not isinstance(found, datetime):
            self._refuse("no_time", self._mapping.true_at, found, number)
            return None
        return found

    def _read_time(self, text: Any, number: int) -> datetime | Told:
        """Read a time, or say what is wrong with it.

        Raises:
            SourceFailed: it is somebody's, or in another order: then others of its column may be misread.
        """
        try:
            found = read_time(text, self._manifest.period, self._mapping.dates)
        except Unreadable as error:
            if isinstance(error, OtherStyle):
                raise _mixed(self._mapping.true_at, error, number) from None
            if kind := find_person(str(text)):
                raise person_found(self._mapping.true_at, kind, number) from None
            return error.what_id, error.what
        return found if found <= self._now + AHEAD else _future(found)

    def _is_future(self, at: datetime, number: int) -> bool:
        """Tell whether a reading is of the future, and refuse it then; a day's beginning alone would hide that."""
        if at <= self._now + AHEAD:
            return False
        self._refuse("no_time", self._mapping.true_at, _future(at), number)
        return True

    def _row_codes(
        self, row: list[Any], number: int, keys: list[tuple[str, int]], columns: list[Column]
    ) -> list[str] | None:
        found = []
        for name, place in keys:
            text = row[place]
            code = self._codes[name].get(text) if isinstance(text, str) else None
            if code is None:
                if self._is_total(row, number, keys) or self._is_heading(row, number, columns):
                    return None
                code = self._code(name, str(text).strip(), number)
            if code is None:
                return None
            found.append(code)
        return found

    def _is_total(self, row: list[Any], number: int, keys: list[tuple[str, int]]) -> bool:
        """Tell whether a row that has an unknown text as a key is a total; it is no fault."""
        texts = [row[place] for _, place in keys]
        if all(text in (None, "") for text in texts):  # a merged cell begins further to the left
            texts = [cell for cell in row if isinstance(cell, str)]
        if not any(str(text).strip().casefold() in self._totals for text in texts):
            return False
        self.report.note("total", "Baris jumlah dilewati.", "A row of totals was left out.", number)
        return True

    def _is_heading(self, row: list[Any], number: int, columns: list[Column]) -> bool:
        """Tell whether a row that has an unknown text as a key has no figure either; nothing is lost by it."""
        if any(row[column.place] not in (None, "") for column in columns):
            return False
        self.report.note("heading", "Baris tanpa angka dilewati.", "A row without figures was left out.", number)
        return True

    def _code(self, name: str, text: str, number: int) -> str | None:
        """Find the code that a text means, whatever its case.

        Raises:
            SourceFailed: it is somebody's.
        """
        code = self._codes[name].get(text.casefold())
        if code is None:
            column = self._mapping.keys[name].column
            kind = find_person(text)
            if kind is not None:
                raise person_found(column, kind, number)
            self._refuse("unknown_key", column, self._codes[name].unknown(text.casefold()), number)
        return code

    def _refuse(self, reason: str, column: str, detail: Told, number: int) -> None:
        self.report.rejected += 1
        detail_id, detail_en = detail
        self.report.note(reason, f"Kolom {column}: {detail_id}", f"Column {column}: {detail_en}", number)


def _future(at: datetime) -> Told:
    written = f"{at.astimezone(WIB):%Y-%m-%d %H:%M} WIB"
    return f"{written} di masa depan", f"{written} is in the future"


def _half(number: int, has: int, wants: int) -> SourceFailed:
    return SourceFailed(
        f"Baris {number} hanya punya {has} dari {wants} kolom: berkas terpotong?",
        f"Row {number} has {has} of {wants} columns: was the file cut off?",
    )


def _mixed(title: str, error: OtherStyle, number: int) -> SourceFailed:
    return SourceFailed(
        f"Kolom {title!r}, baris {number}: {error.what_id}, atau samakan seluruh kolom.",
        f"Column {title!r}, row {number}: {error.what}, or write the column in one style.",
    )
