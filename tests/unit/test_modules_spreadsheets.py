"""Three spreadsheets as offices keep them, read by manifests alone: beds, PKH by quarter, revenue."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from openpyxl import Workbook

from cloud.modules.figures import FigureReader
from cloud.modules.manifest import Manifest
from cloud.modules.manifest_files import DISTRICTS, read_districts_file
from cloud.modules.sources.models import Upload
from cloud.modules.sources.tables import read_content

MANIFESTS = yaml.safe_load((Path(__file__).parent / "recorded" / "spreadsheets.yaml").read_text(encoding="utf-8"))
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _book(title: str, cells: dict[str, Any], merged: tuple[str, ...], first: int, rows: list[list[Any]]) -> io.BytesIO:
    """Make a workbook whose first sheet is hidden, with something written below the table."""
    book, octets = Workbook(), io.BytesIO()
    book.active.append(["acuan"])
    book.active.sheet_state = "hidden"
    sheet = book.create_sheet(title)
    book.active = 1
    for place, value in cells.items():
        sheet[place] = value
    for down, row in enumerate(rows):
        for right, value in enumerate(row):
            sheet.cell(first + down, 1 + right, value)
    for place in merged:
        sheet.merge_cells(place)
    sheet.cell(first + len(rows) + 3, 5, "Direktur,")
    sheet.cell(first + len(rows) + 6, 5, "dr. H. Ahmad Fauzi, M.Kes")
    book.save(octets)
    octets.seek(0)
    return octets


def _beds() -> io.BytesIO:
    cells = {
        "A1": "LAPORAN KETERSEDIAAN TEMPAT TIDUR", "A2": "Keadaan tanggal : Kamis, 17 April 2025 pukul 10.00 WIB",
        "A4": "No", "B4": "Nama\nRumah Sakit", "C4": "Kelas", "D4": "Tempat Tidur", "G4": "BOR (%)", "D5": "Kapasitas",
        "E5": "Terisi", "F5": "Kosong",
    }  # fmt: skip
    rows = [
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"],
        [1, "RSUD Bangil", "VIP", 10, "-", 10, 0],
        [None, None, "Kelas 1 ", 40, 37, 3, 92.5],
        ["Jumlah RSUD Bangil", None, None, 50, 37, 13, None],
        [2, "RSUD Grati", "VIP", "8", "8", "-", 100],
        ["JUMLAH SELURUHNYA", None, None, 58, 45, 13, None],
    ]
    return _book("Rekap TT ", cells, ("A1:G1", "A4:A5", "B4:B5", "D4:F4", "B7:B8", "A9:C9"), 6, rows)


def _pkh() -> io.BytesIO:
    cells = {
        "A1": "REKAPITULASI KPM PKH", "A2": "KABUPATEN PASURUAN TAHUN ANGGARAN 2025", "A4": "NO", "B4": "KECAMATAN",
        "C4": "JUMLAH KPM", "C5": "TW I", "D5": "TW II", "E4": "KET",
    }  # fmt: skip
    rows = [
        [1, "BANGIL", "1.204", "1.198"],
        [2, "Kec. Pandaan", 980, "-"],
        [3, "Purwodadi ", 700, 701],
        ["JUMLAH", None, 2884],
    ]
    return _book("PKH", cells, ("C4:D4", "A1:E1"), 6, rows)


def _revenue() -> io.BytesIO:
    cells = {
        "A1": "BADAN PENDAPATAN DAERAH", "A2": "REALISASI PENDAPATAN S.D. 30 APRIL 2025", "A4": "Kode", "B4": "Uraian",
        "C4": "Target (Rp)", "D4": "Realisasi", "D5": "Bulan Ini", "E5": "s.d. Bulan Ini", "F4": "%",
    }  # fmt: skip
    rows = [
        ["4.1.01.06", "  PBJT Jasa Perhotelan", "Rp 1.250.000.000,00", "112.500.000,50", "412.500.000,50", "33,00"],
        ["4.1.01.07", "  PBB-P2", 50_000_000_000, 2_500_000_000.25, 12_500_000_000.25, 25],
        ["4.1.01.08", "  BPHTB", "60.000.000.000", "(1.000.000)", "-", 0],
        ["", "Jumlah Pajak", "111.250.000.000"],
        [None, "Mengetahui"],
    ]
    return _book("Realisasi", cells, ("D4:E4",), 6, rows)


@pytest.mark.parametrize(
    ("name", "book", "figures"),
    [
        ("beds", _beds(), [
            "beds BGL VIP 2025-04-17 03:00 10", "beds BGL K1 2025-04-17 03:00 40", "beds GRT VIP 2025-04-17 03:00 8",
            "free BGL VIP 2025-04-17 03:00 10", "free BGL K1 2025-04-17 03:00 3",
        ]),
        ("pkh", _pkh(), [
            "families 35.14.14 2024-12-31 17:00 1204", "families 35.14.14 2025-03-31 17:00 1198",
            "families 35.14.11 2024-12-31 17:00 980", "families 35.14.01 2024-12-31 17:00 700",
            "families 35.14.01 2025-03-31 17:00 701",
        ]),
        ("revenue", _revenue(), [
            "month HOTEL 2025-03-31 17:00 112500000.5", "month PBB 2025-03-31 17:00 2500000000.25",
            "month BPHTB 2025-03-31 17:00 -1000000", "target HOTEL 2025-03-31 17:00 1250000000",
            "target PBB 2025-03-31 17:00 50000000000", "target BPHTB 2025-03-31 17:00 60000000000",
        ]),
    ],
)  # fmt: skip
def test_spreadsheet_when_an_office_keeps_it_for_people_then_its_manifest_reads_every_figure(name, book, figures):
    manifest = Manifest.model_validate(MANIFESTS[name])
    assert isinstance(manifest.source, Upload)
    reader = FigureReader(manifest, dict(read_districts_file(DISTRICTS)), NOW)
    found = [
        f"{each.indicator} {' '.join(each.keys)} {each.true_at:%Y-%m-%d %H:%M} {each.value:.15g}"
        for each in reader.read(read_content(book, manifest.source.table))
    ]
    assert sorted(found) == sorted(figures)
    assert reader.report.rejected == 0, reader.report.lines
