"""Answers in parts: where the last one is, is found out and never assumed, and too many are refused.

A part is the last one if the next is empty, is not there, or is one that came before (of a server that gives the last
part again, or does not know the parameter), or if it is shorter than the first one. `size` itself decides nothing: many
servers give fewer rows than they are asked for.
"""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from cloud.modules.errors import SourceFailed
from cloud.modules.sources.fetch import NothingThere
from cloud.modules.sources.models import Paging
from cloud.modules.sources.tables import Row


class Part(NamedTuple):
    """A part of an answer.

    Attributes:
        mark: which tells it apart from others.
        rows: of it, the titles first; none where it is empty.
    """

    mark: str
    rows: Iterator[Row]


def read_parts(
    paging: Paging, pause_s: float, fetch: Callable[[dict[str, str]], str], read: Callable[[str], Part]
) -> Iterator[Row]:
    """Give the rows of all parts, the titles once.

    Args:
        paging: how parts are asked for.
        pause_s: between two requests.
        fetch: gets a part by its query, and gives what tells its bytes apart.
        read: reads the part that was got last.

    Raises:
        SourceFailed: there are more parts than the manifest expects, or one has other columns.
    """
    titles: Row = []
    marks: set[str] = set()
    first = given = 0
    for number in range(paging.most):
        if number:
            time.sleep(pause_s)
        try:
            part = read(fetch(_query(paging, number, given)))
        except NothingThere:
            if number == 0:
                raise
            return
        head = next(part.rows, None)
        if head is None or part.mark in marks:
            return
        if number == 0:
            titles = head
            yield titles
        elif head != titles:
            raise _other_columns(number)
        marks.add(part.mark)
        before = given
        for row in part.rows:
            given += any(cell not in {None, ""} for cell in row)
            yield row
        first = first or given
        if given - before < max(1, first):
            return
    raise SourceFailed(
        f"Lebih dari {paging.most} bagian; tidak ada yang disimpan. Naikkan paging.most bila memang benar.",
        f"There are more than {paging.most} parts, and nothing was stored: raise paging.most if that is right.",
    )


def _query(paging: Paging, number: int, given: int) -> dict[str, str]:
    at = paging.first + number if paging.by == "page" else given
    return {paging.parameter: str(at)} | ({paging.size_parameter: str(paging.size)} if paging.size_parameter else {})


def _other_columns(number: int) -> SourceFailed:
    return SourceFailed(
        f"Bagian ke-{number + 1} berkolom lain daripada yang pertama: baris judul harus sama di setiap bagian.",
        f"Part {number + 1} has other columns than the first one: each part needs the same row of titles.",
    )
