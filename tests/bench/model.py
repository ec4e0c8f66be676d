"""The shipped model on single pictures of scenes that no training saw: average precision, scene states, its time."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from simulators.training import dataset
from simulators.training.scenes import EVALUATION_FROM
from simulators.training.score import MARKS, RUNTIMES, Model, milliseconds, table
from tests.bench.evaluation import MODELS
from tests.bench.marks import Figure, at_least

PLACES, FRAMES = 96, 4


def measure(say: Callable[[str], None]) -> Iterator[Figure]:
    """Render the pictures of the evaluation anew and score what ships on them; marks are by day."""
    path = max(MODELS.glob("*.tflite"))
    with TemporaryDirectory(prefix="satulayar-pictures-") as folder:
        say(f"{PLACES * FRAMES} pictures of {PLACES} places are rendered")
        dataset.render(Path(folder), EVALUATION_FROM, PLACES, 1, FRAMES)
        data, model = dataset.load(Path(folder)), Model(path)
        say("they are looked at")
        head, *rows = table(data, model)
    for name, *values in rows:
        for condition, value in zip(head[1:], values, strict=True):
            mark = dict(MARKS).get(name) if condition == "day" else None
            title = f"{path.stem}, {condition}: {name}"
            if value != "-" and (mark is not None or condition == "all"):
                yield Figure(title, float(value), "1") if mark is None else at_least(title, float(value), "1", mark)
    size = f"{dataset.WIDTH_PX}x{dataset.HEIGHT_PX}"
    for runtime in RUNTIMES:
        yield Figure(f"{path.stem}: a look at {size}, one thread, {runtime}", milliseconds(Model(path, runtime)), "ms")
