"""Hearing what BMKG warns of, from a server that speaks its formats, into a real database."""

import re
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from cloud.warning import feeds
from cloud.warning.settings import WarningsSettings
from cloud.warning.watch import Watch
from simulators.bmkg.publish import Quake, Weather, write_warning
from simulators.bmkg.server import BmkgSimulator
from tests.fix_database import add_box, as_role
from tests.fix_edge import wait_for

HERE = ((-7.7, 112.6), (-7.7, 112.9), (-7.5, 112.9), (-7.5, 112.6), (-7.7, 112.6))
ELSEWHERE = ((-8.4, 111.0), (-8.4, 111.2), (-8.2, 111.2), (-8.2, 111.0), (-8.4, 111.0))
LIST = "/alerts/nowcast/id"


def weather(number: int = 1, polygon: Any = HERE, province: tuple[str, str] = ("Jawa Timur", "East Java")) -> Weather:
    now = datetime.now(UTC)
    return Weather(f"CJT20261122{number:03d}", *province, ("Pandaan", "Prigen"), polygon, now, now + timedelta(hours=3))


@pytest.fixture
def bmkg(monkeypatch: pytest.MonkeyPatch) -> Iterator[BmkgSimulator]:
    monkeypatch.setattr(feeds, "LEAST_PAUSE_S", 0.0)
    with BmkgSimulator() as simulator:
        yield simulator


@pytest.fixture
def heard(database: str, bmkg: BmkgSimulator) -> Iterator["Heard"]:
    with psycopg.connect(database, autocommit=True) as owner:
        add_box(owner, "TD-01", "TD-01-a")
        owner.execute("UPDATE site SET latitude = -7.666, longitude = 112.687")
        settings = WarningsSettings(
            dsn=as_role(database, "warnings"),
            weather_url=bmkg.url + LIST,
            earthquake_urls=(f"{bmkg.url}/DataMKG/TEWS/autogempa.json", f"{bmkg.url}/DataMKG/TEWS/gempadirasakan.json"),
            allowed_hosts=frozenset({"127.0.0.1"}),
        )
        with psycopg.connect(settings.dsn, autocommit=True) as line, closing(Heard(owner, line, settings)) as heard:
            yield heard


class Heard:
    """A watch, and what it has stored."""

    def __init__(self, owner: Any, line: Any, settings: WarningsSettings) -> None:
        self.owner, self.line, self.settings = owner, line, settings
        self.watch = Watch(settings)

    def close(self) -> None:
        self.watch.close()

    def look(self) -> float:
        return self.watch.look(self.line)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return list(self.owner.execute(query).fetchall())


def test_warning_of_the_region_when_it_is_published_then_it_is_on_the_wall_in_both_languages(
    heard: Heard, bmkg: BmkgSimulator
) -> None:
    bmkg.warnings = [weather()]
    heard.look()
    ((headline_id, headline_en, source, area),) = heard.rows(
        "SELECT headline_id, headline_en, source, area FROM wall.warning"
    )
    assert (headline_id, headline_en) == (
        "Hujan Lebat dan Petir di Jawa Timur",
        "Heavy Rain and Lightning in East Java",
    )
    assert (source, area) == ("bmkg", "Jawa Timur")


def test_same_list_when_it_is_looked_at_again_then_only_the_list_is_asked_for_and_nothing_is_stored_twice(
    heard: Heard, bmkg: BmkgSimulator
) -> None:
    bmkg.warnings = [weather(), weather(2, ELSEWHERE), weather(3, HERE, ("Bali", "Bali"))]
    heard.look()
    first = list(bmkg.asked)
    bmkg.asked.clear()
    heard.look()
    assert [path for path in bmkg.asked if "nowcast" in path] == [LIST]
    assert not [path for path in first if "003_alert" in path], "a warning of another province was fetched"
    assert heard.rows("SELECT count(*) FROM warning") == [(1,)]
    with closing(Heard(heard.owner, heard.line, heard.settings)) as again:
        again.look()  # a program that was started anew
    assert heard.rows("SELECT count(*) FROM warning") == [(1,)]


def test_document_when_it_does_not_come_then_the_others_do_and_it_is_tried_again(
    heard: Heard, bmkg: BmkgSimulator
) -> None:
    lost = f"{LIST}/CJT20261122001_alert.xml"
    bmkg.warnings = [weather(), weather(2)]
    bmkg.broken = {lost: (503, b"")}
    heard.look()
    assert heard.rows("SELECT count(*) FROM warning") == [(1,)]
    assert "503" in heard.rows("SELECT fault_en FROM wall.feed WHERE fault_en IS NOT NULL")[0][0]
    bmkg.broken = {}
    heard.look()
    assert heard.rows("SELECT count(*) FROM warning") == [(2,)]
    assert heard.rows("SELECT url FROM wall.feed WHERE url LIKE '%nowcast%' AND fault_en IS NOT NULL") == []


_BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]><alert>&y;</alert>'


