"""What the net should answer for a picture, drawn from its truth.

Source: Z. Liu et al., "Training-Time-Friendly Network for Real-Time Object Detection", arXiv 1909.00700 (2019): the box
is learnt in all cells round a centre, each with its share, which takes a tenth of the steps.
"""

import numpy as np
from numpy.typing import NDArray

from simulators.training.dataset import HEIGHT_PX, LABELS, MOST_BOXES, OBSTACLE, WIDTH_PX

STRIDE = 8  # pixels of the input in a cell of the maps
WHOLE = (WIDTH_PX, HEIGHT_PX)
_LEAST_SPREAD = 0.6  # cells
_SHARE = 1 / 6  # of a side, for the spread of its bump
_LEAST_BOX = 0.15  # cells where the bump is lower learn nothing of the box; a box that is sure of them is read, too
Floats = NDArray[np.float32]


def targets(boxes: Floats, size_px: tuple[int, int] = WHOLE) -> tuple[Floats, Floats]:
    """Draw what the net should answer.

    Args:
        boxes: (`MOST_BOXES`, 6), see `Dataset`.
        size_px: of the picture, width and height.

    Returns:
        Heat (48, 80, classes and what lies on the road): 1 at centres, falling off round them, -1 where a thing does
        not count; and for the box (48, 80, 5): the four numbers and how much they count, together 1 for each thing.
    """
    columns, rows = size_px[0] // STRIDE, size_px[1] // STRIDE
    heat, box = np.zeros((rows, columns, len(LABELS) + 1), np.float32), np.zeros((rows, columns, 5), np.float32)
    owned = np.zeros((rows, columns), np.float32)  # the bump of the thing whose box a cell learns
    for label, left, top, right, bottom, counts in boxes[boxes[:, 0] >= 0][:MOST_BOXES].tolist():
        x, y = (left + right) / 2 / STRIDE, (top + bottom) / 2 / STRIDE
        wide, high = max(right - left, 1.0) / STRIDE, max(bottom - top, 1.0) / STRIDE
        column, row = min(columns - 1, int(x)), min(rows - 1, int(y))
        if not counts:
            _ignore(heat[..., int(label)], (column, row), (wide, high))
            continue
        spread = max(_LEAST_SPREAD, wide * _SHARE), max(_LEAST_SPREAD, high * _SHARE)
        window, bump = _bump(heat.shape, (column, row), spread)
        np.maximum(heat[..., int(label)][window], bump, out=heat[..., int(label)][window])
        if label != OBSTACLE:
            _box(box, owned, (x, y), (wide, high))
    return heat, box


def _ignore(heat: Floats, centre: tuple[int, int], size: tuple[float, float]) -> None:
    """Ask for nothing in the middle half of a thing, except where another has its centre."""
    (column, row), (wide, high) = centre, size
    half_x, half_y = max(1, round(wide / 4)), max(1, round(high / 4))
    region = heat[max(0, row - half_y) : row + half_y + 1, max(0, column - half_x) : column + half_x + 1]
    region[region < 0.5] = -1.0  # noqa: PLR2004 - a centre that counts goes before


def _box(box: Floats, owned: Floats, centre: tuple[float, float], size: tuple[float, float]) -> None:
    """Write a thing's box into the cells round its centre that are nearer to it than to another's, in its own measure.

    In a crowd each keeps its centre, unless two have it in one cell.
    """
    (x, y), (wide, high) = centre, size
    centre_cell = min(box.shape[1] - 1, int(x)), min(box.shape[0] - 1, int(y))
    spread = max(_LEAST_SPREAD, wide * _SHARE), max(_LEAST_SPREAD, high * _SHARE)
    window, bump = _bump(box.shape, centre_cell, spread)
    rows, columns = np.mgrid[window]
    near = (bump >= _LEAST_BOX) & (bump >= owned[window])
    cells = np.stack(
        [
            x - columns,
            y - rows,
            np.full(bump.shape, np.log(wide)),
            np.full(bump.shape, np.log(high)),
            bump / max(1.0, float(bump[near].sum())),
        ],
        axis=-1,
    )
    box[window][near], owned[window][near] = cells[near], bump[near]


def _bump(
    shape: tuple[int, ...], cell: tuple[int, int], spread: tuple[float, float]
) -> tuple[tuple[slice, slice], Floats]:
    """Give a bump's window of a map of some shape (rows, columns, ...), and what it is there."""
    (column, row), reach_x, reach_y = cell, int(3 * spread[0]), int(3 * spread[1])
    window = (
        slice(max(0, row - reach_y), min(shape[0], row + reach_y + 1)),
        slice(max(0, column - reach_x), min(shape[1], column + reach_x + 1)),
    )
    rows, columns = np.ogrid[window]
    away = ((rows - row) / spread[1]) ** 2 + ((columns - column) / spread[0]) ** 2
    return window, np.exp(-away / 2).astype(np.float32)
