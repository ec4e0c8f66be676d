"""What the ingester subscribes to, and what it makes of the messages that are not a box's report.

Besides reports there come lines of the broker's error log, and what the broker was made to keep against the rules.
"""

from cloud.ingest.subscriber import Published
from edge.contract.limits import MAX_STATUS_BYTES

BROKER_ERRORS = "$SYS/broker/log/E"
# All that a box may publish but its status: nothing of it may be kept by the broker.
NEVER_RETAINED = [f"sl/1/+/{kind}" for kind in ("telemetry", "backlog", "events", "media/+", "results", "live/+")]


def live_filters(share: str) -> list[str]:
    """List what the live session subscribes to.

    Status is not shared: a shared subscription gets no retained messages (MQTT 5 section 4.8.2), and writing a status
    twice is writing it once.
    """
    shared = [f"$share/{share}/sl/1/+/{kind}" for kind in ("telemetry", "events", "media/+", "results")]
    return [*shared, "sl/1/+/status", BROKER_ERRORS]


def backlog_filters(share: str) -> list[str]:
    """List what the backlog session subscribes to."""
    return [f"$share/{share}-backlog/sl/1/+/backlog"]


def must_be_cleared(published: Published) -> bool:
    """Tell whether the broker keeps this message and should not."""
    if published.topic.endswith("/status"):
        return len(published.payload) > MAX_STATUS_BYTES
    return published.swept and published.retained


def is_no_report(published: Published) -> bool:
    """Tell whether this message came by a sweep, or is the trace of clearing one."""
    return published.swept or not (published.payload or published.mid)


def why_refused(line: bytes) -> str:
    """Sort a line of the broker's error log; OpenSSL's sentences are the only word there is."""
    if b"did not return a certificate" in line:
        return "no_certificate"
    if b"certificate verify failed" in line:
        return "bad_certificate"  # foreign, revoked or expired: Mosquitto 2.0 does not say which
    return "other"
