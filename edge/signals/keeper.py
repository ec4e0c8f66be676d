"""Keeps the lease of one junction: takes requests, and at every poll brings the controller one step further.

States: accepted -> applied (written, and the command given) -> confirmed (read back) -> ended (why) -> reverted (read
back: the controller is commanded by nobody and runs its own plan). A record is on the disk before the controller is
touched, and every step can be taken again, so that a power cut at any place is only a delay.

A dead box ends a lease too: the command is refreshed within the controller's backup timer and not after.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from edge.clock import Clock
from edge.errors import EdgeError, Refused, Unavailable
from edge.sensors import ntcip_objects as objects
from edge.sensors.ntcip import SignalController
from edge.signals.hands import Hands
from edge.signals.limits import Limits, Request, judge_request, judge_status, plan_lease
from edge.signals.record import Book, EndReason, Lease, Notebook, State, Told, read, write
from edge.signals.refusals import Refusal, refuse
from edge.signals.status import Status
from edge.signals.timing import Plan, Timing

PREPARED_S = 60.0  # a green wave that nobody commits within this is given up
SPENT_SAVED_S = 15.0  # how much of a lease's time a power cut may give back to it, at most
SILENCE_S = 10.0  # a controller that does not take the writes for so long has not been changed
CLOCK_TOLERANCE_S = 300.0  # how far the clocks of box and room may be apart
_log = structlog.get_logger()

Tell = Callable[[Told], Awaitable[None]]


class LeaseKeeper:
    """The leases of one controller, and the only one who writes to it."""

    def __init__(
        self,
        controller: SignalController,
        limits: Limits,
        notebook: Notebook,
        key: str,
        *,
        tell: Tell,
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
        self._limits = limits
        self._notebook = notebook
        self._key = key
        self._tell = tell
        self._clock = clock
        self._lock = asyncio.Lock()
        self._book = Book()
        self._counted_s = clock.monotonic_s()
        self._saved_spent_s = 0.0
        self._linked_s = clock.monotonic_s()
        self._since_s = clock.monotonic_s()  # of the present state
        self._refreshed_s = float("-inf")
        self._status: Status | None = None
        self._ran = False  # its pattern has been in effect
        self._is_shown = False
        self._was_green: bool | None = None
        self._green_from_s: float | None = None

    @property
    def lease(self) -> Lease | None:
        """The lease that holds the junction, if any."""
        return self._book.current

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
        self._book = read(await self._notebook.note(self._key))
        self._book = replace(self._book, current=self._after_power(self._book.current))
        self._book = replace(self._book, following=self._after_power(self._book.following))
        now_s = self._clock.monotonic_s()
        self._counted_s = self._linked_s = self._since_s = now_s
        self._saved_spent_s = self._book.current.spent_s if self._book.current else 0.0
        await self._tell_untold()

    async def request(self, request: Request) -> Refusal | None:
        """Judge a request; what is accepted is on the disk when this returns, and begins with the next poll."""
        async with self._lock:
            is_known, refusal = self._known(request)
            if is_known:
                return refusal
            try:
                lease = await self._judge(request)
                return lease if isinstance(lease, Refusal) else await self._take(lease)
            except Unavailable as error:
                return refuse("controller_silent", error)
            except Refused as error:
                return refuse("controller_unfit", error)

    async def withdraw(self, lease: str, command: str = "") -> Refusal | None:
        """End a lease because the room says so; one that is over already is no fault."""
        async with self._lock:
            current, following = self._book.current, self._book.following
            if following is not None and following.request.lease == lease:
                await self._drop_following(following, "withdrawn")
            elif current is not None and current.request.lease == lease:
                if current.state != "ended":
                    await self._end(replace(current, withdraw_command=command), "withdrawn")
            elif self._book.end_of(lease) is None:
                return refuse("lease_unknown")
            return None

    async def commit(self, lease: str, command: str = "") -> Refusal | None:
        """Begin a lease that was prepared; judged anew, for the controller may have changed since."""
        async with self._lock:
            current = self._book.current
            if current is None or current.request.lease != lease:
                end = self._book.end_of(lease)
                return refuse("lease_unknown") if end is None else refuse("lease_over", end)
            if current.state == "ended":
                return refuse("lease_over", current.end)
            if current.state != "prepared":
                return None
            try:
                anew = await self._plan(current.request)
            except EdgeError as error:
                anew = refuse("controller_silent", error)
            if isinstance(anew, Refusal):
                await self._end(current, "failed", anew.rule)
                return anew
            own, leased = anew
            begun = replace(current.request, prepare=False, command=command)
            await self._save(replace(current, request=begun, own=own, leased=leased, state="accepted", is_touched=True))
            return None

    async def tick(self, status: Status | None, *, is_linked: bool) -> None:
        """Go one step further; called at every poll.

        Args:
            status: what the poll said; None when the controller did not answer.
            is_linked: whether the room can be heard.

        Raises:
            Unavailable: the disk does not take the record; nothing was done.
        """
        async with self._lock:
            now_s = self._clock.monotonic_s()
            if is_linked:
                self._linked_s = now_s
            self._status = status
            self._count(now_s)
            try:
                await self._step(status, now_s)
            except Refused as error:
                await self._fail(str(error), "controller_refused")
            except Unavailable as error:
                _log.info("controller_missed_step", reason=str(error))
            await self._tell_untold()

    async def _step(self, status: Status | None, now_s: float) -> None:
        lease = self._book.current
        if lease is not None and lease.state != "ended":
            why = self._why_end(lease, status, now_s)
            if why is not None:
                lease = await self._end(lease, *why)
            elif lease.spent_s - self._saved_spent_s >= SPENT_SAVED_S:
                await self._save(lease)
        if status is None:
            return
        await self._hands.read_timing()
        if lease is None:
            await self._hands.free_orphan(status)
        else:
            await self._advance(lease, status, now_s)

    async def _advance(self, lease: Lease, status: Status, now_s: float) -> None:
        if lease.state == "accepted":
            await self._apply(lease, status)
        elif lease.state == "applied":
            await self._confirm(lease, status)
        elif lease.state == "confirmed":
            await self._hold(lease, status, now_s)
        elif lease.state == "ended":
            await self._revert(lease)

    def _why_end(self, lease: Lease, status: Status | None, now_s: float) -> tuple[EndReason, str] | None:
        if status is not None and status.is_local:
            return "local_override", ""
        if lease.left_s <= 0:
            return "expired", ""
        if now_s - self._linked_s > self._limits.link_loss_s:
            return "link_lost", ""
        if lease.state == "prepared":
            return ("expired", "not_committed") if lease.spent_s > PREPARED_S else None
        fault = self._fault(lease, status, now_s)
        return ("failed", fault) if fault else None

    def _fault(self, lease: Lease, status: Status | None, now_s: float) -> str:
        """Name what the controller does wrong; empty when nothing is."""
        if lease.state != "confirmed" and now_s - self._since_s > SILENCE_S:
            return "not_applied" if status is not None else "controller_silent"
        if status is None:
            return ""
        if status.is_flashing:
            return "flashing"
        if lease.state == "accepted":
            return "" if status.pattern in (lease.own.pattern, lease.leased.pattern) else "plan_changed"
        return self._hands.fault(lease.leased, status, is_running=self._ran)

    async def _apply(self, lease: Lease, status: Status) -> None:
        """Write the rows, read them back, and only then give the command."""
        if await self._hands.apply(lease.leased, status):
            self._refreshed_s = self._clock.monotonic_s()
            self._ran = self._is_shown = False
            self._was_green = self._green_from_s = None
            await self._save(replace(lease, state="applied"), "applied")
        else:
            await self._end(lease, "failed", "not_applied")

    async def _confirm(self, lease: Lease, status: Status) -> None:
        """Read everything back; a controller that shows the command and is not under it is waited for, not believed."""
        if not await self._hands.is_applied(lease.leased):
            await self._end(lease, "failed", "not_applied")
        elif status.control == objects.CONTROL_SYSTEM:
            await self._save(replace(lease, state="confirmed", was_confirmed=True), "confirmed")

    async def _hold(self, lease: Lease, status: Status, now_s: float) -> None:
        """Refresh, and see that the controller does what it says."""
        timing = self._hands.timing
        assert timing is not None  # noqa: S101 - read before a lease was accepted
        self._ran = self._ran or status.pattern == lease.leased.pattern
        await self._watch_green(lease, status)
        patience_s = 2.0 * max(lease.own.cycle_s, lease.leased.cycle_s) + SILENCE_S
        if not self._ran and now_s - self._since_s > patience_s:
            await self._end(lease, "failed", "not_applied")
            return
        if now_s - self._refreshed_s >= timing.backup_s / 3:
            if await self._hands.refresh(lease.leased):
                self._refreshed_s = now_s
            else:
                await self._end(lease, "failed", "foreign_writer")

    async def _watch_green(self, lease: Lease, status: Status) -> None:
        """Tell once how long the leased phase was displayed green under the lease's pattern, from its beginning."""
        is_green = lease.request.phase in status.greens
        if is_green and self._ran and self._was_green is False:
            self._green_from_s = status.at_s
        elif not is_green and self._green_from_s is not None and not self._is_shown:
            phase = lease.request.phase
            clearance_s = self._hands.clearance_s(phase)
            figures: dict[str, float | bool | str] = {
                "green_time": round(status.at_s - self._green_from_s, 1),
                "own_green_s": lease.own.times_s[phase] - clearance_s,
                "leased_green_s": lease.leased.times_s[phase] - clearance_s,
            }
            await self._note(Told("shown", lease, figures))
            self._is_shown, self._green_from_s = True, None
        self._was_green = is_green

    async def _revert(self, lease: Lease) -> None:
        if lease.is_touched and not await self._hands.revert(lease.leased):
            return
        over = replace(lease, state="reverted")
        book = self._book.over(over)
        following = book.following
        self._saved_spent_s = following.spent_s if following else 0.0
        await self._keep(replace(book, current=following, following=None), Told("reverted", over))
        self._since_s = self._clock.monotonic_s()

    async def _end(self, lease: Lease, reason: EndReason, detail: str = "") -> Lease:
        """End a lease; a disk that refuses must not keep the controller from its own plan."""
        ended = replace(lease, state="ended", end=reason, detail=detail)
        _log.info("lease_ended", lease=lease.request.lease, reason=reason, detail=detail)
        try:
            await self._save(ended, "ended")
        except Unavailable as error:
            _log.error("lease_end_not_durable", lease=lease.request.lease, reason=str(error))
            self._book = replace(self._book, current=ended, untold=(*self._book.untold, Told("ended", ended)))
        return ended

    async def _fail(self, error: str, detail: str) -> None:
        lease = self._book.current
        _log.warning("controller_failed_lease", reason=error)
        if lease is not None and lease.state in ("accepted", "applied", "confirmed"):
            await self._end(lease, "failed", detail)

    def _known(self, request: Request) -> tuple[bool, Refusal | None]:
        """Recognise a lease that was asked for before: it holds, or it is over."""
        held = [lease for lease in (self._book.current, self._book.following) if lease is not None]
        same = next((lease for lease in held if lease.request.lease == request.lease), None)
        end = self._book.end_of(request.lease)
        if same is not None:
            return True, refuse("lease_over", same.end) if same.state == "ended" else None
        return end is not None, None if end is None else refuse("lease_over", end)

    async def _judge(self, request: Request) -> Lease | Refusal:
        refusal = judge_request(request, self._limits) or self._judge_holder(request)
        if refusal is not None:
            return refusal
        planned = await self._plan(request)
        if isinstance(planned, Refusal):
            return planned
        own, leased = planned
        state: State = "prepared" if request.prepare else "accepted"
        return Lease(request, own, leased, state, self._clock.now_s(), is_touched=not request.prepare)

    def _judge_holder(self, request: Request) -> Refusal | None:
        if self._book.following is not None:
            waiting = self._book.following.request
            return refuse("held", waiting.actor or waiting.role, waiting.rank)
        holder = self._book.current
        if holder is None:
            return None
        if holder.state == "ended":
            return refuse("reverting")
        if request.rank <= holder.request.rank:
            return refuse("held", holder.request.actor or holder.request.role, holder.request.rank)
        return None

    async def _plan(self, request: Request) -> tuple[Plan, Plan] | Refusal:
        """Read the controller now, not from memory, and work out the plan."""
        status = self._status
        if status is None:
            return refuse("controller_silent", "-")
        timing = await self._hands.read_timing(anew=True)
        if request.phase not in timing.phases:
            return refuse("phase_unknown", request.phase)
        refusal = judge_status(status, timing, self._hands.reserved[0], self._limits)
        if refusal is not None:
            return refusal
        holder = self._book.current
        if holder is not None and holder.is_touched:
            own = holder.own  # what runs now is the lease that this one supersedes
        elif status.pattern == self._hands.reserved[0]:
            return refuse("reverting")
        else:
            own = await self._hands.read_plan(status.pattern)
        leased = plan_lease(request, own, timing, self._hands.reserved, self._limits)
        return leased if isinstance(leased, Refusal) else (own, leased)

    async def _take(self, lease: Lease) -> Refusal | None:
        """Make a lease durable, behind the one that it supersedes if there is one."""
        holder = self._book.current
        try:
            if holder is None:
                self._saved_spent_s = 0.0
                await self._save(lease, "accepted")
            else:
                told = Told("accepted", lease, {"superseded": holder.request.lease})
                await self._keep(replace(self._book, following=lease), told)
                await self._end(holder, "superseded", lease.request.lease)
        except Unavailable as error:
            return refuse("disk", error)
        await self._tell_untold()
        return None

    async def _drop_following(self, lease: Lease, reason: EndReason) -> None:
        ended = replace(lease, state="ended", end=reason)
        over = replace(ended, state="reverted")
        book = replace(self._book.over(over), following=None)
        await self._keep(book, Told("ended", ended), Told("reverted", over))

    def _count(self, now_s: float) -> None:
        """Let time pass for the leases that hold; only in memory, `SPENT_SAVED_S` bounds what a power cut forgets."""
        passed_s, self._counted_s = now_s - self._counted_s, now_s
        current, following = self._book.current, self._book.following
        if current is not None and current.state != "ended":
            current = replace(current, spent_s=current.spent_s + passed_s)
        if following is not None:
            following = replace(following, spent_s=following.spent_s + passed_s)
        self._book = replace(self._book, current=current, following=following)

    def _after_power(self, lease: Lease | None) -> Lease | None:
        """Count the time without power by the wall clock; one that runs backwards ends the lease."""
        if lease is None or lease.state == "ended":
            return lease
        gone_s = self._clock.now_s() - lease.granted_s
        if gone_s < lease.spent_s - CLOCK_TOLERANCE_S:
            return replace(lease, spent_s=float(lease.request.duration_s))
        state: State = "prepared" if lease.state == "prepared" else "accepted"
        return replace(lease, spent_s=max(lease.spent_s, gone_s), state=state)

    async def _save(self, lease: Lease, told: str = "") -> None:
        if self._book.current is None or self._book.current.state != lease.state:
            self._since_s = self._clock.monotonic_s()
        await self._keep(replace(self._book, current=lease), *([Told(told, lease)] if told else []))
        self._saved_spent_s = lease.spent_s

    async def _note(self, told: Told) -> None:
        await self._keep(self._book, told)

    async def _keep(self, book: Book, *told: Told) -> None:
        book = replace(book, untold=(*book.untold, *told))
        await self._notebook.set_note(self._key, write(book))
        self._book = book

    async def _tell_untold(self) -> None:
        """Tell what has been saved; while a lease holds it is struck from the disk with the next save."""
        untold, self._book = self._book.untold, replace(self._book, untold=())
        for told in untold:
            await self._tell(told)
        if untold and self._book.current is None:
            await self._keep(self._book)
