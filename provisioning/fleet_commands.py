"""The commands about desired and actual state: `check`, `import`, `registry`, `plan`, `apply`, `status`, `diff`."""

import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated

import typer

from provisioning import registering, report
from provisioning.actual import Actual
from provisioning.apply import apply_plan
from provisioning.balena import BalenaFleets
from provisioning.centre import Centre
from provisioning.desired import Desired
from provisioning.desired_files import SHIPPED, read_desired
from provisioning.errors import Refused
from provisioning.fleet_project import write_project
from provisioning.plan import Plan, make_plan
from provisioning.registering import note_for, plan_registry, to_write
from provisioning.registry import write_registry
from provisioning.settings import ProvisionSettings, read_settings
from provisioning.spreadsheet import import_sites, report_lines, write_sites

WIB = timezone(timedelta(hours=7), "WIB")
_EXIT_DRIFT = 2
_TELL_EVERY_S = 1.0

Files = Annotated[Path, typer.Option("--files", help="Folder with the desired state, or one file.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what somebody changed in balena's dashboard.")]
Remove = Annotated[bool, typer.Option("--remove", help="Remove devices that were in quarantine for 30 days.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print the plan.")]
Offline = Annotated[bool, typer.Option("--offline", help="Ask nobody: plan from an empty balena.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("fleet-project")(fleet_project)
    for command in (check, registry, plan, apply, status, diff):
        app.command()(command)
    app.command("import")(import_spreadsheet)


def check(files: Files = SHIPPED) -> None:
    """Validate the desired state as a whole."""
    desired = read_desired(files)
    boxes = sum(1 for _ in desired.boxes())
    assets = sum(len(site.assets) + len(site.controllers) + len(site.cameras) for site in desired.sites)
    typer.echo(f"{desired.regency.name}: {len(desired.sites)} sites, {boxes} boxes, {assets} assets: in order")


def registry(
    files: Files = SHIPPED,
    diff: Annotated[bool, typer.Option("--diff", help="Compare with the database; exit status 2: it differs.")] = False,  # noqa: FBT002 - typer
    apply: Annotated[bool, typer.Option("--apply", help="Bring the database up to the files.")] = False,  # noqa: FBT002 - typer
    force: Annotated[bool, typer.Option("--force", help="Overwrite what somebody changed there.")] = False,  # noqa: FBT002 - typer
) -> None:
    """Print the registry, junctions included (for `satulayar-db load`), or bring all but these into the database."""
    desired = read_desired(files)
    if not diff and not apply:
        typer.echo(write_registry(desired), nl=False)
        return
    centre = Centre(read_settings())
    changes = plan_registry(desired, centre.registered())
    for line in registering.lines_of(changes, force=force):
        typer.echo(line)
    if apply:
        for site in to_write(changes, force=force):
            centre.register(site, note_for(site))
    elif any(change.kind != "unlisted" for change in changes):
        raise typer.Exit(_EXIT_DRIFT)


def fleet_project(
    to: Annotated[Path, typer.Argument(help="Folder to write; then: balena push FLEET --source FOLDER")] = Path(
        "build/fleet"
    ),
) -> None:
    """Put together what balena builds a box's release from."""
    typer.echo(f"{write_project(to)} files in {to}; then: balena push FLEET --source {to}")


def import_spreadsheet(
    spreadsheet: Annotated[Path, typer.Argument(help=".xlsx or .csv with one site in each row.")],
    group: Annotated[str, typer.Option(help="Group of the boxes whose row names none.")],
    to: Annotated[Path, typer.Option(help="File of the desired state to write; it must not be there yet.")],
    files: Files = SHIPPED,
) -> None:
    """Take sites from a spreadsheet; say row by row what was refused and why."""
    rows = import_sites(spreadsheet, read_desired(files), group)
    for line in report_lines(rows):
        typer.echo(line)
    try:
        with to.open("x", encoding="utf-8") as file:
            file.write(write_sites(rows))
    except FileExistsError as error:
        raise Refused(f"{to} is there already and left as it is: name another file") from error
    except OSError as error:
        raise Refused(f"{to} cannot be written: {error.strerror}") from error
    if any(row.refusals for row in rows):
        raise typer.Exit(1)


def plan(
    files: Files = SHIPPED,
    json: Json = False,  # noqa: FBT002 - typer
    force: Force = False,  # noqa: FBT002 - typer
    remove: Remove = False,  # noqa: FBT002 - typer
    offline: Offline = False,  # noqa: FBT002 - typer
) -> None:
    """Print what apply would do, and change nothing."""
    desired = read_desired(files)
    actual = Actual() if offline else _connect(desired, read_settings()).read(list(desired.fleets))
    made = _plan(desired, actual, force=force, remove=remove)
    typer.echo(report.plan_json(made) if json else report.plan_text(made, force=force))


def apply(
    files: Files = SHIPPED,
    dry_run: DryRun = False,  # noqa: FBT002 - typer
    force: Force = False,  # noqa: FBT002 - typer
    remove: Remove = False,  # noqa: FBT002 - typer
) -> None:
    """Make balena as the files say. Killed half-way, the same command goes on."""
    desired, settings = read_desired(files), read_settings()
    api = _connect(desired, settings)
    actual = api.read(list(desired.fleets))
    made = _plan(desired, actual, force=force, remove=remove)
    if dry_run or not made.actions:
        typer.echo(report.plan_text(made, force=force))
        return
    outcome = apply_plan(made, api, actual, settings.workers, _Teller().tell)
    for line in (*report.drift_lines(made.drift, force=force), *(f"! {problem}" for problem in made.problems)):
        typer.echo(line)
    typer.echo(f"{outcome.done} of {len(made.actions)} requests done")
    if outcome.failures:
        raise Refused("\n".join([*outcome.failures, "correct these and run the same again"]))


def status(files: Files = SHIPPED) -> None:
    """Print one line for each box: registered, online, in quarantine."""
    desired = read_desired(files)
    actual = _connect(desired, read_settings()).read(list(desired.fleets))
    for line in report.status_lines(desired, actual):
        typer.echo(line)


def diff(files: Files = SHIPPED, json: Json = False) -> None:  # noqa: FBT002 - typer
    """Print what differs; the exit status is 2 when anything does."""
    desired = read_desired(files)
    actual = _connect(desired, read_settings()).read(list(desired.fleets))
    made = _plan(desired, actual, force=False, remove=False)
    typer.echo(report.plan_json(made) if json else report.plan_text(made))
    if made.actions or made.drift or made.problems:
        raise typer.Exit(_EXIT_DRIFT)


def _connect(desired: Desired, settings: ProvisionSettings) -> BalenaFleets:
    return BalenaFleets(settings, desired.regency.organization)


def _plan(desired: Desired, actual: Actual, *, force: bool, remove: bool) -> Plan:
    return make_plan(desired, actual, datetime.now(UTC).astimezone(WIB).date(), force=force, remove=remove)


class _Teller:
    """Says how far an apply is: a line that is written over on a terminal, else a line each second."""

    def __init__(self) -> None:
        self._last_s = 0.0

    def tell(self, done: int, total: int, whom: str) -> None:
        """Say it, not too often."""
        now_s = time.monotonic()
        if now_s - self._last_s < _TELL_EVERY_S and done < total:
            return
        self._last_s = now_s
        end = "\r" if sys.stderr.isatty() and done < total else "\n"
        sys.stderr.write(f"{done}/{total}  {whom:<24}{end}")
        sys.stderr.flush()
