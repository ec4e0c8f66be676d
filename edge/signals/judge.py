"""Judges a request: against who holds the junction, the site's limits, and the controller as it is now."""

import math
from dataclasses import replace

import structlog

from edge.errors import Refused, Unavailable
from edge.signals.endings import longest_wait_s
from edge.signals.hands import Hands
from edge.signals.limits import Limits, Request, judge_request, judge_status, plan_lease
from edge.signals.offset import spare_correction
from edge.signals.record import Book, Lease, State
from edge.signals.refusals import Refusal, refuse
from edge.signals.status import Status
from edge.signals.timing import Plan
from edge.signals.words import end_words

_log = structlog.get_logger()


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

    async def judge(self, request: Request, book: Book, status: Status | None, home_for_s: float) -> Lease | Refusal:
        """Give the lease that a request becomes, or the rule that forbids it.

        Args:
            request: new.
            book: who holds the junction.
            status: of the latest poll; None when the controller did not answer.
            home_for_s: how long nobody has held the junction.
        """
        refusal = judge_request(request, self._limits) or _judge_holder(request, book, self._limits, home_for_s)
        if refusal is not None:
            return refusal
        planned = await self._plan_or_refuse(request, book, status)
        if isinstance(planned, Refusal):
            return planned
        own, leased = planned
        begun: State = "accepted" if book.current is None else "waiting"
        state: State = "prepared" if request.prepare else begun
        return Lease(request, own, leased, state, is_touched=state == "accepted")

    async def judge_again(self, lease: Lease, book: Book, status: Status | None) -> Refusal | None:
        """Give the rule that forbids now what was prepared over a holder; None when it may begin."""
        refusal = _judge_wait(lease.left_s, book.current)
        if refusal is not None:
            return refusal
        planned = await self._plan_or_refuse(lease.request, book, status)
        return planned if isinstance(planned, Refusal) else None

    async def plan(self, request: Request, book: Book, status: Status) -> tuple[Plan, Plan] | Refusal:
        """Read the controller now, not from memory, and work out (own plan, leased plan); raises what it does."""
        timing = await self._hands.read_timing(anew=True)
        pattern, split = self._hands.reserved
        refusal = judge_status(status, pattern, self._limits)
        if refusal is not None:
            return refusal
        if await self._hands.is_used_elsewhere():
            return refuse("reserved_in_use", pattern, split)
        holder = book.current
        if holder is not None and holder.is_touched:
            own = holder.own  # what runs now is the lease that this one supersedes; it is judged again when it begins
        elif status.pattern == pattern:
            return refuse("reverting")
        else:
            own = await self._hands.read_plan(status.pattern)
        leased = plan_lease(request, own, timing, self._hands.reserved, self._limits)
        return leased if isinstance(leased, Refusal) else (own, await self._without_correction(own, leased))

    async def _plan_or_refuse(self, request: Request, book: Book, status: Status | None) -> tuple[Plan, Plan] | Refusal:
        if status is None:
            return refuse("controller_silent")
        try:
            return await self.plan(request, book, status)
        except Unavailable as error:
            _log.warning("controller_silent", reason=str(error))
            return refuse("controller_silent")
        except Refused as error:
            _log.warning("controller_unfit", reason=str(error))
            return refuse("controller_unfit")

    async def _without_correction(self, own: Plan, leased: Plan) -> Plan:
        """Give a plan of another cycle the offset that its first cycle needs."""
        if own.cycle_s == leased.cycle_s:
            return leased
        clock = await self._hands.read_clock()
        return leased if clock is None else replace(leased, offset_s=spare_correction(own, leased, clock))


def known(request: Request, book: Book) -> tuple[bool, Refusal | None]:
    """Recognise a lease that was asked for before: it holds, or it is over."""
    same = book.held(request.lease)
    end = book.end_of(request.lease)
    if same is not None:
        return True, refuse("lease_over", end_words(same.end)) if same.state == "ended" else None
    return end is not None, None if end is None else refuse("lease_over", end_words(end))


def _judge_holder(request: Request, book: Book, limits: Limits, home_for_s: float) -> Refusal | None:
    holder, following = book.current, book.following
    if holder is None:
        left_s = limits.rest_s - home_for_s
        return refuse("resting", math.ceil(left_s)) if book.is_resting and left_s > 0 else None
    if following is not None:
        return refuse("awaited", _who(holder), _who(following), limits.rank(following.request.role))
    if holder.state == "ended":
        return refuse("reverting")
    rank = limits.rank(holder.request.role)
    if limits.rank(request.role) <= rank:
        return refuse("held", _who(holder), rank)
    return _judge_wait(request.duration_s, holder)


def _judge_wait(left_s: float, holder: Lease | None) -> Refusal | None:
    """Judge whether a lease that supersedes another would still be worth it when its turn has come."""
    if holder is None or not holder.is_touched or left_s > (wait_s := longest_wait_s(holder)):
        return None
    return refuse("shorter_than_wait", math.floor(left_s), math.ceil(wait_s))


def _who(lease: Lease) -> str:
    return lease.request.actor or lease.request.role
