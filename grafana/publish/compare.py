"""Compares what we want with what Grafana gives back: it adds defaults and ids, and writes durations its way."""

import re
from collections.abc import Iterator
from typing import Any

_OWN_TO_GRAFANA = frozenset(
    {"id", "version", "schemaVersion", "updated", "provenance", "orgID", "iteration", "pluginVersion"}
)
_DURATION = re.compile(r"^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$")
_EMPTY: tuple[Any, ...] = (None, [], {}, "", False)


def differences(wanted: Any, found: Any, place: str = "") -> Iterator[str]:
    """Give each place where what is found is not what is wanted; what is found besides is not counted.

    Args:
        wanted: by the code.
        found: in Grafana.
        place: where in the object this is.
    """
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name, value in wanted.items():
            # A panel's id is ours, an object's own is Grafana's.
            if name not in _OWN_TO_GRAFANA or (name == "id" and "panels" in place):
                yield from differences(value, found.get(name), f"{place}.{name}" if place else name)
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from differences(one, other, f"{place}[{number}]")
    elif not _alike(wanted, found):
        yield f"{place}: {_short(found)} instead of {_short(wanted)}"


def _alike(wanted: Any, found: Any) -> bool:
    if wanted == found or (wanted in _EMPTY and found in _EMPTY):
        return True
    seconds = _seconds(wanted)
    return seconds is not None and seconds == _seconds(found)


def _seconds(text: Any) -> int | None:
    match = _DURATION.match(text) if isinstance(text, str) and text else None
    if match is None:
        return None
    return sum(int(part or 0) * width_s for part, width_s in zip(match.groups(), (86_400, 3_600, 60, 1), strict=True))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 80 else f"{text[:77]}..."  # noqa: PLR2004 - a line of a terminal
