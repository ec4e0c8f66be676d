"""Signing in with a password over HTTP, and what a session is good for."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from psycopg import sql

from cloud.api.guesses import _block, find_delay_s
from cloud.api.settings import ApiSettings
from cloud.db import accounts, audit
from tests.fix_api import HTTP, RunningApi, serve
from tests.fix_database import as_role
from tests.fix_people import PASSWORD, People


@pytest.fixture
def unforgotten(api: RunningApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Buckets that are empty, and leak a guess an hour: a busy machine must not forgive any."""
    monkeypatch.setattr("cloud.api.guesses.REFILL_S", 3_600.0)
    api.owner.execute("TRUNCATE sign_in_wrong")
    yield
    api.owner.execute("TRUNCATE sign_in_wrong")


def test_person_when_signed_in_then_is_known_by_the_cookie_alone(api: RunningApi, people: People) -> None:
    budi = people.add("budi", "operator", ("transport", "disaster"))
    answer = budi.sign_in()
    assert answer.status_code == 200
    me = budi.client.get("/v1/me").json()
    assert (me["account"], me["role"], me["agencies"]) == ("budi", "operator", ["disaster", "transport"])
    assert budi.client.get("/v1/sites").status_code == 200
    rows = api.get("/v1/audit", role="admin", actor="budi", action="signed_in").json()["items"]
    assert rows[0]["detail"] == {"address": "127.0.0.1"}


