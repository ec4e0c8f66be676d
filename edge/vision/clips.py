"""A clip that the room asks for: a span of a camera's recording, cut, sent as evidence of an event, and accounted for.

`camera.clip` with `since_s` (seconds since 1970), `seconds` (up to 60) and `reason`. Who asked for what and why is an
event, each holding the hash of the one before it, so that none can be left out or altered unseen.
"""

import hashlib
import json
import math
from collections.abc import Awaitable, Callable
from typing import Any

from edge.contract.commands import Command, CommandState
from edge.entries import Entry
from edge.notices import Notice, NoticeBoard
from edge.vision.archive import Archive
from edge.vision.camera import Memory, evidence_entry

MOST_S = 60.0
LEAST_SHARE_PCT = 1.0  # less of a span is nothing
_LAST_S = 1e11  # the year 5138: who asks for later means milliseconds
_CHAIN = "clip chain"
_BAD = (
    f"Perlu since_s, seconds (paling lama {MOST_S:g}) dan reason. | "
    f"since_s, seconds (at most {MOST_S:g}) and reason are needed."
)
_GONE = "Tidak ada rekaman dari waktu itu. | Nothing of that time is recorded, or it has been deleted."
_NONE = "Kamera ini tidak direkam di kotak ini. | This camera is not recorded on this box."
_LARGE = "Klip terlalu besar; minta yang lebih pendek. | The clip is too large; ask for a shorter one."

Answer = tuple[CommandState, str, str]


class ClipDesk:
    """Answers the room's requests for clips."""

    def __init__(
        self, archive: Archive, board: NoticeBoard, keep: Callable[[Entry], Awaitable[int]], memory: Memory
    ) -> None:
        """Prepare.

        Args:
            archive: of the recordings.
            board: makes events.
            keep: makes clips durable.
            memory: where the end of the chain is kept.
        """
        self._archive = archive
        self._board = board
        self._keep = keep
        self._memory = memory

    async def carry_out(self, command: Command) -> Answer:
        """Cut and send a clip; give what became of it.

        Raises:
            Unavailable: the disk refuses.
        """
        asset = command.asset or ""
        if asset not in self._archive.assets:
            return "refused", "not_recorded", _NONE
        wanted = _wanted(command.arguments)
        if wanted is None:
            return "refused", "bad_argument", _BAD
        since_s, seconds, reason = wanted
        share = self._archive.share_pct(asset, since_s, since_s + seconds)
        if share < LEAST_SHARE_PCT:
            return "refused", "gone", _GONE
        content = await self._archive.cut(asset, since_s, since_s + seconds, str(command.id))
        if content is None:
            return "failed", "too_large", _LARGE
        event_id = await self._account(command, asset, wanted, content)
        await self._keep(evidence_entry(event_id, "video/mp4", content))
        detail = f"{share:.1f} % dari rentang itu terekam. | {share:.1f} % of the span is recorded. {reason}"
        return "confirmed", "", detail

    async def _account(self, command: Command, asset: str, wanted: tuple[float, float, str], content: bytes) -> str:
        """Tell who asked for what and why, chained to the one before; give the event's id."""
        since_s, seconds, reason = wanted
        before = await self._memory.note(_CHAIN) or ""
        values: dict[str, float | bool | str] = {
            "since_s": since_s,
            "seconds": seconds,
            "actor": command.actor,
            "reason": reason,
            "command": str(command.id),
            "sha256": hashlib.sha256(content).hexdigest(),
            "previous": before,
        }
        values["hash"] = chained(values)
        await self._memory.set_note(_CHAIN, str(values["hash"]))
        told = Notice(
            "clip.delivered", asset, "info", "Klip rekaman dikirim", "A clip of the recording was sent", values
        )
        return str(await self._board.raise_event(told))


def chained(values: dict[str, Any]) -> str:
    """Give the hash of a record of the chain: SHA-256 of its JSON with sorted keys, without `hash` itself."""
    record = {name: value for name, value in values.items() if name != "hash"}
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _wanted(arguments: dict[str, Any]) -> tuple[float, float, str] | None:
    since, seconds, reason = (arguments.get(name) for name in ("since_s", "seconds", "reason"))
    numbers = [value for value in (since, seconds) if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) != 2 or not isinstance(reason, str) or not reason.strip():  # noqa: PLR2004 - both
        return None
    if not all(map(math.isfinite, numbers)) or not 0 < numbers[1] <= MOST_S or not 0 <= numbers[0] < _LAST_S:
        return None
    return float(numbers[0]), float(numbers[1]), reason.strip()[:200]
