"""From a source's rows to figures: columns found, texts to codes, numbers and times read, persons kept out.

What is wrong with a row is counted by its reason and costs that row only; what is wrong with the table costs the run.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches
from itertools import islice
from typing import Any, NamedTuple

from cloud.modules.errors import SourceFailed
from cloud.modules.manifest import Manifest
from cloud.modules.notation import OtherStyle, Unreadable, read_number, read_time
from cloud.modules.privacy import find_person, find_person_column, is_phone_figure, is_small
from cloud.modules.report import Figure, Report
from cloud.modules.sources.models import Tabular

AHEAD = timedelta(minutes=5)  # how far a figure's time may lie in the future, for clocks that differ
LOOKED_AT = 1_000  # rows of which every column is looked at for persons, mapped or not
_CACHE_MAX = 100_000
_LARGE = 1e9  # more persons than there are; from here a figure may be a telephone's or a citizen's number
_LARGEST = (
    999_999_999_999_999.0  # fifteen digits: more are no figure of a regency, and sixteen may be a citizen's number
)


class _Column(NamedTuple):
    """One indicator's column.

    Attributes:
        indicator: its name.
        place: of the column, from 0.
        dimensions: places of its dimensions among those of the mapping.
        least: the least that is possible.
        most: the most.
        is_people: whether it counts persons.
        is_count: whether it counts anything: then a telephone's number among its figures is one.
    """

    indicator: str
    place: int
    dimensions: tuple[int, ...]
    least: float
    most: float
    is_people: bool
    is_count: bool


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
        self._codes = {name: self._known_texts(name, districts) for name in self._mapping.keys}
        self._times: dict[Any, datetime | str] = {}
        self._alike: dict[tuple[str, str], str] = {}
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
        places = self._places(titles)
        keys = [(name, places[key.column]) for name, key in self._mapping.keys.items()]
        columns = self._columns(places)
        width = len(titles)
        for number, row in enumerate(self._without_persons(titles, each), 2):
            if len(row) < width and any(cell not in (None, "") for cell in row):
                self._half(number, len(row), width)
            if self._is_figures(row, titles, number):
                yield from self._figures(row, number, keys, columns, places)

    def _columns(self, places: dict[str, int]) -> list[_Column]:
        order = list(self._mapping.keys)
        found = []
        for name, title in self._mapping.values.items():
            indicator = self._manifest.indicators[name]
            least = -math.inf if indicator.least is None else indicator.least
            most = math.inf if indicator.most is None else indicator.most
            dimensions = tuple(order.index(each) for each in indicator.dimensions)
            is_count = indicator.people or (indicator.unit.startswith("{") and "IDR" not in indicator.unit)
            found.append(_Column(name, places[title], dimensions, least, most, indicator.people, is_count))
        return found

    def _known_texts(self, dimension: str, districts: Mapping[str, str]) -> dict[str, str]:
        """Map every text that means a code to it: the manifest's own, titles, and the codes themselves."""
        values = self._manifest.dimensions[dimension].values
        known = {name.casefold(): code for code, name in districts.items()} if values is None else {}
        for code, titles in (values or {}).items():
            known |= {titles.id.casefold(): code, titles.en.casefold(): code}
        known |= {code.casefold(): code for code in (districts if values is None else values)}
        known |= {text.casefold(): code for text, code in self._mapping.keys[dimension].texts.items()}
        # As they are mostly written, too, so that nearly no row has to be folded.
        written = [*(values or districts), *self._mapping.keys[dimension].texts]
        written += [titles.id for titles in (values or {}).values()] + (
            list(districts.values()) if values is None else []
        )
        return known | {text: known[text.casefold()] for text in written}

    def _places(self, titles: list[str]) -> dict[str, int]:
        """Find the columns."""
        folded = {title.casefold(): place for place, title in reversed(list(enumerate(titles)))}
        wanted = {*self._mapping.values.values(), *(key.column for key in self._mapping.keys.values())}
        wanted |= {self._mapping.true_at} - {"fetched"}
        missing = sorted(title for title in wanted if title.casefold() not in folded)
        if missing:
            raise _missing(missing, titles, is_titles=len(missing) < len(wanted))
        return {title: folded[title.casefold()] for title in wanted}

    def _without_persons(self, titles: list[str], rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
        """Look at the first rows of every column, mapped or not.

        Raises:
            SourceFailed: one of them tells of persons; its title is named, none of its values.
        """
        looked = list(islice(rows, LOOKED_AT))
        judged = {titles.index(title) for title in self._mapping.values.values() if title in titles}
        for place, title in enumerate(titles):
            may_name = title in self._manifest.privacy.may_name
            # Figures are judged one by one, where they are read: as text, 62812345678 rupiah would be a telephone.
            texts = set() if place in judged else {str(row[place]) for row in looked if place < len(row) and row[place]}
            kind = find_person_column(title, texts, may_name=may_name)
            if kind is not None:
                raise _person(title, kind)
        yield from looked
        yield from rows

    @staticmethod
    def _half(number: int, has: int, wants: int) -> None:
        raise SourceFailed(
            f"Baris {number} hanya punya {has} dari {wants} kolom: berkas terpotong?",
            f"Row {number} has {has} of {wants} columns: was the file cut off?",
        )

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
        self,
        row: list[Any],
        number: int,
        keys: list[tuple[str, int]],
        columns: list[_Column],
        places: dict[str, int],
    ) -> Iterator[Figure]:
        codes = self._row_codes(row, number, keys)
        true_at = self._true_at(row, number, places) if codes is not None else None
        if codes is None or true_at is None:
            return
        values = [(column, self._value(row[column.place], column, number)) for column in columns]
        # One small count hides all counts of people in its row: from the others it could be reckoned (residents before
        # and after, births, moves).
        is_kept_back = any(column.is_people and value and is_small(value, self._smallest) for column, value in values)
        for column, value in values:
            if value is None:
                continue
            self.report.figures += 1
            cell = tuple([codes[each] for each in column.dimensions])
            if is_kept_back and column.is_people:
                self._keep_back(number)
                yield Figure(column.indicator, cell, true_at, None)
            else:
                yield Figure(column.indicator, cell, true_at, value)

    def _value(self, text: Any, column: _Column, number: int) -> float | None:
        """Read a value; None where there is none, or none that can be stored.

        Raises:
            SourceFailed: it is somebody's, or in the other style: then what was read of the column may be wrong by a
            thousand, for `1.234` is a number in both.
        """
        try:
            value = read_number(text, self._mapping.numbers)
        except Unreadable as error:
            title = self._mapping.values[column.indicator]
            if isinstance(error, OtherStyle):
                raise _mixed(title, error.what, number) from None
            if kind := find_person(str(text)):
                raise _person(title, kind, number) from None
            self._refuse("no_number", title, error.what, number)
            return None
        if value is None:
            return None
        if not -_LARGE < value < _LARGE:
            self._judge_large(str(text), value, column, number)
        if max(column.least, -_LARGEST) <= value <= min(column.most, _LARGEST):
            return value + 0.0  # minus nothing is nothing
        self._refuse_impossible(column, number)
        return None

    def _judge_large(self, text: str, value: float, column: _Column, number: int) -> None:
        """Refuse a citizen's or a telephone's number that was read as a figure.

        Raises:
            SourceFailed: it is one.
        """
        kind = find_person(f"{abs(value):.0f}") if math.isfinite(value) else None
        if kind != "citizen number" or abs(value) <= _LARGEST:
            is_phone = column.is_people or (column.is_count and is_phone_figure(value))
            written = text.lstrip(" '(").startswith(("0", "+")) and is_phone_figure(value)
            kind = "phone number" if math.isfinite(value) and (is_phone or written) else None
        if kind is not None:
            raise _person(self._mapping.values[column.indicator], kind, number)

    def _refuse_impossible(self, column: _Column, number: int) -> None:
        border = f"is not between {max(column.least, -_LARGEST):g} and {min(column.most, _LARGEST):g}"
        self._refuse("impossible", column.indicator, border, number)

    def _keep_back(self, number: int) -> None:
        self.report.kept_back += 1
        self.report.note(
            "kept_back",
            f"Sel dengan kurang dari {self._smallest} orang, dan hitungan orang di baris yang sama, disembunyikan.",
            f"A cell of fewer than {self._smallest} persons, and the counts of persons beside it, were kept back.",
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
        if isinstance(found, str):
            self._refuse("no_time", self._mapping.true_at, found, number)
            return None
        return found

    def _read_time(self, text: Any, number: int) -> datetime | str:
        """Read a time, or say what is wrong with it.

        Raises:
            SourceFailed: it is somebody's.
        """
        try:
            found = read_time(text, self._manifest.period)
        except Unreadable as error:
            if kind := find_person(str(text)):
                raise _person(self._mapping.true_at, kind, number) from None
            return error.what
        return f"{found:%Y-%m-%d %H:%M}Z is in the future" if found > self._now + AHEAD else found

    def _row_codes(self, row: list[Any], number: int, keys: list[tuple[str, int]]) -> list[str] | None:
        found = []
        for name, place in keys:
            text = row[place]
            code = self._codes[name].get(text) if isinstance(text, str) else None
            if code is None:
                if self._is_total(row, number, keys):
                    return None
                code = self._code(name, str(text).strip(), number)
            if code is None:
                return None
            found.append(code)
        return found

    def _is_total(self, row: list[Any], number: int, keys: list[tuple[str, int]]) -> bool:
        """Tell whether a row that has an unknown text as a key is a total; it is no fault."""
        if not any(str(row[place]).strip().casefold() in self._totals for _, place in keys):
            return False
        self.report.note("total", "Baris jumlah dilewati.", "A row of totals was left out.", number)
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
                raise _person(column, kind, number)
            self._refuse("unknown_key", column, self._unknown(name, text.casefold()), number)
        return code

    def _unknown(self, name: str, text: str) -> str:
        """Say that a text is no code, without it: it may be somebody's. What it looks like is our own and is said."""
        found = self._alike.get((name, text))
        if found is None:
            alike = get_close_matches(text[:80], self._codes[name], 1, 0.75) if len(self._alike) < LOOKED_AT else []
            found = f"is no {name}: add it to values or texts" + (f"; is it {alike[0]!r}?" if alike else "")
            if len(self._alike) < LOOKED_AT:
                self._alike[name, text] = found
        return found

    def _refuse(self, reason: str, column: str, detail: str, number: int) -> None:
        self.report.rejected += 1
        self.report.note(reason, f"Kolom {column}: {detail}", f"Column {column}: {detail}", number)


def _missing(missing: list[str], titles: list[str], *, is_titles: bool) -> SourceFailed:
    """Say which columns are missing; a first row with none of those wanted may be somebody's, and is not told."""
    names = ", ".join(missing)
    if not is_titles:
        return SourceFailed(
            f"Kolom tidak ditemukan: {names}. Tak satu pun ada di baris judul ({len(titles)} kolom): "
            "periksa header_row.",
            f"Columns are missing: {names}. The row of titles has none of them, in {len(titles)} columns: "
            "is header_row right?",
        )
    there = ", ".join(title for title in titles[:40] if title and find_person(title) is None)
    return SourceFailed(
        f"Kolom tidak ditemukan: {names}. Yang ada: {there}. Namanya berubah? Sesuaikan mapping.",
        f"Columns are missing: {names}. There are: {there}. Renamed? Correct the mapping.",
    )


def _mixed(title: str, what: str, number: int) -> SourceFailed:
    return SourceFailed(
        f"Kolom {title!r}, baris {number}: gaya angka lain daripada di manifes; perbaiki numbers, atau samakan.",
        f"Column {title!r}, row {number}: {what}, or write the column in one style.",
    )


def _person(title: str, kind: str, number: int | None = None) -> SourceFailed:
    if find_person(title):
        title = "?"  # where the titles are missing, the first row is somebody's
    id_at, en_at = (f", baris {number}", f", row {number}") if number else ("", "")
    kinds = {
        "citizen number": "nomor induk kependudukan",
        "phone number": "nomor telepon",
        "name": "nama orang",
        "address": "alamat orang",
    }
    return SourceFailed(
        f"Kolom {title!r}{id_at} tampak berisi {kinds[kind]}. Hanya angka gabungan boleh masuk: "
        "minta sumber tanpa kolom itu.",
        f"Column {title!r}{en_at} seems to hold a {kind}. Only aggregates may enter: have the source leave it out.",
    )
