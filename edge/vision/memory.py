"""What the cameras need of the outbox: notes that outlive the process, and what became of evidence."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from typing import Protocol

from edge.contract.receipts import Refusal
from edge.entries import Entry, Fate, Lack
from edge.errors import Unavailable
from edge.vision.reasons import Reason, because

LOOK_S = (0.1, 2.0)  # whether it has
ROOM_LOOK_S = 10.0  # whether there is room


class Memory(Protocol):
    """Notes that outlive the process, as the outbox keeps them."""

    async def note(self, key: str) -> str | None:
        """Give a note."""
        ...

    async def set_note(self, key: str, value: str) -> None:
        """Keep a note."""
        ...


class Store(Memory, Protocol):
    """Notes, and what still waits for its receipt; the outbox."""

    async def fate(self, seq: int) -> Fate:
        """Say what became of a piece of evidence."""
        ...

    async def delete(self, ranges: Sequence[tuple[int, int]]) -> int:
        """Take entries back by ranges of numbers, ends included; give how many were still there."""
        ...

    async def lacks(self, size: int) -> Lack:
        """Say of what there is too little to keep so many bytes without anything giving way to them."""
        ...

    def refusal_of(self, seq: int) -> Refusal | None:
        """Give why an entry that is gone was refused."""
        ...


class Dropped(Unavailable):
    """The outbox has given up a piece of evidence that nobody has confirmed: it is to be put there again."""


async def until_room(store: Store, size: int, say: Callable[[Reason], None]) -> None:
    """Wait until the outbox has room for a film: that has a file, and nothing else must give way to it.

    Args:
        store: the outbox.
        size: of the film, bytes.
        say: told why it takes time.
    """
    while lack := await store.lacks(size):
        say(because("outbox_full") if lack == "bound" else because("outbox_short"))
        await asyncio.sleep(ROOM_LOOK_S)


async def until_receipted(store: Store, seq: int) -> Refusal | None:
    """Wait until a piece of evidence has left the outbox; give why the room refused it, None where it took it.

    Raises:
        Dropped: the room has never heard of it.
    """
    pause_s = LOOK_S[0]
    while (fate := await store.fate(seq)) == "waits":
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, LOOK_S[1])
    if fate == "dropped":
        await asyncio.sleep(ROOM_LOOK_S)  # so that what drops it does not do so over and over, and others with it
        raise Dropped(because("outbox_dropped"))
    return store.refusal_of(seq)


def evidence_entry(event_id: str, content_type: str, content: bytes) -> Entry:
    """Make what the outbox keeps of a piece of evidence."""
    return Entry("media", content, meta=f"{event_id} {content_type} {hashlib.sha256(content).hexdigest()}")
