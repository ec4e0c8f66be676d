"""The city in SUMO: what a controller displays is what the street obeys, and what the street does the detectors see."""

import asyncio
import json
import math
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import parse

import libsumo
import pytest

from simulators.cameras.lying import lying, points_of, watched
from simulators.cameras.places import View
from simulators.cameras.views import view_of
from simulators.city import events
from simulators.city.build import connections, edges, nodes
from simulators.city.city import City
from simulators.city.demand import share_of_day
from simulators.city.layout import Way, load_layout
from simulators.city.network import DEFAULT_HOME, load_network
from simulators.city.obstacles import lanes_of
from simulators.city.scenarios import LongerGreen, run
from simulators.city.server import CityServer
from simulators.city.table import junction_table
from simulators.city.view import around, describe
from simulators.control import send_order
from simulators.controller.controller import Panel
from simulators.errors import Misconfigured, Refused
from simulators.faults import Fault
from simulators.regency.load import DEFAULT_FILE, load_regency
from simulators.world.clock import WorldClock
from tests.fix_signals import Watcher

AFTERNOON_S = datetime.fromisoformat("2026-11-23T16:20:00+07:00").timestamp()
TAMAN_DAYU = frozenset({"TD-01"})
GRID = Path(__file__).parents[1] / "networks" / "grid"


def _city(only: frozenset[str] | None = TAMAN_DAYU, seed: int = 1) -> City:
    return City(load_network(), seed, AFTERNOON_S, {}, only)


def _passed(city: City, edge: str, seconds: int) -> int:
    """Count the vehicles that leave an approach within so many seconds."""
    before, left = set(libsumo.edge.getLastStepVehicleIDs(edge)), 0
    for _ in range(seconds):
        city.step()
        now = set(libsumo.edge.getLastStepVehicleIDs(edge))
        left += len(before - now)
        before = now
    return left


def test_network_when_built_anew_then_its_plain_sources_are_those_in_the_repository() -> None:
    layout = load_layout(DEFAULT_HOME / "corridor.yaml")
    for kind, root in (("nod", nodes(layout)), ("edg", edges(layout)), ("con", connections(layout))):
        kept = [element.attrib for element in parse(DEFAULT_HOME / f"plain.{kind}.xml").getroot()]  # noqa: S314 - ours
        assert [element.attrib for element in root] == kept


def test_layout_when_driving_on_the_left_then_ways_and_phases_are_right() -> None:
    layout = load_layout(DEFAULT_HOME / "corridor.yaml")
    assert len(layout.junctions) >= 12
    dayu = layout.junction("TD-01")
    assert layout.targets(dayu, "n") == {"s": Way.STRAIGHT, "w": Way.RIGHT}
    assert layout.targets(dayu, "s") == {"n": Way.STRAIGHT, "w": Way.LEFT}
    assert layout.phase_of(dayu, "n", "w") == 1
    assert layout.phase_of(dayu, "n", "s") == 6


def test_layout_when_a_turn_would_meet_oncoming_traffic_then_refused(tmp_path: Path) -> None:
    text = (DEFAULT_HOME / "corridor.yaml").read_text()
    (tmp_path / "corridor.yaml").write_text(text.replace("phase: 2, right: false,", "phase: 2,"))
    with pytest.raises(Misconfigured, match="turns right into the traffic"):
        load_layout(tmp_path / "corridor.yaml")


def test_display_when_set_then_sumo_shows_it_each_second_and_never_a_conflict() -> None:
    with _city() as city:
        controller = city.controllers["TD-01"]
        watcher = Watcher(controller.program)
        for second in range(1, 241):
            city.step()
            shown = controller.displayed
            watcher.see(second * 10, shown)
            state = libsumo.trafficlight.getRedYellowGreenState("TD-01")
            phases = city._signals["TD-01"].phases
            assert [letter.upper() for letter in state] == [shown.letter(phase) for phase in phases]
        assert not [breach for breach in watcher.breaches if "together" in breach]


