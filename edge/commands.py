"""Commands from the room: what this box does when asked, and what it answers.

Every command gets at least one result, kept in the outbox like an event. A command that comes twice is carried out
once; one that comes too late is not carried out at all. Each siren, each junction, clips and live views have a lane of
their own, in which commands keep their order: a siren that is tested for ten seconds delays no lease, a clip on a slow
line nothing at all.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import structlog
from pydantic import ValidationError

from edge.clock import Clock
from edge.contract.announcements import ACTIONS as ANNOUNCEMENT_ACTIONS
from edge.contract.cameras import CLIP, LIVE, SHARED
from edge.contract.commands import Command, CommandState, Result
from edge.contract.commissioning import ACTION as COMMISSION
from edge.entries import Entry
from edge.errors import Unavailable
from edge.renewal_desk import INSTALL, RenewalDesk
from edge.signals.desk import ACTIONS, SignalDesk
from edge.signals.refusals import refuse
from edge.siren import Siren
from edge.siren_desk import ACTIONS as SIREN_ACTIONS
from edge.siren_desk import SirenDesk
from edge.vision.reasons import Reason

REMEMBERED = 1_000  # ids of commands; older ones have long expired
CLOCK_TOLERANCE_S = 300.0  # how far the clocks of box and room may be apart
WAITING_MAX = 20  # commands that wait in one lane; more are refused
HELD_MAX = 200  # results that the disk refused, kept in memory until it takes them
RETRY_S = 5.0
OTHERS = ""  # the lane of what is for the box itself, or for nothing that it has
_BUSY = "Terlalu banyak perintah menunggu; coba lagi sebentar. | Too many commands wait; try again in a moment."
_FAILED = "Kotak gagal menjalankan perintah ini; lihat log kotak. | The box failed on this command; see its log."
_DISK = (
    "Disk kotak menolak perintah ini; periksa status kotak, lalu minta lagi."
    " | The box's disk refused this command; look at the box's status, then ask again."
)
_LEFT_OUT = (
    "Kamera ini tidak dipakai karena berkas lokasinya salah: {id} | This camera is left out, since its site file is"
    " wrong: {en}"
)
_MOST_WHY = 180  # characters of it in each language: a detail has 500
_log = structlog.get_logger()


class Carrier(Protocol):
    """Carries out one kind of command; the cameras', which a box without any does not load."""

    async def carry_out(self, command: Command) -> tuple[CommandState, str, str] | None:
        """Carry out; give the state, the reason and the detail of the result, None where it tells them later."""
        ...


class Announcer(Protocol):
    """Begins announcements, and tells later what became of them."""

    async def carry_out(self, command: Command) -> list[tuple[CommandState, str, str]]:
        """Begin; give what is to be answered at once."""
        ...


