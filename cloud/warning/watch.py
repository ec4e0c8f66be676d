"""Keeps what BMKG warns of: looks every minute, stores what concerns the regency, says when a feed does not answer.

One process looks at a time (advisory lock); another one that is started stands by. What was stored is known by its
identifier, so looking again, after a restart or from another process, changes nothing.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import structlog
from psycopg import OperationalError
from psycopg.rows import class_row
from shapely.geometry import shape

from cloud.db.connection import Connection, connect, translated
from cloud.db.queries import load
from cloud.warning.bmkg import Earthquake, Item, distance_km, read_earthquakes, read_list
from cloud.warning.cap import Alert
from cloud.warning.cap_xml import read_alert
from cloud.warning.desk import Region, rectangle
from cloud.warning.errors import CapFault
from cloud.warning.feeds import FeedAway, Feeds, Version
from cloud.warning.notices import tell_earthquake, tell_over, tell_warning
from cloud.warning.row import geometry_of, make_row
from cloud.warning.settings import WarningsSettings

APPLICATION = "satulayar-warnings"
LOCK = 7_305_810_112_022
STAND_BY_S = 5.0
# A cloud at the edge of the regency is over it soon.
NEAR_DEGREES = 0.05
MOST_PASSED = 2_000

log = structlog.get_logger(__name__)


class Watch:
    """Looks at what others publish.

    Args:
        settings: of the program.
    """

    def __init__(self, settings: WarningsSettings) -> None:
        self._settings = settings
        self._stopping = threading.Event()
        self._feeds = Feeds(settings.allowed_hosts, settings.contact, self._stopping.wait)
        self._passed: OrderedDict[str, None] = OrderedDict()  # warnings of elsewhere, which need not be read again
        self._silent: set[str] = set()

    def stop(self) -> None:
        """Have `work` return soon."""
        self._stopping.set()

    def work(self) -> None:
        """Look until stopped; stands by while another process does.

        Raises:
            Unavailable: the database was lost: the supervisor starts this again.
        """
        with translated(), connect(self._settings.dsn, APPLICATION, autocommit=True) as connection:
            while not self._stopping.is_set():
                row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
                if row == (True,):
                    break
                self._stopping.wait(STAND_BY_S)
            while not self._stopping.is_set():
                self._stopping.wait(max(self._settings.every_s, self.look(connection)))

    def close(self) -> None:
        """Close the connections to the feeds."""
        self._feeds.close()

    def look(self, connection: Connection) -> float:
        """Look at every feed once; give for how many seconds one of them wants to be left alone."""
        rest_s = 0.0
        if self._settings.weather_url:
            rest_s = self._try(connection, self._settings.weather_url, self._look_at_weather)
        for url in self._settings.earthquake_urls:
            rest_s = max(rest_s, self._try(connection, url, self._look_at_earthquakes))
        tell_over(connection)
        return rest_s

    def _try(self, connection: Connection, url: str, look: Callable[[Connection, str], None]) -> float:
        """Look at a feed; what is wrong with it is noted, and told in the log once."""
        if self._stopping.is_set():
            return 0.0
        try:
            look(connection, url)
        except Exception as error:
            # What others publish may be anything: it costs its own feed a look, and no other. Without the database
            # nothing can be kept: that is told to whoever started this.
            if connection.closed:
                raise
            text_id, text_en = _say_fault(error)
            connection.execute(load("warnings")["note_fault"], {"url": url, "text_id": text_id, "text_en": text_en})
            if url not in self._silent:
                self._silent.add(url)
                log.warning("feed_lost", url=url, error=text_en)
            return error.rest_s if isinstance(error, FeedAway) else 0.0
        if url in self._silent:
            self._silent.discard(url)
            log.info("feed_back", url=url)
        return 0.0

    def _look_at_weather(self, connection: Connection, url: str) -> None:
        answer = self._feeds.read(url, _version_of(connection, url))
        if answer.content is not None:
            items = [item for item in read_list(answer.content) if self._concerns(item)]
            region = _region_of(connection)
            self._take_all(connection, url, self._unknown(connection, items), region)
        # Only now: had a document failed to come, the list must be given again.
        _note_answer(connection, url, answer.version, changed=answer.content is not None)

    def _concerns(self, item: Item) -> bool:
        return any(word.lower() in item.title.lower() for word in self._settings.provinces)

    def _unknown(self, connection: Connection, items: list[Item]) -> list[Item]:
        wanted = [item for item in items if item.identifier not in self._passed]
        names = [item.identifier for item in wanted]
        rows = connection.execute(load("warnings")["known_others"], {"identifiers": names}).fetchall()
        known = {row[0] for row in rows}
        return [item for item in wanted if item.identifier not in known]

    def _take_all(self, connection: Connection, feed: str, items: list[Item], region: Region | None) -> None:
        """Read every warning of a list; one that does not come holds no other up, and is tried again at the next look.

        Raises:
            FeedAway: one did not come.
            OperationalError: one could not be kept now.
        """
        lost: Exception | None = None
        for item in items:
            try:
                self._take(connection, feed, item, region)
            except (FeedAway, OperationalError) as error:
                # A lock or a limit of time says nothing of the document: it is read again.
                if connection.closed:
                    raise
                lost = error
            except Exception as error:
                # Any document may be the first of its kind of fault: it holds no other up.
                if connection.closed:
                    raise
                log.warning("warning_left_out", identifier=item.identifier[:200], reason=_say_fault(error)[1])
                self._pass(item.identifier)
        if lost is not None:
            raise lost

    def _take(self, connection: Connection, feed: str, item: Item, region: Region | None) -> None:
        """Read a warning and keep it if it concerns the regency; one that cannot be read holds nobody else up."""
        if urlsplit(item.link).hostname != urlsplit(feed).hostname:
            log.warning("warning_left_out", identifier=item.identifier, reason="its document is on another host")
            self._pass(item.identifier)
            return
        document = self._feeds.read(item.link).content or b""
        try:
            alert = read_alert(document)
        except CapFault as error:
            log.warning("warning_left_out", identifier=item.identifier, reason=str(error))
            self._pass(item.identifier)
            return
        if region is not None and not _is_over(alert, region):
            self._pass(item.identifier)
            return
        _store(connection, self._in_both(alert, item), document)

    def _in_both(self, alert: Alert, item: Item) -> Alert:
        """Add what the same warning says in English; where that does not come, Indonesian alone is a warning too."""
        if "/id/" not in item.link or alert.info_in("en") is not None:
            return alert
        try:
            other = read_alert(self._feeds.read(item.link.replace("/id/", "/en/", 1)).content or b"")
        except (FeedAway, CapFault) as error:
            log.info("warning_in_one_language", identifier=alert.identifier, reason=str(error))
            return alert
        said = other.info_in("en")
        return alert.model_copy(update={"infos": (*alert.infos, said)}) if said else alert

    def _pass(self, identifier: str) -> None:
        self._passed[identifier] = None
        if len(self._passed) > MOST_PASSED:
            self._passed.popitem(last=False)

    def _look_at_earthquakes(self, connection: Connection, url: str) -> None:
        answer = self._feeds.read(url, _version_of(connection, url))
        if answer.content is not None:
            region = _region_of(connection)
            middle = ((region.south + region.north) / 2, (region.west + region.east) / 2) if region else None
            for told in read_earthquakes(answer.content, datetime.now(UTC)):
                quake = _as_known(connection, told)
                away_km = distance_km(quake.latitude, quake.longitude, middle) if middle else None
                with connection.transaction():
                    row = asdict(quake) | {"distance_km": away_km}
                    if connection.execute(load("warnings")["put_earthquake"], row).fetchone() is not None:
                        tell_earthquake(connection, quake, away_km)
        _note_answer(connection, url, answer.version, changed=answer.content is not None)


def read_once(settings: WarningsSettings) -> None:
    """Look at every feed once.

    Raises:
        Unavailable: the database is away.
    """
    with (
        translated(),
        connect(settings.dsn, APPLICATION, autocommit=True) as connection,
        closing(Watch(settings)) as watch,
    ):
        watch.look(connection)


def _store(connection: Connection, alert: Alert, document: bytes) -> None:
    """Keep a warning, and note that it follows those that it refers to, at once."""
    row = make_row(alert, document, "bmkg")
    with connection.transaction():
        if connection.execute(load("warnings")["add_warning"], row).fetchone() is None:
            return
        for earlier in alert.references:
            keys = {"sender": earlier.sender, "identifier": earlier.identifier, "later": row["id"]}
            connection.execute(load("warnings")["supersede"], keys)
        first = connection.execute(load("warnings")["earlier_of"], {"id": row["id"]}).fetchone()
        tell_warning(connection, row, first[1] if first else alert.identifier)
    log.info("warning_received", identifier=alert.identifier, message_type=alert.message_type)


def _as_known(connection: Connection, quake: Earthquake) -> Earthquake:
    """Give an earthquake the name by which it is known: BMKG corrects instants and places by a little."""
    with connection.cursor() as cursor:
        known = cursor.execute(load("warnings")["known_earthquake"], asdict(quake)).fetchone()
    return quake if known is None else replace(quake, id=known[0])


def _say_fault(error: Exception) -> tuple[str, str]:
    """Say in Indonesian and in English why a feed could not be read."""
    if isinstance(error, FeedAway):
        return error.text_id, str(error)
    told = str(error) if isinstance(error, CapFault) else f"{type(error).__name__}: {error}"
    # What is wrong may be in the words themselves.
    told = told.replace("\0", "").encode("utf-8", "replace").decode()[:300]
    return f"Tidak terbaca: {told}", told


def _is_over(alert: Alert, region: Region) -> bool:
    """Tell whether a message speaks of the region; one that draws nothing is taken to, as is one without any text."""
    drawn = next((geometry for info in alert.infos if (geometry := geometry_of(info))), None)
    return drawn is None or bool(shape(drawn).buffer(0).intersects(rectangle(region, NEAR_DEGREES)))


def _version_of(connection: Connection, url: str) -> Version:
    with connection.cursor(row_factory=class_row(Version)) as cursor:
        return cursor.execute(load("warnings")["feed"], {"url": url}).fetchone() or Version()


def _region_of(connection: Connection) -> Region | None:
    with connection.cursor(row_factory=class_row(Region)) as cursor:
        return cursor.execute(load("warnings")["region"]).fetchone()


def _note_answer(connection: Connection, url: str, version: Version, *, changed: bool) -> None:
    connection.execute(load("warnings")["note_answer"], asdict(version) | {"url": url, "changed": changed})