def test_street_when_the_light_is_red_then_nobody_passes_and_when_green_then_many() -> None:
    with _city() as city:
        for _ in range(150):
            city.step()
        controller, edge = city.controllers["TD-01"], city.approaches["TD-01", "s"].edge
        while controller.displayed.letter(2) != "R":
            city.step()
        for _ in range(4):
            city.step()  # those within the junction leave it
        controller.turn_panel(Panel.MANUAL)
        assert controller.displayed.letter(2) == "R"
        assert _passed(city, edge, 60) == 0
        queued = city.approaches["TD-01", "s"].queue
        assert queued > 10
        controller.turn_panel(Panel.AUTO)
        while controller.displayed.letter(2) != "G":
            city.step()
        assert _passed(city, edge, 25) > 10


def test_detectors_when_vehicles_wait_and_pass_then_occupied_counted_and_called() -> None:
    with _city() as city:
        controller = city.controllers["TD-01"]
        for _ in range(300):
            city.step()
        report = controller.inputs.report
        assert report.volumes[2] > 5
        assert report.volumes[12] > 5
        assert 0 < report.occupancies[2] <= 200


def test_city_when_of_the_same_seed_then_the_same_and_of_another_then_another() -> None:
    def trace(seed):
        with _city(seed=seed) as city:
            found = []
            for _ in range(120):
                city.step()
                found.append((city.vehicles, city.approaches["TD-01", "s"].queue))
            return found

    assert trace(1) == trace(1)
    assert trace(1) != trace(2)


def test_city_when_on_a_network_of_somebody_else_then_its_lights_obey_and_vehicles_drive_through() -> None:
    with City(load_network(GRID), 1, AFTERNOON_S) as city:
        most = 0
        for _ in range(260):
            city.step()
            most = max(most, city.approaches["GB-01", "w"].vehicles)
            for code, light in (("GA-01", "A0"), ("GB-01", "B0")):
                state = libsumo.trafficlight.getRedYellowGreenState(light)
                shown = [city.controllers[code].displayed.letter(phase) for phase in city._signals[code].phases]
                assert [letter.upper() for letter in state] == shown
        assert most > 3, "who leaves the western junction to the east arrives at the eastern one"
        assert sum(city.controllers["GB-01"].inputs.report.volumes.values()) > 10


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("edge_in: top0A0", "edge_in: elsewhere"), "elsewhere"),
        (("light: A0", "light: Z9"), "Z9"),
        (("edge_out: A0top0", "edge_out: B0top1"), "A0top0"),
    ],
)
def test_city_when_description_and_network_do_not_fit_then_says_what_and_leaves_sumo_free(
    tmp_path: Path, wrong: tuple[str, str], told: str
) -> None:
    text = (GRID / "corridor.yaml").read_text()
    assert wrong[0] in text
    (tmp_path / "corridor.yaml").write_text(text.replace(*wrong))
    (tmp_path / "city.net.xml").write_bytes((GRID / "city.net.xml").read_bytes())
    with pytest.raises(Misconfigured, match=told), City(load_network(tmp_path), 1, AFTERNOON_S):
        pass
    assert not libsumo.isLoaded()


def test_city_when_there_is_one_already_then_refused() -> None:
    with _city(), pytest.raises(Refused, match="one city"), _city():
        pass


def test_longer_green_when_granted_then_the_reserved_pattern_runs_and_ends_by_itself() -> None:
    seen = []
    policy = LongerGreen("TD-01", 2, 20, after_s=10, duration_s=300)

    def look(city):
        policy(city)
        controller = city.controllers["TD-01"]
        seen.append(controller.pattern)

    outcome = run("rush_hour", 1, 500, look)
    assert seen.count(16) > 200
    assert seen[-1] == 3
    assert outcome.mean_queue["TD-01", "s"] > 0
    assert outcome.junction_delay_s("TD-01") > 0


def _fault(what: str, amount: float) -> Fault:
    return Fault(1, what, "TD-01.signal-1", 0.0, 1e12, amount)


