"""Report by exception: a value is worth a message when it has moved, or when nobody has heard of it for long.

A river at rest and a lamp that burns say the same thing all night; the line to a pole is paid by the megabyte.
"""

from edge.sensors.reading import Reading


class Reporter:
    """Remembers what was last reported of every series, and decides about the next value."""

    def __init__(self) -> None:
        """Begin knowing nothing: the first value of every series is reported."""
        self._reported: dict[str, tuple[float, float | bool | str]] = {}

    def is_due(self, reading: Reading) -> bool:
        """Decide about a reading, and remember it as reported if it is.

        A clock that was set back makes a series due: silence is then unknown.
        """
        name = reading.name
        last = self._reported.get(name)
        if last is not None and not _moved(reading, last[1]) and not _silent(reading, last[0]):
            return False
        self._reported[name] = (reading.time_s, reading.content)
        return True

    def forget(self) -> None:
        """Make the next value of every series due."""
        self._reported.clear()


def _moved(reading: Reading, reported: float | bool | str) -> bool:  # noqa: FBT001 - a reading may be a bool
    if reading.text is not None or isinstance(reported, str):
        return reading.content != reported
    if isinstance(reading.value, bool) or isinstance(reported, bool):
        return reading.value is not reported
    return abs(reading.value - reported) > reading.dead_band if reading.dead_band else reading.value != reported


def _silent(reading: Reading, reported_s: float) -> bool:
    silence_s = reading.time_s - reported_s
    return silence_s < 0 or (reading.max_silence_s is not None and silence_s >= reading.max_silence_s)
