"""Telling people of incidents: who, when, once; and what becomes of what nobody takes. Over a real HTTP server."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from cloud.notify.sender import Sender
from cloud.notify.settings import NotifySettings
from tests.fix_database import as_role
from tests.fix_edge import wait_for

KEY = "rahasia-9"


class Chat:
    """A chat that takes messages, or refuses them."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.status = 200
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if chat.status == 200:
                    chat.messages.append(content | {"path": self.path.split("?")[0]})
                self.send_response(chat.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def way(self, name: str) -> str:
        return f"json://127.0.0.1:{self._server.server_port}/{name}?-key={KEY}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Office:
    """A database with incidents, and a sender."""

    def __init__(self, owner: Any, sender: Sender, chat: Chat) -> None:
        self.owner, self.sender, self.chat = owner, sender, chat

    def incident(self, severity: str = "major", priority: int = 2) -> Any:
        identity = uuid4()
        self.owner.execute(
            "INSERT INTO incident"
            " (id, kind, key, category, agency, severity, priority, title_id, title_en, happened_at, last_seen_at)"
            " VALUES (%s, 'fallen_tree', %s, 'road', 'disaster', %s, %s, 'Pohon tumbang', 'Fallen tree', now(), now())",
            [identity, str(identity), severity, priority],
        )
        return identity

    def say(self, incident: Any, action: str, **detail: Any) -> None:
        self.owner.execute(
            "INSERT INTO incident_log (incident_id, actor, action, detail) VALUES (%s, 'satulayar', %s, %s)",
            [incident, action, json.dumps(detail)],
        )

    def contact(self, owner: str, name: str, **more: Any) -> None:
        row = {"owner": owner, "address": self.chat.way(name)} | more
        self.owner.execute(
            "INSERT INTO contact (owner, address, agency, language, quiet_from, quiet_to)"
            " SELECT owner, address, agency, coalesce(language, 'id'), quiet_from, quiet_to"
            " FROM jsonb_populate_record(NULL::contact, %s)",
            [json.dumps(row, default=str)],
        )

    def account(self, name: str, role: str, *agencies: str) -> None:
        self.owner.execute(
            "INSERT INTO account (name, role, agencies) VALUES (%s, %s, %s)", [name, role, list(agencies)]
        )

    def send(self, after_s: float = 0.0) -> list[str]:
        """Send all that is due; give who got a message."""
        self.chat.messages.clear()
        while self.sender.send_due(datetime.now(UTC) + timedelta(seconds=after_s)):
            pass
        return sorted(message["path"].strip("/") for message in self.chat.messages)


@pytest.fixture
def office(database: str) -> Iterator[Office]:
    settings = NotifySettings(
        dsn=as_role(database, "operations"), console_url="https://ruang.example", attempts=2, first_pause_s=60
    )
    sender, chat = Sender(settings), Chat()
    sender.open()
    with psycopg.connect(database, autocommit=True) as owner:
        yield Office(owner, sender, chat)
    sender.close()
    chat.close()


def test_crew_when_it_is_sent_then_it_is_told_once_in_words_that_say_what_and_where(office: Office) -> None:
    office.owner.execute(
        "INSERT INTO crew (name, agency, notify) VALUES ('Regu 1', 'disaster', %s)", [office.chat.way("regu")]
    )
    incident = office.incident()
    office.say(incident, "dispatched", crew="Regu 1")
    office.say(incident, "noted")
    assert office.send() == ["regu"]
    (message,) = office.chat.messages or [None]
    assert message is not None
    assert "BERANGKAT" in message["title"]
    assert "Pohon tumbang" in message["title"]
    assert "https://ruang.example/incidents/" in message["message"]
    assert office.send(3_600) == []


def test_escalation_when_it_names_a_role_then_those_of_the_agency_are_told_and_no_others(office: Office) -> None:
    office.account("budi", "head_of_shift", "disaster")
    office.account("wati", "head_of_shift", "health")
    office.account("siti", "operator", "disaster")
    for name in ("budi", "wati", "siti"):
        office.contact(f"account:{name}", name)
    office.contact("role:head_of_shift", "grup-kesehatan", agency="health")
    office.contact("role:head_of_shift", "grup", language="en")
    office.say(office.incident(), "escalated", told=["role:head_of_shift"], level=2, clock="arrive")
    assert office.send() == ["budi", "grup"]
    english = next(one for one in office.chat.messages if one["path"] == "/grup")
    assert "nobody has arrived" in english["message"]


def test_first_priority_when_an_incident_opens_then_the_first_level_is_told_else_nobody(office: Office) -> None:
    office.contact("role:operator", "operator")
    office.say(office.incident(priority=2), "opened")
    assert office.send() == []
    office.say(office.incident(priority=1), "opened")
    assert office.send() == ["operator"]


def test_quiet_hours_when_it_is_not_urgent_then_it_waits_and_comes_together(office: Office) -> None:
    now = (datetime.now(UTC) + timedelta(hours=7)).time()
    begin = (datetime.combine(datetime.now(UTC), now) - timedelta(minutes=5)).time()
    end = (datetime.combine(datetime.now(UTC), now) + timedelta(minutes=55)).time()
    office.contact("role:operator", "malam", quiet_from=begin, quiet_to=end)
    for _ in range(3):
        office.say(office.incident(priority=1), "opened")
    assert office.send() == []
    office.say(office.incident("critical", 1), "opened")
    assert office.send() == ["malam"]
    assert office.send(3_500) == ["malam"]
    assert "3 pemberitahuan" in office.chat.messages[0]["title"]


def test_way_when_it_does_not_take_it_then_it_is_tried_again_and_given_up_in_the_incidents_log(office: Office) -> None:
    office.contact("role:operator", "rusak")
    incident = office.incident(priority=1)
    office.say(incident, "opened")
    office.chat.status = 503
    assert office.send() == []
    assert office.owner.execute("SELECT attempts, dead_at FROM notification").fetchall() == [(1, None)]
    office.send(61)
    ((said, who),) = office.owner.execute(
        "SELECT said, detail ->> 'who' FROM incident_log WHERE action = 'not_told'"
    ).fetchall()
    assert (said, who) == ({"code": "not_told", "values": {"who": "role:operator", "way": "json"}}, "role:operator")
    assert KEY not in str(office.owner.execute("SELECT fault FROM notification").fetchall())
    office.chat.status = 200
    assert office.send(10_000) == []


def test_way_when_one_hangs_then_others_are_told_meanwhile(office: Office) -> None:
    office.owner.execute(
        "INSERT INTO contact (owner, address) VALUES ('role:operator', 'bukan alamat')",
    )
    office.contact("role:operator", "baik")
    office.say(office.incident(priority=1), "opened")
    assert office.send() == ["baik"]
    assert office.owner.execute("SELECT count(*) FROM notification WHERE dead_at IS NOT NULL").fetchone() == (1,)


def test_program_when_several_threads_send_then_nobody_is_told_twice(database: str, office: Office) -> None:
    for name in range(6):
        office.contact("role:operator", f"cara-{name}")
    for _ in range(10):
        office.say(office.incident(priority=1), "opened")
    office.chat.messages.clear()
    sender = Sender(NotifySettings(dsn=as_role(database, "operations")))
    thread = threading.Thread(target=sender.run)
    thread.start()
    try:
        wait_for(
            lambda: office.owner.execute("SELECT count(*) FROM notification WHERE sent_at IS NULL").fetchone() == (0,)
        )
    finally:
        sender.stop()
        thread.join(15)
    told = sum(message["message"].count("INS-") or 1 for message in office.chat.messages)
    assert told == 60


def test_api_role_when_it_reads_notifications_then_it_sees_no_address(database: str, office: Office) -> None:
    with psycopg.connect(as_role(database, "api"), autocommit=True) as api:
        api.execute("SELECT owner, fault FROM notification")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            api.execute("SELECT address FROM notification")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            api.execute("SELECT * FROM contact")


def test_message_when_its_way_wants_english_then_what_the_engine_says_is_english(office: Office) -> None:
    for language in ("id", "en"):
        office.contact("role:operator", language, language=language)
    incident = office.incident(priority=1)
    said = {"code": "silent", "values": {"subject": "TD-01.cam-1", "since_at": "2025-11-24T03:00:00+00:00"}}
    office.owner.execute(
        "INSERT INTO incident_log (incident_id, actor, action, said) VALUES (%s, 'satulayar', 'opened', %s)",
        [incident, json.dumps(said)],
    )
    office.send()
    told = {one["path"].strip("/"): one["message"] for one in office.chat.messages}
    assert "TD-01.cam-1 tidak terdengar sejak 24-11-2025 10.00 WIB" in told["id"]
    assert "TD-01.cam-1 is silent since 24-11-2025 10.00 WIB" in told["en"]


def test_incident_when_it_grows_to_the_first_priority_then_who_is_on_duty_is_told(office: Office) -> None:
    office.contact("role:operator", "jaga")
    incident = office.incident(priority=2)
    office.say(incident, "opened")
    assert office.send() == []
    office.owner.execute("UPDATE incident SET priority = 1, severity = 'critical'")
    office.say(incident, "raised")
    office.send()
    assert [one["title"].split(":")[0] for one in office.chat.messages] == ["MEMBURUK"]


def test_incident_when_nobody_of_its_agency_is_on_duty_then_who_is_named_for_all_is_told(office: Office) -> None:
    office.contact("role:operator", "jaga")
    now = datetime.now(UTC) + timedelta(hours=7)
    shift = [(now + timedelta(hours=ahead)).time() for ahead in (2, 3)]
    office.owner.execute(
        "INSERT INTO roster (agency, level, who, shift_from, shift_to) VALUES ('disaster', 1, 'account:siang', %s, %s)",
        shift,
    )
    office.say(office.incident(priority=1), "opened")
    office.send()
    assert len(office.chat.messages) == 1
