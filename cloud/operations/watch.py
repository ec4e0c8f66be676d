"""Rules over newest samples, silence and public figures: what holds long enough is a sign, and so is its end."""

from datetime import datetime

from cloud.operations.book import Book
from cloud.operations.store import Line


async def look(line: Line, book: Book, now: datetime) -> None:
    """Look at everything that rules ask for."""