@pytest.mark.parametrize(
    "body",
    [_BOMB, b"<html>pemeliharaan</html>", b"<alert xmlns='urn:oasis:names:tc:emergency:cap:1.1'/>", b"<alert"],
    ids=["bomb", "page", "version", "half"],
)
def test_document_when_it_is_no_warning_then_it_is_left_out_and_the_others_come(
    heard: Heard, bmkg: BmkgSimulator, body: bytes
) -> None:
    bmkg.warnings = [weather(), weather(2)]
    bmkg.broken = {f"{LIST}/CJT20261122001_alert.xml": (200, body)}
    heard.look()
    assert heard.rows("SELECT right(identifier, 3) FROM warning") == [("002",)]


def test_document_when_it_is_huge_then_it_is_given_up(heard: Heard, bmkg: BmkgSimulator) -> None:
    bmkg.warnings = [weather()]
    bmkg.broken = {f"{LIST}/CJT20261122001_alert.xml": (200, b"<alert>" + b" " * 5_000_000)}
    heard.look()
    assert heard.rows("SELECT count(*) FROM warning") == [(0,)]
    assert "bytes" in heard.rows("SELECT fault_en FROM wall.feed WHERE fault_en IS NOT NULL")[0][0]


def test_feed_when_it_asks_for_rest_then_it_gets_it(heard: Heard, bmkg: BmkgSimulator) -> None:
    bmkg.broken = {LIST: (429, b"")}
    assert heard.look() >= 60.0
    assert "ask less often" in heard.rows("SELECT fault_en FROM wall.feed WHERE fault_en IS NOT NULL")[0][0]


def test_inner_address_when_nobody_allowed_it_then_it_is_not_asked(heard: Heard, bmkg: BmkgSimulator) -> None:
    bmkg.warnings = [weather()]
    unallowed = heard.settings.model_copy(update={"allowed_hosts": frozenset()})
    with closing(Heard(heard.owner, heard.line, unallowed)) as other:
        other.look()
    assert not bmkg.asked
    assert "SATULAYAR_WARNINGS_ALLOWED_HOSTS" in heard.rows("SELECT fault_en FROM wall.feed ORDER BY url")[-1][0]


def test_earthquake_when_it_is_corrected_then_the_newest_word_counts_and_what_was_felt_stays(
    heard: Heard, bmkg: BmkgSimulator
) -> None:
    at = datetime.now(UTC).replace(microsecond=0)
    bmkg.quakes = [Quake(at, -8.4, 112.6, 5.1, 30, "70 km barat daya Kab. Malang", "III Malang, II Pasuruan")]
    heard.look()
    bmkg.quakes = [Quake(at, -8.4, 112.6, 5.3, 25, "70 km barat daya Kab. Malang")]
    heard.look()
    ((magnitude, felt, distance),) = heard.rows("SELECT magnitude, felt, distance_km FROM wall.earthquake")
    assert (magnitude, felt) == (5.3, "III Malang, II Pasuruan")
    assert distance == pytest.approx(82, abs=2)


def test_program_when_it_works_then_it_looks_again_and_again_until_it_is_told_to_stop(
    heard: Heard, bmkg: BmkgSimulator
) -> None:
    settings = heard.settings.model_copy(update={"every_s": 1.0})
    with closing(Watch(settings)) as watch:
        thread = threading.Thread(target=watch.work, name="warnings")
        thread.start()
        try:
            wait_for(lambda: bmkg.asked.count(LIST) >= 2)
            bmkg.warnings = [weather()]
            wait_for(lambda: heard.rows("SELECT count(*) FROM warning") == [(1,)])
        finally:
            watch.stop()
            thread.join(10)
        assert not thread.is_alive()


def test_room_when_a_warning_comes_and_ends_then_it_is_told_of_both_once(heard: Heard, bmkg: BmkgSimulator) -> None:
    bmkg.warnings = [weather()]
    bmkg.quakes = [Quake(datetime.now(UTC), -8.4, 112.6, 5.1, 30, "70 km barat daya Kab. Malang", "II Pasuruan")]
    for _ in range(2):
        heard.look()
    told = heard.rows("SELECT content ->> 'kind', content ->> 'text_id' FROM operations_inbox ORDER BY id")
    assert [kind for kind, _ in told] == ["weather_warning", "earthquake"]
    assert told[0][1].startswith("BMKG: Simulasi: hujan lebat")
    heard.owner.execute("UPDATE warning SET expires_at = now()")
    for _ in range(2):
        heard.look()
    ((begun, ref),) = heard.rows(
        "SELECT content ->> 'begun', ref FROM operations_inbox WHERE content ->> 'begun' IS NOT NULL"
    )
    assert ref == f"{begun}/end"


