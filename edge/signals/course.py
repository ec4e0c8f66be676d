"""The way of a junction's lease from its acceptance to its end: one step at every poll.

Every step can be taken again, and a record is on the disk before the controller is touched. A lease does not survive
a restart of the box: it ends, and the controller is brought home.

The controller's backup timer is the last guard, and it is tied to the room: the command is given again only while the
room is heard. Whatever dies, the room, the line, the box or this process, the last command was given before, and the
controller obeys nobody one backup time later.
"""

from dataclasses import replace

import structlog

from edge.clock import Clock
from edge.errors import Refused, Unavailable
from edge.sensors import ntcip_objects as objects
from edge.signals.endings import Seen, longest_wait_s, why_end
from edge.signals.hands import Hands
from edge.signals.judge import Judge
from edge.signals.ledger import Ledger
from edge.signals.limits import Limits
from edge.signals.record import EndReason, Lease, Told
from edge.signals.refusals import Refusal
from edge.signals.shown import ShownGreen
from edge.signals.status import Status

UNSEEN_S = 2.0  # a leased pattern may have begun in it; what has not been seen may have been
REFRESH_SHARE = 1 / 6  # of the backup time: the command is given again after this
_log = structlog.get_logger()


class Course:
    """What holds one junction now.

    Attributes:
        status: of the latest poll; None when the controller did not answer.
    """

    def __init__(self, hands: Hands, judge: Judge, ledger: Ledger, limits: Limits, clock: Clock) -> None:
        """Prepare.

        Args:
            hands: write to the controller.
            judge: of what is about to begin.
            ledger: keeps the book.
            limits: of the site.
            clock: monotonic for durations.
        """
        self._hands = hands
        self._judge = judge
        self._ledger = ledger
        self._limits = limits
        self._clock = clock
        self._heard_s = self._seen_s = clock.monotonic_s()
        self._is_linked = False
        self._refreshed_s = float("-inf")
        self._backup_s: int | None = None
        self._shown = ShownGreen()
        self.status: Status | None = None

    def start(self) -> None:
        """Give the room its time to be heard, from now on."""
        self._heard_s = self._seen_s = self._clock.monotonic_s()

    def see(self, status: Status | None, *, is_linked: bool) -> None:
        """Take a poll."""
        now_s = self._clock.monotonic_s()
        self.status, self._is_linked = status, is_linked
        if is_linked:
            self._heard_s = now_s
        if status is not None:
            self._backup_s = status.backup_s
        self._ledger.count(now_s)

    async def step(self) -> None:
        """Go one step further; what the controller or the disk cannot do now is tried again at the next poll."""
        try:
            await self._step(self._clock.monotonic_s())
        except Refused as error:
            await self._fail(str(error))
        except Unavailable as error:
            _log.info("lease_step_missed", reason=str(error))

    async def end(
        self, lease: Lease, reason: EndReason, detail: str = "", sentences: tuple[str, str] = ("", "")
    ) -> Lease:
        """End the lease that holds; a disk that refuses must not keep the controller from its own plan."""
        ended = replace(lease, state="ended", end=reason, detail=detail, sentences=sentences)
        _log.info("lease_ended", lease=lease.request.lease, reason=reason, detail=detail)
        await self._ledger.keep_anyway(replace(self._ledger.book, current=ended), Told("ended", ended))
        return ended

    async def drop(self, lease: Lease, reason: EndReason, detail: str = "") -> None:
        """End the lease that follows: nothing was written for it."""
        ended = replace(lease, state="ended", end=reason, detail=detail)
        over = replace(ended, state="reverted")
        _log.info("lease_dropped", lease=lease.request.lease, reason=reason, detail=detail)
        book = replace(self._ledger.book.over(over), following=None)
        await self._ledger.keep_anyway(book, Told("ended", ended), Told("reverted", over))

    async def follow(self, lease: Lease, *told: Told) -> None:
        """Let a lease take over from the one that holds, which ends; raises `Unavailable`, and nothing has changed."""
        holder = self._ledger.book.current
        assert holder is not None  # noqa: S101 - nobody follows nobody
        waiting = Told("waiting", lease, {"superseded": holder.request.lease, "wait_s": longest_wait_s(holder)})
        waits = [waiting] if holder.is_touched else []
        await self._ledger.keep(replace(self._ledger.book, following=lease), *told, *waits)
        if holder.state != "ended":
            await self.end(holder, "superseded", lease.request.lease)

    async def _step(self, now_s: float) -> None:
        await self._see_follower(now_s)
        lease = self._ledger.book.current
        if lease is not None and lease.state != "ended":
            why = self._why_end(lease, now_s)
            lease = lease if why is None else await self.end(lease, *why)
        if self.status is None:
            return
        await self._hands.read_timing()
        await self._note_run(self.status, now_s)
        lease = self._ledger.book.current
        if lease is None or not lease.is_touched:
            await self._hands.free_orphan(self.status)
        if lease is not None:
            await self._advance(lease, self.status, now_s)

    async def _note_run(self, status: Status, now_s: float) -> None:
        """Note that the reserved pattern runs, or may have run while nobody looked: the own plan is owed its turn."""
        unseen_s, self._seen_s = now_s - self._seen_s, now_s
        book, runs = self._ledger.book, status.pattern == self._hands.reserved[0]
        if runs:
            self._ledger.home_s = now_s
        may_have_run = book.current is not None and book.current.is_touched and unseen_s > UNSEEN_S
        if (runs or may_have_run) and not book.is_resting:
            await self._ledger.keep_anyway(replace(book, is_resting=True))

    async def _see_follower(self, now_s: float) -> None:
        following = self._ledger.book.following
        if following is not None:
            seen = Seen(self.status, now_s - self._heard_s, 0.0, self._backup_s)
            why = why_end(following, seen, self._hands.timing, self._limits)
            if why is not None:
                await self.drop(following, *why)

    def _why_end(self, lease: Lease, now_s: float) -> tuple[EndReason, str] | None:
        if lease.state == "accepted" and not self._is_linked:
            self._ledger.since_s = now_s  # nobody has tried yet
        seen = Seen(self.status, now_s - self._heard_s, now_s - self._ledger.since_s, self._backup_s)
        return why_end(lease, seen, self._hands.timing, self._limits)

    async def _advance(self, lease: Lease, status: Status, now_s: float) -> None:
        if lease.state == "waiting":
            await self._begin(lease, status)
        elif lease.state == "accepted":
            if self._is_linked:  # nothing is begun before the room is heard
                await self._apply(lease, status)
        elif lease.state == "applied":
            await self._confirm(lease, status)
        elif lease.state == "confirmed":
            await self._hold(lease, status, now_s)
        elif lease.state == "ended":
            await self._revert(lease)

    async def _begin(self, lease: Lease, status: Status) -> None:
        """Begin what has waited; judged anew, for the controller may have changed since."""
        planned = await self._judge.plan(lease.request, self._ledger.book, status)
        if isinstance(planned, Refusal):
            await self.end(lease, "failed", planned.rule, (planned.message_id, planned.message_en))
            return
        own, leased = planned
        await self._ledger.save(replace(lease, own=own, leased=leased, state="accepted", is_touched=True))

    async def _apply(self, lease: Lease, status: Status) -> None:
        """Write the rows, read them back, and only then give the command."""
        if await self._hands.apply(lease.leased, status):
            self._refreshed_s = self._clock.monotonic_s()
            self._shown = ShownGreen()
            await self._ledger.save(replace(lease, state="applied"), "applied")
        else:
            await self.end(lease, "failed", "not_applied")

    async def _confirm(self, lease: Lease, status: Status) -> None:
        """Read everything back; a controller that shows the command and is not under it is waited for, not believed."""
        if not await self._hands.is_applied(lease.leased):
            await self.end(lease, "failed", "not_applied")
        elif status.control == objects.CONTROL_SYSTEM:
            await self._ledger.save(replace(lease, state="confirmed", was_confirmed=True), "confirmed")

    async def _hold(self, lease: Lease, status: Status, now_s: float) -> None:
        """Refresh, and see that the controller does what it says."""
        if not lease.has_run and status.pattern == lease.leased.pattern:
            lease = replace(lease, has_run=True)
            await self._ledger.keep_anyway(replace(self._ledger.book, current=lease))
        timing = await self._hands.read_timing()
        told = self._shown.see(lease, status, timing.phases[lease.request.phase].clearance_s)
        if told is not None:
            await self._ledger.keep_anyway(self._ledger.book, told)
        if self._is_linked and now_s - self._refreshed_s >= REFRESH_SHARE * status.backup_s:
            if await self._hands.refresh(lease.leased):
                self._refreshed_s = now_s
            else:
                await self.end(lease, "failed", "foreign_writer")

    async def _revert(self, lease: Lease) -> None:
        if lease.is_touched and not await self._hands.revert(lease.leased):
            return
        over = replace(lease, state="reverted")
        book = self._ledger.book.over(over)
        note: dict[str, float | bool | str] = {}
        if book.is_resting and book.following is None:
            note = {"rest_s": self._limits.rest_s}
        await self._ledger.keep(replace(book, current=book.following, following=None), Told("reverted", over, note))

    async def _fail(self, error: str) -> None:
        lease = self._ledger.book.current
        _log.warning("controller_failed_lease", reason=error)
        if lease is not None and lease.state not in ("prepared", "ended"):
            await self.end(lease, "failed", "controller_refused")
