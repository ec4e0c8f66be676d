"""What is drawn on a camera's picture, judged by the pixels that change."""

import numpy as np

from edge.vision.draw import _WAY, _ZONE, draw
from tests.fix_vision import place_of


def square(left: float, top: float, side: float = 0.2) -> list[list[float]]:
    return [[left, top], [left + side, top], [left + side, top + side], [left, top + side]]


def drawn(**content: object) -> np.ndarray:
    return draw(np.full((360, 640, 3), 90, np.uint8), place_of(**content))


def changed(one: np.ndarray, other: np.ndarray) -> tuple[slice, slice]:
    """Give the rows and columns between which two pictures differ."""
    rows, columns = np.nonzero((one != other).any(axis=2))
    assert len(rows), "nothing changes"
    return slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)


GATES = [
    {"name": "a", "kind": "gate", "polygon": square(0.05, 0.35)},
    {"name": "b", "kind": "gate", "polygon": square(0.75, 0.35)},
]


def test_movement_when_drawn_then_is_an_arrow_from_the_middle_of_one_gate_to_the_others_and_has_its_name():
    way = {"name": "timur", "origin": "a", "destination": "b"}
    without, with_it = drawn(zones=GATES), drawn(zones=GATES, movements=[way])
    rows, columns = changed(without, with_it)
    assert abs(columns.start - 0.15 * 640) <= 3
    assert abs(columns.stop - 0.85 * 640) <= 3
    along = with_it[round(0.45 * 360), round(0.2 * 640) : round(0.8 * 640)]
    assert (along == _WAY).all(axis=1).all(), "a line between the two"
    tip = changed(without[:, 500:], with_it[:, 500:])[0]
    tail = changed(without[:, :140], with_it[:, :140])[0]
    assert tip.stop - tip.start > 2 * (tail.stop - tail.start), "its head is at the destination"
    assert rows.stop - round(0.45 * 360) > 8, "its name stands at it"


def test_movement_when_it_goes_back_then_its_head_is_at_the_other_end():
    back = drawn(zones=GATES, movements=[{"name": "barat", "origin": "b", "destination": "a"}])
    tip = changed(drawn(zones=GATES)[:, :140], back[:, :140])[0]
    assert tip.stop - tip.start > 6


def test_closed_zone_when_it_has_hours_then_they_stand_behind_its_name():
    zone = {"name": "pasar", "kind": "closed", "polygon": square(0.25, 0.45)}
    always, at_night = drawn(zones=[zone]), drawn(zones=[zone | {"since": "22:00", "until": "05:00"}])
    rows, columns = changed(always, at_night)
    assert round(0.45 * 360) <= rows.start
    assert rows.stop <= round(0.45 * 360) + 20, "in the line of its name"
    assert columns.start > 0.25 * 640 + 60, "behind its name"
    later = drawn(zones=[zone | {"since": "21:30", "until": "04:00"}])
    assert changed(at_night, later)[1].start > columns.start, "the hours are told"
    assert (always[round(0.45 * 360), 200] == _ZONE).all()
