"""What `satulayar-modules check` refuses that each part alone allows: with path, line and remedy, one module only."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cloud.modules import cli
from cloud.modules.manifest_files import SHIPPED, find_modules, read_module

BEDS = (SHIPPED / "hospital_beds" / "module.yaml").read_text(encoding="utf-8")
LIGHTS = (SHIPPED / "street_lighting" / "module.yaml").read_text(encoding="utf-8")


def _put(folder: Path, name: str, text: str) -> Path:
    path = folder / name / "module.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ('rows: "response', 'rows: "response[', "source.rows", "is no JMESPath"),
        ('"response.list[].{', '"lenght(response.list)[].{', "source.rows",
         "'lenght' is no function of JMESPath; did"),
        ('"response.list[].{', '"sort_by(response.list)[].{', "source.rows", "sort_by takes 2 arguments, here 1"),
        ("panel: table", "panel: table\n    least: 9\n    most: 3", "indicators.beds.least", "is more than most, 3"),
        ("panel: table", "panel: table\n    most: .nan", "indicators.beds.most", "finite"),
        ("{below: 1,", "{below: .inf,", "indicators.beds_free.thresholds[0].below", "finite"),
        ("{below: 1,", "{below: 0,", "indicators.beds_free.thresholds[0].below", "no figure is below 0"),
        ("target: beds", "target: beds_free", "indicators.beds_free.target", "measured against itself"),
        ("[district, hospital, room_class]\n    panel", "[district, district]\n    panel", "indicators.beds.dimensions",
         "twice"),
        ('"*/5 * * * *"', '"0 0 31 2 *"', "schedule", "is no schedule"),
        ('"*/5 * * * *"', '"0 6 * * *"', "fresh_for", "is 2h, and the schedule does not come for 1d"),
        ('"*/5 * * * *"', '"*/5 7-16 * * 1-5"', "fresh_for", "does not come for"),
        ("  rows:", "  requests_per_s: 0.001\n  rows:", "schedule", "comes every 5m, more often than requests_per_s"),
        ("beds: kapasitas", "beds: kelas", "source.mapping.values.beds", "that of keys.room_class, too"),
        ("beds: kapasitas", "beds: PADA", "source.mapping.values.beds", "that of true_at, too"),
        ("beds: kapasitas", "beds: tersedia", "source.mapping.values.beds_free", "that of values.beds, too"),
        ("{column: kelas}", "{column: kelas, texts: {Tiga: KL9}}", "source.mapping.keys.room_class.texts.Tiga",
         "'KL9' is no value"),
        ("url: ${SOURCE_HOSPITAL_BEDS_URL}/", "url: https:///", "source.url", "has no host"),
        ("url: ${SOURCE_HOSPITAL_BEDS_URL}/", "url: ftp://rs.example/", "source.url", "should match pattern"),
        ("url: ${SOURCE_HOSPITAL_BEDS_URL}/", "url: https://rs.example:99999/", "source.url", "is no address"),
        ("url: ${SOURCE_HOSPITAL_BEDS_URL}/", "url: https://ani:rahasia@rs.example/", "source.url",
         "holds a user or a password"),
        ("bed/read", "bed/read?api_key=rahasia", "source.url", "holds a credential (api_key=…)"),
        ("SOURCE_HOSPITAL_BEDS_URL", "SOURCE_REVENUE_URL", "source.url", "names the variable SOURCE_REVENUE_URL"),
        ("  rows:", "  headers: {X-Api-Key: rahasia}\n  rows:", "source.headers.X-Api-Key",
         "write ${SOURCE_HOSPITAL_BEDS_TOKEN}"),
    ],
)  # fmt: skip
def test_manifest_when_a_part_cannot_be_then_says_path_line_and_remedy_and_no_secret(tmp_path, old, new, place, says):
    assert old in BEDS
    module = read_module(_put(tmp_path, "hospital_beds", BEDS.replace(old, new, 1)))
    assert module.manifest is None
    fault = next(each for each in module.faults if f": {place}: " in each)
    where, _, text = fault.partition(": ")
    line = int(where.removeprefix("hospital_beds/module.yaml:"))
    assert line > 1
    assert text.startswith(f"{place}: "), fault
    assert says in text
    assert "rahasia" not in text


def _lights(tmp_path: Path, **values: Any) -> tuple[str, ...]:
    plain = yaml.safe_load(LIGHTS)
    plain["source"]["values"] |= values
    _put(tmp_path, "street_lighting", yaml.safe_dump(plain))
    _put(tmp_path, "hospital_beds", BEDS)
    other = yaml.safe_load(LIGHTS)
    other["source"]["values"]["faulty_share"] = {"of": "street_lighting.faulty_share", "over": "circuits"}
    _put(tmp_path, "lanes", yaml.safe_dump(other))
    found = {module.name: module for module in find_modules([tmp_path])}
    assert found["hospital_beds"].faults == ()
    assert found["hospital_beds"].manifest
    assert (found["street_lighting"].manifest is None) == bool(found["street_lighting"].faults)
    return found["street_lighting"].faults


@pytest.mark.parametrize(
    ("of", "says"),
    [
        ("faulty_share", "is the figure itself"),
        ("street_lighting.faulty_share", "is the figure itself"),
        ("hospital_bed.beds", "there is no module 'hospital_bed'; did you mean 'hospital_beds'?"),
        ("hospital_beds.bed", "'hospital_beds' has no indicator 'bed'; did you mean 'beds'?"),
        ("hospital_beds.beds", "a ratio is of the same places"),
        ("lanes.faulty_share", "is computed of itself: "),
    ],
)
def test_ratio_when_of_nothing_of_itself_or_of_other_places_then_says_so(tmp_path, of, says):
    faults = _lights(tmp_path, faulty_share={"of": of, "over": "circuits"})
    assert any(says in fault and "source.values.faulty_share" in fault for fault in faults), faults


def test_ratio_when_of_another_modules_figures_of_the_same_places_then_is_in_order(tmp_path):
    assert _lights(tmp_path) == ()


def test_ratio_when_the_other_modules_manifest_is_wrong_then_only_that_one_is_told(tmp_path):
    _put(tmp_path, "broken", "title: 1")
    plain = yaml.safe_load(LIGHTS)
    plain["source"]["values"]["faulty_share"]["of"] = "broken.x"
    _put(tmp_path, "lights", yaml.safe_dump(plain))
    assert [module.name for module in find_modules([tmp_path]) if module.faults] == ["broken"]


def test_query_when_it_names_another_modules_database_then_is_refused(tmp_path):
    text = (SHIPPED / "population" / "module.yaml").read_text(encoding="utf-8")
    (fault,) = read_module(_put(tmp_path, "birds", text)).faults
    assert "source.connection: names the variable SOURCE_POPULATION_DSN" in fault


def test_check_when_something_may_not_be_meant_then_is_a_note_and_no_fault(tmp_path):
    text = BEDS.replace('schedule: "*/5 * * * *"\n', "")
    done = CliRunner().invoke(cli.app, ["check", str(_put(tmp_path, "hospital_beds", text))])
    assert done.exit_code == 0
    assert "hospital_beds: in order" in done.output
    assert "note: hospital_beds/module.yaml:" in done.output
    assert "source.url: has no {from}" in done.output
    assert "is read only when somebody runs it" in done.output


@pytest.mark.parametrize(
    ("name", "says"),
    [("complaints", "{from} dan {to} di source.url"), ("flood_posts", "kirim atau unggah angka lamanya"),
     ("street_lighting", "sumbernya computed")],
)  # fmt: skip
def test_backfill_when_the_source_asks_for_no_days_then_is_refused_before_anything_is_read(name, says):
    arguments = ["backfill", name, "--since", "2025-01-01", "--until", "2025-01-02", "--dsn", "host=nowhere.invalid"]
    done = CliRunner().invoke(cli.app, arguments)
    assert done.exit_code == cli.EXIT_MISCONFIGURED
    assert says in done.output


_AID = (SHIPPED / "social_aid" / "module.yaml").read_text(encoding="utf-8")


def test_preview_when_a_file_is_given_then_tells_its_figures_and_faults_without_a_database(tmp_path):
    module = _put(tmp_path, "social_aid", _AID)
    table = tmp_path / "a.csv"
    titles = "Triwulan;Kecamatan;KPM PKH;PKH Tersalur (Rp);KPM Sembako;Lansia;Disabilitas"
    table.write_text(f"Rekap\n\n{titles}\nTW II/2025;Bangil;1.200;9.000.000;800;40;3\nTW II/2025;Bangli;1;1;1;1;1\n")
    done = CliRunner().invoke(cli.app, ["preview", str(module), str(table)])
    assert done.exit_code == 0, done.output
    assert "2025-04-01 00:00 WIB  pkh_families 35.14.14" in done.output
    assert "2 baris" in done.output
    assert "1 ditolak" in done.output


@pytest.mark.parametrize(
    ("name", "file", "says"),
    [("street_lighting", False, "dihitung dari basis data"), ("flood_posts", False, "angkanya diantar"),
     ("revenue", True, "Sumbernya http_csv"), ("revenue", False, "SOURCE_REVENUE_URL belum diisi")],
)  # fmt: skip
def test_preview_when_there_is_nothing_to_read_then_says_what_to_do(tmp_path, name, file, says):
    more = [str(tmp_path / "a.csv")] if file else []
    done = CliRunner().invoke(cli.app, ["preview", str(SHIPPED / name), *more])
    assert done.exit_code == cli.EXIT_MISCONFIGURED
    assert says in done.output


def test_run_when_there_is_no_such_module_then_says_where_its_folder_belongs():
    done = CliRunner().invoke(cli.app, ["run", "waste"])
    assert done.exit_code == cli.EXIT_MISCONFIGURED
    assert "SATULAYAR_MODULES_MORE_FOLDERS" in done.output
