"""The box's own health: processor, memory, disk, temperature, clock, and the outbox.

Source of the clock's offset: adjtimex(2), which only reads with modes = 0. While a time daemon keeps the kernel
synchronised (STA_UNSYNC is not set) the kernel's remaining offset is reported; without one there is no figure, since
a box cannot know how wrong it is by looking at its own clock.
"""

import asyncio
import ctypes
import os
import time
from collections.abc import Awaitable, Callable

import psutil

from edge.clock import Clock
from edge.contract.catalogue import CATALOGUE
from edge.outbox import Outbox
from edge.pulse import Pulse
from edge.sensors.reading import Reading

STA_UNSYNC = 0x0040
STA_NANO = 0x2000
TEMPERATURE_CHIPS = ("cpu_thermal", "soc_thermal", "coretemp", "k10temp", "acpitz")
DEAD_BANDS = {  # in the catalogue's units: below these a change says nothing
    "cpu_load": 5.0,
    "memory_used": 1.0,
    "disk_used": 0.5,
    "disk_free": 10e6,
    "disk_trouble": 0,
    "soc_temperature": 1.0,
    "clock_offset": 0.005,
    "uptime": float("inf"),  # only by silence
    "resident_memory": 1e6,
    "outbox_messages": 50,
    "outbox_bytes": 1e6,
    "outbox_thinned": 0,
    "outbox_oldest_age": 5.0,
}
MAX_SILENCE_S = 300.0


class _Timex(ctypes.Structure):
    """`struct timex` of adjtimex(2)."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def clock_offset_s() -> float | None:
    """Give what the kernel still has to correct, in seconds; None while the clock is not synchronised."""
    timex = _Timex()
    try:
        if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex)) < 0:
            return None
    except (OSError, AttributeError):
        return None
    if timex.status & STA_UNSYNC:
        return None
    return float(timex.offset) * (1e-9 if timex.status & STA_NANO else 1e-6)


def soc_temperature_cel() -> float | None:
    """Give the processor's temperature in degrees Celsius; None where there is no sensor."""
    chips = psutil.sensors_temperatures() if hasattr(psutil, "sensors_temperatures") else {}
    for name in (*TEMPERATURE_CHIPS, *chips):
        if chips.get(name):
            return float(chips[name][0].current)
    return None


class Host:
    """Looks at the box itself, in one task."""

    def __init__(
        self,
        outbox: Outbox,
        interval_s: float,
        *,
        sink: Callable[[list[Reading]], Awaitable[None]],
        clock: Clock,
        pulse: Pulse,
    ) -> None:
        """Prepare.

        Args:
            outbox: whose figures, and whose disk's, are reported.
            interval_s: how often.
            sink: takes the readings.
            clock: stamps them.
            pulse: where the loop shows that it lives.
        """
        self._outbox = outbox
        self._interval_s = interval_s
        self._sink = sink
        self._clock = clock
        self._pulse = pulse
        self._process = psutil.Process(os.getpid())
        psutil.cpu_percent()  # the first call only sets the mark that the next one measures from

    async def run(self) -> None:
        """Report until cancelled."""
        while True:
            self._pulse.tick("host", self._interval_s)
            await self._sink(self.readings())
            await asyncio.sleep(self._interval_s)

    def readings(self) -> list[Reading]:
        """Look once."""
        figures = self._outbox.statistics
        now_s = self._clock.now_s()
        values: dict[str, float | None] = {
            "cpu_load": psutil.cpu_percent(),
            "memory_used": psutil.virtual_memory().percent,
            "disk_used": round(figures.disk_used_pct, 1),
            "disk_free": figures.disk_free_bytes,
            "disk_trouble": figures.disk != "ok",
            "soc_temperature": soc_temperature_cel(),
            "clock_offset": clock_offset_s(),
            "uptime": round(time.time() - psutil.boot_time()),
            "resident_memory": self._process.memory_info().rss,
            "outbox_messages": figures.messages,
            "outbox_bytes": figures.payload_bytes,
            "outbox_thinned": figures.thinned,
            "outbox_oldest_age": 0.0
            if figures.oldest_at_s is None
            else max(0.0, round(now_s - figures.oldest_at_s, 1)),
        }
        return [self._reading(name, value, now_s) for name, value in values.items() if value is not None]

    @staticmethod
    def _reading(name: str, value: float, now_s: float) -> Reading:
        row = CATALOGUE[name]
        content = bool(value) if row.kind == "boolean" else float(value)
        return Reading("", name, row.unit, now_s, content, DEAD_BANDS[name], MAX_SILENCE_S)
