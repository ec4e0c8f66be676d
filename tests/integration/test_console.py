"""Pages of the console over HTTP: the door, who sees what, both languages, nothing from elsewhere."""

import re

import pytest

from tests.fix_api import HTTP, RunningApi
from tests.fix_database import add_asset, add_box
from tests.fix_people import PASSWORD, People, Person

PAGES = ("/incidents", "/map", "/early-warning", "/services", "/audit", "/", "/junctions", "/cameras", "/password")


def enter(person: Person, **more: str) -> str:
    """Sign in by the form; give where it leads."""
    answer = person.client.post("/login", data={"name": person.name, "password": PASSWORD, **more})
    assert answer.status_code == 303, answer.text
    person.csrf = person.client.get("/v1/me").json()["csrf"]
    return answer.headers["location"]


@pytest.fixture(scope="module")
def place(api: RunningApi) -> int:
    box = add_box(api.owner, "TD-01", "TD-01-a")
    api.owner.execute("UPDATE site SET latitude = -7.65, longitude = 112.7")
    return add_asset(api.owner, box, "TD-01.panel-1")


def test_page_when_nobody_is_signed_in_then_leads_to_the_door_and_back(api: RunningApi, people: People) -> None:
    answer = HTTP.get(f"{api.url}/incidents/INS-0001")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/incidents/INS-0001")
    part = HTTP.get(f"{api.url}/incidents", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["hx-redirect"]) == (401, "/login")
    assert enter(people.add("pulang"), next="/map") == "/map"


def test_door_when_asked_to_lead_elsewhere_then_leads_home(people: People) -> None:
    person = people.add("jauh")
    for elsewhere in ("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"):
        assert enter(person, next=elsewhere) == "/incidents"
        shown = person.client.get("/login", params={"next": elsewhere}).text
        assert "elsewhere" not in re.findall(r'name="next" value="([^"]*)"', shown)[0]


def test_door_when_the_password_is_wrong_then_says_so_in_the_language(people: People) -> None:
    person = people.add("keliru")
    wrong = {"name": "keliru", "password": "salah sekali"}
    indonesian = person.client.post("/login", data=wrong)
    assert indonesian.status_code == 401
    assert "Nama atau kata sandi salah." in indonesian.text
    english = person.client.post("/login?lang=en", data=wrong)
    assert "The name or the password is wrong." in english.text
    assert "salah sekali" not in english.text


@pytest.mark.parametrize("path", PAGES)
def test_page_when_opened_then_speaks_both_languages_and_takes_nothing_from_elsewhere(
    api: RunningApi, people: People, place: int, path: str
) -> None:
    person = people.add(f"lihat{path.replace('/', '-')}")
    enter(person)
    indonesian = person.client.get(path)
    english = person.client.get(path, params={"lang": "en"})
    assert (indonesian.status_code, english.status_code) == (200, 200)
    assert '<html lang="id"' in indonesian.text
    assert ">Insiden<" in indonesian.text
    assert '<html lang="en"' in person.client.get(path).text, "the language stays chosen"
    assert ">Incidents<" in english.text
    for answer in (indonesian, english):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert " style=" not in answer.text
        assert not re.search(r"\son\w+=", answer.text)
        assert not re.search(r"<script(?![^>]*\ssrc=)", answer.text)
        for address in re.findall(r'(?:src|href|action)="([^"]+)"', answer.text):
            assert address.startswith(("/", "?", "#")), address
            assert not address.startswith("//"), address


def test_navigation_when_roles_differ_then_shows_what_each_may(people: People) -> None:
    seen = {}
    for role in ("viewer", "operator", "admin"):
        person = people.add(f"menu-{role}", role)
        enter(person)
        seen[role] = set(re.findall(r'<a href="(/[\w/]*)"', person.client.get("/services").text))
    assert "/accounts" not in seen["viewer"] | seen["operator"]
    assert "/audit" not in seen["viewer"]
    assert {"/accounts", "/audit", "/incidents", "/junctions", "/cameras"} <= seen["admin"]


def test_page_when_a_right_is_missing_then_says_which_in_the_language(people: People) -> None:
    person = people.add("terlarang", "operator")
    enter(person)
    answer = person.client.get("/accounts")
    assert answer.status_code == 403
    assert "tidak boleh melakukan ini (account.manage)" in answer.text
    assert "may not do this (account.manage)" in person.client.get("/accounts?lang=en").text


def test_account_when_made_on_the_page_then_its_first_password_is_shown_once(people: People) -> None:
    admin = people.add("pengelola", "admin")
    enter(admin)
    form = {"name": "anyar", "full_name": "<b>Anyar</b>", "role": "operator", "agencies": ["disaster", "112"]}
    assert admin.client.post("/accounts", data=form).status_code == 403, "without the form's mark"
    made = admin.client.post("/accounts", data=form | {"csrf": admin.csrf}, headers={"X-CSRF-Token": ""})
    first = re.findall(r'first-password">([\w-]+)<', made.text)
    assert len(first) == 1
    again = admin.client.get("/accounts").text
    assert first[0] not in again
    assert "&lt;b&gt;Anyar&lt;/b&gt;" in again
    assert "<b>Anyar" not in again
    new = people.meet("anyar")
    answer = new.client.post("/login", data={"name": "anyar", "password": first[0]})
    assert answer.headers["location"] == "/password"
    assert new.client.get("/incidents").headers["location"] == "/password"
    csrf = new.client.get("/v1/me").json()["csrf"]
    typed = {"old": first[0], "new": "lima kapal di laut", "again": "enam kapal di laut", "csrf": csrf}
    assert "Kedua kata sandi baru tidak sama." in new.client.post("/password", data=typed).text
    typed["again"] = typed["new"]
    assert "Kata sandi sudah diganti" in new.client.post("/password", data=typed).text
    assert new.client.get("/incidents").status_code == 200


def test_signing_out_when_done_then_the_session_is_over(people: People) -> None:
    person = people.add("pergi")
    enter(person)
    assert person.client.post("/logout", data={"csrf": "0" * 64}).status_code == 403
    answer = person.client.post("/logout", data={"csrf": person.csrf})
    assert answer.headers["location"] == "/login"
    assert person.client.get("/v1/me").status_code == 401


def test_map_when_asked_then_gives_sites_and_cameras_as_geojson(people: People, place: int) -> None:
    person = people.add("peta", "viewer")
    enter(person)
    points = person.client.get("/v1/map").json()
    assert points["sites"]["type"] == "FeatureCollection"
    assert points["sites"]["features"][0]["geometry"] == {"type": "Point", "coordinates": [112.7, -7.65]}


def test_file_when_it_is_there_already_then_is_not_sent_again(api: RunningApi) -> None:
    path = f"{api.url}/console/vendor/maplibre-gl-csp.js"
    first = HTTP.get(path)
    assert first.headers["content-encoding"] == "gzip"
    assert int(first.headers["content-length"]) < 300_000
    assert HTTP.get(path, headers={"If-None-Match": first.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("path", ["/duty-worker.js", "/console/vendor/maplibre-gl-csp-worker.js"])
def test_worker_when_its_file_is_given_then_its_policy_lets_it_ask_this_host(api: RunningApi, path: str) -> None:
    policy = HTTP.get(api.url + path).headers["content-security-policy"]
    assert "connect-src 'self'" in policy
    assert "default-src 'none'" in policy
