"""The simulated balena reads the filters that the SDK's client writes, and refuses what balena refuses."""

from typing import Any
from urllib.parse import unquote

import pytest
from pine_client.client import build_filter

from simulators.balena.odata import BadQuery, read_filter, read_literal, split
from simulators.balena.seed import seed
from simulators.balena.store import Conflict, Store


@pytest.fixture
def store() -> Store:
    store = Store()
    seed(store, "pasuruan")
    organization = store.select("organization", None, None)[0]["id"]
    device_type = store.select("device_type", {"slug": "raspberrypi5"}, None)[0]["id"]
    for name in ("alpha", "beta"):
        body = {"app_name": name, "organization": organization, "is_for__device_type": device_type}
        fleet = store.create("application", body)["id"]
        for number in (1, 2):
            fields = {"belongs_to__application": fleet, "is_of__device_type": device_type}
            device = store.create("device", fields | {"uuid": f"{name}{number}", "device_name": f"{name}'{number}"})
            store.create("device_tag", {"device": device["id"], "tag_key": "site", "value": f"S{number}"})
    return store


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"uuid": "alpha1"}, "alpha1"),
        ({"uuid": {"$in": ["alpha1", "beta2"]}}, "alpha1 beta2"),
        ({"device_name": "alpha'2"}, "alpha2"),
        ({"$or": [{"uuid": "alpha1"}, {"uuid": "beta1"}]}, "alpha1 beta1"),
        ({"$not": {"uuid": "alpha1"}}, "alpha2 beta1 beta2"),
        ({"uuid": {"$startswith": "beta"}, "is_online": False}, "beta1 beta2"),
        ({"note": None, "uuid": {"$ne": "beta1"}}, "alpha1 alpha2 beta2"),
        (
            {"belongs_to__application": {"$any": {"$alias": "a", "$expr": {"a": {"app_name": "beta"}}}}},
            "beta1 beta2",
        ),
        (
            {"device_tag": {"$any": {"$alias": "t", "$expr": {"t": {"tag_key": "site", "value": "S2"}}}}},
            "alpha2 beta2",
        ),
        ({"id": {"$gt": 0}, "uuid": {"$contains": "ta1"}}, "beta1"),
    ],
)
def test_filter_when_written_by_the_sdks_client_then_finds_what_it_means(
    wanted: dict[str, Any], found: str, store: Store
) -> None:
    rows = store.select("device", None, "".join(build_filter(wanted)))
    assert " ".join(row["uuid"] for row in rows) == found


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
    taken = store.select("device", {"uuid": "alpha1"}, None)
    with pytest.raises(Conflict, match="unique"):
        store.change("device", taken, {"uuid": "beta1"})
    assert store.select("device", {"uuid": "alpha1"}, None) == taken


def test_device_when_removed_then_its_tags_are_gone_and_its_uuid_is_free(store: Store) -> None:
    device = store.select("device", {"uuid": "alpha1"}, None)
    store.remove("device", device)
    assert len(store.select("device_tag", None, None)) == 3
    store.create("device", {key: device[0][key] for key in ("uuid", "belongs_to__application", "is_of__device_type")})


def test_row_when_shown_then_links_and_lists_are_as_balena_writes_them(store: Store) -> None:
    device = store.select("device", {"uuid": "alpha1"}, None)[0]
    expand = "belongs_to__application($select=app_name),device_tag($select=value;$filter=tag_key eq 'site')"
    shown = store.show("device", device, "uuid,is_of__device_type", expand)
    assert shown == {
        "uuid": "alpha1",
        "is_of__device_type": {"__id": device["is_of__device_type"]},
        "belongs_to__application": [{"app_name": "alpha"}],
        "device_tag": [{"value": "S1"}],
    }
    with pytest.raises(BadQuery):
        store.show("device", device, "uuid,is_onlin", None)