def test_events_when_a_tree_lies_there_then_a_queue_and_when_it_is_gone_then_none_of_it_is_left() -> None:
    with _city() as city:
        orders = events.Events(city)
        for _ in range(100):
            city.step()
        orders.apply([_fault("tree", 2.0)])
        for _ in range(60):
            city.step()
        wrecks = [name for name in libsumo.vehicle.getIDList() if name.startswith("wreck")]
        assert len(wrecks) == 2
        assert all(libsumo.vehicle.getSpeed(name) == 0 for name in wrecks)
        orders.apply([])
        city.step()
        assert not [name for name in libsumo.vehicle.getIDList() if name.startswith("wreck")]


@pytest.fixture(scope="module")
def views() -> dict[str, View]:
    """What the cameras of Taman Dayu look at."""
    net_file = load_network().net_file
    site = next(site for site in load_regency(DEFAULT_FILE).sites if site.code == "TD-01")
    return {camera.code: view_of("TD-01", camera, net_file) for camera in site.cameras}


def _shown(what: str, amount: float = 1.0, camera: str = "TD-01.cam-1") -> Fault:
    return Fault(1, what, camera, 0.0, 1e12, amount)


def _near(view: View) -> list[str]:
    """Name the vehicles whose front is where a tree lies in a camera's picture."""
    under = list(points_of(lying("tree", view.place, view.pose)))
    found = [name for name in libsumo.vehicle.getIDList() if name.startswith("v")]
    return [name for name in found if min(math.dist(libsumo.vehicle.getPosition(name), one) for one in under) < 1.0]


def test_street_when_a_tree_lies_before_a_camera_then_nobody_drives_through_it_until_it_is_gone(
    views: dict[str, View],
) -> None:
    with _city() as city:
        orders, view = events.Events(city, views), views["TD-01.cam-1"]
        passed = set()
        for _ in range(150):
            city.step()
            passed |= set(_near(view))
        usual = city.approaches["TD-01", "s"].queue
        assert len(passed) > 5, "people drive there"
        orders.apply([_shown("tree")])
        for _ in range(20):
            city.step()  # those who are past its edge drive on
        through = set()
        for _ in range(150):
            city.step()
            orders.apply([_shown("tree")])
            through |= set(_near(view))
        assert through == set()
        assert city.approaches["TD-01", "s"].queue > usual + 20, "those who come from the south stand"
        seen = around(city, view.pose.x_m, view.pose.y_m, 260.0)["vehicles"]
        assert len(seen) > 20, "the pictures still show who stands there, and not what stops them"
        orders.apply([])
        for _ in range(150):
            city.step()
        assert _passed(city, city.approaches["TD-01", "s"].edge, 60) > 5
        assert not [name for name in libsumo.vehicle.getIDList() if name.startswith("lying")]


def test_street_when_water_stands_before_a_camera_then_its_arm_is_slow_or_shut_and_as_before_when_it_is_gone(
    views: dict[str, View],
) -> None:
    with _city() as city:
        orders = events.Events(city, views)
        lanes = lanes_of(watched(views["TD-01.cam-1"].place, views["TD-01.cam-1"].pose)[2])
        usual = [libsumo.lane.getMaxSpeed(lane) for lane in lanes]
        assert len({lane.rpartition("_")[0] for lane in lanes}) == 2, "there and back"
        for depth_m, most_m_s in ((0.1, 2.5), (0.4, 0.3)):
            orders.apply([_shown("flood", depth_m)])
            assert {libsumo.lane.getMaxSpeed(lane) for lane in lanes} == {most_m_s}
        orders.apply([_shown("flood", 0.4), _shown("flood", 0.1, "TD-01.cam-2")])
        assert {libsumo.lane.getMaxSpeed(lane) for lane in lanes} == {0.3}
        orders.apply([])
        assert [libsumo.lane.getMaxSpeed(lane) for lane in lanes] == usual


def test_events_when_cameras_of_other_views_have_trees_then_the_city_is_as_ever(views: dict[str, View]) -> None:
    with _city() as city:
        orders = events.Events(city, views)
        orders.apply([_shown("tree", camera="KRT-01.cam-1"), _shown("flood", 0.4, "KRT-01.cam-1")])
        city.step()
        assert not [name for name in libsumo.vehicle.getIDList() if name.startswith("lying")]


