"""The open book of one junction's leases: what is saved before it is done, what is told, what time is spent."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from edge.clock import Clock
from edge.signals.record import Book, Lease, Notebook, State, Told, read, write

SPENT_SAVED_S = 15.0  # how much of a lease's time a power cut may give back to it, at most
CLOCK_TOLERANCE_S = 300.0  # how far the clocks of box and room may be apart

Tell = Callable[[Told], Awaitable[None]]


class Ledger:
    """Keeps a book on the disk.

    Attributes:
        book: as it stands.
        since_s: monotonic, from when on the present state holds.
    """

    def __init__(self, notebook: Notebook, key: str, *, tell: Tell, clock: Clock) -> None:
        """Begin with an empty book.

        Args:
            notebook: keeps it over restarts.
            key: under which.
            tell: told of every transition once it is on the disk; may be told one twice after a power cut.
            clock: monotonic for durations, the wall clock for a time without power.
        """
        self._notebook = notebook
        self._key = key
        self._tell = tell
        self._clock = clock
        self._counted_s = clock.monotonic_s()
        self._saved_spent_s = 0.0
        self._is_saved = True
        self.since_s = clock.monotonic_s()
        self.book = Book()

    async def recall(self) -> None:
        """Take up the book from before a restart; raises `Unavailable` when the disk does not answer."""
        book = read(await self._notebook.note(self._key))
        self.book = replace(book, current=self._after_power(book.current), following=self._after_power(book.following))
        self._counted_s = self.since_s = self._clock.monotonic_s()
        self._saved_spent_s = self.book.current.spent_s if self.book.current else 0.0
        await self.tell_untold()

    def count(self, now_s: float) -> None:
        """Let time pass for the leases that hold; only in memory, `SPENT_SAVED_S` bounds what a power cut forgets."""
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

    async def save_time(self, lease: Lease) -> None:
        """Save how much of a lease's time is spent, when it is worth a write; raises `Unavailable`."""
        if lease.spent_s - self._saved_spent_s >= SPENT_SAVED_S:
            await self.save(lease)

    async def keep(self, book: Book, *told: Told) -> None:
        """Put a book on the disk, with what there is to tell; raises `Unavailable`, and then nothing has changed."""
        book = replace(book, untold=(*book.untold, *told))
        await self._notebook.set_note(self._key, write(book))
        self._turn_to(book)
        self._is_saved = True
        self._saved_spent_s = book.current.spent_s if book.current else 0.0

    def keep_in_memory(self, lease: Lease, told: str) -> None:
        """Go on without the disk: it refuses, and the controller must come to its own plan all the same.

        Nothing of it is told before it is on the disk: a box that restarts meanwhile knows only the disk, and would
        speak of a living lease after its end.
        """
        self._is_saved = False
        self._turn_to(replace(self.book, current=lease, untold=(*self.book.untold, Told(told, lease))))

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
        self.book = book

    def _after_power(self, lease: Lease | None) -> Lease | None:
        """Count the time without power by the wall clock; one that runs backwards ends the lease."""
        if lease is None or lease.state == "ended":
            return lease
        gone_s = self._clock.now_s() - lease.granted_s
        if gone_s < lease.spent_s - CLOCK_TOLERANCE_S:
            return replace(lease, spent_s=float(lease.request.duration_s))
        state: State = "prepared" if lease.state == "prepared" else "accepted"
        return replace(lease, spent_s=max(lease.spent_s, gone_s), state=state)


def _state(book: Book) -> tuple[str, str] | None:
    return None if book.current is None else (book.current.request.lease, book.current.state)
