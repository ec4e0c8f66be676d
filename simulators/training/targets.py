"""What the net should answer for a picture, drawn from its truth."""

import numpy as np
from numpy.typing import NDArray

from simulators.training.dataset import HEIGHT_PX, LABELS, MOST_BOXES, WIDTH_PX

STRIDE = 4  # pixels of the input in a cell of the maps
ROWS, COLUMNS = HEIGHT_PX // STRIDE, WIDTH_PX // STRIDE
Floats = NDArray[np.float32]


def targets(boxes: Floats) -> tuple[Floats, Floats]:
    """Draw what the net should answer.

    Args:
        boxes: (`MOST_BOXES`, 6), see `Dataset`.

    Returns:
        Heat (48, 80, classes): 1 at centres, falling off round them, -1 where a thing does not count; and for the box
        (48, 80, 5): the four numbers and whether they count.
    """
    heat, box = np.zeros((ROWS, COLUMNS, len(LABELS)), np.float32), np.zeros((ROWS, COLUMNS, 5), np.float32)
    for label, left, top, right, bottom, counts in boxes[boxes[:, 0] >= 0][:MOST_BOXES].tolist():
        x, y = (left + right) / 2 / STRIDE, (top + bottom) / 2 / STRIDE
        wide, high = max(right - left, 1.0) / STRIDE, max(bottom - top, 1.0) / STRIDE
        column, row = min(COLUMNS - 1, int(x)), min(ROWS - 1, int(y))
        if not counts:
            region = heat[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2, int(label)]
            region[region < 0.5] = -1.0  # noqa: PLR2004 - a centre that counts goes before
            continue
        _bump(heat[..., int(label)], column, row, (max(0.6, wide / 6), max(0.6, high / 6)))
        box[row, column] = (x - column, y - row, np.log(wide), np.log(high), 1.0)
    return heat, box


def _bump(heat: Floats, column: int, row: int, spread: tuple[float, float]) -> None:
    reach_x, reach_y = int(3 * spread[0]), int(3 * spread[1])
    rows = np.arange(max(0, row - reach_y), min(ROWS, row + reach_y + 1))
    columns = np.arange(max(0, column - reach_x), min(COLUMNS, column + reach_x + 1))
    away = ((rows[:, None] - row) / spread[1]) ** 2 + ((columns[None, :] - column) / spread[0]) ** 2
    window = heat[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    np.maximum(window, np.exp(-away / 2), out=window)
