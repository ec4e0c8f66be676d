"""The simulated balena reads the filters that the SDK's client writes, and refuses what balena refuses."""

from typing import Any
from urllib.parse import unquote

import pytest
from pine_client.client import build_filter

from simulators.balena.odata import BadQuery, read_filter, read_literal, split
from simulators.balena.rules import refuse
from simulators.balena.seed import seed
from simulators.balena.store import Conflict, Store


def whole(beginning: str) -> str:
    """Give a uuid of the length that balena wants."""
    return beginning.ljust(32, "0")


@pytest.fixture
def store() -> Store:
    store = Store()
    seed(store, "pasuruan")
    organization = store.select("organization", None, None)[0]["id"]
    device_type = store.select("device_type", {"slug": "raspberrypi5"}, None)[0]["id"]
    for name in ("aaaa", "beba"):
        body = {"app_name": name, "organization": organization, "is_for__device_type": device_type}
        fleet = store.create("application", body)["id"]
        for number in (1, 2):
            fields = {"belongs_to__application": fleet, "is_of__device_type": device_type}
            device = store.create(
                "device", fields | {"uuid": whole(f"{name}{number}"), "device_name": f"{name}'{number}"}
            )
            store.create("device_tag", {"device": device["id"], "tag_key": "site", "value": f"S{number}"})
    return store


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"uuid": whole("aaaa1")}, "aaaa1"),
        ({"uuid": {"$in": [whole("aaaa1"), whole("beba2")]}}, "aaaa1 beba2"),
        ({"device_name": "aaaa'2"}, "aaaa2"),
        ({"$or": [{"uuid": whole("aaaa1")}, {"uuid": whole("beba1")}]}, "aaaa1 beba1"),
        ({"$not": {"uuid": whole("aaaa1")}}, "aaaa2 beba1 beba2"),
        ({"uuid": {"$startswith": "beba"}, "is_online": False}, "beba1 beba2"),
        ({"note": None, "uuid": {"$ne": whole("beba1")}}, "aaaa1 aaaa2 beba2"),
        (
            {"belongs_to__application": {"$any": {"$alias": "a", "$expr": {"a": {"app_name": "beba"}}}}},
            "beba1 beba2",
        ),
        (
            {"device_tag": {"$any": {"$alias": "t", "$expr": {"t": {"tag_key": "site", "value": "S2"}}}}},
            "aaaa2 beba2",
        ),
        ({"id": {"$gt": 0}, "uuid": {"$contains": "ba1"}}, "beba1"),
    ],
)
def test_filter_when_written_by_the_sdks_client_then_finds_what_it_means(
    wanted: dict[str, Any], found: str, store: Store
) -> None:
    rows = store.select("device", None, "".join(build_filter(wanted)))
    assert " ".join(row["uuid"][:5] for row in rows) == found


@pytest.mark.parametrize("text", ["uuid eq", "uuid ~ 'x'", "(uuid eq 'x'", "uuid eq 'x' uuid", "nothing eq 1", "'"])
def test_filter_when_not_understood_then_refused(text: str, store: Store) -> None:
    with pytest.raises(BadQuery):
        store.select("device", None, text)


def test_filter_when_a_quote_hides_words_then_they_are_text() -> None:
    test = read_filter("name eq 'a%20and%20(b'", lambda row, step: [row[step]])
    assert test({"name": "a and (b"}, {})


def test_literal_and_list_when_quoted_then_are_whole() -> None:
    assert read_literal("'it''s'") == "it's"
    assert split("a,b($select=c,d;$filter=e eq 'x,(y'),f", ",") == ["a", "b($select=c,d;$filter=e eq 'x,(y')", "f"]
    assert unquote("%20") == " "


def test_row_when_its_key_is_taken_then_refused_and_nothing_changed(store: Store) -> None:
    taken = store.select("device", {"uuid": whole("aaaa1")}, None)
    with pytest.raises(Conflict, match="unique"):
        store.change("device", taken, {"uuid": whole("beba1")})
    assert store.select("device", {"uuid": whole("aaaa1")}, None) == taken


def test_device_when_removed_then_its_tags_are_gone_and_its_uuid_is_free(store: Store) -> None:
    device = store.select("device", {"uuid": whole("aaaa1")}, None)
    store.remove("device", device)
    assert len(store.select("device_tag", None, None)) == 3
    store.create("device", {key: device[0][key] for key in ("uuid", "belongs_to__application", "is_of__device_type")})


def test_row_when_shown_then_links_and_lists_are_as_balena_writes_them(store: Store) -> None:
    device = store.select("device", {"uuid": whole("aaaa1")}, None)[0]
    expand = "belongs_to__application($select=app_name),device_tag($select=value;$filter=tag_key eq 'site')"
    shown = store.show("device", device, "uuid,is_of__device_type", expand)
    assert shown == {
        "uuid": whole("aaaa1"),
        "is_of__device_type": {"__id": device["is_of__device_type"]},
        "belongs_to__application": [{"app_name": "aaaa"}],
        "device_tag": [{"value": "S1"}],
    }
    with pytest.raises(BadQuery):
        store.show("device", device, "uuid,is_onlin", None)


@pytest.mark.parametrize(
    ("resource", "body", "said"),
    [
        ("device_tag", {"device": 1, "tag_key": "a b", "value": "x"}, "cannot contain whitespace"),
        ("device_tag", {"device": 1, "tag_key": "io.balena.x", "value": "x"}, "are reserved"),
        ("device_environment_variable", {"device": 1, "name": "BALENA_X", "value": "x"}, "are reserved"),
        ("device_environment_variable", {"device": 1, "name": "1A", "value": "x"}, "alphanumeric"),
        ("device_environment_variable", {"device": 1, "name": "A", "value": "x\ny"}, "line break"),
        ("device_config_variable", {"device": 1, "name": "SPLASH", "value": "x"}, "namespaces: RESIN_, BALENA_"),
        ("device", {"uuid": "f" * 64}, "32 or 62 character long"),
        ("device", {"device_name": "a\nb"}, "newline"),
        ("application", {"app_name": "abc"}, "Length"),
    ],
)
def test_write_when_balena_would_refuse_the_name_or_value_then_refused(resource: str, body: dict, said: str) -> None:
    with pytest.raises(BadQuery, match=said):
        refuse(resource, body)


def test_write_when_as_provisioning_writes_then_taken() -> None:
    refuse("device_tag", {"tag_key": "satulayar.applied", "value": "{}"})
    refuse("device_environment_variable", {"name": "SATULAYAR_EDGE_BOX", "value": "TD-01-a"})
    refuse("application_config_variable", {"name": "BALENA_SUPERVISOR_DELTA", "value": "1"})
    refuse("device", {"uuid": "0f" * 31, "device_name": "TD-01-a"})
