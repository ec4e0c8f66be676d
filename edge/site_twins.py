"""What must not be twice in a site file: codes of assets, cameras, lanes and movements, and streams of cameras.

Taken from the raw content, before anything is known to be right, so that all faults show at once.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from edge.contract.documents import Fault, Where, dotted
from edge.vision.reasons import Reason

_RTSP_PORT = {"rtsp": 554, "rtsps": 322}
_MASKS = ("masks", "masked_by_camera")


def twins(content: dict[str, Any]) -> list[Fault]:
    """Find what is twice; the fault is the second's, and the first's too where their masks differ."""
    return [*_same_codes(content), *_same_streams(content)]


def _same_codes(content: dict[str, Any]) -> Iterator[Fault]:
    seen: dict[str, Where] = {}
    for where, code in _codes(content):
        if not isinstance(code, str):
            continue
        first = seen.setdefault(code, where)
        if first != where:
            place = dotted(first[:-1])
            yield _fault(where, f"{code} sudah dipakai {place}: beri kode lain", f"{code} is {place} already")
            yield from _unlike(content, first, where)


def _same_streams(content: dict[str, Any]) -> Iterator[Fault]:
    seen: dict[str, tuple[Where, Any]] = {}
    for index, camera in _mappings(content.get("cameras")):
        address, where = _address(camera.get("sub")), ("cameras", index, "sub")
        if not address:
            continue
        first, code = seen.setdefault(address, (where, camera.get("code")))
        if first != where:
            yield _fault(
                where,
                f"{camera.get('code')} memakai aliran yang sama dengan {code} ({dotted(first)}): sisakan satu, atau"
                " beri alamatnya sendiri",
                f"{camera.get('code')} has the same stream as {code} ({dotted(first)}): keep one, or give it its own"
                " address",
            )
            yield from _unlike(content, first, where)


def _unlike(content: dict[str, Any], first: Where, second: Where) -> Iterator[Fault]:
    """Where two are perhaps one camera and only one of them has a mask, nobody knows whether it may be looked at."""
    if first[0] != "cameras" or len(first) != len(second) or first[2] not in ("code", "sub"):
        return
    one, other = (content["cameras"][where[1]] for where in (first, second))
    if any((one.get(part) or None) != (other.get(part) or None) for part in _MASKS):
        place = dotted(second[:2])
        yield _fault(
            first,
            f"{place} kamera yang sama dengan masks lain: tulis sekali, dengan semua masks",
            f"{place} is the same camera with other masks: write it once, with all masks",
        )


def _fault(where: Where, message_id: str, message_en: str) -> Fault:
    return Fault(where, Reason(message_id, message_en), {})


def _address(url: object) -> str:
    """Give what is the same of two addresses of one stream; nothing of what is no address."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        if parts is None or not parts.scheme:
            return ""
        port = parts.port or _RTSP_PORT.get(parts.scheme, 0)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname or ''}:{port}{parts.path}?{parts.query}"


def _codes(content: dict[str, Any]) -> Iterator[tuple[Where, Any]]:
    for index, asset in _mappings(content.get("assets")):
        yield ("assets", index, "code"), asset.get("code")
    for index, camera in _mappings(content.get("cameras")):
        yield ("cameras", index, "code"), camera.get("code")
        for kind in ("lanes", "movements"):
            for part, one in _mappings(camera.get(kind)):
                yield ("cameras", index, kind, part, "name"), f"{camera.get('code')}-{one.get('name')}"


def _mappings(found: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    listed = found if isinstance(found, list) else []
    return ((index, one) for index, one in enumerate(listed) if isinstance(one, dict))
