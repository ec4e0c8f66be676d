"""What people type into forms, or others send in their place: numbers, or None where it is none that can be meant."""

import math

MOST_DIGITS = 9  # what PostgreSQL's integer holds


def read_whole(text: str) -> int | None:
    """Read a whole number from 0 on."""
    typed = text.strip()
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= MOST_DIGITS else None


def read_figure(text: str) -> float | None:
    """Read a figure with a comma or a point: `3,5`."""
    try:
        figure = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return figure if math.isfinite(figure) else None
