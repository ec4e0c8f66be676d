"""What must not be twice in a site file: codes of assets, cameras, lanes and movements, and streams of cameras.

Taken from the raw content, before anything is known to be right, so that all faults show at once.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from edge.contract.documents import Fault, Where, dotted
from edge.left_out import may_hide_a_mask
from edge.site_names import Names
from edge.site_vision import CameraPlace
from edge.vision.reasons import Reason

_RTSP_PORT = {"rtsp": 554, "rtsps": 322}
_MASKS = ("masks", "masked_by_camera")
Hides = Callable[[int | str], bool]
_NO_NAMES = Names(profiles={}, site="", boxes=[], buses=[], assets={})


def twins(content: dict[str, Any]) -> list[Fault]:
    """Find what is twice; the fault is the second's, and both whole cameras' where their masks differ or may."""
    hides = cache(lambda index: _hides(content["cameras"][index]))  # of many twins each is judged once
    return [*_same_codes(content, hides), *_same_streams(content, hides)]


def _same_codes(content: dict[str, Any], hides: Hides) -> Iterator[Fault]:
    seen: dict[str, Where] = {}
    for where, code in _codes(content):
        if not isinstance(code, str):
            continue
        first = seen.setdefault(code, where)
        if first != where:
            place = dotted(first[:-1])
            yield _fault(where, f"{code} sudah dipakai {place}: beri kode lain", f"{code} is {place} already")
            yield from _unlike(content, first, where, hides)


def _same_streams(content: dict[str, Any], hides: Hides) -> Iterator[Fault]:
    """Find streams of two cameras; one camera's own two may be one."""
    seen: dict[str, list[Where]] = {}
    for index, camera in _mappings(content.get("cameras")):
        for stream in ("sub", "main"):
            address, where = _address(camera.get(stream)), ("cameras", index, stream)
            others = [other for other in seen.get(address, []) if other[1] != index]
            if address:
                seen.setdefault(address, []).append(where)
            if others:
                yield _same_stream(content, others[0], where)
            for other in others:
                yield from _unlike(content, other, where, hides)


def _same_stream(content: dict[str, Any], first: Where, second: Where) -> Fault:
    code, other = (content["cameras"][where[1]].get("code") for where in (first, second))
    return _fault(
        second,
        f"{other} memakai aliran yang sama dengan {code} ({dotted(first)}): sisakan satu, atau beri alamatnya sendiri",
        f"{other} has the same stream as {code} ({dotted(first)}): keep one, or give it its own address",
    )


def _unlike(content: dict[str, Any], first: Where, second: Where, hides: Hides) -> Iterator[Fault]:
    """Where two are perhaps one camera and only one of them has a mask, nobody knows whether it may be looked at."""
    if first[0] != "cameras" or len(first) != len(second) or first[2] not in ("code", "sub", "main"):
        return
    one, other = (content["cameras"][where[1]] for where in (first, second))
    differ = any((one.get(part) or None) != (other.get(part) or None) for part in _MASKS)
    if differ or any(hides(where[1]) for where in (first, second)):
        for where, same in ((first[:2], second[:2]), (second[:2], first[:2])):
            yield _fault(
                where,
                f"{dotted(same)} kamera yang sama dengan masks lain: tulis sekali, dengan semua masks",
                f"{dotted(same)} is the same camera with other masks: write it once, with all masks",
            )


def _hides(camera: dict[str, Any]) -> bool:
    """Tell whether a camera may have masks that are not where they are looked for."""
    try:
        CameraPlace.model_validate(camera, context=_NO_NAMES)
    except ValidationError as error:
        found = [Fault(("cameras", 0, *one["loc"]), one["msg"], {**one}) for one in error.errors()]
        return any(may_hide_a_mask(one) for one in found)
    return False


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
