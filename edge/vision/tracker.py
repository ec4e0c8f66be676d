"""Who is who from one picture to the next: ids that outlive a short occlusion.

A track knows where it should be by now and how sure that is: a Kalman filter of constant speed, one for both axes, in
units of the body's own size (Bewley et al., SORT, 2016). The likeliest pairs of tracks and detections go first, which
also means: who has been followed for long before who has just begun. Weak detections go to tracks that no sure one was
found for, and never begin one (Zhang et al., ByteTrack, 2022). While nothing moves there are no detections, and tracks
are held.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.site_vision import CLASSES
from edge.vision.found import Floats, Found, bodies, overlap

LOST_S = 1.6  # behind a bus or a tree's stem
STILL_LOST_S = 12.0  # what stood there is still there when whatever passes before it has passed
SURE_HITS = 3  # detections before a track is believed
SHAKE = 0.12  # of its size, that a detector puts a body's middle off: standard deviation (0.09 to 0.15 on films)
SWERVE = np.array([0.2, 1.0, 1.0, 1.0, 1.0])  # by class, sizes/s that a speed changes in a second; near vehicles grow
FIRST_SPEED = 4.0  # sizes/s, standard deviation while it has been seen only once: 24 km/h of a motorcycle
SURE_SCORE = 0.6  # of a detection that shakes by `SHAKE`; others shake the more the weaker they are
SIDES_SHARE = 0.35  # of a detection's width and height; widths are off by a quarter
MOST_GROWTH = (0.7, 1.3)  # of its size from look to look
LIKELY = 11.0  # squared standard deviations, all doubts together: what is farther off is somebody else
WEAK_LIKELY = 4.0  # the same of a weak detection
REACH, WEAK_REACH, FIRST_REACH = 1.5, 0.5, 2.4  # sizes off its place, at most, however long nobody has seen it
WEAK_SHARE = 0.8  # of the sure score: of what is weaker one in ten is a body, the others draw tracks away
UNLIKE = 0.25  # standard deviation of the logarithm of its size from look to look
OTHER_CLASS = 2.0  # squared standard deviations that another class is worth; a motorcycle is sometimes a person
NEW_OVERLAP = 0.1  # with a track's box, above which nothing begins: a detector tells some bodies twice
PATH_S = 2.0  # that is remembered of each track's way
MOST_TRACKS = 150
STILL_SHARE = 0.25  # of its own size in `STILL_S`: less is standing
STILL_S = 2.0
HELD_SHARE = 0.5  # of its size in `STILL_S`: who is slower is where he was, though nobody looked
RIDER_SHARE = 0.2  # of the person's votes that a vehicle has, too, where somebody rides
VOTES_KEPT = 0.9  # of the votes for a track's class, from look to look: what it was taken for at 70 m counts less


@dataclass(slots=True)
class Track:
    """Somebody or something.

    Attributes:
        number: never given again.
        box: left, top, right, bottom, fractions of the picture.
        speed: of its centre, fractions a second.
        seen_s: last detection.
        hits: detections so far.
        votes: scores by class.
        path: (time, foot x, foot y) of the last seconds.
        still_since_s: since when it stands; None while it moves.
        began_s: first detection.
        spread: variances, in its sizes and seconds: of its place, of place with speed, of its speed.
        notes: whatever those who count have to remember of it.
    """

    number: int
    box: Floats
    speed: Floats
    seen_s: float
    began_s: float
    hits: int = 1
    votes: Floats = field(default_factory=lambda: np.zeros(len(CLASSES), np.float32))
    path: deque[tuple[float, float, float]] = field(default_factory=lambda: deque(maxlen=64))
    still_since_s: float | None = None
    anchor: tuple[float, float, float] = (0.0, 0.0, 0.0)
    spread: tuple[float, float, float] = (SHAKE**2, 0.0, FIRST_SPEED**2)
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Its class, by the sum of scores."""
        return CLASSES[int(self.votes.argmax())]

    @property
    def is_afoot(self) -> bool:
        """Tell whether it is a person who is hardly ever taken for a vehicle: riders are, now and then."""
        return float(self.votes[1:].sum()) < RIDER_SHARE * float(self.votes[0])

    @property
    def is_sure(self) -> bool:
        """Tell whether it has been seen often enough to be believed."""
        return self.hits >= SURE_HITS

    @property
    def foot(self) -> tuple[float, float]:
        """Where it touches the ground: the middle of its lower edge."""
        return (float(self.box[0] + self.box[2]) / 2, float(self.box[3]))

    @property
    def size(self) -> float:
        """The mean of its width and height, fractions."""
        return float(self.box[2] - self.box[0] + self.box[3] - self.box[1]) / 2


