"""Whether a camera was turned, on pictures of a simulated junction: a turn of three degrees, and what is none.

Each scene is painted once, at half the size (0.3 s); five pictures of it are looked at in turn.
"""

import math
import time
from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
import pytest

from edge.vision import bearing
from edge.vision.eyesight import Eyesight
from simulators.cameras.director import Director, Order
from simulators.cameras.places import junction
from simulators.cameras.render import Renderer
from simulators.cameras.scene import Kind, Obstacle, Sky, Thing
from simulators.cameras.traffic import SIZES, Traffic

VIEW = junction(41)
DAY, NIGHT = Sky(50.0, 40.0), Sky(-30.0, 40.0)
T0 = 1_763_780_400.0
PICTURES = 5


class Street:
    """Traffic, and perhaps a bus that has stopped right before the lens."""

    def __init__(self, *, has_bus: bool) -> None:
        self._traffic, self._has_bus = Traffic(VIEW.place, 9), has_bus
        self._traffic.warm_up()

    def things(self, _at_s: float, obstacles: tuple[Obstacle, ...]) -> tuple[Thing, ...]:
        self._traffic.step(1.0, obstacles)
        turn = math.radians(VIEW.pose.bearing_deg)
        x, y = VIEW.pose.x_m + math.sin(turn) * 9.0, VIEW.pose.y_m + math.cos(turn) * 9.0
        bus = Thing(777, Kind.BUS, x, y, VIEW.pose.bearing_deg + 80, *SIZES[Kind.BUS])
        return (*self._traffic.things(), *((bus,) if self._has_bus else ()))


@lru_cache(maxsize=20)
def seen(sky: Sky, what: str = "", amount: float = 0.0) -> list[np.ndarray]:
    """Brightness of five pictures, a second apart, long after something was ordered."""
    director = Director(VIEW.place, VIEW.pose, Street(has_bus=what == "bus"), lambda _: sky)
    director.order((Order(what, amount),) if what not in ("", "bus") else ())
    director.moment(T0 - 60)
    renderer = Renderer("TST-01.cam-1", VIEW.place, VIEW.pose, 320, 180)
    pictures = (renderer.render(director.moment(T0 + n))[0] for n in range(PICTURES))
    return [cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) for picture in pictures]


def quarter(picture: np.ndarray) -> np.ndarray:
    """What a camera of 640 by 360 gives as its small picture."""
    return cv2.resize(picture, (160, 90), interpolation=cv2.INTER_AREA)


def look(eyes: Eyesight, pictures: list[np.ndarray], seconds: int, began_s: float) -> list[str]:
    told = []
    for second in range(seconds):
        picture = pictures[second % len(pictures)]
        told += eyes.look(picture, quarter(picture), began_s + second)
    return told


@pytest.mark.parametrize("degrees", [3.0, -10.0])
@pytest.mark.parametrize("sky", [DAY, NIGHT], ids=["day", "night"])
def test_camera_when_it_is_turned_a_little_then_that_is_told_and_its_end_too(sky: Sky, degrees: float) -> None:
    eyes = Eyesight()
    assert look(eyes, seen(sky), 40, T0) == []
    assert look(eyes, seen(sky, "camera_turned", degrees), 30, T0 + 40) == ["turned"]
    assert look(eyes, seen(sky), 30, T0 + 70) == ["turned"]
    assert eyes.is_clear


def test_camera_when_it_is_turned_in_its_first_night_then_its_days_tell() -> None:
    eyes = Eyesight()
    assert look(eyes, seen(DAY), 40, T0) == []
    assert look(eyes, seen(NIGHT), 10, T0 + 40) == []
    assert look(eyes, seen(NIGHT, "camera_turned", 3.0), 30, T0 + 50) == ["turned"]


@pytest.mark.parametrize(("sky", "degrees"), [(DAY, 20.0), (NIGHT, -20.0), (DAY, 30.0)])
def test_camera_when_it_is_turned_by_a_third_of_its_picture_then_that_is_told_within_twenty_seconds(
    sky: Sky, degrees: float
) -> None:
    eyes = Eyesight()
    look(eyes, seen(sky), 40, T0)
    assert look(eyes, seen(sky, "camera_turned", degrees), 20, T0 + 40) == ["turned"]


@pytest.mark.parametrize(("roll_deg", "zoom"), [(12.0, 1.0), (0.0, 1.3)])
def test_camera_when_it_rolls_or_zooms_then_that_is_told_within_twenty_seconds(roll_deg: float, zoom: float) -> None:
    height, width = seen(DAY)[0].shape
    motion = cv2.getRotationMatrix2D((width / 2, height / 2), roll_deg, zoom)
    other = [cv2.warpAffine(one, motion, (width, height), borderMode=cv2.BORDER_REFLECT) for one in seen(DAY)]
    eyes = Eyesight()
    look(eyes, seen(DAY), 40, T0)
    assert look(eyes, other, 20, T0 + 40) == ["turned"]


