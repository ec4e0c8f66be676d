"""Settings of `satulayar-grafana`, from environment variables with the prefix `SATULAYAR_GRAFANA_`."""

import os
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from grafana.errors import Misconfigured
from grafana.manifests import FOLDER
from grafana.names import DEFAULT_CONSOLE

PREFIX = "SATULAYAR_GRAFANA_"
SslMode = Literal["disable", "require", "verify-ca", "verify-full"]


class WallSettings(BaseSettings):
    """What `satulayar-grafana` may be told.

    Attributes:
        url: of Grafana, without a user in it.
        token: of a service account with the role Admin; or
        token_file: a file that holds it, for container secrets.
        ca_file: authority that signed Grafana's certificate; None: the machine's own.
        timeout_s: seconds for one request.
        console_url: where the pages are that act, as people's browsers reach it.
        runbook_url: where the runbooks are read; a rule's link is this, a slash and the page.
        database_host: host and port of the database, as Grafana reaches it.
        database_name: of the database.
        database_user: the role that reads views and nothing else.
        database_password: its password; None leaves the one Grafana has.
        database_password_file: a file that holds it.
        database_ssl: verify-full, or disable where only one machine is between.
        database_ca: text of the authority's certificate, for verify-ca and verify-full.
        alerts_url: where notifications go; the API's `/v1/alerts/grafana`.
        alerts_secret: signs them (Grafana 11.6 and later), and is sent as a bearer token before.
        alerts_secret_file: a file that holds it.
        maintenance_from: when the weekly maintenance begins, WIB.
        maintenance_to: when it ends, WIB.
        module_folders: folders of public services' modules besides the shipped ones, parted by colons.
        keep_editable: whether rules may be edited in Grafana's own pages, too (no provenance).
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    url: str = "http://127.0.0.1:3000"
    token: SecretStr | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    timeout_s: float = Field(default=10.0, gt=0, le=300)
    console_url: str = DEFAULT_CONSOLE
    runbook_url: str = "https://github.com/satulayar/satulayar/blob/main/grafana/runbooks"
    database_host: str = "127.0.0.1:5432"
    database_name: str = "satulayar"
    database_user: str = "wall_reader"
    database_password: SecretStr | None = None
    database_password_file: Path | None = None
    database_ssl: SslMode = "verify-full"
    database_ca: str = ""
    alerts_url: str = f"{DEFAULT_CONSOLE}/v1/alerts/grafana"
    alerts_secret: SecretStr | None = None
    alerts_secret_file: Path | None = None
    maintenance_from: str = Field(default="01:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    maintenance_to: str = Field(default="03:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    module_folders: str = ""
    keep_editable: bool = False

    @property
    def folders(self) -> tuple[Path, ...]:
        """Every folder of modules."""
        return (FOLDER, *(Path(part) for part in self.module_folders.split(":") if part))

    @model_validator(mode="after")
    def _secrets_come_from_one_place(self) -> Self:
        for name in ("token", "database_password", "alerts_secret"):
            if getattr(self, name) is not None and getattr(self, f"{name}_file") is not None:
                raise ValueError(f"{name} and {name}_file exclude each other")
        return self

    def secret(self, name: str) -> str | None:
        """Read a secret: as given, or from its file.

        Raises:
            Misconfigured: the file cannot be read.
        """
        given, path = getattr(self, name), getattr(self, f"{name}_file")
        if path is None:
            return given.get_secret_value() if given else None
        try:
            return str(path.read_text(encoding="utf-8").strip())
        except OSError as error:
            raise Misconfigured(f"{PREFIX}{name.upper()}_FILE: {path}: {error.strerror}") from error


def read_settings(**given: Any) -> WallSettings:
    """Read the environment.

    Args:
        given: settings from the command line; these win, None means not given.

    Raises:
        Misconfigured: a variable is unknown or its value wrong; the message names it.
    """
    known = {f"{PREFIX}{name}".upper() for name in WallSettings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise Misconfigured(f"{unknown[0]} is no setting of satulayar-grafana; see grafana/README.md")
    try:
        return WallSettings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "".join(str(part) for part in first["loc"]).upper()
        raise Misconfigured(f"{PREFIX}{name}: {first['msg']}") from error
