"""Writes a city's roads as GeoJSON, for the console's base map: `python -m simulators.city.roads FILE`.

One line for each pair of neighbours, whichever way one drives there: RFC 7946, WGS 84, longitude first.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from simulators.city.build import HOME

_DIGITS = 5  # a metre


def main() -> None:
    """Write the roads of Pasuruan, or of another description."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--home", type=Path, default=HOME, help="directory with plain.nod.xml and plain.edg.xml")
    asked = parser.parse_args()
    asked.file.write_text(write_roads(asked.home), encoding="utf-8")


def write_roads(home: Path) -> str:
    """Make the GeoJSON of a network's plain XML.

    Args:
        home: where `build.py` has written it.
    """
    features = ",\n".join(json.dumps(road, ensure_ascii=False) for road in _roads(home))
    return f'{{"type": "FeatureCollection", "features": [\n{features}\n]}}\n'


def _roads(home: Path) -> Iterator[dict[str, Any]]:
    places = {
        node.attrib["id"]: [round(float(node.attrib[axis]), _DIGITS) for axis in ("x", "y")]
        for node in _read(home / "plain.nod.xml")
    }
    seen: set[frozenset[str]] = set()
    for edge in _read(home / "plain.edg.xml"):
        ends = (edge.attrib["from"], edge.attrib["to"])
        if frozenset(ends) in seen:
            continue
        seen.add(frozenset(ends))
        line = {"type": "LineString", "coordinates": [places[end] for end in ends]}
        named = {"name": edge.attrib["name"], "lanes": int(edge.attrib["numLanes"])}
        yield {"type": "Feature", "geometry": line, "properties": named}


def _read(file: Path) -> ET.Element:
    return ET.parse(file).getroot()  # noqa: S314 - a file that `build.py` has written


if __name__ == "__main__":
    main()
