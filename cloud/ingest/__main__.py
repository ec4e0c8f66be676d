"""`satulayar-ingest`: from MQTT to committed rows.

Takes no command line but `--check`; everything else comes from `SATULAYAR_INGEST_…` (see `settings.py`).
"""

import os
import signal
import sys
import threading
from typing import Any

import structlog
from prometheus_client import start_http_server
from pydantic import ValidationError

from cloud import logs
from cloud.db.connection import connect
from cloud.errors import Misconfigured
from cloud.ingest.broker_log import BrokerLog
from cloud.ingest.checks import check_files
from cloud.ingest.filters import backlog_filters, live_filters
from cloud.ingest.inbox import Inbox
from cloud.ingest.metrics import Metrics
from cloud.ingest.session import Session
from cloud.ingest.settings import PREFIX, Settings
from cloud.ingest.writer import Writer
from edge.contract.variables import UnknownVariable, refuse_unknown

EXIT_MISCONFIGURED = 78  # EX_CONFIG of sysexits.h: trying again cannot help
_DRAIN_S = 15.0  # below the 30 s after which Docker and systemd lose patience

# libpq's own patience with a server that is gone without a word is two hours.
_LOOK_UP_S = 0.5
_LIBPQ = "keepalives_idle=10 keepalives_interval=5 keepalives_count=3 tcp_user_timeout=20000"

_log = structlog.get_logger()


def main() -> None:
    """Run the ingester until SIGTERM or SIGINT; where it cannot be configured, say so in a line and exit with 78."""
    try:
        only_check = _asked_to_check(sys.argv[1:])
        settings = _settings()
        check_files(settings)
        if only_check:
            print("the settings are right; nothing was connected")  # noqa: T201 - the answer to the one question
            return
        logs.configure(settings.log_level)
        serve(settings)
    except (UnknownVariable, Misconfigured) as error:
        sys.stderr.write(f"satulayar-ingest: {error}\n")
        sys.exit(EXIT_MISCONFIGURED)


def serve(settings: Settings) -> None:
    """Receive and store until a signal says stop; then drain and disconnect.

    Raises:
        Misconfigured: the port of the metrics is taken.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    died = _end_with_any_thread(stop)
    metrics = Metrics()
    exporter = _export(settings, metrics)
    inbox = Inbox(settings.batch_bytes, settings.backlog_bytes, settings.linger_s)
    live = Session(settings, "live", live_filters(settings.share), inbox, metrics)
    backlog = Session(settings, "backlog", backlog_filters(settings.share), inbox, metrics)
    writer = Writer(
        lambda: _connect(settings),
        inbox,
        (live, backlog),
        metrics,
        settings.latest_interval_s,
        settings.media_box_day_bytes,
    )
    log = BrokerLog(settings.broker_log, metrics) if settings.broker_log else None
    thread = threading.Thread(target=writer.run, name="writer")
    thread.start()
    if log:
        log.start()
    live.start()
    backlog.start()
    _log.info("ingester_started", instance=settings.instance, broker=f"{settings.broker_host}:{settings.broker_port}")
    while not stop.wait(_LOOK_UP_S):
        pass  # where another thread takes the signal, Python's handler waits until this one moves
    for session in (live, backlog):
        session.pause()
    writer.stop()
    thread.join(_DRAIN_S)
    for session in (live, backlog):
        session.stop()
    writer.close()
    if log:
        log.stop()
    exporter()
    _log.info("ingester_stopped", left=inbox.depth())
    if died:
        sys.exit(1)  # the supervisor starts it again; nothing was acknowledged that is not stored


def _asked_to_check(arguments: list[str]) -> bool:
    if arguments not in ([], ["--check"]):
        raise Misconfigured(f"no arguments but --check; settings are variables, not {arguments[0]!r}")
    return bool(arguments)


def _settings() -> Settings:
    refuse_unknown(PREFIX, Settings.model_fields, os.environ)
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(
            f"{PREFIX}{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        )
        raise Misconfigured(faults) from error


def _connect(settings: Settings) -> Any:
    return connect(f"{settings.database} {_LIBPQ}", "satulayar-ingest", autocommit=True)


def _export(settings: Settings, metrics: Metrics) -> Any:
    """Serve the metrics; gives back what ends it.

    Raises:
        Misconfigured: the port is taken, or the address is not this machine's.
    """
    if not settings.metrics_port:
        return lambda: None
    try:
        server, thread = start_http_server(settings.metrics_port, settings.metrics_host, metrics.registry)
    except OSError as error:
        where = f"{settings.metrics_host}:{settings.metrics_port}"
        remedy = f"set {PREFIX}METRICS_PORT to a free one, 0 for none"
        raise Misconfigured(f"metrics cannot be served at {where}: {error.strerror or error}; {remedy}") from error

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return end


def _end_with_any_thread(stop: threading.Event) -> list[BaseException]:
    """Have the process end when one of its threads dies: with a part of it gone it would only seem to work.

    Returns:
        A list that will hold what a thread died of.
    """
    died: list[BaseException] = []

    def note(death: threading.ExceptHookArgs) -> None:
        name = death.thread.name if death.thread else "unknown"
        _log.error("thread_died", thread=name, exc_info=(death.exc_type, death.exc_value, death.exc_traceback))
        died.append(death.exc_value or RuntimeError(name))
        stop.set()

    threading.excepthook = note
    return died


if __name__ == "__main__":
    main()
