"""From rows to figures: what is stored, what is left out and why, and that nobody can be recognised in it."""

from datetime import UTC, datetime

import pytest
import yaml

from cloud.modules.errors import SourceFailed
from cloud.modules.figures import FigureReader
from cloud.modules.manifest import Manifest
from cloud.modules.persons import LOOKED_AT
from cloud.modules.privacy import find_person, find_person_column
from cloud.modules.report import Figure

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
DISTRICTS = {"35.14.14": "Bangil", "35.14.11": "Pandaan"}
MANIFEST = yaml.safe_load("""
title: {id: Bantuan, en: Aid}
owner: Dinas Sosial
contact: bidang bantuan
legal_basis: UU 13/2011
period: quarter
fresh_for: 100d
dimensions: {district: {title: {id: Kecamatan, en: District}}}
indicators:
  families: {title: {id: Keluarga, en: Families}, unit: "{family}", dimensions: [district], people: true}
  paid: {title: {id: Dibayarkan, en: Paid}, unit: "{IDR}", dimensions: [district]}
source:
  kind: upload
  mapping:
    true_at: Triwulan
    keys: {district: {column: Kecamatan, texts: {"Kec. Bangil": "35.14.14"}}}
    values: {families: KPM, paid: Nilai}
""")
TITLES = ["Triwulan", "Kecamatan", "KPM", "Nilai"]
QUARTER = datetime(2026, 6, 30, 17, tzinfo=UTC)


def _read(*rows: list[object], titles: list[str] = TITLES) -> tuple[list[Figure], FigureReader]:
    reader = FigureReader(Manifest.model_validate(MANIFEST), DISTRICTS, NOW)
    return list(reader.read([titles, *rows])), reader


def test_rows_when_in_order_then_become_figures_with_codes_and_periods():
    figures, reader = _read(
        ["TW 3 2026", "Kec. Bangil", "1.204", "Rp 903.000.000"], ["TW 3 2026", "pandaan", 88, 6.6e7]
    )
    assert figures == [
        Figure("families", ("35.14.14",), QUARTER, 1204.0),
        Figure("paid", ("35.14.14",), QUARTER, 903e6),
        Figure("families", ("35.14.11",), QUARTER, 88.0),
        Figure("paid", ("35.14.11",), QUARTER, 66e6),
    ]
    assert (reader.report.rows, reader.report.figures, reader.report.rejected) == (2, 4, 0)


def test_cell_when_of_fewer_people_than_may_be_told_then_is_kept_back():
    figures, reader = _read(["TW 3 2026", "Bangil", "4", "1000"], ["TW 3 2026", "Pandaan", "0", "0"])
    assert [figure.value for figure in figures if figure.indicator == "families"] == [None, 0.0]
    assert reader.report.kept_back == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["TW 3 2027", "Bangil", "10", "1"], "no_time"),
        (["TW 9 2026", "Bangil", "10", "1"], "no_time"),
        (["TW 3 2026", "Beji", "10", "1"], "unknown_key"),
        (["TW 3 2026", "Bangil", "sepuluh", "-"], "no_number"),
        (["TW 3 2026", "Bangil", "-5", "-"], "impossible"),
        (["TW 3 2026", "JUMLAH", "15", "3"], "total"),
        (TITLES, "titles_again"),
    ],
)
def test_row_when_odd_then_costs_only_itself_and_is_told(row, reason):
    figures, reader = _read(row, ["TW 3 2026", "Pandaan", "10", "1"])
    assert [figure.keys for figure in figures] == [("35.14.11",)] * 2
    assert [key[0] for key in reader.report.lines] == [reason]


def test_table_when_a_column_is_renamed_then_says_which_and_what_there_is():
    with pytest.raises(SourceFailed, match=r"missing: KPM\. There are: Triwulan, Kecamatan, Keluarga, Nilai"):
        _read(["TW 3 2026", "Bangil", "10", "1"], titles=["Triwulan", "Kecamatan", "Keluarga", "Nilai"])


def test_table_when_cut_off_then_nothing_of_it_counts():
    with pytest.raises(SourceFailed, match="cut off"):
        _read(["TW 3 2026", "Bangil", "10", "1"], ["TW 3 2026", "Pand"])


