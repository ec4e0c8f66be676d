"""The commands about boxes in the field: parcels and labels before, claims on the spot, swap and retire after."""

import datetime as dt
import getpass
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from edge.contract.commissioning import Document, SignedReport
from provisioning.balena import BalenaFleets
from provisioning.ca_commands import DEFAULT_DIRECTORY, Box, Directory, lock_out_box, open_authority
from provisioning.centre import Centre
from provisioning.certificates import CertificateAuthority, write_whole
from provisioning.check_titles import Language
from provisioning.checklist import compare, judge_claim, judge_exercises
from provisioning.claims import Claim, make_label, read_label
from provisioning.commissioning import ask_until_good, signed_pictures
from provisioning.commissioning_report import Report, draw, lines_of, read_report, write_report
from provisioning.desired_files import SHIPPED, read_desired
from provisioning.errors import Misconfigured, Refused, Unavailable
from provisioning.fleet_commands import WIB, Files
from provisioning.labels import PAPERS, write_sheet
from provisioning.parcel import find_box, make_parcel, write_image
from provisioning.parcel_files import write_folder
from provisioning.settings import read_settings
from provisioning.signed_report import verify
from provisioning.target import uuid_of

Spoken = Annotated[Language, typer.Option("--language", help="Of checks and remedies: id, Indonesian; en, English.")]
Who = Annotated[str, typer.Option("--by", help="Who does it; absent: the user of this machine.")]
_QUESTIONS = {
    "id": {"siren": "sirene berbunyi?", "lamp": "lampu menyala?", "camera": "gambar baik?"},
    "en": {"siren": "does the siren sound?", "lamp": "do the lamps light?", "camera": "is the picture good?"},
}


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (parcel, labels, claim, commission, report, swap, move, retire, history):
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
    files: Files = SHIPPED,
) -> None:
    """Print labels: a QR code with box, site and a code that claims the slot once."""
    desired = read_desired(files)
    names = box or [each.name for _, each in desired.boxes()]
    for name in names:
        find_box(desired, name)
    made = {name: make_label(desired.regency.code, name) for name in names}
    Centre(read_settings()).add_labels(list(made.values()))
    count = write_sheet(desired, to, made.__getitem__, paper, box)
    typer.echo(f"{count} labels in {to}. Each code claims its slot once; printing again makes further codes.")


def claim(
    label: Annotated[str, typer.Argument(help="What the QR code says: SL1:…")],
    hardware: Annotated[str, typer.Option(help="The computer: its serial number or balena uuid.")],
    files: Files = SHIPPED,
) -> None:
    """Bind a computer to the slot whose label it got. The same claim twice is one."""
    desired = read_desired(files)
    read = read_label(label, desired.regency.code)
    find_box(desired, read.box)
    centre = Centre(read_settings())
    centre.claim(read, hardware)
    typer.echo(f"{read.box}: {hardware}, claimed by {centre.account()}")


