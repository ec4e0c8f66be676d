"""What the cameras need of the outbox: notes that outlive the process, and what became of evidence."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from edge.contract.receipts import Refusal
from edge.entries import Kind, Row

LOOK_S = (0.1, 2.0)  # whether it has


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

    async def fetch(
        self, kinds: Sequence[Kind], *, after: int = 0, until: int, rows: int = 500, max_bytes: int = 1_048_576
    ) -> list[Row]:
        """Give entries with `after < seq <= until`, oldest first."""
        ...

    def refusal_of(self, seq: int) -> Refusal | None:
        """Give why an entry that is gone was refused."""
        ...


async def until_receipted(store: Store, seq: int) -> Refusal | None:
    """Wait until a piece of evidence has left the outbox; give why the room refused it, None where it took it."""
    pause_s = LOOK_S[0]
    while await store.fetch(("media",), after=seq - 1, until=seq, rows=1):
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, LOOK_S[1])
    return store.refusal_of(seq)