@pytest.mark.parametrize(
    ("title", "value", "kind"),
    [
        ("NIK", "", "citizen number"),
        ("nomor", "3514145708950001", "citizen number"),
        ("kontak", "0812-3456-7890", "phone number"),
        ("kontak", "+62 812 3456 7890", "phone number"),
        ("Nama Penerima", "", "name"),
        ("penerima", "Siti binti Ahmad", "name"),
        ("ketua", "H. Abdul Karim", "name"),
    ],
)
def test_column_when_it_tells_of_persons_then_the_run_is_refused_without_quoting_it(title, value, kind):
    with pytest.raises(SourceFailed, match=kind) as refusal:
        _read(["TW 3 2026", "Bangil", "10", "1", value or "x"], titles=[*TITLES, title])
    assert not value or value not in refusal.value.text_id + refusal.value.text_en


@pytest.mark.parametrize(
    "text",
    ["3514149908950001", "1234567890123456", "Rp 1.234.567.890.123.456", "2026-11-22", "RSUD Bangil", "081", "VIP"],
)
def test_text_when_it_only_looks_a_little_like_it_then_is_no_person(text):
    assert find_person(text) is None


def test_rows_when_more_than_are_looked_at_for_persons_then_every_one_is_read():
    rows = [["TW 3 2026", "Pandaan", str(number), "-"] for number in range(10, LOOKED_AT * 2 + 10)]
    figures, reader = _read(*rows)
    assert [figure.value for figure in figures] == [float(row[2]) for row in rows]
    assert reader.report.rows == LOOKED_AT * 2


def test_citizen_number_when_far_down_in_a_column_of_figures_then_is_refused_and_never_told():
    good = [["TW 3 2026", "Pandaan", "10", "1"]] * (LOOKED_AT + 5)
    for odd in ("3514144101900001", 3514144101900001, 3514144101900001.0):
        with pytest.raises(SourceFailed, match="citizen number") as told:
            _read(*good, ["TW 3 2026", "Pandaan", "10", odd])
        assert "3514144101900001" not in str(told.value)


def test_line_when_of_a_text_that_is_no_number_then_does_not_repeat_it():
    _, reader = _read(["TW 3 2026", "Bangil", "Siti Aminah", "1"])
    assert not any("Siti" in line.detail_en + line.detail_id for line in reader.report.lines.values())


def _told(reader: FigureReader) -> str:
    return " ".join(line.detail_id + line.detail_en for line in reader.report.lines.values())


def test_first_row_when_it_is_no_row_of_titles_then_nothing_of_it_is_told():
    with pytest.raises(SourceFailed, match="Columns are missing: KPM, Kecamatan, Nilai, Triwulan") as told:
        _read(["Siti", "1"], titles=["Budi Santoso", "3514144101900001", "081234567890"])
    assert not any(text in told.value.text_id + told.value.text_en for text in ("Budi", "3514", "0812"))


@pytest.mark.parametrize(
    "row", [["TW 3 2026", "Budi Santoso"], ["17 Budi 2026", "Bangil"], ["2026-11-02 Budi", "Bangil"]]
)
def test_text_when_no_code_and_no_time_then_is_not_told_but_its_row_is(row):
    _, reader = _read(["TW 3 2026", "Bangil", "10", "1"], [*row, "10", "1"])
    assert "budi" not in _told(reader).lower()
    assert [line.first_row for line in reader.report.lines.values()] == [3]


def test_text_when_like_a_known_code_then_says_which_of_ours():
    _, reader = _read(["TW 3 2026", "Bangill", "10", "1"], ["TW 3 2026", "Bangil", "10", "1"])
    assert "is it 'bangil'?" in _told(reader)
    assert "Bangill" not in _told(reader)


def test_time_when_it_holds_a_citizen_number_then_the_run_is_refused_with_its_row():
    good = [["TW 3 2026", "Pandaan", "10", "1"]] * LOOKED_AT
    with pytest.raises(SourceFailed, match=f"'Triwulan', row {LOOKED_AT + 2} seems to hold a citizen number"):
        _read(*good, ["TW 3514144101900001", "Bangil", "10", "1"])


def test_total_when_its_date_is_missing_then_is_no_fault():
    _, reader = _read(["TW 3 2026", "Bangil", "10", "1"], [None, "JUMLAH", "10", "1"], ["", "Grand Total", "10", "1"])
    assert (reader.report.rejected, [key[0] for key in reader.report.lines]) == (0, ["total"])


