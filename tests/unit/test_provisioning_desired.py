"""The desired state is refused as a whole: every fault with its file, its line and what would be right."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloud.db.registry_file import read_registry
from edge.site import load_site
from provisioning.desired import Desired
from provisioning.desired_files import SHIPPED, read_desired
from provisioning.errors import Misconfigured
from provisioning.registry import write_registry
from provisioning.site_files import write_site_file
from tests.fix_balena import Write, regency

PROFILES = Path(__file__).resolve().parents[2] / "firmware-config" / "sensors"
Edit = Callable[[dict[str, Any]], object]


CROSSED = [[0, 0], [1, 1], [1, 0], [0, 1]]


def camera(**content: Any) -> dict[str, Any]:
    """Give a camera of site T0001."""
    return {"code": "T0001.cam-1", "name": "Utara", "sub": "rtsp://10.0.0.1/x"} | content


def two_panels(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Give site T0001 a second panel; return both."""
    panels = content["sites"][0]["assets"]
    panels.append(panels[0] | {"code": "T0001.lamp-2", "unit": 2})
    return panels


WRONG: dict[str, tuple[Edit, str]] = {
    "a site's code is there twice": (
        lambda c: c["sites"].append(c["sites"][0] | {"boxes": [], "assets": []}),
        "site T0001 is pasuruan.yaml: sites[0].code already",
    ),
    "an asset is on two boxes": (
        lambda c: c["sites"][0]["assets"].append(c["sites"][0]["assets"][0] | {"unit": 2}),
        "sites[0].assets[1].code: asset T0001.lamp-1 is pasuruan.yaml: sites[0].assets[0].code already",
    ),
    "an address is there twice on one bus": (
        lambda c: two_panels(c)[1].update(unit=1),
        "10.0.1.21:502 unit 1 is T0001.lamp-1 already: give T0001.lamp-2 its own",
    ),
    "two buses are one gateway": (
        lambda c: (
            c["sites"][0]["buses"].update(other={"host": "10.0.1.21", "port": 502}),
            two_panels(c)[1].update(unit=1, bus="other"),
        ),
        "unit 1 is T0001.lamp-1 already",
    ),
    "a position is outside": (
        lambda c: c["sites"][1].update(latitude=-6.2),
        "sites[1].latitude: -6.2, 112.7 lies outside Kabupaten Pasuruan (-8.5 to -7.5, 112.5 to 113.5)",
    ),
    "latitude and longitude are swapped": (
        lambda c: c["sites"][1].update(latitude=112.7, longitude=-7.6),
        "112.7, -7.6: latitude and longitude are swapped: exchange them",
    ),
    "the minus is missing": (
        lambda c: c["sites"][1].update(latitude=7.6),
        "the minus of the southern latitude is missing",
    ),
    "a district is misspelt": (lambda c: c["sites"][0].update(district="Pandan"), "did you mean 'Pandaan'?"),
    "a group is unknown": (lambda c: c["sites"][0]["boxes"][0].update(group="lamp"), "did you mean 'lamps'?"),
    "a fleet is unknown": (lambda c: c["groups"]["lamps"].update(fleet="pole-box"), "did you mean 'pole-boxes'?"),
    "a board is unknown": (
        lambda c: c["fleets"]["pole-boxes"].update(device_type="raspberrypi4-63"),
        "did you mean 'raspberrypi4-64'?",
    ),
    "a profile is unknown": (
        lambda c: c["sites"][0]["assets"][0].update(profile="lamp-pannel"),
        "did you mean 'lamp-panel'?",
    ),
    "a bus is unknown": (lambda c: c["sites"][0]["assets"][0].update(bus="lamp"), "did you mean 'lamps'?"),
    "a canary is nobody": (
        lambda c: c["groups"]["lamps"].update(canary={"release": "1.0.0", "boxes": ["T0009-a"]}),
        "there is no box T0009-a",
    ),
    "a box belongs elsewhere": (lambda c: c["sites"][0]["boxes"][0].update(name="T0002-b"), "name it T0001-a"),
    "an asset belongs elsewhere": (
        lambda c: c["sites"][0]["assets"][0].update(code="T0009.lamp-1"),
        "write T0001.lamp-1",
    ),
    "two boxes and nobody said which": (
        lambda c: c["sites"][0]["boxes"].append({"name": "T0001-b", "group": "lamps"}),
        "box is missing: T0001 has T0001-a, T0001-b",
    ),
    "a setting is misspelt": (
        lambda c: c["regency"]["settings"].update(brokr_host="x"),
        "settings.brokr_host: is no setting of the edge agent; did you mean 'broker_host'?",
    ),
    "a setting's value is wrong": (
        lambda c: c["groups"]["lamps"].update(settings={"host_interval_s": -1}),
        "settings.host_interval_s: -1:",
    ),
    "a setting is not ours to make": (
        lambda c: c["sites"][0]["boxes"][0].update(settings={"box": "T0002-a"}),
        "is set by provisioning itself",
    ),
    "a service's variable has a name that is balena's": (
        lambda c: c["fleets"]["pole-boxes"].update(service_variables={"edge": {"BALENA_X": "1"}}),
        "service_variables.edge: 'BALENA_X' is no name that balena takes",
    ),
    "a service's variable has two lines": (
        lambda c: c["sites"][0]["boxes"][0].update(service_variables={"edge": {"KEY": "a\nb"}}),
        "service_variables.edge: KEY has more than one line, which balena does not take",
    ),
    "a key is unknown": (lambda c: c["sites"][0].update(heigth=3), "sites[0].heigth: is not known here"),
    "a figure is text": (lambda c: c["sites"][0].update(latitude="-7,6"), "sites[0].latitude: '-7,6':"),
    "a camera's zone crosses itself": (
        lambda c: c["sites"][0].update(cameras=[camera(zones=[{"name": "a", "kind": "crowd", "polygon": CROSSED}])]),
        "sites[0].cameras[0].zones[0].polygon: edges 1 and 3 cross each other: give the corners in order",
    ),
    "a camera's mask lies outside": (
        lambda c: c["sites"][0].update(cameras=[camera(masks=[[[0, 0], [1.2, 0], [1, 1]]])]),
        "sites[0].cameras[0].masks[0][1][0]: 1.2: Input should be less than or equal to 1",
    ),
    "a camera's field is misspelt": (
        lambda c: c["sites"][0].update(cameras=[camera(mask=[])]),
        "sites[0].cameras[0].mask: is not known here; did you mean 'masks'?",
    ),
    "a camera is on a box that is not there": (
        lambda c: c["sites"][0].update(cameras=[camera(box="T0001-b")]),
        "sites[0].cameras[0].box: T0001-b is no box of T0001",
    ),
    "two cameras have one stream": (
        lambda c: c["sites"][0].update(cameras=[camera(), camera(code="T0001.cam-2")]),
        "sites[0].cameras[1].sub: T0001.cam-2 has the same stream as T0001.cam-1 (cameras[0].sub)",
    ),
    "a rule is of no kind": (
        lambda c: c["sites"][0].update(rules=[{"kind": "water_stag"}]),
        "sites[0].rules[0]: 'water_stag' is not a kind of rule; did you mean 'water_stage'?",
    ),
    "the regency is missing": (lambda c: c.pop("regency"), "regency: is missing"),
}


