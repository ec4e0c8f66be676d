"""The open book of one junction's leases: what is saved before it is done, what is told, what time is spent."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from edge.clock import Clock
from edge.errors import Unavailable
from edge.signals.record import Book, Lease, Notebook, Told, read, write

Tell = Callable[[Told], Awaitable[None]]
_log = structlog.get_logger()


class Ledger:
    """Keeps a book on the disk.

    Attributes:
        book: as it stands.
        since_s: monotonic, from when on the present state of the lease that holds holds.
        home_s: monotonic, since when nobody has held the junction and the reserved pattern has not been seen to run; a
            restart begins it anew.
    """

    def __init__(self, notebook: Notebook, key: str, *, tell: Tell, clock: Clock) -> None:
        """Begin with an empty book.

        Args:
            notebook: keeps it over restarts.
            key: under which.
            tell: told of every transition once it is on the disk; may be told one twice after a power cut.
            clock: monotonic for durations.
        """
        self._notebook = notebook
        self._key = key
        self._tell = tell
        self._clock = clock
        self._counted_s = clock.monotonic_s()
        self._is_saved = True
        self.since_s = self.home_s = clock.monotonic_s()
        self.book = Book()

    async def recall(self) -> None:
        """Take up the book from before a restart, which has ended every lease; raises `Unavailable`."""
        self.book = read(await self._notebook.note(self._key))
        self._counted_s = self.since_s = self.home_s = self._clock.monotonic_s()
        ended, told = _end_by_restart(self.book)
        if told:
            await self.keep_anyway(ended, *told)

    def count(self, now_s: float) -> None:
        """Let time pass for the leases that hold; only in memory, for a restart ends them."""
        passed_s, self._counted_s = now_s - self._counted_s, now_s
        current, following = self.book.current, self.book.following
        if current is not None and current.state != "ended":
            current = replace(current, spent_s=current.spent_s + passed_s)
        if following is not None:
            following = replace(following, spent_s=following.spent_s + passed_s)
        self.book = replace(self.book, current=current, following=following)

    async def save(self, lease: Lease, told: str = "") -> None:
        """Make a lease the current one on the disk, and tell of its transition if it is one; raises `Unavailable`."""
        await self.keep(replace(self.book, current=lease), *([Told(told, lease)] if told else []))

    async def keep(self, book: Book, *told: Told) -> None:
        """Put a book on the disk, with what there is to tell; raises `Unavailable`, and then nothing has changed."""
        book = replace(book, untold=(*book.untold, *told))
        await self._notebook.set_note(self._key, write(book))
        self._is_saved = True
        self._turn_to(book)

    async def keep_anyway(self, book: Book, *told: Told) -> None:
        """Put a book on the disk, or go on without: a lease must end, and go on, though the disk refuses it.

        Nothing of it is told before it is on the disk: a box that restarts meanwhile knows only the disk, and would
        speak of a living lease after its end.
        """
        try:
            await self.keep(book, *told)
        except Unavailable as error:
            _log.error("lease_book_not_durable", reason=str(error))
            self._is_saved = False
            self._turn_to(replace(book, untold=(*book.untold, *told)))

    async def tell_untold(self) -> None:
        """Tell what is saved, or can be now; while a lease holds it is struck from the disk with the next save.

        Raises:
            Unavailable: the disk still refuses what stands in memory only.
        """
        if not self._is_saved:
            await self.keep(self.book)
        untold, self.book = self.book.untold, replace(self.book, untold=())
        for told in untold:
            await self._tell(told)
        if untold and self.book.current is None:
            await self.keep(self.book)

    def _turn_to(self, book: Book) -> None:
        if _state(book) != _state(self.book):
            self.since_s = self._clock.monotonic_s()
        if book.current is None and self.book.current is not None:
            self.home_s = self._clock.monotonic_s()
        self.book = book


def _end_by_restart(book: Book) -> tuple[Book, list[Told]]:
    """End what was alive when the process stopped: nobody knows what the street and the room have seen since."""
    told: list[Told] = []
    if book.current is not None and book.current.state != "ended":
        ended = _ended(book.current)
        # Whether its pattern has run meanwhile nobody saw: the own plan has its turn in any case.
        is_resting = book.is_resting or ended.is_touched
        book, told = replace(book, current=ended, is_resting=is_resting), [Told("ended", ended)]
    if book.following is not None:
        dropped = _ended(book.following)
        over = replace(dropped, state="reverted")
        book = replace(book.over(over), following=None)
        told += [Told("ended", dropped), Told("reverted", over)]
    return book, told


def _ended(lease: Lease) -> Lease:
    return replace(lease, state="ended", end="failed", detail="box_restarted")


def _state(book: Book) -> tuple[str, str] | None:
    return None if book.current is None else (book.current.request.lease, book.current.state)
