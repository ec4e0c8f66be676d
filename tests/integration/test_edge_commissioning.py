"""A real box reports on itself: to the room over the line, to whoever stands there over its health endpoint."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uuid6

from edge.contract.commands import Command
from edge.contract.commissioning import ACTION, TYPE, Document, SignedReport
from provisioning.certificates import CertificateAuthority
from provisioning.signed_report import verify
from simulators.broker import LocalBroker
from tests.fix_edge import Cloud, ModbusField, gauge_site, wait_for
from tests.fix_vision import PaintedCamera, driving


def command(visit: str) -> Command:
    now = datetime.now(UTC)
    return Command(
        id=uuid6.uuid7().hex,  # type: ignore[arg-type]
        action=ACTION,
        arguments={"visit": visit},
        issued_at=now,
        expires_at=now + timedelta(minutes=5),
        actor="budi",
    )


def reports_in(cloud: Cloud) -> list[dict[str, Any]]:
    return [event["data"]["values"] for event in cloud.events() if event["type"] == TYPE]


def picture_of(cloud: Cloud) -> bytes:
    """Give the picture that a report names; a camera sends others as well."""
    document = Document.model_validate_json(reports_in(cloud)[0]["document"])
    named = set(document.pictures.values())
    return next((each for each in cloud.of("media") if hashlib.sha256(each).hexdigest() in named), b"")


def test_box_when_the_room_asks_then_its_signed_report_and_its_cameras_picture_come(
    make_box: Any,
    broker: LocalBroker,
    authority: CertificateAuthority,
    cloud: Cloud,
    field: ModbusField,
    box_name: str,
    tmp_path: Path,
) -> None:
    code = box_name.rpartition("-")[0]
    with PaintedCamera(driving) as camera, Cloud(authority.ensure("api"), broker.service_port, box_name) as room:
        room.is_silent = True
        site = gauge_site(box_name, field.port) | {"cameras": [{"code": f"{code}.cam-1", "sub": camera.url}]}
        with make_box(site, broker.port, vision_dir=tmp_path / "vision", host_interval_s=1) as box:
            wait_for(lambda: box.is_up() and box.status()["connected"], 30)
            wait_for(lambda: box.status()["cameras"][f"{code}.cam-1"]["decoded"] > 5, 30)
            room.send("commands", command("visit-1").model_dump_json().encode())
            wait_for(lambda: reports_in(cloud) and picture_of(cloud), 40)
            on_the_spot = box.get("/commissioning")[1]
    values = reports_in(cloud)[0]
    for found in (values, on_the_spot):
        document = verify(SignedReport.model_validate(found), box_name, authority.certificate_file.read_bytes())
        assert {check.name for check in document.checks if not check.passed} <= {"clock"}
    asked = Document.model_validate_json(values["document"])
    assert (asked.visit, values["actor"]) == ("visit-1", "budi")
    assert picture_of(cloud).startswith(b"\xff\xd8\xff")
    assert base64.b64decode(on_the_spot["pictures"][f"{code}.cam-1"]).startswith(b"\xff\xd8\xff")