def test_cookie_when_given_then_no_script_and_no_other_site_gets_it(api: RunningApi, people: People) -> None:
    given = people.add("kuki").sign_in().headers.get_list("set-cookie")
    stored = str(api.owner.execute("SELECT session::text, audit::text FROM session, audit").fetchall())
    for cookie, name, age in zip(sorted(given), ("sl_device=", "sl_session="), ("31536000", "43200"), strict=True):
        assert cookie.startswith(name)
        assert {"HttpOnly", "Path=/", "SameSite=lax", f"Max-Age={age}"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert cookie.split("=")[1].split(";")[0] not in stored


@pytest.mark.parametrize("name", ["budi-salah", "tidak-ada"])
def test_password_when_wrong_then_says_the_same_of_every_name(api: RunningApi, people: People, name: str) -> None:
    if name == "budi-salah":
        people.add(name)
    answer = people.meet(name).sign_in("bukan ini sandinya")
    assert answer.status_code == 401
    assert answer.json()["rule"] == "wrong_password"
    assert answer.json()["detail_id"] == "Nama atau kata sandi salah."
    assert "set-cookie" not in answer.headers


def test_password_when_a_name_is_unknown_then_what_was_typed_is_not_kept(api: RunningApi, people: People) -> None:
    people.meet("rahasia-yang-salah-kolom").sign_in("x")
    assert "rahasia-yang-salah-kolom" not in str(api.owner.execute("SELECT audit::text FROM audit").fetchall())


@pytest.mark.usefixtures("unforgotten")
def test_guesses_when_many_then_the_address_is_told_and_others_are_not(api: RunningApi, people: People) -> None:
    sari, there = people.add("sari"), people.meet("sari", "127.0.0.9")
    assert there.sign_in().status_code == 200
    told = [people.meet(f"siapa-{n}", "127.0.0.9").sign_in("salah sekali") for n in range(12)]
    assert told[0].status_code == 401
    assert (told[-1].status_code, told[-1].json()["rule"]) == (429, "too_many_attempts")
    assert sari.sign_in().status_code == 200
    assert there.sign_in().status_code == 200, "who has signed in at that address goes on"


def test_account_when_guessed_at_then_its_holder_signs_in_without_delay_from_where_he_was(people: People) -> None:
    tono = people.add("tono")
    assert tono.sign_in().status_code == 200
    stranger = people.meet("tono", "127.0.0.8")
    for _ in range(5):
        assert stranger.sign_in("salah sekali").status_code == 401
    begun_s = time.monotonic()
    assert tono.sign_in().status_code == 200
    holder_s = time.monotonic() - begun_s
    stranger.sign_in("salah sekali")
    begun_s = time.monotonic()
    assert people.meet("tono", "127.0.0.7").sign_in().status_code == 200, "he is never locked out, wherever he is"
    assert holder_s < 5
    assert time.monotonic() - begun_s < 12


def test_guesses_when_they_go_on_then_waits_double_to_their_most() -> None:
    assert [find_delay_s(guesses) for guesses in range(9)] == [0, 0, 0, 0.5, 1, 2, 4, 8, 8]


@pytest.mark.usefixtures("unforgotten")
def test_guesses_when_sent_to_two_processes_then_count_once_and_are_forgotten(api: RunningApi, people: People) -> None:
    person = people.add("ganda")
    settings = ApiSettings(dsn=as_role(api.dsn, "api"), port=0, log_level="error")
    with serve(settings) as (url, _):
        wrong = {"name": "siapa", "password": "salah sekali"}
        told = [
            HTTP.post(f"{where}/v1/session", json=wrong | {"name": f"siapa-{n}"}).status_code
            for n, where in enumerate([api.url, url] * 7)
        ]
        assert told == [401] * 10 + [429] * 4
        assert people.meet("ganda").sign_in().status_code == 429, "a browser that never signed in is any stranger"
        api.owner.execute("UPDATE sign_in_wrong SET at = at - INTERVAL '1 hour 1 second'")
        assert person.sign_in().status_code == 200, "one more after a while"
        assert person.sign_in().status_code == 200, "a right one takes no place"


@pytest.mark.usefixtures("unforgotten")
def test_guesses_when_sent_side_by_side_then_no_more_are_judged(api: RunningApi, people: People) -> None:
    wrong = {"password": "salah sekali"}

    def guess(number: int) -> int:
        return HTTP.post(f"{api.url}/v1/session", json=wrong | {"name": f"sekaligus-{number}"}).status_code

    with ThreadPoolExecutor(15) as pool:
        told = list(pool.map(guess, range(15)))
    assert sorted(told) == [401] * 10 + [429] * 5


@pytest.mark.usefixtures("unforgotten")
def test_browser_when_known_then_has_guesses_of_its_own_and_only_for_who_signed_in_there(
    api: RunningApi, people: People
) -> None:
    holder, neighbour = people.add("meja-satu"), people.add("meja-dua")
    assert holder.sign_in().status_code == 200
    for number in range(10):
        assert people.meet(f"asal-{number}").sign_in("salah sekali").status_code == 401
    assert neighbour.sign_in().status_code == 429
    assert [holder.sign_in("salah sekali").status_code for _ in range(11)] == [401] * 10 + [429]
    other = people.meet("meja-dua")
    other.client.cookies.set("sl_device", holder.client.cookies["sl_device"])
    assert other.sign_in().status_code == 429, "that browser is another account's"
    api.owner.execute("TRUNCATE sign_in_wrong")
    assert holder.sign_in().status_code == 200


def test_addresses_when_of_one_network_of_ipv6_then_are_one() -> None:
    assert _block("2001:db8:1:2::1") == _block("2001:db8:1:2:ffff::9") != _block("2001:db8:1:3::1")
    assert _block("10.0.0.1") != _block("10.0.0.2")


def test_sessions_when_listed_then_are_ended_one_by_one_and_only_ones_own(people: People) -> None:
    here, phone, stranger = people.add("punya"), people.meet("punya"), people.add("orang-lain")
    for one in (here, phone, stranger):
        assert one.sign_in().status_code == 200
    listed = here.client.get("/v1/me/sessions").json()
    assert [row["is_this"] for row in listed] == [False, True]
    assert all(row["browser"].startswith("python-httpx") and row["address"] == "127.0.0.1" for row in listed)
    other = listed[0]["id"]
    assert stranger.client.delete(f"/v1/me/sessions/{other}").status_code == 204
    assert phone.client.get("/v1/me").status_code == 200, "what is another's stays"
    assert here.client.delete(f"/v1/me/sessions/{other}", headers={"X-CSRF-Token": ""}).status_code == 403
    assert here.client.delete(f"/v1/me/sessions/{other}").status_code == 204
    assert phone.client.get("/v1/me").json()["rule"] == "session_over"
    assert len(here.client.get("/v1/me/sessions").json()) == 1


def test_crew_when_signed_in_then_stays_so_for_weeks_and_others_for_a_shift(api: RunningApi, people: People) -> None:
    crew, room = people.add("regu-hp", "crew"), people.add("ruang-kendali")
    assert "Max-Age=2592000" in crew.sign_in().headers.get_list("set-cookie")[1]
    room.sign_in()
    assert [row["stays"] for row in crew.client.get("/v1/me/sessions").json()] == [True]
    api.owner.execute("UPDATE session SET seen_at = now() - INTERVAL '6 days'")
    assert crew.client.get("/v1/me").status_code == 200
    assert room.client.get("/v1/me").json()["rule"] == "session_over"
    api.owner.execute("UPDATE session SET seen_at = now() - INTERVAL '8 days'")
    assert crew.client.get("/v1/me").json()["rule"] == "session_over"


def test_change_when_no_page_of_ours_asked_then_is_refused_in_both_languages(people: People) -> None:
    rina = people.add("rina", "admin")
    rina.sign_in()
    wanted = {"name": "x", "role": "viewer"}
    wrong: list[dict[str, str]] = [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "0" * 64},
        {"X-CSRF-Token": "é"},
    ]
    for headers in wrong:
        raw = [(key.encode(), value.encode()) for key, value in headers.items()]
        answer = rina.client.post("/v1/accounts", json=wanted, headers=raw)
        assert (answer.status_code, answer.json()["rule"]) == (403, "csrf"), headers
        assert answer.json()["detail_id"] != answer.json()["detail_en"]
    bare = httpx.post(f"{rina.url}/v1/accounts", json=wanted, headers={"Cookie": f"sl_session={rina.cookie()}"})
    assert bare.json()["rule"] == "csrf"
    assert "x" not in [row["name"] for row in rina.client.get("/v1/accounts").json()]


