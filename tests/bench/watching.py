"""A box watches a film, and is held against what was really there."""

from pathlib import Path

import numpy as np

from edge.site_names import Names
from edge.site_vision import CLASSES, CameraPlace
from edge.vision.eyesight import Eyesight
from edge.vision.found import Floats, Found, overlap
from edge.vision.model import ModelFile
from edge.vision.tracker import Track
from edge.vision.watcher import Watcher
from simulators.training.dataset import LEAST_HIGH_PX, LEAST_VISIBLE
from tests.bench.films import SIZE, Film
from tests.bench.judging import Score, Told, judge_events
from tests.bench.reels import Rows, Sight, sights
from tests.bench.remembered import RememberedPool
from tests.bench.road_truth import RoadTruth

SITE = (-7.65, 112.69)
REPORT_S = 15.0
_SAME = 0.5


class RightPool:
    """Stands for a detector that finds all that counts, each once and where it is; it tells no scene states."""

    sure_score, width_px, height_px, states = 0.5, 64, 36, ()

    def __init__(self) -> None:
        self.boxes: Rows | None = None

    def find(self, _picture: object) -> Found:
        """Give what is in the picture that was shown last."""
        assert self.boxes is not None
        good = _that_count(self.boxes)
        return Found(edges(good), good["kind"].astype(np.int64), np.full(len(good), 0.9, np.float32))


def watch(film: Film, folder: Path, file: ModelFile | None) -> Score:
    """Let a box watch a film; give what came of it.

    Args:
        film: what to watch.
        folder: where its reel is, or shall be.
        file: the detector; None is one that is always right.
    """
    place = place_of(film)
    pool = RightPool() if file is None else RememberedPool(file, folder / film.name)
    watcher = Watcher(place, pool, Eyesight(), SITE)  # type: ignore[arg-type]  # two that stand for a pool
    truth, numbers, told, score = RoadTruth(film, place), Numbers(), list[Told](), Score(seconds=film.seconds)
    watcher.report(film.began_s)
    counts = Counts(watcher, truth, film.began_s)
    for sight in sights(film, folder):
        if isinstance(pool, RightPool):
            pool.boxes = sight.boxes
        told += [Told(one.noun, one.at_s) for one in watcher.look(sight.frame, sight.at_s) if one.begun]
        truth.look(sight.things, sight.at_s)
        numbers.look(watcher.tracker.tracks, sight)
        if sight.at_s - counts.reported_s >= REPORT_S:
            counts.report(sight.at_s, score)
    counts.report(film.began_s + film.seconds, score)
    if isinstance(pool, RememberedPool):
        pool.keep()
    events = judge_events([*film.spans, *truth.spans()], told)
    score.found_s, score.missed, score.false = events.found_s, events.missed, events.false
    counts.close(score)
    score.switches, score.things = numbers.switches, len(numbers.of)
    return score


def place_of(film: Film) -> CameraPlace:
    """Give a film's camera as a site file has it."""
    names = Names(profiles={}, site="TD-01", boxes=["TD-01-a"], buses=[], assets={})
    drawn = {"code": "TD-01.cam-1", "sub": "rtsp://127.0.0.1:1/x"} | film.drawing
    return CameraPlace.model_validate(drawn, context=names)


class Counts:
    """What a box reports of its lanes beside what is true of them.

    Attributes:
        reported_s: when it reported last.
    """

    def __init__(self, watcher: Watcher, truth: RoadTruth, began_s: float) -> None:
        self._watcher, self._truth, self.reported_s = watcher, truth, began_s
        self._counted = {lane.lane.name: 0.0 for lane in truth.lanes}
        self._crossed = dict(self._counted)
        self._classes = {f"volume_{kind}": [0.0, 0.0] for kind in CLASSES[1:]}  # counted, and what crossed

    def report(self, at_s: float, score: Score) -> None:
        """Take a report, and the truth of the same time."""
        passed_s, self.reported_s = at_s - self.reported_s, at_s
        said = {(one.asset, one.quantity): one.value for one in self._watcher.report(at_s)}
        for lane in self._truth.lanes:
            name, true = lane.lane.name, lane.report()
            mine = {what: value for (code, what), value in said.items() if code == f"TD-01.cam-1-{name}"}
            self._counted[name] += mine.get("volume", 0.0) * passed_s / 60
            self._crossed[name] += true["volume"]
            for kind, both in self._classes.items():
                both[0] += mine.get(kind, 0.0) * passed_s / 60
                both[1] += true[kind]
            _compare(mine, true, score)

    def close(self, score: Score) -> None:
        """Add the counts of the whole film."""
        counted = {name: round(value) for name, value in self._counted.items()}
        score.counted, score.crossed = sum(counted.values()), round(sum(self._crossed.values()))
        score.off = abs(score.counted - score.crossed)
        score.off_by_class = sum(abs(round(mine) - round(true)) for mine, true in self._classes.values())
        score.off_by_lane = sum(abs(value - round(self._crossed[name])) for name, value in counted.items())


def _compare(mine: dict[str, float], true: dict[str, float], score: Score) -> None:
    if "speed" in mine and "speed" in true:
        score.kmh_off.append(abs(mine["speed"] - true["speed"]))
    if "headway" in mine and "headway" in true:
        score.headway_off_s.append(abs(mine["headway"] - true["headway"]))
    if "occupancy" in mine and "occupancy" in true:
        score.occupancy_off_pct.append(abs(mine["occupancy"] - true["occupancy"]))
    if "queue_length" in mine and (mine["queue_length"] or true["queue_length"]):
        score.queue_off_m.append(abs(mine["queue_length"] - true["queue_length"]))


class Numbers:
    """Whose track has which number.

    A thing keeps its track while they still overlap, and only who is left is dealt out anew, as CLEAR MOT does it
    (Bernardin and Stiefelhagen, 2008): a second track on a body is no change of its number.

    Attributes:
        of: the number by the thing's own.
        switches: times that a thing's number changed.
    """

    def __init__(self) -> None:
        self.of: dict[int, int] = {}
        self.switches = 0

    def look(self, tracks: list[Track], sight: Sight) -> None:
        """Take a picture: things that count, and the sure tracks that were seen in it."""
        things = _that_count(sight.boxes)
        seen = [track for track in tracks if track.is_sure and track.seen_s == sight.at_s]
        if not len(things) or not seen:
            return
        shared = overlap(edges(things), np.stack([track.box for track in seen]))
        shared[shared <= _SAME] = 0
        numbers = [track.number for track in seen]
        for row, thing in enumerate(things["number"].tolist()):
            if self.of.get(thing) in numbers and shared[row, numbers.index(self.of[thing])]:
                shared[row, numbers.index(self.of[thing])] += 1  # before all others
        while shared.max() > 0:
            row, column = divmod(int(shared.argmax()), shared.shape[1])
            self._note(int(things["number"][row]), numbers[column])
            shared[row], shared[:, column] = 0, 0

    def _note(self, thing: int, number: int) -> None:
        self.switches += self.of.get(thing, number) != number
        self.of[thing] = number


def _that_count(boxes: Rows) -> Rows:
    high_px = boxes["bottom"] - boxes["top"]
    good: Rows = boxes[(boxes["visible"] >= LEAST_VISIBLE) & (high_px >= LEAST_HIGH_PX * SIZE[1] / 360)]
    return good


def edges(boxes: Rows) -> Floats:
    edges = np.stack([boxes["left"], boxes["top"], boxes["right"], boxes["bottom"]], axis=1)
    return (edges / np.array(SIZE * 2)).astype(np.float32)
