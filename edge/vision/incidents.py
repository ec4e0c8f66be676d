"""What happens before a camera that somebody must know of: in zones and lanes by tracks, on the road by its state.

Each thing that may happen is a `Condition` with a key of its own; this only says whether it seems so now.
"""

import math
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from edge.site_vision import CameraPlace, Lane, Zone
from edge.vision.conditions import PAUSE_S, Condition
from edge.vision.found import Floats, Picture
from edge.vision.happening import minute_of_day
from edge.vision.reasons import because
from edge.vision.shapes import Point, contains, paint
from edge.vision.sun import NIGHT_DEG, elevation_deg
from edge.vision.tracker import STILL_SHARE, Track
from edge.vision.usual import Usual

WIB = timedelta(hours=7)
STATES = ("obstacle", "flood_shallow", "flood_deep", "crowd")  # of the scene, by which the road is judged
STATE_LEAST, STATE_LEFT = 0.7, 0.3  # mean probability over the last looks: for it to begin, and less for it to end
CROWD_LEAST = 0.8  # people who stand about come to 0.99; so do queues of riders at times, see `_are_mostly_people`
STATE_LOOKS = 5
STATE_BEGIN_S, STATE_END_S = 3.0, 20.0
DEEP_BEGIN_S = 10.0  # of a flood that is told already: nobody is sent back for a wave
WITHIN_SHARE = 0.1  # of a body's height and width each way, by which its foot may be off: all of that is to be within
RIM = 0.02  # of the picture: nobody can draw a zone up to its very edge, where feet are cut off
SEEN_S = 0.1  # since it was seen last: who is only expected somewhere may have gone elsewhere
WALKED_SHARE = 0.5  # of a body's height, from where it was first seen: posts and drums taken for somebody do not come
WRONG_WAY_S = 1.2
WRONG_WAY_SIZES = 1.5  # of its own size, driven against the arrow
WRONG_WAY_COSINE = -0.6
WRONG_WAY_HALF = 0.25  # of its way: so much must lie in each half of the time
WRONG_WAY_GAP = 2.5  # looks, out of sight
ONE_LOOK = 0.25  # quantile of its steps: so many at least are from one look to the next, or it is hardly ever seen
WRONG_WAY_STEP, WRONG_WAY_STEPS = 0.25, 0.75  # of a mean step, that so many of its steps lead against the arrow
MAYBE_SHARE = (0.25, 0.15)  # of a box's width and height, by which its foot may be beside where the body stands
SPOT_SIZES = 0.4  # of a vehicle's size: so near to where one stood, it is the same that stands
CAME_SIZES = 1.0  # of its size, from where it was first seen: so far comes who has not stood there before
FELL_S = 5.0  # until an obstacle is told: who is first seen in that time and comes from nowhere is a part of it
SPOT_LOST_S = 3.0  # hidden by a passing bus; a queue that moves up leaves its spots for longer
STOPPED_LEFT = 0.5  # of a zone's time: where who is told is hidden, others that stood for so long are the same
LAMP_LEVEL = 150.0  # of 255: a burning head in a picture exposed for the road is near white


@dataclass(frozen=True, slots=True)
class Seeming:
    """Whether something seems so now.

    Attributes:
        values: figures for the event.
        zone: that it is about.
    """

    key: str
    noun: str
    seems: bool
    values: dict[str, float | bool | str]
    zone: tuple[Point, ...] = ()


@dataclass(slots=True)
class Spot:
    """Where a vehicle stands, whatever number its track has: boxes shake, and numbers change.

    Attributes:
        first_s: when he whose spot it is was seen first.
        came: somebody was seen to come to it; else it may be a patch of the road that looks like a car.
        is_fallen: it is a part of an obstacle.
    """

    x: float
    y: float
    since_s: float
    seen_s: float
    first_s: float
    came: bool
    is_fallen: bool = False


