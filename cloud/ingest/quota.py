"""How much evidence a box may have stored in a day, so that one box cannot fill the database for all.

What is stored already counts as stored, whatever the quota says: a box that missed its receipt and sends again must
hear "committed". The last quarter of a day is for pictures: whatever clips are asked for, a tree on the road is still
shown. With several ingesters a box may exceed its quota by what one batch of each holds.
"""

from collections.abc import Callable, Iterable
from typing import Any

from psycopg import Connection

from cloud.db.queries import load
from cloud.ingest.reports import Evidence
from edge.contract.rejected import Reason, Rejected

_SQL = load("ingest")

# What a piece counts at least, or a quota in bytes would allow any number of rows.
LEAST_BYTES = 4_096
FILMS_SHARE = 0.75  # of a day that anything but pictures may use

Admit = Callable[[list[Evidence]], list[tuple[Evidence, Rejected]]]


def refuse_beyond_quota(
    connection: Connection[tuple[Any, ...]], day_bytes: int, pieces: list[Evidence]
) -> list[tuple[Evidence, Rejected]]:
    """Find the pieces for which their box has no room left today.

    Args:
        connection: in autocommit mode.
        day_bytes: what each box may have stored in a day in Pasuruan.
        pieces: in the order in which they came.
    """
    used = _used(connection, pieces)
    beyond = []
    for piece in pieces:
        size = counted_bytes(piece)
        share = 1.0 if piece.message.content_type == "image/jpeg" else FILMS_SHARE
        if used.get(piece.box.id, 0) + size > share * day_bytes:
            beyond.append(piece)
        else:
            used[piece.box.id] = used.get(piece.box.id, 0) + size
    why = Rejected(Reason.TOO_MUCH_MEDIA, f"more than {day_bytes} bytes of evidence from this box today")
    return [(piece, why) for piece in beyond if not _is_stored(connection, piece)]


def counted_bytes(piece: Evidence) -> int:
    """Give what a piece takes of its box's day."""
    return max(len(piece.message.payload), LEAST_BYTES)


def _used(connection: Connection[tuple[Any, ...]], pieces: Iterable[Evidence]) -> dict[int, int]:
    arguments = {
        "boxes": sorted({piece.box.id for piece in pieces}),
        "received_s": max(piece.message.received_s for piece in pieces),
    }
    return dict(connection.execute(_SQL["media_of_day"], arguments).fetchall())


def _is_stored(connection: Connection[tuple[Any, ...]], piece: Evidence) -> bool:
    arguments = {"event": piece.event, "box": piece.box.id, "sha256": piece.sha256}
    return connection.execute(_SQL["find_media"], arguments).fetchone() is not None
