"""Whether a camera can see: frozen, dark, covered, out of focus, turned; judged once a second from its brightness.

How much detail a picture has, and where, is compared with what this camera showed for long in like light; see
`bearing` for how a turn is told from a fallen tree. What it showed is kept on disk, so that a camera that was turned
while the box was off is found too; but nothing of what lies behind its privacy masks.
"""

import contextlib
import os
from collections import deque
from collections.abc import Collection, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision import bearing
from edge.vision.conditions import Condition
from edge.vision.found import Floats, Picture
from edge.vision.shapes import Point, paint

LOOK_EVERY_S = 1.0
BEGIN_S, END_S = 15.0, 15.0
ELSEWHERE_S = 60.0  # so long hardly anything is where it was, and no turn explains it: a bus before the lens drives on
SETTLED_S = 15.0  # so long all of it is another view that keeps still: a bus at a stop is gone before `turned` holds
NOWHERE_SHARE = 0.07  # of the tiles that chance leaves; a bus right before a lens leaves 0.1
FROZEN_S = 20.0  # longer than any sensible interval of key frames, whose noise alone is a change
REPEATED_S = 5.0  # a picture that comes again and again shows what was true; what stands in it is not known for longer
FROZEN_STEP = 0.05  # of 255, mean over the picture: a picture coded anew differs by less, a living one's noise by more
DARK_LEVEL = 38  # of 255: hardly anything is brighter
PLAIN_SPREAD = 7.0  # of 255: a wall or a bag, whatever was before
PLAIN_DETAIL = 4.5  # of 255: a bag by night shows 3.4, the noise; a dark wet road 6, though as even
SOFT_SHARE = 0.7  # of the usual detail; a clean picture keeps 0.9 in traffic, a slightly soft one 0.6
SOFT_EVERYWHERE = 0.8  # of the usual, in so many of the parts that have detail: water takes the road's and no tree's
SOFT_PARTS_PCT = 85  # with water all over the road 18 % are as ever, out of focus 7 % at most
# Correlation with the usual picture: clean 0.8 and more in traffic, turned by 12 degrees 0.6 and less.
LEAST_LIKE = 0.62
LEAST_LIKE_OTHER = 0.35  # the same between sun and clouds
HELD_SHARE = 0.15  # of the tiles with texture: as many that are where they were hold a camera's bearing
LEARN_HELD = 0.3  # of the tiles, or the picture is not learnt: a bus before the lens keeps 0.2
LEARN_LOOKS = 20  # looks in one kind of light before it can be judged by it
LEARN_SHARE = 1 / 300
FIRST_SAVE_S, SAVE_EVERY_S = 60.0, 600.0
_LIGHTS = (45.0, 95.0)  # of 255, mean brightness: between night, dusk, day
_NEAREST = {0: (0, 1, 2), 1: (1, 2, 0), 2: (2, 1, 0)}  # of the lights; its own first
_MAP = (40, 22)


