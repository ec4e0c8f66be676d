"""The line on which a running world takes orders: one JSON object per line over a socket in its data directory.

A file in a directory that only its owner may enter needs no password, unlike a TCP port, which everybody on the
machine may reach.
"""

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from simulators.errors import Refused, Unavailable

SOCKET_NAME = "world.sock"
TIMEOUT_S = 5.0
MAX_LINE_BYTES = 65_536

Order = dict[str, Any]


@asynccontextmanager
async def serve_control(directory: Path, handle: Callable[[Order], Any]) -> AsyncIterator[None]:
    """Take orders while the context is open.

    Args:
        directory: where the socket is made; only its owner may enter it.
        handle: carries an order out and returns what is answered; raises `Refused`.
    """

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, asyncio.TimeoutError):
            async with asyncio.timeout(TIMEOUT_S):
                writer.write(_answer(await reader.readline(), handle))
                await writer.drain()
        writer.close()

    with _short_path(directory) as path:
        server = await asyncio.start_unix_server(converse, path=path, limit=MAX_LINE_BYTES)
        try:
            yield
        finally:
            server.close()
            await server.wait_closed()
            (directory / SOCKET_NAME).unlink(missing_ok=True)


def send_order(directory: Path, order: Order) -> Any:
    """Send one order to the world that runs in a directory, and return its answer.

    Raises:
        Unavailable: no world runs there.
        Refused: it said no, and why.
    """
    try:
        with socket.socket(socket.AF_UNIX) as line, _short_path(directory) as path:
            line.settimeout(TIMEOUT_S)
            line.connect(path)
            line.sendall(json.dumps(order).encode() + b"\n")
            with line.makefile("rb") as answers:
                answer = json.loads(answers.readline() or "null")
    except (OSError, ValueError) as error:
        raise Unavailable(f"no world runs in {directory}; start one with `satulayar-simulate up`") from error
    if not isinstance(answer, dict):
        raise Unavailable(f"the world in {directory} did not answer; it may be stopping")
    if "refused" in answer:
        raise Refused(str(answer["refused"]))
    return answer["done"]


def _answer(line: bytes, handle: Callable[[Order], Any]) -> bytes:
    try:
        order = json.loads(line)
        answer = {"done": handle(order)} if isinstance(order, dict) else {"refused": "an order is a JSON object"}
    except (ValueError, Refused) as error:
        answer = {"refused": str(error)}
    return json.dumps(answer).encode() + b"\n"


@contextmanager
def _short_path(directory: Path) -> Iterator[str]:
    """Name the socket through the open directory: a socket's path has at most 107 bytes, a data directory's may not."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{SOCKET_NAME}"
    finally:
        os.close(handle)
