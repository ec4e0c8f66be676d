"""What the room says to a junction and what the junction says to the room: commands in, results and events out."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import structlog
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, ValidationError

from edge.contract.commands import Command, CommandState, Result
from edge.contract.events import Severity
from edge.entries import Entry
from edge.errors import Unavailable
from edge.notices import Notice, NoticeBoard
from edge.signals.keeper import LeaseKeeper
from edge.signals.limits import Asker, Request
from edge.signals.record import Lease, Told
from edge.signals.refusals import Refusal, refuse
from edge.signals.words import end_words

ACTIONS = ("signal.lease.request", "signal.lease.withdraw", "signal.lease.commit")
_log = structlog.get_logger()
_SENTENCES: dict[str, tuple[str, str]] = {
    "accepted": (
        "Sewa diterima: fase {phase} hijau +{extra} detik selama {duration} detik.",
        "Lease accepted: phase {phase} green +{extra} s for {duration} s.",
    ),
    "waiting": (
        "Menunggu putaran sewa sebelumnya selesai, paling lama {wait} detik.",
        "Waits for the earlier lease's cycle to end, {wait} s at most.",
    ),
    "applied": ("Rencana sewa ditulis ke pengendali.", "The lease's plan is written to the controller."),
    "confirmed": (
        "Pengendali telah dibaca ulang: perintah sewa berlaku.",
        "The controller has been read back and is under the lease's command.",
    ),
    "shown": (
        "Hijau yang diperpanjang telah tampil di simpang.",
        "The lengthened green has been displayed at the junction.",
    ),
    "ended": ("Sewa berakhir: {end}.", "The lease has ended: {end}."),
    "reverted": (
        "Pengendali telah dibaca ulang: perintah sewa tidak berlaku lagi.",
        "The controller has been read back: the lease commands it no longer.",
    ),
}

Answer = tuple[CommandState, str, str]


class _LeaseRequest(BaseModel):
    """Arguments of `signal.lease.request`; numbers must be whole ones, for 19.9 s is not what was asked.

    The rank that the room sends is not believed: the site file gives every role its own.
    """

    model_config = ConfigDict(extra="ignore")

    lease: UUID
    phase: StrictInt
    extra_green_s: StrictInt
    duration_s: StrictInt
    reason: str = Field(min_length=1, max_length=300)
    role: str = Field(max_length=40)
    corridor: UUID | None = None
    prepare: StrictBool = False


class _LeaseNamed(BaseModel):
    """Arguments of `signal.lease.withdraw` and `signal.lease.commit`."""

    model_config = ConfigDict(extra="ignore")

    lease: UUID
    role: str = Field(default="", max_length=40)


class SignalDesk:
    """All junctions of a box, as the room sees them."""

    def __init__(self, board: NoticeBoard, keep: Callable[[Entry], Awaitable[int]]) -> None:
        """Begin without junctions.

        Args:
            board: takes events.
            keep: makes results durable.
        """
        self._board = board
        self._keep = keep
        self.keepers: dict[str, LeaseKeeper] = {}

    def teller(self, asset: str) -> Callable[[Told], Awaitable[None]]:
        """Give what a junction's keeper tells its transitions to."""

        async def tell(told: Told) -> None:
            await self._board.raise_event(_notice(asset, told))
            await self._result(told)

        return tell

    async def carry_out(self, command: Command) -> list[Answer]:
        """Do what the room says; give what it is answered at once."""
        keeper = self.keepers.get(command.asset or "")
        if keeper is None:
            return [_refused(refuse("controller_unknown", command.asset or "-"))]
        try:
            if command.action == "signal.lease.request":
                return await self._request(keeper, command)
            named = _LeaseNamed.model_validate(command.arguments)
        except ValidationError as error:
            return [_refused(refuse("bad_argument", _faulty_part(error)))]
        does = keeper.commit if command.action == "signal.lease.commit" else keeper.withdraw
        refusal = await does(str(named.lease), Asker(command.actor, named.role), str(command.id))
        return [_refused(refusal) if refusal else ("accepted", "", "")]

    async def _request(self, keeper: LeaseKeeper, command: Command) -> list[Answer]:
        asked = _LeaseRequest.model_validate(command.arguments)
        request = Request(
            lease=str(asked.lease),
            phase=asked.phase,
            extra_green_s=asked.extra_green_s,
            duration_s=asked.duration_s,
            reason=asked.reason,
            role=asked.role,
            actor=command.actor,
            corridor=str(asked.corridor or ""),
            prepare=asked.prepare,
            command=str(command.id),
        )
        refusal = await keeper.request(request)
        if refusal is None:
            return [("accepted", "", "")]
        if refusal.rule != "lease_over":
            await self._board.raise_event(_refusal_notice(command.asset or "", request, refusal))
        return [_refused(refusal)]

    async def _result(self, told: Told) -> None:
        found = _result_of(told)
        if found is None:
            return
        command, state, reason = found
        detail = " | ".join(_end_words(told.lease)) if state == "failed" else ""
        result = Result(command=UUID(command), state=state, at=self._board.now_at(), reason=reason, detail=detail)
        try:
            await self._keep(Entry("result", result.model_dump_json().encode()))
        except Unavailable as error:
            _log.error("result_not_durable", id=command, reason=str(error))


