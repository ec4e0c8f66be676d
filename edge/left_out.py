"""What is left out of a site file, so that a fault in one camera costs that part of it, or that camera, and no more.

A lane, a zone, a movement, the calibration or the main stream stands for itself: without it the camera still does all
else. Every other fault leaves out the whole camera, above all one that may concern its masks: a mask that is wrong, a
field that nobody knows, wherever in the camera it stands (it may be a misspelt `masks`, or one that is indented too
deep), a list or a mapping where something else is wanted, a key twice (of the first nobody knows what it held), a zone
of a kind that nobody knows (somebody may have meant a mask), a camera that stands there twice with masks that differ or
may. A piece of a camera that is no camera itself may hold the masks of any, and leaves out all. A mask is never left
out while its camera is looked at.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from edge.contract.documents import TWICE, Fault, Where
from edge.vision.reasons import Reason

_LISTED = ("lanes", "zones", "movements")
_ALONE = ("main", "calibration", *_LISTED)
MOST_TOLD = 300  # characters of what is wrong, in an event
_PART_OF_LIST = 4  # cameras, 0, lanes, 0
_UNREAD = ("extra_forbidden", "invalid_key", "too_long")  # pydantic reads no item of a list that is too long


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is left out of a camera.

    Attributes:
        camera: its code; empty where it has none that could be its.
        box: whose it would be.
        is_whole: the camera itself is left out, not only parts of it.
        whys: what is wrong, with file, line, path and remedy.
    """

    camera: str
    box: str
    is_whole: bool
    whys: tuple[Reason, ...]

    @property
    def why(self) -> Reason:
        """What is wrong, short enough for an event."""
        told, rest = [self.whys[0]], list(self.whys[1:])
        while rest and sum(len(one) + 2 for one in (*told, rest[0])) <= MOST_TOLD:
            told.append(rest.pop(0))
        if rest:
            told.append(Reason(f"dan {len(rest)} lagi", f"and {len(rest)} more"))
        return Reason("; ".join(one.id for one in told), "; ".join(told))

    def describe(self) -> dict[str, Any]:
        """Say it for a person at the box."""
        return {
            "camera": self.camera,
            "is_whole": self.is_whole,
            "what": list(self.whys),
            "what_id": [why.id for why in self.whys],
        }


def parts_to_leave(fault: Fault, cameras: int) -> list[Where]:
    """Give what has to be left out for a fault; nothing where it is in no camera.

    Args:
        fault: with its place in the file.
        cameras: how many the file has; what is wrong with what looks at all of them costs each.
    """
    where = fault.where
    everyone: list[Where] = [("cameras", index) for index in range(cameras)]
    if where[:1] == ("vision",):
        return [("vision",), *everyone]
    if where[:1] != ("cameras",) or len(where) < 2:  # noqa: PLR2004 - the list and its item
        return []
    if _is_piece(fault):
        return everyone
    if len(where) == 2 or where[2] not in _ALONE or may_hide_a_mask(fault):  # noqa: PLR2004
        return [where[:2]]
    return [where[:_PART_OF_LIST] if where[2] in _LISTED else where[:3]]


def may_hide_a_mask(fault: Fault) -> bool:
    """Tell whether what is wrong in a camera may be one of its masks in another place or under another name.

    Args:
        fault: with its place in the file, cameras[0] at the least.
    """
    where, kind = fault.where, fault.found.get("type", "")
    is_of_other_shape = kind.endswith("_type") and (
        len(where) <= _PART_OF_LIST or isinstance(fault.found["input"], dict | list)
    )
    return is_of_other_shape or kind in _UNREAD or fault.message == TWICE or where[2::2][:2] == ("zones", "kind")


def _is_piece(fault: Fault) -> bool:
    """Tell whether an item of the cameras is none, as where a dash stands before the masks of the one above."""
    kind, part = fault.found.get("type", ""), fault.where[2:]
    return (kind == "model_type" and not part) or (
        kind == "missing" and part == ("code",) and "sub" not in fault.found["input"]
    )


def without(content: dict[str, Any], parts: Iterable[Where]) -> tuple[dict[str, Any], Callable[[Where], Where]]:
    """Give a site file's content without some parts, and what tells where in the file a part of it is.

    Args:
        content: of the file.
        parts: as `parts_to_leave` gives them.
    """
    gone, numbers = set(parts), dict[Where, list[int]]()

    def kept(found: Any, where: Where) -> Any:
        if not isinstance(found, list) or not any(part[: len(where)] == where for part in gone):
            return found
        numbers[where] = [index for index in range(len(found)) if (*where, index) not in gone]
        return [found[index] for index in numbers[where]]

    def camera_of(found: Any, where: Where) -> Any:
        if not isinstance(found, dict):
            return found
        return {
            name: kept(part, (*where, name)) if name in _LISTED else part
            for name, part in found.items()
            if (*where, name) not in gone
        }

    left = {name: part for name, part in content.items() if (name,) not in gone}
    cameras = left.get("cameras")
    if isinstance(cameras, list):
        numbered = [camera_of(camera, ("cameras", index)) for index, camera in enumerate(cameras)]
        left["cameras"] = kept(numbered, ("cameras",))

    def in_file(loc: Where) -> Where:
        where: Where = ()
        for part in loc:
            where = (*where, numbers[where][part] if where in numbers and isinstance(part, int) else part)
        return where

    return left, in_file


def is_within(where: Where, parts: Iterable[Where]) -> bool:
    """Tell whether a place is in something that is left out."""
    return any(where[: len(part)] == part for part in parts)


def tell_left_out(
    content: dict[str, Any],
    faults: dict[Where, list[Reason]],
    going_on: Collection[str],
    is_code: Callable[[str], bool],
) -> list[LeftOut]:
    """Say of each camera what is left out of it.

    Args:
        content: of the whole file.
        faults: by what is left out for them.
        going_on: codes of the cameras that are not left out.
        is_code: tells whether a word can be a camera's code at this site.
    """
    boxes, found = content["boxes"], dict[tuple[str, str, object], list[Reason]]()
    for part, whys in sorted(faults.items(), key=lambda item: [str(step) for step in item[0]]):
        if part[0] != "cameras" or not isinstance(part[1], int):
            continue
        camera = content["cameras"][part[1]] if isinstance(content["cameras"][part[1]], dict) else {}
        code, box = str(camera.get("code")), str(camera.get("box"))
        box = box if box in boxes else boxes[0]  # nobody's is told by the first
        key = (code, box, None) if is_code(code) else ("", box, part[1])
        found.setdefault(key, []).extend(whys)
    return [
        LeftOut(code, box, is_whole=code not in going_on, whys=tuple(dict.fromkeys(whys)))
        for (code, box, _), whys in found.items()
    ]


def with_calibrations(left: Sequence[LeftOut], faults: Mapping[str, Reason], box: str) -> list[LeftOut]:
    """Add calibrations that fit no plane, which only shows when they are fitted, to what is left out of cameras."""
    found = {one.camera: one for one in left if one.camera in faults}
    added = [
        replace(found[camera], whys=(*found[camera].whys, why))
        if camera in found
        else LeftOut(camera, box, is_whole=False, whys=(why,))
        for camera, why in faults.items()
    ]
    return [*(one for one in left if one.camera not in faults), *added]
