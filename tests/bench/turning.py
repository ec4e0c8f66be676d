"""From which gate to which each vehicle of a film really went, and what a box told of it."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.site_vision import CameraPlace
from edge.vision.eyesight import Eyesight
from edge.vision.found import overlap
from edge.vision.model import ModelFile
from edge.vision.movements import MovementCount, kind_of, passage_of
from edge.vision.shapes import contains
from edge.vision.tracker import Track
from edge.vision.watcher import Watcher
from simulators.cameras.projection import NEAR_M, camera
from tests.bench.films import SIZE, Film
from tests.bench.judging import Score
from tests.bench.reels import Rows, Sight, sights
from tests.bench.remembered import RememberedPool
from tests.bench.watching import SITE, RightPool, edges, place_of

_PERSON = 0  # its place among the kinds
_SAME = 0.4
_EDGE_S = 2.0  # of a film: who is through so shortly before its end, or in a gate at its beginning only, is not due
Way = tuple[str, str]


@dataclass(slots=True)
class Gone:
    """A vehicle's way so far: the first and the last gate that its middle was in, and when."""

    origin: str
    destination: str
    left_s: float
    came_s: float


class WayTruth:
    """Which vehicles go from gate to gate, by their bodies on the ground."""

    def __init__(self, film: Film, place: CameraPlace) -> None:
        self._camera = camera(film.view.pose, *SIZE)
        self._gates = {zone.name: zone.polygon for zone in place.zones if zone.kind == "gate"}
        self._since_s, self._until_s = film.began_s + _EDGE_S, film.began_s + film.seconds - _EDGE_S
        self._gone: dict[int, Gone] = {}

    def look(self, things: Rows, at_s: float) -> None:
        """Take a picture's things."""
        vehicles = things[things["kind"] != _PERSON]
        points = np.stack([vehicles["x_m"], vehicles["y_m"], np.zeros(len(vehicles))], axis=1).astype(np.float32)
        pixels, depth = self._camera.project(points)
        spots = (pixels / np.array(SIZE, np.float32)).astype(np.float32)
        for name, polygon in self._gates.items():
            for number in vehicles["number"][contains(polygon, spots) & (depth > NEAR_M)].tolist():
                self._note(number, name, at_s)

    def _note(self, number: int, gate: str, at_s: float) -> None:
        gone = self._gone.setdefault(number, Gone(gate, gate, at_s, at_s))
        if gate == gone.origin == gone.destination:
            gone.left_s = at_s
        elif gate != gone.destination:
            gone.destination, gone.came_s = gate, at_s

    def ways(self) -> dict[int, Way]:
        """Give the ways of all who went from one gate to another."""
        return {one: (g.origin, g.destination) for one, g in self._gone.items() if g.origin != g.destination}

    def due(self) -> set[int]:
        """Give those of them whose movement must have been told, and could be."""
        return {n for n in self.ways() if self._gone[n].left_s > self._since_s and self._gone[n].came_s < self._until_s}


class Told(MovementCount):
    """A box's count that remembers whom it counted: the vehicle that a track first lay on in its last gate.

    Attributes:
        told: vehicle and movement, in turn; 0 for a track that lay on none, people left out.
    """

    def __init__(self, place: CameraPlace) -> None:
        super().__init__(place)
        self.told: list[tuple[int, str]] = []
        self._whose: dict[tuple[int, str], int] = {}

    def count(self, track: Track, name: str) -> None:
        """Count a track's movement."""
        super().count(track, name)
        if kind_of(track) != "person":
            self.told.append((self._whose.get((track.number, passage_of(track).gate), 0), name))

    def see(self, tracks: list[Track], sight: Sight) -> None:
        """Take a picture: sure tracks that were seen in it."""
        seen = [track for track in tracks if track.is_sure and track.seen_s == sight.at_s]
        boxes = sight.boxes[sight.boxes["kind"] != _PERSON]
        if not seen or not len(boxes):
            return
        shared = overlap(np.stack([track.box for track in seen]), edges(boxes))
        for row, track in enumerate(seen):
            if shared[row].max() >= _SAME:
                place = track.number, passage_of(track).gate
                self._whose.setdefault(place, int(boxes["number"][int(shared[row].argmax())]))


def watch_turning(film: Film, folder: Path, file: ModelFile | None) -> Score:
    """Let a box count turnings in a film; give what came of it. Arguments as of `watch`."""
    place = place_of(film)
    pool = RightPool() if file is None else RememberedPool(file, folder / film.name)
    watcher = Watcher(place, pool, Eyesight(), SITE)  # type: ignore[arg-type]  # two that stand for a pool
    truth, counts = WayTruth(film, place), Told(place)
    watcher._movements = counts  # the box itself remembers nobody
    for sight in sights(film, folder):
        if isinstance(pool, RightPool):
            pool.boxes = sight.boxes
        watcher.look(sight.frame, sight.at_s)
        truth.look(sight.things, sight.at_s)
        counts.see(watcher.tracker.tracks, sight)
    counts.take([], watcher.tracker.tracks, film.began_s + film.seconds)
    if isinstance(pool, RememberedPool):
        pool.keep()
    ways = {(one.origin, one.destination): one.name for one in place.movements}
    names = {number: ways[way] for number, way in truth.ways().items()}
    return judge_turnings(names, truth.due(), counts.told, film.seconds)


def judge_turnings(names: dict[int, str], due: set[int], told: list[tuple[int, str]], seconds: float) -> Score:
    """Hold what was told against the truth.

    Args:
        names: of each vehicle's movement.
        due: vehicles that count; what is told of others of `names` counts neither way.
        told: vehicle and movement; 0 where a track lay on none.
        seconds: of film.
    """
    counting = [(number, name) for number, name in told if number in due or number not in names]
    mine, true = Counter(name for _, name in counting), Counter(names[number] for number in due)
    right = {number for number, name in counting if names.get(number) == name}
    wrong = {number for number, _ in counting if number in due} - right
    return Score(
        seconds=seconds,
        turned=len(due),
        turns_counted=mine.total(),
        turns_off=abs(mine.total() - true.total()),
        turns_off_by_way=sum(abs(mine[name] - true[name]) for name in mine | true),
        turned_right=len(right),
        turned_wrong=len(wrong),
    )
