"""A box with one camera of which nothing runs but what a test turns, and whose clock is set by hand."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from edge.clock import Clock
from edge.entries import Entry, Fate, Lack
from edge.health_book import HealthBook
from edge.left_out import LeftOut
from edge.notices import NoticeBoard
from edge.pulse import Pulse
from edge.settings import EdgeSettings
from edge.site import load_site
from edge.vision.assemble import make_station
from edge.vision.camera import Camera
from edge.vision.uploads import Identity

T0 = 1_763_780_400.0
CAMERA = "TD-01.cam-1"


class Hands(Clock):
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at_s, self.ahead_s = T0, 0.0

    def now_s(self) -> float:
        return self.at_s + self.ahead_s

    def monotonic_s(self) -> float:
        return self.at_s


class StillBox:
    """A box with one camera whose stream is not there; nothing of it runs but what a test turns."""

    def __init__(
        self,
        path: Path,
        notes: dict[str, str] | None = None,
        *,
        models: Path | None = None,
        vision: dict[str, Any] | None = None,
        more: Sequence[dict[str, Any]] = (),
        left_out: Sequence[LeftOut] = (),
        **camera: Any,
    ) -> None:
        self.clock, self.kept, self.taken_back = Hands(), list[Entry](), list[int]()
        self.notes = {} if notes is None else notes
        site = {
            "site": {
                "code": "TD-01",
                "name": "Taman Dayu",
                "district": "Pandaan",
                "latitude": -7.65,
                "longitude": 112.7,
            },
            "box": "TD-01-a",
            "vision": vision or {},
            "cameras": [{"code": CAMERA, "sub": "rtsp://127.0.0.1:9/x"} | camera, *more],
        }
        (path / "site.yaml").write_text(yaml.safe_dump(site))
        self.health = HealthBook()
        self.station = make_station(
            load_site(path / "site.yaml", EdgeSettings().profiles_dir)[0],
            "TD-01-a",
            models_dir=models or path,
            vision_dir=path / "vision",
            board=NoticeBoard("TD-01-a", self.keep, self.clock),
            keep=self.keep,
            memory=self,
            show=lambda _: True,
            sink=self.sink,
            health=self.health,
            clock=self.clock,
            pulse=Pulse(self.clock),
            identity=Identity(None, None, None),
            left_out=left_out,
        )
        self.camera: Camera = self.station.cameras[0]
        self.desk = self.station.desks["camera.shared"]

    async def keep(self, entry: Entry) -> int:
        self.kept.append(entry)
        return len(self.kept)

    async def sink(self, _readings: Any) -> None:
        return None

    async def note(self, key: str) -> str | None:
        return self.notes.get(key)

    async def set_note(self, key: str, value: str) -> None:
        self.notes[key] = value

    async def fate(self, _seq: int) -> Fate:
        return "gone"

    async def delete(self, ranges: Sequence[tuple[int, int]]) -> int:
        self.taken_back += [seq for seq, _ in ranges]
        return len(ranges)

    async def lacks(self, _size: int) -> Lack:
        return ""

    def refusal_of(self, _seq: int) -> None:
        return None

    async def turn(self, after_s: float = 1.0) -> None:
        """Let time pass; the agent turns at least every five seconds."""
        while after_s > 0:
            self.clock.at_s += min(after_s, 5.0)
            await self.camera._turn()
            after_s -= 5.0

    def told(self, noun: str = "camera.shared") -> list[dict[str, Any]]:
        events = [json.loads(entry.payload) for entry in self.kept if entry.kind == "event"]
        return [event for event in events if event["type"] == f"id.satulayar.{noun}"]
