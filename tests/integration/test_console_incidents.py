"""Incidents on the console's pages: a call taken, acts by forms, refusals where one stands; nothing typed is run."""

import itertools
import re

import pytest

from tests.fix_api import RunningApi
from tests.fix_operations import Ground
from tests.fix_people import PASSWORD, People, Person

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>"
NUMBERS = itertools.count(1)
ALL = ("transport", "disaster", "public_order", "health", "112", "platform")


def enter(person: Person) -> Person:
    answer = person.client.post("/login", data={"name": person.name, "password": PASSWORD})
    assert answer.status_code == 303
    person.csrf = person.client.get("/v1/me").json()["csrf"]
    return person


@pytest.fixture(scope="module")
def place(api: RunningApi) -> Ground:
    ground = Ground(api.owner, api.dsn)
    ground.place("TD-01", ("cam-1", "camera"))
    api.owner.execute("UPDATE site SET name = %s", [f"Simpang {EVIL}"])
    api.owner.execute("INSERT INTO crew (name, agency, skills) VALUES ('Regu BPBD 1', 'disaster', '{tree}')")
    return ground


@pytest.fixture
def operator(people: People, place: Ground) -> Person:
    return enter(people.add(f"op-{next(NUMBERS)}", "operator", ALL))


def take_call(who: Person, kind: str = "fallen_tree", text: str = "Pohon melintang", request_id: str = "") -> str:
    form = {"kind": kind, "place": "TD-01", "text": text, "csrf": who.csrf}
    answer = who.client.post("/incidents/new", data=form | {"request_id": request_id or f"{who.name}-{kind}"})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"].removeprefix("/incidents/"))


def act(who: Person, name: str, verb: str, *, part: bool = True, **fields: str) -> tuple[int, str]:
    headers = {"HX-Request": "true"} if part else {}
    answer = who.client.post(f"/incidents/{name}/{verb}", data={"csrf": who.csrf, **fields}, headers=headers)
    return answer.status_code, answer.text


def test_call_when_taken_then_the_incident_is_in_the_queue_and_what_was_typed_is_text(operator: Person) -> None:
    name = take_call(operator, text=f"Kata pelapor: {EVIL}")
    for path in ("/incidents", f"/incidents/{name}", f"/incidents/rows?incident={name}", f"/incidents/{name}/parts"):
        text = operator.client.get(path).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "&lt;script&gt;alert(1)" in text, path
    assert f'href="/incidents/{name}"' in operator.client.get("/incidents").text


def test_call_when_a_field_is_wrong_then_the_form_keeps_what_was_typed(operator: Person) -> None:
    form = {"kind": "fallen_tree", "place": "NIRGENDS", "text": "di jalan", "csrf": operator.csrf, "request_id": "r-1"}
    answer = operator.client.post("/incidents/new", data=form)
    assert answer.status_code == 200
    assert 'value="NIRGENDS"' in answer.text
    assert "di jalan</textarea>" in answer.text
    assert 'class="told bad" role="alert"></p>' not in answer.text


def test_acts_when_done_by_forms_then_go_to_the_verified_end_by_two_people(
    people: People, operator: Person, place: Ground
) -> None:
    name = take_call(operator, "wrong_way")
    status, parts = act(operator, name, "acknowledge")
    assert status == 200
    assert set(re.findall(r'id="([\w-]+)"[^>]* hx-swap-oob', parts)) == {
        *("incident-head", "steps", "crews", "timeline", "acts", "evidence"),
    }
    assert 'class="state state-acknowledged"' in parts
    status, parts = act(operator, name, "dispatch", crew="Regu BPBD 1", text="Lewat utara")
    assert (status, "belum menjawab" in parts) == (200, True)
    status, parts = act(operator, name, "resolve", text="Sudah diarahkan kembali")
    assert 'class="state state-resolved"' in parts
    assert "orang lain harus memastikannya" in parts
    status, told = act(operator, name, "verify", text="Saya yakin")
    assert status in (403, 409)
    assert 'class="told bad"' in told
    head = enter(people.add(f"kepala-{name}", "head_of_shift", ("transport",)))
    assert act(head, name, "verify", text="Kamera melihat jalan", part=False)[0] == 303
    page = head.client.get(f"/incidents/{name}").text
    assert 'class="state state-closed"' in page
    assert "Sudah selesai." in page


def test_act_when_no_form_of_ours_sent_it_then_is_refused_and_nothing_changed(operator: Person) -> None:
    name = take_call(operator, "accident")
    assert operator.client.post(f"/incidents/{name}/acknowledge", data={}).status_code == 403
    evil = operator.client.post(
        f"/incidents/{name}/acknowledge", data={"csrf": operator.csrf}, headers={"Origin": "https://elsewhere.example"}
    )
    assert evil.status_code == 403
    assert 'class="state state-open"' in operator.client.get(f"/incidents/{name}").text


def test_act_when_of_another_agency_then_is_refused_by_its_rule_in_both_languages(
    people: People, operator: Person
) -> None:
    name = take_call(operator, "fallen_tree")
    other = enter(people.add(f"dishub-{name}", "operator", ("transport",)))
    status, told = act(other, name, "acknowledge")
    assert status == 403
    assert "tidak bertugas untuk instansi itu" in told
    english = other.client.post(f"/incidents/{name}/acknowledge?lang=en", data={"csrf": other.csrf})
    assert "does not act for that agency" in english.text
    assert 'role="alert"' in told


