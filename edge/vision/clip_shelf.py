"""The films of incidents on a box's disk: kept longer than the recordings, bounded by age and size of their own.

`evidence/<event>.<camera>-000.mp4` is the first part of a film; the event's id is a UUIDv7, so names sort by time. What
the room has not got has a second name in `evidence/unsent`. That is the last to go, and whoever tends this is told.
"""

import contextlib
import shutil
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal
from uuid import UUID

SIDE_S = 10.0  # that a film begins before its incident
_LAG_S = 5.0  # from what is seen to the event that tells it, whose id has the time
_ID = 36  # characters of an event's id
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Lost:
    """A film that was deleted before the room had it.

    Attributes:
        event_id: its incident's.
        asset: the camera's code; empty where its name does not tell, in boxes of before 2026-11-22.
        why: it was beyond the age, beyond the size, or of before the camera's masks were set.
    """

    event_id: str
    asset: str
    why: Literal["old", "much", "unmasked"]


class ClipShelf:
    """All of them; used by one thread at a time.

    Attributes:
        unsent_dir: second names of what waits for the line.
        total_bytes: of all of them but what the outbox has, as of the last tending.
    """

    def __init__(self, directory: Path, days: float, most_bytes: float) -> None:
        """Prepare; what is there is not read yet.

        Args:
            directory: of the films; made where it is not there.
            days: older goes, a film at a tending: a clock that is years ahead for an hour takes few.
            most_bytes: of all together.
        """
        self._directory, self.unsent_dir = directory, directory / "unsent"
        self.days, self.most_bytes = days, most_bytes
        self.total_bytes = 0
        self._withheld: set[str] = set()  # parts of before their camera's masks were set
        self._lost: list[Lost] = []  # by that, and nobody has been told yet
        self._held: set[str] = set()  # codes of cameras whose parts wait for more than the line
        with contextlib.suppress(OSError):  # a read-only disk is told by each recording
            self.unsent_dir.mkdir(mode=0o700, parents=True, exist_ok=True)

    def stem(self, event_id: str, asset: str) -> Path:
        """Say how the names of a film's parts begin."""
        return self._directory / f"{event_id}.{asset}"

    def offer(self, parts: list[Path]) -> None:
        """Have parts wait for the line.

        Raises:
            OSError: the disk refuses.
        """
        for part in parts:
            waiting = self.unsent_dir / part.name
            waiting.unlink(missing_ok=True)
            self._withheld.discard(part.name)  # this one has been cut anew
            try:
                waiting.hardlink_to(part)
            except OSError:  # a file system without second names
                shutil.copyfile(part, waiting)

    def waiting(self) -> list[Path]:
        """Give what waits for the line, oldest first."""
        return [part for part in self._unsent() if not self.is_held(part.name)]

    def hold(self, asset: str) -> None:
        """Send nothing of a camera that is left out of the site file: its masks may be what is wrong there."""
        self._held.add(asset)

    def is_held(self, name: str) -> bool:
        """Tell whether a part is not to be sent for now."""
        return bool(self._held) and _asset_of(name) in (*self._held, "")  # one without a name may be anybody's

    def withhold(self, asset: str, since_s: float) -> None:
        """Have none wait any more of what waits now and shows anything of before a camera's masks were set.

        Args:
            asset: the camera's code.
            since_s: when they were set, seconds since 1970.
        """
        for part in self._unsent():
            began_s = _made_s(event_of(part.name)) - SIDE_S - _LAG_S
            if began_s < since_s and _asset_of(part.name) in (asset, ""):  # one without a name may be anybody's
                self._withheld.add(part.name)
                self._lost.append(Lost(event_of(part.name), _asset_of(part.name), "unmasked"))

    def is_withheld(self, name: str) -> bool:
        """Tell whether a part waits no more, since it is of before its camera's masks."""
        return name in self._withheld

    def drop_withheld(self) -> None:
        """Delete what is withheld, once the outbox has none of it; on a disk that refuses it stays withheld."""
        for name in list(self._withheld):
            with contextlib.suppress(OSError):
                (self.unsent_dir / name).unlink(missing_ok=True)
                self._withheld.discard(name)

    def tend(self, now_s: float, at_hand: str = "") -> list[Lost]:
        """Delete what is too old or too much; give the films that the room will never have.

        Args:
            now_s: seconds since 1970.
            at_hand: name of a part that the outbox has. It stays, since it may have to go there again.

        Raises:
            OSError: the disk refuses.
        """
        sizes = self._sizes()
        sizes.pop(at_hand, None)
        unsent = {part.name for part in self._unsent()}
        self.total_bytes = sum(sizes.values())
        lost = list[Lost]()
        films = [(event_id, list(names)) for event_id, names in groupby(sorted(sizes), event_of)]
        if films and _made_s(films[0][0]) < now_s - self.days * _DAY_S:
            lost += self._delete(films.pop(0)[1], sizes, unsent, "old")
        for _, names in films:  # what the room has
            for name in names:
                if self.total_bytes > self.most_bytes and name not in unsent:
                    self._delete([name], sizes, unsent, "much")
        for _, names in films:
            if self.total_bytes > self.most_bytes:
                lost += self._delete([name for name in names if name in unsent], sizes, unsent, "much")
        lost, self._lost = list(dict.fromkeys(self._lost)) + lost, []  # a film may have been in parts
        return lost

    def _unsent(self) -> list[Path]:
        return sorted(part for part in self.unsent_dir.glob("*.mp4") if not self.is_withheld(part.name))

    def _sizes(self) -> dict[str, int]:
        """Give what each part takes on the disk; a second name takes nothing."""
        sizes, seen = dict[str, int](), set[int]()
        for directory in (self._directory, self.unsent_dir):
            for part in directory.glob("*.mp4"):
                found = part.stat()
                sizes[part.name] = sizes.get(part.name, 0) + (0 if found.st_ino in seen else found.st_size)
                seen.add(found.st_ino)
        return sizes

    def _delete(
        self, names: list[str], sizes: dict[str, int], unsent: set[str], why: Literal["old", "much"]
    ) -> list[Lost]:
        for name in names:
            for directory in (self.unsent_dir, self._directory):
                (directory / name).unlink(missing_ok=True)
            self.total_bytes -= sizes[name]
        if unsent.isdisjoint(names):
            return []
        return [Lost(event_of(names[0]), _asset_of(names[0]), why)]


def event_of(name: str) -> str:
    """Give whose film a part is of, by its name."""
    return name[:_ID]


def _asset_of(name: str) -> str:
    return name[_ID + 1 :].rpartition("-")[0]


def _made_s(event_id: str) -> float:
    """Give when an event was made, seconds since 1970 (RFC 9562 section 5.7); what is none has no age."""
    try:
        return (UUID(event_id).int >> 80) / 1000
    except ValueError:
        return float("inf")
