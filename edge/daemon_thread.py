"""Blocking work in a thread that a stopping process need not wait for, unlike those of the loop's own executor."""

import asyncio
import threading
from collections.abc import Callable


async def in_daemon_thread(name: str, work: Callable[[], None]) -> None:
    """Run blocking work and wait for it; cancelling the wait leaves the thread to end by itself.

    Args:
        name: of the thread.
        work: what blocks; what it raises is raised here.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            failure: BaseException | None = error
        else:
            failure = None
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, failure)

    threading.Thread(target=run, name=name, daemon=True).start()
    await done
