"""What the ingester counts, in Prometheus' terms; base units are seconds, bytes and plain counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_FAST_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 15, 60)


class Metrics:
    """Counters, gauges and histograms of one ingester, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.received = Counter(
            "ingest_messages_received", "Messages handed over by the broker", ["kind"], registry=registry
        )
        self.committed = Counter(
            "ingest_messages_committed", "Messages of which the outcome is committed", registry=registry
        )
        self.samples = Counter("ingest_samples_committed", "Samples stored", registry=registry)
        self.duplicates = Counter("ingest_samples_duplicate", "Samples that were stored before", registry=registry)
        self.rejected = Counter("ingest_rejected", "Messages or records refused", ["reason"], registry=registry)
        self.refused_connections = Counter(
            "broker_connections_refused", "Connections that the broker's TLS refused", ["reason"], registry=registry
        )
        self.denied_publishes = Counter(
            "broker_publishes_denied", "Publishes that the broker's ACL refused", ["box"], registry=registry
        )
        self.cleared = Counter(
            "broker_retained_cleared", "Messages kept against the rules and cleared", ["box"], registry=registry
        )
        self.late = Counter("ingest_samples_late", "Samples older than the finished rollups", registry=registry)
        self.staged = Counter("ingest_batches_staged", "Batches that went through staging", registry=registry)
        self.retries = Counter(
            "ingest_batches_retried", "Batches tried again as the database was away", registry=registry
        )
        self.receipts = Counter("ingest_receipts_sent", "Receipt messages published", registry=registry)
        self.connections = Counter(
            "ingest_connections", "Connections made to the broker", ["session"], registry=registry
        )
        self.connected = Gauge("ingest_connected", "Whether the session is connected", ["session"], registry=registry)
        self.depth = Gauge("ingest_waiting_messages", "Messages that wait for the writer", registry=registry)
        self.oldest_age_s = Gauge(
            "ingest_oldest_unacknowledged_age_seconds", "Age of the oldest message not committed", registry=registry
        )
        self.series = Gauge("ingest_series_known", "Series resolved by this ingester", registry=registry)
        self.lag_s = Histogram(
            "ingest_lag_seconds", "From a message's arrival to its commit", buckets=_FAST_S, registry=registry
        )
        self.batch_rows = Histogram(
            "ingest_batch_rows",
            "Samples in a batch",
            registry=registry,
            buckets=(1, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000),
        )
        self.batch_s = Histogram(
            "ingest_batch_seconds", "Time of a batch in the database", buckets=_FAST_S, registry=registry
        )