def test_form_when_stale_then_is_told_who_was_faster(people: People, operator: Person) -> None:
    name = take_call(operator, "congestion")
    version = re.findall(r'name="version" value="(\d+)"', operator.client.get(f"/incidents/{name}").text)[0]
    faster = enter(people.add(f"cepat-{name}", "operator", ALL))
    assert act(faster, name, "acknowledge", version=version)[0] == 200
    status, told = act(operator, name, "acknowledge", version=version)
    assert status == 409
    assert faster.name in told


def test_viewer_when_looking_then_has_no_forms(people: People, operator: Person) -> None:
    name = take_call(operator, "lamp_out")
    viewer = enter(people.add(f"mata-{name}", "viewer", ()))
    page = viewer.client.get(f"/incidents/{name}").text
    assert "hx-post" not in page
    assert "Tidak ada tindakan untuk akun ini." in page
    assert viewer.client.get("/incidents/new").status_code in (200, 403)


def test_crew_when_signed_in_then_sees_its_duty_only(people: People, place: Ground) -> None:
    crew = enter(people.add("regu-darat", "crew", ("disaster",)))
    assert crew.client.post("/login", data={"name": "regu-darat", "password": PASSWORD}).headers["location"] == "/duty"
    page = crew.client.get("/duty").text
    assert '<template id="one">' in page
    assert 'href="/accounts"' not in page
    assert crew.client.get("/incidents").status_code == 403
    for path, kind in (("/duty-worker.js", "text/javascript"), ("/duty.webmanifest", "application/manifest+json")):
        assert crew.client.get(path).headers["content-type"].startswith(kind)
    # A worker's policy is that of its own file: one that may fetch nothing leaves the map without roads.
    for worker in ("/duty-worker.js", "/console/vendor/maplibre-gl-csp-worker.js", "/crew/worker.js"):
        assert "connect-src 'self'" in crew.client.get(worker).headers["content-security-policy"], worker


def test_queue_when_filtered_then_shows_what_fits(operator: Person) -> None:
    name = take_call(operator, "fallen_tree", request_id="saring")
    assert name in operator.client.get("/incidents?agency=disaster").text
    assert name not in operator.client.get("/incidents?agency=health").text
    assert name in operator.client.get("/incidents?scope=all").text
    assert operator.client.get("/incidents?state=nonsense").status_code == 422


def test_timeline_when_the_engine_has_said_something_then_the_page_tells_it_in_its_language(
    api: RunningApi, operator: Person
) -> None:
    name = take_call(operator, "other", request_id=f"{operator.name}-said")
    api.owner.execute(
        "INSERT INTO incident_log (incident_id, actor, action, said) SELECT id, 'satulayar', 'escalated', %s"
        " FROM incident WHERE incident_name(number) = %s",
        ['{"code": "escalated", "values": {"clock": "arrive", "told": ["crew:Regu 1"]}}', name],
    )
    page = operator.client.get(f"/incidents/{name}", params={"lang": "id"}).text
    assert "belum ada yang tiba; diberitahu: crew:Regu 1" in page
    page = operator.client.get(f"/incidents/{name}", params={"lang": "en"}).text
    assert "nobody has arrived; told: crew:Regu 1" in page


def test_merge_when_undone_on_its_page_then_it_is_open_again(people: People, place: Ground) -> None:
    head = enter(people.add(f"head-{next(NUMBERS)}", "head_of_shift", ALL))
    one, other = (take_call(head, kind, request_id=f"{head.name}-{kind}-m") for kind in ("fire", "crime"))
    assert act(head, one, "merge", into=other)[0] == 200
    page = head.client.get(f"/incidents/{one}").text
    assert f'href="/incidents/{other}"' in page
    assert f'action="/incidents/{one}/unmerge"' in page
    status, parts = act(head, one, "unmerge", text="Bukan hal yang sama")
    assert status == 200
    assert 'class="state state-open"' in parts


def test_call_when_it_is_at_no_site_of_ours_then_address_and_pin_are_enough_and_shown(operator: Person) -> None:
    form = {"kind": "fire", "text": "Asap tebal", "csrf": operator.csrf, "address": f"Jl. Raya Kraton 12 {EVIL}"[:80]}
    nowhere = operator.client.post("/incidents/new", data=form | {"request_id": "nowhere"})
    assert nowhere.status_code == 200
    assert "Jl. Raya Kraton 12" in nowhere.text, "what was typed is lost"
    pinned = form | {"request_id": "pinned", "latitude": "-7,6601", "longitude": "112.85"}
    answer = operator.client.post("/incidents/new", data=pinned)
    assert answer.status_code == 303, answer.text
    name = answer.headers["location"].removeprefix("/incidents/")
    row = operator.client.get(f"/incidents/rows?incident={name}").text
    assert "Kebakaran: Jl. Raya Kraton 12" in row
    assert "-7.6601, 112.8500" in row
    assert "<script>alert" not in row
