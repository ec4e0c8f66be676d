"""The room's errands, each one pass over the database: send, hear, give up, drive corridors.

Each pass does what is to be done now and can be made again at any time by any process: what it needs to know lies in
the database, not in memory. So a process that dies loses nothing, and two of them do nothing twice.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

import structlog

from cloud.db.locks import FEED_LOCK
from cloud.signals import store
from cloud.signals.checks import Asker
from cloud.signals.desk import add_withdrawal
from cloud.signals.life import GIVEN_UP, OPEN, STATE_WORDS, STATES, UNCONFIRMED, LeaseState, advance, is_stray
from cloud.signals.line import Line
from cloud.signals.rules import Rule, tell
from cloud.signals.sending import send_command
from cloud.signals.store import Saying, Waiting
from edge.contract.commands import Command

log = structlog.get_logger(__name__)

ROOM = "satulayar"
# A box that has been gone for so long has lost its lease, or is about to: its controller's backup timer is 60 s.
BOX_GONE_S = 60.0
SEND_AGAIN_S = 2.0
LONGEST_WAIT_S = 600.0  # twice the longest cycle that NTCIP can name, and a little: no box waits longer for its turn
WAIT_MARGIN_S = 15.0  # from there to its confirmation
# What is said of a lease besides its states, and of which leases it is worth showing.
_SAID_OF: dict[str, tuple[LeaseState, ...]] = {
    "withdraw_unanswered": STATES,
    "withdraw_refused": OPEN,
    "waiting": UNCONFIRMED,
}
_END_OF = {"box_gone": "link_lost"}
WaveState = Literal["preparing", "committing", "confirmed"]


@dataclass(frozen=True, slots=True)
class Overdue:
    """A lease whose time to be confirmed, or to be heard of, is over."""

    lease_id: UUID
    state: str
    duration_s: int
    box: str
    allowed_s: float
    was_sent: bool
    was_reachable: bool
    is_gone: bool | None
    withdrawn_by: str | None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A withdrawal that its box has not answered."""

    command_id: UUID
    lease_id: UUID
    box: str


@dataclass(frozen=True, slots=True)
class Wave:
    """An open corridor lease; lists are in the order of `sites`."""

    corridor_lease_id: UUID
    state: WaveState
    requester: str
    leases: list[UUID]
    states: list[LeaseState]
    sites: list[str]
    texts_id: list[str]
    texts_en: list[str]
    boxes: list[str]
    gone: list[bool]


async def send(connection: store.Line, line: Line) -> int:
    """Send every command that waits; what cannot be sent now waits on, until it expires.

    Returns:
        how many were sent.
    """
    async with connection.transaction():
        waiting = await store.fetch(connection, Waiting, "waiting_commands", again_s=SEND_AGAIN_S)
        taken = await asyncio.gather(*(_publish(line, command) for command in waiting))
        for command, received in zip(waiting, taken, strict=True):
            if received is not None:
                await store.run(connection, "command_sent", command_id=command.command_id, received=received)
                if command.action == "signal.lease.request":
                    await _take_in(connection, Saying(command.lease_id, "sent"))
    return sum(received is not None for received in taken)


async def hear(connection: store.Line) -> int:
    """Take in what boxes have said since; give how much of it was new."""
    async with connection.transaction():
        await store.run(connection, "lock_feed", lock=FEED_LOCK)
        told = await store.fetch(connection, Saying, "news")
        refused = [saying for saying in told if await _take_in(connection, saying) == "refused"]
        for saying in refused:  # last, because the audit chain has one writer at a time
            await _audit_refusal(connection, saying)
    return len(told)


async def give_up(connection: store.Line, confirm_within_s: float) -> int:
    """End what was not confirmed in time, and withdraw it, so that nothing is in force that nobody confirmed."""
    async with connection.transaction():
        overdue = await store.fetch(connection, Overdue, "overdue", gone_s=BOX_GONE_S)
        for late in overdue:
            await _end(connection, late)
        unanswered = await store.fetch(
            connection, Unanswered, "unanswered_withdrawals", confirm_within_s=confirm_within_s
        )
        for one in unanswered:
            await _complain(connection, one)
    return len(overdue) + len(unanswered)