class Stands:
    """Where vehicles stand in a zone."""

    def __init__(self) -> None:
        """Begin with none."""
        self._spots: list[Spot] = []

    def look(self, tracks: list[Track], at_s: float, fell_s: float | None = None) -> float:
        """Take the tracks in the zone; give for how long the one that stands longest has.

        Args:
            tracks: the sure ones.
            at_s: by a clock that nobody sets.
            fell_s: when an obstacle that lies there was told, by the same clock; a part of it may look like a car.
        """
        for track in tracks:
            (_, x1, y1), (_, x2, y2) = track.path[0], track.path[-1]  # of the last seconds: who drives by is not noted
            if track.kind != "person" and float(np.hypot(x2 - x1, y2 - y1)) <= STILL_SHARE * track.size:
                self._note(track, at_s)
        for spot in self._spots:
            spot.is_fallen = not spot.came and (spot.is_fallen or _fell_with(spot, fell_s))
        self._spots = [
            spot
            for spot in self._spots
            if 0 <= at_s - spot.seen_s <= SPOT_LOST_S or (spot.is_fallen and fell_s is not None)
        ]
        return max((spot.seen_s - spot.since_s for spot in self._spots if not spot.is_fallen), default=0.0)

    def _note(self, track: Track, at_s: float) -> None:
        x, y = track.foot
        first_s, *began = track.notes.get("began", (at_s, x, y))
        came = math.dist((x, y), began) >= CAME_SIZES * track.size
        near = [spot for spot in self._spots if np.hypot(spot.x - x, spot.y - y) <= SPOT_SIZES * track.size]
        for spot in near:
            spot.since_s = at_s if came and not spot.came else spot.since_s
            spot.seen_s, spot.came = at_s, spot.came or came
        if not near:
            self._spots.append(Spot(x, y, at_s, at_s, first_s, came))


