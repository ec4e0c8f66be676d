"""Settings of `satulayar-provision`, from environment variables with the prefix `SATULAYAR_PROVISION_`."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from edge.contract.variables import BadVariable, read_variables
from provisioning.errors import Misconfigured

PREFIX = "SATULAYAR_PROVISION_"
CLOUD_HOST = "balena-cloud.com"


class ProvisionSettings(BaseSettings):
    """What `satulayar-provision` may be told.

    Attributes:
        balena_host: `balena-cloud.com`, or the domain of an openBalena; its API is at `api.` below it.
        balena_edition: `cloud` or `open`: an openBalena knows no custom location of a device, which is then a tag of
            ours. Absent: `cloud` for balena-cloud.com, `open` for any other host.
        balena_url: root of the API where it is not `https://api.{balena_host}/`.
        balena_token: API key with which devices and fleets may be changed.
        balena_ca_file: authority of the API's certificate, PEM; absent: those that the machine trusts.
        centre_url: root of the regency's own API, for claims, labels' codes and the registry.
        centre_token: of an administrator there; a crew's is enough to claim.
        centre_ca_file: authority of its certificate, PEM; absent: those that the machine trusts.
        requests_per_minute: sent to balena at most. balena publishes no figure and answers 429 beyond its own limit,
            which is respected as well; its SDK's documentation shows 300.
        workers: devices worked on at the same time.
        timeout_s: deadline of one request.
        attempts: of one request that fails for no fault of ours.
        ca_passphrase: opens the issuing authority's key; absent where it is not encrypted.
        root_passphrase: opens the offline root's key; asked for on the terminal when it is needed and absent.
        broker_host: the broker, for putting out who is revoked and for renewing; its listener for services.
        broker_port: of that listener.
        broker_reload: command that has the broker read its revocation list, such as
            `docker compose kill -s HUP broker`.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    balena_host: str = CLOUD_HOST
    balena_edition: Literal["cloud", "open"] | None = None
    balena_url: str | None = None
    balena_token: SecretStr | None = None
    balena_ca_file: Path | None = None
    centre_url: str | None = None
    centre_token: SecretStr | None = None
    centre_ca_file: Path | None = None
    requests_per_minute: int = Field(default=300, ge=1, le=1_000_000)
    workers: int = Field(default=8, ge=1, le=64)
    timeout_s: float = Field(default=30.0, gt=0, le=600)
    attempts: int = Field(default=6, ge=1, le=100)
    ca_passphrase: SecretStr | None = None
    root_passphrase: SecretStr | None = None
    broker_host: str = "localhost"
    broker_port: int = Field(default=8884, ge=1, le=65_535)
    broker_reload: str = ""

    @property
    def has_locations(self) -> bool:
        """Whether a device may have a custom location there."""
        edition = self.balena_edition or ("cloud" if self.balena_host == CLOUD_HOST else "open")
        return edition == "cloud"

    @property
    def api_url(self) -> str:
        """Root of balena's API, with a slash at its end."""
        return (self.balena_url or f"https://api.{self.balena_host}").rstrip("/") + "/"


def read_settings() -> ProvisionSettings:
    """Read the environment.

    Raises:
        Misconfigured: a variable is unknown or its value wrong; the message names it.
    """
    try:
        return read_variables(PREFIX, ProvisionSettings.model_fields, os.environ, ProvisionSettings)
    except BadVariable as error:
        raise Misconfigured(str(error)) from error
