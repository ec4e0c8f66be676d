"""The one adapter to Grafana's HTTP API: grafana-client's connection, and its errors in our own words.

Only its requests are used: of the calls that it names, version 3.11 deletes a mute timing with GET and cannot update a
contact point without provenance. Source of every path: Grafana documentation, "HTTP API", 11.0 to 12.4.
"""

import re
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from grafana_client import GrafanaApi, TokenAuth
from grafana_client.client import GrafanaClientError, GrafanaException, GrafanaServerError

from grafana.errors import Misconfigured, Refused, Unavailable
from grafana.settings import WallSettings

FLOOR = 11
SIGNS_FROM = (11, 6)
"""Version from which a webhook is signed (HMAC)."""

_NUMBERS = re.compile(r"\d+(\.\d+)*")
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404
Json = dict[str, Any]


class Grafana:
    """A running Grafana.

    Args:
        settings: where it is, and who we are there.

    Raises:
        Misconfigured: the address or the token cannot be meant.
    """

    def __init__(self, settings: WallSettings) -> None:
        self.url = settings.url.rstrip("/")
        parts = urlsplit(self.url)
        token = settings.secret("token")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise Misconfigured(f"{settings.url} is no address such as https://grafana.example:3000")
        if not token:
            raise Misconfigured(
                "no token: make a service account with the role Admin in Grafana (Administration > Users and access), "
                "add a token, and give it in SATULAYAR_GRAFANA_TOKEN or SATULAYAR_GRAFANA_TOKEN_FILE"
            )
        self._client = GrafanaApi(
            TokenAuth(token),
            host=parts.hostname,
            port=parts.port,
            protocol=parts.scheme,
            url_path_prefix=f"{parts.path.strip('/')}/" if parts.path.strip("/") else "",
            verify=str(settings.ca_file) if settings.ca_file else True,
            timeout=settings.timeout_s,
        ).client
        self._provenance = {"X-Disable-Provenance": "true"} if settings.keep_editable else {}

    def version(self) -> tuple[int, ...]:
        """Ask which Grafana this is.

        Raises:
            Unavailable: it does not answer.
            Misconfigured: it is too old, or no Grafana.
        """
        found = self.get("/health")
        text = str(found.get("version", "")) if isinstance(found, dict) else ""
        numbers = read_version(text)
        if not numbers:
            raise Misconfigured(f"{self.url} does not say which Grafana it is; is it one?")
        if numbers[0] < FLOOR:
            raise Misconfigured(f"{self.url} is Grafana {text}; {FLOOR}.0 is the oldest that takes these dashboards")
        return numbers

    def get(self, path: str) -> Any:
        """Read; None where there is no such thing."""
        return self._send("GET", path)

    def send(self, method: str, path: str, content: Json) -> Any:
        """Write something."""
        return self._send(method, path, content)

    def send_alerting(self, method: str, path: str, content: Json) -> Any:
        """Write something of the alerting, editable in Grafana's own pages or not, as the settings say."""
        return self._send(method, path, content, self._provenance)

    def delete(self, path: str) -> None:
        """Remove something."""
        self._send("DELETE", path)

    def _send(self, method: str, path: str, content: Json | None = None, headers: Json | None = None) -> Any:
        try:
            return getattr(self._client, method)(path, json=content, headers=headers, accept_empty_json=True)
        except GrafanaServerError as error:
            raise Unavailable(f"{self.url} failed at {method} {path}: {error.message}") from error
        except GrafanaException as error:
            return self._refused(method, path, error)
        except requests.exceptions.SSLError as error:
            raise Misconfigured(
                f"{self.url}: its certificate is not trusted ({error}); see SATULAYAR_GRAFANA_CA_FILE"
            ) from error
        except requests.exceptions.JSONDecodeError as error:
            raise Misconfigured(f"{self.url}{path} does not answer as Grafana does; is it one?") from error
        except requests.exceptions.RequestException as error:
            raise Unavailable(f"{self.url} does not answer: {error}") from error

    def _refused(self, method: str, path: str, error: GrafanaException) -> None:
        if error.status_code == _NOT_FOUND and method == "GET":
            return
        if error.status_code == _UNAUTHORIZED:
            raise Misconfigured(f"{self.url} refuses the token: it is wrong, expired or revoked") from error
        if error.status_code == _FORBIDDEN:
            raise Misconfigured(
                f"{self.url}: the token may not {method} {path}; its service account needs the role Admin"
            ) from error
        reason = error.response if isinstance(error, GrafanaClientError) else error.message
        raise Refused(f"{self.url} refuses {method} {path}: {reason}") from error


def read_version(text: str) -> tuple[int, ...]:
    """Read a version such as 12.4.4 or 11.6.0-security-01 as numbers; empty where it is none."""
    found = _NUMBERS.match(text)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def escaped(name: str) -> str:
    """Write a name as part of a path."""
    return quote(name, safe="")