async def drive_waves(connection: store.Line, confirm_within_s: float) -> int:
    """Move corridor leases on: commit when all are prepared, withdraw all when one is not, or its box is gone."""
    async with connection.transaction():
        await store.run(connection, "lock_feed", lock=FEED_LOCK)
        waves = await store.fetch(connection, Wave, "open_corridor_leases", gone_s=BOX_GONE_S)
        return sum([await _drive(connection, wave, confirm_within_s) for wave in waves])


async def _publish(line: Line, waiting: Waiting) -> bool | None:
    """Publish a command; None when the broker did not take it, which is tried again while it is worth it."""
    command = Command(
        id=waiting.command_id,
        action=waiting.action,
        asset=waiting.controller,
        arguments=waiting.arguments,
        issued_at=waiting.issued_at,
        expires_at=waiting.expires_at,
        actor=waiting.actor,
    )
    return await send_command(line, waiting.box, command)


async def _take_in(connection: store.Line, saying: Saying) -> LeaseState | None:
    """Take in what is said of a lease; give the state that this has brought it to, None where it had it before."""
    if saying.end_reason == "superseded":
        saying = await _name_superseder(connection, saying)
    lease = await store.hold_lease(connection, saying.lease_id)
    if lease is None or not await store.add_log(connection, saying):
        return None
    state = advance(lease.state, saying.state)
    if saying.state == "ended" and saying.end_reason == "failed" and lease.confirmed_at is None:
        state = advance(lease.state, "failed")
    heard = saying if _explains(lease.state, saying) else replace(saying, rule=None, text_id="", text_en="")
    await store.move(connection, heard, state)
    log.info("lease_told", lease=str(lease.lease_id), site=lease.site, told=saying.state, state=state, rule=saying.rule)
    if saying.state == "waiting" and saying.wait_s is not None and lease.state in UNCONFIRMED:
        await _await_its_turn(connection, lease.lease_id, saying.wait_s)
    if is_stray(lease.state, saying.state):
        await add_withdrawal(connection, lease.lease_id, ROOM)
    return state if state != lease.state else None


async def _audit_refusal(connection: store.Line, saying: Saying) -> None:
    """Put what a box refused into the audit chain, as what the room refuses: who asked, why, and by which rule."""
    asked = await store.find_requester(connection, str(saying.lease_id))
    if asked is not None:
        told = {"site": asked.site, "reason": asked.reason, "rule": saying.rule, "by": "box"}
        await store.audit(connection, Asker(asked.requester, asked.role), "lease_refused", str(saying.lease_id), **told)


async def _await_its_turn(connection: store.Line, lease_id: UUID, wait_s: float) -> None:
    """Give a lease that supersedes another the time that its box needs to bring the controller home first."""
    within_s = min(max(wait_s, 0.0), LONGEST_WAIT_S) + WAIT_MARGIN_S
    await store.run(connection, "postpone", lease_id=lease_id, confirm_within_s=within_s)


async def _name_superseder(connection: store.Line, saying: Saying) -> Saying:
    """Say who has taken the junction over: the box names the other lease, and knows no accounts."""
    by = await store.find_requester(connection, saying.rule)
    if by is None:
        return saying
    rule = tell("superseded", account=by.requester, reason=by.reason)
    return replace(saying, rule=rule.code, text_id=rule.text_id, text_en=rule.text_en)


def _explains(known: LeaseState, saying: Saying) -> bool:
    """Tell whether a saying's words are the lease's: why it was refused or given up is not overwritten by what follows.

    The box's own event has both sentences, a command's result may have neither; so the same refusal is heard twice.
    Of an end the event says more than the result, and that the controller is home again says nothing of the reason.
    """
    if saying.state in _SAID_OF:
        return known in _SAID_OF[saying.state]
    if known in ("ended", "reverted"):
        return saying.state == "ended" and not (saying.origin or "").startswith("result:")
    return saying.state in STATES and (known not in GIVEN_UP or saying.state == known)


