"""`satulayar-db clips`: whether all records of clips are there, the newest too."""

from pathlib import Path
from typing import Annotated

import typer

from cloud.db import audit, clip_chain
from cloud.db.session import Dsn, opened

clips_app = typer.Typer(no_args_is_help=True, help="Records of clips that boxes gave out.")


@clips_app.callback()
def _say_what_it_is() -> None:
    """Keep `verify` a command of its own though it is the only one."""


@clips_app.command("verify")
def verify_clips(
    anchors: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Lines of `audit anchor`, or a log of `maintain`.")
    ] = None,
    dsn: Dsn = None,
) -> None:
    """Check each box's chain against the audit, and the audit itself; exits with 1 and what is wrong."""
    with opened(dsn) as (_, connection):
        kept = []
        if anchors:
            with anchors.open(encoding="utf-8", errors="replace") as lines:
                kept = list(audit.read_anchors(lines))
        faults = [
            f"audit: broken at {number}"
            for number in [*audit.find_broken(connection), *audit.find_lost(connection, kept)]
        ]
        verdicts = {box: clip_chain.read_chain(connection, box) for box in clip_chain.list_boxes(connection)}
    for box, verdict in verdicts.items():
        faults += [f"{box}: {fault.kind} {fault.event} ({fault.time:%Y-%m-%d %H:%M} UTC)" for fault in verdict.faults]
    for fault in faults[:100]:
        typer.echo(fault, err=True)
    if faults:
        raise typer.Exit(1)
    typer.echo(f"all {sum(one.records for one in verdicts.values())} records of {len(verdicts)} boxes are there")
