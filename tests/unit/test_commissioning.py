"""A box is judged by its own status, against what the desired state says; what failed says what to do."""

import copy
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioning.checklist import Check, judge
from provisioning.claims import Claim
from provisioning.commissioning import Report, judge_claim, lines_of, write_report
from provisioning.desired import Site
from provisioning.desired_files import read_desired
from provisioning.errors import Misconfigured
from tests.fix_balena import Write, regency

RECORDED = Path(__file__).parent / "recorded" / "agent_status.json"
NOW_AT = dt.datetime(2026, 11, 22, 3, 0, tzinfo=dt.UTC)
BOX = "T0001-a"
Spoil = Callable[[dict[str, Any]], object]


@pytest.fixture
def site(write_regency: Write) -> Site:
    return read_desired(write_regency(regency())).sites[0]


@pytest.fixture
def good() -> dict[str, Any]:
    """What a real agent said on a bench without broker and clock, with these two put right."""
    status: dict[str, Any] = json.loads(RECORDED.read_text())
    status |= {"connected": True, "not_connected_because": ""}
    status["latest"] |= {"clock_offset": [0.002, "s"], "soc_temperature": [51.0, "Cel"]}
    status["counts"]["receipts_committed"] = 4
    return status


def failed(checks: list[Check]) -> list[str]:
    return [check.name for check in checks if not check.passed]


def earlier(status: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(status) | {"counts": status["counts"] | {"receipts_committed": 3}}


def test_box_when_all_is_well_then_every_check_passes(site: Site, good: dict[str, Any]) -> None:
    checks = judge(site, BOX, earlier(good), good)
    assert failed(checks) == []
    assert [check.name for check in checks] == [
        "identity",
        "asset T0001.lamp-1",
        "broker",
        "round trip with receipt",
        "clock",
        "disk",
        "temperature",
    ]


def test_box_when_as_recorded_then_broker_receipt_and_clock_fail(site: Site) -> None:
    status = json.loads(RECORDED.read_text())
    assert failed(judge(site, BOX, status, status)) == ["broker", "round trip with receipt", "clock"]


SPOILED: dict[str, tuple[Spoil, str, str]] = {
    "another box": (lambda s: s.update(box="T0002-a"), "identity", "T0002-a"),
    "a dead panel": (
        lambda s: s["assets"].update({"T0001.lamp-1": ["failing", "no answer"]}),
        "asset T0001.lamp-1",
        "failing no answer",
    ),
    "a panel that the agent does not know": (
        lambda s: s["assets"].pop("T0001.lamp-1"),
        "asset T0001.lamp-1",
        "missing",
    ),
    "an impossible value": (
        lambda s: s["latest"].update({"T0001.lamp-1-c1:voltage": [6_553.5, "V"]}),
        "value T0001.lamp-1-c1:voltage",
        "6553.5 V",
    ),
    "no line": (lambda s: s.update(connected=False, not_connected_because="no route"), "broker", "no route"),
    "no receipt": (
        lambda s: s["counts"].update(receipts_committed=3),
        "round trip with receipt",
        "0 of them now, 3 messages wait",
    ),
    "a wrong clock": (lambda s: s["latest"].update(clock_offset=[-7.0, "s"]), "clock", "-7 s"),
    "a clock that nobody set": (lambda s: s["latest"].pop("clock_offset"), "clock", "not synchronised"),
    "a full disk": (lambda s: s["outbox"].update(disk_free_bytes=10_000_000), "disk", "0.0 GB free"),
    "a read-only disk": (lambda s: s["outbox"].update(disk="read_only"), "disk", "read_only"),
    "a hot board": (lambda s: s["latest"].update(soc_temperature=[82.0, "Cel"]), "temperature", "82 Cel"),
}


@pytest.mark.parametrize(("spoil", "name", "measured"), SPOILED.values(), ids=SPOILED.keys())
def test_box_when_one_thing_is_wrong_then_that_check_fails_with_its_remedy(
    spoil: Spoil, name: str, measured: str, site: Site, good: dict[str, Any]
) -> None:
    before = earlier(good)
    spoil(good)
    checks = judge(site, BOX, before, good)
    assert failed(checks) == [name]
    wrong = next(check for check in checks if check.name == name)
    assert measured in wrong.measured
    assert wrong.remedy_id
    assert wrong.remedy_en


def test_box_when_quiet_and_all_is_confirmed_then_the_round_trip_is_proven(site: Site, good: dict[str, Any]) -> None:
    good["outbox"]["messages"] = 0
    assert failed(judge(site, BOX, good, good)) == []
    good["counts"]["receipts_committed"] = 0
    assert failed(judge(site, BOX, good, good)) == ["round trip with receipt"]


def test_box_when_its_board_has_no_sensor_then_it_is_not_failed_for_it(site: Site, good: dict[str, Any]) -> None:
    del good["latest"]["soc_temperature"]
    assert failed(judge(site, BOX, earlier(good), good)) == []


def test_slot_when_claimed_or_not_then_the_check_says_by_whom() -> None:
    assert judge_claim([Claim(BOX, "pi-7", NOW_AT, "budi")]) == Check("claim", passed=True, measured="pi-7, budi")
    assert not judge_claim([]).passed


def report_of(checks: list[Check]) -> Report:
    return Report("Kabupaten Pasuruan", "T0001", BOX, "pi-7", NOW_AT, "budi", checks)


def test_report_when_written_then_json_has_every_check_and_the_pdf_is_one(
    site: Site, good: dict[str, Any], tmp_path: Path
) -> None:
    good["latest"]["clock_offset"] = [-7.0, "s"]
    report = report_of(judge(site, BOX, earlier(good), good))
    as_json, as_pdf = write_report(report, tmp_path)
    assert as_json.name == "T0001-a-20261122-100000.json"
    written = json.loads(as_json.read_text())
    assert written["passed"] is False
    assert [check["name"] for check in written["checks"] if not check["passed"]] == ["clock"]
    assert as_pdf.read_bytes().startswith(b"%PDF-")
    assert any(line.startswith("GAGAL clock: -7 s") for line in lines_of(report.checks))


def test_report_when_the_folder_cannot_be_written_then_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="cannot be written"):
        write_report(report_of([]), tmp_path / "file")
