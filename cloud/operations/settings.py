"""Settings of `satulayar-operations`, from environment variables with the prefix `SATULAYAR_OPERATIONS_`."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from cloud.operations.book import SHIPPED
from cloud.operations.errors import Misconfigured
from edge.contract.variables import BadVariable, read_variables

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

    def make() -> OperationsSettings:
        return OperationsSettings(**{name: value for name, value in given.items() if value is not None})

    try:
        return read_variables(PREFIX, OperationsSettings.model_fields, os.environ, make)
    except BadVariable as error:
        raise Misconfigured(str(error)) from error
