"""Rows as their manifest wants them told apart: the last of several readings in one period, and words that mean none.

Both are said by the manifest (`mapping.several`, `mapping.zero_words`): without them rows that differ are all refused,
and `-` is a figure that is not there.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from cloud.modules.errors import SourceFailed
from cloud.modules.notation import Period, Unreadable, begin_of, read_time
from cloud.modules.sources.models import Mapping
from cloud.modules.sources.shape import Placed

Row = list[Any]
MOST_ROWS = 200_000  # that are kept while the last one of each period is looked for


def told_apart(
    rows: Iterator[Row],
    titles: Sequence[str],
    mapping: Mapping,
    period: Period,
    is_future: Callable[[datetime, int], bool],
) -> Iterator[Row]:
    """Give a table's rows without its titles, changed as its mapping says.

    Args:
        rows: without the titles.
        titles: of the table.
        mapping: of its source; columns that are not there change nothing.
        period: of the figures.
        is_future: told each row's time and number where the last one is looked for; those of the future are left out.

    Raises:
        SourceFailed: there are too many rows to find the last ones among.
    """
    places = {title.casefold(): place for place, title in reversed(list(enumerate(titles)))}
    if mapping.zero_words:
        figures = [places[title.casefold()] for title in mapping.values.values() if title.casefold() in places]
        rows = _with_zeros(rows, figures, {word.casefold() for word in mapping.zero_words})
    if mapping.several == "last" and mapping.true_at.casefold() in places:
        keys = [places[key.column.casefold()] for key in mapping.keys.values() if key.column.casefold() in places]
        rows = _last(rows, keys, places[mapping.true_at.casefold()], mapping, period, is_future)
    return rows


def _with_zeros(rows: Iterator[Row], figures: list[int], words: set[str]) -> Iterator[Row]:
    for row in rows:
        for place in figures:
            if place < len(row) and isinstance(row[place], str) and row[place].strip().casefold() in words:
                row[place] = 0
        yield row


def _last(
    rows: Iterator[Row],
    keys: list[int],
    at: int,
    mapping: Mapping,
    period: Period,
    is_future: Callable[[datetime, int], bool],
) -> Iterator[Row]:
    """Give the latest row of each key and period, of one time the last; what has no time is given as it is."""
    latest: dict[tuple[object, ...], tuple[datetime, Row]] = {}
    for number, each in enumerate(rows, 2):
        row = each if isinstance(each, Placed) else Placed(each, number)
        try:
            told = read_time(row[at], "instant", mapping.dates)
        except (Unreadable, IndexError):
            told = None  # whoever reads it says what is wrong, or reads a month or a quarter alone
        if told is None:
            yield row
            continue
        if is_future(told, row.number):
            continue
        where = (begin_of(told, period), *(str(row[place]).strip().casefold() for place in keys if place < len(row)))
        if where not in latest and len(latest) >= MOST_ROWS:
            raise SourceFailed(
                f"Lebih dari {MOST_ROWS} baris untuk several: last; ambil dalam bagian yang lebih kecil.",
                f"More than {MOST_ROWS} rows for several: last: take them in smaller parts.",
            )
        if where not in latest or told >= latest[where][0]:
            latest[where] = told, row
    yield from (row for _, row in latest.values())
