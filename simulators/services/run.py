"""Keeps the simulated services going until they are stopped."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
import structlog

from simulators.services.aid import write_workbooks
from simulators.services.posts import push
from simulators.services.registry import write_registry
from simulators.services.server import ServiceServer, local_now

PUSH_EVERY_S = 60.0
_AGAIN_S = 5.0
_WRITE_EVERY_S = 3_600.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Services:
    """What is served where.

    Attributes:
        port: of HTTP, on loopback.
        aid_folder: where the social office puts its workbooks; None for nowhere.
        registry_dsn: the civil registry's database; None for none.
        push_url: where the flood posts send what they have; None for nowhere.
        push_token: their module's token.
    """

    port: int = 0
    aid_folder: Path | None = None
    registry_dsn: str | None = None
    push_url: str | None = None
    push_token: str = ""

    def run(self, stop: threading.Event) -> None:
        """Serve until stopped."""
        # Before anybody is answered: whoever waits for this program finds the registry and the folder filled.
        write_at_s = time.monotonic() + (_WRITE_EVERY_S if self._write() else _AGAIN_S)
        push_at_s = 0.0
        with ServiceServer(self.port) as server:
            log.info("services_started", url=server.url)
            while not stop.wait(1.0):
                now_s = time.monotonic()
                if now_s >= write_at_s:
                    write_at_s = now_s + (_WRITE_EVERY_S if self._write() else _AGAIN_S)
                if self.push_url and now_s >= push_at_s:
                    taken = push(self.push_url, self.push_token, local_now())
                    push_at_s = now_s + (PUSH_EVERY_S if taken else _AGAIN_S)

    def _write(self) -> bool:
        today = local_now().date()
        try:
            if self.aid_folder:
                write_workbooks(self.aid_folder, today)
            if self.registry_dsn:
                write_registry(self.registry_dsn, today)
        except (OSError, psycopg.Error) as error:
            log.warning("services_not_written", error=str(error))
            return False
        return True
