"""Commissioning a box on the spot: asks it for its signed report until all is in order, and adds what people saw.

It needs a way to the box's health endpoint and no network beyond: on the spot by cable, from the office by a tunnel.
"""

import base64
import binascii
import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import requests
from pydantic import ValidationError

from edge.contract.commissioning import Document, SignedReport
from provisioning.errors import Misconfigured, Refused, Unavailable

_TIMEOUT_S = 15.0  # cameras have seconds to show a picture
MAX_BYTES = 80_000_000  # 64 cameras' pictures
_LOOK_S = 1.0
Pictures = dict[str, bytes]


def ask_until_good(
    url: str, within_s: float, sleep: Callable[[float], None] = time.sleep
) -> tuple[SignedReport, Pictures]:
    """Ask a box until everything that it measures is in order, or the time is over.

    Args:
        url: of the agent's health endpoint, `http://127.0.0.1:8470`.
        within_s: how long that may take: a receipt comes when the line is up.
        sleep: waits for seconds.

    Raises:
        Unavailable: the box does not answer, or cannot sign yet.
        Misconfigured: what answers is no agent.
    """
    until_s = time.monotonic() + within_s
    while True:
        signed, pictures = ask(url)
        if _is_good(signed) or time.monotonic() >= until_s:
            return signed, pictures
        sleep(_LOOK_S)


def ask(url: str) -> tuple[SignedReport, Pictures]:
    """Ask an agent for its report.

    Raises:
        Unavailable: nobody answers, or the box cannot sign.
        Misconfigured: what answers is no agent.
    """
    content = _get(f"{url.rstrip('/')}/commissioning")
    if content is not None and set(content) == {"error"}:
        raise Unavailable(f"{url}: the box cannot report: {content['error']}")
    try:
        signed = SignedReport.model_validate(content)
        pictures = {str(asset): base64.b64decode(coded) for asset, coded in (content or {})["pictures"].items()}
    except (ValidationError, KeyError, AttributeError, TypeError, binascii.Error) as error:
        raise Misconfigured(f"{url} is not a box of ours: is the address right?") from error
    return signed, pictures


def signed_pictures(document: Document, pictures: Pictures) -> Pictures:
    """Give the pictures that belong to a verified report: their names become files, so only the signed ones may.

    Raises:
        Refused: a picture is not the one that the box signed.
    """
    for asset, content in pictures.items():
        if document.pictures.get(asset) != hashlib.sha256(content).hexdigest():
            raise Refused(f"the picture {asset[:80]!r} is none that the box signed: have it commissioned again")
    return pictures


def _get(url: str) -> dict[str, Any] | None:
    try:
        with requests.get(url, timeout=_TIMEOUT_S, allow_redirects=False, stream=True) as answer:
            body = _read(answer)
        content = json.loads(body) if len(body) <= MAX_BYTES else None
    except (ValueError, RecursionError) as error:
        raise Misconfigured(f"{url} is not a box of ours: is the address right?") from error
    except requests.RequestException as error:
        raise Unavailable(f"{url}: the box does not answer: is it on, is the cable in, is this its address?") from error
    return content if isinstance(content, dict) else None


def _read(answer: requests.Response) -> bytes:
    """Read an answer; one that is longer than any box's is cut off."""
    body = bytearray()
    for part in answer.iter_content(65_536):
        body += part
        if len(body) > MAX_BYTES:
            break
    return bytes(body)


def _is_good(signed: SignedReport) -> bool:
    try:
        return Document.model_validate_json(signed.document).passed
    except ValidationError:
        return False
