"""The commands of `satulayar-grafana`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from grafana import errors
from grafana.check import faults
from grafana.committed import write
from grafana.publish.api import SIGNS_FROM, Grafana, read_version
from grafana.publish.plan import Step, carry_out, lines, make_plan
from grafana.settings import read_settings
from grafana.trees import write_tree

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
Secrets = Annotated[bool, typer.Option("--secrets", help="Write passwords and secrets again, changed or not.")]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


@app.command()
def generate() -> None:
    """Write the dashboards as JSON into grafana/generated."""
    for path in write():
        _say(str(path))


@app.command()
def check() -> None:
    """Check every dashboard and rule; needs no Grafana. Exit 1 with each fault on a line."""
    found = faults(read_settings())
    for fault in found:
        _say(fault)
    if found:
        raise errors.Refused(f"{len(found)} faults")
    _say("every dashboard and rule is right")


@app.command()
def plan(*, secrets: Secrets = False) -> None:
    """Say what `apply` would do to the running Grafana, and what has drifted there. Exit 1 when something has."""
    settings = read_settings()
    steps = make_plan(Grafana(settings), settings, with_secrets=secrets)
    _show(steps)
    if any(step.action != "keep" for step in steps):
        raise typer.Exit(1)


@app.command()
def apply(*, secrets: Secrets = False) -> None:
    """Bring the running Grafana to what the code says. A second time it changes nothing."""
    settings = read_settings()
    grafana = Grafana(settings)
    steps = make_plan(grafana, settings, with_secrets=secrets)
    number = carry_out(grafana, steps, _say)
    _say(f"{number} of {len(steps)} objects written")
    blocked = [step for step in steps if step.action == "blocked"]
    if blocked:
        raise errors.Refused("\n".join(reason for step in blocked for reason in step.reasons))


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Where the tree is written.")],
    boards: Annotated[str | None, typer.Option(help="The tree's boards/ as Grafana's process sees it.")] = None,
    grafana: Annotated[
        str, typer.Option(help="Version that will read it, as 11.4; from 11.6 on webhooks are signed.")
    ] = "12",
) -> None:
    """Write everything as files that a Grafana reads at its start."""
    number = write_tree(read_settings(), folder, boards, signs=read_version(grafana) >= SIGNS_FROM)
    _say(f"{number} files in {folder}")


def _show(steps: list[Step]) -> None:
    for line in lines(steps):
        _say(line)
    kept = sum(step.action == "keep" for step in steps)
    _say(f"{len(steps)} objects, {kept} as they should be")
