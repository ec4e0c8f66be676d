"""The social office's workbooks: one a quarter, put into a folder, with a heading above the titles."""

from datetime import date
from pathlib import Path

from openpyxl import Workbook

from simulators.services.chance import between
from simulators.services.places import DISTRICTS

_QUARTERS = 6
_PAID_RUPIAH = 750_000  # of a family in a quarter, about
_ROMAN = ("I", "II", "III", "IV")
_TITLES = ["No", "Triwulan", "Kecamatan", "KPM PKH", "PKH Tersalur (Rp)", "KPM Sembako", "Lansia", "Disabilitas"]


def write_workbooks(folder: Path, today: date) -> list[Path]:
    """Put the workbooks of the last quarters into a folder; those that are there stay as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    current = today.year * 4 + (today.month - 1) // 3
    written = []
    for number in range(current - _QUARTERS, current):
        year, quarter = number // 4, number % 4
        path = folder / f"bansos-{year}-TW{quarter + 1}.xlsx"
        if not path.exists():
            _write(path, year, quarter)
            written.append(path)
    return written


def _write(path: Path, year: int, quarter: int) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "Rekap"
    sheet.append(["REKAPITULASI BANTUAN SOSIAL KABUPATEN PASURUAN (ANGKA SIMULASI)"])
    sheet.append([])
    sheet.append(_TITLES)
    rows = [[*_figures(index, year, quarter)] for index in range(len(DISTRICTS))]
    for row in rows:
        sheet.append(row)
    totals = [sum(int(row[place]) for row in rows) for place in range(3, len(_TITLES))]
    sheet.append([None, f"Triwulan {_ROMAN[quarter]} {year}", "JUMLAH", *totals])
    building = path.with_name(f".{path.name}.building")
    book.save(building)
    building.replace(path)


def _figures(index: int, year: int, quarter: int) -> list[str | int]:
    district = DISTRICTS[index]
    when = (district.code, year, quarter)
    families = round(district.residents * 0.045 * between(0.9, 1.1, "pkh", *when))
    food = round(families * between(1.5, 1.9, "sembako", *when))
    elderly, disabled = round(families * 0.12), round(families * between(0.01, 0.03, "disabilitas", *when))
    return [
        index + 1,
        f"Triwulan {_ROMAN[quarter]} {year}",
        district.name,
        families,
        families * _PAID_RUPIAH,
        food,
        elderly,
        disabled,
    ]
