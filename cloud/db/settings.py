"""Settings of `satulayar-db`, from environment variables with the prefix `SATULAYAR_DB_`."""

import os
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from cloud.db.errors import Misconfigured
from edge.contract.variables import UnknownVariable, refuse_unknown

PREFIX = "SATULAYAR_DB_"


class DbSettings(BaseSettings):
    """What `satulayar-db` may be told.

    Attributes:
        dsn: of the database, as its owner; key-value or URI form.
        bin_dir: folder of PostgreSQL's programs, where `install` shall not look for them itself.
        log_level: the least serious level that is logged.
        raw_retention_d: days for which single samples are kept; at least 15, more than the longest outage.
        minute_retention_d: days for which minutes are kept.
        hour_retention_d: days for which hours are kept; None: for good. Days are always kept.
        rejected_retention_d: days for which refused messages are kept, and what no incident could be made of.
        media_retention_d: days for which evidence is kept; its event stays.
        proof_retention_d: days for which photos of closed incidents are kept, and who was told of them; incidents and
            their logs stay.
        media_max_bytes: the most that all evidence may take; beyond it the oldest goes first.
        maintain_interval_s: seconds between two passes of `maintain`.
        ingest_password: of the role `ingest`, set by `roles`; likewise for the others.
        ingest_password_file: a file that holds it, for container secrets; likewise for the others.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    dsn: str = "dbname=satulayar"
    bin_dir: Path | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    raw_retention_d: int = Field(default=90, ge=15, le=36_500)
    minute_retention_d: int = Field(default=730, ge=15, le=36_500)
    hour_retention_d: int | None = Field(default=None, ge=15, le=36_500)
    rejected_retention_d: int = Field(default=30, ge=1, le=36_500)
    media_retention_d: int = Field(default=90, ge=1, le=36_500)
    proof_retention_d: int = Field(default=1_095, ge=30, le=36_500)
    media_max_bytes: int = Field(default=214_748_364_800, ge=0)
    maintain_interval_s: float = Field(default=20.0, gt=0, le=3_600)
    ingest_password: SecretStr | None = None
    ingest_password_file: Path | None = None
    api_password: SecretStr | None = None
    api_password_file: Path | None = None
    wall_reader_password: SecretStr | None = None
    wall_reader_password_file: Path | None = None
    modules_password: SecretStr | None = None
    modules_password_file: Path | None = None
    operations_password: SecretStr | None = None
    operations_password_file: Path | None = None
    warnings_password: SecretStr | None = None
    warnings_password_file: Path | None = None

    @model_validator(mode="after")
    def _keep_sources_longer(self) -> Self:
        """A rollup is made again from the level below, so that one's source must outlive nothing it feeds."""
        if self.minute_retention_d < self.raw_retention_d:
            raise ValueError("minute_retention_d must be at least raw_retention_d")
        if self.hour_retention_d is not None and self.hour_retention_d < self.minute_retention_d:
            raise ValueError("hour_retention_d must be at least minute_retention_d")
        return self


def read_settings(**given: Any) -> DbSettings:
    """Read the environment.

    Args:
        given: settings from the command line; these win, None means not given.

    Raises:
        Misconfigured: a variable is unknown or its value wrong; the message names it.
    """
    try:
        refuse_unknown(PREFIX, DbSettings.model_fields, os.environ)
        return DbSettings(**{name: value for name, value in given.items() if value is not None})
    except UnknownVariable as error:
        raise Misconfigured(str(error)) from error
    except ValidationError as error:
        raise Misconfigured(_say(error)) from error


def _say(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    name = "".join(str(part) for part in first["loc"])
    return f"{PREFIX}{name.upper()}: {first['msg']}" if name else str(first["msg"])
