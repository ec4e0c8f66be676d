"""Train, convert and score the shipped models: `python -m simulators.training`; nice it, it takes a processor.

Needs the packages of `requirements/train.txt`, in an environment of their own. Everything follows from the seed, up to
the order in which several threads add numbers.
"""

from pathlib import Path
from typing import Annotated

import typer

from simulators.training import dataset
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
) -> None:
    """Train the net and keep its weights."""
    import keras  # noqa: PLC0415 - the other commands do without it

    from simulators.training import fit, net  # noqa: PLC0415

    keras.utils.set_random_seed(seed)
    model = net.build()
    kept = work / "net.weights.h5"
    if resume and kept.exists():
        model.load_weights(kept)
    fit.fit(model, dataset.load(work / "training"), steps, seed, kept)


if __name__ == "__main__":
    app()
