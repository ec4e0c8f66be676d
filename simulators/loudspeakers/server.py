"""All horns of a regency in one process; their faults are ordered in the world, as everybody's."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import structlog

from simulators.control import send_order, serve_control
from simulators.errors import Refused, SimulatorError, Unavailable
from simulators.loudspeakers.horn import FAULTS, SimulatedHorn
from simulators.loudspeakers.site_part import horn_ports
from simulators.regency.model import Regency

ASK_EVERY_S = 1.0
log = structlog.get_logger()


class HornsServer:
    """The horns.

    Args:
        regency: what there is.
        base_port: of the first.
        directory: where the control socket is made and what was played is kept.
        world: directory of the world, which is asked for faults.
    """

    def __init__(self, regency: Regency, base_port: int, directory: Path, world: Path) -> None:
        self._ports = horn_ports(regency, base_port)
        self._directory, self._world = directory, world
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._horns = {code: SimulatedHorn(code, directory) for code in self._ports}

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set.

        Raises:
            Unavailable: a port is taken.
        """
        try:
            for code, port in self._ports.items():
                await self._horns[code].start(port, port + 2)
        except OSError as error:
            raise Unavailable(f"a port of a loudspeaker is taken: {error}") from error
        async with serve_control(self._directory, self._answer):
            log.info("loudspeakers_started", loudspeakers=len(self._horns))
            while not stop.is_set():
                await self._follow()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), ASK_EVERY_S)
        for horn in self._horns.values():
            await horn.stop()
        log.info("loudspeakers_stopped")

    def _answer(self, order: dict[str, Any]) -> Any:
        if order.get("do") != "state":
            raise Refused(f"there is no order {order.get('do')!r}; there is: state")
        return {code: horn.status() for code, horn in self._horns.items()}

    async def _follow(self) -> None:
        """Have the faults that the world says; while it is away nothing changes."""
        try:
            found = await asyncio.to_thread(send_order, self._world, {"do": "faults"})
        except SimulatorError:
            found = None
        for code, horn in self._horns.items():
            horn.finish_if_quiet()
            if found is not None:
                active = {one["what"] for one in found if one["on"] == code and one["state"] == "active"}
                await horn.set_faults(frozenset(active & set(FAULTS)))
