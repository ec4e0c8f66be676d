"""Prints labels for boxes: a QR code that claims the slot, and the same in letters for wet or torn ones.

Papers: A4 sheets of 24 labels of 70 by 37 mm (three in a row, no margin), and 62 mm rolls, one label a page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import segno
from fpdf import FPDF

from provisioning.certificates import write_whole
from provisioning.claims import Label
from provisioning.desired import Desired, Site
from provisioning.errors import Misconfigured, Refused

_MARGIN_MM = 3.0
_QR_MM = 27.0
_LINE_MM = 4.2


@dataclass(frozen=True, slots=True)
class Paper:
    """A kind of paper; lengths in millimetres."""

    page: tuple[float, float]
    label: tuple[float, float]

    @property
    def columns(self) -> int:
        """Labels side by side."""
        return round(self.page[0] // self.label[0])

    @property
    def rows(self) -> int:
        """Labels one below the other."""
        return round(self.page[1] // self.label[1])


PAPERS = {"a4": Paper((210, 297), (70, 37)), "62mm": Paper((62, 37), (62, 37))}


def write_sheet(
    desired: Desired, to: Path, issue: Callable[[str], Label], paper: str = "a4", only: list[str] | None = None
) -> int:
    """Write a PDF with a label for each box; give how many.

    Args:
        desired: the boxes.
        to: the PDF.
        issue: makes the label of a box, with a new code.
        paper: of `PAPERS`.
        only: these boxes; all when absent.

    Raises:
        Refused: a box is in no file, or the paper unknown.
        Misconfigured: the PDF cannot be written.
    """
    if paper not in PAPERS:
        raise Refused(f"there is no paper {paper!r}; there are: {', '.join(PAPERS)}")
    boxes = {box.name: site for site, box in desired.boxes()}
    unknown = sorted(set(only or ()) - set(boxes))
    if unknown:
        raise Refused(f"no file names a box {', '.join(unknown)}: add it to the desired state")
    chosen = [(name, site) for name, site in boxes.items() if only is None or name in only]
    pdf = _draw(desired, PAPERS[paper], [(issue(name), site) for name, site in chosen])
    try:
        write_whole(to, pdf, 0o600)
    except OSError as error:
        raise Misconfigured(f"{to}: cannot be written: {error.strerror}") from error
    return len(chosen)


def _draw(desired: Desired, paper: Paper, labels: list[tuple[Label, Site]]) -> bytes:
    pdf = FPDF(unit="mm", format=paper.page)
    pdf.set_auto_page_break(auto=False)
    pdf.set_title(f"Satulayar: label kotak, {desired.regency.name}")
    each_page = paper.columns * paper.rows
    for number, (label, site) in enumerate(labels):
        if number % each_page == 0:
            pdf.add_page()
        row, column = divmod(number % each_page, paper.columns)
        _draw_label(pdf, paper, (column * paper.label[0], row * paper.label[1]), label, site, desired.regency.name)
    return bytes(pdf.output())


def _draw_label(pdf: FPDF, paper: Paper, corner: tuple[float, float], label: Label, site: Site, regency: str) -> None:
    """Draw one label: the code on the left, words on the right."""
    left, top = corner[0] + _MARGIN_MM, corner[1] + _MARGIN_MM
    _draw_qr(pdf, label.text(), left, top)
    code = f"{label.code[:5]}-{label.code[5:]}"
    lines = [(13, "B", label.box), (7, "", site.name), (7, "", site.district), (6, "", regency), (9, "B", code)]
    width = paper.label[0] - _QR_MM - 3 * _MARGIN_MM
    for number, (points, style, text) in enumerate(lines):
        pdf.set_font("Helvetica", style, points)
        pdf.set_xy(left + _QR_MM + _MARGIN_MM, top + number * _LINE_MM * 1.25)
        pdf.cell(width, _LINE_MM, _fitting(pdf, text, width))


def _draw_qr(pdf: FPDF, text: str, left: float, top: float) -> None:
    """Draw a QR code of squares: sharp at any printer's resolution. Level Q survives a quarter of it being dirty."""
    matrix = segno.make_qr(text, error="q").matrix
    size = _QR_MM / len(matrix)
    pdf.set_fill_color(0, 0, 0)
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            if dark:
                pdf.rect(left + x * size, top + y * size, size, size, style="F")


def _fitting(pdf: FPDF, text: str, width: float) -> str:
    """Cut a text to the width; the built-in fonts know Latin letters only."""
    text = text.encode("latin-1", "replace").decode("latin-1")
    while text and pdf.get_string_width(text) > width - 1:
        text = text[:-1]
    return text
