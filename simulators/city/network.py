"""A network for the run: its description and SUMO file, and the loops that stand for detectors."""

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from simulators.city.demand import KINDS
from simulators.city.layout import Junction, Layout, load_layout
from simulators.controller.standard import ADVANCE
from simulators.errors import Misconfigured

DEFAULT_HOME = Path(__file__).parent / "pasuruan"
STOP_LINE_M = 3.0  # a motorcycle that waits at the line stands on the loop
ADVANCE_M = 60.0


@dataclass(frozen=True, slots=True)
class Loop:
    """An induction loop in one lane.

    Attributes:
        name: in SUMO.
        junction: code.
        detector: number at the controller.
    """

    name: str
    junction: str
    detector: int


@dataclass(frozen=True, slots=True)
class Network:
    """What a city runs on."""

    layout: Layout
    net_file: Path


def load_network(home: Path = DEFAULT_HOME) -> Network:
    """Load a directory with `corridor.yaml` and `city.net.xml`.

    Raises:
        Misconfigured: one is not there or says something impossible.
    """
    net = home / "city.net.xml"
    if not net.exists():
        raise Misconfigured(f"{net} is missing; build it with `python -m simulators.city.build --home {home}`")
    network = Network(load_layout(home / "corridor.yaml"), net)
    known = set(re.findall(r'<edge id="([^"]+)"', net.read_text()))
    if missing := sorted(_edges_of(network.layout) - known):
        raise Misconfigured(f"{net} has no edges {', '.join(missing)}, which {home / 'corridor.yaml'} names")
    return network


def _edges_of(layout: Layout) -> set[str]:
    arms = [(junction, side) for junction in layout.junctions for side in junction.arms]
    return {layout.edge_in(*arm) for arm in arms} | {layout.edge_out(*arm) for arm in arms}


def loops_of(layout: Layout) -> list[Loop]:
    """List the loops: each lane of each approach has one at the stop line and one upstream."""
    found = []
    for junction in layout.junctions:
        for side, arm in junction.arms.items():
            for lane in range(arm.lanes):
                phase = arm.turn if arm.turn and lane == arm.lanes - 1 else arm.phase
                name = f"{layout.edge_in(junction, side)}_{lane}"
                found += [Loop(f"{name}/s", junction.code, phase), Loop(f"{name}/a", junction.code, ADVANCE + phase)]
    return found


def write_additional(layout: Layout, path: Path) -> None:
    """Write SUMO's additional file: vehicle types and loops."""
    root = Element("additional")
    for name, (_, kind, length_m, width_m, speed_m_s, acceleration) in KINDS.items():
        SubElement(
            root,
            "vType",
            {"id": name, "vClass": kind, "length": str(length_m), "width": str(width_m), "maxSpeed": str(speed_m_s)}
            | {"accel": str(acceleration), "minGap": "0.8" if name == "motorcycle" else "1.8", "sigma": "0.5"}
            | {"latAlignment": "arbitrary" if name == "motorcycle" else "center", "minGapLat": "0.3"},
        )
    for loop in loops_of(layout):
        lane = loop.name[:-2]
        back_m = STOP_LINE_M if loop.name.endswith("/s") else ADVANCE_M
        SubElement(
            root,
            "inductionLoop",
            {"id": loop.name, "lane": lane, "pos": str(-back_m), "period": "100000", "file": "/dev/null"}
            | {"friendlyPos": "true"},
        )
    indent(root)
    ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def approach_name(junction: Junction, side: str) -> str:
    """Name an approach for people: the phase and the road."""
    arm = junction.arms[side]
    return f"phase {arm.phase}, {arm.name} ({side})"
