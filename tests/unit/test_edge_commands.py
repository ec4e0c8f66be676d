"""Commands of the room: in order for each thing that they are for, and not in the way of another."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from edge import commands
from edge.clock import Clock
from edge.commands import WAITING_MAX, CommandDesk
from edge.contract.commands import Result
from edge.entries import Entry
from edge.errors import Unavailable
from edge.signals.desk import SignalDesk
from edge.siren import Siren
from edge.vision.reasons import Reason
from simulators.controller.program import PlanEntry
from simulators.controller.standard import four_arms
from tests.fix_lease import Junction


class SlowCoil:
    """A siren's device on a bus that takes its time."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()

    async def switch(self, _coil: Any, **_how: bool) -> None:
        await self.may_answer.wait()
        raise Unavailable("the bus is gone")


class WrongClock(Clock):
    """A clock that is seconds ahead of the room's."""

    def __init__(self, ahead_s: float) -> None:
        self._ahead_s = ahead_s

    def now_s(self) -> float:
        return super().now_s() + self._ahead_s


class Room:
    """A desk with a siren that hangs and a junction, and what it has answered."""

    def __init__(self, ahead_s: float = 0.0) -> None:
        self.results: list[Result] = []
        self.disk_refuses = False
        self.junction = Junction(four_arms().with_plan(PlanEntry(0, 2)), poll_ticks=5)
        self.junction.run(200)
        self.coil = SlowCoil()
        signals = SignalDesk(_Board(), self._keep)  # type: ignore[arg-type]
        signals.keepers["TD-01.signal-1"] = self.junction.keeper
        siren = Siren("TD-01.siren-1", self.coil, None, _Board(), _nothing)  # type: ignore[arg-type]
        self.desk = CommandDesk(
            {"TD-01.siren-1": siren}, report=lambda: None, keep=self._keep, clock=WrongClock(ahead_s), signals=signals
        )

    async def _keep(self, entry: Entry) -> int:
        if self.disk_refuses:
            raise Unavailable("the disk is full")
        self.results.append(Result.model_validate_json(entry.payload))
        return len(self.results)

    def send(self, action: str, asset: str, **arguments: Any) -> str:
        identity, now = uuid4(), datetime.now(UTC)
        content = {
            "id": str(identity), "action": action, "asset": asset, "arguments": arguments, "actor": "budi",
            "issued_at": now.isoformat(), "expires_at": (now + timedelta(seconds=60)).isoformat(),
        }  # fmt: skip
        self.desk.take(json.dumps(content).encode())
        return str(identity)

    def states(self, command: str) -> list[str]:
        return [result.state for result in self.results if str(result.command) == command]

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.005)


class _Board:
    async def raise_event(self, notice: Any) -> None:
        """Take it."""

    def now_at(self) -> datetime:
        return datetime.now(UTC)


async def _nothing() -> None:
    """Remember nothing."""


def with_room(scenario: Callable[[Room], Any], ahead_s: float = 0.0) -> None:
    async def main() -> None:
        room = Room(ahead_s)
        task = asyncio.create_task(room.desk.run())
        try:
            await scenario(room)
        finally:
            room.coil.may_answer.set()  # a siren is silenced before its task ends
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())


def lease() -> dict[str, Any]:
    return {"lease": str(uuid4()), "phase": 2, "extra_green_s": 10, "duration_s": 300, "reason": "antrean",
            "role": "operator", "rank": 1}  # fmt: skip


def test_lease_when_a_siren_is_being_tested_then_it_does_not_wait() -> None:
    async def scenario(room: Room) -> None:
        siren = room.send("siren.test", "TD-01.siren-1", seconds=10)
        await room.until(lambda: room.states(siren) == ["accepted"])
        asked = room.send("signal.lease.request", "TD-01.signal-1", **lease())
        await room.until(lambda: room.states(asked) == ["accepted"])
        assert room.states(siren) == ["accepted"]

    with_room(scenario)


