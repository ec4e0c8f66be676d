"""Keeps the lease of one junction: takes requests, and at every poll brings the controller one step further.

States: accepted -> applied (written, and the command given) -> confirmed (read back) -> ended (why) -> reverted (read
back: the controller is commanded by nobody and runs its own plan). A record is on the disk before the controller is
touched, and every step can be taken again, so that a power cut at any place is only a delay.

The controller's backup timer is the last guard, and it is tied to the room: the command is given again only while the
room is heard. Whatever dies, the room, the line, the box or this process, the last command was given before, and the
controller obeys nobody one backup time later.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from edge.clock import Clock
from edge.errors import EdgeError, Refused, Unavailable
from edge.sensors import ntcip_objects as objects
from edge.sensors.ntcip import SignalController
from edge.signals.endings import Seen, why_end
from edge.signals.hands import Hands
from edge.signals.judge import Judge, known
from edge.signals.ledger import Ledger
from edge.signals.limits import Limits, Request
from edge.signals.record import EndReason, Lease, Notebook, Told
from edge.signals.refusals import Refusal, refuse
from edge.signals.shown import ShownGreen
from edge.signals.status import Status
from edge.signals.timing import Timing
from edge.signals.words import end_words

REFRESH_SHARE = 1 / 6  # of the backup time: the command is given again after this
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
        self._clock = clock
        self._lock = asyncio.Lock()
        self._heard_s = clock.monotonic_s()
        self._is_linked = False
        self._refreshed_s = float("-inf")
        self._status: Status | None = None
        self._has_run = False  # the lease's pattern has been in effect
        self._shown = ShownGreen()

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
        """Take up the book from before a restart; what the time without power has spent is counted.

        Raises:
            Unavailable: the disk does not answer.
        """
        await self._ledger.recall()
        self._heard_s = self._clock.monotonic_s()

    async def request(self, request: Request) -> Refusal | None:
        """Judge a request; what is accepted is on the disk when this returns, and begins with the next poll."""
        async with self._lock:
            is_known, refusal = known(request, self._ledger.book)
            if is_known:
                return refusal
            try:
                lease = await self._judge.judge(request, self._ledger.book, self._status, self._clock.now_s())
                return lease if isinstance(lease, Refusal) else await self._take(lease)
            except Unavailable as error:
                return refuse("controller_silent", error)
            except Refused as error:
                return refuse("controller_unfit", error)

    async def withdraw(self, lease: str, command: str = "") -> Refusal | None:
        """End a lease because the room says so; one that is over already is no fault."""
        async with self._lock:
            current, following = self._ledger.book.current, self._ledger.book.following
            if following is not None and following.request.lease == lease:
                await self._drop_following(following, "withdrawn")
            elif current is not None and current.request.lease == lease:
                if current.state != "ended":
                    await self._end(replace(current, withdraw_command=command), "withdrawn")
            elif self._ledger.book.end_of(lease) is None:
                return refuse("lease_unknown")
            return None

    async def commit(self, lease: str, command: str = "") -> Refusal | None:
        """Begin a lease that was prepared; judged anew, for the controller may have changed since."""
        async with self._lock:
            current = self._ledger.book.current
            if current is None or current.request.lease != lease:
                end = self._ledger.book.end_of(lease)
                return refuse("lease_unknown") if end is None else refuse("lease_over", end_words(end))
            if current.state == "ended":
                return refuse("lease_over", end_words(current.end))
            return await self._begin(current, command) if current.state == "prepared" else None

    async def tick(self, status: Status | None, *, is_linked: bool) -> None:
        """Go one step further; called at every poll.

        Args:
            status: what the poll said; None when the controller did not answer.
            is_linked: whether the room is heard now.

        Raises:
            Unavailable: the disk does not take the record; nothing was done.
        """
        async with self._lock:
            now_s = self._clock.monotonic_s()
            self._is_linked = is_linked
            if is_linked:
                self._heard_s = now_s
            self._status = status
            self._ledger.count(now_s)
            try:
                await self._step(status, now_s)
            except Refused as error:
                await self._fail(str(error), "controller_refused")
            except Unavailable as error:
                _log.info("controller_missed_step", reason=str(error))
            await self._ledger.tell_untold()

    async def _step(self, status: Status | None, now_s: float) -> None:
        lease = self.lease
        if lease is not None and lease.state != "ended":
            why = self._why_end(lease, status, now_s)
            if why is not None:
                lease = await self._end(lease, *why)
            else:
                await self._ledger.save_time(lease)
        if status is None:
            return
        await self._hands.read_timing()
        if lease is None:
            await self._hands.free_orphan(status)
        else:
            await self._advance(lease, status, now_s)

    async def _advance(self, lease: Lease, status: Status, now_s: float) -> None:
        if lease.state == "accepted":
            if self._is_linked:  # after a restart nothing is written before the room is heard
                await self._apply(lease, status)
        elif lease.state == "applied":
            await self._confirm(lease, status)
        elif lease.state == "confirmed":
            await self._hold(lease, status, now_s)
        elif lease.state == "ended":
            await self._revert(lease)

    def _why_end(self, lease: Lease, status: Status | None, now_s: float) -> tuple[EndReason, str] | None:
        if lease.state == "accepted" and not self._is_linked:
            self._ledger.since_s = now_s  # nobody has tried yet
        seen = Seen(status, now_s - self._heard_s, now_s - self._ledger.since_s, has_run=self._has_run)
        return why_end(lease, seen, self._hands.timing, self._limits)

    async def _begin(self, lease: Lease, command: str) -> Refusal | None:
        try:
            anew = await self._judge.plan(lease.request, self._ledger.book, self._status)
        except EdgeError as error:
            anew = refuse("controller_silent", error)
        if isinstance(anew, Refusal):
            await self._end(lease, "failed", anew.rule)
            return anew
        own, leased = anew
        begun = replace(lease.request, prepare=False, command=command)
        await self._ledger.save(
            replace(lease, request=begun, own=own, leased=leased, state="accepted", is_touched=True)
        )
        return None

    async def _apply(self, lease: Lease, status: Status) -> None:
        """Write the rows, read them back, and only then give the command."""
        if await self._hands.apply(lease.leased, status):
            self._refreshed_s = self._clock.monotonic_s()
            self._has_run, self._shown = False, ShownGreen()
            await self._ledger.save(replace(lease, state="applied"), "applied")
        else:
            await self._end(lease, "failed", "not_applied")

    async def _confirm(self, lease: Lease, status: Status) -> None:
        """Read everything back; a controller that shows the command and is not under it is waited for, not believed."""
        if not await self._hands.is_applied(lease.leased):
            await self._end(lease, "failed", "not_applied")
        elif status.control == objects.CONTROL_SYSTEM:
            await self._ledger.save(replace(lease, state="confirmed", was_confirmed=True), "confirmed")

    async def _hold(self, lease: Lease, status: Status, now_s: float) -> None:
        """Refresh, and see that the controller does what it says."""
        timing = self._hands.timing
        assert timing is not None  # noqa: S101 - read before a lease was accepted
        self._has_run = self._has_run or status.pattern == lease.leased.pattern
        clearance_s = timing.phases[lease.request.phase].clearance_s
        told = self._shown.see(lease, status, clearance_s, has_run=self._has_run)
        if told is not None:
            await self._ledger.keep(self._ledger.book, told)
        if self._is_linked and now_s - self._refreshed_s >= REFRESH_SHARE * timing.backup_s:
            if await self._hands.refresh(lease.leased):
                self._refreshed_s = now_s
            else:
                await self._end(lease, "failed", "foreign_writer")

    async def _revert(self, lease: Lease) -> None:
        if lease.is_touched and not await self._hands.revert(lease.leased):
            return
        over = replace(lease, state="reverted")
        book = self._ledger.book.over(over)
        await self._ledger.keep(replace(book, current=book.following, following=None), Told("reverted", over))

    async def _end(self, lease: Lease, reason: EndReason, detail: str = "") -> Lease:
        """End a lease; a disk that refuses must not keep the controller from its own plan."""
        ended = replace(lease, state="ended", end=reason, detail=detail)
        _log.info("lease_ended", lease=lease.request.lease, reason=reason, detail=detail)
        try:
            await self._ledger.save(ended, "ended")
        except Unavailable as error:
            _log.error("lease_end_not_durable", lease=lease.request.lease, reason=str(error))
            self._ledger.keep_in_memory(ended, "ended")
        return ended

    async def _fail(self, error: str, detail: str) -> None:
        lease = self.lease
        _log.warning("controller_failed_lease", reason=error)
        if lease is not None and lease.state in ("accepted", "applied", "confirmed"):
            await self._end(lease, "failed", detail)

    async def _take(self, lease: Lease) -> Refusal | None:
        """Make a lease durable, behind the one that it supersedes if there is one."""
        holder = self.lease
        try:
            if holder is None:
                await self._ledger.save(lease, "accepted")
            else:
                told = Told("accepted", lease, {"superseded": holder.request.lease})
                await self._ledger.keep(replace(self._ledger.book, following=lease), told)
                await self._end(holder, "superseded", lease.request.lease)
        except Unavailable as error:
            return refuse("disk", error)
        await self._ledger.tell_untold()
        return None

    async def _drop_following(self, lease: Lease, reason: EndReason) -> None:
        ended = replace(lease, state="ended", end=reason)
        over = replace(ended, state="reverted")
        book = replace(self._ledger.book.over(over), following=None)
        await self._ledger.keep(book, Told("ended", ended), Told("reverted", over))
