"""Settings of `satulayar-api`, from environment variables with the prefix `SATULAYAR_API_`."""

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from cloud.api.openid_client import Client, is_safe
from cloud.errors import Misconfigured
from cloud.operations.book import SHIPPED
from cloud.signals.line import BrokerAddress
from edge.contract.variables import BadVariable, read_variables

PREFIX = "SATULAYAR_API_"


class ApiSettings(BaseSettings):
    """What `satulayar-api` may be told.

    Attributes:
        dsn: of the database, as the role `api`; key-value or URI form.
        host: address to listen on.
        port: TCP port to listen on; 0 takes a free one.
        log_level: the least serious level that is logged.
        pool_connections: the most connections to the database, besides the one that listens.
        statement_timeout_s: seconds after which the database gives up on a request.
        max_streams: the most live streams at a time; more are refused with 503.
        max_connections: the most connections at a time; must be more than the streams.
        slow_client_s: seconds that a client may leave an answer unread before it is dropped.
        trusted_proxies: addresses or networks of reverse proxies, with commas between; only they are believed
            when they say in X-Forwarded-For for whom they ask. Default: none.
        metrics_open_to: who may read /metrics without a token. Whatever a proxy forwards (it says so by
            X-Forwarded-For or Forwarded) is never from loopback.
        regency: its code, as it stands on the labels of boxes; a label of another one is refused.
        simulated: whether the page at / says that its figures are simulated.
        broker_host: name in the broker's certificate; without it no command can be sent.
        broker_port: TCP port of the broker's listener for services.
        ca_file: certificates of the authority that signed the broker's.
        cert_file: the API's certificate; its CN must be `api`.
        key_file: the key to it.
        box_ca_file: certificates of the authority of the boxes, PEM; without it no clip is taken by HTTPS.
        box_crl_file: its list of revoked certificates, PEM, as the broker has it; read again when it changes.
        media_box_day_bytes: evidence that one box may have stored in a day, as the ingester has it.
        alerts_secret: proves that an alarm comes from Grafana's contact point; without it none is taken.
        alerts_secret_file: a file that holds it.
        session_s: seconds after which somebody must sign in again in any case.
        session_idle_s: seconds without a request after which the same; an open page that is live asks all the time.
        session_crew_s: the same for a crew, which stays signed in on its phone.
        session_crew_idle_s: seconds without a request after which a crew must sign in again.
        map_tiles: address of raster map tiles with {z}, {x} and {y}; without it the map is drawn from our own roads.
        confirm_within_s: seconds from a request for a signal to its confirmation, after which it has failed.
        cap_sender: our name as a sender of CAP warnings, for example the address of the regency's disaster office;
            without it no warning can be issued.
        cap_sender_name: the same for people.
        operations_folder: with `kinds.yaml` and `rules.yaml`, as the engine has it.
        speech_program: that speaks texts for loudspeakers, espeak-ng or piper, by name or path; empty: none does.
        speech_model: of Piper's Indonesian voice (.onnx, its .onnx.json beside it).
        public_url: of this API as the public reaches it, for the links in its feeds; without it, as it was asked.
        openid_issuer: of an OpenID provider by which people may sign in, for example
            https://sso.example/realms/regency; needs openid_client_id and public_url.
        openid_client_id: what the provider knows us as.
        openid_client_secret: proves that it is us; without it a public client.
        openid_client_secret_file: a file that holds it.
        openid_name: of the provider, on the button.
        openid_scopes: what is asked for, with spaces between.
        openid_people: file that maps claims to role and agencies; without it only linked accounts may enter.
        openid_skew_s: seconds by which the provider's clock may differ.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    dsn: str = "dbname=satulayar user=api"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65_535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    pool_connections: int = Field(default=8, ge=1, le=200)
    statement_timeout_s: float = Field(default=10.0, gt=0, le=300)
    max_streams: int = Field(default=200, ge=0, le=10_000)
    max_connections: int = Field(default=1_000, ge=1, le=100_000)
    slow_client_s: float = Field(default=20.0, gt=0, le=600)
    trusted_proxies: str = ""
    metrics_open_to: Literal["nobody", "loopback", "everybody"] = "loopback"
    regency: str = Field(default="pasuruan", pattern=r"^[a-z][a-z0-9-]{3,60}$")
    simulated: bool = False
    broker_host: str | None = None
    broker_port: int = Field(default=8884, ge=1, le=65_535)
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    box_ca_file: Path | None = None
    box_crl_file: Path | None = None
    media_box_day_bytes: int = Field(default=1_073_741_824, ge=1_000)
    alerts_secret: SecretStr | None = None
    alerts_secret_file: Path | None = None
    session_s: float = Field(default=43_200, ge=1, le=604_800)
    session_idle_s: float = Field(default=7_200, ge=1, le=604_800)
    session_crew_s: float = Field(default=2_592_000, ge=1, le=7_776_000)
    session_crew_idle_s: float = Field(default=604_800, ge=1, le=7_776_000)
    map_tiles: str = Field(default="", max_length=500, pattern=r"^(https?://[^\s\"\']+)?$")
    confirm_within_s: float = Field(default=3.0, ge=1, le=60)
    cap_sender: str = Field(default="", max_length=200, pattern=r"^[^\s,<&]*$")
    cap_sender_name: str = Field(default="Pemerintah Kabupaten Pasuruan", min_length=1, max_length=200)
    operations_folder: Path = SHIPPED
    speech_program: str = Field(default="espeak-ng", max_length=500)
    speech_model: Path | None = None
    public_url: str = Field(default="", max_length=500, pattern=r"^(https?://[^\s?#]+)?$")
    openid_issuer: str = Field(default="", max_length=500, pattern=r"^(https?://[^\s?#]+)?$")
    openid_client_id: str = Field(default="", max_length=200)
    openid_client_secret: SecretStr | None = None
    openid_client_secret_file: Path | None = None
    openid_name: str = Field(default="OpenID", min_length=1, max_length=80)
    openid_scopes: str = Field(default="openid profile", pattern=r"^openid( [\x21\x23-\x5b\x5d-\x7e]+)*$")
    openid_people: Path | None = None
    openid_skew_s: int = Field(default=30, ge=0, le=300)

    @model_validator(mode="after")
    def _broker_is_whole(self) -> Self:
        if self.broker_host is not None and None in (self.ca_file, self.cert_file, self.key_file):
            raise ValueError("broker_host needs ca_file, cert_file and key_file as well")
        return self

    @model_validator(mode="after")
    def _openid_is_whole(self) -> Self:
        if not self.openid_issuer:
            return self
        if not (self.openid_client_id and self.public_url):
            raise ValueError("openid_issuer needs openid_client_id and public_url as well")
        if not is_safe(self.openid_issuer):
            raise ValueError("openid_issuer must be an https address; http is for this machine only")
        return self

    @model_validator(mode="after")
    def _streams_leave_room(self) -> Self:
        if self.max_connections <= self.max_streams:
            raise ValueError("max_connections must be more than max_streams")
        return self

    @field_validator("trusted_proxies")
    @classmethod
    def _are_addresses(cls, text: str) -> str:
        for part in filter(None, (part.strip() for part in text.split(","))):
            try:
                ip_network(part)
            except ValueError as error:
                raise ValueError(f"{part!r} is no address or network, such as 10.0.0.5 or 10.0.0.0/24") from error
        return text.strip()

    def read_alerts_secret(self) -> str | None:
        """Read the secret of alarms: as given, or from its file; None where there is none.

        Raises:
            Misconfigured: the file cannot be read.
        """
        return _read_secret(self.alerts_secret, self.alerts_secret_file, "ALERTS_SECRET_FILE")

    def read_openid(self) -> Client | None:
        """Read what an OpenID provider knows us as; None where there is none.

        Raises:
            Misconfigured: the file of its secret cannot be read.
        """
        if not self.openid_issuer:
            return None
        home = self.public_url.rstrip("/")
        return Client(
            issuer=self.openid_issuer,
            name=self.openid_name,
            client_id=self.openid_client_id,
            secret=_read_secret(self.openid_client_secret, self.openid_client_secret_file, "OPENID_CLIENT_SECRET_FILE"),
            redirect_uri=f"{home}/login/openid/back",
            home=f"{home}/login",
            scopes=self.openid_scopes,
            skew_s=self.openid_skew_s,
        )

    @property
    def broker(self) -> BrokerAddress | None:
        """Where commands go; None where this API sends none."""
        if self.broker_host is None or self.ca_file is None or self.cert_file is None or self.key_file is None:
            return None
        return BrokerAddress(self.broker_host, self.broker_port, self.ca_file, self.cert_file, self.key_file)


def _read_secret(given: SecretStr | None, path: Path | None, name: str) -> str | None:
    if path is None:
        return given.get_secret_value() if given else None
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except OSError as error:
        raise Misconfigured(f"{PREFIX}{name}: {path}: {error.strerror}") from error


def read_settings() -> ApiSettings:
    """Read the environment.

    Raises:
        Misconfigured: a variable is unknown or its value wrong; the message names it.
    """
    try:
        return read_variables(PREFIX, ApiSettings.model_fields, os.environ, ApiSettings)
    except BadVariable as error:
        raise Misconfigured(str(error)) from error
