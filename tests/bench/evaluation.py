"""The shipped model in the whole pipeline of a box, on films of scenes that no training saw, against their truth.

Not in real time: the box is told the films' own times. `python -m tests.bench.evaluation --films 40 --seconds 900` is
the real measure and takes hours; by default a few minutes of film are looked at, which shows that it works and no more.
Average precision on single pictures is `python -m simulators.training score`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from edge.site_names import Names
from edge.site_vision import CameraPlace, Detector
from edge.vision import runtime
from edge.vision.eyesight import Eyesight
from edge.vision.found import overlap
from edge.vision.model import read_model
from edge.vision.pool import InterpreterPool
from edge.vision.tracker import Track
from edge.vision.watcher import Watcher
from simulators.cameras.truth import Truth
from simulators.training.dataset import LEAST_HIGH_PX, LEAST_VISIBLE
from tests.bench.films import SIZE, Crossings, Film, films
from tests.bench.judging import Score, Told, judge_events, together
from tests.bench.marks import Figure, at_least, at_most, show

MODELS = Path("firmware-config/models")
FILMS, SECONDS = 10, 75.0
WITHIN_S = 10.0
SITE = (-7.65, 112.69)
_REPORT_S = 15.0
_SAME = 0.5


def measure(say: Callable[[str], None], count: int = FILMS, seconds: float = SECONDS) -> Iterator[Figure]:
    """Let a box watch films and give what came of it by condition; marks are for all conditions together."""
    path = max(MODELS.glob("*.tflite"))
    pool = InterpreterPool(read_model(MODELS, Detector(model=path.name)), 1)
    of: dict[str, list[Score]] = defaultdict(list)
    for film in films(count, seconds):
        score = watch(film, pool)
        of[film.scene.condition].append(score)
        say(_line(film, score))
    for condition, scores in of.items():
        yield from _figures(f"{path.stem}, {condition}", together(scores))
    total = together(score for scores in of.values() for score in scores)
    yield from _figures(f"{path.stem}, all", total, marked=True)


def watch(film: Film, pool: InterpreterPool) -> Score:
    """Let a box watch a film; give what came of it."""
    names = Names(profiles={}, site="TD-01", boxes=["TD-01-a"], buses=[], assets={})
    drawn = {"code": "TD-01.cam-1", "sub": "rtsp://127.0.0.1:1/x"} | film.drawing()
    watcher = Watcher(CameraPlace.model_validate(drawn, context=names), pool, Eyesight(), SITE)
    crossings, numbers, told = Crossings(film), Numbers(), []
    counted, reported_s = 0.0, film.began_s
    watcher.report(film.began_s)
    for frame, truth, moment in film.pictures():
        told += [Told(one.noun, one.at_s) for one in watcher.look(frame, truth.at_s) if one.begun]
        crossings.look(moment)
        numbers.look(watcher.tracker.tracks, truth)
        if truth.at_s - reported_s >= _REPORT_S or truth.at_s >= film.began_s + film.seconds - 0.5:
            volumes = [one.value for one in watcher.report(truth.at_s) if one.quantity == "volume"]
            counted += sum(volumes) * (truth.at_s - reported_s) / 60
            reported_s = truth.at_s
    score = judge_events(film.spans(), told)
    score.counted, score.crossed = round(counted), crossings.total
    score.off = abs(score.counted - score.crossed)
    score.switches, score.things, score.seconds = numbers.switches, len(numbers.of), film.seconds
    return score


class Numbers:
    """Whose track has which number.

    Attributes:
        of: the number by the thing's own.
        switches: times that a thing's number changed.
    """

    def __init__(self) -> None:
        self.of: dict[int, int] = {}
        self.switches = 0

    def look(self, tracks: list[Track], truth: Truth) -> None:
        """Take a picture: things that count, and the sure tracks."""
        things = [
            one
            for one in truth.boxes
            if one.visible >= LEAST_VISIBLE and one.bottom - one.top >= LEAST_HIGH_PX * SIZE[1] / 360
        ]
        sure = [track for track in tracks if track.is_sure]
        if not things or not sure:
            return
        sizes = np.array(SIZE * 2, np.float32)
        edges = np.array([(one.left, one.top, one.right, one.bottom) for one in things], np.float32) / sizes
        shared = overlap(edges, np.stack([track.box for track in sure]))
        for thing, row in zip(things, shared, strict=True):
            if row.max() > _SAME:
                number = sure[int(row.argmax())].number
                self.switches += self.of.get(thing.number, number) != number
                self.of[thing.number] = number


def _figures(name: str, score: Score, *, marked: bool = False) -> Iterator[Figure]:
    minutes = score.seconds / 60
    yield Figure(f"{name}: film", minutes, "min")
    if (found := score.recall()) is not None:
        yield Figure(f"{name}: happenings told", found, "1")
    tree = score.recall("obstacle.detected", WITHIN_S)
    if tree is not None:
        trees = sum(noun == "obstacle.detected" for noun in [*(noun for noun, _ in score.found_s), *score.missed])
        title = f"{name}: fallen trees told within {WITHIN_S:g} s, of {trees}"
        yield at_least(title, tree, "1", 0.95) if marked else Figure(title, tree, "1")
    if (right := score.precision()) is not None:
        yield Figure(f"{name}: events that are true", right, "1")
    if score.found_s:
        yield Figure(f"{name}: time to detect, median", float(np.median([one for _, one in score.found_s])), "s")
    title = f"{name}: false events a camera and day"
    yield at_most(title, score.false_per_day(), "/d", 1.0) if marked else Figure(title, score.false_per_day(), "/d")
    if (off_pct := score.count_error_pct()) is not None:
        title = f"{name}: count error ({score.counted} of {score.crossed})"
        yield at_most(title, off_pct, "%", 8.0) if marked else Figure(title, off_pct, "%")
    yield Figure(f"{name}: numbers changed, of {score.things} followed", score.switches, "1")


def _line(film: Film, score: Score) -> str:
    ordered = film.order.what if film.order else "nothing"
    after = ", ".join(f"{noun} after {after_s:.1f} s" for noun, after_s in score.found_s) or "-"
    false = f"; false: {', '.join(score.false)}" if score.false else ""
    missed = f"; missed: {', '.join(score.missed)}" if score.missed else ""
    return (
        f"scene {film.scene.number}, {film.scene.condition}, {ordered}: {after}{missed}{false};"
        f" {score.counted} of {score.crossed} counted, {score.switches} of {score.things} changed"
    )


def main(
    count: Annotated[int, typer.Option("--films", help="how many cameras")] = FILMS,
    seconds: Annotated[float, typer.Option(help="of each; the middle third has something happen")] = SECONDS,
    package: Annotated[str, typer.Option("--runtime", help="tflite_runtime, ai_edge_litert")] = "ai_edge_litert",
) -> None:
    """Print the figures of the shipped model, beside the marks."""
    runtime.Interpreter = __import__(f"{package}.interpreter", fromlist=["Interpreter"]).Interpreter
    for figure in measure(typer.echo, count, seconds):
        typer.echo(show(figure))


if __name__ == "__main__":
    typer.run(main)
