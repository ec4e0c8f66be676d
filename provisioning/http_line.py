"""Sends requests to a web API until they are answered: kept connections, deadlines, one pace for all threads."""

import random
import threading
import time
from dataclasses import dataclass
from typing import Any

import requests

from provisioning.errors import Misconfigured, Unavailable
from provisioning.pace import Pace
from provisioning.settings import PREFIX, ProvisionSettings

_FIRST_WAIT_S = 0.2
_WAIT_CAP_S = 60.0
_TOO_MANY = 429
_SERVER_FAULT = 500
"""From this status on, trying again may help."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is not about being busy.

    Attributes:
        status: of HTTP.
        text: as it came.
        content: the same, read from JSON where it is.
        is_ok: the request was carried out.
    """

    status: int
    text: str
    content: Any
    is_ok: bool


class HttpLine:
    """A line to one API; safe for threads."""

    def __init__(self, settings: ProvisionSettings) -> None:
        self._settings = settings
        self._token = settings.balena_token.get_secret_value() if settings.balena_token else ""
        self._pace = Pace(settings.requests_per_minute)
        self._local = threading.local()

    def send(self, method: str, url: str, body: Any = None) -> Answer:
        """Send a request until it is answered with more than "not now".

        A write whose answer got lost is sent again, so it must be one that does no harm twice.

        Raises:
            Unavailable: it was not answered in all attempts.
            Misconfigured: the other side's certificate is not trusted.
        """
        failure = ""
        for attempt in range(self._settings.attempts):
            self._pace.wait()
            try:
                answer = self._session().request(method, url, json=body, timeout=self._settings.timeout_s)
            except requests.exceptions.SSLError as error:
                remedy = f"name its authority in {PREFIX}BALENA_CA_FILE"
                raise Misconfigured(f"{_plain(url)}: its certificate is not trusted; {remedy} ({error})") from error
            except requests.RequestException as error:
                failure = str(error)
                self._back_off(attempt, None)
                continue
            if answer.status_code != _TOO_MANY and answer.status_code < _SERVER_FAULT:
                return _read(answer)
            failure = f"{answer.status_code} {answer.text[:200]}"
            self._back_off(attempt, answer.headers.get("Retry-After"))
        raise Unavailable(f"balena did not answer {method} {_plain(url)}: {failure}; run the same again later")

    def _back_off(self, attempt: int, retry_after: str | None) -> None:
        """Wait as long as the answer says, else twice as long each time; jittered, so that threads part."""
        if retry_after is not None and retry_after.isdigit():
            # A whole number of seconds, rounded: 0 is said for "in less than half a second".
            self._pace.hold(min(max(float(retry_after), 0.5), _WAIT_CAP_S))
            return
        time.sleep(min(_FIRST_WAIT_S * 2**attempt, _WAIT_CAP_S) * random.uniform(0.5, 1))  # noqa: S311 - no secret

    def _session(self) -> requests.Session:
        """Give this thread's session: requests' are not safe to share."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.headers["Authorization"] = f"Bearer {self._token}"
            if self._settings.balena_ca_file:
                session.verify = str(self._settings.balena_ca_file)
                session.trust_env = False  # else REQUESTS_CA_BUNDLE goes before it
            self._local.session = session
        return session


def _read(answer: requests.Response) -> Answer:
    is_json = "json" in answer.headers.get("Content-Type", "")
    return Answer(answer.status_code, answer.text, answer.json() if is_json else answer.text, answer.ok)


def _plain(url: str) -> str:
    return url.partition("?")[0]