def _result_of(told: Told) -> tuple[str, CommandState, str] | None:
    """Say which command hears what of a transition, as (id, state, reason)."""
    lease = told.lease
    if told.state == "applied" and lease.request.command:
        return lease.request.command, "applied", ""
    if told.state == "confirmed" and lease.request.command:
        return lease.request.command, "confirmed", ""
    if told.state == "ended" and lease.request.command and not lease.was_confirmed and not lease.withdraw_command:
        # Of one that was superseded the detail is the other lease's id, which is no rule.
        return lease.request.command, "failed", lease.end if lease.end == "superseded" else lease.detail or lease.end
    if told.state == "reverted" and lease.withdraw_command:
        return lease.withdraw_command, "confirmed", ""
    return None


def _notice(asset: str, told: Told) -> Notice:
    lease = told.lease
    noun = "signal.shown" if told.state == "shown" else f"lease.{told.state}"
    (text_id, text_en), (end_id, end_en) = _SENTENCES[told.state], _end_words(lease)
    figures = _figures(told)
    severity: Severity = "minor" if lease.end in ("failed", "local_override") and told.state == "ended" else "info"
    return Notice(
        noun,
        asset,
        severity,
        text_id.format(**figures, end=end_id),
        text_en.format(**figures, end=end_en),
        _values(lease.request) | told.note | _end_values(lease),
    )


def _refusal_notice(asset: str, request: Request, refusal: Refusal) -> Notice:
    values = _values(request) | {"rule": refusal.rule}
    return Notice("lease.refused", asset, "info", refusal.message_id, refusal.message_en, values)


def _figures(told: Told) -> Mapping[str, int]:
    asked, wait_s = told.lease.request, told.note.get("wait_s", 0)
    return {
        "phase": asked.phase,
        "extra": asked.extra_green_s,
        "duration": asked.duration_s,
        "wait": round(float(wait_s)),
    }


def _end_words(lease: Lease) -> tuple[str, str]:
    """Give how it ended; a rule that ended it has sentences of its own."""
    said_id, said_en = end_words(lease.end, lease.detail)
    rule_id, rule_en = lease.sentences
    return (f"{said_id}: {rule_id.rstrip('.')}", f"{said_en}: {rule_en.rstrip('.')}") if rule_id else (said_id, said_en)


def _values(request: Request) -> dict[str, float | bool | str]:
    values: dict[str, float | bool | str] = {
        "lease": request.lease,
        "phase": float(request.phase),
        "extra_green_s": float(request.extra_green_s),
        "duration_s": float(request.duration_s),
        "asked_because": request.reason,
        "role": request.role,
        "actor": request.actor,
    }
    return values | ({"corridor": request.corridor} if request.corridor else {})


def _end_values(lease: Lease) -> dict[str, float | bool | str]:
    given = {"end_reason": lease.end, "rule": lease.detail}
    return {name: text for name, text in given.items() if text}


def _faulty_part(error: ValidationError) -> str:
    """Name the part of a request that is wrong; a machine's sentence would be in one language only."""
    return ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"]) or "-"


def _refused(refusal: Refusal) -> Answer:
    return "refused", refusal.rule, refusal.detail
