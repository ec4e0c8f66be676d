"""What the API counts, in Prometheus' terms, and the one log line of each request."""

import time
from collections.abc import Iterator

import structlog
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud.api.database import Database
from cloud.api.live import Live
from cloud.signals.room import Room

log = structlog.get_logger(__name__)

BUCKETS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
POOL_GAUGES = ("pool_size", "pool_available", "requests_waiting")
POOL_COUNTERS = ("requests_num", "requests_wait_ms", "requests_errors", "connections_num", "connections_errors")


class PoolAndStreams(Collector):
    """Reads the pool's own statistics and the streams' when asked."""

    def __init__(self, database: Database, live: Live) -> None:
        self._database = database
        self._live = live

    def collect(self) -> Iterator[Metric]:
        """Yield the figures as they are now."""
        statistics = self._database.pool.get_stats()
        for name in POOL_GAUGES:
            yield GaugeMetricFamily(f"api_database_{name}", f"psycopg_pool: {name}", statistics.get(name, 0))
        for name in POOL_COUNTERS:
            yield CounterMetricFamily(f"api_database_{name}", f"psycopg_pool: {name}", statistics.get(name, 0))
        yield GaugeMetricFamily("api_streams", "Live streams that are open", self._live.clients)
        yield CounterMetricFamily(
            "api_notifications", "Notifications heard from the database", self._live.notifications
        )
        yield CounterMetricFamily(
            "api_listener_reconnections", "Times the listening connection was lost", self._live.reconnections
        )


class BrokerLine(Collector):
    """Tells whether commands can be sent."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def collect(self) -> Iterator[Metric]:
        """Yield it as it is now; nothing where this API was given no broker."""
        if self._room.line is not None:
            yield GaugeMetricFamily(
                "api_broker_connected", "Whether the line to the broker stands", float(self._room.is_connected)
            )


class Watch:
    """ASGI middleware: measures each request by its route's template, and logs it in one line.

    Args:
        app: what is measured.
        registry: where the histogram lives.
    """

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._seconds = Histogram(
            "api_request_seconds",
            "From a request's arrival to the end of its answer",
            ["method", "route", "status"],
            buckets=BUCKETS_S,
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and look at what comes back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        began_s = time.monotonic()

        async def look(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, look)
        finally:
            self._note(scope, status, time.monotonic() - began_s)

    def _note(self, scope: Scope, status: int, took_s: float) -> None:
        # Never the path itself: whoever scans for holes would make a time series of every guess.
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in {"GET", "HEAD", "POST", "OPTIONS"} else "other"
        self._seconds.labels(method, route, str(int(status))).observe(took_s)
        account = scope.get("state", {}).get("account", "")
        log.info(
            "request_finished",
            method=method,
            route=route,
            status=int(status),
            account=account,
            took_ms=round(took_s * 1_000, 1),
        )