@pytest.mark.parametrize(
    "text",
    [
        *("35.14.14.410190.0001", "3514 1441 0190 0001", "35141441O19OOOO1", "NIK3514144101900001x"),
        *("3514144101900001.0", "3,514144101900001e+15", "13514144101900001", "1 / 3514-1441-0190-0001"),
        *("0812.3456.7890", "(0812) 3456 7890", "+62 (0)812-3456-7890", "o81234567890", "wa:081234567890."),
    ],
)  # fmt: skip
def test_text_when_a_persons_number_is_written_otherwise_then_is_seen(text):
    full_width = text.translate({code: code + 0xFEE0 for code in b"0123456789"})
    assert find_person(text) == find_person(full_width) != "name"
    assert find_person(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        *("Ibu Kota Bangil", "Rp 62.812.345.678", "Rp 10.812.345.678", "12.345678901234567", "0.3514144101900001"),
        *("08-11-2025 10:30", "2025-01-01 2025-12-31", "2026-11-22 08:00:00+07:00", "35.14.14.2001", "0343-741234"),
        *("1.200 1.300 1.400 1.500 1.600", "1745000000000"),
    ],
)
def test_text_when_money_a_date_or_a_place_then_is_no_person(text):
    assert find_person(text) is None


@pytest.mark.parametrize(
    "title",
    ["N.I.K.", "NIK KPM", "nik_penerima", "no_kk", "No. KTP", "Nama KPM", "namaPenerima", "Nama Kepala Puskesmas",
     "No HP", "No. Telp", "Alamat", "First name"],
)  # fmt: skip
def test_title_when_of_persons_then_is_seen_whatever_stands_around_it(title):
    assert find_person_column(title, []) is not None


@pytest.mark.parametrize(
    "title",
    ["Nama Kecamatan", "nama_kecamatan", "Nama RS/Puskesmas", "Nama Ibu Kota", "Jumlah KK", "KK Miskin", "Wajib KTP",
     "Alamat RS", "hospital name", "Pelanggan Telepon", "Unit"],
)  # fmt: skip
def test_title_when_of_places_or_counts_then_is_nobodys(title):
    assert find_person_column(title, []) is None


@pytest.mark.parametrize("odd", ["081234567890", 81234567890, "+6281234567890", 81234567890.0])
def test_telephone_when_far_down_in_a_column_of_figures_then_is_refused_and_never_told(odd):
    good = [["TW 3 2026", "Pandaan", "10", "1"]] * (LOOKED_AT + 5)
    with pytest.raises(SourceFailed, match="phone number") as told:
        _read(*good, ["TW 3 2026", "Pandaan", odd, "1"])
    assert "8123456" not in str(told.value)


def test_money_when_it_has_a_telephones_digits_then_is_stored():
    figures, _ = _read(["TW 3 2026", "Pandaan", "10", "62812345678"], ["TW 3 2026", "Bangil", "10", 81234567890])
    assert [each.value for each in figures if each.indicator == "paid"] == [62812345678.0, 81234567890.0]


def test_column_when_it_may_hold_names_then_still_holds_no_citizen_number():
    manifest = MANIFEST | {"privacy": {"may_name": {"Ket": "hospitals named after persons"}}}
    reader = FigureReader(Manifest.model_validate(manifest), DISTRICTS, NOW)
    row = ["TW 3 2026", "Bangil", "10", "1"]
    assert len(list(reader.read([[*TITLES, "Ket"], [*row, "H. Abdul Karim"]]))) == 2
    with pytest.raises(SourceFailed, match="citizen number"):
        list(reader.read([[*TITLES, "Ket"], [*row, "3514144101900001"]]))


def test_value_when_endless_or_minus_nothing_then_is_refused_or_is_nothing():
    manifest = yaml.safe_load(yaml.safe_dump(MANIFEST))
    manifest["indicators"]["paid"]["least"] = None
    reader = FigureReader(Manifest.model_validate(manifest), DISTRICTS, NOW)
    rows = [["TW 3 2026", "Bangil", "10", odd] for odd in (-float("inf"), float("nan"), 10**400, -0.0)]
    values = [each.value for each in reader.read([TITLES, *rows]) if each.indicator == "paid"]
    assert [str(value) for value in values] == ["0.0"]
    assert reader.report.rejected == 3


def test_column_when_it_mixes_styles_of_numbers_then_the_run_fails_with_the_row():
    with pytest.raises(SourceFailed, match="'Nilai', row 3: is written the other way round: set numbers: en"):
        _read(["TW 3 2026", "Bangil", "10", "12.500"], ["TW 3 2026", "Pandaan", "10", "7.25"])


