"""Manifests: the shipped ones are in order, a wrong one is told with line and remedy."""

import json
from pathlib import Path

import pytest

from cloud.modules.manifest import Manifest
from cloud.modules.manifest_files import SHIPPED, find_modules, read_module

GOOD = (SHIPPED / "hospital_beds" / "module.yaml").read_text(encoding="utf-8")


def _faults(tmp_path: Path, text: str, name: str = "beds") -> tuple[str, ...]:
    path = tmp_path / name / "module.yaml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return read_module(path).faults


def test_shipped_modules_when_read_then_are_in_order():
    found = list(find_modules([SHIPPED]))
    assert found
    assert [module.faults for module in found] == [()] * len(found)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("owner:", "ownr:", "ownr: is not known here; did you mean 'owner'?"),
        ("fresh_for: 2h", "fresh_for: soon", "fresh_for: is no span of time: write it like 15m, 2h or 40d"),
        ("fresh_for: 2h", "fresh_for: 999999999999d", "fresh_for: is longer than a hundred years: write at most"),
        ("fresh_for: 2h", "fresh_for: P999999999D", "fresh_for: is longer than a hundred years: write at most"),
        ('schedule: "*/5 * * * *"', "schedule: hourly", "schedule: is no schedule"),
        ('schedule: "*/5 * * * *"', 'schedule: "0 0 6 * * *"', "it has not five fields"),
        ("kind: http_json", "kind: htp_json", "source: 'htp_json' is not a kind of source; did you mean 'http_json'?"),
        (
            "[district, hospital, room_class]",
            "[district, hospital, klass]",
            "indicators.beds.dimensions: 'klass' is no dimension",
        ),
        ("beds_free: tersedia}", "free: tersedia}", "source.mapping.values: 'beds_free' gets no column"),
        ("{below: 1, severity", "{below: 1, above: 9, severity", "needs one of below and above"),
        ("period: instant", "period: instant\nperiod: day", "period: stands here twice"),
        ("period: instant", "period: [", "is not YAML"),
    ],
)
def test_manifest_when_wrong_then_says_where_and_what_to_do(tmp_path, old, new, says):
    assert old in GOOD
    faults = _faults(tmp_path, GOOD.replace(old, new))
    assert any(says in fault and fault.startswith("beds/module.yaml:") for fault in faults), faults


def test_folder_when_its_name_is_no_name_then_is_refused(tmp_path):
    assert "must be like hospital_beds" in _faults(tmp_path, GOOD, "Rumah Sakit")[0]


def test_schema_when_committed_then_is_the_one_of_the_models():
    committed = SHIPPED.parent / "module.schema.json"
    assert json.loads(committed.read_text(encoding="utf-8")) == Manifest.model_json_schema(), (
        "run: satulayar-modules schema > cloud/modules/module.schema.json"
    )


def test_manifest_when_kept_by_the_database_then_reads_back_as_it_was():
    for module in find_modules([SHIPPED]):
        assert module.manifest
        assert Manifest.model_validate(module.manifest.model_dump(mode="json")) == module.manifest


def test_manifest_when_figures_stay_fresh_for_more_than_a_year_then_reads_back_as_it_was(tmp_path):
    path = tmp_path / "hospital_beds" / "module.yaml"
    path.parent.mkdir()
    path.write_text(GOOD.replace("fresh_for: 2h", "fresh_for: 800d"), encoding="utf-8")
    manifest = read_module(path).manifest
    assert manifest
    assert Manifest.model_validate(manifest.model_dump(mode="json")) == manifest
