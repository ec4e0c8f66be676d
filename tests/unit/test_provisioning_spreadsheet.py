"""Spreadsheets as crews hand them in: what is certain is put right, the rest refused row by row."""

from pathlib import Path

import openpyxl
import pytest

from provisioning.desired import Desired
from provisioning.desired_files import read_desired
from provisioning.errors import Misconfigured
from provisioning.spreadsheet import Row, import_sites, report_lines, write_sites
from tests.fix_balena import Write, regency

HEADING = ["Kode", "Nama Lokasi", "Kecamatan", "Lintang", "Bujur"]
GOOD = ["PD-07", "Simpang  Tiga", "pandaan", -7.65, 112.68]


@pytest.fixture
def desired(write_regency: Write) -> Desired:
    return read_desired(write_regency(regency()))


def xlsx(tmp_path: Path, *rows: list[object], merge: str = "") -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if merge:
        book.active.merge_cells(merge)
    book.save(tmp_path / "sites.xlsx")
    return tmp_path / "sites.xlsx"


def only(rows: list[Row]) -> Row:
    assert len(rows) == 1
    return rows[0]


def test_import_when_in_order_then_the_site_is_written_with_its_box(tmp_path: Path, desired: Desired) -> None:
    row = only(import_sites(xlsx(tmp_path, ["Daftar lokasi 2026"], HEADING, GOOD), desired, "lamps"))
    assert row.refusals == row.notes == []
    assert row.number == 3
    assert row.site == {
        "code": "PD-07",
        "name": "Simpang Tiga",
        "district": "Pandaan",
        "latitude": -7.65,
        "longitude": 112.68,
        "boxes": [{"name": "PD-07-a", "group": "lamps"}],
    }


WRONG = {
    "swapped": (
        [*GOOD[:3], 112.68, -7.65],
        "position: 112.68, -7.65: latitude and longitude are swapped: exchange them",
    ),
    "elsewhere": ([*GOOD[:3], -6.2, 106.8], "position: -6.2, 106.8 lies outside Kabupaten Pasuruan"),
    "text": ([*GOOD[:3], "7°39'S", 112.68], 'latitude: "7°39\'S" is no number of degrees such as -7.6660'),
    "two commas": ([*GOOD[:3], "-7,650,001", 112.68], "latitude: '-7,650,001' is no number"),
    "empty": ([*GOOD[:3], None, 112.68], "latitude: is empty: fill it in"),
    "district": ([*GOOD[:2], "Pandan", *GOOD[3:]], "district: there is no 'Pandan'; did you mean 'Pandaan'?"),
    "code": (["pd 07", *GOOD[1:]], "code: 'PD 07' is not written like 'TD-01'"),
    "known": (["T0001", *GOOD[1:]], "code: T0001 is in the regency's files already"),
    "no name": ([GOOD[0], " ", *GOOD[2:]], "name: is empty"),
}


@pytest.mark.parametrize(("cells", "said"), WRONG.values(), ids=WRONG.keys())
def test_import_when_a_row_is_wrong_then_it_is_refused_and_the_next_taken(
    cells: list[object], said: str, tmp_path: Path, desired: Desired
) -> None:
    rows = import_sites(xlsx(tmp_path, HEADING, cells, ["PD-08", *GOOD[1:]]), desired, "lamps")
    assert [row.site is None for row in rows] == [True, False]
    assert len(rows[0].refusals) == 1
    assert said in rows[0].refusals[0]


def test_import_when_a_code_is_there_twice_then_the_second_names_the_first(tmp_path: Path, desired: Desired) -> None:
    rows = import_sites(xlsx(tmp_path, HEADING, GOOD, GOOD), desired, "lamps")
    assert rows[1].refusals == ["code: PD-07 is in row 2 already: give it another code, or drop the row"]


def test_import_when_cells_are_merged_then_every_row_under_them_is_refused(tmp_path: Path, desired: Desired) -> None:
    path = xlsx(tmp_path, HEADING, GOOD, ["PD-08", *GOOD[1:]], ["PD-09", *GOOD[1:]], merge="C2:C3")
    rows = import_sites(path, desired, "lamps")
    assert [row.refusals for row in rows] == [
        ["district: the cell is merged with others: split it and fill in each row"],
        ["district: the cell is merged with others: split it and fill in each row"],
        [],
    ]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_import_when_csv_has_a_decimal_comma_then_it_is_read_and_said(
    separator: str, tmp_path: Path, desired: Desired
) -> None:
    cells = ["PD-07", "Simpang", "Pandaan", '"-7,65"', '"112,68"']
    path = tmp_path / "sites.csv"
    path.write_text("\ufeff" + separator.join(HEADING) + "\n" + separator.join(cells) + "\n")
    row = only(import_sites(path, desired, "lamps"))
    assert row.site
    assert (row.site["latitude"], row.site["longitude"]) == (-7.65, 112.68)
    assert "latitude: '-7,65' read with the comma as the decimal sign" in row.notes


def test_import_when_a_column_is_missing_then_the_heading_to_add_is_named(tmp_path: Path, desired: Desired) -> None:
    with pytest.raises(Misconfigured, match=r"longitude \(longitude or lon or long or lng or bujur\): add them"):
        import_sites(xlsx(tmp_path, HEADING[:4], GOOD[:4]), desired, "lamps")


@pytest.mark.parametrize("name", ["sites.xlsx", "sites.csv"])
def test_import_when_no_spreadsheet_then_says_how_to_save_it(name: str, tmp_path: Path, desired: Desired) -> None:
    (tmp_path / name).write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(Misconfigured, match=r"save it as \.xlsx"):
        import_sites(tmp_path / name, desired, "lamps")


def test_import_when_written_then_is_a_file_of_the_desired_state(tmp_path: Path, desired: Desired) -> None:
    rows = import_sites(xlsx(tmp_path, HEADING, GOOD, WRONG["text"][0]), desired, "lamps")
    (tmp_path / "regency" / "new.yaml").write_text(write_sites(rows))
    assert {site.code for site in read_desired(tmp_path / "regency").sites} == {"T0001", "T0002", "PD-07"}
    assert list(report_lines(rows))[-1] == "1 of 2 rows taken, 1 refused"