class Eyesight:
    """One camera's memory of what it should see."""

    def __init__(self, file: Path | None = None, private: Sequence[Sequence[Point]] = (), drawn: str = "") -> None:
        """Recall what was seen before.

        Args:
            file: where it is kept; None keeps nothing.
            private: polygons of which nothing is kept there.
            drawn: what stands for all that was drawn on its picture; what was seen with another is forgotten: who draws
                anew has seen where it looks, and means that.
        """
        self._file = file
        self._private = private
        self._drawn = drawn
        self._maps = np.zeros((3, _MAP[1], _MAP[0]), np.float32)
        self._figures = np.zeros((3, 3), np.float32)  # of each light: looks, detail, spread
        self._kept = np.zeros((3, *bearing.SHAPE), np.float32)
        self._recent: deque[Floats] = deque(maxlen=5)
        self._recent_edges: deque[Floats] = deque(maxlen=5)
        self._elsewhere = Condition(ELSEWHERE_S, LOOK_EVERY_S)
        self._repeated = Condition(REPEATED_S, 3.0)
        self._strange: tuple[Floats, float] | None = None  # what is there instead, and since when
        self._may_learn = True
        self._last: Picture | None = None
        self._looked_s = float("-inf")
        self._saved_s: float | None = None  # when it is to be saved next
        self.conditions = {name: Condition(BEGIN_S, END_S) for name in ("darkened", "covered", "defocused", "turned")}
        self.conditions["frozen"] = Condition(FROZEN_S, 3.0)
        self._recall()

    @property
    def is_clear(self) -> bool:
        """Tell whether what the camera shows may be believed."""
        return not any(condition.holds for condition in self.conditions.values())

    @property
    def is_doubtful(self) -> bool:
        """Tell whether what it shows may soon turn out not to be believed: a covered lens looks like water.

        What is frozen is left out: it shows what was true.
        """
        seems = any(condition.may_hold for name, condition in self.conditions.items() if name != "frozen")
        return seems or self._strange is not None

    @property
    def is_repeated(self) -> bool:
        """Tell whether the same picture comes again and again: nobody knows what stands there by now."""
        return self._repeated.holds

    def look(self, luma: Picture, small: Picture, at_s: float) -> list[str]:
        """Look, at most once a second; name what has begun or ended by it.

        Args:
            luma: brightness, uint8 (h, w).
            small: the same, (h/4, w/4).
            at_s: when it was taken.
        """
        if 0 <= at_s - self._looked_s < LOOK_EVERY_S:
            return []
        self._looked_s = at_s
        seems = self._judge(luma, small, at_s)
        changed = [name for name, condition in self.conditions.items() if condition.look(seems[name], at_s)]
        self._repeated.look(seems["frozen"], at_s)
        if not any(seems.values()) and self.is_clear and self._may_learn:
            self._learn(small)
            self._save(at_s)
        return changed

    def is_in_place(self, small: Picture) -> bool:
        """Tell by one picture whether the camera looks where it looked for long; before that is known, it does."""
        like = self._like(_light(small))
        if like is None:
            return True
        found = bearing.compare(bearing.edges_of(small), self._kept[like])
        return found.shift_px == 0 and found.held >= HELD_SHARE

    def restart(self) -> None:
        """Forget the last picture: a new stream begins."""
        self._last = self._strange = None
        self._recent.clear()
        self._recent_edges.clear()

    def _judge(self, luma: Picture, small: Picture, at_s: float) -> dict[str, bool]:
        self._take(_edges(small), bearing.edges_of(small))
        edges = _mean(self._recent)
        light = _light(small)
        looks, detail, spread = self._figures[light]
        known = looks >= LEARN_LOOKS
        now_detail, now_spread = float(edges.mean()), _spread(small)
        is_dark = float(np.percentile(small[::2, ::2], 99)) < DARK_LEVEL
        plain_detail = 0.5 * detail if known else PLAIN_DETAIL
        is_plain = now_spread < max(PLAIN_SPREAD, 0.4 * spread * known) and now_detail < plain_detail
        is_seen = not (is_dark or is_plain)
        is_turned = is_seen and self._is_turned(edges, light, at_s)
        if not is_seen:
            self._strange = None
        is_soft = known and now_detail < SOFT_SHARE * detail and not is_turned
        is_soft = is_soft and _is_soft_everywhere(edges, self._maps[light])
        return {
            "frozen": self._is_frozen(luma) and not is_dark,  # in the dark there is no noise either
            "darkened": is_dark,
            "covered": is_plain and not is_dark,
            "defocused": is_soft and not is_plain and not is_dark,
            "turned": is_turned,
        }

    def _take(self, edges: Floats, fine: Floats) -> None:
        """Keep the last pictures, which are judged together; but where all has just changed, only those since.

        What a lens shows is doubted from the first look on after it was covered.
        """
        if self._recent and _has_broken(edges, fine, _mean(self._recent), _mean(self._recent_edges)):
            self._recent.clear()
            self._recent_edges.clear()
        self._recent.append(edges)
        self._recent_edges.append(fine)

    def _is_turned(self, edges: Floats, light: int, at_s: float) -> bool:
        """Tell whether all of the picture has moved, or long nothing is where it was.

        In a light in which this camera was never seen it is compared with the nearest that it was seen in.
        """
        like = self._like(light)
        if like is None:
            self._may_learn, self._strange = True, None
            return False
        least = LEAST_LIKE if like == light else LEAST_LIKE_OTHER
        now = _mean(self._recent_edges)
        found = bearing.compare(now, self._kept[like])
        is_like_light = {light, like} != {0, 2}  # of a lit night little need be like the day
        is_strange = is_like_light and found.held < HELD_SHARE and _likeness(edges, self._maps[like]) < least
        self._elsewhere.look(is_strange, at_s)
        self._may_learn = not is_strange if like != light else found.held >= LEARN_HELD
        if not is_strange:
            self._strange = None
        elif self._strange is None or bearing.held_share(now, self._strange[0]) < bearing.HELD_SHARE:
            self._strange = (now, at_s)  # something else than a look ago: what drives past does not keep still
        return found.shift_px > 0 or (is_strange and (self._elsewhere.holds or self._is_settled(found.held, at_s)))

    def _is_settled(self, held: float, at_s: float) -> bool:
        """Tell whether nothing at all is where it was, and what is there instead has long been the same."""
        return held < NOWHERE_SHARE and self._strange is not None and at_s - self._strange[1] >= SETTLED_S

    def _like(self, light: int) -> int | None:
        """Give the nearest light in which this camera was seen for long; None without any."""
        return next((other for other in _NEAREST[light] if self._figures[other][0] >= LEARN_LOOKS), None)

    def _is_frozen(self, luma: Picture) -> bool:
        """Compare with the picture of a second ago, but for the edges in which cameras write their clocks."""
        edge = luma.shape[0] // 12
        inner = luma[edge:-edge:2, ::2]
        last, self._last = self._last, inner.copy()
        return last is not None and last.shape == inner.shape and float(cv2.absdiff(inner, last).mean()) < FROZEN_STEP

    def _learn(self, small: Picture) -> None:
        """Learn from the oldest of the pictures that were judged together: what has just changed is not learnt."""
        light = _light(small)
        looks = self._figures[light][0]
        share = max(LEARN_SHARE, 1 / (looks + 1))
        edges = self._recent[0]
        fresh = np.array([edges.mean(), _spread(small)], np.float32)
        self._maps[light] += share * (edges - self._maps[light])
        self._kept[light] += share * (self._recent_edges[0] - self._kept[light])
        self._figures[light][1:] += share * (fresh - self._figures[light][1:])
        self._figures[light][0] = min(looks + 1, 1e6)

    def _recall(self) -> None:
        if self._file is None or not self._file.exists():
            return
        # it is no more than a memory: what is broken, in whatever way (zipfile and zlib have theirs), is learnt anew
        with contextlib.suppress(Exception), self._file.open("rb") as file, np.load(file) as kept:
            if str(kept["drawn"]) != self._drawn:
                return
            ours = (self._maps, self._figures, self._kept)
            read = tuple(kept[name] for name in ("maps", "figures", "edges"))
            if all(one.shape == own.shape and np.isfinite(one).all() for one, own in zip(read, ours, strict=True)):
                self._maps, self._figures, self._kept = (one.astype(np.float32) for one in read)

    def _save(self, at_s: float) -> None:
        if self._file is None:
            return
        if self._saved_s is None or at_s < self._saved_s - SAVE_EVERY_S:
            self._saved_s = at_s + FIRST_SAVE_S
        if at_s < self._saved_s:
            return
        self._saved_s = at_s + SAVE_EVERY_S
        part = self._file.with_suffix(".part.npz")
        with contextlib.suppress(OSError):  # a full disk: it is tried again later
            with part.open("wb") as file:
                maps, edges = self._maps * _open_cells(self._private), self._kept * bearing.open_tiles(self._private)
                drawn = np.array(self._drawn)
                np.savez(file, maps=maps, figures=self._figures, edges=edges.astype(np.float16), drawn=drawn)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._file)


