"""The shipped model in the whole pipeline of a box, on films of scenes that no training saw, against their truth.

Not in real time: the box is told the films' own times. The real measure is
`python -m tests.bench.evaluation --films 40 --seconds 900 --processes 2 --keep FOLDER` and takes hours the first time;
films and what the model said of them are kept. By default a few minutes of film are looked at, which shows that it
works and no more. Average precision on single pictures is `model`, the part beside this one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import cv2
import numpy as np
import typer

from edge.site_vision import Detector
from edge.vision import runtime
from edge.vision.model import read_model
from simulators.training.dataset import LEAST_HIGH_PX, LEAST_VISIBLE
from tests.bench.films import DEVELOPMENT_FROM, TURNING_DEVELOPMENT_FROM, Film, films, happenings, turnings
from tests.bench.judging import Score, together
from tests.bench.marks import Figure, at_least, below, show
from tests.bench.turning import watch_turning
from tests.bench.watching import watch

MODELS = Path("firmware-config/models")
FILMS, SECONDS = 10, 75.0
WITHIN_S = 10.0

SETS: dict[str, Callable[..., Iterator[Film]]] = {  # of how many films, of how many seconds; `began` for other places
    "measure": films,
    "development": partial(films, began=DEVELOPMENT_FROM),
    "happenings": lambda count, _, **began: happenings(count, **began),
    "turning": turnings,
    "turning-development": partial(turnings, began=TURNING_DEVELOPMENT_FROM),
}


@dataclass(frozen=True, slots=True)
class Run:
    """How films are watched.

    Attributes:
        keep: where films are kept; None keeps none.
        package: of the interpreter; None is a detector that is always right.
        roads: whether counts are judged; not where the lens is covered for a third of the time.
    """

    keep: Path | None = None
    processes: int = 1
    package: str | None = "ai_edge_litert"
    roads: bool = True

    @property
    def name(self) -> str:
        """Name the detector."""
        return max(MODELS.glob("*.tflite")).stem if self.package else "always right"


def measure(say: Callable[[str], None]) -> Iterator[Figure]:
    """Let a box watch a few minutes of film and give what came of it by condition."""
    yield from judge(say, Run(), list(films(FILMS, SECONDS)))


def judge(say: Callable[[str], None], run: Run, wanted: list[Film]) -> Iterator[Figure]:
    """Let a box watch films; marks are for all conditions together."""
    of: dict[str, list[Score]] = defaultdict(list)
    for number, (film, score) in enumerate(zip(wanted, _scores(run, wanted), strict=True), 1):
        of[film.condition].append(score)
        say(f"{number}/{len(wanted)}: {_line(film, score)}")
    total = together(score for scores in of.values() for score in scores)
    for name, score in [*((condition, together(scores)) for condition, scores in of.items()), ("all", total)]:
        yield Figure(f"{run.name}, {name}: film", score.seconds / 60, "min")
        if score.turned:
            yield from _turns(f"{run.name}, {name}", score)
            continue
        if run.package is not None:
            yield from _events(f"{run.name}, {name}", score, marked=name == "all")
        if run.roads:
            yield from _roads(f"{run.name}, {name}", score, marked=name == "all")


def _scores(run: Run, wanted: list[Film]) -> Iterator[Score]:
    """Watch films, several at once where wanted; give their scores in the films' order."""
    if run.processes == 1:
        yield from (_watched(run, film) for film in wanted)
        return
    with ProcessPoolExecutor(run.processes, get_context("spawn")) as workers:
        yield from workers.map(_watched, [run] * len(wanted), wanted)


def _watched(run: Run, film: Film) -> Score:
    cv2.setNumThreads(1)  # there are as many processes as there are to be threads
    if run.keep is not None:
        return _scored(run, film, run.keep)
    with TemporaryDirectory(prefix="satulayar-films-") as folder:
        return _scored(run, film, Path(folder))


def _scored(run: Run, film: Film, folder: Path) -> Score:
    looked = watch_turning if film.turns else watch
    if run.package is None:
        return looked(film, folder, None)
    runtime.Interpreter = __import__(f"{run.package}.interpreter", fromlist=["Interpreter"]).Interpreter
    return looked(film, folder, read_model(MODELS, Detector(model=f"{run.name}.tflite")))


def _events(name: str, score: Score, *, marked: bool) -> Iterator[Figure]:
    nouns = sorted({noun for noun, _ in score.found_s} | set(score.missed))
    for noun in nouns:
        there = sum(one == noun for one in [*(one for one, _ in score.found_s), *score.missed])
        yield Figure(f"{name}: {noun} told (of {there})", score.recall(noun) or 0.0, "1")
        after_s = [one for other, one in score.found_s if other == noun]
        if after_s:
            yield Figure(f"{name}: {noun} after, median", float(np.median(after_s)), "s")
    tree = score.recall("obstacle.detected", WITHIN_S)
    if tree is not None:
        title = f"{name}: fallen trees told within {WITHIN_S:g} s"
        yield at_least(title, tree, "1", 0.95) if marked else Figure(title, tree, "1")
    if (right := score.precision()) is not None:
        yield Figure(f"{name}: events that are true", right, "1")
    title = f"{name}: false events a camera and day ({len(score.false)} in all)"
    yield below(title, score.false_per_day(), "/d", 1.0) if marked else Figure(title, score.false_per_day(), "/d")


