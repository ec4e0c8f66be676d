"""A simulated BMKG warns while it rains hard, once for each area."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from cloud.warning.bmkg import read_earthquakes, read_list
from cloud.warning.cap_xml import read_alert
from cloud.warning.errors import CapFault
from simulators.bmkg.publish import write_felt, write_list, write_warning
from simulators.bmkg.sky import AGAIN, Sky, order_quake
from simulators.errors import Refused
from simulators.regency.load import DEFAULT_FILE, load_regency

NOW = datetime(2026, 1, 10, 6, 0, tzinfo=UTC)


def test_rain_when_it_is_heavy_then_its_area_is_warned_once_and_again_before_the_warning_ends() -> None:
    sky = Sky(load_regency(DEFAULT_FILE))
    assert sky.look({"PWD-01": 9.0}, NOW) == []
    first = sky.look({"PWD-01": 30.0}, NOW)
    assert len(first) == 1
    assert "Purwodadi" in first[0].places
    assert sky.look({"PWD-01": 30.0}, NOW + timedelta(minutes=5)) == first
    later = sky.look({"PWD-01": 30.0}, NOW + AGAIN + timedelta(minutes=1))
    assert later[0].identifier != first[0].identifier
    assert sky.look({}, NOW + timedelta(hours=6)) == []


def test_documents_when_they_are_published_then_our_reader_understands_each() -> None:
    warning = Sky(load_regency(DEFAULT_FILE)).look({"PWD-01": 30.0}, NOW)[0]
    (item,) = read_list(write_list([warning], "id", "http://127.0.0.1:1", NOW))
    assert item.link.endswith(f"/alerts/nowcast/id/{warning.code}_alert.xml")
    for language in ("id", "en"):
        alert = read_alert(write_warning(warning, language))
        assert (alert.identifier, alert.infos[0].language) == (item.identifier, language)
    quake = order_quake({"magnitude": 5.2}, NOW)
    (told,) = read_earthquakes(write_felt([quake]), NOW)
    assert (told.magnitude, told.at, told.depth_km) == (5.2, NOW, 30)


@pytest.mark.parametrize("magnitude", [0.0, 10.0, "kuat"], ids=["none", "ten", "word"])
def test_earthquake_when_there_can_be_none_then_it_is_refused(magnitude: object) -> None:
    with pytest.raises(Refused):
        order_quake({"magnitude": magnitude}, NOW)


QUAKE = {"DateTime": NOW.isoformat(), "Coordinates": "-7.6,112.8", "Magnitude": "5.0", "Kedalaman": "10 km"}


@pytest.mark.parametrize(
    "odd",
    [
        {"DateTime": "0001-01-01T00:00:00+07:00"},
        {"DateTime": "9999-12-31T23:59:59-07:00"},
        {"DateTime": (NOW + timedelta(hours=1)).isoformat()},
        {"Magnitude": "11"},
    ],
    ids=["year_1", "year_9999", "in_an_hour", "eleven"],
)
def test_earthquake_when_it_cannot_have_been_then_it_is_left_out(odd: dict[str, str]) -> None:
    document = json.dumps({"Infogempa": {"gempa": [QUAKE | odd, QUAKE]}}).encode()
    assert [one.at for one in read_earthquakes(document, NOW)] == [NOW]


def test_earthquake_when_its_words_cannot_be_stored_then_they_are_made_so() -> None:
    odd = QUAKE | {"Wilayah": "\ud800 laut\0", "Kedalaman": "1" * 400 + " km"}
    (told,) = read_earthquakes(json.dumps({"Infogempa": {"gempa": odd}}).encode(), NOW)
    assert told.place == "? laut"
    assert told.depth_km == 1_000


def test_earthquakes_when_their_document_is_nested_without_end_then_it_is_refused() -> None:
    with pytest.raises(CapFault, match="has its form changed"):
        read_earthquakes(b'{"Infogempa":' + b"[" * 100_000 + b"]" * 100_000 + b"}", NOW)
