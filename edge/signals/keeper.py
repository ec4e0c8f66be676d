"""Keeps the lease of one junction: takes what the room says of it, and is given every poll.

States: accepted -> applied (written, and the command given) -> confirmed (read back) -> ended (why) -> reverted (read
back: the controller is commanded by nobody and runs its own plan). One that supersedes another is waiting in between.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from edge.clock import Clock
from edge.errors import Unavailable
from edge.sensors.ntcip import SignalController
from edge.signals.course import Course
from edge.signals.hands import Hands
from edge.signals.judge import Judge, known
from edge.signals.ledger import Ledger
from edge.signals.limits import Asker, Limits, Request, judge_asker
from edge.signals.record import Lease, Notebook, Told
from edge.signals.refusals import Refusal, refuse
from edge.signals.status import Status
from edge.signals.timing import Timing
from edge.signals.words import end_words

_log = structlog.get_logger()


class LeaseKeeper:
    """The leases of one controller, and the only one who writes to it."""

    def __init__(
        self,
        controller: SignalController,
        limits: Limits,
        notebook: Notebook,
        key: str,
        *,
        tell: Callable[[Told], Awaitable[None]],
        clock: Clock,
        reserved: tuple[int, int] | None = None,
    ) -> None:
        """Begin without a lease; `recall` takes up an earlier one.

        Args:
            controller: whose timing is leased.
            limits: of the site.
            notebook: keeps the book over restarts.
            key: under which.
            tell: told of every transition; may be told one twice after a power cut.
            clock: monotonic for durations.
            reserved: (pattern, split) that are ours; None: the controller's last ones.
        """
        self._hands = Hands(controller, reserved)
        self._judge = Judge(self._hands, limits)
        self._limits = limits
        self._ledger = Ledger(notebook, key, tell=tell, clock=clock)
        self._course = Course(self._hands, self._judge, self._ledger, limits, clock)
        self._clock = clock
        self._lock = asyncio.Lock()
        self._is_recalled = False  # before that nothing is taken: it would be written over the book

    @property
    def lease(self) -> Lease | None:
        """The lease that holds the junction, if any."""
        return self._ledger.book.current

    @property
    def timing(self) -> Timing | None:
        """The controller's program, once it has been read."""
        return self._hands.timing

    async def learn(self) -> Timing:
        """Read the controller's program; raises what the controller does."""
        async with self._lock:
            return await self._hands.read_timing()

    async def recall(self) -> None:
        """Take up the book from before a restart, which ended every lease.

        Raises:
            Unavailable: the disk does not answer.
        """
        async with self._lock:
            await self._ledger.recall()
            self._is_recalled = True
            self._course.start()
            await self._tell()

    async def request(self, request: Request) -> Refusal | None:
        """Judge a request; what is accepted is on the disk when this returns, and begins with the next poll."""
        async with self._lock:
            if not self._is_recalled:
                return refuse("disk")
            is_known, refusal = known(request, self._ledger.book)
            if is_known:
                return refusal
            home_for_s = self._clock.monotonic_s() - self._ledger.home_s
            lease = await self._judge.judge(request, self._ledger.book, self._course.status, home_for_s)
            return lease if isinstance(lease, Refusal) else await self._take(lease)

    async def withdraw(self, lease: str, asker: Asker, command: str = "") -> Refusal | None:
        """End a lease because the room says so; one that is over already is no fault.

        One that has not come yet never will: a withdrawal may overtake its request.
        """
        async with self._lock:
            if not self._is_recalled:
                return refuse("disk")
            book = self._ledger.book
            found = book.held(lease)
            refusal = judge_asker(asker, found.request if found else None, self._limits)
            if refusal is not None:
                return refusal
            if found is None:
                return None if book.end_of(lease) is not None else await self._never(lease)
            if found == book.following:
                await self._course.drop(replace(found, withdraw_command=command), "withdrawn")
            elif found.state != "ended":
                await self._course.end(replace(found, withdraw_command=command), "withdrawn")
            return None

    async def commit(self, lease: str, asker: Asker, command: str = "") -> Refusal | None:
        """Begin a lease that was prepared: with the next poll, or when the one that it supersedes is reverted."""
        async with self._lock:
            if not self._is_recalled:
                return refuse("disk")
            found = self._ledger.book.held(lease)
            if found is None:
                end = self._ledger.book.end_of(lease)
                return refuse("lease_unknown") if end is None else refuse("lease_over", end_words(end))
            refusal = judge_asker(asker, found.request, self._limits)
            if refusal is not None:
                return refusal
            if found.state == "ended":
                return refuse("lease_over", end_words(found.end))
            return await self._commit(found, command) if found.state == "prepared" else None

    async def tick(self, status: Status | None, *, is_linked: bool) -> None:
        """Go one step further; called at every poll.

        Args:
            status: what the poll said; None when the controller did not answer.
            is_linked: whether the room is heard now.
        """
        async with self._lock:
            self._course.see(status, is_linked=is_linked)
            await self._course.step()
            await self._tell()

    async def _take(self, lease: Lease) -> Refusal | None:
        """Make a lease durable, behind the one that it supersedes if there is one."""
        holder = self.lease
        try:
            if holder is None:
                book = replace(self._ledger.book, current=lease, is_resting=False)
                await self._ledger.keep(book, Told("accepted", lease))
            elif lease.state == "prepared":
                await self._ledger.keep(replace(self._ledger.book, following=lease), Told("accepted", lease))
            else:
                await self._course.follow(lease, Told("accepted", lease))
        except Unavailable as error:
            return _disk_refused(error)
        await self._tell()
        return None

    async def _commit(self, lease: Lease, command: str) -> Refusal | None:
        begun = replace(lease, state="waiting", request=replace(lease.request, prepare=False, command=command))
        try:
            if lease == self.lease:
                await self._ledger.save(begun)
                return None
            refusal = await self._judge.judge_again(lease, self._ledger.book, self._course.status)
            if refusal is None:
                await self._course.follow(begun)
        except Unavailable as error:
            return _disk_refused(error)
        await self._tell()
        return refusal

    async def _never(self, lease: str) -> Refusal | None:
        try:
            await self._ledger.keep(self._ledger.book.never(lease, "withdrawn"))
        except Unavailable as error:
            return _disk_refused(error)
        return None

    async def _tell(self) -> None:
        try:
            await self._ledger.tell_untold()
        except Unavailable as error:
            _log.info("lease_not_told_yet", reason=str(error))


def _disk_refused(error: Unavailable) -> Refusal:
    _log.error("lease_not_durable", reason=str(error))
    return refuse("disk")