class Tracker:
    """The tracks of one camera."""

    def __init__(self) -> None:
        """Begin with none."""
        self.tracks: list[Track] = []
        self._next = 1
        self._at_s = 0.0

    def follow(self, found: Found, at_s: float, sure_score: float) -> list[Track]:
        """Take the detections of a picture; give the tracks that have ended.

        Args:
            found: detections, weak ones among them.
            at_s: when it was taken.
            sure_score: below this a detection begins no track.
        """
        self._at_s = at_s
        found, votes = _worth(*bodies(found), sure_score * WEAK_SHARE)
        is_sure = found.scores >= sure_score
        pairs = self._match(found, is_sure, at_s)
        for track, place in pairs:
            _move(track, found.boxes[place], float(found.scores[place]), at_s)
            track.votes = track.votes * VOTES_KEPT + votes[place]
        taken = {place for _, place in pairs}
        for place in np.flatnonzero(is_sure).tolist():
            if place not in taken and self._is_new(found.boxes[place], at_s):
                self._begin(found.boxes[place], votes[place], at_s)
        ended = [track for track in self.tracks if self._is_over(track, at_s)]
        self.tracks = [track for track in self.tracks if not self._is_over(track, at_s)]
        return ended

    def hold(self, at_s: float) -> None:
        """Let time pass without a look: nothing moved where it counts, so who stood stands there still.

        Who was on the move has left what is watched, or not yet come into it, and goes on as he was expected to.
        """
        passed_s = max(0.0, at_s - self._at_s)
        for track in self.tracks:
            if float(np.hypot(*track.speed)) * STILL_S <= HELD_SHARE * track.size:
                track.seen_s += passed_s
                track.speed *= 0
        self._at_s = at_s

    def _match(self, found: Found, is_sure: NDArray[np.bool_], at_s: float) -> list[tuple[Track, int]]:
        """Give tracks with their detections: sure ones are dealt out first, weak ones to who is left."""
        if not self.tracks or not len(found.scores):
            return []
        spread = np.array([_grown(track, at_s)[0] + SHAKE**2 for track in self.tracks])[:, None]
        apart, doubts = self._doubts(found, at_s, spread)
        costs = doubts + 2 * np.log(spread)  # of what is as likely, who is known better goes first
        reach = np.array([REACH if track.hits > 1 else FIRST_REACH for track in self.tracks])[:, None]
        near = (doubts <= LIKELY) & (apart <= reach) & is_sure
        pairs = _best(np.where(near, costs, np.inf))
        near = (doubts <= WEAK_LIKELY) & (apart <= WEAK_REACH) & ~is_sure
        near[[row for row, _ in pairs]] = False
        pairs += _best(np.where(near, costs, np.inf))
        return [(self.tracks[row], column) for row, column in pairs]

    def _doubts(self, found: Found, at_s: float, spread: Floats) -> tuple[Floats, Floats]:
        """Give how far each detection is from each track's place, in sizes, and how much is against it being that one.

        The latter in squared standard deviations: of place, size and class.
        """
        expected = np.stack([_expected(track, at_s) for track in self.tracks])
        apart, unlike = _apart(expected, found.boxes)
        kinds = np.array([int(track.votes.argmax()) for track in self.tracks])
        others = (kinds[:, None] != found.classes[None, :]) * OTHER_CLASS
        return apart, apart**2 / spread + (unlike / UNLIKE) ** 2 + others

    def _is_new(self, box: Floats, at_s: float) -> bool:
        """Tell whether a body that no track has is one more: what lies on another's place may be part of it."""
        if not self.tracks:
            return True
        places = np.stack([box for track in self.tracks for box in (track.box, _expected(track, at_s))])
        return len(self.tracks) < MOST_TRACKS and float(overlap(box[None], places).max()) <= NEW_OVERLAP

    def _begin(self, box: Floats, votes: Floats, at_s: float) -> None:
        track = Track(self._next, box.copy(), np.zeros(2, np.float32), at_s, at_s, votes=votes.copy())
        track.path.append((at_s, *track.foot))
        track.anchor = (at_s, *track.foot)
        self._next += 1
        self.tracks.append(track)

    @staticmethod
    def _is_over(track: Track, at_s: float) -> bool:
        patience_s = STILL_LOST_S if track.still_since_s is not None else LOST_S if track.is_sure else LOST_S / 3
        return at_s - track.seen_s > patience_s


