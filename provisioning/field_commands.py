"""The commands about boxes in the field: parcels and labels before, claims on the spot, swap and retire after."""

import datetime as dt
import getpass
from pathlib import Path
from typing import Annotated

import typer

from provisioning.balena import BalenaFleets
from provisioning.ca_commands import DEFAULT_DIRECTORY, Box, Directory, lock_out_box, open_authority
from provisioning.claims import ClaimBook, read_label
from provisioning.commissioning import Report, judge_claim, lines_of, measure, write_report
from provisioning.desired_files import SHIPPED, read_desired
from provisioning.fleet_commands import WIB, Files
from provisioning.labels import PAPERS, write_sheet
from provisioning.parcel import find_box, make_parcel, write_folder, write_image
from provisioning.settings import read_settings

DEFAULT_BOOK = Path(".local/claims.sqlite")
Book = Annotated[Path, typer.Option(help="The book of claims.")]
Who = Annotated[str, typer.Option("--by", help="Who does it; absent: the user of this machine.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (parcel, labels, claim, commission, swap, retire, history):
        app.command()(command)


def parcel(
    box: Box,
    to: Annotated[Path, typer.Option(help="A folder, such as a stick; with --image, the new image.")],
    image: Annotated[Path | None, typer.Option(help="An unpacked balenaOS image; it is copied, not changed.")] = None,
    files: Files = SHIPPED,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Write what a fresh computer needs to become this box. The keys in it are made now and kept nowhere else."""
    desired, settings = read_desired(files), read_settings()
    api = BalenaFleets(settings, desired.regency.organization)
    content = make_parcel(desired, box, open_authority(directory), api)
    if image is None:
        write_folder(content, to)
    else:
        write_image(content, image, to)
    typer.echo(f"{box}: {len(content)} files in {to}. It holds the box's keys: hand it to the crew, keep no copy.")


def labels(
    to: Annotated[Path, typer.Argument(help="The PDF to write.")],
    box: Annotated[list[str] | None, typer.Option(help="Only this box; may be given several times.")] = None,
    paper: Annotated[str, typer.Option(help=" or ".join(PAPERS))] = "a4",
    book: Book = DEFAULT_BOOK,
    files: Files = SHIPPED,
) -> None:
    """Print labels: a QR code with box, site and a code that claims the slot once."""
    desired, claims, now_at = read_desired(files), ClaimBook(book), dt.datetime.now(dt.UTC)
    count = write_sheet(desired, to, lambda name: claims.issue(desired.regency.code, name, now_at), paper, box)
    typer.echo(f"{count} labels in {to}. Each code claims its slot once; printing again makes further codes.")


def claim(
    label: Annotated[str, typer.Argument(help="What the QR code says: SL1:…")],
    hardware: Annotated[str, typer.Option(help="The computer: its serial number or balena uuid.")],
    by: Who = "",
    book: Book = DEFAULT_BOOK,
    files: Files = SHIPPED,
) -> None:
    """Bind a computer to the slot whose label it got. The same claim twice is one."""
    desired = read_desired(files)
    read = read_label(label, desired.regency.code)
    find_box(desired, read.box)
    made = ClaimBook(book).claim(read, hardware, by or getpass.getuser(), dt.datetime.now(dt.UTC))
    typer.echo(f"{made.box}: {made.hardware}, claimed by {made.claimed_by}")


def commission(
    box: Box,
    url: Annotated[str, typer.Option(help="The agent's health endpoint.")] = "http://127.0.0.1:8470",
    by: Who = "",
    within_s: Annotated[float, typer.Option(min=1, max=900, help="How long a receipt may take, seconds.")] = 60,
    to: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("build/commissioning"),
    book: Book = DEFAULT_BOOK,
    files: Files = SHIPPED,
) -> None:
    """Measure a box on the spot and write the report; the exit status is 1 until everything is in order."""
    desired = read_desired(files)
    site, _ = find_box(desired, box)
    standing = [each for each in ClaimBook(book).history(box) if each.ended_at is None]
    checks = [judge_claim(standing), *measure(site, box, url, within_s)]
    hardware = standing[0].hardware if standing else ""
    who = by or getpass.getuser()
    report = Report(desired.regency.name, site.code, box, hardware, dt.datetime.now(dt.UTC), who, checks)
    for line in lines_of(checks):
        typer.echo(line)
    typer.echo(f"report: {', '.join(map(str, write_report(report, to)))}")
    if not report.passed:
        raise typer.Exit(1)


def swap(
    box: Box, by: Who = "", book: Book = DEFAULT_BOOK, files: Files = SHIPPED, directory: Directory = DEFAULT_DIRECTORY
) -> None:
    """Take a dead or stolen computer out of its slot: its certificates die now, the slot can be claimed again."""
    desired = read_desired(files)
    _, slot = find_box(desired, box)
    lock_out_box(box, directory)
    _free(box, by, "swapped", book)
    typer.echo(
        f"next: set `hardware: {slot.hardware + 1}` of {box} in the files, then apply, parcel, labels --box {box}"
    )


def retire(box: Box, by: Who = "", book: Book = DEFAULT_BOOK, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Take a box out for good: its certificates die now, its history stays."""
    lock_out_box(box, directory)
    _free(box, by, "retired", book)
    typer.echo(f"next: take {box} out of the files, then apply: its device goes into quarantine for 30 days")


def history(box: Box, book: Book = DEFAULT_BOOK) -> None:
    """Print which computers stood in a slot, since when and by whom."""
    for each in ClaimBook(book).history(box):
        until = (
            f"until {each.ended_at.astimezone(WIB):%d-%m-%Y %H:%M} ({each.reason})" if each.ended_at else "until now"
        )
        typer.echo(f"{each.claimed_at.astimezone(WIB):%d-%m-%Y %H:%M} {until}: {each.hardware}, {each.claimed_by}")


def _free(box: str, by: str, reason: str, book: Path) -> None:
    ended = ClaimBook(book).free(box, by or getpass.getuser(), reason, dt.datetime.now(dt.UTC))
    typer.echo(f"{box}: {ended.hardware} is out" if ended else f"{box}: nobody had claimed it")
