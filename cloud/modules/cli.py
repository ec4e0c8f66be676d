"""The command `satulayar-modules`: check manifests, list modules, run and backfill them."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from getpass import getuser
from pathlib import Path
from typing import Annotated

import typer

from cloud import errors, logs
from cloud.db.connection import connect, translated
from cloud.modules.brought import Person
from cloud.modules.errors import Misconfigured
from cloud.modules.held import decide, list_held
from cloud.modules.manifest import Manifest
from cloud.modules.manifest_files import FILE, Found, find_modules, read_districts_file, read_module
from cloud.modules.run import Occasion, run_folder, run_module
from cloud.modules.schedule import Scheduler
from cloud.modules.settings import ModulesSettings, read_settings
from cloud.modules.sources.models import Folder
from cloud.modules.store import put_districts, register
from cloud.modules.tokens import make_token, revoke_tokens

APPLICATION = "satulayar-modules"
EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_MISCONFIGURED = 1, 75, 78

app = typer.Typer(
    no_args_is_help=True,
    help="Public services' figures: modules that are added without code.",
    pretty_exceptions_enable=False,
)

Dsn = Annotated[str | None, typer.Option(help="Database, instead of SATULAYAR_MODULES_DSN.", metavar="DSN")]
Name = Annotated[str, typer.Argument(help="Of the module: its folder's name.")]


@contextmanager
def _told() -> Iterator[ModulesSettings]:
    """Give the settings; print an error of ours as one line and exit with the number of its kind."""
    try:
        settings = read_settings()
        logs.configure(settings.log_level)
        with translated():
            yield settings
    except errors.CloudError as error:
        typer.echo(f"satulayar-modules: {error}", err=True)
        kinds = ((errors.Unavailable, EXIT_UNAVAILABLE), (errors.Misconfigured, EXIT_MISCONFIGURED))
        raise typer.Exit(next((number for kind, number in kinds if isinstance(error, kind)), EXIT_REFUSED)) from error


@app.command()
def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Manifests, or their folders; all there are if none.")
    ] = None,
) -> None:
    """Say what is wrong with manifests; exits with 1 if anything is."""
    with _told() as settings:
        found = (
            [read_module(_manifest_of(path)) for path in paths] if paths else list(find_modules(settings.all_folders))
        )
    for module in found:
        typer.echo("\n".join(module.faults) or f"{module.name}: in order")
    raise typer.Exit(EXIT_REFUSED if any(module.faults for module in found) else 0)


def _manifest_of(path: Path) -> Path:
    return path / FILE if path.is_dir() else path


@app.command("list")
def list_modules() -> None:
    """List the modules with their sources and schedules."""
    with _told() as settings:
        for module in find_modules(settings.all_folders):
            typer.echo(f"{module.name:24} {_summary(module)}")


def _summary(module: Found) -> str:
    manifest = module.manifest
    if manifest is None:
        return f"wrong: {module.faults[0]}"
    return f"{manifest.source.kind:10} {manifest.schedule or '-':16} {manifest.title.id}"


@app.command()
def run(name: Name, dsn: Dsn = None) -> None:
    """Run a module now and say what came of it; exits with 1 if nothing could be stored."""
    _run_once(name, dsn, Occasion("person"))


@app.command()
def backfill(
    name: Name,
    since: Annotated[str, typer.Option(help="First day, as 2025-04-17.")],
    until: Annotated[str, typer.Option(help="Last day.")],
    dsn: Dsn = None,
) -> None:
    """Read the source's past again; what is there already stays as it is."""
    try:
        first, last = date.fromisoformat(since), date.fromisoformat(until)
    except ValueError as error:
        raise typer.BadParameter(f"{error}; write days as 2025-04-17") from error
    if last < first:
        raise typer.BadParameter("the last day lies before the first")
    _run_once(name, dsn, Occasion("backfill", since=since, until=until))


@app.command()
def work() -> None:
    """Keep all modules on their schedules until stopped."""
    with _told() as settings:
        scheduler = Scheduler(settings)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: scheduler.stop())
        scheduler.work()


def _run_once(name: str, dsn: str | None, occasion: Occasion) -> None:
    with _told() as settings:
        manifest = _find(settings, name)
        with connect(dsn or settings.dsn, APPLICATION, autocommit=True) as connection:
            if isinstance(manifest.source, Folder):
                again = occasion.cause == "backfill"
                run_folder(connection, name, manifest, settings.reach, again=again)
                typer.echo(f"{name}: its folder was read; /v1/modules/{name}/runs tells of each file")
                return
            outcome = run_module(connection, name, manifest, settings.reach, occasion)
    typer.echo(f"{name}: {outcome.text_en}", err=not outcome.good)
    raise typer.Exit(0 if outcome.good else EXIT_REFUSED)


def _find(settings: ModulesSettings, name: str) -> Manifest:
    found = {module.name: module for module in find_modules(settings.all_folders)}
    if name not in found:
        raise Misconfigured(f"there is no module {name!r}; there are: {', '.join(found) or 'none'}")
    manifest = found[name].manifest
    if manifest is None:
        raise Misconfigured("; ".join(found[name].faults))
    return manifest


@app.command()
def token(
    name: Name,
    *,
    revoke: Annotated[bool, typer.Option("--revoke", help="Make all there are worthless instead.")] = False,
    dsn: Dsn = None,
) -> None:
    """Make a token with which a service pushes its figures, and print it, once."""
    with _told() as settings, connect(dsn or settings.dsn, APPLICATION, autocommit=True) as connection:
        if revoke:
            typer.echo(f"{revoke_tokens(connection, name)} tokens revoked")
            return
        register(connection, name, _find(settings, name))
        typer.echo(make_token(connection, name, getuser()))


@app.command()
def held(dsn: Dsn = None) -> None:
    """List figures that wait for a person."""
    with _told() as settings, connect(dsn or settings.dsn, APPLICATION, autocommit=True) as connection:
        for each in list_held(connection):
            place = ", ".join(each.keys) or "-"
            typer.echo(
                f"{each.id:6} {each.module}.{each.indicator} {place} {each.true_at:%Y-%m-%d %H:%M}Z "
                f"{each.value:g} {each.unit} (usually {each.usual:g})"
            )


@app.command("decide")
def decide_held(
    number: Annotated[int, typer.Argument(help="Of the figure, see `held`.")],
    *,
    accept: Annotated[bool, typer.Option("--accept/--refuse", help="Whether it is right.")],
    dsn: Dsn = None,
) -> None:
    """Say whether a figure that waits is right; an accepted one is shown from then on."""
    with _told() as settings, connect(dsn or settings.dsn, APPLICATION, autocommit=True) as connection:
        module = decide(connection, number, accepted=accept, person=Person(getuser(), is_admin=True))
        typer.echo(f"{module}: figure {number} {'accepted' if accept else 'refused'}")


@app.command()
def districts(
    file: Annotated[Path, typer.Argument(help="CSV with the columns code and name.")], dsn: Dsn = None
) -> None:
    """Write the regency's districts into the database: the dimension that all modules share."""
    with _told() as settings:
        rows = read_districts_file(file)
        with connect(dsn or settings.dsn, APPLICATION, autocommit=True) as connection:
            typer.echo(f"{put_districts(connection, iter(rows))} districts")


@app.command()
def schema() -> None:
    """Print the JSON Schema of manifests, for editors."""
    typer.echo(json.dumps(Manifest.model_json_schema(), indent=2, ensure_ascii=False))