def _expected(track: Track, at_s: float) -> Floats:
    """Give where a track should be; the longer it is out of sight the less its speed is believed."""
    passed_s = min(at_s - track.seen_s, 1.0)
    return track.box + np.tile(track.speed * passed_s, 2)


def _grown(track: Track, at_s: float) -> tuple[float, float, float]:
    """Give its variances by now: the longer nobody has seen it the less is known of it."""
    passed_s = max(at_s - track.seen_s, 1e-3)
    place, both, speed = track.spread
    swerve = float(SWERVE[track.votes.argmax()]) ** 2
    return (
        place + 2 * both * passed_s + speed * passed_s**2 + swerve * passed_s**3 / 3,
        both + speed * passed_s + swerve * passed_s**2 / 2,
        speed + swerve * passed_s,
    )


def _worth(found: Found, votes: Floats, least: float) -> tuple[Found, Floats]:
    """Leave out what is too weak to be believed even where a track is waited for."""
    kept = found.scores >= least
    return Found(found.boxes[kept], found.classes[kept], found.scores[kept], found.states), votes[kept]


def _best(costs: Floats) -> list[tuple[int, int]]:
    """Pair rows with columns, the cheapest first; what costs infinitely much is no pair."""
    rows, columns = np.nonzero(np.isfinite(costs))
    pairs: list[tuple[int, int]] = []
    seen_rows: set[int] = set()
    seen_columns: set[int] = set()
    for index in np.argsort(costs[rows, columns]):
        row, column = int(rows[index]), int(columns[index])
        if row not in seen_rows and column not in seen_columns:
            seen_rows.add(row)
            seen_columns.add(column)
            pairs.append((row, column))
    return pairs


def _apart(expected: Floats, boxes: Floats) -> tuple[Floats, Floats]:
    """Give the distance of each track's place from each detection, in their common size, and how unlike they are.

    A size is half way between a body's mean and its own width or height: people who stand side by side are nearer to
    each other than to where their heads would be. How unlike: by the logarithm of their means' ratio.
    """
    middles, centres = (expected[:, :2] + expected[:, 2:]) / 2, (boxes[:, :2] + boxes[:, 2:]) / 2
    sides, others = expected[:, 2:] - expected[:, :2], boxes[:, 2:] - boxes[:, :2]
    mean, mean_other = sides.mean(axis=1, keepdims=True), others.mean(axis=1, keepdims=True)
    common = ((sides + mean)[:, None] + (others + mean_other)[None]) / 4
    apart = np.hypot(*((middles[:, None] - centres[None]) / np.maximum(common, 1e-4)).transpose(2, 0, 1))
    return apart, np.log(np.maximum(mean, 1e-4) / np.maximum(mean_other.T, 1e-4))


def _move(track: Track, box: Floats, score: float, at_s: float) -> None:
    """Take a detection: place and speed follow it by as much as it is better known than they are.

    What comes twice as near is twice as large, and goes four times as quickly in the picture along the road.
    """
    expected = _expected(track, at_s)
    place, both, speed = _grown(track, at_s)
    known = place + SHAKE**2 * SURE_SCORE / max(score, 0.1)
    middle, off = (expected[:2] + expected[2:]) / 2, ((box[:2] + box[2:]) - (expected[:2] + expected[2:])) / 2
    half = ((expected[2:] - expected[:2]) * (1 - SIDES_SHARE) + (box[2:] - box[:2]) * SIDES_SHARE) / 2
    grows = float(np.clip(half.mean() / max(track.size / 2, 1e-4), *MOST_GROWTH))
    middle = middle + off * (place / known)
    track.box = np.concatenate([middle - half, middle + half]).astype(np.float32)
    track.speed = ((track.speed + off * (both / known)) * grows**2).astype(np.float32)
    track.spread = (place * (1 - place / known), both * (1 - place / known), speed - both**2 / known)
    track.seen_s = at_s
    track.hits += 1
    track.path.append((at_s, *track.foot))
    while track.path[0][0] < at_s - PATH_S:
        track.path.popleft()
    _judge_still(track, at_s)


def _judge_still(track: Track, at_s: float) -> None:
    """Note since when it stands: within a quarter of its size of one spot for some seconds."""
    since_s, x, y = track.anchor
    foot = track.foot
    if np.hypot(foot[0] - x, foot[1] - y) > STILL_SHARE * track.size:
        track.anchor = (at_s, *foot)
        track.still_since_s = None
    elif at_s - since_s >= STILL_S:
        track.still_since_s = since_s
