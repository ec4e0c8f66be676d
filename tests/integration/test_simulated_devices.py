"""A simulated regency as a real process: what a real Modbus client reads there, and the faults ordered of it."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusIOException

from edge.sensors import profile as edge_profile
from edge.sensors.registers import Read, bind, group, is_plausible, value_of
from edge.site import load_site
from provisioning.desired_files import read_desired
from provisioning.site_files import write_site_file
from simulators.city.network import load_network
from simulators.control import send_order
from simulators.errors import Refused, Unavailable
from simulators.modbus.profile import PROFILES_DIR
from simulators.regency.derive import PROFILES, free_modbus_ports, modbus_ports, snmp_ports
from simulators.regency.desired import Lines, desired_state
from simulators.regency.load import DEFAULT_FILE, load_regency
from simulators.world.instruments import readings
from simulators.world.world import World

EVENING = "2026-08-10T20:30:00+07:00"
REGENCY = load_regency()
Ports = dict[str, int]


def _start(
    home: Path, ports: Ports, speed: str, *options: str, real_start: str | None = None
) -> subprocess.Popen[bytes]:
    clock = ["--world-start", EVENING, "--real-start", real_start or str(time.time()), "--speed", speed]
    command = [sys.executable, "-m", "simulators", "world", "--data", str(home), *clock, *options]
    process = subprocess.Popen([*command, "--base-port", str(min(ports.values()))], stderr=subprocess.DEVNULL)
    deadline_s = time.monotonic() + 30
    while time.monotonic() < deadline_s and process.poll() is None:
        try:
            send_order(home / "world", {"do": "state"})
        except Unavailable:
            time.sleep(0.05)
        else:
            return process
    process.kill()
    raise AssertionError(f"the world did not start: {process.wait()}")


@pytest.fixture(scope="module")
def ports() -> Ports:
    return free_modbus_ports(REGENCY)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, ports: Ports) -> Iterator[Path]:
    """The data directory of a world in which it is an evening in August that hardly moves on."""
    home = tmp_path_factory.mktemp("world")
    process = _start(home, ports, speed="0.01")
    yield home
    process.terminate()
    assert process.wait(10) == 0


@pytest.fixture(scope="module")
def twin() -> World:
    """The same world, in this process."""
    return World(REGENCY, datetime.fromisoformat(EVENING).timestamp())


@pytest.fixture
def order(home: Path) -> Iterator:  # type: ignore[type-arg]
    """Order a fault that ends with the test."""
    numbers: list[int] = []

    def give(what: str, on: str, **details: object) -> dict[str, object]:
        done = send_order(home / "world", {"do": "fault", "what": what, "on": on, **details})
        numbers.append(done["number"])
        time.sleep(0.25)  # a device looks at the world at most each 0.2 s
        return dict(done)

    yield give
    for number in numbers:
        with contextlib.suppress(Refused):  # the test has ended it itself
            send_order(home / "world", {"do": "end", "number": number})
    time.sleep(0.25)


@pytest.fixture
def connect(ports: Ports) -> Iterator:  # type: ignore[type-arg]
    clients: list[ModbusTcpClient] = []

    def make(code: str, timeout_s: float = 2.0) -> ModbusTcpClient:
        client = ModbusTcpClient("127.0.0.1", port=ports[code], timeout=timeout_s, retries=0)
        assert client.connect()
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


def _ask(client: ModbusTcpClient, read: Read) -> list[int] | list[bool]:
    if read.table == "coil":
        return client.read_coils(read.address, count=read.count).bits[: read.count]
    if read.table == "discrete":
        return client.read_discrete_inputs(read.address, count=read.count).bits[: read.count]
    ask = client.read_input_registers if read.table == "input" else client.read_holding_registers
    return ask(read.address, count=read.count).registers


def _read_all(client: ModbusTcpClient, code: str) -> dict[str, float | bool]:
    """Read a device as the agent does: its grouping and its decoding."""
    _, asset = REGENCY.assets()[code]
    profile = edge_profile.load(PROFILES_DIR / f"{PROFILES[asset.kind]}.yaml")
    parts = profile.parts.names[: len(asset.circuits)] if asset.kind == "lamp_panel" else None
    found: dict[str, float | bool] = {}
    for read in group(bind(profile, code, parts, {}), profile.max_gap):
        raw = _ask(client, read)
        for point in read.points:
            value = value_of(point, read, raw)
            assert is_plausible(point, value), (point.quantity, value)
            number = f"/{parts.index(point.asset.removeprefix(f'{code}-')) + 1}" if parts else ""
            found[f"{point.quantity}{number}"] = value
    return found


@pytest.mark.parametrize("code", list(REGENCY.assets()))
def test_device_when_read_as_the_agent_reads_then_it_says_what_the_model_says(
    code: str, connect, home: Path, twin: World
) -> None:
    expected = readings(twin, code)
    found = _read_all(connect(code), code)
    assert len(found) > 3
    scale = {"wind_direction": 1.0}  # degrees come in whole numbers
    for name, value in found.items():
        should = expected.get(name, expected.get(name.partition("/")[0]))
        if isinstance(value, bool):
            assert value is should, name
        else:
            assert value == pytest.approx(should, rel=0.01, abs=scale.get(name, 0.11)), name


def test_device_when_another_table_or_address_is_asked_for_then_a_modbus_exception(connect, home) -> None:
    client = connect("TD-01.cabinet-1")
    assert client.read_coils(0, count=1).exception_code == 1
    assert client.read_input_registers(500, count=1).exception_code == 2
    assert client.write_coil(0, value=True).isError()


def test_siren_when_its_coil_is_written_then_it_reads_back_and_survives_a_restart(ports: Ports, tmp_path: Path) -> None:
    few = modbus_ports(REGENCY, free_modbus_ports(REGENCY)["TD-01.lamp-1"])
    for _ in range(2):
        process = _start(tmp_path, few, speed="1")
        client = ModbusTcpClient("127.0.0.1", port=few["KRT-01.gauge-1"])
        assert client.connect()
        was_on = client.read_coils(0, count=1).bits[0]
        assert not client.write_coil(0, value=True).isError()
        assert client.read_coils(0, count=1).bits[0] is True
        client.close()
        process.kill()
        process.wait()
    assert was_on is True


def test_fault_silent_when_ordered_then_no_answer_and_afterwards_one(connect, order, home: Path) -> None:
    done = order("silent", "TD-01.cabinet-1")
    client = connect("TD-01.cabinet-1", timeout_s=0.3)
    with pytest.raises(ModbusIOException):
        client.read_input_registers(0, count=1)
    send_order(home / "world", {"do": "end", "number": done["number"]})
    assert not connect("TD-01.cabinet-1").read_input_registers(0, count=1).isError()


def test_fault_slow_when_ordered_then_the_right_answer_comes_late(connect, order) -> None:
    client = connect("TD-01.cabinet-1")
    usual = client.read_input_registers(0, count=1).registers
    order("slow", "TD-01.cabinet-1", amount=0.4)
    began_at_s = time.monotonic()
    assert client.read_input_registers(0, count=1).registers == usual
    assert 0.35 < time.monotonic() - began_at_s < 1.5


def test_fault_refuse_when_ordered_then_every_request_is_an_exception(connect, order) -> None:
    order("refuse", "TD-01.cabinet-1")
    assert connect("TD-01.cabinet-1").read_input_registers(0, count=1).exception_code == 4


def test_fault_not_a_number_when_ordered_then_all_ones_that_no_plausible_range_takes(connect, order) -> None:
    order("not_a_number", "TD-01.cabinet-1")
    registers = connect("TD-01.cabinet-1").read_input_registers(0, count=2).registers
    assert registers == [0xFFFF, 0xFFFF]


def test_fault_stuck_when_something_changes_then_the_device_repeats_itself(connect, order) -> None:
    client = connect("TD-01.cabinet-1")
    assert client.read_discrete_inputs(0, count=1).bits[0] is False
    order("stuck", "TD-01.cabinet-1")
    order("door_open", "TD-01.cabinet-1")
    assert client.read_discrete_inputs(0, count=1).bits[0] is False


def test_fault_door_open_when_ordered_then_the_contact_says_so(connect, order) -> None:
    order("door_open", "TD-01.cabinet-1")
    assert connect("TD-01.cabinet-1").read_discrete_inputs(0, count=1).bits[0] is True


def test_fault_burn_out_and_breaker_when_ordered_then_the_circuits_draw_less_and_nothing(connect, order) -> None:
    client = connect("TD-01.lamp-1")
    before = _read_all(client, "TD-01.lamp-1")
    order("burn_out", "TD-01.lamp-1", amount=0.25)
    order("breaker_trip", "TD-01.lamp-1", amount=2)
    after = _read_all(client, "TD-01.lamp-1")
    assert after["current/1"] == pytest.approx(0.75 * before["current/1"], rel=0.03)
    assert after["current/2"] == 0.0
    assert after["current/3"] == pytest.approx(before["current/3"], rel=0.03)
    assert after["commanded_on/2"] is True


def test_fault_mains_failure_when_ordered_then_the_lamps_are_dark_and_the_cabinet_says_why(connect, order) -> None:
    order("mains_failure", "TD-01")
    time.sleep(1.2)  # what a site's assets share is computed once a second
    assert _read_all(connect("TD-01.lamp-1"), "TD-01.lamp-1")["voltage/1"] == 0.0
    assert _read_all(connect("TD-01.cabinet-1"), "TD-01.cabinet-1")["mains_present"] is False
    time.sleep(0.1)


def test_order_when_it_makes_no_sense_then_refused_with_a_reason(home: Path) -> None:
    orders = {
        "there is no fault": {"what": "melt", "on": "TD-01"},
        "there is no asset": {"what": "silent", "on": "XX-01.lamp-1"},
        "burn_out is for lamp_panel": {"what": "burn_out", "on": "TD-01.cabinet-1"},
        "is not an amount": {"what": "burn_out", "on": "TD-01.lamp-1", "amount": 7},
        "takes no amount": {"what": "silent", "on": "TD-01.lamp-1", "amount": 1},
        "is not a duration": {"what": "silent", "on": "TD-01.lamp-1", "for": "soon"},
    }
    for reason, order in orders.items():
        with pytest.raises(Refused, match=reason):
            send_order(home / "world", {"do": "fault", **order})
    with pytest.raises(Refused, match="by its number"):
        send_order(home / "world", {"do": "end", "number": "x"})


def test_command_line_when_a_fault_is_ordered_then_it_is_listed(home: Path) -> None:
    run = [sys.executable, "-m", "simulators"]
    order = ["fault", "GMP-01.lamp-1", "burn_out", "--for", "10m", "--data", str(home)]
    said = subprocess.run([*run, *order], capture_output=True, text=True, check=True).stdout
    assert "part of the lamps of circuit 1 burn out; ends in 10m" in said
    number = said.split()[1].rstrip(":")
    listed = subprocess.run([*run, "faults", "--data", str(home)], capture_output=True, text=True, check=True).stdout
    assert f"{number}\tGMP-01.lamp-1\tburn_out\tactive" in listed
    subprocess.run([*run, "faults", "--end", number, "--data", str(home)], check=True, capture_output=True)


def test_site_files_when_written_for_every_box_then_the_real_agent_accepts_them(ports: Ports, tmp_path: Path) -> None:
    network = load_network()
    lines = Lines(ports, snmp_ports(REGENCY, network.layout), 15_540, 8_883, {})
    (tmp_path / "desired.yaml").write_text(yaml.safe_dump(desired_state(REGENCY, lines, network)))
    desired = read_desired(tmp_path / "desired.yaml")
    for site, of_the_files in zip(REGENCY.sites, desired.sites, strict=True):
        path = tmp_path / f"{site.code}.yaml"
        path.write_text(write_site_file(of_the_files))
        file, _ = load_site(path, PROFILES_DIR)
        assert file.box_named(None) == site.box
        assert {asset.code for asset in file.assets} == {asset.code for asset in site.assets}
        assert all(asset.settings for asset in file.assets), "livelier than its profile"
        assert {camera.code for camera in file.cameras} == {camera.code for camera in site.cameras}
        assert [controller.code for controller in file.controllers] == [
            each.code for each in (site.signal,) if each is not None
        ]


def test_fault_of_the_file_when_the_world_is_killed_then_it_is_in_force_once(tmp_path: Path) -> None:
    few = modbus_ports(REGENCY, free_modbus_ports(REGENCY)["TD-01.lamp-1"])
    written = yaml.safe_load(DEFAULT_FILE.read_text())
    written["faults"] = [{"what": "door_open", "target": "TD-01.cabinet-1", "after": "1s", "for": "1h"}]
    (tmp_path / "regency.yaml").write_text(yaml.safe_dump(written))
    began_at_s = str(time.time() - 5)
    for _ in range(2):
        process = _start(tmp_path, few, "1", "--regency", str(tmp_path / "regency.yaml"), real_start=began_at_s)
        ordered = send_order(tmp_path / "world", {"do": "faults"})
        assert [(fault["what"], fault["state"]) for fault in ordered] == [("door_open", "active")]
        send_order(tmp_path / "world", {"do": "fault", "what": "silent", "on": "TD-01.lamp-1"})
        send_order(tmp_path / "world", {"do": "end", "number": 2})
        process.kill()
        process.wait()
