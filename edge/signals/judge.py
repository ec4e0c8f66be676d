"""Judges a request: against who holds the junction, the site's limits, and the controller as it is now."""

from dataclasses import replace

from edge.signals.hands import Hands
from edge.signals.limits import Limits, Request, judge_request, judge_status, plan_lease
from edge.signals.offset import spare_correction
from edge.signals.record import Book, Lease, State
from edge.signals.refusals import Refusal, refuse
from edge.signals.status import Status
from edge.signals.timing import Plan
from edge.signals.words import end_words


class Judge:
    """Of one junction; changes nothing."""

    def __init__(self, hands: Hands, limits: Limits) -> None:
        """Prepare.

        Args:
            hands: through which the controller is read.
            limits: of the site.
        """
        self._hands = hands
        self._limits = limits

    async def judge(self, request: Request, book: Book, status: Status | None, now_s: float) -> Lease | Refusal:
        """Give the lease that a request becomes, or the rule that forbids it; raises what the controller does.

        Args:
            request: new.
            book: who holds the junction.
            status: of the latest poll; None when the controller did not answer.
            now_s: by the wall clock.
        """
        refusal = judge_request(request, self._limits) or _judge_holder(request, book)
        if refusal is not None:
            return refusal
        planned = await self.plan(request, book, status)
        if isinstance(planned, Refusal):
            return planned
        own, leased = planned
        state: State = "prepared" if request.prepare else "accepted"
        return Lease(request, own, leased, state, now_s, is_touched=not request.prepare)

    async def plan(self, request: Request, book: Book, status: Status | None) -> tuple[Plan, Plan] | Refusal:
        """Read the controller now, not from memory, and work out (own plan, leased plan); raises what it does."""
        if status is None:
            return refuse("controller_silent", "no answer to the last poll")
        timing = await self._hands.read_timing(anew=True)
        if request.phase not in timing.phases:
            return refuse("phase_unknown", request.phase)
        refusal = judge_status(status, timing, self._hands.reserved[0], self._limits)
        if refusal is not None:
            return refusal
        holder = book.current
        if holder is not None and holder.is_touched:
            own = holder.own  # what runs now is the lease that this one supersedes
            leased = plan_lease(request, own, timing, self._hands.reserved, self._limits)
            return leased if isinstance(leased, Refusal) else (own, leased)
        if status.pattern == self._hands.reserved[0]:
            return refuse("reverting")
        own = await self._hands.read_plan(status.pattern)
        leased = plan_lease(request, own, timing, self._hands.reserved, self._limits)
        return leased if isinstance(leased, Refusal) else (own, await self._without_correction(own, leased))

    async def _without_correction(self, own: Plan, leased: Plan) -> Plan:
        """Give a plan of another cycle the offset that its first cycle needs."""
        if own.cycle_s == leased.cycle_s:
            return leased
        clock = await self._hands.read_clock()
        return leased if clock is None else replace(leased, offset_s=spare_correction(own, leased, clock))


def known(request: Request, book: Book) -> tuple[bool, Refusal | None]:
    """Recognise a lease that was asked for before: it holds, or it is over."""
    held = [lease for lease in (book.current, book.following) if lease is not None]
    same = next((lease for lease in held if lease.request.lease == request.lease), None)
    end = book.end_of(request.lease)
    if same is not None:
        return True, refuse("lease_over", end_words(same.end)) if same.state == "ended" else None
    return end is not None, None if end is None else refuse("lease_over", end_words(end))


def _judge_holder(request: Request, book: Book) -> Refusal | None:
    if book.following is not None:
        waiting = book.following.request
        return refuse("held", waiting.actor or waiting.role, waiting.rank)
    holder = book.current
    if holder is None:
        return None
    if holder.state == "ended":
        return refuse("reverting")
    if request.rank <= holder.request.rank:
        return refuse("held", holder.request.actor or holder.request.role, holder.request.rank)
    return None
