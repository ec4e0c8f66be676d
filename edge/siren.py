"""A siren's coil: switched as the rules want it, confirmed by reading back, tested only within bounds.

Writing succeeds when the device has taken the request, not when the siren sounds; so the coil is read back, and a
coil that does not follow is an event of its own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

import structlog

from edge.contract.events import Severity
from edge.errors import EdgeError
from edge.notices import Notice, NoticeBoard
from edge.sensors.reading import Reading
from edge.sensors.registers import BoundPoint

RETRY_S = 2.0
LOOK_S = 5.0
MAX_TEST_S = 10.0  # long enough to hear, short enough that nobody runs
MAX_ORDER_S = 900.0  # then the room must say again that it means it
_log = structlog.get_logger()


class CoilOwner(Protocol):
    """The device that the coil belongs to."""

    async def switch(self, coil: BoundPoint, *, on: bool) -> None:
        """Write the coil."""

    async def read_back(self, coil: BoundPoint) -> Reading:
        """Read the coil."""


class Siren:
    """One siren, kept as it should be by one task."""

    def __init__(
        self,
        asset: str,
        device: CoilOwner,
        coil: BoundPoint,
        board: NoticeBoard,
        remember: Callable[[], Awaitable[None]],
    ) -> None:
        """Begin without an opinion: the siren stays as it is.

        Args:
            asset: code of the asset that it belongs to.
            device: writes and reads the coil.
            coil: where.
            board: takes what is noticed.
            remember: keeps `open_events` over a restart, after each change.
        """
        self.asset = asset
        self._device = device
        self._coil = coil
        self._board = board
        self._remember = remember
        self.tick: Callable[[float], None] = lambda _within_s: None
        self._wanted_by_rules: bool | None = None
        self.is_ordered = False  # also while the order is over and the coil has not yet followed
        self._ordered_until_s = 0.0
        self._is_testing = False
        self._seen: bool | None = None
        self._sounding = ""
        self._failed = ""
        self._changed = asyncio.Event()
        self._lock = asyncio.Lock()

    @property
    def is_wanted_by_rules(self) -> bool:
        """Whether a local rule has it sound now."""
        return bool(self._wanted_by_rules)

    @property
    def _wanted(self) -> bool | None:
        if self._order_left_s() > 0:
            return True
        # What an order began must end, even where no rule can say what ought to be.
        return bool(self._wanted_by_rules) if self.is_ordered else self._wanted_by_rules

    def _order_left_s(self) -> float:
        return self._ordered_until_s - time.monotonic()

    @property
    def open_events(self) -> tuple[str, str]:
        """Ids of the events that have begun and not ended: sounding, failed; empty for none."""
        return self._sounding, self._failed

    @open_events.setter
    def open_events(self, events: tuple[str, str]) -> None:
        self._sounding, self._failed = events

    def want(self, *, on: bool | None) -> None:
        """Say what the rules want; None leaves it as it is."""
        if on is not self._wanted_by_rules:
            self._wanted_by_rules = on
            self._changed.set()

    def observe(self, reading: Reading) -> None:
        """Take what a poll saw of the coil."""
        self._seen = bool(reading.value)
        if self._wanted is not None and not self._is_testing and self._seen is not self._wanted:
            self._changed.set()

    async def run(self) -> None:
        """Keep the coil as it is wanted until cancelled."""
        while True:
            self.tick(LOOK_S + MAX_TEST_S)
            try:
                async with asyncio.timeout(self._rest_s()):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()
            async with self._lock:
                await self._keep()

    async def test(self, seconds: float) -> str:
        """Sound the siren for a moment.

        Args:
            seconds: up to `MAX_TEST_S`.

        Returns:
            What went wrong; empty when it was heard and is silent again.
        """
        async with self._lock:
            if self._wanted:
                return "the siren is sounding for a rule"
            self._is_testing = True
            try:
                failure = await self._bring(on=True, test=True)
                if not failure:
                    await asyncio.sleep(min(seconds, MAX_TEST_S))
            finally:
                self._is_testing = False
                silence = await asyncio.shield(self._bring(on=bool(self._wanted), test=True))
            return failure or silence

    async def order(self, seconds: float) -> str:
        """Sound because the room says so, whatever the rules want; it ends by itself.

        Args:
            seconds: up to `MAX_ORDER_S`; 0 ends an order that is in force.

        Returns:
            What went wrong; empty when the coil was read back as wanted.
        """
        async with self._lock:
            if not seconds and not self.is_ordered:
                return ""
            self.is_ordered = True
            self._ordered_until_s = time.monotonic() + min(seconds, MAX_ORDER_S)
            await self._remember()
            failure = await self._keep()
        self._changed.set()  # the task must learn when the order ends
        return failure

    def _rest_s(self) -> float:
        left_s = self._order_left_s()
        usual_s = RETRY_S if self._failed else LOOK_S
        return min(usual_s, left_s) if left_s > 0 else usual_s

    async def _keep(self) -> str:
        """Compare and correct; the first look after a start is a reading, so that nothing is switched twice.

        Returns:
            What went wrong; empty for nothing.
        """
        wanted = self._wanted
        if wanted is None:
            return ""
        if self._seen is None:
            with suppress(EdgeError):
                self._seen = bool((await self._device.read_back(self._coil)).value)
        failure = ""
        if self._seen is not wanted or self._failed:
            failure = await self._bring(on=wanted, test=False)
        if self.is_ordered and self._order_left_s() <= 0 and not failure:
            self.is_ordered = False
            await self._remember()
        return failure

    async def _bring(self, *, on: bool, test: bool) -> str:
        """Switch and confirm; give what went wrong, empty for nothing."""
        try:
            await self._device.switch(self._coil, on=on)
            self._seen = bool((await self._device.read_back(self._coil)).value)
        except EdgeError as error:
            failure = str(error)
        else:
            failure = "" if self._seen is on else f"the coil reads {self._seen} after {on} was written"
        await self._say_failure(failure, on=on)
        if not failure:
            await self._say_sound(on=on, test=test)
        return failure

    async def _say_sound(self, *, on: bool, test: bool) -> None:
        if on and not self._sounding:
            word_id, word_en = ("diuji", "under test") if test else ("berbunyi", "sounding")
            self._sounding = await self._raise("siren.sounded", f"Sirene {word_id}.", f"Siren {word_en}.", test=test)
        elif not on and self._sounding:
            await self._raise("siren.sounded", "Sirene berhenti.", "Siren silent.", begun=self._sounding, test=test)
            self._sounding = ""
        else:
            return
        await self._remember()

    async def _say_failure(self, failure: str, *, on: bool) -> None:
        if failure and not self._failed:
            word = "on" if on else "off"
            self._failed = await self._raise(
                "siren.failed",
                f"Sirene tidak menurut perintah ({word}): {failure}.",
                f"Siren did not go {word}: {failure}.",
            )
        elif not failure and self._failed:
            await self._raise("siren.failed", "Sirene menurut lagi.", "Siren obeys again.", begun=self._failed)
            self._failed = ""
        else:
            return
        await self._remember()

    async def _raise(
        self, noun: str, text_id: str, text_en: str, *, begun: str | None = None, test: bool = False
    ) -> str:
        values: dict[str, float | bool | str] = {"test": True} if test else {}
        notice = Notice(noun, self.asset, _severity(test=test), text_id[:500], text_en[:500], values, begun)
        return str(await self._board.raise_event(notice))


def _severity(*, test: bool) -> Severity:
    return "info" if test else "critical"
