"""Speaks to the API about signals, for the command line: JSON over HTTP, problems as errors."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

from cloud import errors

TIMEOUT_S = 40.0
STREAM_TIMEOUT_S = 60.0  # the API says something at least each quarter of a minute
_SERVER_ERROR = 500


class Client:
    """One who holds a token.

    Args:
        url: of the API's root.
        token: of an account.

    Raises:
        Misconfigured: the URL is no http URL.
    """

    def __init__(self, url: str, token: str) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise errors.Misconfigured(f"{url!r} is no http URL of an API")
        self._url = url.rstrip("/")
        self._token = token

    def get(self, path: str, **query: object) -> Any:
        """Read something.

        Raises:
            Refused: the API says no; the message says why.
            Unavailable: it does not answer, or cannot now.
        """
        return self._ask("GET", path, query, None)

    def post(self, path: str, body: object = None, **query: object) -> Any:
        """Ask for something; errors as `get`."""
        return self._ask("POST", path, query, body)

    def _ask(self, method: str, path: str, query: dict[str, object], body: object) -> Any:
        with self._open(method, path, query, body, TIMEOUT_S) as answer:
            return json.load(answer)

    def follow(self, path: str, **query: object) -> Iterator[tuple[str, Any]]:
        """Follow a stream of server-sent events as (event, data); errors as `get`."""
        name = ""
        try:
            with self._open("GET", path, query, None, STREAM_TIMEOUT_S) as answer:
                for raw in answer:
                    line = raw.decode().rstrip("\n")
                    if line.startswith("event: "):
                        name = line[7:]
                    elif line.startswith("data: "):
                        yield name, json.loads(line[6:])
        except OSError as error:
            raise errors.Unavailable(f"the stream has ended: {error}") from error

    def _open(self, method: str, path: str, query: dict[str, object], body: object, timeout_s: float) -> Any:
        asked = f"?{urlencode(query)}" if query else ""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path + asked, sent, headers, method=method)  # noqa: S310 - checked
        try:
            return urllib.request.urlopen(request, timeout=timeout_s)  # noqa: S310 - the scheme was checked
        except urllib.error.HTTPError as error:
            raise _as_ours(error) from error
        except OSError as error:
            raise errors.Unavailable(f"{self._url} does not answer: {error}") from error


def _as_ours(error: urllib.error.HTTPError) -> errors.CloudError:
    """Make an error of a problem document; with a rule, both sentences are said."""
    try:
        problem = json.loads(error.read())
    except ValueError:
        return errors.Unavailable(f"HTTP {error.code}, and no word of why")
    told = problem.get("detail", problem.get("title", f"HTTP {error.code}"))
    if "rule" in problem:
        told = f"[{problem['rule']}] {problem['detail_id']} / {problem['detail_en']}"
    return errors.Unavailable(told) if error.code >= _SERVER_ERROR else errors.Refused(told)
