"""Signing in by an OpenID provider: the way there and back, and everything that goes wrong on it."""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import SecretStr

from cloud.api.openid import LOGOUT_EVENT
from cloud.api.settings import ApiSettings
from cloud.db import accounts, identities
from cloud.db.connection import Connection, connect
from cloud.db.local import LocalCluster
from tests.fix_api import HTTP, serve
from tests.fix_database import as_role
from tests.fix_openid import CLIENT_ID, SECRET, OpenIdDouble, Token, new_key, serve_openid, sign
from tests.fix_people import PASSWORD

PEOPLE = """
unknown: create
roles:
  - {claim: groups, has: /satulayar/admin, role: admin}
  - {claim: realm_access.roles, has: satulayar-operator, role: operator}
  - {claim: groups, has: /kru, role: crew}
agencies:
  - {claim: groups, has: /dishub, agency: transport}
  - {claim: groups, has: /bpbd, agency: disaster}
"""
HOME = "https://satulayar.example"


@dataclass
class House:
    """An API whose people sign in by a provider."""

    url: str
    owner: Connection
    provider: OpenIdDouble
    app: Any

    def browser(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=20)

    def person(self, name: str, *groups: str, roles: tuple[str, ...] = ("satulayar-operator",)) -> None:
        """Say who is signed in at the provider."""
        self.provider.person = {"sub": f"id-{name}", "preferred_username": name, "name": f"Nama {name}"}
        self.provider.person |= {"groups": list(groups), "realm_access": {"roles": list(roles)}, "sid": f"s-{name}"}

    def go(self, browser: httpx.Client, wanted: str = "") -> str:
        """Begin a way and go through the provider's door; give the address to which it leads back."""
        away = browser.get("/login/openid", params={"next": wanted})
        assert away.status_code == 303, away.text
        back = HTTP.get(away.headers["location"])
        assert back.headers["location"].startswith(f"{HOME}/login/openid/back?")
        return str(back.headers["location"].removeprefix(HOME))

    def enter(self, browser: httpx.Client, wanted: str = "") -> httpx.Response:
        """Sign in by the provider."""
        return browser.get(self.go(browser, wanted))


