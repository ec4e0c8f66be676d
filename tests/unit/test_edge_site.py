"""Site files: the shipped ones are right, and a wrong one is refused with all its faults, places and remedies."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import Misconfigured
from edge.sensors.profile import load_all
from edge.settings import EdgeSettings
from edge.site import SiteFile, load_site

PROFILES = EdgeSettings().profiles_dir
SITES = sorted((PROFILES.parent / "sites").glob("*.yaml"))

RIGHT = """\
site: {code: TD-01, name: Taman Dayu, district: Pandaan, latitude: -7.6, longitude: 112.7}
box: TD-01-a
buses:
  lamps: {host: 127.0.0.1, port: 15021}
assets:
  - {code: TD-01.lamp-1, profile: lamp-panel, bus: lamps}
  - {code: TD-01.gauge-1, profile: river-gauge, bus: lamps, unit: 2}
"""


def load(tmp_path: Path, text: str) -> SiteFile:
    path = tmp_path / "site.yaml"
    path.write_text(text)
    return load_site(path, PROFILES)[0]


def faults(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(Misconfigured) as refused:
        load(tmp_path, text)
    return str(refused.value).splitlines()


@pytest.mark.parametrize("path", SITES, ids=lambda path: path.stem)
def test_every_site_when_shipped_then_is_right_and_named_by_its_code(path: Path) -> None:
    site, _ = load_site(path, PROFILES)
    assert site.site.code == path.stem
    assert site.assets_of(site.boxes[0])


def test_the_shipped_sites_are_at_least_four_and_use_every_profile() -> None:
    used = {asset.profile for path in SITES for asset in load_site(path, PROFILES)[0].assets}
    assert len(SITES) >= 4
    assert used == {path.stem for path in PROFILES.glob("*.yaml")}


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("lamp-panel", "lamp-panl", "site.yaml:6: assets[0].profile: 'lamp-panl' is not a profile; did you mean"),
        ("bus: lamps}", "bus: lmps}", "site.yaml:6: assets[0].bus: 'lmps' is not a bus of this file; did you mean"),
        ("port: 15021", "prt: 15021", "site.yaml:4: buses.lamps.prt: is not known here; did you mean 'port'?"),
        ("port: 15021", "port: x", "site.yaml:4: buses.lamps.port: 'x': Input should be a valid integer"),
        ("TD-01.lamp-1", "TD-02.lamp-1", "site.yaml:6: assets[0].code: 'TD-02.lamp-1' does not belong to site TD-01"),
        ("TD-01.gauge-1", "TD-01.lamp-1", "site.yaml:7: assets[1].code: TD-01.lamp-1 is assets[0] already"),
        ("name: Taman Dayu, ", "", "site.yaml:1: site.name: is missing: add it"),
        ("latitude: -7.6", "latitude: 91", "site.yaml:1: site.latitude: 91: Input should be less than or equal to 90"),
        ("box: TD-01-a", "box: Taman", "site.yaml:2: boxes[0]: 'Taman' is not written like 'TD-01-a'"),
        ("unit: 2", "unit: 2, unit: 3", "site.yaml:7: assets[1].unit: stands here twice: keep one"),
        ("unit: 2", "parts: [c9]", "site.yaml:7: assets[1].parts: 'c9' is not a part of the profile"),
        ("unit: 2", "settings: {rain: {}}", "site.yaml:7: assets[1].settings: 'rain' is not a quantity of river-gauge"),
        ("unit: 2", "settings: {rain_rate: {interval: 2}}", "assets[1].settings.rain_rate.interval: is not known here"),
        ("buses:", "buses: [", "site.yaml:5: is not YAML"),
        (
            "box: TD-01-a",
            "box: TD-02-a",
            "site.yaml:2: boxes[0]: 'TD-02-a' is a box of site TD-02, and this is TD-01: write TD-01-a",
        ),
        ("box: TD-01-a", "boxes: [TD-01-a, TD-1-b]", "site.yaml:2: boxes[1]: 'TD-1-b' is a box of site TD-1"),
        (
            "unit: 2",
            "settings: {rain_rate: {dead_band: .nan}}",
            "assets[1].settings.rain_rate.dead_band: nan: Input should be",
        ),
        (
            "unit: 2",
            "settings: {rain_rate: {max_silence_s: .inf}}",
            "rain_rate.max_silence_s: inf: Input should be a finite",
        ),
        ("latitude: -7.6", "latitude: .nan", "site.yaml:1: site.latitude: nan: Input should be"),
        ("assets:", "asets:", "site.yaml:5: asets: is not known here; did you mean 'assets'?"),
    ],
)
def test_a_site_when_wrong_then_says_where_and_what_would_be_right(
    tmp_path: Path, wrong: str, right: str, said: str
) -> None:
    assert wrong in RIGHT
    found = faults(tmp_path, RIGHT.replace(wrong, right, 1))
    assert any(said in fault for fault in found), found


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("kind: water_stag, asset: TD-01.gauge-1", "rules[0]: 'water_stag' is not a kind of rule; did you mean"),
        ("kind: water_stage, asset: TD-01.lamp-1, stages: {siaga_3: 1}", "is a lamp-panel, which has no water_level"),
        ("kind: water_stage, asset: TD-01.gauge-2, stages: {siaga_3: 1}", "did you mean 'TD-01.gauge-1'?"),
        ("kind: water_stage, asset: TD-01.gauge-1, stages: {siaga_3: 2, siaga_1: 1}", "levels must rise"),
        ("kind: water_stage, asset: TD-01.gauge-1, stages: {siaga_4: 2}", "siaga_4"),
        (
            "kind: water_stage, asset: TD-01.gauge-1, stages: {siaga_1: .nan}",
            "one that is not finite can never be reached",
        ),
        (
            "kind: water_stage, asset: TD-01.gauge-1, stages: {siaga_1: .inf}",
            "one that is not finite can never be reached",
        ),
        ("kind: water_stage, asset: TD-01.gauge-1, stages: {siaga_3: 1, siaga_1: -.inf}", "can never be reached"),
        (
            "kind: water_stage, asset: TD-01.gauge-1, stages: {siaga_3: 0.5}, hysteresis_m: 0.6",
            "rules[0].hysteresis_m: 0.6 m: siaga_3 at 0.5 m would only end at -0.1 m; write less than 0.5",
        ),
        (
            "kind: water_stage, asset: TD-01.gauge-1, stages: {siaga_3: 2, siaga_2: 2.3}, hysteresis_m: 0.3",
            "rules[0].hysteresis_m: 0.3 m: siaga_2 at 2.3 m would only end at 2 m; write less than 0.3",
        ),
        ("kind: water_stage, asset: TD-01.gauge-1, stages: {siaga_3: 0.05}", "would only end at -0.05 m"),
        (
            "kind: water_stage, asset: TD-01.gauge-1, stages: {siaga_3: 2}, hysteresis_m: .nan",
            "rules[0].hysteresis_m: nan",
        ),
        ("kind: water_stage, asset: TD-01.gauge-1, stages: {siaga_1: 2}, siren: TD-01.lamp-1", "which has no siren_on"),
        ("kind: lamp_current, asset: TD-01.gauge-1", "is a river-gauge, which has no commanded_on"),
        ("kind: lamp_current, asset: TD-01.lamp-1, after: 3", "is not known here; did you mean 'after_s'?"),
    ],
)
def test_a_rule_when_wrong_then_says_where_and_what_would_be_right(tmp_path: Path, rule: str, said: str) -> None:
    found = faults(tmp_path, RIGHT + f"rules:\n  - {{{rule}}}\n")
    assert any(fault.startswith("site.yaml:9: rules[0]") and said in fault for fault in found), found


def test_a_site_when_wrong_in_many_places_then_says_all_at_once(tmp_path: Path) -> None:
    text = (
        RIGHT.replace("lamp-panel", "lamp").replace("port", "prt").replace("unit: 2", "unit: 999").replace("-7.6", "x")
    )
    assert len(faults(tmp_path, text)) == 4


def test_a_site_when_wrong_in_box_stage_and_asset_then_says_all_at_once(tmp_path: Path) -> None:
    text = RIGHT.replace("TD-01-a", "TD-02-a").replace("lamp-panel", "lamp") + (
        "rules:\n  - kind: water_stage\n    asset: TD-01.gauge-1\n    stages: {siaga_3: .nan}\n    hysteresis_m: 9\n"
    )
    assert [fault.partition(": ")[0] for fault in faults(tmp_path, text)] == [
        f"site.yaml:{line}" for line in (2, 6, 11, 12)
    ]


BOMB = "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 12))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x0: &x0 [lol]\n" + BOMB, "has more than 50000 entries with its aliases written out"),
        ("x0: &x0 {a: 1}\n" + BOMB.replace("[", "{<<: [").replace("]", "]}"), "has more than 50000 entries"),
        ("a: &a [*a]\n", "has more than 40 levels"),
        ("a: &a {b: *a}\n", "has more than 40 levels"),
        ("a: " + "[" * 60 + "]" * 60, "has more than 40 levels"),
        ("a: [" + "1, " * 60_000 + "]", "has more than 50000 entries"),
        ("# " + "x" * 300_000, "has more than 262144 bytes: divide it by site"),
    ],
)
@pytest.mark.timeout(20)
def test_a_file_when_it_is_a_bomb_then_is_refused_before_it_goes_off(tmp_path: Path, text: str, said: str) -> None:
    (fault,) = faults(tmp_path, text)
    assert fault.startswith("site.yaml:")
    assert said in fault


def test_a_site_when_its_assets_share_settings_by_an_alias_then_is_right(tmp_path: Path) -> None:
    text = RIGHT.replace("bus: lamps}", "bus: lamps, settings: &often {current: {interval_s: 2}}}")
    text += "  - {code: TD-01.lamp-2, profile: lamp-panel, bus: lamps, unit: 3, settings: *often}\n"
    assert load(tmp_path, text).assets[2].settings["current"].interval_s == 2


@pytest.mark.parametrize("plausible", ["[.nan, .nan]", "[0, .inf]", "[-.inf, 3]"])
def test_a_profile_when_its_plausible_range_is_not_finite_then_is_refused(tmp_path: Path, plausible: str) -> None:
    (tmp_path / "g.yaml").write_text(
        "profile: g\ntitle: G\nsource: made up for this test\npoints:\n"
        "  - {quantity: water_level, unit: m, table: input, address: 0, type: u16, interval_s: 1,\n"
        f"     plausible: {plausible}}}\n"
    )
    with pytest.raises(Misconfigured, match=r"g.yaml:6: points\[0\].plausible.*finite"):
        load_all(tmp_path)


def test_a_site_with_two_boxes_when_an_asset_names_none_then_says_so(tmp_path: Path) -> None:
    found = faults(tmp_path, RIGHT.replace("box: TD-01-a", "boxes: [TD-01-a, TD-01-b]"))
    assert found == [
        "site.yaml:6: assets[0]: box is missing: this site has TD-01-a, TD-01-b",
        "site.yaml:7: assets[1]: box is missing: this site has TD-01-a, TD-01-b",
    ]


def test_a_site_with_two_boxes_when_right_then_each_reads_its_own_assets(tmp_path: Path) -> None:
    text = RIGHT.replace("box: TD-01-a", "boxes: [TD-01-a, TD-01-b]")
    text = text.replace("bus: lamps}", "bus: lamps, box: TD-01-a}").replace("unit: 2", "unit: 2, box: TD-01-b")
    site = load(tmp_path, text)
    assert [asset.code for asset in site.assets_of("TD-01-b")] == ["TD-01.gauge-1"]
    with pytest.raises(Misconfigured, match="set SATULAYAR_EDGE_BOX"):
        site.box_named(None)
    with pytest.raises(Misconfigured, match="did you mean 'TD-01-b'"):
        site.box_named("TD-01-bb")


@pytest.mark.parametrize("text", ["", "3", "[]", "site: 3", "assets: {}", "rules: [3]", "\x00", "a: b: c", "site: *x"])
def test_a_file_when_it_is_no_site_at_all_then_is_refused_in_words(tmp_path: Path, text: str) -> None:
    assert all(fault.startswith("site.yaml:") for fault in faults(tmp_path, text))


@settings(deadline=None)  # a busy machine is not a wrong site file
@given(text=st.text(max_size=200))
def test_any_text_when_read_as_a_site_then_is_refused_and_never_raises_otherwise(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "site.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(Misconfigured):
        load_site(path, PROFILES)


def test_a_file_when_absent_then_says_so(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read: No such file"):
        load_site(tmp_path / "nothing.yaml", PROFILES)
