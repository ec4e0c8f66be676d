"""A running regency: the world's models, a Modbus server per asset, and the line for orders, in one process."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from simulators.control import serve_control
from simulators.duration import parse_duration_s
from simulators.errors import Refused
from simulators.faults import FAULTS, Fault
from simulators.modbus.device import Behaviour, Device
from simulators.modbus.memory import Memory
from simulators.modbus.profile import PROFILES_DIR, load_profile
from simulators.modbus.server import ModbusServers
from simulators.regency.derive import PROFILES
from simulators.regency.model import Asset, Regency
from simulators.world.clock import WorldClock
from simulators.world.instruments import readings
from simulators.world.state import read_state, write_state
from simulators.world.world import World

TICK_S = 1.0
SAVE_EVERY_S = 10.0
STATE_FILE = "world.json"
_DEFAULT_FAULT_S = 600.0

log = structlog.get_logger()


class RegencyServer:
    """The regency as devices on ports.

    Args:
        regency: what there is.
        ports: TCP port by asset code.
        directory: where the world's state is kept and the control socket is made.
        clock: the world's clock.
        profiles_dir: sensor profiles.
    """

    def __init__(
        self,
        regency: Regency,
        ports: Mapping[str, int],
        directory: Path,
        clock: WorldClock,
        profiles_dir: Path = PROFILES_DIR,
    ) -> None:
        self._regency = regency
        self._ports = ports
        self._directory = directory
        self._clock = clock
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.world = World(regency, clock.now_s(), read_state(directory / STATE_FILE))
        self._plan_faults()
        self._devices = {code: self._device(asset, profiles_dir) for code, (_, asset) in regency.assets().items()}

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set; the state is saved at the end.

        Raises:
            Unavailable: a port is taken.
        """
        async with ModbusServers(self._devices, self._ports), serve_control(self._directory, self.handle):
            log.info("world_started", devices=len(self._devices), note=self._regency.note)
            while not stop.is_set():
                await self._live(stop)
            self._save()
        log.info("world_stopped")

    def handle(self, order: dict[str, Any]) -> Any:
        """Carry out an order from the control line.

        Raises:
            Refused: it cannot be.
        """
        match order.get("do"):
            case "fault":
                return self._describe(self._order_fault(order))
            case "end":
                return self._describe(self._end_fault(order))
            case "faults":
                return [self._describe(fault) for fault in self.world.faults.all()]
            case "rain":
                return {site.code: self.world.surroundings(site).rain_mm_h for site in self._regency.sites}
            case "state":
                return {"world_time_s": self.world.at_s, "speed": self._clock.speed, "note": self._regency.note}
            case other:
                raise Refused(f"there is no order {other!r}; there are: fault, end, faults, rain, state")

    async def _live(self, stop: asyncio.Event) -> None:
        """Step the world once a second for a while, then save it."""
        for _ in range(round(SAVE_EVERY_S / TICK_S)):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), TICK_S)
            self.world.advance(self._clock.now_s())
            if stop.is_set():
                return
        self._save()

    def _save(self) -> None:
        write_state(self._directory / STATE_FILE, self.world.state())

    def _device(self, asset: Asset, profiles_dir: Path) -> Device:
        code = asset.code
        parts = len(asset.circuits) if asset.kind == "lamp_panel" else None
        return Device(
            Memory(load_profile(PROFILES[asset.kind], profiles_dir), parts),
            read=lambda: readings(self.world, code),
            behave=lambda: behaviour_of(self.world, code),
            write=lambda quantity, on: self._write(code, quantity, on=on),
        )

    def _write(self, code: str, quantity: str, *, on: bool) -> None:
        if quantity == "siren_on":
            self.world.set_siren(code, on=on)
            self._save()  # a siren does not fall silent because the simulator was killed
            log.info("siren_switched", asset=code, on=on)

    def _plan_faults(self) -> None:
        """Order the file's faults, but not those again that this `up` ordered before its world was killed."""
        known = {(fault.what, fault.on, fault.from_s) for fault in self.world.faults.all()}
        for planned in self._regency.faults:
            from_s = planned.at.timestamp() if planned.at else self._clock.world_start_s + (planned.after or 0.0)
            is_over = from_s + planned.duration < self.world.at_s
            if not is_over and (planned.what, planned.target, from_s) not in known:
                self.world.faults.order(planned.what, planned.target, from_s, planned.duration, planned.amount)

    def _order_fault(self, order: dict[str, Any]) -> Fault:
        what, on = str(order.get("what")), str(order.get("on"))
        try:
            duration_s = parse_duration_s(order["for"]) if "for" in order else _DEFAULT_FAULT_S
            after_s = parse_duration_s(order["after"]) if "after" in order else 0.0
            amount = float(order["amount"]) if order.get("amount") is not None else None
        except (TypeError, ValueError) as error:
            raise Refused(str(error)) from error
        fault = self.world.faults.order(what, on, self.world.at_s + after_s, duration_s, amount)
        self._save()
        log.info("fault_ordered", number=fault.number, what=what, on=on, for_s=duration_s)
        return fault

    def _end_fault(self, order: dict[str, Any]) -> Fault:
        try:
            fault = self.world.faults.end(int(order["number"]))
        except (KeyError, TypeError, ValueError) as error:
            raise Refused("say which fault by its number") from error
        self._save()
        return fault

    def _describe(self, fault: Fault) -> dict[str, Any]:
        says = FAULTS[fault.what].says
        return asdict(fault) | {"state": fault.state(self.world.at_s), "now_s": self.world.at_s, "says": says}


def behaviour_of(world: World, code: str) -> Behaviour:
    """Ask the world how a device behaves; without power it is silent."""
    slow = world.active(code, "slow")
    return Behaviour(
        delay_s=slow.amount if slow else 0.0,
        silent=world.active(code, "silent") is not None or not world.is_powered(code),
        refuses=world.active(code, "refuse") is not None,
        stuck=world.active(code, "stuck") is not None,
        nonsense=world.active(code, "not_a_number") is not None,
    )
