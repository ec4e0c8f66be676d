"""What the cameras need of the outbox: notes that outlive the process."""

from typing import Protocol


class Memory(Protocol):
    """Notes that outlive the process, as the outbox keeps them."""

    async def note(self, key: str) -> str | None:
        """Give a note."""
        ...

    async def set_note(self, key: str, value: str) -> None:
        """Keep a note."""
        ...
