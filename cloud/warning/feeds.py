"""Reads what others publish, politely: only what has changed, bounded in size and time, never faster than allowed."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from cloud.modules.sources.guard import make_client, told
from cloud.warning.cap_xml import MAX_BYTES
from cloud.warning.errors import Unavailable

TIMEOUT_S = 15.0
# BMKG allows 60 a minute from one address; others of the regency may read there too.
LEAST_PAUSE_S = 2.0
SETTING = "SATULAYAR_WARNINGS_ALLOWED_HOSTS"
_UNCHANGED, _OK, _TOO_MANY = 304, 200, 429
_LONGEST_REST_S = 900.0


class FeedAway(Unavailable):
    """A feed has not answered, or not with what it should.

    Args:
        text_id: what is wrong, in Indonesian.
        text_en: the same in English.
        rest_s: so long it wants to be left alone.
    """

    def __init__(self, text_id: str, text_en: str, rest_s: float = 0.0) -> None:
        super().__init__(text_en)
        self.text_id = text_id
        self.text_en = text_en
        self.rest_s = rest_s


@dataclass(frozen=True, slots=True)
class Version:
    """What a server said of the version that it gave last."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def conditions(self) -> dict[str, str]:
        """Headers that ask only for what is newer (RFC 9110 section 13)."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a feed gave. `content` is None where nothing has changed."""

    content: bytes | None
    version: Version


class Feeds:
    """Asks, one request after the other.

    Args:
        allowed: hosts in private ranges that may be asked.
        contact: put into the User-Agent.
        sleep: takes seconds; tests hold it, and a stop cuts it short.
    """

    def __init__(
        self, allowed: frozenset[str], contact: str = "", sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._client = make_client(allowed, TIMEOUT_S)
        self._client.headers["User-Agent"] = f"satulayar-warnings ({contact})" if contact else "satulayar-warnings"
        self._sleep = sleep
        self._next_s = 0.0

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def read(self, url: str, version: Version | None = None) -> Answer:
        """Ask for a document.

        Args:
            url: where.
            version: what is here already; None asks in any case.

        Raises:
            FeedAway: it did not come, or is larger than a warning can be.
        """
        self._pause()
        host = httpx.URL(url).host
        known = version or Version()
        try:
            with self._client.stream("GET", url, headers=known.conditions) as answer:
                if answer.status_code == _UNCHANGED:
                    return Answer(None, known)
                _judge(answer, host)
                return Answer(_receive(answer, host), _version(answer))
        except httpx.HTTPError as error:
            said = told(error, host, SETTING)
            raise FeedAway(said.text_id, said.text_en) from error

    def _pause(self) -> None:
        wait_s = self._next_s - time.monotonic()
        if wait_s > 0:
            self._sleep(wait_s)
        self._next_s = time.monotonic() + LEAST_PAUSE_S


def _judge(answer: httpx.Response, host: str) -> None:
    if answer.status_code == _OK:
        return
    wait = answer.headers.get("retry-after", "")
    rest_s = min(_LONGEST_REST_S, float(wait)) if wait.isdecimal() else 0.0
    if answer.status_code == _TOO_MANY:
        raise FeedAway(
            f"{host} meminta kami lebih jarang bertanya.", f"{host} asks us to ask less often.", rest_s or 60.0
        )
    status = answer.status_code
    raise FeedAway(f"{host} menjawab {status}.", f"{host} answers {status}.", rest_s)


def _receive(answer: httpx.Response, host: str) -> bytes:
    until_s = time.monotonic() + TIMEOUT_S
    content = bytearray()
    for chunk in answer.iter_bytes(65_536):
        content += chunk
        if len(content) > MAX_BYTES:
            raise FeedAway(
                f"{host} menjawab lebih dari {MAX_BYTES} byte: itu bukan peringatan.",
                f"{host} answers with more than {MAX_BYTES} bytes: that is no warning.",
            )
        if time.monotonic() > until_s:
            raise FeedAway(f"{host} terlalu lambat.", f"{host} took longer than {TIMEOUT_S:g} s.")
    return bytes(content)


def _version(answer: httpx.Response) -> Version:
    return Version(answer.headers.get("etag"), answer.headers.get("last-modified"))
