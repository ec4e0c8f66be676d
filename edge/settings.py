"""Settings of the edge agent: environment variables with the prefix SATULAYAR_EDGE_.

What belongs to the computer stands here; what belongs to the place (assets, rules) stands in the site file.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "SATULAYAR_EDGE_"
_REPOSITORY = Path(__file__).resolve().parent.parent


class EdgeSettings(BaseSettings):
    """Everything that can be set from outside.

    Attributes:
        site: the site file; the command line's argument goes before it.
        box: which box this is, when the site file has several.
        hardware_id: the computer in the slot (balena's uuid), for the status.
        broker_host: name of the broker as in its certificate.
        broker_port: its TLS port.
        ca_file: authority that signed the broker's certificate, PEM; without it the line is not encrypted,
            which is refused unless `plain_text` is set.
        cert_file: this box's certificate, PEM; its CN is the box name.
        key_file: its key, PEM.
        identity_dir: where the box keeps its parcel; the site file, the box and the three files above that are not
            set come from there.
        parcel_dir: the boot partition or a stick, looked at when the agent starts; a new parcel there is taken into
            `identity_dir`.
        update_lock: file that holds off updates while a lease, a siren or a clip of an incident is under way; on
            balenaOS `/tmp/balena/updates.lock`. Absent: updates come at any time.
        plain_text: allow a line without TLS, for a broker on the same desk.
        keepalive_s: MQTT keep alive; a dead line is noticed within twice this.
        connect_timeout_s: from the first packet to the broker's word that the box is in.
        reconnect_cap_s: greatest delay between attempts to connect.
        outbox_dir: directory of the outbox; made if absent.
        outbox_max_bytes: telemetry is thinned beyond this.
        outbox_min_free_bytes: of the file system; with less, telemetry is thinned rather than the outbox grown.
        profiles_dir: sensor profiles.
        models_dir: detector models.
        vision_dir: what the box remembers of its cameras, and their recordings; made if absent.
        health_host: address of the health endpoint.
        health_port: its port; 0 switches it off.
        linger_s: samples taken within this time share a message.
        live_window: messages sent at once and not yet receipted.
        backlog_rate_per_s: messages replayed per second at most, each holding many.
        backlog_pack_bytes: greatest size of a replayed message.
        backlog_window: replayed messages not yet receipted.
        receipt_timeout_s: without a receipt for so long, a message is sent again.
        host_interval_s: how often the box looks at its own health.
        status_interval_s: how often the retained status is renewed.
        log_level: of the logging module.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    site: Path | None = None
    box: str | None = None
    hardware_id: str = Field(default="", max_length=120)
    broker_host: str = "localhost"
    broker_port: int = Field(default=8883, ge=1, le=65_535)
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    identity_dir: Path | None = None
    parcel_dir: Path | None = None
    update_lock: Path | None = None
    plain_text: bool = False
    keepalive_s: int = Field(default=20, ge=2, le=3_600)
    connect_timeout_s: float = Field(default=10.0, gt=0, le=120)
    reconnect_cap_s: float = Field(default=60.0, gt=0, le=3_600)
    outbox_dir: Path = Path("/var/lib/satulayar/outbox")
    outbox_max_bytes: int = Field(default=1_073_741_824, ge=65_536)
    outbox_min_free_bytes: int = Field(default=67_108_864, ge=0)
    profiles_dir: Path = _REPOSITORY / "firmware-config" / "sensors"
    models_dir: Path = _REPOSITORY / "firmware-config" / "models"
    vision_dir: Path = Path("/var/lib/satulayar/vision")
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=8470, ge=0, le=65_535)
    linger_s: float = Field(default=0.1, ge=0, le=60)
    live_window: int = Field(default=200, ge=1, le=10_000)
    backlog_rate_per_s: float = Field(default=10.0, gt=0, le=1_000)
    backlog_pack_bytes: int = Field(default=65_536, ge=1_024, le=131_072)
    backlog_window: int = Field(default=4, ge=1, le=50)
    receipt_timeout_s: float = Field(default=30.0, gt=0, le=3_600)
    host_interval_s: float = Field(default=30.0, gt=0, le=3_600)
    status_interval_s: float = Field(default=60.0, gt=0, le=3_600)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
