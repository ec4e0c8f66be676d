"""Settings of `satulayar-notify`, from environment variables with the prefix `SATULAYAR_NOTIFY_`."""

import os
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from cloud.errors import Misconfigured
from edge.contract.variables import UnknownVariable, refuse_unknown

PREFIX = "SATULAYAR_NOTIFY_"


class NotifySettings(BaseSettings):
    """What `satulayar-notify` may be told.

    Attributes:
        dsn: of the database, as the role `operations`.
        console_url: of the console, for the link in a message; empty: none.
        at_once: ways that are used at the same time.
        timeout_s: after which a way that does not answer has failed.
        attempts: after which a message is given up.
        first_pause_s: between the first attempt and the second; it doubles each time.
        log_level: the least serious level that is logged.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    dsn: str = "dbname=satulayar user=operations"
    console_url: Annotated[str, Field(max_length=500, pattern=r"^(https?://[^\s?#]+)?$")] = ""
    at_once: Annotated[int, Field(ge=1, le=32)] = 4
    timeout_s: Annotated[float, Field(ge=1, le=60)] = 10.0
    attempts: Annotated[int, Field(ge=1, le=20)] = 8
    first_pause_s: Annotated[float, Field(gt=0, le=3_600)] = 15.0
    log_level: Literal["debug", "info", "warning", "error"] = "info"


def read_settings(**given: Any) -> NotifySettings:
    """Read the environment; what is given otherwise wins, None means not given.

    Raises:
        Misconfigured: a variable is unknown or its value wrong; the message names it.
    """
    try:
        refuse_unknown(PREFIX, NotifySettings.model_fields, os.environ)
        return NotifySettings(**{name: value for name, value in given.items() if value is not None})
    except UnknownVariable as error:
        raise Misconfigured(str(error)) from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0]).upper() if first["loc"] else ""
        raise Misconfigured(f"{PREFIX}{name}: {first['msg']}") from error