async def _end(connection: store.Line, late: Overdue) -> None:
    state, rule = _judge(late)
    saying = Saying(
        late.lease_id,
        state,
        source="watchdog",
        rule=rule.code,
        text_id=rule.text_id,
        text_en=rule.text_en,
        end_reason=_END_OF.get(rule.code, "expired") if state == "ended" else None,
    )
    await _take_in(connection, saying)
    await add_withdrawal(connection, late.lease_id, ROOM)  # also of what should be over: nobody has heard that it is


def _judge(late: Overdue) -> tuple[str, Rule]:
    if late.state == "confirmed":
        return "ended", tell("box_gone", box=late.box) if late.is_gone else tell("end_unheard", box=late.box)
    if late.state in ("accepted", "applied"):
        return "failed", tell("not_confirmed", seconds=f"{late.allowed_s:g}")
    if late.withdrawn_by is not None:
        return "expired", tell("withdrawn_early", account=late.withdrawn_by)
    if not late.was_sent:
        return "expired", tell("not_sent")
    if not late.was_reachable:
        return "expired", tell("box_offline", box=late.box)
    return "failed", tell("not_confirmed", seconds=f"{late.allowed_s:g}")


async def _complain(connection: store.Line, one: Unanswered) -> None:
    rule = tell("withdraw_unconfirmed", box=one.box)
    saying = Saying(
        one.lease_id,
        "withdraw_unanswered",
        source="watchdog",
        origin=f"withdraw:{one.command_id}",
        rule=rule.code,
        text_id=rule.text_id,
        text_en=rule.text_en,
    )
    await _take_in(connection, saying)


async def _drive(connection: store.Line, wave: Wave, confirm_within_s: float) -> int:
    """Move one corridor lease on; 1 when it moved."""
    bad = _find_bad(wave)
    if bad is not None:
        await _withdraw_all(connection, wave, bad, confirm_within_s)
    elif wave.state == "preparing" and set(wave.states) == {"accepted"}:
        for lease_id in wave.leases:
            await store.run(connection, "postpone", lease_id=lease_id, confirm_within_s=confirm_within_s)
            await store.add_command(connection, lease_id, "commit", wave.requester, None, confirm_within_s)
        await store.move_corridor(connection, wave.corridor_lease_id, "committing")
    elif wave.state == "committing" and set(wave.states) == {"confirmed"}:
        await store.move_corridor(connection, wave.corridor_lease_id, "confirmed")
    else:
        return 0
    return 1


def _find_bad(wave: Wave) -> int | None:
    """Find the first junction that does not take part any more."""
    over = {"refused", "failed", "expired", "ended", "reverted"}
    members = enumerate(zip(wave.states, wave.gone, strict=True))
    return next((position for position, (state, is_gone) in members if is_gone or state in over), None)


async def _withdraw_all(connection: store.Line, wave: Wave, bad: int, confirm_within_s: float) -> None:
    for lease_id in _going_on(wave):
        await store.run(connection, "postpone", lease_id=lease_id, confirm_within_s=confirm_within_s)
        await add_withdrawal(connection, lease_id, ROOM)
    state = {"preparing": "refused", "committing": "failed", "confirmed": "ended"}[wave.state]
    has_just_ended = state == "ended" and not wave.gone[bad]
    await store.move_corridor(connection, wave.corridor_lease_id, state, None if has_just_ended else _why(wave, bad))


def _why(wave: Wave, bad: int) -> Rule:
    """Say which junction is the reason that none takes part, and what is wrong there."""
    state_id, state_en = STATE_WORDS[wave.states[bad]]
    why_id, why_en = wave.texts_id[bad] or state_id, wave.texts_en[bad] or state_en
    if wave.gone[bad]:
        gone = tell("box_gone", box=wave.boxes[bad])
        why_id, why_en = gone.text_id, gone.text_en
    site = wave.sites[bad]
    rule = tell("corridor_member", site=site, why=why_id)
    return Rule(rule.code, rule.text_id, tell("corridor_member", site=site, why=why_en).text_en)


def _going_on(wave: Wave) -> Iterable[UUID]:
    going = {"requested", "sent", "accepted", "applied", "confirmed"}
    return (lease_id for lease_id, state in zip(wave.leases, wave.states, strict=True) if state in going)
