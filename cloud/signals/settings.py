"""Settings of the command `satulayar-signals`, from environment variables with the prefix `SATULAYAR_SIGNALS_`."""

import os

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from cloud.errors import Misconfigured
from edge.contract.variables import BadVariable, read_variables

PREFIX = "SATULAYAR_SIGNALS_"


class SignalsSettings(BaseSettings):
    """What `satulayar-signals` may be told.

    Attributes:
        url: of the API's root.
        token: of an account with the role operator or above; `satulayar-db token create NAME --role operator`.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    url: str = "http://127.0.0.1:8080"
    token: SecretStr


def read_settings() -> SignalsSettings:
    """Read the environment.

    Raises:
        Misconfigured: a variable is unknown, missing or wrong; the message names it.
    """
    try:
        return read_variables(PREFIX, SignalsSettings.model_fields, os.environ, SignalsSettings)
    except BadVariable as error:
        raise Misconfigured(str(error)) from error
