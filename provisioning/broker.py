"""Writes the broker's configuration from ``firmware-config/broker``: one template for laptop and production.

The topics come from the contract, so that a new kind of message is let through by the same change that names it.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template

from edge.contract import limits, topics

TEMPLATES = Path(__file__).resolve().parents[1] / "firmware-config" / "broker"

# A packet is the payload and its properties: topic, correlation, user properties.
PACKET_OVERHEAD_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class BrokerValues:
    """What differs between one broker and another. The defaults are production's, in the official image."""

    user: str = "mosquitto"
    """Whom a broker started as root becomes."""
    box_address: str = "0.0.0.0"  # noqa: S104 - boxes come from outside
    box_port: int = 8883
    service_address: str = "0.0.0.0"  # noqa: S104 - inside the container network; compose.yaml does not publish it
    service_port: int = 8884
    acl_file: str = "/mosquitto/config/acl"
    ca_file: str = "/mosquitto/config/ca.crt"
    certificate_file: str = "/mosquitto/config/broker.crt"
    key_file: str = "/mosquitto/config/broker.key"
    crl_file: str = "/mosquitto/config/crl.pem"
    data_directory: str = "/mosquitto/data"
    max_inflight_messages: int = 4_000
    """Sent and not yet acknowledged, per client. An ingester asks for up to this many."""
    max_queued_messages: int = 100_000
    """Waiting, per client: two minutes of a regency for an ingester that is being restarted."""
    max_queued_bytes: int = 268_435_456
    max_packet_bytes: int = limits.MAX_MEDIA_BYTES + PACKET_OVERHEAD_BYTES
    autosave_interval_s: int = 60
    client_expiration_days: int = 14
    """A session that nobody came back to for so long is forgotten: longer than a box's repair takes."""
    log_connections: str = "true"


def render_configuration(values: BrokerValues) -> str:
    """Write mosquitto.conf."""
    template = Template((TEMPLATES / "mosquitto.conf.template").read_text())
    return template.substitute({name: str(value) for name, value in asdict(values).items()})


def render_acl(extra: str = "") -> str:
    """Write the ACL file.

    Args:
        extra: further ``user`` sections, for instance of a load test; they stand before the boxes' patterns.
    """
    rights = [_lines("topic read", "+", ["events"]), _lines("topic write", "+", ["commands"])]
    heading = "# Renews certificates: a box asks by an event and gets its answer as a command."
    identity = "\n".join([heading, "user identity", *rights])
    sections = [section.strip() for section in (identity, extra) if section.strip()]
    ups, downs = (
        [f"{kind}/+" if kind in topics.WITH_REST else kind for kind in way] for way in (topics.UPS, topics.DOWNS)
    )
    return Template((TEMPLATES / "acl.template").read_text()).substitute(
        root=topics.ROOT,
        ingest=_lines("topic readwrite", "+", ups) + "\n" + _lines("topic write", "+", ["receipts"]),
        api=_lines("topic write", "+", [kind for kind in downs if kind != "receipts"]),
        extra="".join(f"\n{section}\n" for section in sections),
        box=_lines("pattern write", "%u", ups) + "\n" + _lines("pattern read", "%u", downs),
    )


def _lines(rule: str, box: str, kinds: list[str]) -> str:
    return "\n".join(f"{rule} {topics.ROOT}/{box}/{kind}" for kind in kinds)
