"""A label claims a slot once; whoever comes second is told who was first."""

import datetime as dt
import re
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from provisioning.claims import Claim, ClaimBook, Label, read_label
from provisioning.desired import Desired
from provisioning.desired_files import read_desired
from provisioning.errors import Misconfigured, Refused
from provisioning.labels import PAPERS, write_sheet
from tests.fix_balena import Write, regency

NOW_AT = dt.datetime(2026, 11, 22, 3, 0, tzinfo=dt.UTC)
LATER_AT = NOW_AT + dt.timedelta(hours=1)
BOX = "T0001-a"
DOTS_PER_MM = 12


@pytest.fixture
def book(tmp_path: Path) -> ClaimBook:
    return ClaimBook(tmp_path / "claims.sqlite")


@pytest.fixture
def label(book: ClaimBook) -> Label:
    return book.issue("pasuruan", BOX, NOW_AT)


def test_claim_when_the_label_is_new_then_the_slot_is_taken(book: ClaimBook, label: Label) -> None:
    assert book.claim(label, "pi-7", "budi", NOW_AT) == Claim(BOX, "pi-7", NOW_AT, "budi")


def test_claim_when_sent_twice_then_is_one(book: ClaimBook, label: Label) -> None:
    first = book.claim(label, "pi-7", "budi", NOW_AT)
    assert book.claim(label, "pi-7", "budi", LATER_AT) == first
    assert book.history(BOX) == [first]


def test_claim_when_the_slot_is_taken_then_refused_with_who_and_when(book: ClaimBook, label: Label) -> None:
    book.claim(label, "pi-7", "budi", NOW_AT)
    second = book.issue("pasuruan", BOX, NOW_AT)
    with pytest.raises(Refused, match=r"T0001-a was claimed by budi on 22-11-2026 10:00 WIB for pi-7: free it first"):
        book.claim(second, "pi-8", "siti", LATER_AT)


def test_claim_when_the_code_was_used_then_refused_with_who_and_when(book: ClaimBook, label: Label) -> None:
    book.claim(label, "pi-7", "budi", NOW_AT)
    book.free(BOX, "siti", "swapped", LATER_AT)
    with pytest.raises(Refused, match="used by budi on 22-11-2026 10:00 WIB: print a new label"):
        book.claim(label, "pi-8", "siti", LATER_AT)


def test_claim_when_the_computer_stands_elsewhere_then_refused(book: ClaimBook, label: Label) -> None:
    book.claim(label, "pi-7", "budi", NOW_AT)
    with pytest.raises(Refused, match=r"pi-7 stands in T0001-a and was claimed by budi"):
        book.claim(book.issue("pasuruan", "T0002-a", NOW_AT), "pi-7", "siti", LATER_AT)


def test_claim_when_nobody_printed_the_code_then_refused(book: ClaimBook, label: Label) -> None:
    for forged in (Label("pasuruan", BOX, "0" * 10), Label("pasuruan", "T0002-a", label.code)):
        with pytest.raises(Refused, match="nobody printed this code"):
            book.claim(forged, "pi-7", "budi", NOW_AT)


def test_claim_when_the_clock_was_never_set_then_refused_and_the_code_stays_good(book: ClaimBook, label: Label) -> None:
    with pytest.raises(Refused, match="the clock says 1970-01-01: set it"):
        book.claim(label, "pi-7", "budi", dt.datetime(1970, 1, 1, tzinfo=dt.UTC))
    assert book.claim(label, "pi-7", "budi", NOW_AT)


def test_claim_when_many_come_at_once_then_one_has_it(book: ClaimBook, label: Label) -> None:
    def attempt(number: int) -> bool:
        try:
            return bool(book.claim(label, f"pi-{number}", f"crew-{number}", NOW_AT))
        except Refused:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(16))) == 1


def test_slot_when_freed_then_the_next_computer_takes_it_and_its_history_stays(book: ClaimBook, label: Label) -> None:
    book.claim(label, "pi-7", "budi", NOW_AT)
    spare = book.issue("pasuruan", BOX, NOW_AT)
    assert book.free(BOX, "siti", "swapped", LATER_AT)
    with pytest.raises(Refused, match="used by siti"):
        book.claim(spare, "pi-8", "siti", LATER_AT)
    book.claim(book.issue("pasuruan", BOX, LATER_AT), "pi-8", "siti", LATER_AT)
    assert [(each.hardware, each.reason) for each in book.history(BOX)] == [("pi-7", "swapped"), ("pi-8", "")]
    assert book.free("T0002-a", "siti", "retired", LATER_AT) is None


def test_book_when_read_then_holds_no_code(book: ClaimBook, label: Label, tmp_path: Path) -> None:
    assert label.code.encode() not in (tmp_path / "claims.sqlite").read_bytes()


def test_book_when_no_book_then_says_so(tmp_path: Path) -> None:
    (tmp_path / "claims.sqlite").write_bytes(b"something else" * 100)
    with pytest.raises(Misconfigured, match="cannot be opened"):
        ClaimBook(tmp_path / "claims.sqlite")


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
    texts = [zlib.decompress(stream).decode("latin-1") for stream in streams if stream[:1] == b"\x78"]
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
    paper: str, pages: int, desired: Desired, book: ClaimBook, tmp_path: Path
) -> None:
    issued: list[Label] = []

    def issue(box: str) -> Label:
        issued.append(book.issue("pasuruan", box, NOW_AT))
        return issued[-1]

    assert write_sheet(desired, tmp_path / "labels.pdf", issue, paper) == 30
    drawn = pages_of((tmp_path / "labels.pdf").read_bytes())
    assert len(drawn) == pages
    scanned = {text for page in drawn for text in scan(page, PAPERS[paper].page)}
    assert scanned == {label.text() for label in issued}
    assert "T0030-a" in drawn[-1]


def test_sheet_when_only_some_then_only_those(desired: Desired, book: ClaimBook, tmp_path: Path) -> None:
    issue = lambda box: book.issue("pasuruan", box, NOW_AT)  # noqa: E731
    assert write_sheet(desired, tmp_path / "labels.pdf", issue, only=["T0002-a"]) == 1
    with pytest.raises(Refused, match="no file names a box XX-a"):
        write_sheet(desired, tmp_path / "labels.pdf", issue, only=["XX-a"])
    with pytest.raises(Refused, match="there are: a4, 62mm"):
        write_sheet(desired, tmp_path / "labels.pdf", issue, "letter")