@pytest.fixture(scope="module")
def house(cluster: LocalCluster, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    name = f"test_{uuid4().hex[:12]}"
    dsn = cluster.create_database(name, migrated_template)
    people = tmp_path_factory.mktemp("openid") / "people.yaml"
    people.write_text(PEOPLE, encoding="utf-8")
    with ExitStack() as stack:
        provider = stack.enter_context(serve_openid())
        provider.redirect_uris = (f"{HOME}/login/openid/back",)
        settings = make_settings(as_role(dsn, "api"), provider, people)
        owner = stack.enter_context(connect(dsn, "test", autocommit=True))
        url, server = stack.enter_context(serve(settings))
        yield House(url, owner, provider, server.config.loaded_app)
    cluster.drop_database(name)


def make_settings(dsn: str, provider: OpenIdDouble, people: Path | None) -> ApiSettings:
    return ApiSettings(
        dsn=dsn, port=0, log_level="error", public_url=HOME, openid_issuer=provider.issuer, openid_people=people,
        openid_client_id=CLIENT_ID, openid_client_secret=SecretStr(SECRET), openid_name="Akun Kabupaten",
    )  # fmt: skip


@contextmanager
def lying(provider: OpenIdDouble, **lies: Any) -> Iterator[None]:
    """Have the provider do something else for a while."""
    kept = {name: getattr(provider, name) for name in lies}
    for name, lie in lies.items():
        setattr(provider, name, lie)
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(provider, name, value)


def told(answer: httpx.Response) -> str:
    """Give what the door says."""
    assert "sl_session" not in answer.headers.get("set-cookie", "")
    assert 'action="/login"' in answer.text, "the local door stays"
    return answer.text.split('role="alert">')[1].split("<")[0]


def test_person_when_vouched_for_then_has_an_account_with_role_and_agencies_of_the_claims(house: House) -> None:
    house.person("sari", "/dishub", "/bpbd", "/lain")
    with house.browser() as browser:
        assert 'href="/login/openid?next=/map"' in browser.get("/login?next=/map").text
        assert "Masuk dengan Akun Kabupaten" in browser.get("/login").text
        answer = house.enter(browser, "/map")
        assert (answer.status_code, answer.headers["location"]) == (303, "/map")
        cookies = ";".join(answer.headers.get_list("set-cookie"))
        assert all(flag in cookies for flag in ("HttpOnly", "SameSite=lax", "sl_session="))
        me = browser.get("/v1/me").json()
        assert (me["account"], me["role"], me["agencies"]) == ("sari", "operator", ["disaster", "transport"])
        assert (me["full_name"], me["by_provider"], me["must_choose_password"]) == ("Nama sari", True, False)
        house.person("sari", "/dishub", roles=())
        assert "tidak memberi peran" in told(house.enter(browser))
        house.person("sari", "/kru", roles=())
        assert house.enter(browser).headers["location"] == "/duty"
        assert browser.get("/v1/me").json()["role"] == "crew", "rights follow the claims at each sign-in"
    actions = [row[0] for row in house.owner.execute("SELECT action FROM audit WHERE subject = 'sari' ORDER BY id")]
    assert actions[:3] == ["account_added", "account_linked", "signed_in"]


def test_way_when_its_end_comes_twice_or_in_another_browser_then_is_refused(house: House) -> None:
    house.person("dua")
    with house.browser() as browser, house.browser() as other:
        back = house.go(browser)
        assert "dimulai di peramban lain" in told(other.get(back)), "login CSRF: the victim's browser began no such way"
        house.go(other)
        assert "dimulai di peramban lain" in told(other.get(back)), "nor did it begin this one"
        assert browser.get(back).status_code == 303
        assert "dimulai di peramban lain" in told(browser.get(back))
        assert house.provider.tokens >= 1


def test_way_when_its_cookie_was_copied_then_one_session_comes_of_it(house: House) -> None:
    house.person("salin")
    with house.browser() as browser, house.browser() as thief:
        back = house.go(browser)
        thief.cookies.update({str(cookie.name): str(cookie.value) for cookie in browser.cookies.jar})
        way = {str(cookie.name): str(cookie.value) for cookie in browser.cookies.jar}
        nonce = house.provider.codes[parse_qs(urlsplit(back).query)["code"][0]]["nonce"]
        assert browser.get(back).status_code == 303
        assert "invalid_grant" in told(thief.get(back)), "the provider gives a token for a code once"
        thief.cookies.update(way)
        again = {"id_token": house.provider.make_token(nonce)}
        with lying(house.provider, exchange=lambda *_: (200, again)):
            assert "sudah dipakai" in told(thief.get(back)), "and where it does not, we do"


def unsigned(token: Token) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, token)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


def with_a_secret(token: Token) -> str:
    return jwt.encode({"alg": "HS256"}, token, OctKey.import_key(SECRET.encode() * 3))


STRANGER = new_key("one")
LIES: dict[str, dict[str, Any]] = {
    "wrong nonce": {"twist": lambda token: token.update(nonce="0" * 43)},
    "no nonce": {"twist": lambda token: token.pop("nonce")},
    "wrong audience": {"twist": lambda token: token.update(aud="grafana")},
    "one audience too many": {"twist": lambda token: token.update(aud=[CLIENT_ID, "grafana"])},
    "another party": {"twist": lambda token: token.update(azp="grafana")},
    "another issuer": {"twist": lambda token: token.update(iss="https://elsewhere.example")},
    "expired": {"twist": lambda token: token.update(exp=int(time.time()) - 60)},
    "from the future": {"twist": lambda token: token.update(iat=int(time.time()) + 3_600)},
    "without an end": {"twist": lambda token: token.pop("exp")},
    "end that is none": {"twist": lambda token: token.update(exp="tomorrow")},
    "nobody": {"twist": lambda token: token.pop("sub")},
    "no signature": {"sign": unsigned},
    "signed with our secret": {"sign": with_a_secret},
    "signed by a stranger": {"sign": lambda token: sign(token, STRANGER)},
    "key unknown": {"sign": lambda token: sign(token, new_key("unknown"))},
    "no token": {"sign": lambda _: "a.b"},
    "very long": {"sign": lambda _: "a" * 100_000},
}


@pytest.mark.parametrize("lie", LIES)
def test_token_when_it_is_not_what_it_should_be_then_nobody_is_signed_in(house: House, lie: str) -> None:
    house.person("palsu")
    with house.browser() as browser, lying(house.provider, **LIES[lie]):
        assert "tidak dapat dipercaya" in told(house.enter(browser))
        assert browser.get("/v1/me").status_code == 401


