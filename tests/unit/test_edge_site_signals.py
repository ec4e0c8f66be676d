"""Signal controllers in a site file: what is right, and what is said of what is wrong."""

from pathlib import Path

import pytest

from edge.errors import Misconfigured
from edge.settings import EdgeSettings
from edge.signals.assemble import limits_of
from edge.site import SiteFile, load_site

PROFILES = EdgeSettings().profiles_dir
RIGHT = """\
site: {code: TD-01, name: Taman Dayu, district: Pandaan, latitude: -7.6, longitude: 112.7}
box: TD-01-a
buses:
  lamps: {host: 127.0.0.1, port: 15021}
  signals: {kind: ntcip, host: 127.0.0.1, version: 2c}
assets:
  - {code: TD-01.lamp-1, profile: lamp-panel, bus: lamps}
controllers:
  - code: TD-01.signal-1
    bus: signals
    detectors:
      - {number: 2, phase: 2}
      - {number: 12, phase: 2, kind: advance, distance_m: 80}
    lease: {roles: {operator: {extra_green_s: 20, duration_s: 900}}}
"""


def load(tmp_path: Path, text: str) -> SiteFile:
    path = tmp_path / "site.yaml"
    path.write_text(text)
    return load_site(path, PROFILES)[0]


def test_a_controller_when_right_then_read_with_the_ports_and_limits_of_its_kind(tmp_path: Path) -> None:
    site = load(tmp_path, RIGHT)
    place = site.controllers_of("TD-01-a")[0]
    assert site.buses["signals"].port == 161
    assert site.buses["lamps"].port == 15021
    assert (place.phase_asset(2), place.detector_asset(12)) == ("TD-01.phase-2", "TD-01.det-12")
    limits = limits_of(place.lease)
    assert limits.roles["operator"].extra_green_s == 20
    assert (limits.rank("operator"), limits.rank("admin"), limits.rest_s) == (1, -1, 120)
    assert limits_of(None).roles == {}


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("bus: signals", "bus: lamps", "site.yaml:10: controllers[0].bus: 'lamps' is not a bus of kind ntcip"),
        ("bus: lamps}", "bus: signals}", "site.yaml:7: assets[0].bus: 'signals' is not a bus of kind modbus_tcp"),
        ("version: 2c", "version: 4", "site.yaml:5: buses.signals.version"),
        ("version: 2c", "version: 3", "version 3 of SNMP needs a user"),
        ("version: 2c", "version: 2c, user: kotak", "user belongs to version 3"),
        ("port: 15021", "port: 15021, user: kotak", "user belongs to a bus of kind ntcip"),
        ("version: 2c", "community: private", "site.yaml:5: buses.signals.community: is not known here"),
        ("port: 15021", "port: 15021, retries: 2", "retries belongs to a bus of kind ntcip"),
        ("number: 12", "number: 2", "controllers[0].detectors: detector 2 stands here twice: keep one"),
        ("number: 12", "number: 0", "controllers[0].detectors[1].number: 0"),
        ("kind: advance", "kind: advanced", "controllers[0].detectors[1].kind: 'advanced'"),
        ("code: TD-01.signal-1", "code: TD-02.signal-1", "'TD-02.signal-1' does not belong to site TD-01"),
        ("duration_s: 900", "duration_s: 86400", "controllers[0].lease.roles.operator.duration_s: 86400"),
        ("extra_green_s: 20", "yellow_s: 1", "controllers[0].lease.roles.operator.yellow_s: is not known here"),
        ("bus: signals", "bus: signals\n    poll_hz: 100", "controllers[0].poll_hz: 100"),
    ],
)
def test_a_controller_when_wrong_then_refused_with_its_place(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        load(tmp_path, RIGHT.replace(right, wrong, 1))
    assert said in str(refused.value)


def test_a_controller_when_ranks_and_rest_are_set_then_they_are_the_boxs(tmp_path: Path) -> None:
    ranked = "admin: {extra_green_s: 40, duration_s: 900, rank: 2}}, rest_s: 30}"
    site = load(tmp_path, RIGHT.replace("duration_s: 900}}}", "duration_s: 900}, " + ranked))
    limits = limits_of(site.controllers_of("TD-01-a")[0].lease)
    assert (limits.rank("operator"), limits.rank("admin"), limits.rest_s) == (1, 2, 30)
