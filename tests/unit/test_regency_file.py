"""The regency file: what it gives, and what a wrong one is told."""

from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from cloud.db.registry_file import Registry
from provisioning.desired_files import read_desired
from provisioning.registry import registry_of
from simulators.city.layout import bearing_between, load_layout
from simulators.city.network import DEFAULT_HOME, load_network
from simulators.duration import parse_duration_s, say_duration
from simulators.errors import Misconfigured
from simulators.loudspeakers.site_part import horn_ports
from simulators.regency.derive import modbus_ports, snmp_ports
from simulators.regency.desired import Lines, desired_state
from simulators.regency.load import DEFAULT_FILE, load_regency


def _write(path: Path, change: dict[str, object], of_site: dict[str, object] | None = None) -> Path:
    written = yaml.safe_load(DEFAULT_FILE.read_text())
    written["sites"] = written["sites"][:1]
    written["sites"][0] |= of_site or {}
    path.write_text(yaml.safe_dump(written | change))
    return path


def test_pasuruan_when_read_then_real_districts_and_a_note_that_figures_are_simulated() -> None:
    regency = load_regency()
    assert {"Pandaan", "Kraton", "Bangil", "Tosari", "Winongan"} <= {site.district for site in regency.sites}
    assert "simulated" in regency.note
    assert 8 <= len(regency.sites) <= 14
    assert {"GDG-01", "WRD-01", "TD-01", "PND-01"} == {site.code for site, _ in regency.loudspeakers().values()}
    assert all(-8.5 < site.latitude < -7.5 and 112.5 < site.longitude < 113.5 for site in regency.sites)


def test_ports_when_derived_then_one_for_each_asset_without_gaps() -> None:
    regency = load_regency()
    ports = modbus_ports(regency, 20_000)
    assert list(ports) == list(regency.assets())
    assert list(ports.values()) == list(range(20_000, 20_000 + len(ports)))


def test_demonstration_when_its_desired_state_is_checked_then_the_database_takes_its_registry(tmp_path: Path) -> None:
    regency, network = load_regency(), load_network()
    health = {site.box: 20_000 for site in regency.sites}
    horns = horn_ports(regency, 15_600)
    lines = Lines(modbus_ports(regency), snmp_ports(regency, network.layout), 15_540, 8_883, health, horns)
    (tmp_path / "desired.yaml").write_text(yaml.safe_dump(desired_state(regency, lines, network)))
    found = Registry.model_validate(registry_of(read_desired(tmp_path / "desired.yaml")))
    assets = {asset.code: asset for site in found.sites for box in site.boxes for asset in box.assets}
    assert "TD-01.lamp-1" not in assets  # the panel reports only through its circuits
    assert assets["TD-01.lamp-1-c3"].name == "PJU Taman Dayu, sirkuit 3"
    assert assets["KRT-01.gauge-1"].stages_m == {"siaga_3": 3.2, "siaga_2": 4.4, "siaga_1": 5.5}
    assert {asset.expected_interval_s for asset in assets.values() if asset.kind == "camera"} == {60.0}
    assert assets["PND-01.speaker-1"].kind == "loudspeaker"
    junctions = {site.code: site.junction for site in found.sites if site.junction}
    assert {"TD-01", "PWS-01", "WRD-01", "GMP-01"} <= set(junctions)
    assert junctions["TD-01"].phases[0].detectors == ["TD-01.det-1"]
    assert junctions["TD-01"].limits.keys() == {"operator", "admin"}


@pytest.mark.parametrize(
    ("change", "of_site", "said"),
    [
        ({"seeds": 3}, {}, "seeds: is not known here; remove it or correct its spelling"),
        ({}, {"latitude": 97}, "sites[TD-01].latitude: Input should be less than or equal to 90"),
        ({}, {"box": "TD-02-a"}, "sites[TD-01]: box TD-02-a must be the site's code and a letter: TD-01-a"),
        ({}, {"rain_area": "java"}, "TD-01: 'java' is not among rain_areas"),
        (
            {},
            {"assets": [{"code": "TD-01.cabinet-1", "kind": "cabinet", "name": "x", "colour": "red"}]},
            "sites[TD-01].assets[TD-01.cabinet-1].colour: is not known here",
        ),
        ({}, {"assets": [{"kind": "cabinet", "name": "x"}]}, "sites[TD-01].assets[x].code: `code` is missing; add it"),
        (
            {"faults": [{"what": "silent", "target": "TD-01.lamp-1", "after": "soon"}]},
            {},
            "faults[silent].after: 'soon' is not a duration; write it like 90s, 10m or 2h30m",
        ),
        ({"faults": [{"what": "silent", "target": "TD-09", "after": "1m"}]}, {}, "fault silent: there is no 'TD-09'"),
        ({"faults": [{"what": "silent", "target": "TD-01"}]}, {}, "faults[silent]: give either `at`"),
    ],
)
def test_file_when_wrong_then_refused_with_file_place_and_remedy(
    tmp_path: Path, change: dict[str, object], of_site: dict[str, object], said: str
) -> None:
    path = _write(tmp_path / "regency.yaml", change, of_site)
    with pytest.raises(Misconfigured) as refused:
        load_regency(path)
    assert f"{path}: " in str(refused.value)
    assert said in str(refused.value)


@pytest.mark.parametrize("content", ["sites: [", None])
def test_file_when_no_yaml_or_absent_then_refused_by_name(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "regency.yaml"
    if content:
        path.write_text(content)
    with pytest.raises(Misconfigured, match=str(path)):
        load_regency(path)


def test_duration_when_written_then_read_and_said() -> None:
    assert [parse_duration_s(text) for text in ("90s", "10m", "2h30m", "1d")] == [90, 600, 9_000, 86_400]
    assert [say_duration(seconds) for seconds in (90, 600, 9_000, 0)] == ["1m30s", "10m", "2h30m", "0s"]
    for wrong in ("", "10", "5x", "-3m", "0s", "3m 4x"):
        with pytest.raises(ValueError, match="duration"):
            parse_duration_s(wrong)


def _apart_deg(one: float, other: float) -> float:
    return abs((one - other + 180) % 360 - 180)


def test_corridor_when_a_green_wave_rolls_then_all_its_phases_go_the_same_way() -> None:
    layout = load_layout(DEFAULT_HOME / "corridor.yaml")
    found = [(site.signal.position, site.code, site.signal.wave_phase) for site in load_regency().sites if site.signal]
    waves = sorted((place, code, phase) for place, code, phase in found if place is not None)
    assert len(waves) >= 3
    for (_, code, phase), (_, onward, _) in pairwise([*waves, waves[-2]]):
        junction = layout.junction(code)
        side = next(side for side, arm in junction.arms.items() if arm.phase == phase)
        apart = _apart_deg(layout.bearing(junction, side), bearing_between(junction, layout.junction(onward)))
        assert apart < 60 if onward == waves[-2][1] and code == waves[-1][1] else apart > 120, code
