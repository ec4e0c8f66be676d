"""Settings of `satulayar-operations`, from environment variables with the prefix `SATULAYAR_OPERATIONS_`."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from cloud.operations.book import SHIPPED
from cloud.operations.errors import Misconfigured
from edge.contract.variables import UnknownVariable, refuse_unknown

PREFIX = "SATULAYAR_OPERATIONS_"


class OperationsSettings(BaseSettings):
    """What `satulayar-operations` may be told.

    Attributes:
        dsn: of the database, as the role `operations`.
        folder: with `kinds.yaml` and `rules.yaml`.
        look_every_s: seconds between two looks at newest samples, silence and figures.
        log_level: the least serious level that is logged.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    dsn: str = "dbname=satulayar user=operations"
    folder: Path = SHIPPED
    look_every_s: Annotated[float, Field(gt=0, le=300)] = 5.0
    log_level: Literal["debug", "info", "warning", "error"] = "info"


def read_settings(**given: Any) -> OperationsSettings:
    """Read the environment; what is given otherwise wins, None means not given.

    Raises:
        Misconfigured: a variable is unknown or its value wrong; the message names it.
    """
    try:
        refuse_unknown(PREFIX, OperationsSettings.model_fields, os.environ)
        return OperationsSettings(**{name: value for name, value in given.items() if value is not None})
    except UnknownVariable as error:
        raise Misconfigured(str(error)) from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise Misconfigured(f"{PREFIX}{first['loc'][0]!s}".upper() + f": {first['msg']}") from error