class Incidents:
    """The conditions of one camera."""

    def __init__(
        self,
        place: CameraPlace,
        latitude: float,
        longitude: float,
        states: Collection[str] | None = STATES,
    ) -> None:
        """Begin with nothing going on.

        Args:
            place: as the site file has it.
            latitude: in degrees.
            longitude: in degrees.
            states: that the detector tells of the scene; None without a detector: then nothing but lamps is judged,
                for an empty list of tracks is not an empty road.
        """
        self._zones = [zone for zone in place.zones if states is not None or zone.kind == "lamp"]
        self._lanes = [lane for lane in place.lanes if states is not None and lane.arrow]
        self._told = frozenset(states or ())
        self._at_place = (latitude, longitude)
        self._states: deque[dict[str, float]] = deque(maxlen=STATE_LOOKS)
        self._conditions: dict[str, Condition] = {}
        self._usual = Usual()
        self._fell_s: float | None = None  # when the obstacle that lies there was told
        self._watched_s = (float("-inf"), 0.0)  # the last look, and since when there was no pause
        self._stands = {zone.name: Stands() for zone in place.zones if zone.kind == "carriageway"}
        self._lamps: dict[str, tuple[tuple[int, int], Picture]] = {}

    def note_states(self, states: dict[str, float]) -> None:
        """Take what the model says of the scene."""
        if states:
            self._states.append(states)

    def recall(self, key: str, noun: str) -> bool:
        """Take up something that went on before a restart; tell whether it is still judged here."""
        places = [f"{zone.kind} {zone.name}" for zone in self._zones]
        judged = {*places, *(f"wrong way {lane.name}" for lane in self._lanes)}
        judged |= {of for of, states in _ROAD.items() if self._told.intersection(states)}
        if noun not in _PATIENCE or key not in judged:
            return False
        self._conditions[key] = Condition(*_PATIENCE[noun], holds=True)
        return True

    def look(
        self, tracks: list[Track], small: Picture, at_s: float, steady_s: float | None = None
    ) -> list[tuple[Seeming, bool]]:
        """Take the tracks of a picture; give what has begun (True) or ended by it. Times as in `Watcher.look`."""
        steady_s = at_s if steady_s is None else steady_s
        is_pause = not 0 <= steady_s - self._watched_s[0] <= PAUSE_S
        self._watched_s = (steady_s, steady_s if is_pause else self._watched_s[1])
        for track in tracks:
            if track.is_sure:
                track.notes.setdefault("began", track.path[0])
            if track.is_sure and track.kind == "person":
                _note_walked(track)
        found = self._road(tracks, steady_s) + [
            seeming for zone in self._zones for seeming in self._zone(zone, tracks, small, at_s, steady_s)
        ]
        seen = [track for track in tracks if steady_s - track.seen_s <= SEEN_S]
        found += [self._wrong_way(lane, seen) for lane in self._lanes]
        changed = []
        for seeming in found:
            condition = self._condition(seeming)
            if condition.look(seeming.seems, steady_s):
                changed.append((seeming, condition.holds))
                if seeming.key == "obstacle":
                    was_watched = steady_s - self._watched_s[1] > 2 * FELL_S  # else all that stands there is first seen
                    self._fell_s = steady_s if condition.holds and was_watched else None
        return changed

    def _condition(self, seeming: Seeming) -> Condition:
        condition = self._conditions.get(seeming.key)
        if condition is None:
            condition = self._conditions[seeming.key] = Condition(*_PATIENCE[seeming.noun])
        return condition

    def _road(self, tracks: list[Track], steady_s: float) -> list[Seeming]:
        """Judge the carriageway by the mean of the last scene states."""
        if len(self._states) < STATE_LOOKS:
            return []
        mean = {name: float(np.mean([states.get(name, 0.0) for states in self._states])) for name in self._states[-1]}
        shallow, deep = mean.get("flood_shallow", 0.0), mean.get("flood_deep", 0.0)
        is_flooded, depth = self._seems("flood", shallow + deep), "deep" if deep > shallow else "shallow"
        obstacle, crowd = mean.get("obstacle", 0.0), mean.get("crowd", 0.0)
        is_obstructed = self._seems("obstacle", obstacle, *map(self._usual.risen, (STATE_LEAST, STATE_LEFT)))
        if not self._holds("obstacle"):
            self._usual.look(obstacle, steady_s)
        is_crowd = self._seems("crowd", crowd, CROWD_LEAST) and (self._holds("crowd") or _are_mostly_people(tracks))
        return [
            Seeming("obstacle", "obstacle.detected", is_obstructed, {"probability": round(obstacle, 3)}),
            Seeming(
                "flood",
                "road.flooded",
                is_flooded,
                {"probability": round(shallow + deep, 3), "what": because(depth)},
            ),
            Seeming("flood deep", "flood.deepened", is_flooded and depth == "deep", {"probability": round(deep, 3)}),
            Seeming("crowd", "crowd.formed", is_crowd, {"probability": round(crowd, 3)}),
        ]

    def _seems(self, key: str, probability: float, least: float = STATE_LEAST, left: float = STATE_LEFT) -> bool:
        """Judge a state by two levels: half hidden by traffic, a tree that is known to lie there lies there still."""
        return probability >= (left if self._holds(key) else least)

    def _holds(self, key: str) -> bool:
        return key in self._conditions and self._conditions[key].holds

    def _zone(self, zone: Zone, tracks: list[Track], small: Picture, at_s: float, steady_s: float) -> list[Seeming]:
        corners = tuple(zone.polygon)
        if zone.kind == "lamp":
            return self._lamp(zone, small, at_s)
        inside = _inside(zone, tracks)
        key = f"{zone.kind} {zone.name}"
        people = sum(track.kind == "person" for track in inside)
        if zone.kind == "crowd":
            values: dict[str, float | bool | str] = {"place": zone.name, "people": people}
            return [Seeming(key, "crowd.formed", people >= zone.people, values, corners)]
        if zone.kind == "closed":
            goes_on = self._holds(key)
            within = [track for track in tracks if _is_well_within(zone, track, steady_s)]
            came = any(goes_on or "walked" in track.notes for track in within)
            is_in = came and _is_closed(zone, at_s)
            return [Seeming(key, "intrusion.detected", is_in, {"place": zone.name, "people": people}, corners)]
        if zone.kind == "carriageway":
            stood_s = self._stands[zone.name].look(inside, steady_s, self._fell_s)
            values = {"place": zone.name, "stopped": round(stood_s)}
            least_s = zone.stopped_s * (STOPPED_LEFT if self._holds(key) else 1.0)
            return [Seeming(key, "vehicle.stopped", stood_s >= least_s, values, corners)]
        return []

    def _wrong_way(self, lane: Lane, tracks: list[Track]) -> Seeming:
        against = [
            track
            for track in tracks
            if track.is_sure and _drives_against(track, lane) and not self._goes_along_another(track, lane)
        ]
        values: dict[str, float | bool | str] = {"place": lane.name, "class": against[0].kind if against else ""}
        return Seeming(f"wrong way {lane.name}", "vehicle.wrong_way", bool(against), values, tuple(lane.polygon))

    def _goes_along_another(self, track: Track, lane: Lane) -> bool:
        """Tell whether it may drive rightly in a lane beside, now or on its way: feet are at times put over the line.

        A bus' is, and that of who rides along the line and is hidden in part by who comes towards him.
        """
        ends = _ends(track)
        left, top, right, bottom = track.box.tolist()
        aside, along = MAYBE_SHARE[0] * (right - left), MAYBE_SHARE[1] * (bottom - top)
        beside = np.array([(-aside, 0), (aside, 0), (0, -along), (0, along)], np.float32)
        spots = (ends[:, None] + beside).reshape(-1, 2)
        way = ends[-1] - ends[0]
        return any(
            other is not lane
            and way @ np.subtract(other.arrow[1], other.arrow[0]) > 0
            and contains(other.polygon, spots).any()
            for other in self._lanes
            if other.arrow is not None
        )

    def _lamp(self, zone: Zone, small: Picture, at_s: float) -> list[Seeming]:
        """Judge a lamp by the brightest tenth of its zone, by night; by day nobody can know."""
        if elevation_deg(*self._at_place, at_s) > NIGHT_DEG:
            return []
        size = (small.shape[1], small.shape[0])
        if zone.name not in self._lamps or self._lamps[zone.name][0] != size:
            self._lamps[zone.name] = (size, paint([zone.polygon], *size))
        cells = small[self._lamps[zone.name][1] > 0]
        level = float(np.percentile(cells, 90)) if len(cells) else 255.0
        values: dict[str, float | bool | str] = {"place": zone.name, "level": round(level)}
        return [Seeming(f"lamp {zone.name}", "lamp.failed", level < LAMP_LEVEL, values, tuple(zone.polygon))]