@pytest.mark.parametrize(
    ("title", "value", "kind"),
    [
        *(("Ket", "Siti Aminah", "name"), ("Ket", "BUDI SANTOSO", "name"), ("Catatan", "ahmad fauzi", "name")),
        *(("Ket", "diserahkan langsung ke Slamet Riyadi di balai hari Senin", "name"), ("Ketua RT", "Slamet", "name")),
        *(("Penerima", "Wahono Kertajaya", "name"), ("Kepala Desa", "Sulastri", "name")),
        *(("Ket", "hubungi 0812 3456 7890 segera", "phone number"), ("Ket", "0812.3456.7890", "phone number")),
        *(("Kode", 6281234567890.0, "phone number"), ("Kode", 81234567890.0, "phone number")),
        *(("Kode", 3514144101900001.0, "citizen number"), ("Kode", "3,51414E+15", "citizen number")),
        *(("Ket", "3514 1441 0190 0001, lunas", "citizen number"), ("Ket", "351414.410190.0001", "citizen number")),
    ],
)  # fmt: skip
def test_unmapped_column_when_it_tells_of_persons_then_the_run_is_refused_without_the_value(title, value, kind):
    for before in (0, LOOKED_AT + 5):  # also where nobody looks at columns as a whole any more
        if before and kind == "phone number" and value == 81234567890.0:
            continue  # a number alone is none; a column of them is
        rows = [["TW 3 2026", "Bangil", "10", "1", ""]] * before
        with pytest.raises(SourceFailed, match=kind) as refusal:
            _read(*rows, ["TW 3 2026", "Bangil", "10", "1", value], titles=[*TITLES, title])
        assert str(value) not in refusal.value.text_id + refusal.value.text_en


@pytest.mark.parametrize(
    ("title", "value"),
    [
        *(("Ruas", "Ahmad Yani"), ("Nama Masjid", "Nurul Huda"), ("Ket", "Jl. Ahmad Yani"), ("Desa", "Sri Mulyo")),
        *(("Ket", "Rejoso"), ("Ket", "Slamet"), ("Ket", "Sumber: Dinas Sosial"), ("Fasilitas", "RSUD dr. Soedarsono")),
        *(("Anggaran", 81234567890.0), ("Kode", "2026-11-22"), ("Kode", 3514), ("Status", "Sudah diverifikasi")),
        *(("Ket", "Masjid Muhammad Cheng Hoo"), ("Penerima", "ya"), ("Jumlah Penerima", 12)),
    ],
)  # fmt: skip
def test_unmapped_column_when_it_tells_of_places_and_remarks_then_is_nobodys(title, value):
    figures, _ = _read(["TW 3 2026", "Bangil", "10", "1", value], titles=[*TITLES, title])
    assert len(figures) == 2


def test_unmapped_column_when_the_manifest_says_that_it_may_look_like_names_then_is_read():
    manifest = MANIFEST | {"privacy": {"may_name": {"Ket": "named after founders"}}}
    reader = FigureReader(Manifest.model_validate(manifest), DISTRICTS, NOW)
    rows = [["TW 3 2026", "Bangil", "10", "1", "Siti Aminah"]] * (LOOKED_AT + 2)
    assert len(list(reader.read([[*TITLES, "Ket"], *rows]))) == 2 * len(rows)


def test_time_when_in_another_order_of_day_and_month_then_the_run_fails_unless_the_manifest_says_so():
    rows = [["09/22/2026", "Bangil", "10", "1"], ["09/02/2026", "Pandaan", "10", "1"]]
    with pytest.raises(
        SourceFailed, match="'Triwulan', row 2: has day, month and year in another order: set dates: mdy"
    ):
        _read(*rows)
    manifest = yaml.safe_load(yaml.safe_dump(MANIFEST | {"period": "day"}))
    manifest["source"]["mapping"]["dates"] = "mdy"
    figures = list(FigureReader(Manifest.model_validate(manifest), DISTRICTS, NOW).read([TITLES, *rows]))
    assert [figure.true_at.day for figure in figures] == [21, 21, 1, 1]  # midnight in West Indonesia Time


def test_line_when_a_row_is_left_out_then_says_why_in_each_language_alone():
    rows = [["TW 3 2027", "Bangil", "10", "1"], ["TW 3 2026", "Bangill", "10", "1"], ["TW 3 2026", "Bangil", "x", "-5"]]
    _, reader = _read(*rows, ["TW 3 2026", "Pandaan", "10", "1"])
    told = [line.detail_id for line in reader.report.lines.values()]
    assert len(told) == 4
    assert not any(word in line for line in told for word in (" is ", " it ", "between"))
    assert "maksudnya 'bangil'?" in " ".join(told)
