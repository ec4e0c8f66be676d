"""Whether a task was told to stop.

psycopg_pool waits for a connection by `asyncio.wait_for`, and that, before Python 3.12, forgets a cancellation which
comes in the same instant as what was waited for (python/cpython issue 81839). A task that works without end and only
trusts the exception then never ends, and with it the program; so it looks here before each round.
"""

import asyncio


def is_stopping() -> bool:
    """Tell whether this task was cancelled, also where somebody on the way has swallowed that."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
