"""Asks a horn how it is: one JSON document over HTTP, read as the site file says.

Horns differ in what they tell and agree on this much; the standard library's openers know Basic and Digest, which is
what they want for a login. It blocks, so it runs in a thread, with a deadline.
"""

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from edge.errors import Unavailable
from edge.site_loudspeakers import HornStatus

TIMEOUT_S = 1.0
MOST_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Word:
    """What a horn said of itself.

    Attributes:
        playing: whether it plays.
        muted: None where it does not say.
        clipping: None where it does not say.
        heard_db: at its own microphone; None where it has none.
    """

    playing: bool
    muted: bool | None = None
    clipping: bool | None = None
    heard_db: float | None = None


def ask(place: HornStatus) -> Word:
    """Ask a horn.

    Raises:
        Unavailable: it does not answer, or nothing that can be read.
    """
    try:
        with _opener(place).open(place.url, timeout=TIMEOUT_S) as answer:
            content = json.loads(answer.read(MOST_BYTES))
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise Unavailable(f"horn does not say how it is: {error}") from error
    return read(place, content)


def read(place: HornStatus, content: Any) -> Word:
    """Read a horn's document.

    Raises:
        Unavailable: what it is said to have is not there.
    """
    return Word(
        playing=bool(_flag(_find(content, place.playing), place.playing_words)),
        muted=_flag(_find(content, place.muted), ["muted"]) if place.muted else None,
        clipping=_flag(_find(content, place.clipping), ["clipping"]) if place.clipping else None,
        heard_db=_number(_find(content, place.heard_db)) if place.heard_db else None,
    )


def _opener(place: HornStatus) -> urllib.request.OpenerDirector:
    # no proxy: a horn stands in the same cabinet's network
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    user, colon, password = os.environ.get(place.login_variable, "").partition(":")
    if colon:
        known = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        known.add_password(None, place.url, user, password)
        handlers += [urllib.request.HTTPDigestAuthHandler(known), urllib.request.HTTPBasicAuthHandler(known)]
    return urllib.request.build_opener(*handlers)


def _find(content: Any, pointer: str) -> Any:
    here = content
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        try:
            here = here[int(name)] if isinstance(here, list) else here[name]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise Unavailable(f"horn's document has no {pointer}") from error
    return here


def _flag(found: Any, words: list[str]) -> bool:
    return found.lower() in words if isinstance(found, str) else bool(found)


def _number(found: Any) -> float | None:
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None
