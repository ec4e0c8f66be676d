"""The commissioning report of a box as the office keeps it: what the box signed, and what people did and saw.

As JSON it holds the box's signed document untouched, so that its signature can be checked for as long as it is kept
(`satulayar-provision report FILE`); as PDF it is for people, with the pictures.
"""

import datetime as dt
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fpdf import FPDF
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from edge.contract.commissioning import Check, Document, SignedReport
from provisioning.certificates import write_whole
from provisioning.check_titles import Language, measured_of, remedy_of, title_of
from provisioning.errors import Misconfigured, Refused

WIB = dt.timezone(dt.timedelta(hours=7), "WIB")
_PICTURE_MM = 85.0
_INK, _GOOD, _BAD = (20, 32, 43), (26, 127, 55), (164, 38, 44)
_VERDICTS = {"id": {True: "LULUS", False: "BELUM LULUS"}, "en": {True: "PASSED", False: "NOT PASSED"}}


class Report(BaseModel):
    """What commissioning found.

    Attributes:
        regency: its name.
        site: code of the site.
        box: the slot.
        hardware: the computer, as it was claimed; "" for none.
        at: when.
        by: who did it.
        latitude, longitude: where the person stood, degrees of WGS 84; None where nobody told.
        checks: what the office and people add to what the box says.
        signed: what the box says.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    regency: str = Field(max_length=200)
    site: str = Field(max_length=80)
    box: str = Field(max_length=80)
    hardware: str = Field(default="", max_length=120)
    at: AwareDatetime
    by: str = Field(max_length=120)
    latitude: float | None = None
    longitude: float | None = None
    checks: list[Check] = []
    signed: SignedReport

    @property
    def document(self) -> Document:
        """What the box says; `provisioning.signed_report` tells whether it may be believed."""
        return Document.model_validate_json(self.signed.document)

    def all_checks(self) -> list[Check]:
        """Everything: of people and office first, then the box's."""
        return [*self.checks, *self.document.checks]

    @property
    def passed(self) -> bool:
        """Whether the crew may leave."""
        return all(check.passed for check in self.all_checks())

    def as_json(self) -> str:
        """Write the report for machines."""
        content: dict[str, Any] = self.model_dump(mode="json") | {"passed": self.passed}
        return json.dumps(content, indent=2, ensure_ascii=False)


def read_report(path: Path) -> Report:
    """Read a report's JSON.

    Raises:
        Misconfigured: it cannot be read.
        Refused: it is no report.
    """
    try:
        return Report.model_validate_json(path.read_bytes())
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise Refused(f"{path}: is no commissioning report: {place}: {first['msg']}") from error


def write_report(
    report: Report, pictures: Mapping[str, bytes], folder: Path, language: Language = "id"
) -> tuple[Path, Path]:
    """Write JSON and PDF, named by box and time; give both files.

    Raises:
        Misconfigured: the folder cannot be written to.
    """
    stem = f"{report.box}-{report.at.astimezone(WIB):%Y%m%d-%H%M%S}"
    files = folder / f"{stem}.json", folder / f"{stem}.pdf"
    try:
        write_whole(files[0], report.as_json().encode(), 0o644)
        write_whole(files[1], draw(report, pictures, language), 0o644)
        for asset, content in pictures.items():
            write_whole(folder / f"{stem}-{asset}.jpg", content, 0o644)
    except OSError as error:
        raise Misconfigured(f"{folder}: cannot be written: {error.strerror}: is it read-only, or full?") from error
    return files


def lines_of(checks: list[Check], language: Language = "id") -> list[str]:
    """Write checks for a person: what failed with its remedy below it."""
    good, bad = ("baik ", "GAGAL") if language == "id" else ("ok   ", "FAILED")
    lines = []
    for check in checks:
        lines.append(f"{good if check.passed else bad} {title_of(check, language)}: {measured_of(check, language)}")
        lines += [f"        {remedy}" for remedy in (remedy_of(check, language),) if remedy]
    return lines


def draw(report: Report, pictures: Mapping[str, bytes], language: Language = "id") -> bytes:
    """Draw the PDF; what failed is red, so that it is found at a glance."""
    pdf = FPDF(unit="mm", format="A4")
    pdf.add_page()
    title = f"{'Laporan komisioning' if language == 'id' else 'Commissioning report'} {report.box}"
    pdf.set_title(title)
    _write(pdf, title, points=14, style="B")
    for line in _head(report):
        _write(pdf, line)
    _write(pdf, _VERDICTS[language][report.passed], points=12, style="B", colour=_GOOD if report.passed else _BAD)
    pdf.ln(2)
    for check in report.all_checks():
        for line in lines_of([check], language):
            _write(pdf, line, colour=_INK if check.passed else _BAD)
    for line in _foot(report, language):
        _write(pdf, line)
    for asset, content in pictures.items():
        pdf.ln(3)
        _write(pdf, asset)
        pdf.image(io.BytesIO(content), w=_PICTURE_MM)
    return bytes(pdf.output())


def _write(pdf: FPDF, line: str, *, points: int = 9, style: str = "", colour: tuple[int, int, int] = _INK) -> None:
    pdf.set_font("Helvetica", style, points)
    pdf.set_text_color(*colour)
    pdf.multi_cell(0, 0.6 * points, _latin(line), new_x="LMARGIN", new_y="NEXT")


def _head(report: Report) -> list[str]:
    place = "" if report.latitude is None else f", {report.latitude:.5f}, {report.longitude:.5f}"
    at = f"{report.at.astimezone(WIB):%d-%m-%Y %H:%M} WIB, {report.by}"
    hardware = f", {report.hardware}" if report.hardware else ""
    return [report.regency, f"{report.site}{hardware}{place}", at]


def _foot(report: Report, language: Language) -> list[str]:
    at = f"{report.document.at.astimezone(WIB):%d-%m-%Y %H:%M:%S} WIB"
    said = "Ditandatangani oleh kotak" if language == "id" else "Signed by the box"
    return ["", f"{said} {at}:", report.signed.signature]


def _latin(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1")
