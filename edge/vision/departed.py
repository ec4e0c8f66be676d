"""Cameras that are no longer this box's: what went on at them has ended, or the room would wait for ever."""

import json
from collections.abc import Collection

import structlog

from edge.errors import EdgeError
from edge.notices import Notice, NoticeBoard
from edge.vision.happening import UNWATCHED, WORDINGS, Happening, say
from edge.vision.memory import Memory

_KEY = "cameras"
_log = structlog.get_logger()


async def end_departed(memory: Memory, board: NoticeBoard, cameras: Collection[str]) -> None:
    """End what went on at cameras that were this box's at the last start; note which are now.

    Args:
        memory: with what each camera has going on, see `Camera`.
        board: makes events.
        cameras: this box's, by their codes.
    """
    try:
        for asset in _strings(await memory.note(_KEY)):
            if asset not in cameras:
                await _end(memory, board, asset)
        await memory.set_note(_KEY, json.dumps(sorted(cameras)))
    except EdgeError as error:  # it is tried again at the next start
        _log.warning("departed_not_ended", reason=str(error))


async def _end(memory: Memory, board: NoticeBoard, asset: str) -> None:
    key = f"camera {asset}"
    try:
        going_on = {
            str(one): (str(event), str(noun))
            for one, (event, noun) in json.loads(await memory.note(key) or "{}").items()
        }
    except (ValueError, TypeError, AttributeError):
        going_on = {}
    for one, (event, noun) in going_on.items():
        if noun in WORDINGS:
            told = say(Happening(one, noun, False, 0.0, {"what": UNWATCHED}))  # noqa: FBT003 - an end
            await board.raise_event(Notice(noun, asset, WORDINGS[noun].severity, *told, {"what": UNWATCHED}, event))
    await memory.set_note(key, "{}")


def _strings(note: str | None) -> list[str]:
    try:
        found = json.loads(note or "[]")
    except ValueError:
        return []
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
