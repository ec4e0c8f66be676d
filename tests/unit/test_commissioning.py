"""A box judges itself by its site file; the office checks its signature and adds what people did."""

import asyncio
import contextlib
import copy
import datetime as dt
import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from cryptography import x509

from cloud.api.crew_page import FOLDER as CREW
from edge.checklist import MAX_FAULTS, Look, judge
from edge.clock import Clock
from edge.commissioning import CommissioningDesk, Whole
from edge.contract.commands import Command
from edge.contract.commissioning import ACTION, MAX_DOCUMENT_BYTES, Check, Document, Exercise, SignedReport
from edge.entries import Entry
from edge.errors import Misconfigured as EdgeMisconfigured
from edge.notices import Notice, NoticeBoard
from edge.radio import Radio, read_modem, read_radio, read_wireless
from edge.serial_number import read_serial_number
from edge.settings import EdgeSettings
from edge.site import SiteFile, load_site
from provisioning.certificates import CertificateAuthority
from provisioning.check_titles import TITLES, title_of
from provisioning.checklist import compare, judge_claim, judge_exercises
from provisioning.claims import Claim
from provisioning.commissioning import MAX_BYTES, ask, signed_pictures
from provisioning.commissioning_report import Report, lines_of, read_report, write_report
from provisioning.desired import DesiredFile, Site
from provisioning.desired_files import read_desired
from provisioning.errors import Misconfigured, Refused, Unavailable
from provisioning.parcel_files import make_identity
from provisioning.signed_report import verify
from provisioning.site_files import write_site_file
from tests.fix_balena import Write, regency

RECORDED = Path(__file__).parent / "recorded" / "agent_status.json"
NOW_AT = dt.datetime(2026, 11, 22, 3, 0, tzinfo=dt.UTC)
BOX = "T0001-a"
Spoil = Callable[[dict[str, Any]], object]


@pytest.fixture
def site(write_regency: Write, tmp_path: Path) -> SiteFile:
    return load(write_regency, tmp_path, regency())


def load(write_regency: Write, tmp_path: Path, content: dict) -> SiteFile:
    """Read a site as the box does: from the file that its parcel would have."""
    path = tmp_path / "site.yaml"
    path.write_text(write_site_file(read_desired(write_regency(content)).sites[0]))
    return load_site(path, EdgeSettings().profiles_dir)[0]


@pytest.fixture
def good() -> dict[str, Any]:
    """What a real agent said on a bench without broker and clock, with these two put right."""
    status: dict[str, Any] = json.loads(RECORDED.read_text())
    status |= {"connected": True, "not_connected_because": ""}
    status["latest"] |= {"clock_offset": [0.002, "s"], "soc_temperature": [51.0, "Cel"]}
    status["counts"]["receipts_committed"] = 4
    return status


def look(status: dict[str, Any], **values: Any) -> Look:
    usual = {"at": NOW_AT, "certificate_until": NOW_AT + dt.timedelta(days=60), "radio": Radio("modem", 67)}
    return Look(status, **(usual | {"pictures": {}} | values))


def failed(checks: list[Check]) -> list[str]:
    return [check.name for check in checks if not check.passed]


