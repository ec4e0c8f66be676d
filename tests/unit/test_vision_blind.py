"""What happens is told of what the eyes see: nothing ripens in a frozen picture, nor behind a hand on the lens."""

import numpy as np
import pytest

from edge.vision.eyesight import Eyesight
from edge.vision.happening import Happening
from edge.vision.pool import InterpreterPool
from edge.vision.watcher import Watcher
from tests.fix_vision import GREEN, RED, frame_of, place_of, road

T0 = 1_763_780_400.0
SITE = (-7.65, 112.69)
HZ = 5
STOPPED_S = 12.0
EVERYWHERE = [[0, 0], [1, 0], [1, 1], [0, 1]]
Body = tuple[float, float, tuple[int, int, int]]
CAR = (336, 220, RED)  # in the middle of one of the tiny detector's cells, so that its box does not shake
CARRIAGEWAY = {"name": "jalan", "kind": "carriageway", "polygon": EVERYWHERE, "stopped_s": STOPPED_S}


@pytest.fixture
def watcher(colour_pool: InterpreterPool) -> Watcher:
    """It watches a road on which nobody may stand for twelve seconds, and knows it since half a minute."""
    watcher = Watcher(place_of(zones=[CARRIAGEWAY]), colour_pool, Eyesight(), SITE)
    assert look(watcher, 30, T0) == []
    return watcher


def scene(n: int, *bodies: Body) -> np.ndarray:
    """A road with a house."""
    picture = road(*bodies, seed=n)
    picture[40:110, 80:300] = (150, 170, 190)
    picture[60:90, 100:280:40] = 30
    return picture


def look(watcher: Watcher, seconds: float, began_s: float, *bodies: Body) -> list[Happening]:
    told = []
    for n in range(round(seconds * HZ)):
        told += watcher.look(frame_of(scene(n, *bodies)), began_s + n / HZ)
    return told


def freeze(watcher: Watcher, seconds: float, began_s: float) -> list[Happening]:
    """Let the picture of a car stay as it is."""
    picture, told = frame_of(scene(3, CAR)), []
    for n in range(round(seconds * HZ)):
        told += watcher.look(picture, began_s + n / HZ)
    return told


def nouns(told: list[Happening]) -> list[tuple[str, bool]]:
    return [(one.noun, one.begun) for one in told]


def test_vehicle_when_its_picture_freezes_then_it_has_not_stopped_whatever_time_passes(watcher: Watcher) -> None:
    assert look(watcher, 4, T0 + 30, CAR) == []
    assert nouns(freeze(watcher, 40, T0 + 34)) == [("camera.frozen", True)]


def test_vehicle_when_its_picture_only_seemed_frozen_then_all_the_time_counts_that_it_stood(watcher: Watcher) -> None:
    """A coder that has nothing new to say: the next key frame shows that the car has stood there all the while."""
    assert look(watcher, 4, T0 + 30, CAR) == []
    assert freeze(watcher, 12, T0 + 34) == []
    told = look(watcher, 8, T0 + 46, CAR)
    assert nouns(told) == [("vehicle.stopped", True)]
    assert told[0].values["stopped"] == pytest.approx(told[0].at_s - T0 - 30, abs=2)


def test_vehicle_when_nobody_could_see_for_long_then_the_next_at_its_place_has_not_stood_since(
    watcher: Watcher,
) -> None:
    assert look(watcher, 4, T0 + 30, CAR) == []
    assert nouns(freeze(watcher, 40, T0 + 34)) == [("camera.frozen", True)]
    told = look(watcher, 20, T0 + 74, CAR)
    assert nouns(told) == [("camera.frozen", False)]


LANE = {"name": "utara", "polygon": EVERYWHERE, "line": [[0.5, 0], [0.5, 1]]}


@pytest.mark.parametrize("has_detector", [True, False])
def test_lane_when_hardly_anybody_looked_then_reports_nothing_and_no_empty_road(
    colour_pool: InterpreterPool, *, has_detector: bool
) -> None:
    watcher = Watcher(place_of(lanes=[LANE]), colour_pool if has_detector else None, Eyesight(), SITE)
    assert watcher.report(T0) == []
    for began_s, covered_s, is_known in ((T0, 0, True), (T0 + 40, 36, False), (T0 + 80, 3, True)):
        for n in range(40 * HZ):
            picture = np.full((360, 640, 3), 60 + n % 2, np.uint8) if n < covered_s * HZ else scene(n)
            watcher.look(frame_of(picture), began_s + n / HZ)
        told = {one.quantity: one.value for one in watcher.report(began_s + 40)}
        assert told.get("volume") == (0.0 if is_known and has_detector else None), covered_s


def test_obstacle_when_something_green_is_held_before_the_lens_then_none_is_told_then_or_after(
    watcher: Watcher,
) -> None:
    told, cloth = [], np.full((360, 640, 3), GREEN, np.uint8)
    for n in range(6 * HZ):
        told += watcher.look(frame_of(cloth ^ np.uint8(n % 2)), T0 + 30 + n / HZ)
    told += look(watcher, 20, T0 + 36)
    assert nouns(told) == []


def test_obstacle_when_it_hides_half_of_the_picture_then_the_eyes_do_not_doubt_it(watcher: Watcher) -> None:
    """Nothing here moves, so that it is looked at each two seconds: five looks, and three seconds' patience."""
    told = []
    for n in range(14 * HZ):
        picture = scene(n)
        picture[150:330] = GREEN
        told += watcher.look(frame_of(picture), T0 + 30 + n / HZ)
    assert nouns(told) == [("obstacle.detected", True)]