@pytest.mark.parametrize(("edit", "said"), WRONG.values(), ids=WRONG.keys())
def test_desired_when_wrong_then_says_where_and_what(edit: Edit, said: str, write_regency: Write) -> None:
    content = regency()
    edit(content)
    with pytest.raises(Misconfigured) as refusal:
        read_desired(write_regency(content))
    assert said in str(refusal.value)
    assert str(refusal.value).count("\n") == 0, "one mistake, one line"


def test_desired_when_right_then_each_edit_is_what_made_it_wrong(write_regency: Write) -> None:
    content = regency()
    two_panels(content)
    assert len(read_desired(write_regency(content)).sites) == 2


def test_desired_when_wrong_then_the_line_is_the_one(write_regency: Write) -> None:
    content = regency()
    content["sites"][1]["district"] = "Surabaya"
    path = write_regency(content)
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if "Surabaya" in text)
    with pytest.raises(
        Misconfigured, match=rf"^pasuruan.yaml:{line}: sites\[1\].district: there is no district 'Surabaya'"
    ):
        read_desired(path)


def test_desired_when_much_is_wrong_then_all_is_said_at_once(write_regency: Write) -> None:
    content = regency()
    content["sites"][0] |= {"district": "Surabaya", "latitude": 0}
    content["groups"]["lamps"]["fleet"] = "none"
    with pytest.raises(Misconfigured) as refusal:
        read_desired(write_regency(content))
    assert len(str(refusal.value).splitlines()) == 3


def test_desired_when_a_key_is_there_twice_then_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(regency()) + "sites: []\n")
    with pytest.raises(Misconfigured, match="sites: stands here twice: keep one"):
        read_desired(tmp_path)


def test_desired_when_in_several_files_then_is_one(tmp_path: Path) -> None:
    content = regency(3)
    (tmp_path / "b.yaml").write_text(yaml.safe_dump({"sites": content.pop("sites")}))
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(content))
    assert [site.code for site in read_desired(tmp_path).sites] == ["T0001", "T0002", "T0003"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sites: [", "is not YAML"),
        ("- a", "must be a mapping"),
        ("", "must be a mapping"),
        (b"\xff\xfe", "is not UTF-8"),
    ],
)
def test_desired_when_no_yaml_then_says_so(text: str | bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(Misconfigured, match=said):
        read_desired(tmp_path)


def test_desired_when_the_folder_is_empty_then_names_an_example(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"begin with a copy of .*pasuruan\.yaml"):
        read_desired(tmp_path)


@pytest.fixture(scope="module")
def shipped() -> Desired:
    return read_desired(SHIPPED)


def test_shipped_regency_when_written_as_registry_then_the_database_reads_it(shipped: Desired, tmp_path: Path) -> None:
    (tmp_path / "registry.yaml").write_text(write_registry(shipped))
    sites = read_registry(tmp_path / "registry.yaml").sites
    assert [box.name for site in sites for box in site.boxes] == [box.name for _, box in shipped.boxes()]
    kinds = {asset.code: asset.kind for site in sites for box in site.boxes for asset in box.assets}
    assert "TD-01.lamp-1" not in kinds  # the panel reports only through its circuits
    assert kinds["TD-01.lamp-1-c3"] == "lamp_circuit"
    assert kinds["TD-01.signal-1"] == "signal_controller"


def test_shipped_regency_when_read_then_the_agent_takes_every_site_file(shipped: Desired, tmp_path: Path) -> None:
    for site, box in shipped.boxes():
        path = tmp_path / f"{box.name}.yaml"
        path.write_text(write_site_file(site))
        agent, _ = load_site(path, PROFILES)
        assert agent.box_named(None) == box.name
        assert [asset.code for asset in agent.assets_of(box.name)] == [asset.code for asset in site.assets]
        assert len(agent.controllers) == len(site.controllers)
