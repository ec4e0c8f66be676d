"""Turning counts: from which gate to which each track went."""

from collections import Counter

import numpy as np

from edge.site_vision import CLASSES, CameraPlace
from edge.vision.shapes import contains
from edge.vision.tracker import Track


class MovementCount:
    """The movements of one camera since the last report."""

    def __init__(self, place: CameraPlace) -> None:
        """Begin with nothing counted."""
        self._gates = {zone.name: zone.polygon for zone in place.zones if zone.kind == "gate"}
        self._movements = {(one.origin, one.destination): one.name for one in place.movements}
        self._counts: Counter[tuple[str, str]] = Counter()

    def look(self, tracks: list[Track]) -> None:
        """Note in which gate each track is: the first stays, the last is overwritten."""
        sure = [track for track in tracks if track.is_sure]
        if not sure or not self._gates:
            return
        feet = np.array([track.foot for track in sure], np.float32)
        for name, polygon in self._gates.items():
            for track, is_in in zip(sure, contains(polygon, feet), strict=True):
                if is_in:
                    track.notes.setdefault("origin", name)
                    track.notes["destination"] = name

    def take_ended(self, ended: list[Track]) -> None:
        """Count tracks that have ended."""
        for track in ended:
            way = (str(track.notes.get("origin", "")), str(track.notes.get("destination", "")))
            if way in self._movements:
                self._counts[self._movements[way], track.kind] += 1

    def report(self, passed_s: float) -> dict[str, dict[str, float]]:
        """Give the volumes by movement, in the catalogue's units, and begin anew."""
        per_min = 60 / max(passed_s, 1e-3)
        found = {}
        for name in self._movements.values():
            classes = {f"volume_{kind}": self._counts[name, kind] * per_min for kind in CLASSES}
            found[name] = {"volume": sum(classes.values()) - classes["volume_person"]} | classes
        self._counts.clear()
        return found