def _light(small: Picture) -> int:
    return int(np.searchsorted(_LIGHTS, float(small.mean())))


def _spread(small: Picture) -> float:
    """Give how unlike the parts of a picture are; noise and detail do not count."""
    return float(cv2.resize(small, (20, 11), interpolation=cv2.INTER_AREA).std())


def _edges(small: Picture) -> Floats:
    """Give where a picture has how much detail: float32 (22, 40)."""
    across, down = cv2.Sobel(small, cv2.CV_16S, 1, 0), cv2.Sobel(small, cv2.CV_16S, 0, 1)
    strength = cv2.add(cv2.convertScaleAbs(across, alpha=0.25), cv2.convertScaleAbs(down, alpha=0.25))
    return cv2.resize(strength, _MAP, interpolation=cv2.INTER_AREA).astype(np.float32)


def _open_cells(private: Sequence[Sequence[Point]]) -> NDArray[np.bool_]:
    """Give which cells of a map may be stored, bool (22, 40): none that a privacy mask touches."""
    painted = cv2.dilate(paint(private, 8 * _MAP[0], 8 * _MAP[1]), np.ones((9, 9))).astype(np.float32)
    return np.asarray(cv2.resize(painted, _MAP, interpolation=cv2.INTER_AREA) == 0)


def _mean(pictures: Collection[Floats]) -> Floats:
    """Give the mean of a few pictures; np.mean would copy all of them first."""
    return np.asarray(sum(pictures) / np.float32(len(pictures)), np.float32)


def _has_broken(edges: Floats, fine: Floats, usual: Floats, usual_fine: Floats) -> bool:
    """Tell whether a picture is another than those before it, everywhere: elsewhere, covered, or out of focus."""
    is_soft = float(edges.mean()) < SOFT_SHARE * float(usual.mean()) and _is_soft_everywhere(edges, usual)
    return is_soft or bearing.held_share(fine, usual_fine) < HELD_SHARE


def _is_soft_everywhere(edges: Floats, usual: Floats) -> bool:
    """Tell whether detail is missing in nearly all parts that used to have some."""
    detailed = usual > usual.mean()
    return float(np.percentile(edges[detailed] / usual[detailed], SOFT_PARTS_PCT)) < SOFT_EVERYWHERE


def _likeness(one: Floats, other: Floats) -> float:
    """Correlate two maps, -1 to 1, allowing for a cell of swaying."""
    if min(float(one.std()), float(other.std())) < 1e-3:  # noqa: PLR2004 - nothing there
        return 0.0
    inner = other[1:-1, 1:-1]
    return float(cv2.matchTemplate(one, np.ascontiguousarray(inner), cv2.TM_CCOEFF_NORMED).max())
