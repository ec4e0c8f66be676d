"""What is wrong in a site file or a parcel while the box runs: it costs as little as can be, and the room hears it."""

from pathlib import Path
from typing import Any

import yaml

from provisioning.certificates import CertificateAuthority
from provisioning.parcel_files import make_identity, write_folder
from tests.fix_edge import Cloud, ModbusField, ParcelBox, gauge_site, wait_for
from tests.fix_vision import PaintedCamera, driving

SQUARE = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]
CROSSED = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]


def misconfigured(cloud: Cloud, *, ended: bool = False) -> dict[str, dict[str, Any]]:
    """What the room was told, by what it is about."""
    found = [one for one in cloud.events() if one["type"] == "id.satulayar.camera.misconfigured"]
    return {one["subject"]: one["data"] for one in found if ("ended_at" in one["data"]) == ended}


def test_box_when_cameras_are_wrong_in_its_site_file_then_all_else_goes_on_and_everybody_is_told(
    make_box, broker, field: ModbusField, cloud: Cloud, box_name: str, tmp_path: Path
) -> None:
    field.tables["input"][0] = 1_500
    site, code = gauge_site(box_name, field.port), box_name.rpartition("-")[0]
    zones = [{"name": name, "kind": "crowd", "polygon": area} for name, area in (("a", CROSSED), ("b", SQUARE))]
    with PaintedCamera(driving) as zoned, PaintedCamera(driving) as masked:
        site["cameras"] = [
            {"code": f"{code}.cam-1", "sub": zoned.url, "zones": zones},
            {"code": f"{code}.cam-2", "sub": masked.url, "main": masked.url, "masks": [CROSSED]}
            | {"masked_by_camera": True},
        ]
        vision = tmp_path / "vision"
        with make_box(site, broker.port, vision_dir=vision) as box:
            wait_for(lambda: any(cloud.values(f"{code}.gauge-1:water_level")), 30)
            wait_for(lambda: len(misconfigured(cloud)) == 2, 30)
            wait_for(lambda: box.status()["cameras"][f"{code}.cam-1"]["decoded"] > 5, 30)
            status = box.status()
            assert list(status["cameras"]) == [f"{code}.cam-1"]
            assert "cameras[0].zones[0].polygon: edges 1 and 3 cross" in status["cameras"][f"{code}.cam-1"]["reason"]
            assert status["assets"][f"{code}.cam-2"][0] == "failing"
            assert "cameras[1].masks[0]: edges 1 and 3 cross" in status["assets"][f"{code}.cam-2"][1]
            assert [(one["camera"], one["is_whole"]) for one in status["left_out"]] == [
                (f"{code}.cam-1", False),
                (f"{code}.cam-2", True),
            ]
            assert any(one["assets"].get(f"{code}.cam-2") == "failing" for one in cloud.statuses())
            assert masked.stream.viewers == set()
            assert not list(vision.rglob(f"*{code}.cam-2*"))
        told = misconfigured(cloud)[f"{code}.cam-2"]
        assert (told["severity"], misconfigured(cloud)[f"{code}.cam-1"]["severity"]) == ("major", "minor")
        assert "sisi 1 dan 3 bersilangan: tulis sudutnya berurutan" in told["message_id"]
        assert "site.yaml:" in told["message_en"]
        site["cameras"] = site["cameras"][:1]
        site["cameras"][0]["zones"] = zones[1:]
        box.site_file.write_text(yaml.safe_dump(site))
        with box:
            wait_for(lambda: len(misconfigured(cloud, ended=True)) == 2, 30)
            assert box.status()["left_out"] == []


def parcel(authority: CertificateAuthority, to: Path, site: dict[str, Any], box: str) -> None:
    write_folder({"satulayar/site.yaml": yaml.safe_dump(site).encode()} | make_identity(authority, box), to)


def test_parcel_when_refused_while_the_box_goes_on_with_the_old_one_then_the_room_is_told(
    authority: CertificateAuthority, broker, field: ModbusField, cloud: Cloud, box_name: str, tmp_path: Path
) -> None:
    site, code, boot = gauge_site(box_name, field.port), box_name.rpartition("-")[0], tmp_path / "boot"
    parcel(authority, boot, site, box_name)
    field.tables["input"][0] = 1_500
    with ParcelBox(tmp_path / "box", boot, broker.port) as box:
        wait_for(lambda: any(cloud.values(f"{code}.gauge-1:water_level")), 30)
    parcel(authority, boot, site | {"rules": [{"kind": "water_stag"}]}, box_name)
    with box:
        wait_for(lambda: refusals(cloud), 30)
        assert "rules[0]: 'water_stag' is not a kind of rule" in box.status()["parcel_refused"]
    (told,) = refusals(cloud)
    assert told["subject"] == box_name
    assert told["data"]["message_id"].startswith("Paket baru ditolak, kotak tetap memakai yang lama (selesai bila")
    assert "yang lama pun boleh): site.yaml:" in told["data"]["message_id"]
    parcel(authority, boot, site, box_name)
    with box:
        wait_for(lambda: len(refusals(cloud)) == 2, 30)
        assert box.status()["parcel_refused"] == ""
    assert refusals(cloud)[1]["data"]["values"]["begun_event"] == told["id"]


def refusals(cloud: Cloud) -> list[dict[str, Any]]:
    return [one for one in cloud.events() if one["type"] == "id.satulayar.parcel.refused"]
