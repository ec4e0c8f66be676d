"""Films of simulated streets that no training saw, with their truth: coded and decoded as a camera's stream is."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.codec.context import Flags

from edge.vision.shapes import crosses
from simulators.cameras.director import Order
from simulators.cameras.drawn import drawn
from simulators.cameras.encoder import CLOCK_HZ, Encoder
from simulators.cameras.projection import NEAR_M, camera
from simulators.cameras.render import Renderer
from simulators.cameras.scene import Moment
from simulators.cameras.truth import Truth
from simulators.training.scenes import CONDITIONS, FILMED_FROM, Scene, scene
from tests.bench.judging import Span

HZ = 5.0
SIZE = (640, 360)
HOURS_WIB = {"day": 10, "rain": 14, "dusk": 18, "night": 23}
ORDERS = (  # in turn: what is ordered for the middle third of a film, and the event that should tell it
    (Order("tree", 1.0), "obstacle.detected"),
    (None, ""),
    (Order("flood", 0.35), "road.flooded"),
    (Order("tree", 1.0), "obstacle.detected"),
    (Order("crowd", 34.0), "crowd.formed"),
)
_BODY = b"\x00\x00\x00\x01"


@dataclass(frozen=True, slots=True)
class Film:
    """A film to be made.

    Attributes:
        order: for its middle third; None leaves it as it is.
        noun: of the event that should come of it.
    """

    scene: Scene
    order: Order | None
    noun: str
    seconds: float

    @property
    def began_s(self) -> float:
        """When its first picture is taken, seconds since 1970."""
        return calendar.timegm((2026, 11, 20, HOURS_WIB[self.scene.condition], 0, 0)) - 7 * 3_600

    def spans(self) -> list[Span]:
        """Give what happens in it."""
        third = self.seconds / 3
        return [Span(self.noun, self.began_s + third, self.began_s + 2 * third)] if self.order else []

    def drawing(self) -> dict[str, Any]:
        """Give what a person would draw on its picture."""
        return drawn(self.scene.view)

    def pictures(self) -> Iterator[tuple[av.VideoFrame, Truth, Moment]]:
        """Render, code and decode it."""
        view, director = self.scene.view, self.scene.director
        renderer, encoder = Renderer("TD-01.cam-1", view.place, view.pose, *SIZE), Encoder(*SIZE, HZ)
        decoder = av.CodecContext.create("h264", "r")
        decoder.flags |= Flags.low_delay
        for number in range(round(self.seconds * HZ)):
            third = int(3 * number / (self.seconds * HZ))
            director.order((self.order,) if self.order is not None and third == 1 else ())
            moment = director.moment(self.began_s + number / HZ)
            picture, truth = renderer.render(moment)
            coded = encoder.encode(picture, round(number / HZ * CLOCK_HZ), moment.at_s)
            assert coded is not None
            for frame in decoder.decode(av.Packet(b"".join(_BODY + unit for unit in coded.units))):
                yield frame, truth, moment


def films(count: int, seconds: float) -> Iterator[Film]:
    """Give films of places of their own, in all conditions and orders in turn."""
    number = FILMED_FROM
    for made in range(count):
        order, noun = ORDERS[made % len(ORDERS)]
        one = scene(number, condition=CONDITIONS[made % len(CONDITIONS)])
        while not drawn(one.view)["lanes"]:  # its camera looks past every lane
            number += 1
            one = scene(number, condition=CONDITIONS[made % len(CONDITIONS)])
        number += 1
        yield Film(one, order, noun, seconds)


class Crossings:
    """Who really crosses the lines of lanes, by the middles of the bodies on the ground."""

    def __init__(self, film: Film) -> None:
        self._camera = camera(film.scene.view.pose, *SIZE)
        self._lines = [tuple(map(tuple, lane["line"])) for lane in film.drawing()["lanes"]]
        self._places: dict[int, tuple[float, float]] = {}
        self.total = 0

    def look(self, moment: Moment) -> None:
        """Take a picture's things."""
        if not moment.things:
            return
        pixels, depth = self._camera.project(np.array([(one.x_m, one.y_m, 0.0) for one in moment.things], np.float32))
        before, self._places = self._places, {}
        for thing, pixel, away_m in zip(moment.things, pixels / np.array(SIZE), depth, strict=True):
            if away_m > NEAR_M:
                now = self._places[thing.number] = (float(pixel[0]), float(pixel[1]))
                was = before.get(thing.number)
                self.total += was is not None and any(crosses(line, was, now) for line in self._lines)