_ROAD = {"obstacle": STATES[:1], "flood": STATES[1:3], "flood deep": STATES[2:3], "crowd": STATES[3:]}
_PATIENCE = {  # seconds that each must seem so, and seem not so
    "obstacle.detected": (STATE_BEGIN_S, STATE_END_S),
    "road.flooded": (STATE_BEGIN_S, STATE_END_S),
    "flood.deepened": (DEEP_BEGIN_S, STATE_END_S),
    "crowd.formed": (5.0, 30.0),
    "intrusion.detected": (0.8, 20.0),  # who walks along its fence by night seems within for some looks
    "vehicle.stopped": (0.0, 20.0),  # others hide it
    "vehicle.wrong_way": (0.35, 10.0),  # three looks of five a second
    "lamp.failed": (60.0, 60.0),
}


def _fell_with(spot: Spot, fell_s: float | None) -> bool:
    return fell_s is not None and 0 <= fell_s - spot.first_s <= FELL_S


def _inside(zone: Zone, tracks: list[Track]) -> list[Track]:
    sure = [track for track in tracks if track.is_sure]
    if not sure:
        return []
    feet = np.array([track.foot for track in sure], np.float32)
    return [track for track, is_in in zip(sure, contains(zone.polygon, feet), strict=True) if is_in]


