"""Publishing to a Grafana: everything once, nothing twice, drift seen, others' objects left alone, faults told."""

import socket
from typing import Any

import pytest

from grafana import errors, names
from grafana.alerts import build
from grafana.publish.api import Grafana
from grafana.publish.plan import Step, carry_out, lines, make_plan
from grafana.settings import WallSettings
from tests.fix_grafana import FakeGrafana


def publish(settings: WallSettings, **options: Any) -> list[Step]:
    there = Grafana(settings)
    steps = make_plan(there, settings, **options)
    carry_out(there, steps, lambda _line: None)
    return steps


def look(settings: WallSettings) -> list[Step]:
    return [step for step in make_plan(Grafana(settings), settings) if step.action != "keep"]


@pytest.mark.parametrize("version", ["11.0.0", "11.6.4", "12.4.4"])
def test_apply_when_grafana_is_empty_then_makes_all_and_a_second_time_nothing(
    grafana: FakeGrafana, wall_settings: WallSettings, version: str
) -> None:
    grafana.version = version
    steps = publish(wall_settings)
    assert {step.action for step in steps} == {"create", "change"}  # the policy tree is always there
    assert len(grafana.boards) == 18
    assert len(grafana.groups) == 5
    written = len(grafana.writes)
    assert look(wall_settings) == []
    publish(wall_settings)
    assert len(grafana.writes) == written


def test_contact_point_when_grafana_can_sign_then_signs_and_before_bears_the_secret(
    grafana: FakeGrafana, wall_settings: WallSettings
) -> None:
    grafana.version = "11.5.9"
    publish(wall_settings)
    settings = grafana.contact_points[build.CONTACT_UID]["settings"]
    assert (settings["authorization_credentials"], "hmacConfig" in settings) == ("shared", False)
    grafana.version = "11.6.0-security-01"
    assert [step.thing.kind for step in look(wall_settings)] == ["contact point"]
    publish(wall_settings)
    settings = grafana.contact_points[build.CONTACT_UID]["settings"]
    assert settings["hmacConfig"]["secret"] == "shared"
    assert "authorization_credentials" not in settings


def test_plan_when_somebody_has_changed_things_then_names_them_and_apply_mends_them(
    grafana: FakeGrafana, wall_settings: WallSettings
) -> None:
    publish(wall_settings)
    board = grafana.boards["satulayar-dinding"]
    board["dashboard"]["panels"][0]["title"] = "Diubah"
    board["message"] = ""
    group = grafana.groups[names.ALERT_FOLDER[0], "air"]
    group["rules"][0]["for"] = "1h"
    grafana.sources[names.DATASOURCE_UID]["jsonData"]["sslmode"] = "disable"
    told = "\n".join(lines(look(wall_settings)))
    assert "dashboard Dinding" in told
    assert "'Diubah' instead of" in told
    assert "rule group air" in told
    assert "'disable' instead of 'verify-full'" in told
    publish(wall_settings)
    assert look(wall_settings) == []


def test_plan_when_any_kind_of_object_has_drifted_then_is_named_and_mended(
    grafana: FakeGrafana, wall_settings: WallSettings
) -> None:
    publish(wall_settings)
    grafana.folders["satulayar"]["title"] = "Diubah"
    grafana.sources[names.DATASOURCE_UID]["user"] = "postgres"
    grafana.mutes[build.MUTE_TIMING]["time_intervals"] = []
    grafana.contact_points[build.CONTACT_UID]["settings"]["url"] = "http://elsewhere.example"
    grafana.tree["routes"] = [branch for branch in grafana.tree["routes"] if not build.is_ours(branch)]
    grafana.groups[names.ALERT_FOLDER[0], "air"]["rules"].append({"uid": "buatan-tangan"})
    next(iter(grafana.lists.values()))["interval"] = "5s"
    told = {step.thing.kind: "\n".join(step.reasons) for step in look(wall_settings)}
    assert told.keys() == {
        *("folder", "data source", "mute timing", "contact point", "notification policy", "rule group", "playlist")
    }
    assert "buatan-tangan is no longer wanted" in told["rule group"]
    publish(wall_settings)
    assert look(wall_settings) == []


def test_apply_when_names_of_ours_are_others_objects_then_says_which_and_writes_none_of_them(
    grafana: FakeGrafana, wall_settings: WallSettings
) -> None:
    grafana.sources[names.DATASOURCE_UID] = {"uid": names.DATASOURCE_UID, "type": "prometheus", "secureJsonFields": {}}
    theirs = {"uid": "theirs", "name": build.CONTACT_POINT, "type": "email", "settings": {"addresses": "a@b.example"}}
    grafana.contact_points["theirs"] = dict(theirs)
    blocked = [step for step in publish(wall_settings) if step.action == "blocked"]
    assert {step.thing.kind for step in blocked} == {"data source", "contact point"}
    assert grafana.sources[names.DATASOURCE_UID]["type"] == "prometheus"
    assert grafana.contact_points == {"theirs": theirs}


