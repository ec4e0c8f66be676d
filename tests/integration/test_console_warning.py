"""The console's page of early warning: what it shows, what may be ordered there, and by whom."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest

from cloud.api.settings import ApiSettings
from tests.fix_api import RunningApi, serve
from tests.fix_database import add_asset, add_box, add_series, as_role, set_latest
from tests.fix_people import PASSWORD, People, Person

GAUGE = "KRT-01.gauge-1"
FORM = {
    "status": "Exercise",
    "event_id": "Banjir",
    "event_en": "Flood",
    "headline_id": "Welang <meluap>",
    "headline_en": "The Welang floods",
    "description_id": "Latihan.",
    "description_en": "An exercise.",
    "area_id": "Kraton",
    "area_en": "Kraton",
    "place": "-7.6597,112.846",
    "radius_km": "3",
    "urgency": "Expected",
    "severity": "Severe",
    "certainty": "Likely",
    "response": "Prepare",
    "hours": "2",
    "reason": "latihan bulanan",
}


@pytest.fixture(scope="module")
def river(api: RunningApi) -> Iterator[RunningApi]:
    """An API with a name as a sender, and a gauge at Siaga 2 with a siren."""
    gauge = add_asset(api.owner, add_box(api.owner, "KRT-01", "KRT-01-a"), GAUGE)
    api.owner.execute("UPDATE site SET latitude = -7.6597, longitude = 112.846")
    api.owner.execute("UPDATE asset SET kind = 'river_gauge', name = 'Pos Kraton' WHERE id = %s", [gauge])
    api.owner.execute("INSERT INTO gauge_stage VALUES (%(id)s, 3, 2), (%(id)s, 2, 3), (%(id)s, 1, 4)", {"id": gauge})
    level, siren = add_series(api.owner, gauge, ["water_level", "siren_on"])
    set_latest(api.owner, level, 3.25)
    set_latest(api.owner, siren, 0.0)
    settings = ApiSettings(
        dsn=as_role(api.dsn, "api"), port=0, log_level="error", cap_sender="pusdalops@satulayar.invalid"
    )
    with serve(settings) as (url, server):
        yield RunningApi(url, api.dsn, api.owner, api.tokens, server)


@pytest.fixture
def people_there(river: RunningApi) -> Iterator[People]:
    with ExitStack() as stack:
        yield People(river, stack)


def enter(people: People, role: Any) -> Person:
    person = people.add(f"{role}-{uuid4().hex[:6]}", role)
    assert person.client.post("/login", data={"name": person.name, "password": PASSWORD}).status_code == 303
    person.csrf = person.client.get("/v1/me").json()["csrf"]
    return person


def post(person: Person, path: str, **fields: str) -> Any:
    content = {"csrf": person.csrf, "request_id": uuid4().hex} | fields
    return person.client.post(f"/early-warning/{path}", data=content, follow_redirects=True)


def test_page_when_a_river_stands_high_then_it_says_so_in_both_languages(people_there: People) -> None:
    person = enter(people_there, "viewer")
    indonesian, english = (person.client.get("/early-warning", params={"lang": lang}).text for lang in ("id", "en"))
    assert "Pos Kraton" in indonesian
    assert "3,25" in indonesian
    assert "Siaga II: bersiap" in indonesian
    assert "3.25" in english
    assert "siren silent" in english
    assert "/early-warning/stage" not in indonesian, "a viewer is shown a form"


def test_warning_when_a_head_of_shift_issues_and_cancels_it_then_it_comes_and_goes(people_there: People) -> None:
    person = enter(people_there, "head_of_shift")
    shown = post(person, "warnings", **FORM)
    assert shown.status_code == 200
    assert "Sudah dilakukan" in shown.text
    assert "Welang &lt;meluap&gt;" in shown.text
    (made,) = person.client.get("/v1/warnings", params={"in_force": True}).json()["items"]
    assert made["geometry"]["type"] == "MultiPolygon"
    assert (made["status"], made["account"]) == ("Exercise", person.name)
    gone = post(person, f"warnings/{made['id']}/cancel", reason="latihan selesai")
    assert "Welang &lt;meluap&gt;" not in gone.text
    assert person.client.get("/v1/warnings", params={"in_force": True}).json()["items"] == []


def test_form_when_it_makes_no_sense_then_it_says_why_and_keeps_what_was_typed(people_there: People) -> None:
    person = enter(people_there, "head_of_shift")
    shown = post(person, "warnings", **(FORM | {"place": "7.6,112.8"}))
    assert "di luar kabupaten" in shown.text
    shown = post(person, "warnings", **(FORM | {"hours": "0"}))
    assert 'role="alert"' in shown.text
    assert "Latihan." in shown.text


def test_siren_when_there_is_no_line_to_the_boxes_then_the_page_says_so(people_there: People) -> None:
    person = enter(people_there, "head_of_shift")
    shown = post(person, f"sirens/{GAUGE}/sound", minutes="2", reason="air naik")
    assert "perantara pesan" in shown.text


def test_stage_when_an_operator_sets_it_by_hand_then_he_is_refused_and_a_head_is_not(people_there: People) -> None:
    refused = post(enter(people_there, "operator"), "stage", stage="3", reason="hujan")
    assert "kepala regu jaga" in refused.text
    done = post(enter(people_there, "head_of_shift"), "stage", stage="3", reason="hujan lebat")
    assert "Sudah dilakukan" in done.text
    assert "stage-3" in done.text


def test_order_when_the_form_has_no_mark_then_it_is_refused(people_there: People) -> None:
    person = enter(people_there, "head_of_shift")
    answer = person.client.post("/early-warning/stage", data={"stage": "5", "reason": "jahat"})
    assert "Sudah dilakukan" not in answer.text
    assert person.client.get("/v1/stage").json()["items"][0]["stage"] != 5


def test_siren_when_a_button_is_pressed_then_only_its_own_question_is_asked_and_silence_asks_none(
    people_there: People,
) -> None:
    page = enter(people_there, "head_of_shift").client.get("/early-warning", params={"lang": "en"}).text
    silence, sound, test = (
        re.search(rf"<form[^>]*/{act}\"[^>]*>.*?</form>|<button[^>]*/{act}\"[^>]*>", page, re.DOTALL)
        for act in ("silence", "sound", "test")
    )
    assert silence
    assert "confirm" not in silence[0], "who silences a siren is asked whether it shall sound"
    assert "required" not in silence[0]
    assert sound
    assert "for the public to hear?" in sound[0].split("formaction")[0]
    assert test
    assert "as a test?" in test[0]
    assert "the public" not in test[0]


def test_stage_when_it_is_set_then_every_page_and_everybody_sees_it_with_reason_and_author(
    people_there: People,
) -> None:
    head, viewer = enter(people_there, "head_of_shift"), enter(people_there, "viewer")
    post(head, "stage", stage="4", reason="hujan lebat di hulu")
    for path in ("/incidents", "/map", "/early-warning"):
        assert "Tahap 4: darurat" in viewer.client.get(path, params={"lang": "id"}).text
    page = viewer.client.get("/early-warning", params={"lang": "id"}).text
    assert "hujan lebat di hulu" in page
    assert head.name in page


DRAWN = "-7.6600, 112.8000\n-7.6600, 112.8800\n-7.6200; 112.8800\n"


def newest(person: Person) -> dict[str, Any]:
    return dict(person.client.get("/v1/warnings").json()["items"][0])


def test_outline_when_typed_then_the_warning_has_that_polygon_with_longitude_first(people_there: People) -> None:
    person = enter(people_there, "head_of_shift")
    shown = post(person, "warnings", **(FORM | {"place": "", "outline": DRAWN}))
    assert "Sudah dilakukan" in shown.text
    assert newest(person)["geometry"]["coordinates"] == [
        [[[112.8, -7.66], [112.88, -7.66], [112.88, -7.62], [112.8, -7.66]]]
    ]


@pytest.mark.parametrize(
    ("outline", "told"),
    [
        ("-7.66, 112.80\nlapangan desa", "Baris 2 bukan lintang, bujur"),
        ("112.80, -7.66", "Baris 1 bukan lintang, bujur"),
        ("-7.66, 112.80\n-7.62, 112.88\n-7.66, 112.88\n-7.62, 112.80", "bersilangan"),
        ("-5.66, 110.80\n-5.62, 110.88\n-5.66, 110.88", "di luar kabupaten"),
        ("-7.66, 112.80\n-7.62, 112.88", "Sudah dilakukan"),
    ],
    ids=["words", "swapped", "crossed", "elsewhere", "two corners"],
)
def test_outline_when_it_is_none_then_the_page_says_why_and_keeps_it(
    people_there: People, outline: str, told: str
) -> None:
    person = enter(people_there, "head_of_shift")
    before = newest(person)["id"]
    shown = post(person, "warnings", **(FORM | {"place": "", "outline": outline}))
    if told == "Sudah dilakukan":
        assert told not in shown.text
    else:
        assert told in shown.text
    assert outline.splitlines()[0] in shown.text
    assert newest(person)["id"] == before


def test_districts_when_chosen_then_each_is_drawn_around_our_places(people_there: People, river: RunningApi) -> None:
    river.owner.execute("UPDATE site SET district = 'Kraton'")
    person = enter(people_there, "head_of_shift")
    assert "<option>Kraton</option>" in person.client.get("/early-warning").text
    shown = post(person, "warnings", **(FORM | {"place": "", "districts": "Kraton"}))
    assert "Sudah dilakukan" in shown.text
    (ring,) = newest(person)["geometry"]["coordinates"][0]
    assert min(corner[0] for corner in ring) < 112.846 < max(corner[0] for corner in ring)


def test_warning_when_changed_by_its_form_then_an_update_follows_it(people_there: People) -> None:
    person = enter(people_there, "head_of_shift")
    post(person, "warnings", **(FORM | {"place": "", "outline": DRAWN}))
    first = newest(person)
    page = person.client.get("/early-warning", params={"change": first["id"]}).text
    assert f'action="/early-warning/warnings/{first["id"]}/update"' in page
    assert "Welang &lt;meluap&gt;" in page
    assert "-7.66000, 112.80000" in page
    fields = FORM | {"place": "", "outline": DRAWN, "severity": "Extreme"}
    assert "Sudah dilakukan" in post(person, f"warnings/{first['id']}/update", **fields).text
    made = newest(person)
    assert (made["message_type"], made["severity"]) == ("Update", "Extreme")
    assert person.client.get(f"/v1/warnings/{first['id']}").json()["superseded_by"] == made["id"]
