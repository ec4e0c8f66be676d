"""A fault in one camera costs that part of it, or that camera: the rest of the box goes on, and everybody is told."""

import asyncio
import json
from typing import Any

import pytest
import yaml

from edge.clock import Clock
from edge.entries import Entry
from edge.errors import Misconfigured
from edge.left_out import LeftOut, with_calibrations
from edge.notices import NoticeBoard
from edge.settings import EdgeSettings
from edge.site import SiteFile, load_site, open_site
from edge.standing import standing_of_left_out, standing_of_parcel, tell_standing
from edge.vision.reasons import Reason

PROFILES = EdgeSettings().profiles_dir
SQUARE = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]
CROSSED = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]
LANE = {"name": "utara", "polygon": SQUARE, "line": [[0.1, 0.5], [0.9, 0.5]]}
ZONES = [
    {"name": name, "kind": kind, "polygon": SQUARE} for name, kind in (("g", "gate"), ("h", "gate"), ("x", "crowd"))
]
WAY = {"name": "lurus", "origin": "g", "destination": "h"}
WHOLE = {"lanes": [LANE], "zones": ZONES, "movements": [WAY], "main": "rtsp://10.0.0.1/main"}
CALIBRATION = [{"at": [x, y], "ground": [10 * x, 20 * y]} for x in (0.1, 0.9) for y in (0.1, 0.9)]


def text_of(*cameras: dict[str, Any], **more: Any) -> str:
    site = {"code": "TD-01", "name": "x", "district": "x", "latitude": -7.6, "longitude": 112.8}
    listed = [{"code": f"TD-01.cam-{n}", "sub": f"rtsp://10.0.0.{n}/x"} | one for n, one in enumerate(cameras, 1)]
    gauge = {"code": "TD-01.gauge-1", "profile": "river-gauge", "bus": "g"}
    content = {"site": site, "box": "TD-01-a", "buses": {"g": {"host": "10.0.0.9"}}, "assets": [gauge]}
    return yaml.safe_dump(content | {"cameras": listed} | more)


@pytest.fixture
def opened(tmp_path):
    """Write a site file, see that it is refused as a whole where it must be right, and open it as the agent does."""

    def open_it(*cameras: dict[str, Any], **more: Any) -> tuple[SiteFile, list[LeftOut]]:
        (tmp_path / "site.yaml").write_text(text_of(*cameras, **more))
        with pytest.raises(Misconfigured):
            load_site(tmp_path / "site.yaml", PROFILES)
        site, _, left = open_site(tmp_path / "site.yaml", PROFILES)
        assert [asset.code for asset in site.assets] == ["TD-01.gauge-1"]
        return site, left

    return open_it


def zone(**content: Any) -> dict[str, Any]:
    return {"name": "y", "kind": "crowd", "polygon": SQUARE} | content


PARTS: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "a zone outside of the picture": (
        {"zones": [*ZONES, zone(polygon=[[0, 0], [1.2, 0], [1, 1]])]},
        "cameras[0].zones[3].polygon[1][0]: 1.2: Input should be less than or equal to 1",
        {},
    ),
    "a zone that crosses itself": (
        {"zones": [zone(polygon=CROSSED), *ZONES]},
        "cameras[0].zones[0].polygon: edges",
        {},
    ),
    "a zone without area": (
        {"zones": [zone(polygon=[[0, 0], [0.5, 0.5], [1, 1]]), *ZONES]},
        "cameras[0].zones[0].polygon: the zone has no area",
        {},
    ),
    "a zone whose name is a figure": ({"zones": [*ZONES, zone(name=5)]}, "cameras[0].zones[3].name: 5: Input", {}),
    "two zones of one name": ({"zones": [*ZONES, zone(name="x")]}, "cameras[0].zones[3].name: 'x' names two", {}),
    "a lane of which the line lies outside": (
        {"lanes": [LANE, LANE | {"name": "timur", "line": [[0.95, 0], [0.95, 1]]}]},
        "cameras[0].lanes[1]: the line of timur lies outside",
        {},
    ),
    "a movement from no gate": (
        {"movements": [WAY | {"name": "a", "origin": "x"}, WAY]},
        "cameras[0].movements[0].origin: 'x' is not a zone of kind gate",
        {},
    ),
    "a gate, and with it what goes through it": (
        {"zones": [zone(name="h", kind="gate", polygon=CROSSED), ZONES[0], ZONES[2]]},
        "cameras[0].movements[0].destination: 'h' is not a zone of kind gate",
        {"zones": ["g", "x"], "movements": []},
    ),
    "a calibration of three pairs": ({"calibration": CALIBRATION[:3]}, "cameras[0].calibration: 3 pairs do not", {}),
    "a wrong figure in a pair": (
        {"calibration": [*CALIBRATION, {"at": [2, 0], "ground": [0, 0]}]},
        "cameras[0].calibration[4].at[0]: 2: Input should be",
        {},
    ),
    "an address of the main stream that is none": (
        {"main": "http://10.0.0.1/x"},
        "cameras[0].main: an address begins with rtsp://host/",
        {"main": None},
    ),
    "a recording that would not be masked": (
        {"masks": [SQUARE]},
        "cameras[0].main: the main stream is recorded as it comes",
        {"main": None, "masks": 1},
    ),
}


