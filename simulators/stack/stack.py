"""The parts that run: started one after another, stopped in the reverse order, raised when they die."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager

from cloud.db.local import LocalCluster
from cloud.errors import CloudError
from provisioning.errors import ProvisioningError
from simulators.broker import LocalBroker
from simulators.errors import SimulatorError, Unavailable
from simulators.stack.bounded_log import tail
from simulators.stack.keeper import Keeper, Program
from simulators.stack.readiness import wait_until
from simulators.stack.screen import Row, Screen

_NAMED_ALOUD = 4  # more programs than this are boxes, and counted
_LOG_LINES = 6
_LOG_WIDTH = 400


class Stack:
    """What has been started so far.

    Args:
        screen: where it is told.
        stop: set when the person wants to stop.
    """

    def __init__(self, screen: Screen, stop: asyncio.Event) -> None:
        self.screen = screen
        self.stop = stop
        self.places: dict[str, str] = {}
        self._started = AsyncExitStack()
        self._servers: dict[str, LocalCluster | LocalBroker] = {}
        self._keepers: list[Keeper] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Stop everything that was started when the context is left."""
        async with self._started:
            yield

    async def serve(self, name: str, server: LocalCluster | LocalBroker) -> None:
        """Start the database or the broker."""
        self._started.push_async_callback(self._stop_server, name, server)
        await asyncio.to_thread(server.start)
        self._servers[name] = server

    def hold(self, server: AbstractContextManager[object]) -> None:
        """Start something that lives in this process, until everything is stopped."""
        self._started.enter_context(server)

    async def keep(self, programs: Sequence[Program], ready: Callable[[], bool]) -> None:
        """Start programs that are stopped together, and wait until they are ready.

        Raises:
            Unavailable: they are not in time; the message has their last log lines.
        """
        keepers = [Keeper(program, self.screen.say) for program in programs]
        self._started.push_async_callback(self._stop_keepers, keepers)
        for keeper in keepers:
            keeper.start()
        self._keepers.extend(keepers)
        try:
            await wait_until(ready, f"{_named(programs)} not ready", self.stop)
        except Unavailable as error:
            raise Unavailable(f"{error}; the logs end with:\n{_last_words(programs)}") from error

    async def raise_servers(self) -> None:
        """Start the database or the broker again if it has died."""
        for name, server in list(self._servers.items()):
            if server.pid is None:
                self.screen.say(f"{name} is down; starting it again")
                try:
                    await asyncio.to_thread(server.start)
                except (
                    CloudError,
                    ProvisioningError,
                    SimulatorError,
                    OSError,
                ) as error:  # tried again at the next look
                    self.screen.say(f"{name} did not start: {error}")

    def rows(self) -> list[Row]:
        """List the parts, for people and for `status`."""
        servers = [Row(name, self.places.get(name, ""), server.pid) for name, server in self._servers.items()]
        return servers + [self._row(keeper) for keeper in self._keepers]

    def _row(self, keeper: Keeper) -> Row:
        note = f"restarted {keeper.restarts} times" if keeper.restarts else ""
        return Row(keeper.program.name, self.places.get(keeper.program.name, ""), keeper.pid, note)

    async def _stop_server(self, name: str, server: LocalCluster | LocalBroker) -> None:
        self._servers.pop(name, None)
        with self.screen.step(f"{name} stopped"):
            await asyncio.to_thread(server.stop)

    async def _stop_keepers(self, keepers: list[Keeper]) -> None:
        with self.screen.step(f"{_named([keeper.program for keeper in keepers])} stopped"):
            await asyncio.gather(*(keeper.stop() for keeper in keepers))


def _named(programs: Sequence[Program]) -> str:
    if len(programs) > _NAMED_ALOUD:
        return f"{len(programs)} boxes"
    return ", ".join(program.name for program in programs)


def _last_words(programs: Sequence[Program]) -> str:
    lines = [(program.name, line) for program in programs for line in tail(program.log, _LOG_LINES)]
    return "\n".join(f"  {name}: {line[:_LOG_WIDTH]}" for name, line in lines[-4 * _LOG_LINES :])