def test_token_when_the_clocks_differ_a_little_then_is_good(house: House) -> None:
    house.person("jam")
    with house.browser() as browser, lying(house.provider, twist=lambda token: token.update(iat=time.time() + 20)):
        assert house.enter(browser).status_code == 303


def test_answer_when_of_another_provider_or_of_none_then_is_refused(house: House) -> None:
    house.person("campur")
    with house.browser() as browser:
        for wrong in ("&iss=https%3A%2F%2Felsewhere.example", ""):
            back = house.go(browser)
            before = house.provider.tokens
            assert "iss" in told(browser.get(back.split("&iss=")[0] + wrong))
            assert house.provider.tokens == before, "the code is not told to anybody"


def test_answer_when_the_provider_says_no_then_its_reason_is_told_as_a_word_only(house: House) -> None:
    with house.browser() as browser:
        state = parse_qs(urlsplit(browser.get("/login/openid").headers["location"]).query)["state"][0]
        answer = browser.get("/login/openid/back", params={"state": state, "error": "access_denied"})
        assert "access_denied" in told(answer)
        state = parse_qs(urlsplit(browser.get("/login/openid").headers["location"]).query)["state"][0]
        answer = browser.get("/login/openid/back", params={"state": state, "error": "<b>x</b>"})
        assert "<b>" not in told(answer)
        assert "&lt;b" not in told(answer)


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"])
def test_way_when_it_wants_to_lead_elsewhere_then_leads_home(house: House, wanted: str) -> None:
    house.person("jauh")
    with house.browser() as browser:
        assert house.enter(browser, wanted).headers["location"] == "/incidents"


def test_keys_when_they_change_then_the_new_ones_are_read_once(house: House) -> None:
    house.person("kunci")
    with house.browser() as browser:
        assert house.enter(browser).status_code == 303
        house.provider.key = new_key("two")
        before = house.provider.key_reads
        assert house.enter(browser).status_code == 303
        assert house.enter(browser).status_code == 303
        assert house.provider.key_reads == before + 1


def test_account_when_locked_here_then_stays_locked_whoever_vouches(house: House) -> None:
    house.person("kunci-mati")
    with house.browser() as browser:
        assert house.enter(browser).status_code == 303
        accounts.disable_account(house.owner, "kunci-mati", "test")
        assert browser.get("/v1/me").status_code == 401
        house.person("kunci-mati", "/satulayar/admin")
        assert "terkunci" in told(house.enter(browser))
    row = house.owner.execute("SELECT role FROM account WHERE name = 'kunci-mati'").fetchone()
    assert row == ("operator",)


def test_name_when_it_is_a_local_account_then_opens_it_only_after_it_was_linked(house: House) -> None:
    accounts.add_account(house.owner, "kepala", "head_of_shift", "test", agencies=["health"])
    house.person("kepala", "/satulayar/admin")
    with house.browser() as browser:
        assert "account link kepala id-kepala" in told(house.enter(browser))
        identities.link(house.owner, "kepala", house.provider.issuer, "id-kepala", "test")
        assert house.enter(browser).status_code == 303
        me = browser.get("/v1/me").json()
        assert (me["role"], me["agencies"]) == ("head_of_shift", ["health"]), "its rights are given here"
        with pytest.raises(accounts.Refused, match="linked to an account already"):
            identities.link(house.owner, "kepala", house.provider.issuer, "id-kepala", "test")
        identities.unlink(house.owner, "kepala", "test")
        assert browser.get("/v1/me").status_code == 401


def test_stranger_when_accounts_are_not_made_then_is_told_what_to_ask_for(
    house: House, cluster: LocalCluster, migrated_template: str
) -> None:
    name = f"test_{uuid4().hex[:12]}"
    dsn = cluster.create_database(name, migrated_template)
    with serve(make_settings(as_role(dsn, "api"), house.provider, None)) as (url, _), httpx.Client(base_url=url) as one:
        house.person("asing")
        back = HTTP.get(one.get("/login/openid").headers["location"]).headers["location"].removeprefix(HOME)
        assert f"account link NAMA id-asing --issuer {house.provider.issuer}" in told(one.get(back))
    cluster.drop_database(name)


