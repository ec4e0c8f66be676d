"""Train, convert and score the shipped models: `python -m simulators.training`; nice it, it takes a processor.

Needs the packages of `requirements/train.txt`, in an environment of their own. Everything follows from the seed, up to
the order in which several threads add numbers.
"""

from pathlib import Path
from typing import Annotated

import typer

from simulators.training import dataset
from simulators.training import score as scoring
from simulators.training.scenes import EVALUATION_FROM, TRAINING_FROM, WATCHING_FROM

MODELS = Path(__file__).parents[2] / "firmware-config" / "models"
app = typer.Typer(add_completion=False, no_args_is_help=True)
Work = Annotated[Path, typer.Option(help="where pictures and weights are kept; about 180 kB a picture")]


@app.command()
def render(
    work: Work = Path("build/training"),
    scenes: Annotated[int, typer.Option(help="scenes to train on")] = 400,
    frames: Annotated[int, typer.Option(help="pictures of each")] = 16,
    judged: Annotated[int, typer.Option(help="scenes to evaluate on, rendered at the size a box sees")] = 60,
) -> None:
    """Render the pictures: for training, for watching it, and for the evaluation."""
    dataset.render(work / "evaluation", EVALUATION_FROM, judged, 8, 640)
    dataset.render(work / "watching", WATCHING_FROM, max(1, judged // 3), 4, 320)
    dataset.render(work / "training", TRAINING_FROM, scenes, frames, 320)


@app.command()
def train(
    work: Work = Path("build/training"),
    steps: Annotated[int, typer.Option(help="batches of 16 pictures")] = 4_000,
    seed: Annotated[int, typer.Option(help="of weights, order and changes")] = 1,
    *,
    resume: Annotated[bool, typer.Option(help="go on from the weights that are there")] = False,
    rate: Annotated[float, typer.Option(help="of learning at its peak; less when going on")] = 2.5e-3,
) -> None:
    """Train the net and keep its weights."""
    import keras  # noqa: PLC0415 - the other commands do without it

    from simulators.training import fit, net  # noqa: PLC0415

    keras.utils.set_random_seed(seed)
    model = net.build()
    kept = work / "net.weights.h5"
    if resume and kept.exists():
        model.load_weights(kept)
    fit.fit(model, dataset.load(work / "training"), steps, seed, kept, rate)


@app.command()
def convert(work: Work = Path("build/training"), models: Annotated[Path, typer.Option()] = MODELS) -> None:
    """Make the int8 model of the weights that are there."""
    from simulators.training import net  # noqa: PLC0415 - TensorFlow
    from simulators.training.convert import convert as make  # noqa: PLC0415 - TensorFlow

    model = net.build()
    model.load_weights(work / "net.weights.h5")
    path = make(model, dataset.load(work / "training"), models)
    typer.echo(f"{path}: {path.stat().st_size} bytes")


@app.command()
def score(
    work: Work = Path("build/training"),
    model: Annotated[Path, typer.Option(help="the converted model")] = MODELS / "roadside-1.tflite",
    part: Annotated[str, typer.Option(help="which pictures: evaluation, watching")] = "evaluation",
) -> None:
    """Print the model card's table; needs no TensorFlow."""
    rows = scoring.table(dataset.load(work / part), scoring.Model(model))
    typer.echo("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows[1:]:
        typer.echo("| " + " | ".join(row) + " |")
    for runtime in scoring.RUNTIMES:
        took_ms = scoring.milliseconds(scoring.Model(model, runtime))
        typer.echo(f"{runtime}: {took_ms:.1f} ms a picture of {dataset.WIDTH_PX}x{dataset.HEIGHT_PX}, one thread")


@app.command(name="all")
def everything(work: Work = Path("build/training"), steps: int = 4_000, seed: int = 1) -> None:
    """Render, train, convert and score, one after the other."""
    render(work)
    train(work, steps, seed)
    convert(work)
    score(work)


if __name__ == "__main__":
    app()
