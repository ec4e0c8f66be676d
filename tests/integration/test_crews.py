"""Crews' phones and the API: pieces once each, claims refused with who and when, photos, the box's report."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from cloud.db import audit
from cloud.db.tokens import Role
from edge.contract.commissioning import TYPE
from tests.fix_api import HTTP, RunningApi
from tests.fix_database import add_asset, add_box

NOW = datetime.now(UTC)
JPEG = b"\xff\xd8\xff" + bytes(100_000)


class Phone:
    """A crew's phone at a box of this test's own."""

    def __init__(self, api: RunningApi, role: Role = "crew") -> None:
        self.api = api
        self.site = f"C{uuid4().hex[:6].upper()}"
        self.box = f"{self.site}-a"
        self.box_id = add_box(api.owner, self.site, self.box)
        add_asset(api.owner, self.box_id, f"{self.site}.lamp-1")
        self.role: Role = role
        self.visit = str(uuid4())

    def label(self, regency: str = "pasuruan", *, known: bool = True) -> str:
        text = f"SL1:{regency}:{self.box}:{uuid4().hex[:10].upper()}"
        if known:
            body = {"codes": [{"box": self.box, "fingerprint": hashlib.sha256(text.encode()).hexdigest()}]}
            assert self.post("/v1/claim-codes", body, "admin").json() == {"new": 1}
        return text

    def post(self, path: str, body: object, role: Role | None = None) -> httpx.Response:
        return HTTP.post(self.api.url + path, json=body, headers=self.api.headers(role or self.role))

    def get(self, path: str, role: Role | None = None) -> httpx.Response:
        return self.api.get(path, role or self.role)

    def send(
        self, kind: str, *, piece: str = "", at: datetime = NOW, visit: str = "", **content: object
    ) -> httpx.Response:
        body = {"id": piece or str(uuid4()), "box": self.box, "at": at.isoformat(), "piece": {"kind": kind, **content}}
        return self.post(f"/v1/crew/visits/{visit or self.visit}/pieces", body)

    def claim(self, label: str, hardware: str = "", **more: object) -> dict:
        answer = self.send("claim", label=label, hardware=hardware or f"pi-{self.site}", **more)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def photo(self, content: bytes, piece: str = "") -> httpx.Response:
        url = f"{self.api.url}/v1/crew/visits/{self.visit}/photos/{piece or uuid4()}"
        query = {"box": self.box, "at": NOW.isoformat()}
        headers = self.api.headers(self.role) | {"Content-Type": "image/jpeg"}
        return HTTP.put(url, params=query, content=content, headers=headers)

    def read(self) -> dict:
        return dict(self.get(f"/v1/crew/visits/{self.visit}").json())


@pytest.fixture
def phone(api: RunningApi) -> Iterator[Phone]:
    return Phone(api)  # type: ignore[return-value]


def test_slot_when_two_claim_it_at_once_then_one_has_it_and_the_other_is_told_who(phone: Phone) -> None:
    labels = [phone.label() for _ in range(6)]
    visits = [str(uuid4()) for _ in labels]
    with ThreadPoolExecutor(len(labels)) as pool:
        told = list(pool.map(lambda at: phone.claim(labels[at], f"pi-{at}", visit=visits[at]), range(len(labels))))
    assert sorted(one["state"] for one in told) == ["refused"] * 5 + ["taken"]
    assert {one["rule"] for one in told} == {None, "slot_taken"}
    standing = phone.get(f"/v1/claims/{phone.box}").json()
    assert [one["hardware"] for one in standing] == [f"pi-{[one['state'] for one in told].index('taken')}"]


def test_label_when_two_use_it_at_once_then_its_code_claims_once(phone: Phone) -> None:
    label = phone.label()
    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda at: phone.claim(label, f"pi-{at}", visit=str(uuid4())), range(6)))
    assert sorted(one["state"] for one in told) == ["refused"] * 5 + ["taken"]
    assert len(phone.get(f"/v1/claims/{phone.box}").json()) == 1


def test_claim_when_refused_then_its_code_is_kept_nowhere(phone: Phone) -> None:
    phone.claim(phone.label())
    label = phone.label()
    assert phone.claim(label, "pi-other")["rule"] == "slot_taken"
    assert phone.claim(label.lower(), "pi-other")["rule"] == "no_label"
    code = label.rpartition(":")[2]
    kept = phone.api.owner.execute("SELECT content::text FROM visit_piece").fetchall()
    assert kept
    assert not [row for (row,) in kept if code.lower() in row.lower()]
    assert phone.read()["pieces"][1]["content"]["label"] == f"SL1:pasuruan:{phone.box}:…"


def test_piece_when_another_account_sends_it_then_it_is_theirs_and_the_visit_stays_its_beginners(phone: Phone) -> None:
    phone.send("note", text="mine")
    phone.role = "admin"
    phone.send("note", text="theirs")
    seen = phone.read()
    assert seen["account"] == "its-crew"
    assert [(one["account"], one["content"]["text"]) for one in seen["pieces"]] == [
        ("its-crew", "mine"),
        ("its-admin", "theirs"),
    ]


def test_piece_when_its_id_is_another_visits_then_refused_and_nothing_of_that_one_is_told(phone: Phone) -> None:
    piece = str(uuid4())
    phone.send("note", piece=piece, text="rahasia")
    stolen = phone.send("note", piece=piece, visit=str(uuid4()), text="x")
    assert (stolen.status_code, "rahasia" in stolen.text) == (409, False)


def test_slot_when_claimed_then_everybody_sees_by_whom_and_the_audit_has_it(phone: Phone) -> None:
    assert phone.claim(phone.label())["state"] == "taken"
    slot = next(one for one in phone.get("/v1/crew/slots").json()["items"] if one["box"] == phone.box)
    assert (slot["hardware"], slot["claimed_by"]) == (f"pi-{phone.site}", "its-crew")
    assert [one["asset"] for one in slot["assets"]] == [f"{phone.site}.lamp-1"]
    rows = phone.api.get("/v1/audit", "operator", action="box_claimed").json()["items"]
    assert (rows[0]["subject"], rows[0]["detail"]) == (phone.box, {"hardware": f"pi-{phone.site}"})


def test_claim_when_sent_twice_then_is_one_and_answered_alike(phone: Phone) -> None:
    label, piece = phone.label(), str(uuid4())
    assert phone.claim(label, piece=piece) == phone.claim(label, piece=piece)
    assert phone.claim(label)["state"] == "taken"  # the same person, once more by hand
    assert len(phone.get(f"/v1/claims/{phone.box}").json()) == 1
    assert len(phone.read()["pieces"]) == 2


def test_claim_when_the_slot_is_taken_then_refused_with_who_and_when_and_stays_refused(phone: Phone) -> None:
    phone.claim(phone.label())
    piece = str(uuid4())
    refused = phone.claim(phone.label(), "pi-other", piece=piece)
    assert (refused["state"], refused["rule"]) == ("refused", "slot_taken")
    assert f"was claimed by its-crew on {NOW + timedelta(hours=7):%d-%m-%Y}" in refused["text_en"]
    assert "sudah diklaim oleh its-crew" in refused["text_id"]
    assert refused["text_en"].endswith("have the office free it first (swap or retire).")
    phone.post(f"/v1/claims/{phone.box}/end", {"reason": "swapped"}, "operator")
    assert phone.claim(phone.label(), "pi-other", piece=piece) == refused  # what was told once stays told


def test_claim_when_the_computer_stands_elsewhere_then_refused_with_where(api: RunningApi, phone: Phone) -> None:
    other = Phone(api)
    phone.claim(phone.label(), "pi-7")
    for typed in ("pi-7", "PI-7 "):
        refused = other.claim(other.label(), typed)
        assert refused["rule"] == "hardware_elsewhere"
        assert f"{typed.strip()} stands in {phone.box}, claimed by its-crew" in refused["text_en"]


def test_claim_when_the_label_is_wrong_then_says_how(api: RunningApi, phone: Phone) -> None:
    other = Phone(api)
    wrongs = {
        "other_regency": (phone.label("malang", known=False), "belongs to malang, this is pasuruan: take it back"),
        "other_box": (other.label(), f"is for {other.box}, this visit is to {phone.box}"),
        "unknown_code": (phone.label(known=False), f"Nobody printed this code for {phone.box}"),
        "no_label": ("https://example.com", "no label of Satulayar"),
    }
    for rule, (label, said) in wrongs.items():
        refused = phone.claim(label)
        assert (refused["rule"], refused["state"]) == (rule, "refused")
        assert said in refused["text_en"]
        assert refused["text_id"]


def test_claim_when_the_code_was_used_then_refused_with_who_and_when(phone: Phone) -> None:
    label = phone.label()
    phone.claim(label)
    ended = phone.post(f"/v1/claims/{phone.box}/end", {"reason": "swapped"}, "operator").json()
    assert (ended[0]["hardware"], ended[0]["reason"]) == (f"pi-{phone.site}", "swapped")
    refused = phone.claim(label, "pi-8")
    assert refused["rule"] == "code_used"
    assert "used by its-crew on" in refused["text_en"]
    assert phone.claim(phone.label(), "pi-8")["state"] == "taken"
    assert [one["hardware"] for one in phone.get(f"/v1/claims/{phone.box}").json()] == [f"pi-{phone.site}", "pi-8"]


def test_claim_when_the_phones_clock_was_never_set_then_refused_and_the_code_stays_good(phone: Phone) -> None:
    label = phone.label()
    refused = phone.claim(label, at=datetime(1970, 1, 1, tzinfo=UTC))
    assert (refused["rule"], "1970-01-01: set it" in refused["text_en"]) == ("clock", True)
    assert phone.claim(label)["state"] == "taken"


def test_pieces_when_sent_again_then_each_is_there_once(phone: Phone) -> None:
    pieces = [
        ("position", {"latitude": -7.6, "longitude": 112.7, "accuracy_m": 8}),
        ("exercise", {"asset": f"{phone.site}.lamp-1", "what": "lamp", "good": True}),
        ("note", {"text": "kabel baru\nperlu kunci"}),
        ("done", {}),
    ]
    for kind, content in pieces:
        piece = str(uuid4())
        for _ in range(3):
            assert phone.send(kind, piece=piece, **content).json()["state"] == "taken"
    seen = phone.read()
    assert [(one["kind"], one["content"]) for one in seen["pieces"]] == pieces
    assert (seen["box"], seen["account"]) == (phone.box, "its-crew")
    listed = phone.api.get("/v1/crew/visits", "crew", box=phone.box).json()["items"]
    assert [(one["id"], one["done"]) for one in listed] == [(phone.visit, True)]


def test_photo_when_larger_than_other_bodies_then_is_kept_once_and_shown(phone: Phone) -> None:
    piece = str(uuid4())
    for _ in range(2):
        assert phone.photo(JPEG, piece).json()["state"] == "taken"
    assert len(phone.read()["pieces"]) == 1
    shown = phone.get(f"/v1/crew/visits/{phone.visit}/photos/{piece}")
    assert (shown.content, shown.headers["content-type"]) == (JPEG, "image/jpeg")


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [(b"GIF89a", 400, "must be a JPEG"), (JPEG + bytes(2_000_000), 413, "2000000 octets")],
)
def test_photo_when_none_or_too_large_then_says_so(phone: Phone, content: bytes, status: int, said: str) -> None:
    answer = phone.photo(content)
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True)


def test_visit_when_to_an_unknown_or_another_box_then_says_so(api: RunningApi, phone: Phone) -> None:
    phone.send("note", text="x")
    other = Phone(api)
    strange = other.send("note", text="x", visit=phone.visit)
    assert (strange.status_code, strange.json()["detail"]) == (
        409, f"This visit is to {phone.box}, not to {other.box}; begin a new one.",
    )  # fmt: skip
    phone.box = "ZZ-99-a"
    assert "satulayar-provision registry --apply" in phone.send("note", text="x").json()["detail"]


def test_box_when_there_is_no_line_to_it_then_the_phone_is_told_to_try_again(phone: Phone) -> None:
    body = {"id": str(uuid4()), "box": phone.box, "at": NOW.isoformat(), "action": "measure"}
    answer = phone.post(f"/v1/crew/visits/{phone.visit}/commands", body)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "cannot reach boxes" in answer.json()["detail"]
    assert phone.get(f"/v1/crew/visits/{phone.visit}").status_code == 404  # nothing half-done


def picture_of(phone: Phone, kind: str, visit: str) -> tuple[str, str]:
    """Store an event of a phone's box with a picture; give the event and the picture's address."""
    event, digest = str(uuid4()), hashlib.sha256(JPEG).digest()
    signed = {"visit": visit, "document": "{}", "signature": "x", "certificate": "y"}
    phone.api.owner.execute(
        "INSERT INTO event (id, type, source, box_id, time, payload) VALUES (%s, %s, 'x', %s, now(), %s)",
        [event, kind, phone.box_id, json.dumps({"data": {"values": signed}})],
    )
    phone.api.owner.execute(
        "INSERT INTO media (event_id, content_type, sha256, content, box_id) VALUES (%s, 'image/jpeg', %s, %s, %s)",
        [event, digest, JPEG, phone.box_id],
    )
    return event, f"/v1/crew/visits/{phone.visit}/pictures/{event}/{digest.hex()}"


def test_report_when_the_box_sent_one_then_the_visit_shows_it_with_its_pictures(phone: Phone) -> None:
    phone.send("note", text="x")
    event, path = picture_of(phone, TYPE, phone.visit)
    assert [(one["event"], one["signed"]["visit"]) for one in phone.read()["reports"]] == [(event, phone.visit)]
    assert phone.get(path).content == JPEG
    folder = path.rpartition("/")[0]
    assert phone.get(f"{folder}/{'00' * 32}").status_code == 404
    assert phone.get(f"{folder}/xyz").status_code == 400


def test_picture_when_of_an_incident_or_of_another_visit_then_a_crew_does_not_see_it(phone: Phone) -> None:
    phone.send("note", text="x")
    for kind, visit in (("id.satulayar.intrusion.detected", phone.visit), (TYPE, str(uuid4()))):
        _, path = picture_of(phone, kind, visit)
        answer = phone.get(path)
        assert answer.status_code == 404
        assert answer.json()["rule"] == "unknown_picture"


def test_picture_when_it_was_changed_in_the_database_then_a_crew_does_not_see_it_and_that_is_in_the_audit(
    phone: Phone,
) -> None:
    phone.send("note", text="x")
    event, path = picture_of(phone, TYPE, phone.visit)
    phone.api.owner.execute("UPDATE media SET content = content || 'x'::bytea WHERE event_id = %s", [event])
    answer = phone.get(path)
    assert answer.status_code == 502
    assert answer.json()["rule"] == "evidence_altered"
    told = "SELECT count(*) FROM audit WHERE action = 'evidence_altered' AND subject = %s"
    assert phone.api.owner.execute(told, [event]).fetchall() == [(1,)]


def test_roles_when_too_low_or_too_wide_then_refused(phone: Phone) -> None:
    assert phone.get("/v1/sites").status_code == 403  # a crew sees boxes that it mounts, nothing else
    assert {"account": "its-crew", "role": "crew"}.items() <= phone.get("/v1/me").json().items()
    phone.role = "viewer"
    assert phone.send("note", text="x").status_code == 403
    for role in ("crew", "viewer", "operator"):
        assert phone.post("/v1/claim-codes", {"codes": []}, role).status_code == 403
    assert phone.post(f"/v1/claims/{phone.box}/end", {"reason": "x"}, "crew").status_code == 403


def test_page_when_opened_then_all_its_files_are_there_and_nothing_comes_from_elsewhere(api: RunningApi) -> None:
    page = HTTP.get(f"{api.url}/crew/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    worker = HTTP.get(f"{api.url}/crew/worker.js").text
    names = worker.partition('..."')[2].partition('"')[0].split()
    assert {"crew.js", "store.js", "sender.js", "crew.css", "crew.webmanifest", "vendor/jsQR.js"} <= set(names)
    for name in names:
        part = HTTP.get(f"{api.url}/crew/{name}")
        assert part.status_code == 200, name
        assert part.headers["content-type"].startswith("text/javascript") or not name.endswith(".js"), name
        # A library names the sources of its formulas; it is its makers' by its SHA-256.
        assert name.startswith("vendor/") or "http://" not in part.text.replace("http://www.w3.org", "")
    assert "{version}" not in worker
    assert HTTP.get(f"{api.url}/crew", follow_redirects=True).text == page.text
    assert audit.find_broken(api.owner) == []
