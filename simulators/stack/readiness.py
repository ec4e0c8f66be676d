"""Is a part ready? Each question takes at most about a second and answers yes or no."""

import asyncio
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from simulators.control import send_order
from simulators.errors import Unavailable

READY_TIMEOUT_S = 60.0
_POLL_S = 0.1
_SERVER_ERROR = 500


class Stopped(Exception):
    """The person asked to stop while the stack was being started."""


async def wait_until(ready: Callable[[], bool], complaint: str, stop: asyncio.Event) -> None:
    """Ask until the answer is yes.

    Raises:
        Stopped: `stop` was set meanwhile.
        Unavailable: it was not within `READY_TIMEOUT_S`; the message begins with the complaint.
    """
    deadline_s = time.monotonic() + READY_TIMEOUT_S
    while not await asyncio.to_thread(ready):
        if stop.is_set():
            raise Stopped
        if time.monotonic() > deadline_s:
            raise Unavailable(f"{complaint} after {READY_TIMEOUT_S:g} s")
        await asyncio.sleep(_POLL_S)


def is_world_up(directory: Path) -> bool:
    """Tell whether the world takes orders."""
    try:
        send_order(directory, {"do": "state"})
    except Unavailable:
        return False
    return True


def responds(url: str) -> bool:
    """Tell whether an HTTP server on loopback answers, were it with a refusal."""
    try:
        with urllib.request.urlopen(url, timeout=1.0) as answer:  # noqa: S310 - our own loopback URL
            return int(answer.status) < _SERVER_ERROR
    except urllib.error.HTTPError as error:
        return error.code < _SERVER_ERROR
    except OSError:
        return False


def are_online(dsn: str, boxes: list[str]) -> bool:
    """Tell whether all these boxes have reported lately; what an earlier run left says nothing."""
    query = "SELECT count(*) FROM box WHERE name = ANY(%s) AND online AND last_seen_at > now() - interval '60 s'"
    return _number(dsn, query, (boxes,)) >= len(boxes)


def has_modules(dsn: str) -> bool:
    """Tell whether somebody keeps the modules' figures: one was tried in the last minute."""
    return _number(dsn, "SELECT count(*) FROM module_run WHERE started_at > now() - interval '60 s'", ()) > 0


def has_values(dsn: str) -> bool:
    """Tell whether a value of the last minute is stored."""
    return _number(dsn, "SELECT count(*) FROM series_latest WHERE time > now() - interval '60 s'", ()) > 0


def _number(dsn: str, query: str, arguments: tuple[Any, ...]) -> int:
    try:
        with psycopg.connect(dsn, connect_timeout=2, autocommit=True) as connection:
            row = connection.execute(query, arguments).fetchone()
    except psycopg.OperationalError:
        return 0
    return int(row[0]) if row else 0