def test_camera_when_it_is_turned_so_far_that_nothing_is_left_then_that_is_told_within_half_a_minute() -> None:
    eyes = Eyesight()
    look(eyes, seen(DAY), 40, T0)
    assert look(eyes, seen(DAY, "camera_turned", 60.0), 28, T0 + 40) == []
    assert eyes.is_doubtful
    assert look(eyes, seen(DAY, "camera_turned", 60.0), 6, T0 + 68) == ["turned"]


@pytest.mark.parametrize(
    ("what", "amount"), [("tree", 1.0), ("flood", 0.8), ("bus", 0.0), ("crowd", 60.0), ("camera_turned", 0.5)]
)
@pytest.mark.parametrize("sky", [DAY, NIGHT], ids=["day", "night"])
def test_camera_when_a_part_of_its_picture_changes_then_it_was_not_turned(sky: Sky, what: str, amount: float) -> None:
    eyes = Eyesight()
    assert look(eyes, seen(sky), 40, T0) == []
    assert "turned" not in look(eyes, seen(sky, what, amount), 120, T0 + 40)


@pytest.mark.parametrize(("what", "amount"), [("lens_covered", 1.0), ("camera_turned", 20.0)])
def test_camera_when_all_of_its_picture_breaks_away_then_it_is_doubted_from_the_first_look_on(
    what: str, amount: float
) -> None:
    """Water is told after three seconds: it must not be told of a cloth."""
    eyes = Eyesight()
    look(eyes, seen(DAY), 40, T0)
    look(eyes, seen(DAY, what, amount), 1, T0 + 40)
    assert eyes.is_doubtful


def side_of_a_lorry(number: int) -> list[np.ndarray]:
    """What covers all of the picture and shows detail."""
    random = np.random.default_rng(number)
    side = np.kron(random.integers(40, 200, (45, 80)), np.ones((8, 8))).astype(np.uint8)
    return [cv2.add(side, random.integers(0, 6, side.shape, dtype=np.uint8)) for _ in range(3)]


def test_camera_when_lorries_before_its_lens_hide_everything_in_turn_then_it_was_not_turned() -> None:
    eyes = Eyesight()
    look(eyes, seen(DAY), 40, T0)
    told = [look(eyes, side_of_a_lorry(n), 14, T0 + 40 + 14 * n) for n in range(4)]
    assert told == [[], [], [], []]
    assert look(eyes, seen(DAY), 10, T0 + 96) == []
    assert not eyes.is_doubtful


def test_camera_when_all_of_its_picture_is_another_then_it_is_doubted_at_once_and_as_long() -> None:
    eyes = Eyesight()
    look(eyes, seen(DAY), 40, T0)
    assert not eyes.is_doubtful
    look(eyes, side_of_a_lorry(1), 1, T0 + 40)
    assert eyes.is_doubtful
    look(eyes, side_of_a_lorry(1), 9, T0 + 41)
    assert eyes.is_doubtful
    look(eyes, seen(DAY), 1, T0 + 50)
    assert not eyes.is_doubtful


def test_bearing_when_there_is_nothing_to_go_by_then_nothing_is_said() -> None:
    plain = np.zeros(bearing.SHAPE, np.float32)
    assert bearing.compare(plain, plain) == (1.0, 0.0)
    edges = np.mean([bearing.edges_of(quarter(one)) for one in seen(DAY)], axis=0)
    assert bearing.compare(plain, edges).shift_px == 0.0


@pytest.mark.parametrize("size", [(180, 320), (90, 160), (120, 160), (61, 101)])
def test_edges_when_a_picture_has_another_size_then_they_have_their_own(size: tuple[int, int]) -> None:
    assert bearing.edges_of(np.full(size, 90, np.uint8)).shape == bearing.SHAPE


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of the processor, the best of some."""
    found = []
    for _ in range(20):
        began_s = time.thread_time()
        work()
        found.append(1e3 * (time.thread_time() - began_s))
    return min(found)


def test_look_when_once_a_second_then_costs_less_than_a_millisecond_for_each_of_five_pictures() -> None:
    eyes, pictures = Eyesight(), seen(DAY)
    look(eyes, pictures, 40, T0)
    turned = [quarter(one) for one in seen(DAY, "camera_turned", 3.0)]
    instants = iter(range(40, 1_000))
    usual = timed(lambda: eyes.look(pictures[0], turned[0], T0 + next(instants)))
    assert usual < 5.0, f"{usual:.2f} ms a second, at five pictures a second"
