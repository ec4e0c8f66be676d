"""The command `satulayar-modules`: check manifests, list modules, run and backfill them."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from getpass import getuser
from pathlib import Path
from typing import Annotated

import typer

from cloud import errors, logs
from cloud.db.connection import connect, translated
from cloud.modules.brought import Person
from cloud.modules.errors import Misconfigured, Unset
from cloud.modules.held import decide, list_held
from cloud.modules.manifest import Manifest
from cloud.modules.manifest_files import FILE, Found, find_modules, judge_together, read_districts_file, read_module
from cloud.modules.preview import left_out, preview
from cloud.modules.run import Occasion, run_folder, run_module
from cloud.modules.schedule import Scheduler
from cloud.modules.settings import ModulesSettings, read_settings
from cloud.modules.sources.models import Folder, Http
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
    settings = None
    try:
        settings = read_settings()
        logs.configure(settings.log_level)
        with translated():
            yield settings
    except errors.CloudError as error:
        typer.echo(f"satulayar-modules: {_line(error)}", err=True)
        if isinstance(error, errors.Unavailable) and settings is not None:
            typer.echo("  basis data: SATULAYAR_MODULES_DSN, --dsn (where the database is)", err=True)
        kinds = ((errors.Unavailable, EXIT_UNAVAILABLE), (errors.Misconfigured, EXIT_MISCONFIGURED))
        raise typer.Exit(next((number for kind, number in kinds if isinstance(error, kind)), EXIT_REFUSED)) from error


def _line(told: object) -> str:
    """Write what has its sentence in both languages with the Indonesian one first."""
    text_id, text_en = getattr(told, "text_id", ""), getattr(told, "text_en", "")
    return f"{text_id} ({text_en})" if text_id and text_en != text_id else str(told)


@app.command()
def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Manifests, or their folders; all there are if none.")
    ] = None,
) -> None:
    """Say what is wrong with manifests; exits with 1 if anything is. What only may not be meant is a note."""
    with _told() as settings:
        there = list(find_modules(settings.all_folders))
        given = [read_module(_manifest_of(path)) for path in paths or ()]
        found = list(judge_together(given, there)) if paths else there
    for module in found:
        typer.echo("\n".join(module.faults) or f"{module.name}: in order")
        for note in module.notes:
            typer.echo(f"  note: {note}")
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


@app.command("preview")
def show_preview(
    folder: Annotated[Path, typer.Argument(help="Of the module.")],
    file: Annotated[Path | None, typer.Argument(help="A table, where the source is a folder or an upload.")] = None,
) -> None:
    """Read a module's source and print what would be stored: no database is needed, and nothing is kept."""
    with _told() as settings:
        module = read_module(_manifest_of(folder))
        if module.manifest is None:
            raise Misconfigured("\n".join(module.faults))
        known = dict(read_districts_file(settings.districts)) if settings.districts else {}
        for line in preview(module.name, module.manifest, settings.reach, known, datetime.now(UTC), file):
            typer.echo(line)


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
    """Read the source's past again; what is there already stays as it is. Of a folder all files are read again."""
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
        if occasion.cause == "backfill" and not manifest.source.tells_past:
            raise _no_past(name, manifest)
        with connect(dsn or settings.dsn, APPLICATION, autocommit=True) as connection:
            if settings.districts is not None:  # as `work` does at its start: without them every key is unknown
                put_districts(connection, iter(read_districts_file(settings.districts)))
            if isinstance(manifest.source, Folder):
                again = occasion.cause == "backfill"
                run_folder(connection, name, manifest, settings.reach, again=again)
                typer.echo(f"{name}: foldernya dibaca; tiap berkas di /v1/modules/{name}/runs (its folder was read)")
                return
            outcome = run_module(connection, name, manifest, settings.reach, occasion)
    typer.echo(f"{name}: {_line(outcome)}", err=not outcome.good)
    for line in left_out(outcome.report):
        typer.echo(line, err=not outcome.good)
    raise typer.Exit(0 if outcome.good else EXIT_REFUSED)


def _no_past(name: str, manifest: Manifest) -> Unset:
    """Say why a source cannot be asked for the past, and what would let it be."""
    source = manifest.source
    remedies = {"sql": ("%(from)s dan %(to)s di source.query", "%(from)s and %(to)s into source.query")}
    if isinstance(source, Http):
        remedies[source.kind] = ("{from} dan {to} di source.url", "{from} and {to} into source.url")
    if source.kind not in remedies:
        return Unset(
            f"{name} tidak punya masa lalu untuk dibaca: sumbernya {source.kind}; kirim atau unggah angka lamanya.",
            f"{name} has no past to be read: its source is of kind {source.kind}; push or upload the old figures.",
        )
    remedy_id, remedy_en = remedies[source.kind]
    return Unset(
        f"Sumber {name} tidak menanyakan hari-hari: tidak ada yang dibaca. Tulis {remedy_id}.",
        f"The source of {name} asks for no days, so nothing was read: put {remedy_en}.",
    )


def _find(settings: ModulesSettings, name: str) -> Manifest:
    found = {module.name: module for module in find_modules(settings.all_folders)}
    if name not in found:
        there = ", ".join(found) or "-"
        raise Unset(
            f"Tidak ada modul {name!r}; yang ada: {there}. Foldernya harus berada di bawah "
            "SATULAYAR_MODULES_MORE_FOLDERS.",
            f"there is no module {name!r}; there are: {there}. Its folder must be below one of "
            "SATULAYAR_MODULES_MORE_FOLDERS",
        )
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
        found = list_held(connection)
        if not found:
            typer.echo("Tidak ada angka yang menunggu. (Nothing waits.)")
        for each in found:
            place = ", ".join(each.keys) or "-"
            typer.echo(
                f"{each.id:6} {each.module}.{each.indicator} {place} {each.true_at:%Y-%m-%d %H:%M}Z "
                f"{each.value:g} {each.unit}, biasanya {each.usual:g} (usually {each.usual:g})"
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
        word_id, word_en = ("diterima", "accepted") if accept else ("ditolak", "refused")
        typer.echo(f"{module}: angka {number} {word_id} (figure {number} {word_en})")


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