def earlier(status: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(status) | {"counts": status["counts"] | {"receipts_committed": 3}}


def test_box_when_all_is_well_then_every_check_passes(site: SiteFile, good: dict[str, Any]) -> None:
    checks = judge(site, BOX, earlier(good), look(good))
    assert failed(checks) == []
    names = "broker, round trip with receipt, clock, certificate, signal strength, disk, temperature"
    assert [check.name for check in checks] == ["asset T0001.lamp-1", *names.split(", ")]


def test_box_when_as_recorded_then_broker_receipt_and_clock_fail(site: SiteFile) -> None:
    status = json.loads(RECORDED.read_text())
    assert failed(judge(site, BOX, status, look(status))) == ["broker", "round trip with receipt", "clock"]


SPOILED: dict[str, tuple[Spoil, str, str]] = {
    "a dead panel": (
        lambda s: s["assets"].update({"T0001.lamp-1": ["failing", "no answer"]}),
        "asset T0001.lamp-1",
        "does not answer (no answer)",
    ),
    "a panel that the agent does not know": (
        lambda s: s["assets"].pop("T0001.lamp-1"),
        "asset T0001.lamp-1",
        "is not known to the box",
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
    "a read-only disk": (lambda s: s["outbox"].update(disk="read_only"), "disk", "read-only"),
    "a hot board": (lambda s: s["latest"].update(soc_temperature=[82.0, "Cel"]), "temperature", "82 °C"),
}


@pytest.mark.parametrize(("spoil", "name", "measured"), SPOILED.values(), ids=SPOILED.keys())
def test_box_when_one_thing_is_wrong_then_that_check_fails_with_its_remedy(
    spoil: Spoil, name: str, measured: str, site: SiteFile, good: dict[str, Any]
) -> None:
    before = earlier(good)
    spoil(good)
    only_failure(judge(site, BOX, before, look(good)), name, measured)


@pytest.mark.parametrize(
    ("values", "name", "measured"),
    [
        ({"radio": Radio("modem", 12)}, "signal strength", "12 % (modem)"),
        ({"at": dt.datetime(1970, 1, 1, tzinfo=dt.UTC)}, "clock", "the clock says 1970-01-01: it was never set"),
        ({"certificate_until": NOW_AT}, "certificate", "good until 2026-11-22"),
        ({"certificate_until": None}, "certificate", "none"),
    ],
)
def test_box_when_radio_clock_or_certificate_is_wrong_then_that_check_fails_with_its_remedy(
    values: dict[str, Any], name: str, measured: str, site: SiteFile, good: dict[str, Any]
) -> None:
    only_failure(judge(site, BOX, earlier(good), look(good, **values)), name, measured)


def only_failure(checks: list[Check], name: str, measured: str) -> None:
    assert failed(checks) == [name]
    wrong = next(check for check in checks if check.name == name)
    assert measured in wrong.measured
    assert wrong.remedy_id
    assert wrong.remedy_en


def test_box_when_it_has_no_radio_then_the_report_says_so_and_it_is_not_failed_for_it(
    site: SiteFile, good: dict[str, Any]
) -> None:
    checks = judge(site, BOX, earlier(good), look(good, radio=None))
    assert failed(checks) == []
    assert "Kekuatan sinyal: tidak terukur: tidak ada modem" in "\n".join(lines_of(checks))
    assert "Signal strength: not measurable: no modem" in "\n".join(lines_of(checks, "en"))


def test_box_when_quiet_and_all_is_confirmed_then_the_round_trip_is_proven(
    site: SiteFile, good: dict[str, Any]
) -> None:
    good["outbox"]["messages"] = 0
    assert failed(judge(site, BOX, good, look(good))) == []
    good["counts"]["receipts_committed"] = 0
    assert failed(judge(site, BOX, good, look(good))) == ["round trip with receipt"]


def test_box_when_its_board_has_no_sensor_then_it_is_not_failed_for_it(site: SiteFile, good: dict[str, Any]) -> None:
    del good["latest"]["soc_temperature"]
    assert failed(judge(site, BOX, earlier(good), look(good))) == []


def test_camera_when_it_shows_nothing_then_its_check_says_why(
    write_regency: Write, tmp_path: Path, good: dict[str, Any]
) -> None:
    content = regency()
    content["sites"][0]["cameras"] = [{"code": "T0001.cam-1", "sub": "rtsp://127.0.0.1/1", "name": "Utara"}]
    site = load(write_regency, tmp_path, content)
    good["cameras"] = {"T0001.cam-1": {"reason": "no answer", "size_px": [0, 0], "rate_hz": 0.0}}
    only_failure(judge(site, BOX, earlier(good), look(good)), "camera T0001.cam-1", "no answer")
    good["cameras"] = {"T0001.cam-1": {"reason": "", "size_px": [640, 360], "rate_hz": 14.9}}
    checks = judge(site, BOX, earlier(good), look(good, pictures={"T0001.cam-1": True}))
    assert failed(checks) == []
    assert "640 x 360 pixels, 14.9 pictures/s" in [check.measured for check in checks]


def test_site_file_when_a_part_of_it_is_left_out_then_the_crew_is_told_and_the_report_fails(
    write_regency: Write, tmp_path: Path, good: dict[str, Any]
) -> None:
    content = regency()
    content["sites"][0]["cameras"] = [{"code": "T0001.cam-1", "sub": "rtsp://127.0.0.1/1", "name": "Utara"}]
    site = load(write_regency, tmp_path, content)
    good["cameras"] = {"T0001.cam-1": {"reason": "", "size_px": [640, 360], "rate_hz": 14.9}}
    good["left_out"] = [{"camera": "T0001.cam-1", "is_whole": False, "what": ["wrong"], "what_id": ["salah"]}]
    checks = judge(site, BOX, earlier(good), look(good, pictures={"T0001.cam-1": True}))
    only_failure(checks, "camera T0001.cam-1", "wrong")
    assert [(one.measured_id, one.remedy_id) for one in checks if one.name == "camera T0001.cam-1"] == [
        ("salah", "Berkas situs salah: minta kantor memperbaikinya dan menulis paket baru.")
    ]


SAYS_SOMETHING = re.compile(r"\b[a-z]{3,}\b")
SAME_IN_BOTH = {"modem"}


def all_checks(site: SiteFile, good: dict[str, Any], claim: Claim) -> list[Check]:
    """Checks of every kind, good and bad, of box and office."""
    bad = copy.deepcopy(good) | {"connected": False, "not_connected_because": "no route", "assets": {}, "cameras": {}}
    bad["latest"] = {"T0001.lamp-1:voltage": [9_999.0, "V"]}
    bad["outbox"] = {"disk": "read_only", "disk_free_bytes": 0, "messages": 9}
    never = {"at": dt.datetime(1970, 1, 1, tzinfo=dt.UTC), "certificate_until": None, "radio": None}
    nobody = Document(box=BOX, site="T0002", at=NOW_AT, checks=[], exercises=EXERCISES)
    return [
        *judge(site, BOX, earlier(good), look(good)),
        *judge(site, BOX, bad, look(bad, **never)),
        *(judge_claim(one, document_of("pi-8"), UUID) for one in (claim, None, "unknown")),
        *judge_exercises(nobody, {"T0001.siren-1": True, "T0001.lamp-1": False}),
        *compare(read_desired_site(), BOX, nobody),
    ]


EXERCISES = [
    Exercise(asset=f"T0001.{kind[:3]}-1".replace("sir", "siren").replace("lam", "lamp"), kind=kind)
    for kind in ("siren", "lamp", "camera")
]


def read_desired_site() -> Site:
    return DesiredFile.model_validate(regency(1)).sites[0]


def test_checks_when_of_any_kind_then_are_said_in_both_languages(
    write_regency: Write, tmp_path: Path, good: dict[str, Any]
) -> None:
    content = regency()
    content["sites"][0]["cameras"] = [{"code": "T0001.cam-1", "sub": "rtsp://127.0.0.1/1", "name": "Utara"}]
    site = load(write_regency, tmp_path, content)
    checks = all_checks(site, good, Claim(BOX, "pi-7", NOW_AT, "budi"))
    assert len(checks) > 20
    page = (CREW / "words.js").read_text(encoding="utf-8")
    for check in checks:
        assert title_of(check, "id") != check.name, check.name
        assert title_of(check, "en") != title_of(check, "id") or "kamera" in title_of(check, "id").lower(), check.name
        assert bool(check.remedy_id) == bool(check.remedy_en) == (not check.passed), check
        if set(SAYS_SOMETHING.findall(check.measured.partition("(")[0])) - SAME_IN_BOTH - {"budi"}:
            assert check.measured_id not in ("", check.measured), check
    for name in TITLES:
        assert name in page, f"the crew's page does not know {name}"


def test_box_when_of_before_then_its_english_is_shown() -> None:
    older = Check.model_validate({"name": "newer-thing x", "passed": True, "measured": "fine"})
    assert lines_of([older]) == ["baik  newer-thing x: fine"]


# -- the radio -------------------------------------------------------------------------------------------------------

MODEMS = """
      dict entry(
         string "SignalQuality"
         variant             struct {
               uint32 67
               boolean true
            }
      )
"""
WIRELESS = """Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
 wlan0: 0000   49.  -61.  -256        0      0      0      0      6        0
"""


def test_radio_when_a_modem_tells_then_its_quality_is_read() -> None:
    assert read_modem(MODEMS) == Radio("modem", 67)
    assert read_modem("") is None


def test_radio_when_wireless_tells_then_its_link_is_read_as_a_share_of_the_best(tmp_path: Path) -> None:
    (tmp_path / "wireless").write_text(WIRELESS)
    assert read_wireless(tmp_path / "wireless") == Radio("wlan0", 70)
    (tmp_path / "wireless").write_text(WIRELESS.rpartition(" wlan0")[0])
    assert read_wireless(tmp_path / "wireless") is None


def test_radio_when_nothing_tells_then_there_is_no_figure(tmp_path: Path) -> None:
    assert read_radio(tmp_path / "absent") is None


# -- the signature ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority.open_or_create(tmp_path_factory.mktemp("office") / "ca")


class Cameras:
    """Shows what a camera would."""

    def __init__(self, **pictures: bytes | None) -> None:
        self._pictures = {name.replace("_", ".", 1).replace("_", "-"): shown for name, shown in pictures.items()}

    async def pictures(self, timeout_s: float) -> dict[str, bytes | None]:
        assert timeout_s > 0
        return self._pictures


class BoxAlone:
    """The desk of a box that keeps what it would send."""

    def __init__(self, site: SiteFile, status: dict[str, Any], folder: Path, office: CertificateAuthority) -> None:
        self.kept: list[Entry] = []
        for path, content in make_identity(office, BOX).items():
            (folder / Path(path).name).write_bytes(content)
        self.certificate = x509.load_pem_x509_certificates((folder / "box.crt").read_bytes())[0]
        self.desk = CommissioningDesk(
            site,
            BOX,
            describe=lambda: status,
            cert_file=folder / "box.crt",
            key_file=folder / "box.key",
            hardware_id="pi-7",
            sirens={"T0001.siren-1": None},
            cameras=Cameras(T0001_cam_1=b"\xff\xd8jpeg", T0001_cam_2=None),
            board=NoticeBoard(BOX, self._keep, Clock()),
            keep=self._keep,
            clock=Clock(),
        )

    async def _keep(self, entry: Entry) -> int:
        self.kept.append(entry)
        return len(self.kept)

    def report(self) -> Whole:
        return asyncio.run(self.desk.report("visit-1", 0))


@pytest.fixture
def alone(site: SiteFile, good: dict[str, Any], tmp_path: Path, office: CertificateAuthority) -> BoxAlone:
    return BoxAlone(site, good, tmp_path, office)


def test_report_when_the_box_signed_it_then_the_office_believes_it(
    alone: BoxAlone, office: CertificateAuthority
) -> None:
    whole = alone.report()
    document = verify(whole.signed, BOX, office.certificate_file.read_bytes())
    assert (document.box, document.hardware_id, document.visit) == (BOX, "pi-7", "visit-1")
    assert set(document.exercises) == {
        Exercise(asset="T0001.siren-1", kind="siren"),
        Exercise(asset="T0001.lamp-1", kind="lamp"),
    }
    assert set(document.pictures) == {"T0001.cam-1"}
    assert whole.pictures == {"T0001.cam-1": b"\xff\xd8jpeg"}


def test_report_when_anything_is_not_the_boxs_own_then_refused(
    alone: BoxAlone, office: CertificateAuthority, tmp_path: Path
) -> None:
    signed = alone.report().signed
    authority = office.certificate_file.read_bytes()
    strange = CertificateAuthority.open_or_create(tmp_path / "strange").certificate_file.read_bytes()
    changed = signed.model_copy(update={"document": signed.document.replace("false", "true", 1)})
    assert changed != signed
    with pytest.raises(Refused, match="changed after the box signed it: have the box commissioned again"):
        verify(changed, BOX, authority)
    with pytest.raises(Refused, match="changed after"):
        verify(signed.model_copy(update={"signature": "no base64!"}), BOX, authority)
    with pytest.raises(Refused, match="none of this regency's authority"):
        verify(signed, BOX, strange)
    with pytest.raises(Refused, match="the report is T0001-a's, not T0002-a's: are two boxes mixed up"):
        verify(signed, "T0002-a", authority)
    now = dt.datetime.now(dt.UTC)
    with pytest.raises(Refused, match=r"was revoked on .*, before it was signed"):
        verify(signed, BOX, authority, {alone.certificate.serial_number: now - dt.timedelta(hours=1)})
    assert verify(signed, BOX, authority, {alone.certificate.serial_number: now + dt.timedelta(hours=1)})
    with pytest.raises(Refused, match="has no certificate"):
        verify(signed.model_copy(update={"certificate": ""}), BOX, authority)


def test_pictures_when_not_those_that_the_box_signed_then_refused(alone: BoxAlone) -> None:
    whole = alone.report()
    assert signed_pictures(whole.document, dict(whole.pictures)) == whole.pictures
    wrongs = [{"T0001.cam-1": b"another"}, {"/../../etc/cron.d/x": b"\xff\xd8jpeg"}, {"T0001.cam-9": b"\xff\xd8jpeg"}]
    for wrong in wrongs:
        with pytest.raises(Refused, match="is none that the box signed"):
            signed_pictures(whole.document, wrong)


class Stranger(BaseHTTPRequestHandler):
    """Answers as no box does."""

    answers: ClassVar[dict[str, bytes]] = {
        "/a/commissioning": b"<html>",
        "/b/commissioning": b"[" * 100_000,
        "/c/commissioning": b'{"pictures": {}}',
        "/d/commissioning": b'{"pictures": "' + bytes(MAX_BYTES) + b'"}',
    }

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(self.answers[self.path])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_commissioning_when_no_box_answers_then_says_so_and_takes_no_more_than_it_may() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        for path in Stranger.answers:
            with pytest.raises(Misconfigured, match="is not a box of ours"):
                ask(url + path.removesuffix("/commissioning"))
        server.shutdown()
        thread.join()
    with pytest.raises(Unavailable, match="the box does not answer"):
        ask(url)


def test_report_when_the_box_has_no_certificate_then_it_says_so(alone: BoxAlone, tmp_path: Path) -> None:
    (tmp_path / "box.key").unlink()
    with pytest.raises(EdgeMisconfigured, match=r"box\.key: cannot be read"):
        alone.report()


def test_report_when_the_room_asks_then_an_event_and_the_pictures_are_kept(
    alone: BoxAlone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.commissioning.WITHIN_S", 0.0)

    command = Command(
        id=uuid4(), action=ACTION, arguments={"visit": "visit-2"}, issued_at=NOW_AT, expires_at=NOW_AT, actor="budi"
    )
    assert asyncio.run(alone.desk.carry_out(command)) == ("confirmed", "", "")
    event, picture = alone.kept
    values = json.loads(event.payload)["data"]["values"]
    assert (values["visit"], values["actor"], values["passed"]) == ("visit-2", "budi", False)
    assert Document.model_validate_json(values["document"]).visit == "visit-2"
    assert (picture.kind, picture.meta.split()[0]) == ("media", json.loads(event.payload)["id"])


def test_report_when_a_box_has_hundreds_of_dead_assets_then_it_still_fits_an_event(
    write_regency: Write, tmp_path: Path, good: dict[str, Any], office: CertificateAuthority
) -> None:
    content = regency(1)
    content["sites"][0]["assets"] = [
        {"code": f"T0001.lamp-{n}", "profile": "lamp-panel", "bus": "lamps", "unit": n} for n in range(1, 240)
    ]
    site = load(write_regency, tmp_path, content)
    good["assets"] = {f"T0001.lamp-{n}": ["failing", "no answer " * 10] for n in range(1, 240)}
    signed = BoxAlone(site, good, tmp_path, office).report().signed
    document = verify(signed, BOX, office.certificate_file.read_bytes())
    assert len(json.dumps(signed.document)) < 2 * MAX_DOCUMENT_BYTES
    assert sum(check.name.startswith("asset ") for check in document.checks) == MAX_FAULTS
    assert "179 more do not answer" in [check.measured for check in document.checks]
    assert {"Alat lainnya", "Selebihnya"} <= {title_of(check, "id") for check in document.checks}


# -- what office and people add --------------------------------------------------------------------------------------


UUID = "fff5b350b748ebb8c4aca9a658dcfaf411d2d48d60188b5658039edb0652ab"
SERIAL = "100000003d1e5f7a"


def document_of(hardware_id: str = "", serial: str = "") -> Document:
    return Document(box=BOX, site="T0001", at=NOW_AT, checks=[], hardware_id=hardware_id, serial=serial)


@pytest.mark.parametrize(
    ("claimed", "hardware_id", "serial", "verdict"),
    [
        ("pi-7", "pi-7", "", "same"),
        ("pi-7", "", "", "same"),
        ("pi-7", "pi-8", "", "other"),
        (SERIAL, UUID, SERIAL, "same"),  # as a Raspberry Pi that provisioning registered
        (SERIAL.upper(), UUID, SERIAL, "same"),
        ("100000003d1e5f7b", UUID, SERIAL, "other"),  # the neighbour's computer
        (UUID[:7], UUID, SERIAL, "same"),
        (SERIAL, UUID, "", "same"),  # it tells its uuid only: nothing to compare a serial number with
        (SERIAL, UUID.replace("f", "0"), "", "other"),  # another slot's device
        ("1", UUID, SERIAL, "other"),  # a digit fits too much
    ],
)
def test_slot_when_claimed_then_the_check_says_whether_it_is_that_computer(
    claimed: str, hardware_id: str, serial: str, verdict: str
) -> None:
    check = judge_claim(Claim(BOX, claimed, NOW_AT, "budi"), document_of(hardware_id, serial), UUID)
    assert check.passed is (verdict == "same")
    assert check.measured.startswith(f"{claimed}, budi")
    assert ("Another computer was claimed" in check.remedy_en) is (verdict == "other")


def test_slot_when_nobody_claimed_it_or_nobody_could_be_asked_then_says_so() -> None:
    assert not judge_claim(None, document_of("pi-7"), UUID).passed
    asked = judge_claim("unknown", document_of("pi-7"), UUID)
    assert (asked.passed, asked.measured) == (True, "not asked: no line to the centre from here")


def test_computer_when_it_tells_its_serial_number_then_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "pi").write_text(
        f"processor\t: 0\nHardware\t: BCM2835\nSerial\t\t: {SERIAL.upper()}\nModel\t\t: Pi 4\n"
    )
    (tmp_path / "pc").write_text("processor\t: 0\nmodel name\t: Xeon\n")
    assert read_serial_number(tmp_path / "pi") == SERIAL
    assert read_serial_number(tmp_path / "pc") == read_serial_number(tmp_path / "none") == ""


def test_site_when_the_box_has_an_old_parcel_then_the_check_names_what_it_misses(
    alone: BoxAlone, write_regency: Write
) -> None:
    content = regency()
    document = alone.report().document
    (same,) = compare(read_desired(write_regency(content)).sites[0], BOX, document)
    assert same.passed
    content["sites"][0]["assets"] += [{"code": "T0001.lamp-2", "profile": "lamp-panel", "bus": "lamps", "unit": 2}]
    (older,) = compare(read_desired(write_regency(content)).sites[0], BOX, document)
    assert (older.passed, older.measured) == (False, "without T0001.lamp-2")


def test_exercises_when_tried_or_not_then_each_says_so(alone: BoxAlone) -> None:
    tried = list(judge_exercises(alone.report().document, {"T0001.siren-1": True}))
    assert [(check.name, check.passed) for check in tried] == [
        ("siren T0001.siren-1 by hand", True),
        ("lamp T0001.lamp-1 by hand", False),
    ]
    assert "nobody has tried it" in tried[1].measured


def report_of(signed: SignedReport, checks: list[Check]) -> Report:
    return Report(
        regency="Kabupaten Pasuruan", site="T0001", box=BOX, hardware="pi-7", at=NOW_AT, by="budi", checks=checks,
        signed=signed,
    )  # fmt: skip


def test_report_when_written_then_it_can_be_read_and_verified_and_the_pdf_is_one(
    alone: BoxAlone, good: dict[str, Any], office: CertificateAuthority, tmp_path: Path
) -> None:
    good["latest"]["clock_offset"] = [-7.0, "s"]
    checks = list(judge_exercises(alone.report().document, {}))
    as_json, as_pdf = write_report(report_of(alone.report().signed, checks), {}, tmp_path / "reports")
    assert as_json.name == "T0001-a-20261122-100000.json"
    read = read_report(as_json)
    verify(read.signed, BOX, office.certificate_file.read_bytes())
    assert json.loads(as_json.read_text())["passed"] is False
    assert any(line.startswith("GAGAL Jam: -7 s") for line in lines_of(read.all_checks()))
    assert any(line.startswith("FAILED Clock: -7 s") for line in lines_of(read.all_checks(), "en"))
    assert as_pdf.read_bytes().startswith(b"%PDF-")


def test_report_when_the_folder_cannot_be_written_or_the_file_is_none_then_says_so(
    alone: BoxAlone, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("{}")
    with pytest.raises(Misconfigured, match="cannot be written"):
        write_report(report_of(alone.report().signed, []), {}, tmp_path / "file")
    with pytest.raises(Refused, match="is no commissioning report: regency: Field required"):
        read_report(tmp_path / "file")


def test_notice_of_a_report_is_within_what_an_event_may_have(alone: BoxAlone) -> None:
    assert Notice("x", BOX, "info", "", "", {"document": alone.report().signed.document})