def test_sign_in_when_another_site_sends_it_then_is_refused(people: People) -> None:
    people.add("lusi")
    body = {"name": "lusi", "password": PASSWORD}
    answer = people.meet("lusi").client.post("/v1/session", json=body, headers={"Origin": "https://elsewhere.example"})
    assert answer.json()["rule"] == "csrf"


def test_session_when_signed_out_or_ended_then_no_copy_of_the_cookie_is_good(api: RunningApi, people: People) -> None:
    dewi = people.add("dewi")
    dewi.sign_in()
    cookie = dewi.cookie()
    assert dewi.client.delete("/v1/session").status_code == 204
    copy = HTTP.get(f"{api.url}/v1/me", headers={"Cookie": f"sl_session={cookie}"})
    assert (copy.status_code, copy.json()["rule"]) == (401, "session_over")
    dewi.sign_in()
    accounts.disable_account(api.owner, "dewi", "test")
    assert dewi.client.get("/v1/me").json()["rule"] == "session_over"
    accounts.enable_account(api.owner, "dewi", "test")
    accounts.end_sessions(api.owner, "dewi", "test")
    assert dewi.client.get("/v1/me").json()["rule"] == "session_over"


@pytest.mark.parametrize(("column", "ago"), [("seen_at", timedelta(hours=3)), ("expires_at", timedelta(seconds=1))])
def test_session_when_idle_or_too_old_then_is_over(
    api: RunningApi, people: People, column: str, ago: timedelta
) -> None:
    person = people.add(f"lama-{column}")
    person.sign_in()
    order = sql.SQL("UPDATE session SET {} = now() - %s FROM account WHERE account.id = account_id AND name = %s")
    api.owner.execute(order.format(sql.Identifier(column)), [ago, person.name])
    assert person.client.get("/v1/me").json()["rule"] == "session_over"


def test_session_when_used_then_is_seen(api: RunningApi, people: People) -> None:
    person = people.add("hadir")
    person.sign_in()
    api.owner.execute("UPDATE session SET seen_at = now() - INTERVAL '1 hour'")
    person.client.get("/v1/me")
    row = api.owner.execute("SELECT max(seen_at) > now() - INTERVAL '1 minute' FROM session").fetchone()
    assert row == (True,)


def test_session_when_somebody_planted_a_cookie_then_signing_in_takes_another(people: People) -> None:
    person = people.add("fiksasi")
    person.client.cookies.set("sl_session", "planted-by-somebody")
    person.sign_in()
    first = {cookie.value for cookie in person.client.cookies.jar}
    assert person.client.get("/v1/me", headers={"Cookie": "sl_session=planted-by-somebody"}).status_code == 401
    kept = people.meet("fiksasi")
    kept.sign_in()
    old = kept.cookie()
    kept.sign_in()
    assert kept.cookie() not in (old, *first)
    assert HTTP.get(f"{kept.url}/v1/me", headers={"Cookie": f"sl_session={old}"}).status_code == 401


