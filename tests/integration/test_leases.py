"""Leases from the API through a real broker to a box, and back through a real ingester and database."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.fix_room import CONFIRM_WITHIN_S, BoxDouble, SignalRoom

PROBLEM = "application/problem+json"


def test_lease_when_the_box_confirms_then_its_life_is_told_with_who_and_why(room: SignalRoom, box: BoxDouble) -> None:
    answer = room.request(wait_s=15)
    assert answer.status_code == 202, answer.text
    lease = answer.json()
    assert answer.headers["location"] == f"/v1/leases/{lease['id']}"
    assert (lease["state"], lease["requester"], lease["reason"]) == ("confirmed", "its-operator", "antrean panjang")
    assert 890 < lease["remaining_s"] <= 900
    told = [line["state"] for line in room.lease(lease["id"])["log"]]
    assert told[0] == "requested"
    assert {"sent", "accepted", "applied", "confirmed"} <= set(told)
    command = box.of("request")[0]
    assert command.asset == "TD-01.signal-1"
    assert command.actor == "its-operator"
    assert command.arguments == {
        "lease": lease["id"],
        "phase": 2,
        "extra_green_s": 20,
        "duration_s": 900,
        "reason": "antrean panjang",
        "role": "operator",
        "rank": 1,
        "corridor": None,
        "prepare": False,
    }
    lasts_s = (command.expires_at - command.issued_at).total_seconds()
    assert lasts_s == pytest.approx(CONFIRM_WITHIN_S, abs=0.5)
    assert room.audit()[-1] == ("its-operator", "lease_requested", lease["id"])
    noted = last_detail(room)
    assert (noted["reason"], noted["site"], noted["address"]) == ("antrean panjang", "TD-01", "127.0.0.1")


def test_lease_when_clicked_twice_at_once_then_is_one(room: SignalRoom, box: BoxDouble) -> None:
    request_id = uuid4().hex
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: room.request(request_id=request_id), range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    room.wait(answers[0].json()["id"], "confirmed")
    assert len(box.of("request")) == 1
    other = room.request(request_id=request_id, extra_green_s=5)
    assert (other.status_code, other.json()["rule"]) == (409, "request_id_used")


@pytest.mark.parametrize("off_s", [-300.0, 300.0])
def test_lease_when_the_boxs_clock_is_five_minutes_off_then_its_life_is_the_rooms(
    room: SignalRoom, box: BoxDouble, off_s: float
) -> None:
    box.clock_off_s = off_s
    lease = room.request(wait_s=15).json()
    assert lease["state"] == "confirmed"
    assert 890 < lease["remaining_s"] <= 900
    told = [line for line in room.lease(lease["id"])["log"] if line["box_time"]]
    apart_s = [(instant(line["box_time"]) - instant(line["at"])).total_seconds() for line in told]
    assert apart_s
    assert all(abs(one_s - off_s) < 60 for one_s in apart_s), "the log has both clocks"
    room.post(f"/v1/leases/{lease['id']}/withdraw")
    assert room.wait(lease["id"], "reverted")["end_reason"] == "withdrawn"


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_lease_when_withdrawn_then_ends_and_is_reverted(room: SignalRoom, box: BoxDouble) -> None:
    lease = room.request(wait_s=15).json()
    answer = room.post(f"/v1/leases/{lease['id']}/withdraw?wait_s=5", reason="antrean sudah habis")
    assert answer.status_code == 202
    lease = room.wait(lease["id"], "reverted")
    assert (lease["end_reason"], lease["withdrawn_by"], lease["open"]) == ("withdrawn", "its-operator", False)
    assert room.audit()[-1] == ("its-operator", "lease_withdrawn", lease["id"])
    why = room.api.owner.execute("SELECT detail ->> 'reason' FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    assert why == ("antrean sudah habis",)
    said = [line for line in lease["log"] if line["state"] == "withdrawal_requested"]
    assert [(line["actor"], line["text_id"]) for line in said] == [("its-operator", "antrean sudah habis")]
    again = room.post(f"/v1/leases/{lease['id']}/withdraw")
    assert again.json()["state"] == "reverted"
    assert len(box.of("withdraw")) == 1


def test_lease_when_the_box_refuses_then_its_rule_is_told_in_both_languages(room: SignalRoom, box: BoxDouble) -> None:
    box.answer = box.refuse
    lease = room.request(wait_s=15).json()
    assert (lease["state"], lease["rule"]) == ("refused", "flashing")
    lease = room.lease(lease["id"])
    assert "flashing" in lease["text_en"]
    assert lease["text_id"] != lease["text_en"]
    assert room.request(wait_s=15).json()["state"] == "refused", "a refused lease holds nothing"
    assert room.audit()[-1][:2] == ("its-operator", "lease_refused")
    noted = last_detail(room)
    assert (noted["rule"], noted["by"], noted["site"], noted["reason"]) == (
        "flashing",
        "box",
        "TD-01",
        "antrean panjang",
    )


def test_lease_when_the_box_says_twice_that_it_refuses_then_the_audit_has_it_once(
    room: SignalRoom, box: BoxDouble
) -> None:
    box.answer = box.refuse  # by an event and by a result
    lease = room.request(wait_s=15).json()["id"]
    wait_for(lambda: len([line for line in room.lease(lease)["log"] if line["state"] == "refused"]) == 2)
    assert [(who, what) for who, what, subject in room.audit() if subject == lease] == [
        ("its-operator", "lease_requested"),
        ("its-operator", "lease_refused"),
    ]


@pytest.mark.parametrize("first", ["event", "result"])
@pytest.mark.parametrize(
    ("end", "rule"), [("superseded", "superseded"), ("local_override", "local_override"), ("expired", "not_committed")]
)
def test_lease_when_it_ends_unconfirmed_then_is_the_same_whichever_word_of_it_comes_first(
    room: SignalRoom, box: BoxDouble, first: str, end: str, rule: str
) -> None:
    box.answer = lambda command: box.result(command, "accepted")
    lease = room.request().json()["id"]
    room.wait(lease, "accepted")
    command = box.of("request")[0]
    box.answer = lambda command: box.result(command, "accepted")

    def by_event() -> None:
        box.event(lease, "ended", f"It has ended: {end}.", end_reason=end, rule=rule)

    def by_result() -> None:
        box.result(command, "failed", rule, "berakhir | ended")

    words = [by_event, by_result] if first == "event" else [by_result, by_event]
    for number, say in enumerate(words, 1):
        say()
        wait_for(lambda: len([line for line in room.lease(lease)["log"] if line["state"] == "ended"]) == number)  # noqa: B023 - waited for here
    box.event(lease, "reverted", "Home again.", end_reason=end, rule=rule)
    over = room.wait(lease, "reverted")
    assert (over["end_reason"], over["rule"], over["text_en"]) == (end, rule, f"It has ended: {end}.")


def test_lease_when_the_box_says_nothing_then_fails_in_words_and_is_withdrawn(room: SignalRoom, box: BoxDouble) -> None:
    box.answer = lambda _: None
    began_s = time.monotonic()
    lease = room.request(wait_s=20).json()
    assert (lease["state"], lease["rule"], lease["open"]) == ("failed", "not_confirmed", False)
    assert time.monotonic() - began_s > CONFIRM_WITHIN_S - 0.1
    wait_for(lambda: box.of("withdraw"))
    # It was only slow: it still says that the lease is in force, and is told again that it must not be.
    box.answer = box.obey
    identity = lease["id"]
    for state in ("accepted", "applied", "confirmed"):
        box.event(identity, state)
    wait_for(lambda: room.lease(identity)["reverted_at"])
    lease = room.lease(identity)
    assert (lease["state"], lease["open"]) == ("failed", False)


def test_lease_when_the_box_is_offline_then_expires_and_says_so(room: SignalRoom, box: BoxDouble) -> None:
    room.boxes["GMP-01"].stop()
    try:
        wait_for(lambda: room.api.get("/v1/junctions/GMP-01").json()["box_state"] == "offline")
        assert room.api.get("/v1/junctions/GMP-01").json()["can_be_asked"] is False
        lease = room.request("GMP-01", wait_s=20).json()
        assert (lease["state"], lease["rule"]) == ("expired", "box_offline")
        assert "GMP-01-a" in lease["text_id"]
    finally:
        box_again(room, "GMP-01")


def test_withdrawal_when_the_box_is_away_then_it_hears_it_when_it_is_back(room: SignalRoom, box: BoxDouble) -> None:
    lease = room.request("GMP-01", wait_s=15).json()
    assert lease["state"] == "confirmed"
    room.boxes["GMP-01"].stop()
    try:
        wait_for(lambda: room.api.get("/v1/junctions/GMP-01").json()["box_state"] == "offline")
        room.post(f"/v1/leases/{lease['id']}/withdraw")
        wait_for(lambda: "withdraw_unanswered" in [line["state"] for line in room.lease(lease["id"])["log"]])
    finally:
        box_again(room, "GMP-01")
    room.wait(lease["id"], "reverted", timeout_s=20)
    assert len(room.boxes["GMP-01"].of("withdraw")) == 1


def box_again(room: SignalRoom, site: str) -> None:
    old = room.boxes[site]
    room.boxes[site] = BoxDouble(old.name, room.broker.port, room.broker.authority)
    room.boxes[site].start()


def test_junction_when_held_then_equals_are_refused_and_a_higher_rank_supersedes(
    room: SignalRoom, box: BoxDouble
) -> None:
    first = room.request(wait_s=15).json()
    answer = room.request()
    assert (answer.status_code, answer.headers["content-type"]) == (409, PROBLEM)
    body = answer.json()
    assert body["rule"] == "held"
    assert "its-operator" in body["detail_id"]
    assert "held by its-operator" in body["detail_en"]

    def supersede(command: Any) -> None:
        box.event(first["id"], "ended", "superseded", end_reason="superseded", rule=command.arguments["lease"])
        box.obey(command)

    box.answer = supersede
    second = room.request(role="admin", wait_s=15).json()
    assert second["state"] == "confirmed"
    over = room.wait(first["id"], "ended")
    assert (over["end_reason"], over["rule"]) == ("superseded", "superseded")
    assert "its-admin" in over["text_id"]
    assert "its-admin" in over["text_en"]
    told = {line["state"]: line["text_en"] for line in room.lease(second["id"])["log"]}
    assert "its-operator" in told["supersedes"]
    assert room.api.get("/v1/junctions/TD-01").json()["lease"]["id"] == second["id"]
    answer = room.post(f"/v1/leases/{second['id']}/withdraw")
    assert (answer.status_code, answer.json()["rule"]) == (403, "withdraw_rank")
    assert last_detail(room)["rule"] == "withdraw_rank"


@pytest.mark.parametrize(
    ("wrong", "status", "rule"),
    [
        ({"phase": 7}, 400, "unknown_phase"),
        ({"phase": -1}, 400, "unknown_phase"),
        ({"extra_green_s": 0}, 400, "extra_green"),
        ({"extra_green_s": -5}, 400, "extra_green"),
        ({"extra_green_s": 21}, 403, "role_extra_green"),
        ({"duration_s": 0}, 400, "duration"),
        ({"duration_s": -60}, 400, "duration"),
        ({"duration_s": 86_400}, 403, "role_duration"),
        ({"reason": "  "}, 400, "reason"),
        ({"site": "XX-99"}, 404, "unknown_junction"),
        ({"site": "PWS-01"}, 403, "authority"),
        ({"role": "viewer"}, 403, "role"),
    ],
)
def test_request_when_wrong_then_names_its_rule_in_both_languages_and_sends_nothing(
    room: SignalRoom, box: BoxDouble, wrong: dict[str, Any], status: int, rule: str
) -> None:
    answer = room.request(**wrong)
    body = answer.json()
    assert (answer.status_code, answer.headers["content-type"], body["rule"]) == (status, PROBLEM, rule)
    assert body["detail_id"] != body["detail_en"] == body["detail"]
    assert not box.commands
    assert room.audit()[-1][:2] == (f"its-{wrong.get('role', 'operator')}", "lease_refused")
    noted = last_detail(room)
    assert (noted["rule"], noted["address"]) == (rule, "127.0.0.1")
    assert noted["reason"] == wrong.get("reason", "antrean panjang")


@pytest.mark.parametrize("wrong", [{"until": "2020-01-01T00:00:00Z"}, {"phase": "two"}, {"duration_s": 1e12}])
def test_request_when_it_makes_no_sense_then_is_refused_as_a_problem(
    room: SignalRoom, box: BoxDouble, wrong: dict[str, Any]
) -> None:
    answer = room.request(**wrong)
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
    assert answer.json()["rule"] == "malformed"
    assert answer.json()["detail_id"] != answer.json()["detail_en"]
    assert not box.commands


def test_junction_of_the_province_when_delegated_then_may_be_retimed(room: SignalRoom, box: BoxDouble) -> None:
    room.api.owner.execute("INSERT INTO delegation SELECT id, 'province' FROM account WHERE name = 'its-operator'")
    try:
        assert room.request("PWS-01", wait_s=15).json()["state"] == "confirmed"
        assert room.request("PWS-01", role="admin").json()["rule"] == "authority"
    finally:
        room.api.owner.execute("DELETE FROM delegation")


def test_corridor_when_all_prepare_then_all_are_committed_and_confirmed(room: SignalRoom, box: BoxDouble) -> None:
    answer = room.post("/v1/corridors/surabaya-malang/leases", extra_green_s=10, duration_s=600, reason="gelombang")
    assert answer.status_code == 202, answer.text
    wave = wait_wave(room, answer.json()["id"], "confirmed")
    assert [(lease["site"], lease["state"], lease["phase"]) for lease in wave["leases"]] == [
        ("GMP-01", "confirmed", 2),
        ("TD-01", "confirmed", 2),
    ]
    assert [command.arguments["prepare"] for command in box.of("request")] == [True]
    assert len(box.of("commit")) == 1
    assert room.post(f"/v1/leases/{wave['leases'][0]['id']}/withdraw").status_code == 202
    for lease in wave["leases"]:
        room.wait(lease["id"], "reverted")
    assert wait_wave(room, wave["id"], "ended")


def test_corridor_when_one_refuses_then_none_is_committed(room: SignalRoom, box: BoxDouble) -> None:
    room.boxes["GMP-01"].answer = room.boxes["GMP-01"].refuse
    answer = room.post("/v1/corridors/surabaya-malang/leases", extra_green_s=10, duration_s=600, reason="gelombang")
    wave = wait_wave(room, answer.json()["id"], "refused")
    assert wave["rule"] == "corridor_member"
    assert "GMP-01" in wave["text_id"]
    td = next(lease for lease in wave["leases"] if lease["site"] == "TD-01")
    room.wait(td["id"], "reverted")
    assert not box.of("commit")


def test_corridor_when_one_is_held_then_nothing_is_asked(room: SignalRoom, box: BoxDouble) -> None:
    room.request("GMP-01", wait_s=15)
    answer = room.post("/v1/corridors/surabaya-malang/leases", extra_green_s=10, duration_s=600, reason="gelombang")
    assert (answer.status_code, answer.json()["rule"]) == (409, "held")
    assert not box.commands
    unknown = room.post("/v1/corridors/nowhere/leases", extra_green_s=10, duration_s=600, reason="x")
    assert (unknown.status_code, unknown.json()["rule"]) == (404, "unknown_corridor")


def wait_wave(room: SignalRoom, identity: str, state: str) -> dict[str, Any]:
    until_s = time.monotonic() + 30
    while True:
        wave: dict[str, Any] = room.api.get(f"/v1/corridor-leases/{identity}").json()
        if wave["state"] == state:
            return wave
        assert time.monotonic() < until_s, wave
        time.sleep(0.03)


def test_history_when_paged_then_every_lease_comes_once_newest_first(room: SignalRoom, box: BoxDouble) -> None:
    box.answer = box.refuse
    made = [room.request(wait_s=15).json()["id"] for _ in range(3)]
    seen: list[str] = []
    after: str | None = ""
    while after is not None and len(seen) < 3:
        part = room.api.get("/v1/leases", site="TD-01", limit=1, after=after).json()
        seen += [lease["id"] for lease in part["items"]]
        after = part["next"]
    assert seen == made[::-1]
    assert room.api.get("/v1/leases", open=True).json()["items"] == []
    assert room.api.get("/v1/leases", after="nonsense").status_code == 400


def test_event_when_from_another_box_then_moves_no_lease(room: SignalRoom, box: BoxDouble) -> None:
    lease = room.request(wait_s=15).json()
    room.boxes["GMP-01"].event(lease["id"], "ended", "not mine", end_reason="failed")
    room.boxes["GMP-01"].event("nonsense", "ended")
    box.event(lease["id"], "dancing")
    wait_for(lambda: "dancing" in [line["state"] for line in room.lease(lease["id"])["log"]])
    assert room.lease(lease["id"])["state"] == "confirmed"


def last_detail(room: SignalRoom) -> dict[str, Any]:
    """Give the detail of the newest line of the audit that is about leases."""
    row = room.api.owner.execute("SELECT detail FROM audit WHERE action LIKE '%lease%' ORDER BY id DESC LIMIT 1")
    found = row.fetchone()
    assert found
    detail: dict[str, Any] = found[0]
    return detail


def wait_for(condition: Any, timeout_s: float = 20.0) -> None:
    until_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until_s, "it did not happen in time"
        time.sleep(0.03)


def test_withdrawal_when_the_box_refuses_it_then_its_words_are_shown_and_not_that_it_is_silent(
    room: SignalRoom, box: BoxDouble
) -> None:
    lease = room.request(wait_s=15).json()["id"]
    box.answer = lambda command: box.result(command, "refused", "not_holder", "Sewa ini milik budi. | It is budi's.")
    room.post(f"/v1/leases/{lease}/withdraw")
    wait_for(lambda: room.lease(lease)["rule"] == "not_holder")
    shown = room.lease(lease)
    assert (shown["state"], shown["text_id"], shown["text_en"]) == (
        "confirmed",
        "Sewa ini milik budi.",
        "It is budi's.",
    )


def wait_for_its_turn(box: BoxDouble, wait_s: Any) -> None:
    """Answer a request as a box does whose controller still runs the lease that is superseded."""

    def answer(command: Any) -> None:
        if command.action != "signal.lease.request":
            box.obey(command)
            return
        box.event(command.arguments["lease"], "accepted")
        box.event(command.arguments["lease"], "waiting", "Waits for its turn", wait_s=wait_s, superseded="x")
        box.result(command, "accepted")

    box.answer = answer


def deadline_s(room: SignalRoom, lease: str) -> float:
    query = "SELECT extract(EPOCH FROM confirm_by - requested_at)::float8 FROM lease WHERE id = %s"
    row = room.api.owner.execute(query, [lease]).fetchone()
    assert row
    return float(row[0])


def test_lease_when_it_waits_for_the_one_that_it_supersedes_then_it_has_the_time_that_this_takes(
    room: SignalRoom, box: BoxDouble
) -> None:
    wait_for_its_turn(box, 120.0)
    lease = room.request(role="admin").json()["id"]
    wait_for(lambda: "waiting" in [line["state"] for line in room.lease(lease)["log"]])
    waiting = room.lease(lease)
    assert (waiting["state"], waiting["text_en"]) == ("accepted", "Waits for its turn")
    assert 130 < deadline_s(room, lease) < 145
    for state in ("applied", "confirmed"):
        box.event(lease, state)
    room.wait(lease, "confirmed")


def test_lease_when_it_waits_longer_than_its_box_said_then_it_has_failed_and_is_withdrawn(
    room: SignalRoom, box: BoxDouble
) -> None:
    wait_for_its_turn(box, 120.0)
    lease = room.request(role="admin").json()["id"]
    wait_for(lambda: deadline_s(room, lease) > 100)
    room.api.owner.execute("UPDATE lease SET confirm_by = now() WHERE id = %s", [lease])
    assert room.wait(lease, "failed")["rule"] == "not_confirmed"
    wait_for(lambda: box.of("withdraw"))


@pytest.mark.parametrize("wait_s", ["soon", True, 1e9, -5])
def test_lease_when_its_box_says_nonsense_of_its_wait_then_the_deadline_stays_within_bounds(
    room: SignalRoom, box: BoxDouble, wait_s: Any
) -> None:
    wait_for_its_turn(box, wait_s)
    lease = room.request(role="admin").json()["id"]
    wait_for(lambda: "waiting" in [line["state"] for line in room.lease(lease)["log"]])
    assert deadline_s(room, lease) < 640


def test_lease_when_its_end_is_not_heard_of_then_it_is_withdrawn_too(room: SignalRoom, box: BoxDouble) -> None:
    lease = room.request(wait_s=15).json()
    assert lease["state"] == "confirmed"
    room.api.owner.execute("UPDATE lease SET ends_at = now() - interval '2 minutes' WHERE id = %s", [lease["id"]])
    assert room.wait(lease["id"], "ended", "reverted")["rule"] == "end_unheard"
    wait_for(lambda: box.of("withdraw"))
    assert box.of("withdraw")[0].arguments == {"lease": lease["id"], "role": "operator"}


def test_lease_when_its_box_is_gone_for_good_then_the_room_says_so_and_the_junction_is_free(
    room: SignalRoom, box: BoxDouble
) -> None:
    lease = room.request(wait_s=15).json()
    assert lease["state"] == "confirmed"
    room.api.owner.execute("UPDATE box SET online = false, status_at = now() - interval '59 s'")
    over = room.wait(lease["id"], "ended", "reverted")
    assert (over["rule"], over["end_reason"], over["open"]) == ("box_gone", "link_lost", False)


def test_request_when_it_is_withdrawn_before_it_was_sent_then_only_the_withdrawal_is(
    room: SignalRoom, box: BoxDouble
) -> None:
    owner, made = room.api.owner, room.request(wait_s=15).json()
    room.post(f"/v1/leases/{made['id']}/withdraw")
    room.wait(made["id"], "reverted")
    box.commands.clear()
    lease = str(uuid4())
    with owner.transaction():
        owner.execute(
            "INSERT INTO lease (id, site_id, requester, request_id, role, rank, phase, extra_green_s, duration_s, "
            "reason, state, confirm_by, withdrawn_by) SELECT %s, site_id, requester, %s, role, rank, phase, "
            "extra_green_s, duration_s, reason, 'requested', now() + interval '1 s', requester "
            "FROM lease WHERE id = %s",
            [lease, lease, made["id"]],
        )
        for verb in ("request", "withdraw"):
            owner.execute(
                "INSERT INTO lease_command (id, lease_id, action, actor, arguments, expires_at) VALUES "
                "(%s, %s, %s, 'its-operator', jsonb_build_object('lease', %s::text), now() + interval '1 minute')",
                [uuid4(), lease, f"signal.lease.{verb}", lease],
            )
    box.answer = lambda _: None
    assert room.wait(lease, "expired", timeout_s=20)["rule"] == "withdrawn_early"
    wait_for(lambda: box.of("withdraw"), 10)  # the book may be written a moment before the message has come
    assert not box.of("request")