@pytest.mark.parametrize(
    ("what", "phase", "lanes"), [("accident", 2, [1]), ("lane_closed", 2, [0]), ("tree", 4, [0, 1])]
)
def test_events_when_something_lies_in_the_way_then_in_the_lanes_it_is_said_to_block(
    what: str, phase: int, lanes: list[int]
) -> None:
    with _city() as city:
        orders = events.Events(city)
        orders.apply([_fault(what, float(phase))])
        city.step()
        city.step()
        wrecks = [name for name in libsumo.vehicle.getIDList() if name.startswith("wreck")]
        assert sorted(libsumo.vehicle.getLaneIndex(name) for name in wrecks) == lanes
        edge = city.approach_of("TD-01", phase).edge
        assert {libsumo.vehicle.getRoadID(name) for name in wrecks} == {edge}


def test_events_when_market_day_then_every_approach_is_fuller_and_only_there() -> None:
    with _city() as city:
        orders = events.Events(city)
        orders.apply([_fault("market_day", 1.5)])
        assert city.boost == {("TD-01", side): 1.5 for side in "nsw"}


def test_traffic_when_it_drives_then_mostly_motorcycles_side_by_side_on_the_left_and_more_at_the_peak() -> None:
    assert 'lefthand="true"' in (DEFAULT_HOME / "city.net.xml").read_text()[:20_000]
    assert share_of_day(7.5 * 3_600) > 4 * share_of_day(2.5 * 3_600)
    with _city() as city:
        assert libsumo.simulation.getOption("lateral-resolution") == "0.8"
        for _ in range(200):
            city.step()
        kinds = [libsumo.vehicle.getTypeID(name) for name in libsumo.vehicle.getIDList()]
        assert 0.6 < kinds.count("motorcycle") / len(kinds) < 0.8
        beside = [abs(libsumo.vehicle.getLateralLanePosition(name)) for name in libsumo.vehicle.getIDList()]
        assert max(beside) > 0.5


def test_events_when_rush_hour_then_more_arrive_and_when_over_then_as_before() -> None:
    with _city() as city:
        orders = events.Events(city)
        orders.apply([_fault("rush_hour", 3.0)])
        assert city.boost["TD-01", "s"] == 3.0
        assert city.at_peak == {"TD-01"}
        orders.apply([])
        assert not city.at_peak
        assert not city.boost


def test_faults_when_ordered_then_on_the_controller_and_taken_back() -> None:
    with _city() as city:
        orders, controller = events.Events(city), city.controllers["TD-01"]
        orders.apply([_fault("sets_held", 0), _fault("detector_stuck", 2.0), _fault("key_flash", 0)])
        assert controller.faults.holds_sets
        assert controller.faults.stuck == {2}
        assert controller.panel is Panel.FLASH
        orders.apply([])
        assert not controller.faults.holds_sets
        assert controller.panel is Panel.AUTO


def test_view_when_a_junction_is_described_then_as_a_table_for_a_person() -> None:
    with _city() as city:
        for _ in range(30):
            city.step()
        found = json.loads(json.dumps(describe(city, "TD-01")))
        table = junction_table(found)
    assert [row["phase"] for row in found["phases"]] == [1, 2, 6, 4]
    assert "Simpang Taman Dayu" in str(table.title)
    assert table.row_count == 4


def test_server_when_it_runs_then_it_answers_on_snmp_and_on_its_line(tmp_path: Path) -> None:
    async def serve():
        city, stop = _city(), asyncio.Event()
        city.now_s = city.start_s = float(int(datetime.now().astimezone().timestamp()))
        server = CityServer(city, {"TD-01": 0}, tmp_path, tmp_path / "no-world", WorldClock(speed=1.0))
        running = asyncio.create_task(server.run(stop))
        await asyncio.sleep(2.5)
        found = await asyncio.to_thread(send_order, tmp_path, {"do": "junction", "code": "TD-01"})
        with pytest.raises(Refused, match="there is no junction"):
            await asyncio.to_thread(send_order, tmp_path, {"do": "junction", "code": "XX-01"})
        stop.set()
        await running
        return found

    assert asyncio.run(serve())["code"] == "TD-01"


def test_city_command_when_asked_for_help_then_it_needs_no_sumo() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "simulators", "city", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "libsumo" not in done.stderr
