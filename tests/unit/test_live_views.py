"""Live pictures in the room: the newest of each camera, in the order in which they come."""

import asyncio
import time
from collections.abc import Callable, Mapping

from cloud.cameras.live import LiveViews

BOX, CAMERA = "TD-01-a", "TD-01.cam-1"
Take = Callable[[str, bytes, Mapping[str, str]], None]


class Line:
    """Brings what a test sends."""

    def subscribe(self, topic: str, take: Take) -> None:
        self.topic, self.take = topic, take

    def unsubscribe(self, topic: str) -> None:
        assert topic == self.topic

    def bring(self, number: int, taken_ms: int) -> None:
        self.take(self.topic, b"\xff\xd8\xff" + bytes([number]), {"taken_ms": str(taken_ms)})


def test_live_view_when_the_boxs_clock_is_put_right_then_its_pictures_still_come_in_order() -> None:
    async def watch() -> list[int]:
        line, after, seen = Line(), 0, []
        views = LiveViews(line)  # type: ignore[arg-type]
        for number, taken_ms in enumerate((4_102_444_800_000, round(time.time() * 1000), 0, 4_102_444_800_000)):
            asked = asyncio.create_task(views.next(BOX, CAMERA, after, 5.0))
            await asyncio.sleep(0)
            line.bring(number, taken_ms)
            picture = await asked
            assert picture is not None
            assert picture.number > after
            after = picture.number
            seen.append(picture.content[-1])
        assert await views.next(BOX, CAMERA, after, 0.01) is None, "none is given twice"
        return seen

    assert asyncio.run(watch()) == [0, 1, 2, 3]