class CommandDesk:
    """Takes commands from the line and carries them out, in each lane one after the other."""

    def __init__(
        self,
        sirens: Mapping[str, Siren],
        *,
        report: Callable[[], None],
        keep: Callable[[Entry], Awaitable[int]],
        clock: Clock,
        signals: SignalDesk | None = None,
        renewal: RenewalDesk | None = None,
        cameras: Mapping[str, Carrier] | None = None,
        commissioning: Carrier | None = None,
        announcements: Announcer | None = None,
        left_out: Mapping[str, Reason] | None = None,
    ) -> None:
        """Prepare.

        Args:
            sirens: by asset.
            report: sends everything now.
            keep: makes a result durable.
            clock: judges expiry and stamps results.
            signals: takes what is for junctions; None where there are none.
            renewal: takes a new certificate; None where the line has none.
            cameras: what does things with cameras, by action; none where there are no cameras.
            commissioning: reports on the whole box; None in tests of other things.
            announcements: speaks over loudspeakers; None where there are none.
            left_out: cameras of the site file that are not looked at, by their codes, and why.
        """
        self._sirens = SirenDesk(sirens)
        self._report = report
        self._keep = keep
        self._clock = clock
        self._signals = signals
        self._renewal = renewal
        self._cameras = dict(cameras or {})
        self._commissioning = commissioning
        self._announcements = announcements
        self._left_out = dict(left_out or {})
        self._seen = OrderedDict[UUID, None]()
        assets = [OTHERS, *self._cameras, *sirens, *(signals.keepers if signals else ())]
        self._lanes: dict[str, asyncio.Queue[Command]] = {asset: asyncio.Queue(WAITING_MAX) for asset in assets}
        self._crowded: asyncio.Queue[Command] = asyncio.Queue(WAITING_MAX)
        self._held: deque[Result] = deque(maxlen=HELD_MAX)
        self._said: deque[tuple[UUID, str]] = deque(maxlen=HELD_MAX)  # that are in the log
        self._keeping = asyncio.Lock()
        self.refused = 0

    def take(self, payload: bytes) -> None:
        """Take a command from the line; what is no command is logged and forgotten, for it has no id to answer to."""
        try:
            command = Command.model_validate_json(payload)
        except ValidationError as error:
            self.refused += 1
            _log.warning("command_ignored", reason=str(error)[:300])
            return
        if command.id in self._seen:
            _log.info("command_repeated", id=str(command.id))
            return
        key = command.action if command.action in self._cameras else command.asset or OTHERS
        lane = self._lanes.get(key, self._lanes[OTHERS])
        try:
            (self._crowded if lane.full() else lane).put_nowait(command)
        except asyncio.QueueFull:
            self.refused += 1
            _log.warning("command_crowded_out", id=str(command.id), waiting=WAITING_MAX)
            return
        self._seen[command.id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)

    async def run(self) -> None:
        """Carry out commands until cancelled."""
        async with asyncio.TaskGroup() as group:
            for asset, lane in self._lanes.items():
                group.create_task(self._work(lane, self._carry_out), name=f"commands {asset}".strip())
            group.create_task(self._work(self._crowded, self._refuse), name="commands refused")
            group.create_task(self._retry(), name="commands held")

    async def _work(self, lane: asyncio.Queue[Command], do: Callable[[Command], Awaitable[None]]) -> None:
        while True:
            command = await lane.get()
            try:
                await do(command)
            except Unavailable as error:
                _log.error("command_refused_by_disk", id=str(command.id), action=command.action, reason=str(error))
                await self._answer(command, "failed", "disk", _DISK)
            except Exception:  # noqa: BLE001 - outermost loop of a task: a command's surprise must not end the agent
                _log.exception("command_failed", id=str(command.id), action=command.action)
                await self._answer(command, "failed", "failed", _FAILED)

    async def _refuse(self, command: Command) -> None:
        self.refused += 1
        await self._answer(command, "refused", "busy", _BUSY)

    async def _carry_out(self, command: Command) -> None:
        _log.info("command_taken", id=str(command.id), action=command.action, asset=command.asset, actor=command.actor)
        is_signal = self._signals is not None and command.action in ACTIONS
        desk = self._desk_of(command)
        # A lease lives by durations: the box's clock may be minutes off, and MQTT has dropped what came too late.
        tolerance = timedelta(seconds=CLOCK_TOLERANCE_S if is_signal else 0)
        if self._clock.now_at() >= command.expires_at + tolerance:
            late_s = (self._clock.now_at() - command.expires_at).total_seconds()
            await self._answer(command, "expired", "expired", refuse("expired", round(late_s)).detail)
        elif desk is not None:
            await self._answer_all(command, await desk.carry_out(command))
        elif command.action == INSTALL and self._renewal is not None:
            await self._answer(command, *await self._renewal.carry_out(command))
        elif (why := self._why_left_out(command)) is not None:
            said, said_id = (one if len(one) <= _MOST_WHY else f"{one[: _MOST_WHY - 1]}…" for one in (why, why.id))
            await self._answer(command, "refused", "misconfigured", _LEFT_OUT.format(id=said_id, en=said))
        elif (carrier := self._carrier_of(command)) is not None:
            await self._accept(command)
            answer = await carrier.carry_out(command)
            await self._answer_all(command, [answer] if answer is not None else [])
        elif command.action in SIREN_ACTIONS:
            await self._ask_siren(command)
        elif command.action == "agent.report":
            await self._accept(command)
            self._report()
            await self._answer(command, "confirmed")
        else:
            known = self._known()
            await self._answer(
                command, "refused", "unknown_action", f"Kotak ini mengenal {known} | This box knows {known}"
            )

    def _desk_of(self, command: Command) -> "SignalDesk | Announcer | None":
        """Find whoever has several answers, or more of them later."""
        return (
            self._signals
            if command.action in ACTIONS
            else (self._announcements if command.action in ANNOUNCEMENT_ACTIONS else None)
        )

    def _why_left_out(self, command: Command) -> Reason | None:
        """Say why nothing is given of a camera, not even what was recorded before: its masks may be what is wrong."""
        return self._left_out.get(command.asset or "") if command.action in (CLIP, LIVE, SHARED) else None

    def _carrier_of(self, command: Command) -> Carrier | None:
        return self._commissioning if command.action == COMMISSION else self._cameras.get(command.action)

    def _known(self) -> str:
        renewal = [INSTALL] if self._renewal else []
        others = [*self._cameras, *([COMMISSION] if self._commissioning else [])]
        others += ANNOUNCEMENT_ACTIONS if self._announcements else ()
        return ", ".join([*SIREN_ACTIONS, "agent.report", *renewal, *others, *(ACTIONS if self._signals else ())])

    async def _ask_siren(self, command: Command) -> None:
        refusal = self._sirens.check(command)
        if refusal is not None:
            await self._answer(command, *refusal)
            return
        await self._accept(command)
        await self._answer(command, *await self._sirens.carry_out(command))

    async def _accept(self, command: Command) -> None:
        """Say that a command is being carried out.

        Raises:
            Unavailable: the disk refuses; so it is not.
        """
        await self._keep(_entry(self._result(command, "accepted")))

    async def _answer(self, command: Command, state: CommandState, reason: str = "", detail: str = "") -> None:
        """Say what became of a command; where the disk refuses, as soon as it takes it."""
        self._held.append(self._result(command, state, reason, detail))
        await self._keep_held()

    async def _answer_all(self, command: Command, answers: Iterable[tuple[CommandState, str, str]]) -> None:
        for answer in answers:
            await self._answer(command, *answer)

    async def _retry(self) -> None:
        while True:
            await asyncio.sleep(RETRY_S)
            await self._keep_held()

    async def _keep_held(self) -> None:
        async with self._keeping:
            while self._held:
                result = self._held[0]
                try:
                    await self._keep(_entry(result))
                except Unavailable as error:
                    self._say_held(str(error))
                    return
                if self._held and self._held[0] is result:  # else it was crowded out meanwhile
                    self._held.popleft()

    def _say_held(self, reason: str) -> None:
        """Write each that waits into the log, once: the last place there is, should the process end."""
        for result in self._held:
            if (key := (result.command, result.state)) not in self._said:
                _log.error("result_not_durable", reason=reason, content=result.model_dump_json())
                self._said.append(key)

    def _result(self, command: Command, state: CommandState, reason: str = "", detail: str = "") -> Result:
        return Result(command=command.id, state=state, at=self._clock.now_at(), reason=reason, detail=detail[:500])


def _entry(result: Result) -> Entry:
    return Entry("result", result.model_dump_json().encode())
