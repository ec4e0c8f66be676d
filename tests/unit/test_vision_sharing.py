"""A camera that another box has, too, as the box takes it from the room."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from edge.contract.cameras import SHARED_FOR_S
from edge.contract.commands import Command
from edge.vision.fitness import SHARED_END_S
from tests.fix_station import StillBox as Box

CAMERA = "TD-01.cam-1"


def word(**arguments: Any) -> Command:
    now_at = datetime.now(UTC)
    return Command(
        id=uuid4(),
        action="camera.shared",
        asset=arguments.pop("asset", CAMERA),
        arguments=arguments,
        issued_at=now_at,
        expires_at=now_at + timedelta(minutes=1),
        actor="satulayar",
    )


def run(path: Path, work: Callable[[Box], Any]) -> Box:
    async def inside() -> Box:
        box = Box(path)
        await work(box)
        return box

    return asyncio.run(inside())


def test_camera_when_another_box_has_it_too_then_says_so_once_with_what_to_do_and_works_on(tmp_path: Path) -> None:
    async def work(box: Box) -> None:
        for _ in range(3):
            assert await box.desk.carry_out(word(boxes=["TD-01-b"])) == ("confirmed", "", "")
            await box.turn()

    box = run(tmp_path, work)
    (event,) = box.told()
    assert (event["subject"], event["data"]["severity"]) == (CAMERA, "minor")
    assert event["data"]["message_id"] == "Kamera ini juga ada di kotak TD-01-b; hapus dari salah satu berkas situs"
    assert "take it out of one of the site files" in event["data"]["message_en"]
    assert box.camera.describe()["shared_with"] == ["TD-01-b"]
    assert "shared" not in box.camera.describe()["reason"], "it sees and counts as ever"


def test_camera_when_it_is_its_boxs_alone_again_then_that_is_told_after_a_while(tmp_path: Path) -> None:
    async def work(box: Box) -> None:
        await box.desk.carry_out(word(boxes=["TD-01-b"]))
        await box.turn()
        await box.desk.carry_out(word(boxes=[]))
        await box.turn()
        assert len(box.told()) == 1
        await box.turn(SHARED_END_S)
        assert box.camera.describe()["shared_with"] == []

    begun, ended = run(tmp_path, work).told()
    assert ended["data"]["values"]["begun_event"] == begun["id"]
    assert ended["data"]["ended_at"]


def test_camera_when_the_room_says_nothing_more_then_it_is_over_by_itself(tmp_path: Path) -> None:
    async def work(box: Box) -> None:
        await box.desk.carry_out(word(boxes=["TD-01-b"]))
        await box.turn()
        await box.turn(SHARED_FOR_S - 10)
        assert len(box.told()) == 1
        await box.turn(20)
        await box.turn(SHARED_END_S)

    assert len(run(tmp_path, work).told()) == 2


def test_camera_when_the_box_restarts_then_nothing_is_told_twice(tmp_path: Path) -> None:
    async def work(box: Box) -> None:
        await box.desk.carry_out(word(boxes=["TD-01-b"]))
        await box.turn()
        again = Box(tmp_path, box.notes)
        await again.camera._recall()
        await again.turn()  # the room has not yet said it again
        await again.desk.carry_out(word(boxes=["TD-01-b"]))
        await again.turn(60)
        assert again.told() == []

    run(tmp_path, work)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (word(boxes="TD-01-b"), "bad_argument"),
        (word(boxes=[1]), "bad_argument"),
        (word(boxes=["x" * 81]), "bad_argument"),
        (word(), "bad_argument"),
        (word(boxes=[], asset="TD-01.cam-9"), "no_camera"),
    ],
)
def test_word_when_it_makes_no_sense_then_is_refused(tmp_path: Path, asked: Command, reason: str) -> None:
    async def work(box: Box) -> None:
        state, told, detail = await box.desk.carry_out(asked)
        assert (state, told, " | " in detail) == ("refused", reason, True)
        await box.turn()
        assert box.told() == []

    run(tmp_path, work)
