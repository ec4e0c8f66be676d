"""Makes SUMO's plain XML from a description and the network from it: `python -m simulators.city.build`.

Needs netconvert (`eclipse-sumo` from PyPI, 500 MB, in an environment of its own); running the city does not.
"""

import argparse
import subprocess
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from simulators.city.layout import GATE_M, Junction, Layout, Way, load_layout, moved

HOME = Path(__file__).parent / "pasuruan"
_SPEED_M_S = 13.9  # 50 km/h
_LANE_M = 3.25
_NETCONVERT = (
    "--lefthand",
    "--proj.utm",
    "--no-turnarounds",
    "--junctions.corner-detail=0",
    "--tls.default-type=static",
    "--no-internal-links=false",
    "--default.junctions.keep-clear=true",
    "--output.street-names",
    "--no-warnings",
)


def main() -> None:
    """Build the network of Pasuruan, or another description's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--netconvert", default="netconvert")
    parser.add_argument("--home", type=Path, default=HOME, help="directory with corridor.yaml")
    asked = parser.parse_args()
    layout = load_layout(asked.home / "corridor.yaml")
    for kind, root in (("nod", nodes(layout)), ("edg", edges(layout)), ("con", connections(layout))):
        indent(root)
        ElementTree(root).write(asked.home / f"plain.{kind}.xml", encoding="utf-8", xml_declaration=True)
    sources = [
        f"--{name}-files=plain.{kind}.xml" for name, kind in (("node", "nod"), ("edge", "edg"), ("connection", "con"))
    ]
    order = [asked.netconvert, *sources, "--output-file=city.net.xml", *_NETCONVERT]
    subprocess.run(order, check=True, cwd=asked.home)


def nodes(layout: Layout) -> Element:
    """Write junctions, gates and the ends of the map."""
    root = Element("nodes")
    for junction in layout.junctions:
        _node(root, junction.code, junction.latitude, junction.longitude, "traffic_light")
        for side in junction.arms:
            end = layout.far_end(junction, side)
            if end == f"{junction.code}~{side}":
                place = moved(junction.latitude, junction.longitude, layout.bearing(junction, side), GATE_M)
                _node(root, end, *place, "priority")
    return root


def edges(layout: Layout) -> Element:
    """Write approaches, departures and the long roads between gates."""
    root = Element("edges")
    for junction in layout.junctions:
        for side, arm in junction.arms.items():
            end = layout.far_end(junction, side)
            _edge(root, end, junction.code, arm.lanes, arm.name)
            if end.startswith(junction.code):  # else the neighbour's approach is this departure
                _edge(root, junction.code, end, _lanes_out(arm.lanes), arm.name)
            if arm.to and end != arm.to:
                other = layout.junction(arm.to)
                back = next(key for key, found in other.arms.items() if found.to == junction.code)
                _edge(root, end, f"{other.code}~{back}", 2, arm.name)
    return root


def connections(layout: Layout) -> Element:
    """Write which lane leads where: with a turn phase, the right lane only to the right."""
    root = Element("connections")
    for junction in layout.junctions:
        for origin in junction.arms:
            for target in layout.targets(junction, origin):
                _connect(root, layout, junction, origin, target)
    return root


def _node(root: Element, name: str, latitude: float, longitude: float, kind: str) -> None:
    SubElement(root, "node", id=name, x=f"{longitude:.6f}", y=f"{latitude:.6f}", type=kind)


def _edge(root: Element, origin: str, target: str, lanes: int, name: str) -> None:
    SubElement(
        root,
        "edge",
        {"id": f"{origin}--{target}", "from": origin, "to": target, "name": name}
        | {"numLanes": str(lanes), "speed": str(_SPEED_M_S), "width": str(_LANE_M), "spreadType": "right"},
    )


def _lanes_out(lanes_in: int) -> int:
    return min(lanes_in, 2)


def _connect(root: Element, layout: Layout, junction: Junction, origin: str, target: str) -> None:
    arm, way = junction.arms[origin], layout.way(junction, origin, target)
    lanes = list(range(arm.lanes))
    if arm.turn:
        lanes = lanes[-1:] if way is Way.RIGHT else lanes[:-1]
    elif way is Way.LEFT:
        lanes = lanes[:1]
    elif way is Way.RIGHT:
        lanes = lanes[-1:]
    out = _lanes_of_departure(layout, junction, target)
    for place, lane in enumerate(lanes):
        onto = min(place, out - 1) if way is not Way.RIGHT else out - 1
        SubElement(
            root,
            "connection",
            {"from": layout.edge_in(junction, origin), "to": layout.edge_out(junction, target)}
            | {"fromLane": str(lane), "toLane": str(onto)},
        )


def _lanes_of_departure(layout: Layout, junction: Junction, side: str) -> int:
    arm = junction.arms[side]
    if arm.to and layout.far_end(junction, side) == arm.to:
        return next(found.lanes for found in layout.junction(arm.to).arms.values() if found.to == junction.code)
    return _lanes_out(arm.lanes)


if __name__ == "__main__":
    main()