def commission(
    box: Box,
    url: Annotated[str, typer.Option(help="The agent's health endpoint.")] = "http://127.0.0.1:8470",
    by: Who = "",
    within_s: Annotated[float, typer.Option(min=1, max=900, help="How long a receipt may take, seconds.")] = 60,
    to: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("build/commissioning"),
    tried: Annotated[list[str] | None, typer.Option(help="Siren, lamp or camera that was tried by hand.")] = None,
    failed: Annotated[list[str] | None, typer.Option(help="The same, where it did not do what it should.")] = None,
    language: Spoken = "id",
    files: Files = SHIPPED,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Have a box report on itself on the spot; the exit status is 1 until everything is in order."""
    desired = read_desired(files)
    site, slot = find_box(desired, box)
    standing = _standing(box)
    signed, pictures = ask_until_good(url, within_s)
    document = _verify(signed, box, directory)
    pictures = signed_pictures(document, pictures)
    by_hand = dict.fromkeys(tried or (), True) | dict.fromkeys(failed or (), False)
    made = Report(
        regency=desired.regency.name,
        site=site.code,
        box=box,
        hardware=standing.hardware if isinstance(standing, Claim) else "",
        at=dt.datetime.now(dt.UTC),
        by=by or getpass.getuser(),
        checks=[
            judge_claim(standing, document, uuid_of(desired.regency.code, box, slot.hardware)),
            *compare(site, box, document),
            *judge_exercises(document, _ask_people(document, by_hand, language)),
        ],
        signed=signed,
    )
    for line in lines_of(made.all_checks(), language):
        typer.echo(line)
    typer.echo(f"report: {', '.join(map(str, write_report(made, pictures, to, language)))}")
    if not made.passed:
        raise typer.Exit(1)


def report(
    file: Annotated[Path, typer.Argument(help="A commissioning report, JSON.")],
    to: Annotated[Path | None, typer.Option(help="Write it as PDF.")] = None,
    language: Spoken = "id",
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Check that a report is as its box signed it, print it, and draw it as PDF; exit status 1: it has not passed."""
    read = read_report(file)
    _verify(read.signed, read.box, directory)
    for line in lines_of(read.all_checks(), language):
        typer.echo(line)
    typer.echo(f"signed by {read.box}: as it was signed, with a certificate of ours")
    if to is not None:
        write_whole(to, draw(read, {}, language), 0o644)
    if not read.passed:
        raise typer.Exit(1)


def _verify(signed: SignedReport, box: str, directory: Path) -> Document:
    """Check a report by the authority's public part; a laptop in the field needs no more of it."""
    authority = CertificateAuthority(directory)
    try:
        certificate = authority.certificate_file.read_bytes()
    except OSError as error:
        where = authority.certificate_file
        raise Misconfigured(f"{where}: cannot be read: {error.strerror}: copy the authority's ca.crt there") from error
    return verify(signed, box, certificate, authority.revoked_serials())


def _ask_people(document: Document, by_hand: dict[str, bool], language: Language) -> dict[str, bool]:
    """Ask for what was not said on the command line, where there is somebody to ask."""
    if not sys.stdin.isatty():
        return by_hand
    questions = _QUESTIONS[language]
    asked = [exercise for exercise in document.exercises if exercise.asset not in by_hand]
    return by_hand | {each.asset: typer.confirm(f"{each.asset}: {questions[each.kind]}") for each in asked}


def swap(box: Box, files: Files = SHIPPED, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Take a dead or stolen computer out of its slot: its certificates die now, the slot can be claimed again."""
    desired = read_desired(files)
    _, slot = find_box(desired, box)
    lock_out_box(box, directory)
    _free(box, "swapped")
    typer.echo(
        f"next: set `hardware: {slot.hardware + 1}` of {box} in the files, then apply, parcel, labels --box {box}"
    )


def move(
    box: Box,
    to: Annotated[str, typer.Argument(metavar="NEW-BOX", help="The slot that its computer goes to.")],
    files: Files = SHIPPED,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Take a computer out of its slot for another one: it may be claimed there, and is nobody here any more."""
    desired = read_desired(files)
    find_box(desired, to)
    standing = Centre(read_settings()).standing(to)
    if standing is not None:
        raise Refused(f"{to} was claimed by {standing.claimed_by} for {standing.hardware}: swap or retire it first")
    lock_out_box(box, directory)
    _free(box, f"moved to {to}")
    typer.echo(f"next: take {box} out of the files unless another computer comes there, then apply, parcel {to}, ")
    typer.echo(f"      labels --box {to}, and claim it there. The history of {box} stays at {box}.")


def retire(box: Box, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Take a box out for good: its certificates die now, its history stays."""
    lock_out_box(box, directory)
    _free(box, "retired")
    typer.echo(f"next: take {box} out of the files, then apply: its device goes into quarantine for 30 days")


def history(box: Box) -> None:
    """Print which computers stood in a slot, since when and by whom."""
    for each in Centre(read_settings()).claims(box):
        until = (
            f"until {each.ended_at.astimezone(WIB):%d-%m-%Y %H:%M} ({each.reason})" if each.ended_at else "until now"
        )
        typer.echo(f"{each.claimed_at.astimezone(WIB):%d-%m-%Y %H:%M} {until}: {each.hardware}, {each.claimed_by}")


def _free(box: str, reason: str) -> None:
    ended = Centre(read_settings()).end_claim(box, reason)
    typer.echo(f"{box}: {ended.hardware} is out" if ended else f"{box}: nobody had claimed it")


def _standing(box: str) -> Claim | Literal["unknown"] | None:
    """Ask the centre who stands in a slot; "unknown" where there is no way to it from here."""
    try:
        return Centre(read_settings()).standing(box)
    except (Unavailable, Misconfigured):
        return "unknown"
