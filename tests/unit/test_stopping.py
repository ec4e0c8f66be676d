"""A program's endless tasks end when they are told to, also where the word is swallowed on the way."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from cloud import errors
from cloud.requests.errands import Errands
from cloud.signals.line import Line
from cloud.signals.room import Room
from cloud.stopping import is_stopping

ENDS_WITHIN_S = 5


class Deaf:
    """A pool that is away, and that swallows the first cancellation while one waits for it.

    That is what `asyncio.wait_for` does before Python 3.12 when the answer comes in the same instant.
    """

    def __init__(self) -> None:
        self.waited = asyncio.Event()
        self._has_swallowed = False

    @asynccontextmanager
    async def connecting(self) -> AsyncIterator[Any]:
        self.waited.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if self._has_swallowed:
                raise
            self._has_swallowed = True
            raise errors.Unavailable("the pool is away") from None
        yield None


class Connected(Line):
    """A line that says it is connected."""

    def __init__(self) -> None:
        pass

    @property
    def is_connected(self) -> bool:
        return True


def make_room(deaf: Deaf) -> Coroutine[Any, Any, None]:
    return Room(deaf.connecting, deaf.connecting, None, 3.0).run()


def make_errands(deaf: Deaf) -> Coroutine[Any, Any, None]:
    return Errands(deaf.connecting, Connected()).run()


@pytest.mark.parametrize("make", [make_room, make_errands])
def test_task_when_its_cancellation_is_swallowed_then_ends_all_the_same(
    make: Callable[[Deaf], Coroutine[Any, Any, None]],
) -> None:
    async def stop() -> bool:
        deaf = Deaf()
        task = asyncio.create_task(make(deaf))
        await deaf.waited.wait()
        await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=ENDS_WITHIN_S)
        return bool(done)

    assert asyncio.run(stop())


def test_stopping_when_a_deadline_inside_passes_then_is_not_told_to() -> None:
    async def look() -> bool:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await asyncio.sleep(1)
        return is_stopping()

    assert not asyncio.run(look())