@pytest.mark.parametrize(("wrong", "said", "other"), PARTS.values(), ids=PARTS.keys())
def test_camera_when_a_part_of_it_is_wrong_then_that_alone_is_left_out_and_told(opened, wrong, said, other):
    site, left = opened(WHOLE | wrong, {})
    camera = site.cameras[0]
    assert [one.code for one in site.cameras] == ["TD-01.cam-1", "TD-01.cam-2"]
    kept = {"lanes": ["utara"], "zones": ["g", "h", "x"], "movements": ["lurus"]} | other
    found = {kind: sorted(one.name for one in getattr(camera, kind)) for kind in ("lanes", "zones", "movements")}
    assert found == {kind: kept[kind] for kind in found}
    assert camera.main == kept.get("main", WHOLE["main"])
    assert len(camera.masks) == kept.get("masks", 0)
    assert camera.calibration == []
    (one,) = left
    assert (one.camera, one.box, one.is_whole) == ("TD-01.cam-1", "TD-01-a", False)
    assert any(why.startswith("site.yaml:") and said in why for why in one.whys), one.whys
    assert all(why.id != why for why in one.whys)


MASK: dict[str, dict[str, Any]] = {
    "crosses itself": {"masks": [SQUARE, CROSSED]},
    "lies outside": {"masks": [[[0, 0], [1.2, 0], [1, 1]]]},
    "has no area": {"masks": [[[0, 0], [0.5, 0.5], [1, 1]]]},
    "is no list": {"masks": "all"},
    "is misspelt": {"mask": [SQUARE]},
    "is called a zone": {"zones": [{"name": "rumah", "kind": "mask", "polygon": SQUARE}]},
    "is perhaps burnt in": {"masks": [SQUARE], "masked_by_camera": "mungkin"},
    "stands in a zone": {"zones": [*ZONES, zone(masks=[SQUARE])]},
    "stands misspelt in a zone": {"zones": [zone(mask=[SQUARE]), *ZONES]},
    "stands under no word in a zone": {"zones": [ZONES[0] | {1: [SQUARE]}]},
    "stands in place of a zone's corners": {"zones": [zone(polygon={"masks": [SQUARE]})]},
    "stands in place of a zone's figure": {"zones": [zone(people={"masks": [SQUARE]})]},
    "stands in a lane": {"lanes": [LANE | {"masks": [SQUARE]}]},
    "stands in a movement": {"zones": ZONES, "movements": [WAY | {"masks": [SQUARE]}]},
    "stands in a pair": {"calibration": [*CALIBRATION[:3], CALIBRATION[3] | {"masks": [SQUARE]}]},
    "stands in place of the zones": {"zones": {"masks": [SQUARE]}},
    "stands among the zones": {"zones": [*ZONES, SQUARE]},
    "stands behind too many zones": {"zones": [*(zone(name=f"z{n}") for n in range(40)), zone(masks=[SQUARE])]},
    "stands in place of the lanes": {"lanes": {"masks": [SQUARE]}},
    "stands in place of the movements": {"movements": "masks"},
    "stands in place of the calibration": {"calibration": {"masks": [SQUARE]}},
    "stands in the main stream": {"main": {"masks": [SQUARE]}},
}


@pytest.mark.parametrize("wrong", MASK.values(), ids=MASK.keys())
def test_camera_when_its_mask_may_be_wrong_then_it_is_neither_looked_at_nor_recorded(opened, wrong):
    site, (left,) = opened({}, {"main": "rtsp://10.0.0.2/main"} | wrong)
    assert [camera.code for camera in site.cameras] == ["TD-01.cam-1"]
    assert (left.camera, left.is_whole) == ("TD-01.cam-2", True)
    assert all(why.startswith("site.yaml:") and "cameras[1]" in why for why in left.whys)