def test_first_password_when_used_then_is_good_for_choosing_one_only(api: RunningApi, people: People) -> None:
    admin = people.add("kepala", "admin")
    admin.sign_in()
    made = admin.client.post("/v1/accounts", json={"name": "baru", "role": "viewer", "agencies": ["health"]})
    assert made.status_code == 201, made.text
    first = made.json()["first_password"]
    new = people.meet("baru")
    assert new.sign_in(first).json()["must_choose_password"]
    refused = new.client.get("/v1/sites")
    assert (refused.status_code, refused.json()["rule"]) == (403, "first_password")
    for password, rule in [("pendek", "password_length"), ("password123", "password_easy"), (first, "password_same")]:
        answer = new.client.post("/v1/me/password", json={"old": first, "new": password})
        assert (answer.status_code, answer.json()["rule"]) == (409, rule)
    assert new.client.post("/v1/me/password", json={"old": "salah sekali", "new": PASSWORD}).status_code == 401
    assert new.client.post("/v1/me/password", json={"old": first, "new": PASSWORD}).status_code == 204
    assert new.client.get("/v1/sites").status_code == 200
    assert people.meet("baru").sign_in(first).status_code == 401
    assert first not in str(api.owner.execute("SELECT account::text, audit::text FROM account, audit").fetchall())


def test_password_when_chosen_then_all_other_sessions_are_over(people: People) -> None:
    here, there = people.add("pindah"), people.meet("pindah")
    here.sign_in()
    there.sign_in()
    body = {"old": PASSWORD, "new": "empat kapal di laut flores"}
    assert here.client.post("/v1/me/password", json=body).status_code == 204
    assert here.client.get("/v1/me").status_code == 200
    assert there.client.get("/v1/me").status_code == 401


def test_rights_when_a_role_lacks_one_then_the_rule_names_it(api: RunningApi, people: People) -> None:
    operator = people.add("biasa", "operator")
    operator.sign_in()
    answer = operator.client.get("/v1/accounts")
    assert (answer.status_code, answer.json()["rule"]) == (403, "right")
    assert "account.manage" in answer.json()["detail_id"]
    assert operator.client.post("/v1/accounts", json={"name": "diam-diam"}).status_code == 403
    rows = api.get("/v1/audit", role="admin", actor="biasa", action="refused").json()["items"]
    assert [(row["subject"], row["detail"]["right"], row["detail"]["rule"]) for row in rows] == [
        ("/v1/accounts", "account.manage", "right")
    ]


def test_account_when_an_admin_changes_it_then_it_holds_for_the_next_request(api: RunningApi, people: People) -> None:
    admin = people.add("kepala2", "admin")
    admin.sign_in()
    person = people.add("naik", "viewer", ())
    person.sign_in()
    change = {"role": "operator", "agencies": ["disaster"], "full_name": "Naik Pangkat"}
    assert admin.client.patch("/v1/accounts/naik", json=change).status_code == 204
    assert person.client.get("/v1/me").json()["rule"] == "session_over", "a session is of one role only"
    person.sign_in()
    me = person.client.get("/v1/me").json()
    assert (me["role"], me["agencies"], me["full_name"]) == ("operator", ["disaster"], "Naik Pangkat")
    assert admin.client.patch("/v1/accounts/naik", json={"agencies": ["health"]}).status_code == 204
    assert person.client.get("/v1/me").json()["agencies"] == ["health"], "it holds at once, and nobody need sign in"
    assert admin.client.patch("/v1/accounts/naik", json={"agencies": ["pos"]}).json()["rule"] == "agency_unknown"
    assert admin.client.patch("/v1/accounts/kepala2", json={"role": "viewer"}).json()["rule"] == "yourself"
    assert admin.client.patch("/v1/accounts/siapa", json={"role": "viewer"}).json()["rule"] == "account_unknown"
    assert admin.client.patch("/v1/accounts/naik", json={"locked": True}).status_code == 204
    assert person.client.get("/v1/me").json()["rule"] == "session_over"
    actions = [row["action"] for row in api.get("/v1/audit", role="admin", actor="kepala2").json()["items"]]
    assert actions[:2] == ["account_disabled", "account_changed"]


def test_last_admin_when_to_be_locked_or_lowered_then_is_refused(api: RunningApi) -> None:
    api.owner.execute("UPDATE account SET disabled_at = now() WHERE role = 'admin' AND password_hash IS NOT NULL")
    accounts.add_account(api.owner, "terakhir", "admin", "test")
    accounts.choose_password(api.owner, "terakhir", PASSWORD, "test")
    for change in (
        lambda: accounts.disable_account(api.owner, "terakhir", "test"),
        lambda: accounts.change_account(api.owner, "terakhir", "test", role="viewer"),
    ):
        with pytest.raises(accounts.Refused, match="last administrator"):
            change()


def test_audit_when_people_came_and_went_then_the_chain_holds(api: RunningApi) -> None:
    assert audit.find_broken(api.owner) == []