def _roads(name: str, score: Score, *, marked: bool) -> Iterator[Figure]:
    if (off_pct := score.count_error_pct()) is not None:
        title = f"{name}: count error ({score.counted} of {score.crossed})"
        yield below(title, off_pct, "%", 8.0) if marked else Figure(title, off_pct, "%")
        yield Figure(f"{name}: count error, lane by lane", 100 * score.off_by_lane / score.crossed, "%")
        yield Figure(f"{name}: count error, class by class", 100 * score.off_by_class / score.crossed, "%")
    for title, off, unit in (
        ("speed off, median of reports", score.kmh_off, "km/h"),
        ("headway off, median of reports", score.headway_off_s, "s"),
        ("occupancy off, mean of reports", score.occupancy_off_pct, "%"),
        (f"queue off, median (of {len(score.queue_off_m)} reports with one)", score.queue_off_m, "m"),
    ):
        if off:
            yield Figure(f"{name}: {title}", float(np.mean(off) if "mean" in title else np.median(off)), unit)
    yield Figure(f"{name}: numbers changed (of {score.things} followed)", score.switches, "1")


def _turns(name: str, score: Score) -> Iterator[Figure]:
    """Give how far turning counts were off; no mark is set for them."""
    yield Figure(
        f"{name}: turning count error ({score.turns_counted} of {score.turned})",
        100 * score.turns_off / score.turned,
        "%",
    )
    yield Figure(f"{name}: turning count error, movement by movement", 100 * score.turns_off_by_way / score.turned, "%")
    told = score.turned_right, score.turned_wrong, score.turned - score.turned_right - score.turned_wrong
    for what, count in zip(("told right", "told wrong", "not told"), told, strict=True):
        yield Figure(f"{name}: movements {what}", count / score.turned, "1")


def _line(film: Film, score: Score) -> str:
    if film.turns:
        off = f"off by {score.turns_off}, movement by movement {score.turns_off_by_way}"
        return f"{film.name}: {score.turned_right} right and {score.turned_wrong} wrong of {score.turned}; {off}"
    after = ", ".join(f"{noun} after {after_s:.1f} s" for noun, after_s in score.found_s) or "-"
    false = f"; false: {', '.join(score.false)}" if score.false else ""
    missed = f"; missed: {', '.join(score.missed)}" if score.missed else ""
    counted = f"{score.counted} of {score.crossed} counted, {score.switches} of {score.things} changed"
    return f"{film.name}: {after}{missed}{false}; {counted}"


def table(figures: list[Figure]) -> list[str]:
    """Write figures as Markdown, one column for each condition; what a title has in brackets goes into the cell."""
    cells: dict[str, dict[str, str]] = defaultdict(dict)
    for figure in figures:
        begun, _, title = figure.name.partition(": ")  # `model, condition: title`
        condition = begun.rpartition(", ")[2]
        name, _, more = title.partition(" (")
        number = f"{figure.value:.3g}" if abs(figure.value) < 100 else f"{figure.value:,.0f}"
        value = number if figure.unit == "1" else f"{number} {figure.unit}"
        cells[name][condition] = f"{value} ({more}" if more else value
    columns = list(dict.fromkeys(condition for row in cells.values() for condition in row))
    rows = [[name, *(row.get(column, "-") for column in columns)] for name, row in cells.items()]
    lines = [["", *columns], ["---"] * (len(columns) + 1), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def main(
    *,
    count: Annotated[int, typer.Option("--films", help="how many cameras")] = FILMS,
    seconds: Annotated[float, typer.Option(help="of each; the middle third has something happen")] = SECONDS,
    which: Annotated[str, typer.Option("--set", help=", ".join(SETS))] = "measure",
    began: Annotated[
        int | None, typer.Option("--from", help="first place's number, for places nobody looked at")
    ] = None,
    keep: Annotated[Path | None, typer.Option(help="folder for films and answers, used again while true")] = None,
    processes: Annotated[int, typer.Option(min=1, help="films at once")] = 1,
    package: Annotated[str, typer.Option("--runtime", help="tflite_runtime, ai_edge_litert")] = "ai_edge_litert",
    right: Annotated[bool, typer.Option("--right", help="a detector that is always right, and no events")] = False,
) -> None:
    """Print the figures of the shipped model beside the marks, then once more as a table for its card."""
    typer.echo(f"at least {LEAST_HIGH_PX} px high and {LEAST_VISIBLE:.0%} visible counts")
    if which not in SETS:
        raise typer.BadParameter(f"there is no set {which!r}: {', '.join(SETS)}")
    run = Run(keep, processes, None if right else package, roads=which != "happenings")
    places = {} if began is None else {"began": began}
    figures = list(judge(typer.echo, run, list(SETS[which](count, seconds, **places))))
    for figure in figures:
        typer.echo(show(figure))
    typer.echo("\n".join(table(figures)))


if __name__ == "__main__":
    typer.run(main)