def test_feed_when_what_it_publishes_is_like_nothing_then_costs_itself_only(heard: Heard, bmkg: BmkgSimulator) -> None:
    bmkg.warnings = [weather()]
    bmkg.broken = {
        "/DataMKG/TEWS/autogempa.json": (200, b'{"Infogempa":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        LIST: (200, _LIST % b"http://[bad"),
    }
    bmkg.quakes = [Quake(datetime.now(UTC), -8.4, 112.6, 5.1, 30, "laut")]
    heard.look()
    assert len(heard.rows("SELECT 1 FROM wall.feed WHERE fault_en LIKE '%has its form changed%'")) == 1
    bmkg.broken = {}
    heard.look()
    assert heard.rows("SELECT count(*) FROM warning") == [(1,)]
    assert heard.rows("SELECT url FROM wall.feed WHERE fault_en IS NOT NULL") == []


_LIST = b"<rss><channel><item><title>Jawa Timur</title><guid>odd</guid><link>%s</link></item></channel></rss>"


def test_update_when_it_follows_a_warning_then_it_is_of_the_same_matter_for_the_room(
    heard: Heard, bmkg: BmkgSimulator
) -> None:
    first, update = weather(), weather(2)
    bmkg.warnings = [first]
    heard.look()
    ((sender, identifier, sent),) = heard.rows("SELECT sender, identifier, sent_at FROM warning")
    refers = f"<references>{sender},{identifier},{sent.isoformat(timespec='seconds')}</references><info>"
    document = write_warning(update, "id").decode().replace("<info>", refers, 1)
    bmkg.warnings = [update]
    bmkg.broken = {f"{LIST}/{update.code}_alert.xml": (200, document.replace(">Alert<", ">Update<", 1).encode())}
    heard.look()
    told = heard.rows("SELECT content ->> 'subject' FROM operations_inbox WHERE content ? 'subject' ORDER BY id")
    assert len(told) == 2
    assert told[0] == told[1]


def test_earthquake_when_it_is_corrected_by_seconds_then_it_is_the_same(heard: Heard, bmkg: BmkgSimulator) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=3)
    for seconds in (0, 4):
        bmkg.quakes = [
            Quake(at + timedelta(seconds=seconds), -7.7, 112.8 + seconds / 100, 5.4, 10, "laut", "III Pasuruan")
        ]
        heard.look()
    assert heard.rows("SELECT count(*) FROM earthquake") == [(1,)]


def _publish(bmkg: BmkgSimulator, one: Weather, **changed: str) -> None:
    """Publish a warning whose document differs from what the simulator writes: element to text."""
    document = write_warning(one, "id").decode()
    for element, text in changed.items():
        document = re.sub(rf"<{element}>[^<]*</{element}>", f"<{element}>{text}</{element}>", document)
    bmkg.warnings = [*bmkg.warnings, one]
    bmkg.broken[f"{LIST}/{one.code}_alert.xml"] = (200, document.encode())


@pytest.mark.parametrize("status", ["Exercise", "Test"])
def test_exercise_of_others_when_it_comes_then_it_is_no_work_for_the_room(
    heard: Heard, bmkg: BmkgSimulator, status: str
) -> None:
    _publish(bmkg, weather(), status=status)
    heard.look()
    assert heard.rows("SELECT status FROM warning") == [(status,)]
    assert heard.rows("SELECT count(*) FROM operations_inbox") == [(0,)]


def test_document_when_it_is_on_another_host_then_nobody_is_asked_for_it(heard: Heard, bmkg: BmkgSimulator) -> None:
    elsewhere = f"{bmkg.url.replace('127.0.0.1', 'localhost')}{LIST}/CJT20261122001_alert.xml"
    bmkg.warnings = [weather()]
    bmkg.broken = {LIST: (200, _LIST % elsewhere.encode())}
    settings = heard.settings.model_copy(update={"allowed_hosts": frozenset({"127.0.0.1", "localhost"})})
    with closing(Heard(heard.owner, heard.line, settings)) as other:
        other.look()
    assert [path for path in bmkg.asked if "alert" in path and path != LIST] == []
    assert heard.rows("SELECT count(*) FROM warning") == [(0,)]


def test_feeds_when_they_are_read_one_after_the_other_then_there_is_a_pause_between(bmkg: BmkgSimulator) -> None:
    pauses: list[float] = []
    with closing(feeds.Feeds(frozenset({"127.0.0.1"}), sleep=pauses.append)) as polite:
        feeds.LEAST_PAUSE_S = 2.0  # the fixture gives it back
        for _ in range(3):
            polite.read(bmkg.url + LIST)
    assert len(pauses) == 2
    assert all(1.0 < pause <= 2.0 for pause in pauses), "BMKG allows 60 requests a minute"


def test_warning_when_the_database_has_no_time_for_it_then_it_is_read_again(heard: Heard, bmkg: BmkgSimulator) -> None:
    bmkg.warnings = [weather()]
    heard.line.execute("SET lock_timeout = '50ms'")
    with heard.owner.transaction(), suppress(psycopg.errors.LockNotAvailable):
        heard.owner.execute("LOCK TABLE warning IN SHARE MODE")
        heard.look()
    assert heard.rows("SELECT count(*) FROM warning") == [(0,)]
    heard.look()
    assert heard.rows("SELECT count(*) FROM warning") == [(1,)]
