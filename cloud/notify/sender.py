"""Sends what is due: one message for each way at a time, tried again with growing pauses, given up in so many words.

Source: Apprise 1.9 and newer (addresses such as `tgram://…`, `mailto://…`, `json://…`). An attempt is written down
before it is made, so a message is sent once, or, where this program dies in the very moment, once more.
"""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import apprise
import structlog
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from cloud.db.connection import Connection, translated
from cloud.db.queries import load
from cloud.errors import CloudError
from cloud.notify.settings import NotifySettings
from cloud.notify.words import Due, write

AT_MOST = 200
LOOK_EVERY_S = 2.0
LONGEST_PAUSE_S = 3_600.0
# An address that is no address will not be one in an hour.
_HOPELESS = "this address cannot be read: `satulayar-notify contact add` says how they are written"

log = structlog.get_logger(__name__)


class Sender:
    """Sends until it is stopped.

    Args:
        settings: of the program.
    """

    def __init__(self, settings: NotifySettings) -> None:
        self._settings = settings
        self._stopping = threading.Event()
        self._told = threading.Event()
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        self._pool = ConnectionPool(
            settings.dsn, min_size=1, max_size=settings.at_once + 1, open=False, kwargs={"autocommit": True}
        )

    def stop(self) -> None:
        """Have `run` return when what is at hand is done."""
        self._stopping.set()
        self._told.set()

    def run(self) -> None:
        """Send until stopped; waits for the database while it is away."""
        self._pool.open()
        threads = [threading.Thread(target=self._work, name=f"send-{n}") for n in range(self._settings.at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._pool.close()

    def send_due(self, now: datetime | None = None) -> int:
        """Send for one way what is due; give how many notifications that was, 0 for none."""
        at = now or datetime.now(UTC)
        with translated(), self._pool.connection() as connection:
            due = self._take(connection, at)
        if not due:
            return 0
        try:
            fault = _send(due, self._settings)
            with translated(), self._pool.connection() as connection:
                self._note(connection, due, fault)
        finally:
            with self._lock:
                self._busy.discard(due[0].address)
        return len(due)

    def open(self) -> None:
        """Open the connections, for a caller that calls `send_due` itself."""
        self._pool.open()

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _work(self) -> None:
        while not self._stopping.is_set():
            sent = 0
            try:
                sent = self.send_due()
            except CloudError as error:
                log.warning("notifications_postponed", error=str(error))
            if not sent:
                self._told.wait(LOOK_EVERY_S)

    def _take(self, connection: Connection, now: datetime) -> list[Due]:
        """Take what is due for a way that nobody else is using, and write the attempt down."""
        with self._lock, connection.transaction():
            with connection.cursor(row_factory=class_row(Due)) as cursor:
                wanted = {"now": now, "busy": list(self._busy), "most": AT_MOST}
                due = cursor.execute(load("notifications")["due"], wanted).fetchall()
            if due:
                pause_s = self._settings.first_pause_s * 2 ** max(one.attempts for one in due)
                next_at = now + timedelta(seconds=min(pause_s, LONGEST_PAUSE_S))
                attempt = {"ids": [one.id for one in due], "next_at": next_at}
                connection.execute(load("notifications")["attempt"], attempt)
                self._busy.add(due[0].address)
        return due

    def _note(self, connection: Connection, due: Sequence[Due], fault: str) -> None:
        ids = [one.id for one in due]
        told = {"owner": due[0].owner, "way": _way(due[0].address), "messages": len(due)}
        if not fault:
            connection.execute(load("notifications")["sent"], {"ids": ids})
            log.info("notification_sent", **told)
            return
        tired = [one.id for one in due if one.attempts + 1 >= self._settings.attempts or fault == _HOPELESS]
        with connection.transaction():
            connection.execute(load("notifications")["failed"], {"ids": ids, "fault": fault})
            code = "no_address" if fault == _HOPELESS else "not_told"
            connection.execute(load("notifications")["give_up"], {"ids": tired, "code": code})
        log.warning("notification_lost" if tired else "notification_failed", reason=fault, **told)


def _send(due: Sequence[Due], settings: NotifySettings) -> str:
    """Send one message; give what went wrong, empty for nothing. Never says the address: it holds a key."""
    asset = apprise.AppriseAsset(app_id="Satulayar", async_mode=False)
    # Not `add`, which takes a text for a list of addresses with commas or blanks between.
    way = apprise.Apprise.instantiate(
        _bounded(due[0].address, settings.timeout_s), asset=asset, suppress_exceptions=True
    )
    if way is None:
        return _HOPELESS
    title, body = write(due, settings.console_url)
    kind = apprise.NotifyType.FAILURE if any(one.severity == "critical" for one in due) else apprise.NotifyType.WARNING
    return "" if way.notify(body=body, title=title, notify_type=kind) else f"{_way(due[0].address)} did not take it"


def _bounded(address: str, timeout_s: float) -> str:
    """Add Apprise's own limits of time to an address, unless it has some."""
    if "rto=" in address:
        return address
    return f"{address}{'&' if '?' in address else '?'}rto={timeout_s:g}&cto={timeout_s:g}"


def _way(address: str) -> str:
    return urlsplit(address).scheme or "?"