def _are_mostly_people(tracks: list[Track]) -> bool:
    """Tell whether no fewer walk than ride or drive: forty riders in the rain look like a crowd, and like people."""
    sure = [track.is_afoot for track in tracks if track.is_sure]
    return 2 * sum(sure) >= len(sure)


def _is_well_within(zone: Zone, track: Track, steady_s: float) -> bool:
    """Tell whether somebody is seen now, and in a zone with all of the spot where his foot may be."""
    if not track.is_sure or track.kind != "person" or steady_s - track.seen_s > SEEN_S:
        return False
    (x, y), (left, top, right, bottom) = track.foot, track.box.tolist()
    aside, along = WITHIN_SHARE * (right - left), WITHIN_SHARE * (bottom - top)
    spot = np.array([(x, y - along), (x, y + along), (x - aside, y), (x + aside, y)], np.float32)
    return bool(contains(zone.polygon, np.clip(spot, RIM, 1 - RIM)).all())


def _note_walked(track: Track) -> None:
    """Note who has come from elsewhere than where he was first seen: by means of some seconds, since boxes shake."""
    xs, ys = np.array([place[1:] for place in track.path]).mean(axis=0)
    first = track.notes.setdefault("first", (xs, ys))
    if float(np.hypot(xs - first[0], ys - first[1])) >= WALKED_SHARE * float(track.box[3] - track.box[1]):
        track.notes["walked"] = True


def _is_closed(zone: Zone, at_s: float) -> bool:
    if zone.since is None or zone.until is None:
        return True
    now = minute_of_day(datetime.fromtimestamp(at_s, UTC) + WIB)
    since, until = (int(text[:2]) * 60 + int(text[3:]) for text in (zone.since, zone.until))
    return since <= now < until if since < until else now >= since or now < until


def _drives_against(track: Track, lane: Lane) -> bool:
    """Tell whether its way of the last seconds leads against the lane's arrow, within the lane.

    Both halves of it must: a track that jumped back to the next vehicle has gone against the arrow in one step only.
    """
    if track.kind == "person" or lane.arrow is None or len(track.path) < 5:  # noqa: PLR2004 - halves of two steps each
        return False
    (began_s, *first), (ended_s, *last) = track.path[0], track.path[-1]
    length = math.dist(first, last)
    if ended_s - began_s < WRONG_WAY_S or length < WRONG_WAY_SIZES * track.size:
        return False
    arrow = np.subtract(lane.arrow[1], lane.arrow[0])
    if (last[0] - first[0]) * arrow[0] + (last[1] - first[1]) * arrow[1] >= 0:
        return False  # nearly all: what follows costs ten times as much
    ends = _ends(track)
    halves = np.diff(ends, axis=0)
    lengths = np.hypot(*halves.T)
    cosines = halves @ arrow / np.maximum(lengths * np.hypot(*arrow), 1e-9)
    is_steady = bool((lengths > WRONG_WAY_HALF * length).all() and (cosines < WRONG_WAY_COSINE).all())
    return is_steady and _is_driven(track, arrow) and bool(contains(lane.polygon, ends).all())


def _ends(track: Track) -> Floats:
    """Give where its way of the last seconds began, where it was half-way, and where it is."""
    return np.array([track.path[at][1:] for at in (0, len(track.path) // 2, -1)], np.float32)


def _is_driven(track: Track, arrow: Floats) -> bool:
    """Tell whether nearly every step leads against an arrow, and none is long: numbers hop in queues and in crowds."""
    steps = np.diff(np.array(track.path, np.float64), axis=0)
    lasted_s, against = steps[:, 0], -(steps[:, 1:] @ arrow)
    if lasted_s.max() > WRONG_WAY_GAP * np.quantile(lasted_s, ONE_LOOK):
        return False  # who was out of sight meanwhile may be another
    return float((against >= WRONG_WAY_STEP * against.mean()).mean()) >= WRONG_WAY_STEPS
