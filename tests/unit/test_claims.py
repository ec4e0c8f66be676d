"""Labels: their codes, and sheets of them that a phone can scan."""

import hashlib
import re
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from provisioning.claims import Label, make_label, read_label
from provisioning.desired import Desired
from provisioning.desired_files import read_desired
from provisioning.errors import Refused
from provisioning.labels import PAPERS, write_sheet
from tests.fix_balena import Write, regency

BOX = "T0001-a"
DOTS_PER_MM = 12


@pytest.fixture
def label() -> Label:
    return make_label("pasuruan", BOX)


def test_label_when_made_then_each_has_a_code_of_its_own_and_the_centre_knows_its_fingerprint_only(
    label: Label,
) -> None:
    other = make_label("pasuruan", BOX)
    assert label.code != other.code
    assert label.code not in label.fingerprint()
    assert label.fingerprint() == hashlib.sha256(f"SL1:pasuruan:{BOX}:{label.code}".encode()).hexdigest()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SL1:malang:T0001-a:ABCDE12345", "belongs to malang, this is pasuruan"),
        ("https://example.com", "no label of Satulayar"),
        ("", "no label of Satulayar"),
        ("SL1:pasuruan:T0001-a:abc", "no label of Satulayar"),
    ],
)
def test_label_when_not_ours_then_says_why(text: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        read_label(text, "pasuruan")


def test_label_when_scanned_then_is_what_was_printed(label: Label) -> None:
    assert read_label(f" {label.text()}\n", "pasuruan") == label


@pytest.fixture
def desired(write_regency: Write) -> Desired:
    return read_desired(write_regency(regency(30)))


def pages_of(pdf: bytes) -> list[str]:
    """Give what is drawn on each page."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    # By an object: where the last byte of a checksum is a line's end, the expression above takes it for the stream's.
    texts = [zlib.decompressobj().decompress(one).decode("latin-1") for one in streams if one[:1] == b"\x78"]
    return [text for text in texts if " re f" in text]


def scan(page: str, size_mm: tuple[float, float]) -> set[str]:
    """Paint a page's squares and look for codes on it, as a phone does."""
    picture = np.full([round(side * DOTS_PER_MM) for side in reversed(size_mm)], 255, np.uint8)
    points_mm = 72 / 25.4
    for square in re.findall(r"([\d.-]+) ([\d.-]+) ([\d.-]+) (-?[\d.]+) re f", page):
        x, y, width, height = (float(figure) / points_mm * DOTS_PER_MM for figure in square)
        bottom = picture.shape[0] - y
        rows = slice(round(bottom - max(height, 0)), round(bottom - min(height, 0)))
        picture[rows, round(x) : round(x + width)] = 0
    label = PAPERS["a4"].label if size_mm == (210, 297) else size_mm
    found = set()
    for top in np.arange(0, size_mm[1] - 1, label[1]):
        for left in np.arange(0, size_mm[0] - 1, label[0]):
            part = picture[
                round(top * DOTS_PER_MM) : round((top + label[1]) * DOTS_PER_MM),
                round(left * DOTS_PER_MM) : round((left + label[0]) * DOTS_PER_MM),
            ]
            found.add(read_code(cv2.cvtColor(part, cv2.COLOR_GRAY2BGR)))
    return found - {""}


def read_code(part: np.ndarray) -> str:
    """Read a code as a telephone does: it moves to and fro until its decoder is content."""
    for scale in (1.0, 1.5, 2.0, 0.7, 1.2, 3.0):
        seen = cv2.GaussianBlur(cv2.resize(part, None, fx=scale, fy=scale), (3, 3), 0)
        for decoder in (cv2.QRCodeDetector(), cv2.QRCodeDetectorAruco()):
            if text := decoder.detectAndDecode(seen)[0]:
                return str(text)
    return ""


@pytest.mark.parametrize(("paper", "pages"), [("a4", 2), ("62mm", 30)])
def test_sheet_when_printed_then_every_code_can_be_scanned(
    paper: str, pages: int, desired: Desired, tmp_path: Path
) -> None:
    issued: list[Label] = []

    def issue(box: str) -> Label:
        issued.append(make_label("pasuruan", box))
        return issued[-1]

    assert write_sheet(desired, tmp_path / "labels.pdf", issue, paper) == 30
    drawn = pages_of((tmp_path / "labels.pdf").read_bytes())
    assert len(drawn) == pages
    scanned = {text for page in drawn for text in scan(page, PAPERS[paper].page)}
    assert scanned == {label.text() for label in issued}
    assert "T0030-a" in drawn[-1]


def test_sheet_when_only_some_then_only_those(desired: Desired, tmp_path: Path) -> None:
    issue = lambda box: make_label("pasuruan", box)  # noqa: E731
    assert write_sheet(desired, tmp_path / "labels.pdf", issue, only=["T0002-a"]) == 1
    with pytest.raises(Refused, match="no file names a box XX-a"):
        write_sheet(desired, tmp_path / "labels.pdf", issue, only=["XX-a"])
    with pytest.raises(Refused, match="there are: a4, 62mm"):
        write_sheet(desired, tmp_path / "labels.pdf", issue, "letter")
