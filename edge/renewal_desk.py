"""Asks for this box's next certificate in time, and takes the answer: the part of renewal that runs on the box.

Asked once a day while two thirds of the certificate's time are over, by an event that the outbox keeps; answered by
the command `certificate.install`. The connection in use stays; the next one presents the new certificate.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from edge.clock import Clock
from edge.contract.commands import Command, CommandState
from edge.errors import Misconfigured
from edge.notices import Notice
from edge.pulse import Pulse
from edge.renewal import Renewal

INSTALL = "certificate.install"
LOOK_S = 86_400.0
_WORDS = (
    "Sertifikat kotak ini akan habis; kotak meminta yang baru.",
    "This box's certificate will end; the box asks for a new one.",
)
_log = structlog.get_logger()


class RenewalDesk:
    """Looks once a day, and installs what comes.

    Args:
        box: its name.
        renewal: its certificate's files.
        notice: raises an event and keeps it; never fails.
        clock: judges what is due.
        pulse: where the loop shows that it lives.
    """

    def __init__(
        self, box: str, renewal: Renewal, *, notice: Callable[[Notice], Awaitable[object]], clock: Clock, pulse: Pulse
    ) -> None:
        self._box = box
        self._renewal = renewal
        self._notice = notice
        self._clock = clock
        self._pulse = pulse

    async def run(self) -> None:
        """Finish what a loss of power interrupted, then look until cancelled."""
        try:
            if await asyncio.to_thread(self._renewal.finish):
                _log.info("certificate_installed")
        except (OSError, ValueError, Misconfigured) as error:
            _log.error("certificate_not_installed", reason=str(error))
        while True:
            self._pulse.tick("renewal", LOOK_S)
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Ask for a certificate if it is time."""
        try:
            if not await asyncio.to_thread(self._renewal.is_due, self._clock.now_at()):
                return
            request = await asyncio.to_thread(self._renewal.request)
        except (OSError, ValueError, Misconfigured) as error:
            _log.error("certificate_not_asked_for", reason=str(error))
            return
        values: dict[str, float | bool | str] = {"request": request}
        await self._notice(Notice("certificate.requested", self._box, "info", *_WORDS, values))

    async def carry_out(self, command: Command) -> tuple[CommandState, str, str]:
        """Install a certificate; give state, reason and detail of the result."""
        pem = str(command.arguments.get("certificate", "")).encode()
        try:
            await asyncio.to_thread(self._renewal.install, pem, self._clock.now_at())
        except (OSError, Misconfigured) as error:
            _log.error("certificate_not_installed", reason=str(error))
            return "failed", "not_installed", f"Sertifikat tidak dipasang | Certificate not installed: {error}"
        _log.info("certificate_installed")
        return "confirmed", "", ""
