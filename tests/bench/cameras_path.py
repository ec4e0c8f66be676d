"""From the lens to the database: how long after somebody walks into a closed area the event can be read in SQL.

A painted camera at 10 pictures a second, the real box (a detector that knows colours, 5 pictures a second looked at),
broker with TLS, ingester, TimescaleDB. The time counts from the first picture that shows him within; four
fifths of a second of it the box waits on purpose, lest a passer-by be an alarm.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cloud.db.places import make_temporary_home
from tests import tiny_models
from tests.bench.marks import Figure, at_most
from tests.bench.stack import Stack, run_stack
from tests.fix_database import add_box
from tests.fix_edge import Box, wait_for
from tests.fix_vision import BODY, SIZE, YELLOW, PaintedCamera, road

COLUMNS, ROWS = 3, 4  # closed areas, into which somebody walks one after the other
BEGINS, BORDER, STOPS = 0.25, 0.7, 0.8  # of an area's width: where he appears, where it is closed from, where he stops
PACE_PX = 6  # a picture
ROUND_S = 3.0
BOX, CAMERA = "CAM-01-a", "CAM-01.cam-1"
MARK_S = 2.0
_HOUSES = np.kron(np.random.default_rng(1).integers(0, 70, (12, 20, 1)), np.ones((30, 32, 1))).astype(np.int16)
_SEEN = "SELECT 1 FROM event WHERE type = 'id.satulayar.intrusion.detected' AND payload #>> '{data,values,place}' = %s"


def measure_path(say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure the way of an event."""
    with make_temporary_home() as home, run_stack(home) as stack, PaintedCamera(_scene) as lens:
        with stack.connect() as connection:
            add_box(connection, "CAM-01", BOX)
        ingester = stack.ingester()
        ingester.start()
        with _box(stack, lens, home) as box:
            wait_for(lambda: box.is_up() and box.status()["cameras"][CAMERA]["inferences"] > 3, 60)
            say(f"{COLUMNS * ROWS} times somebody walks into a closed area")
            took_s = [took for number in range(COLUMNS * ROWS) if (took := _step_in(stack, lens, number)) is not None]
        ingester.stop()
    where = f"of {len(took_s)} of {COLUMNS * ROWS}"
    yield Figure(f"event at the lens to event in the database, p50 {where}", float(np.median(took_s)), "s")
    yield at_most(
        f"event at the lens to event in the database, p99 {where}", float(np.quantile(took_s, 0.99)), "s", MARK_S
    )


def _scene(n: int, x: float | None = None, y: float = 0.0) -> np.ndarray:
    """Paint a place with some structure, by which a camera knows that it has not been turned, and perhaps somebody."""
    picture = np.clip(road(seed=n).astype(np.int16) + _HOUSES, 0, 255).astype(np.uint8)
    if x is not None:
        left, top = round(x - BODY[0] / 2), round(y - BODY[1] / 2)
        picture[max(0, top) : top + BODY[1], max(0, left) : left + BODY[0]] = YELLOW
    return picture


def _step_in(stack: Stack, lens: PaintedCamera, number: int) -> float | None:
    """Let somebody walk into an area; give the seconds until the event of that is in the database."""
    left, y = number % COLUMNS * SIZE[0] / COLUMNS, (number // COLUMNS + 0.5) / ROWS * SIZE[1]
    begins, border, stops = (left + share * SIZE[0] / COLUMNS for share in (BEGINS, BORDER, STOPS))
    shown_at: list[float] = []
    walked: list[int] = []

    def paint(n: int) -> np.ndarray:
        walked.append(n)
        x = begins + PACE_PX * len(walked)
        if x >= border:
            shown_at.append(time.monotonic())
        return _scene(n, min(x, stops) + 5 * (n % 4) * (x > stops), y)  # who stands as still as a post is none

    lens.paint = paint
    wait_for(lambda: shown_at)
    with stack.connect() as connection:
        while time.monotonic() < shown_at[0] + 10:
            if connection.execute(_SEEN, [f"area-{number}"]).fetchone():
                took_s = time.monotonic() - shown_at[0]
                time.sleep(max(0.0, ROUND_S - took_s))
                return took_s
            time.sleep(0.01)
    return None


def _box(stack: Stack, lens: PaintedCamera, home: Path) -> Box:
    models = home / "models"
    models.mkdir()
    tiny_models.save(models, "colours", tiny_models.colour_model(), states=tiny_models.STATES)
    site: dict[str, Any] = {
        "site": {"code": "CAM-01", "name": "Bench", "district": "Kraton", "latitude": -7.65, "longitude": 112.85},
        "box": BOX,
        "vision": {"detector": {"model": "colours.tflite", "head": "centre_point"}},
        "cameras": [{"code": CAMERA, "sub": lens.url, "zones": [_area(number) for number in range(COLUMNS * ROWS)]}],
    }
    identity = stack.authority.ensure(BOX)
    where = {"models_dir": models, "vision_dir": home / "vision"}
    return Box(home / "box", BOX, identity, stack.broker.port, site, **where)


def _area(number: int) -> dict[str, Any]:
    left, top = (number % COLUMNS + BORDER) / COLUMNS, (number // COLUMNS) / ROWS
    right, bottom = (number % COLUMNS + 1) / COLUMNS, top + 1 / ROWS
    corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
    return {"name": f"area-{number}", "kind": "closed", "polygon": [[round(x, 4), round(y, 4)] for x, y in corners]}