def test_plan_when_a_secret_is_gone_then_says_so_and_apply_writes_it_again(
    grafana: FakeGrafana, wall_settings: WallSettings
) -> None:
    publish(wall_settings)
    grafana.sources[names.DATASOURCE_UID]["secureJsonFields"] = {}
    del grafana.contact_points[build.CONTACT_UID]["settings"]["hmacConfig"]
    told = {step.thing.kind: step.reasons for step in look(wall_settings)}
    assert told == {"data source": ["secrets: password is missing"], "contact point": ["settings.hmacConfig: missing"]}
    publish(wall_settings)
    assert look(wall_settings) == []


def test_plan_when_grafana_itself_has_rewritten_a_dashboard_then_is_no_drift(
    grafana: FakeGrafana, wall_settings: WallSettings
) -> None:
    publish(wall_settings)
    for board in grafana.boards.values():
        board["dashboard"]["schemaVersion"] = 42
        board["dashboard"]["refresh"] = "its own way"
    assert look(wall_settings) == []


def test_apply_when_others_have_objects_then_leaves_them_alone(
    grafana: FakeGrafana, wall_settings: WallSettings
) -> None:
    theirs = {"receiver": "Ronda", "object_matchers": [["team", "=", "ronda"]]}
    grafana.tree = {"receiver": "grafana-default-email", "routes": [theirs], "group_by": ["alertname"]}
    grafana.folders["ronda"] = {"uid": "ronda", "title": "Ronda"}
    grafana.boards["satulayar-kamera"] = {
        "dashboard": {"uid": "satulayar-kamera", "tags": []},
        "meta": {},
        "message": "",
    }
    steps = publish(wall_settings)
    blocked = [step for step in steps if step.action == "blocked"]
    assert ["satulayar-kamera" in step.reasons[0] for step in blocked] == [True]
    assert grafana.boards["satulayar-kamera"]["dashboard"]["tags"] == []
    assert grafana.tree["receiver"] == "grafana-default-email"
    assert grafana.tree["routes"][1] == theirs
    assert build.is_ours(grafana.tree["routes"][0])
    assert "ronda" in grafana.folders


def test_apply_when_grafana_fails_half_way_then_says_how_far_and_a_second_apply_completes(
    grafana: FakeGrafana, wall_settings: WallSettings
) -> None:
    grafana.fails_after = 7
    with pytest.raises(errors.Unavailable, match=r"database is locked[\s\S]*7 of \d+ objects are written"):
        publish(wall_settings)
    assert len(grafana.writes) == 7
    grafana.fails_after = None
    publish(wall_settings)
    assert look(wall_settings) == []
    assert len(grafana.writes) == 31  # each object once


def test_apply_when_rules_shall_be_editable_then_asks_for_no_provenance(
    grafana: FakeGrafana, wall_settings: WallSettings
) -> None:
    publish(wall_settings.model_copy(update={"keep_editable": True}))
    assert "true" in grafana.provenance
    grafana.provenance.clear()
    grafana.groups.clear()
    publish(wall_settings)
    assert set(grafana.provenance) == {None}


def test_apply_when_secrets_are_to_be_renewed_then_writes_only_what_has_some(
    grafana: FakeGrafana, wall_settings: WallSettings
) -> None:
    publish(wall_settings)
    steps = publish(wall_settings, with_secrets=True)
    assert {step.thing.kind for step in steps if step.action == "change"} == {"data source", "contact point"}


def test_plan_when_the_token_is_refused_then_says_so(grafana: FakeGrafana, wall_settings: WallSettings) -> None:
    other = WallSettings(url=grafana.url, token="wrong")  # type: ignore[arg-type]
    with pytest.raises(errors.Misconfigured, match="refuses the token"):
        look(other)
    with pytest.raises(errors.Misconfigured, match="no token"):
        look(WallSettings(url=grafana.url))


@pytest.mark.parametrize(("version", "told"), [("10.4.2", "11.0 is the oldest"), ("", "does not say which Grafana")])
def test_plan_when_grafana_is_too_old_then_says_which_is_needed(
    grafana: FakeGrafana, wall_settings: WallSettings, version: str, told: str
) -> None:
    grafana.version = version
    with pytest.raises(errors.Misconfigured, match=told):
        look(wall_settings)


def test_plan_when_nobody_answers_then_says_who_does_not(wall_settings: WallSettings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        away = wall_settings.model_copy(update={"url": f"http://127.0.0.1:{taken.getsockname()[1]}"})
        with pytest.raises(errors.Unavailable, match="does not answer"):
            look(away)


@pytest.mark.parametrize("url", ["grafana.example:3000", "http://user:word@grafana.example", "ftp://grafana.example"])
def test_settings_when_the_address_cannot_be_meant_then_says_so(url: str) -> None:
    with pytest.raises(errors.Misconfigured, match="is no address"):
        Grafana(WallSettings(url=url, token="x"))  # type: ignore[arg-type]