@pytest.mark.parametrize("ahead_s", [-300.0, 300.0])
def test_lease_when_the_clocks_are_five_minutes_apart_then_is_taken(ahead_s: float) -> None:
    async def scenario(room: Room) -> None:
        asked = room.send("signal.lease.request", "TD-01.signal-1", **lease())
        await room.until(lambda: room.states(asked))
        assert room.states(asked) == ["accepted"]

    with_room(scenario, ahead_s)


def test_lease_when_it_comes_from_the_past_then_expires_by_a_rule_in_both_languages() -> None:
    async def scenario(room: Room) -> None:
        asked = room.send("signal.lease.request", "TD-01.signal-1", **lease())
        await room.until(lambda: room.states(asked))
        assert room.states(asked) == ["expired"]
        said = room.results[0]
        assert said.reason == "expired"
        assert all(part in said.detail for part in ("terlambat", " | ", "too late"))
        assert room.junction.keeper.lease is None

    with_room(scenario, ahead_s=3_600.0)


def test_commands_when_too_many_wait_for_one_thing_then_the_rest_are_refused_and_others_are_not() -> None:
    async def scenario(room: Room) -> None:
        first = room.send("siren.test", "TD-01.siren-1", seconds=10)
        await room.until(lambda: room.states(first) == ["accepted"])
        waiting = [room.send("siren.test", "TD-01.siren-1", seconds=10) for _ in range(WAITING_MAX)]
        crowded = room.send("siren.test", "TD-01.siren-1", seconds=10)
        asked = room.send("signal.lease.request", "TD-01.signal-1", **lease())
        await room.until(lambda: room.states(crowded) and room.states(asked))
        assert room.states(crowded) == ["refused"]
        assert room.states(asked) == ["accepted"]
        assert all(room.states(one) == [] for one in waiting)
        refused = next(result for result in room.results if str(result.command) == crowded)
        assert (refused.reason, "Terlalu banyak" in refused.detail) == ("busy", True)

    with_room(scenario)


def test_commands_when_for_one_junction_then_they_keep_their_order() -> None:
    async def scenario(room: Room) -> None:
        wanted = lease()
        asked = room.send("signal.lease.request", "TD-01.signal-1", **wanted)
        withdrawn = room.send("signal.lease.withdraw", "TD-01.signal-1", lease=wanted["lease"])
        await room.until(lambda: room.states(withdrawn))
        assert [str(result.command) for result in room.results][:2] == [asked, withdrawn]
        assert room.states(withdrawn) == ["accepted"]

    with_room(scenario)


def test_command_when_for_something_that_the_box_has_not_then_refused_in_two_languages() -> None:
    async def scenario(room: Room) -> None:
        asked = room.send("signal.lease.request", "TD-02.signal-1", **lease())
        siren = room.send("siren.test", "TD-02.siren-1")
        await room.until(lambda: room.states(asked) and room.states(siren))
        assert all(result.state == "refused" and " | " in result.detail for result in room.results)

    with_room(scenario)


def test_camera_when_it_is_left_out_of_the_site_file_then_whoever_asks_for_it_is_told_why() -> None:
    why = Reason("zones[0]: sisi 1 dan 3 bersilangan", "zones[0]: edges 1 and 3 cross")

    async def scenario(room: Room) -> None:
        room.desk._left_out = {"TD-01.cam-1": why}
        room.desk._cameras["camera.clip"] = Clips(room)  # type: ignore[assignment]
        for action, asset, reason in (
            ("camera.live", "TD-01.cam-1", "misconfigured"),  # of a box that has no camera left, too
            ("camera.clip", "TD-01.cam-1", "misconfigured"),
            ("camera.live", "TD-01.cam-2", "unknown_action"),
        ):
            asked = room.send(action, asset)
            await room.until(lambda asked=asked: room.states(asked))
            assert (room.results[-1].state, room.results[-1].reason) == ("refused", reason)
            assert (why in room.results[-1].detail and why.id in room.results[-1].detail) == (reason == "misconfigured")

    with_room(scenario)


