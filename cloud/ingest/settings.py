"""Settings of the ingester: environment variables with the prefix `SATULAYAR_INGEST_`."""

import socket
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "SATULAYAR_INGEST_"


class Settings(BaseSettings):
    """What the ingester must be told.

    Attributes:
        database: libpq connection string of the role `ingest`.
        broker_host: name in the broker's certificate.
        broker_port: TCP port of the broker's TLS listener.
        broker_log: what `run.sh` keeps of the broker's log, to count refused publishes from; None where the broker runs
            on another machine. Of several ingesters one reads it.
        ca_file: certificates of the authority that signed the broker's.
        cert_file: this ingester's certificate; its CN must be `ingest`.
        key_file: the key to it.
        instance: names this ingester to the broker; unique among ingesters, and the same after a restart, because
            the broker keeps what waits for it under this name.
        share: group of the shared subscription, the same for all ingesters of a regency.
        session_expiry_s: how long the broker keeps what waits for an ingester that is gone.
        receive_maximum: messages that the broker may hand out without acknowledgement (MQTT 5 section 3.1.2.11.3):
            the bound of what this process holds in memory.
        linger_s: the least time between two batches; the price of larger batches in latency.
        batch_bytes: payload bytes that close a batch of live messages.
        backlog_bytes: payload bytes of backlog that ride along with each batch, so that live data stays quick.
        latest_interval_s: how often the newest value of each series is written.
        media_box_day_bytes: evidence that one box may have stored in a day (midnight to midnight, +07).
        metrics_host: where Prometheus scrapes.
        metrics_port: 0 switches the metrics off.
        log_level: the least serious level that is written.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    database: str
    broker_host: str = "localhost"
    broker_port: Annotated[int, Field(ge=1, le=65_535)] = 8883
    broker_log: Path | None = None
    ca_file: Path
    cert_file: Path
    key_file: Path
    instance: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,60}$")] = socket.gethostname().replace(".", "-")[:60]
    share: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,60}$")] = "ingest"
    session_expiry_s: Annotated[int, Field(ge=0)] = 86_400
    receive_maximum: Annotated[int, Field(ge=10, le=65_535)] = 4_000
    linger_s: Annotated[float, Field(ge=0, le=1)] = 0.02
    batch_bytes: Annotated[int, Field(ge=1_000)] = 1_000_000
    backlog_bytes: Annotated[int, Field(ge=1_000)] = 400_000
    latest_interval_s: Annotated[float, Field(gt=0, le=60)] = 0.5
    media_box_day_bytes: Annotated[int, Field(ge=1_000)] = 1_073_741_824
    metrics_host: str = "127.0.0.1"
    metrics_port: Annotated[int, Field(ge=0, le=65_535)] = 9101
    log_level: str = "info"