@pytest.mark.parametrize("trouble", ["away", "huge", "slow"])
def test_provider_when_in_trouble_then_local_accounts_still_sign_in(
    house: House, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.api.openid.ANSWER_S", 1.0)
    house.person("darurat")
    if not house.owner.execute("SELECT 1 FROM account WHERE name = 'pecah-kaca'").fetchone():
        accounts.add_account(house.owner, "pecah-kaca", "admin", "test")
        accounts.choose_password(house.owner, "pecah-kaca", PASSWORD, "test")
    lies = {"away": {"is_broken": True}, "huge": {"huge": True}, "slow": {"delay_s": 2.0}}[trouble]
    openid = house.app.state.openid
    with house.browser() as browser, lying(house.provider, **lies):
        if trouble == "slow":
            assert "tidak menjawab" in told(house.enter(browser))
        elif trouble == "huge":
            openid._keys = None
            assert "tidak dapat dipercaya" in told(house.enter(browser))
        else:
            openid._metadata, openid._away_s = None, -100.0
            answer = browser.get("/login/openid")
            assert answer.status_code == 503
            assert "kata sandi setempat" in told(answer)
        begun_s = time.monotonic()
        entered = browser.post(
            "/login", data={"name": "pecah-kaca", "password": PASSWORD}, headers={"Origin": house.url}
        )
        assert (entered.status_code, time.monotonic() - begun_s < 4) == (303, True)
    openid._away_s = -100.0


def test_metadata_when_of_another_issuer_or_without_tls_then_is_not_believed(house: House) -> None:
    openid = house.app.state.openid
    for wrong in ({"issuer": "https://elsewhere.example"}, {"token_endpoint": "http://elsewhere.example/token"}):
        openid._metadata = None
        with house.browser() as browser, lying(house.provider, metadata=wrong):
            assert "tidak dapat dipercaya" in told(browser.get("/login/openid"))
    with pytest.raises(ValueError, match="https"):
        ApiSettings(openid_issuer="http://elsewhere.example", openid_client_id="x", public_url=HOME)
    with pytest.raises(ValueError, match="public_url"):
        ApiSettings(openid_issuer="https://elsewhere.example", openid_client_id="x")


def test_signing_out_when_a_provider_vouched_then_shows_the_way_out_there_too(house: House) -> None:
    house.person("keluar")
    with house.browser() as browser:
        house.enter(browser)
        csrf = browser.get("/v1/me").json()["csrf"]
        answer = browser.post("/logout", data={"csrf": csrf}, headers={"Origin": house.url})
        assert answer.headers["location"] == "/login?left=provider"
        page = browser.get("/login?left=provider").text
        assert f"{house.provider.issuer}/leave?client_id=satulayar&amp;post_logout_redirect_uri=" in page
        assert browser.get("/v1/me").status_code == 401


def test_provider_when_it_ends_a_session_then_ours_is_over_and_a_forged_wish_ends_none(house: House) -> None:
    house.person("akhir")
    provider, event = house.provider, {LOGOUT_EVENT: {}}
    with house.browser() as browser:
        house.enter(browser)
        provider.person = {}
        old = int(time.time()) - 600
        forged = [
            sign({"iss": provider.issuer, "aud": CLIENT_ID, "sid": "s-akhir", "events": event}, STRANGER),
            provider.make_token("a nonce", sid="s-akhir", events=event),
            provider.make_token(None, sid="s-akhir"),
            provider.make_token(None, events=event),
            provider.make_token(None, sid="s-akhir", events=event, iat=old, exp=old + 9_999),
            "x",
        ]
        for token in forged:
            answer = HTTP.post(f"{house.url}/v1/openid/logout", data={"logout_token": token})
            assert (answer.status_code, answer.json()["rule"]) == (401, "openid_invalid")
        assert browser.get("/v1/me").status_code == 200
        other = provider.make_token(None, sid="s-lain", events=event)
        assert HTTP.post(f"{house.url}/v1/openid/logout", data={"logout_token": other}).status_code == 200
        assert browser.get("/v1/me").status_code == 200
        wish = provider.make_token(None, sid="s-akhir", events=event)
        assert HTTP.post(f"{house.url}/v1/openid/logout", data={"logout_token": wish}).status_code == 200
        assert browser.get("/v1/me").status_code == 401