def test_camera_when_much_is_wrong_with_it_then_the_reason_is_told_in_both_languages_all_the_same() -> None:
    why = Reason("zones[0]: sisi bersilangan; " * 10, "zones[0]: edges cross; " * 12)

    async def scenario(room: Room) -> None:
        room.desk._left_out = {"TD-01.cam-1": why}
        asked = room.send("camera.live", "TD-01.cam-1")
        await room.until(lambda: room.states(asked))
        said_id, said_en = room.results[-1].detail.split(" | ")
        assert ("sisi bersilangan; zones[0]" in said_id, "edges cross; zones[0]" in said_en) == (True, True)
        assert (said_id[-1], said_en[-1]) == ("…", "…")

    with_room(scenario)


def test_command_when_carrying_it_out_is_a_surprise_then_it_fails_and_the_next_is_done() -> None:
    class Surprise:
        async def carry_out(self, _command: Any) -> Any:
            raise IndexError("nobody thought of this")

    room = Room()
    room.desk._cameras["camera.clip"] = Surprise()  # type: ignore[assignment]
    room.desk._lanes["camera.clip"] = asyncio.Queue(WAITING_MAX)

    async def work() -> None:
        running = asyncio.create_task(room.desk.run())
        first = room.send("camera.clip", "TD-01.cam-1")
        await room.until(lambda: "failed" in room.states(first))
        second = room.send("agent.report", "TD-01.siren-2")
        await room.until(lambda: "confirmed" in room.states(second))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(work())


class Clips:
    """Carries out what is for cameras; its disk may refuse in the midst of it."""

    def __init__(self, room: Room) -> None:
        self.room, self.begun = room, 0
        self.refuses_then = self.tells_later = False

    async def carry_out(self, _command: Any) -> Any:
        self.begun += 1
        self.room.disk_refuses = self.refuses_then
        return None if self.tells_later else ("confirmed", "", "")


def with_clips(scenario: Callable[[Room, Clips], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "RETRY_S", 0.01)
    room = Room()
    room.desk._cameras["camera.clip"] = clips = Clips(room)  # type: ignore[assignment]
    room.desk._lanes["camera.clip"] = asyncio.Queue(WAITING_MAX)

    async def work() -> None:
        running = asyncio.create_task(room.desk.run())
        try:
            await scenario(room, clips)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(work())


def test_commands_when_the_disk_refuses_then_none_is_begun_and_each_has_its_word_when_it_takes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario(room: Room, clips: Clips) -> None:
        room.disk_refuses = True
        asked = [room.send("camera.clip", "TD-01.cam-1") for _ in range(3)]
        await room.until(lambda: len(room.desk._held) == 3)
        assert clips.begun == 0
        room.disk_refuses = False
        await room.until(lambda: all(room.states(one) for one in asked))
        assert [room.states(one) for one in asked] == [["failed"]] * 3
        assert all(one.reason == "disk" and " | " in one.detail for one in room.results)
        later = room.send("camera.clip", "TD-01.cam-1")
        await room.until(lambda: "confirmed" in room.states(later))

    with_clips(scenario, monkeypatch)


def test_command_when_the_disk_refuses_its_last_word_then_that_word_is_told_later_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario(room: Room, clips: Clips) -> None:
        clips.refuses_then = True
        asked = room.send("camera.clip", "TD-01.cam-1")
        await room.until(lambda: room.desk._held)
        assert room.states(asked) == ["accepted"]
        room.disk_refuses = False
        await room.until(lambda: len(room.states(asked)) > 1)
        assert room.states(asked) == ["accepted", "confirmed"]

    with_clips(scenario, monkeypatch)


def test_command_when_its_desk_tells_the_end_later_then_nothing_is_told_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario(room: Room, clips: Clips) -> None:
        clips.tells_later = True
        asked = room.send("camera.clip", "TD-01.cam-1")
        await room.until(lambda: clips.begun)
        report = room.send("agent.report", "TD-01.siren-2")
        await room.until(lambda: "confirmed" in room.states(report))
        assert room.states(asked) == ["accepted"]

    with_clips(scenario, monkeypatch)