def test_camera_when_its_masks_are_written_twice_then_it_is_left_out_whole(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text(text_of({"masks": [SQUARE]}, {}).replace("  masks:", "  masks: []\n  masks:"))
    site, _, (left,) = open_site(path, PROFILES)
    assert [camera.code for camera in site.cameras] == ["TD-01.cam-2"]
    assert left.whys[0].endswith("cameras[0].masks: stands here twice: keep one")
    assert left.whys[0].id.endswith("tertulis dua kali: sisakan satu")


@pytest.mark.parametrize(
    ("written", "twice"),
    [("  zones:", "  zones: {masks: []}\n  zones:"), ("    people: 9", "    people: {masks: []}\n    people: 9")],
)
def test_camera_when_a_key_in_it_is_there_twice_then_nobody_knows_what_the_first_held_and_it_is_left_out_whole(
    tmp_path, written, twice
):
    path = tmp_path / "site.yaml"
    path.write_text(text_of({"zones": [zone(people=9)]}, {}).replace(written, twice))
    site, _, (left,) = open_site(path, PROFILES)
    assert [camera.code for camera in site.cameras] == ["TD-01.cam-2"]
    assert "stands here twice" in left.why


@pytest.mark.parametrize("piece", [{"masks": [SQUARE]}, [SQUARE]], ids=["masks", "a mask"])
def test_cameras_when_a_piece_of_one_stands_by_itself_then_none_is_looked_at(tmp_path, piece):
    path = tmp_path / "site.yaml"
    content = yaml.safe_load(text_of({}, {}))
    content["cameras"].insert(1, piece)
    path.write_text(yaml.safe_dump(content))
    site, _, left = open_site(path, PROFILES)
    assert site.cameras == []
    assert [one.camera for one in left if one.camera] == ["TD-01.cam-1", "TD-01.cam-2"]
    assert all("cameras[1]" in one.why for one in left)


@pytest.mark.parametrize(
    ("wrong", "code", "said_id"),
    [
        ({"sub": "http://10.0.0.1/x"}, "TD-01.cam-1", "alamat diawali rtsp://host/"),
        ({"sub": "rtsp://admin:geheim@10.0.0.1/x"}, "TD-01.cam-1", "tidak boleh ada sandi"),
        ({"detect_hz": 99}, "TD-01.cam-1", "99: paling besar 30"),
        ({"detector": {"model": "x"}}, "TD-01.cam-1", "tidak ditulis seperti yang diminta"),
        ({"code": "PWD-01.cam-1"}, "", "tulis TD-01.cam-1"),
        ({"code": "kamera satu"}, "", "tidak ditulis seperti yang diminta"),
        ({"box": "TD-01-c"}, "TD-01.cam-1", "'TD-01-c' bukan kotak di berkas ini; maksudnya 'TD-01-a'?"),
        ({"code": "TD-01.gauge-1"}, "TD-01.gauge-1", "TD-01.gauge-1 sudah dipakai assets[0]"),
    ],
)
def test_camera_when_nothing_sensible_remains_then_it_is_left_out_whole_and_told(opened, wrong, code, said_id):
    site, (left,) = opened(wrong, {})
    assert [camera.code for camera in site.cameras] == ["TD-01.cam-2"]
    assert (left.camera, left.box, left.is_whole) == (code, "TD-01-a", True)
    assert said_id in left.why.id
    assert "geheim" not in left.why + left.why.id


def test_vision_when_it_is_wrong_then_all_cameras_are_left_out_and_the_sensors_go_on(opened):
    site, left = opened({}, {}, vision={"detector": {"model": "a.tflite", "score": 2}})
    assert site.cameras == []
    assert [one.camera for one in left] == ["TD-01.cam-1", "TD-01.cam-2"]
    assert "vision.detector.score: 2" in left[0].why


@pytest.mark.parametrize(
    "more", [{"rules": [{"kind": "x"}]}, {"cameras": {}}, {"site": {"code": "TD-01"}}, {"kameras": []}]
)
def test_site_when_something_else_is_wrong_then_it_is_refused_with_all_faults(tmp_path, more):
    (tmp_path / "site.yaml").write_text(text_of({"masks": [CROSSED]}, **more))
    said = []
    for read in (load_site, open_site):
        with pytest.raises(Misconfigured) as refused:
            read(tmp_path / "site.yaml", PROFILES)
        said.append(str(refused.value))
    assert said[0] == said[1]
    assert "cameras" in more or "cameras[0].masks[0]" in said[0]


def test_stream_when_two_cameras_have_it_then_the_file_is_refused_with_both_and_the_second_is_left_out(
    opened, tmp_path
):
    site, (left,) = opened({"sub": "rtsp://10.0.0.1:554/x"}, {"sub": "rtsp://10.0.0.1/x"}, {"sub": "rtsp://10.0.0.1/y"})
    said = "cameras[1].sub: TD-01.cam-2 has the same stream as TD-01.cam-1 (cameras[0].sub)"
    with pytest.raises(Misconfigured) as refused:
        load_site(tmp_path / "site.yaml", PROFILES)
    assert said in str(refused.value)
    assert [camera.code for camera in site.cameras] == ["TD-01.cam-1", "TD-01.cam-3"]
    assert (left.camera, left.is_whole) == ("TD-01.cam-2", True)
    assert said in left.why
    assert "TD-01.cam-2 memakai aliran yang sama dengan TD-01.cam-1" in left.why.id


ASTRAY = "rtsp://admin:geh'eim@10.0.0.1/x"


@pytest.mark.parametrize(
    "wrong",
    [
        {"detect_hz": ASTRAY},
        {"detector": ASTRAY},
        {"zones": [zone(kind=ASTRAY)]},
        {"zones": [zone(name=ASTRAY)]},
        {"zones": [zone(polygon=[[ASTRAY, 0], [1, 0], [1, 1]])]},
        {"movements": [WAY | {"origin": ASTRAY}], "zones": ZONES},
        {"calibration": [*CALIBRATION, {"at": [ASTRAY, 0], "ground": [0, 0]}]},
        {"code": ASTRAY},
        {"box": ASTRAY},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_address_when_it_stands_in_the_wrong_place_then_no_word_repeats_its_password(tmp_path, wrong):
    (tmp_path / "site.yaml").write_text(text_of(wrong))
    with pytest.raises(Misconfigured) as refused:
        load_site(tmp_path / "site.yaml", PROFILES)
    assert "eim@" not in str(refused.value)
    _, _, left = open_site(tmp_path / "site.yaml", PROFILES)
    assert "eim@" not in repr([(one, one.why, one.why.id) for one in left])


SUB, MAIN = "rtsp://10.0.0.1:554/x", "rtsp://10.0.0.1/main"  # the first's, as another may write them


@pytest.mark.parametrize(
    "twice", [{"sub": SUB}, {"code": "TD-01.cam-1"}, {"main": SUB}, {"main": MAIN}, {"sub": MAIN}], ids=str
)
@pytest.mark.parametrize(
    "mask",
    [
        {"masks": [SQUARE], "masked_by_camera": True},
        {"mask": [SQUARE]},
        {"zones": [zone(masks=[SQUARE])]},
        {"zones": [zone(kind="mask")]},
        {"lanes": {"masks": [SQUARE]}},
    ],
    ids=["masks", "misspelt", "in a zone", "as a zone", "in place of lanes"],
)
def test_camera_when_it_stands_there_twice_and_one_may_have_a_mask_then_neither_is_looked_at(opened, twice, mask):
    main = {"main": "rtsp://10.0.0.1/main"}
    for two in ((main, twice | mask), (main | mask, twice)):
        site, left = opened(*two, {})
        assert [camera.code for camera in site.cameras] == ["TD-01.cam-3"]
        assert all(one.is_whole for one in left)
        assert any("same camera with other masks" in why for one in left for why in one.whys)


@pytest.mark.parametrize("main", [SUB, MAIN])
def test_camera_when_its_main_stream_is_anothers_then_the_file_is_refused_and_that_is_not_recorded(
    opened, tmp_path, main
):
    own = "rtsp://10.0.0.1/x" if main == SUB else "rtsp://10.0.0.1/main"
    site, (left,) = opened({"main": own}, {"main": main}, {"main": "rtsp://10.0.0.3/x"})
    with pytest.raises(Misconfigured, match=r"cameras\[1\]\.main: TD-01\.cam-2 has the same stream as TD-01\.cam-1"):
        load_site(tmp_path / "site.yaml", PROFILES)
    assert [camera.main for camera in site.cameras] == [own, None, "rtsp://10.0.0.3/x"]
    assert (left.camera, left.is_whole) == ("TD-01.cam-2", False)


def test_stream_when_three_cameras_have_it_and_one_of_them_has_a_mask_then_none_is_looked_at(opened):
    main = {"main": "rtsp://10.0.0.1/main"}
    site, _ = opened(main, main, main | {"masks": [SQUARE], "masked_by_camera": True}, {})
    assert [camera.code for camera in site.cameras] == ["TD-01.cam-4"]


def test_streams_when_one_camera_has_its_sub_for_its_main_then_the_file_is_right(tmp_path):
    (tmp_path / "site.yaml").write_text(text_of({"main": "rtsp://10.0.0.1/x"}, {}))
    site, _ = load_site(tmp_path / "site.yaml", PROFILES)
    assert site.cameras[0].main == site.cameras[0].sub


def test_camera_when_its_code_is_there_twice_then_the_first_goes_on_and_is_told_of(opened):
    site, (left,) = opened({}, {"code": "TD-01.cam-1"})
    assert [camera.sub for camera in site.cameras] == ["rtsp://10.0.0.1/x"]
    assert (left.camera, left.is_whole) == ("TD-01.cam-1", False)


def test_site_when_it_has_two_boxes_then_each_is_told_of_its_own_cameras(tmp_path):
    path, two = tmp_path / "site.yaml", ({"box": "TD-01-b", "masks": [CROSSED]}, {"box": "TD-01-z"})
    path.write_text(text_of(*two, assets=[]).replace("box: TD-01-a", "boxes: [TD-01-a, TD-01-b]"))
    left = open_site(path, PROFILES)[2]
    assert [(one.camera, one.box) for one in left] == [("TD-01.cam-1", "TD-01-b"), ("TD-01.cam-2", "TD-01-a")]


class Room:
    """What the room hears of a box, and what the box notes."""

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        self.board = NoticeBoard("TD-01-a", self.keep, Clock())

    async def keep(self, entry: Entry) -> int:
        self.events.append(json.loads(entry.payload))
        return len(self.events)

    async def note(self, key: str) -> str | None:
        return self.notes.get(key)

    async def set_note(self, key: str, value: str) -> None:
        self.notes[key] = value


def test_faults_when_they_stand_then_are_told_once_over_restarts_and_end_with_the_file_that_is_right():
    room, why = Room(), Reason("salah", "wrong")
    mask = standing_of_left_out(LeftOut("TD-01.cam-1", "TD-01-a", is_whole=True, whys=(why,)))
    part = standing_of_left_out(LeftOut("TD-01.cam-2", "TD-01-a", is_whole=False, whys=(why,)))
    parcel = standing_of_parcel("TD-01-a", why)
    for _ in range(2):
        asyncio.run(tell_standing([mask, part, parcel], room.board, room))
    told = [(one["type"], one["subject"], one["data"]["severity"]) for one in room.events]
    assert told == [
        ("id.satulayar.camera.misconfigured", "TD-01.cam-1", "major"),
        ("id.satulayar.camera.misconfigured", "TD-01.cam-2", "minor"),
        ("id.satulayar.parcel.refused", "TD-01-a", "major"),
    ]
    said = room.events[0]["data"]
    assert said["message_id"].startswith(
        "Kamera TD-01.cam-1 tidak diperiksa dan tidak direkam, karena berkas situs salah"
    )
    assert said["message_en"].endswith("neither looked at nor recorded, since the site file is wrong: wrong")
    asyncio.run(tell_standing([part], room.board, room))
    ends = room.events[3:]
    assert [one["data"]["values"]["begun_event"] for one in ends] == [room.events[0]["id"], room.events[2]["id"]]
    assert all("ended_at" in one["data"] for one in ends)


def test_parcel_when_refused_then_it_is_said_how_that_ends_however_long_the_reason_is():
    one = standing_of_parcel("TD-01-a", Reason("salah" * 200, "wrong" * 200))
    assert "selesai bila paket yang cocok dibaca lagi, yang lama pun boleh" in one.begun.id
    assert "ends when a parcel that fits is read again, the old one will do" in one.begun
    assert max(len(one.begun), len(one.begun.id)) == 500
    assert (one.ended.id, one.ended) == ("Kotak sudah membaca paket yang cocok", "The box has read a parcel that fits")


def test_faults_when_they_are_many_then_the_first_are_told_and_how_many_more_there_are():
    whys = tuple(Reason(f"{n}" * 120, f"{n}" * 120) for n in range(9))
    why = LeftOut("TD-01.cam-1", "TD-01-a", is_whole=True, whys=whys).why
    assert why.endswith("; and 7 more")
    assert why.id.endswith("; dan 7 lagi")


def test_calibration_when_it_fits_no_plane_then_is_told_like_the_rest():
    one = LeftOut("TD-01.cam-1", "TD-01-a", is_whole=False, whys=(Reason("a", "b"),))
    (both,) = with_calibrations([one], {"TD-01.cam-1": Reason("c", "d")}, "TD-01-a")
    assert both.why == "b; d"
    (new,) = with_calibrations([], {"TD-01.cam-2": Reason("c", "d")}, "TD-01-a")
    assert (new.camera, new.is_whole, new.why.id) == ("TD-01.cam-2", False, "c")
