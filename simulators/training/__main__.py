"""Train, convert and score the shipped models: `python -m simulators.training`; nice it, it takes a processor.

Needs the packages of `requirements/train.txt`, in an environment of their own. Everything follows from the seed, up to
the order in which several threads add numbers.
"""

from pathlib import Path
from typing import Annotated

import typer

from simulators.training import dataset
from simulators.training import errors as analysis
from simulators.training import score as scoring
from simulators.training.course import Course
from simulators.training.scenes import EVALUATION_FROM, TRAINING_FROM, WATCHING_FROM

MODELS = Path(__file__).parents[2] / "firmware-config" / "models"
STEPS = 9_200
RULE = (
    f"What is lower than {dataset.LEAST_HIGH_PX:g} px in a picture of 640x360 (a person beyond about 70 m), or covered"
    f" by more than {1 - dataset.LEAST_VISIBLE:.0%}, counts neither as found nor as missed."
)
app = typer.Typer(add_completion=False, no_args_is_help=True)
Work = Annotated[Path, typer.Option(help="where pictures and weights are kept; about 32 kB a picture")]


@app.command()
def render(
    work: Work = Path("build/training"),
    places: Annotated[int, typer.Option(help="places to train on")] = 240,
    judged: Annotated[int, typer.Option(help="places to evaluate on")] = 96,
) -> None:
    """Render the pictures: for watching the training, for training, and for the evaluation."""
    dataset.render(work / "watching", WATCHING_FROM, max(1, judged // 4), 1, 4)
    dataset.render(work / "training", TRAINING_FROM, places, 5, 4)
    dataset.render(work / "evaluation", EVALUATION_FROM, judged, 1, 4)


@app.command()
def train(
    work: Work = Path("build/training"),
    steps: Annotated[int, typer.Option(help="of training; what was begun goes on")] = STEPS,
    seed: Annotated[int, typer.Option(help="of weights, choice and changes")] = 1,
    begin: Annotated[Path | None, typer.Option(help="weights to begin with, where none are kept yet")] = None,
) -> None:
    """Train the net and keep its weights."""
    import keras  # noqa: PLC0415 - the other commands do without it

    from simulators.training import fit, net  # noqa: PLC0415

    keras.utils.set_random_seed(seed)
    model = net.build()
    if begin is not None:
        fit.take_weights(model, begin)
    fit.fit(model, dataset.load(work / "training"), Course(steps, seed), work / "weights")


@app.command()
def convert(work: Work = Path("build/training"), models: Annotated[Path, typer.Option()] = MODELS) -> None:
    """Make the int8 model of the weights that are there."""
    from simulators.training.convert import convert as make  # noqa: PLC0415 - TensorFlow

    path = make(work / "weights", dataset.load(work / "training"), models)
    typer.echo(f"{path}: {path.stat().st_size} bytes")


@app.command()
def score(
    work: Work = Path("build/training"),
    model: Annotated[Path, typer.Option(help="the converted model")] = MODELS / "roadside-2.tflite",
    part: Annotated[str, typer.Option(help="which pictures: evaluation, watching")] = "evaluation",
) -> None:
    """Print the model card's table; needs no TensorFlow."""
    rows = scoring.table(dataset.load(work / part), scoring.Model(model))
    _print(rows)
    typer.echo(RULE)
    for verdict in scoring.verdicts(rows):
        typer.echo(verdict)
    for runtime in scoring.RUNTIMES:
        took_ms = scoring.milliseconds(scoring.Model(model, runtime))
        typer.echo(f"{runtime}: {took_ms:.1f} ms a picture of {dataset.WIDTH_PX}x{dataset.HEIGHT_PX}, one thread")


@app.command()
def errors(
    work: Work = Path("build/training"),
    model: Annotated[Path, typer.Option(help="the converted model")] = MODELS / "roadside-2.tflite",
    part: Annotated[str, typer.Option(help="which pictures: evaluation, watching, training")] = "evaluation",
    condition: Annotated[str, typer.Option(help="day, dusk, night, rain; all of them by default")] = "all",
) -> None:
    """Print why the average precision is as it is: what mending each kind of error would add; needs no TensorFlow."""
    data, judge = dataset.load(work / part), scoring.Model(model)
    looked = [judge.look(data.pictures[number]) for number in range(len(data))]
    chosen = [number for number, one in enumerate(data.conditions) if condition in ("all", one)]
    _print(analysis.table(data, looked, chosen))
    typer.echo(f"Share found of those that count, at a score of {analysis.SURE_SCORE:g} and more:")
    _print(analysis.shares(data, looked, chosen))


def _print(rows: list[list[str]]) -> None:
    typer.echo("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows[1:]:
        typer.echo("| " + " | ".join(row) + " |")


@app.command(name="all")
def everything(work: Work = Path("build/training"), steps: int = STEPS, seed: int = 1) -> None:
    """Render, train, convert and score, one after the other."""
    render(work)
    train(work, steps, seed)
    convert(work)
    score(work)


if __name__ == "__main__":
    app()
