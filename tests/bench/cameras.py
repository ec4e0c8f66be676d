"""What the simulated cameras cost: pictures by day, night and rain, their coding, a place's painting; an event's way.

One thread; the least of many is shown beside the median, because a shared machine adds to every one of them.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial

import cv2
import numpy as np

from simulators.cameras.director import Director, Order
from simulators.cameras.encoder import Encoder
from simulators.cameras.places import junction
from simulators.cameras.render import Renderer
from simulators.cameras.scene import Moment, Sky
from simulators.cameras.source import OwnTraffic
from simulators.cameras.traffic import Traffic
from tests.bench.cameras_path import measure_path
from tests.bench.marks import Figure, at_most

THINGS, PICTURES = 40, 60
SKIES = {"day": Sky(50.0, 60.0), "night": Sky(-20.0, 60.0), "rain": Sky(30.0, 60.0, 1.0, 30.0, 1.0)}
_SIZE = (640, 360)


def measure(say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure, one figure after the other."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield from _pictures(say)
    finally:
        cv2.setNumThreads(threads)
    yield from measure_path(say)


def _pictures(say: Callable[[str], None]) -> Iterator[Figure]:
    view = junction(41)
    for name, sky in SKIES.items():
        say(f"{PICTURES} pictures of {THINGS} things, {name}")
        moment = _moment(sky)
        renderer = Renderer("BENCH", view.place, view.pose, *_SIZE)
        began_s = time.thread_time()
        renderer.render(moment)
        painted_s = time.thread_time() - began_s
        took_ms = [_timed_ms(partial(renderer.render, moment)) for _ in range(PICTURES)]
        yield at_most(f"camera picture 640x360, {THINGS} things, {name}, least", min(took_ms), "ms", 12.0)
        yield Figure(f"camera picture 640x360, {THINGS} things, {name}, median", float(np.median(took_ms)), "ms")
    yield Figure("painting a camera's place 640x360, once", painted_s, "s")
    yield Figure("coding a picture 640x360, median", _coding_ms(renderer.render(moment)[0]), "ms")


def _moment(sky: Sky) -> Moment:
    """Give a busy junction with exactly so many people and vehicles before the lens, a crowd among them."""
    view = junction(41)
    traffic = Traffic(view.place, 3, 900.0)
    traffic.warm_up(60.0)
    director = Director(view.place, view.pose, OwnTraffic(traffic), lambda _: sky)
    director.order((Order("crowd", 20.0),))
    moment = director.moment(1_800_000_000.0)
    seen = {box.number for box in Renderer("BENCH", view.place, view.pose, *_SIZE).render(moment)[1].boxes}
    chosen = [thing for thing in moment.things if thing.number in seen][:THINGS]
    return Moment(moment.at_s, moment.clock_s, tuple(chosen), sky)


def _timed_ms(work: Callable[[], object]) -> float:
    began_s = time.thread_time()
    work()
    return (time.thread_time() - began_s) * 1_000


def _coding_ms(picture: np.ndarray) -> float:
    encoder = Encoder(*_SIZE, 10.0)
    return float(np.median([_timed_ms(partial(encoder.encode, picture, n * 9_000, 0.0)) for n in range(PICTURES)]))
