"""The commands of `satulayar-simulate`."""

import asyncio
import contextlib
import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from cloud.db.places import find_local_home
from edge.contract.variables import UnknownVariable, refuse_unknown
from simulators import logs
from simulators.city.network import DEFAULT_HOME, load_network
from simulators.control import send_order
from simulators.duration import parse_duration_s, say_duration
from simulators.errors import Misconfigured, Refused, Unavailable
from simulators.faults import ASSETS, FAULTS
from simulators.regency.derive import modbus_ports, snmp_ports
from simulators.regency.load import DEFAULT_FILE, load_regency
from simulators.regency_server import RegencyServer
from simulators.stack.data import DataDirectory
from simulators.stack.plug import plug as plug_box
from simulators.stack.screen import Row, Screen, parts_table
from simulators.stack.start import Options
from simulators.stack.up import up as run_up
from simulators.world.clock import WorldClock

PREFIX = "SATULAYAR_SIM_"
_VARIABLES = ("data", "regency", "boxes", "api_port", "token_file", "speed", "world_start")
_DOWN_TIMEOUT_S = 90.0
_LOOK_S = 0.5

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A simulated regency, and the whole stack on one machine.",
)

Data = Annotated[Path, typer.Option(help="Data directory.", envvar=f"{PREFIX}DATA")]
RegencyFile = Annotated[Path, typer.Option(help="Regency file.", envvar=f"{PREFIX}REGENCY")]
Boxes = Annotated[int | None, typer.Option(min=1, help="The first so many boxes only.", envvar=f"{PREFIX}BOXES")]
Speed = Annotated[
    float,
    typer.Option(
        min=0.01, max=600, help="Seconds of weather per second; samples keep real time.", envvar=f"{PREFIX}SPEED"
    ),
]
WorldStart = Annotated[
    str | None,
    typer.Option(
        help="Instant at which the world's clock begins, such as 2025-11-24T12:30+07:00.", envvar=f"{PREFIX}WORLD_START"
    ),
]
DEFAULT_DATA = find_local_home("demo")


@app.callback()
def simulate() -> None:
    """Check the environment for every command."""
    try:
        refuse_unknown(PREFIX, _VARIABLES, os.environ)
    except UnknownVariable as error:
        raise Misconfigured(str(error)) from error


@app.command()
def up(
    *,
    data: Data = DEFAULT_DATA,
    regency: RegencyFile = DEFAULT_FILE,
    boxes: Boxes = None,
    api_port: Annotated[int, typer.Option(min=0, max=65_535, help="0: any.", envvar=f"{PREFIX}API_PORT")] = 8080,
    token_file: Annotated[
        Path | None, typer.Option(help="Keep the API token here (mode 0600).", envvar=f"{PREFIX}TOKEN_FILE")
    ] = None,
    speed: Speed = 1.0,
    world_start: WorldStart = None,
) -> None:
    """Start the whole local stack and keep it up until Ctrl-C."""
    options = Options(
        data=data.absolute(),
        regency=regency.absolute(),
        boxes=boxes,
        api_port=api_port,
        token_file=token_file.absolute() if token_file else None,
        world_arguments=_clock_arguments(speed, world_start),
    )
    asyncio.run(run_up(options, Screen()))


@app.command()
def world(
    *,
    data: Data = DEFAULT_DATA,
    regency: RegencyFile = DEFAULT_FILE,
    boxes: Boxes = None,
    base_port: Annotated[int | None, typer.Option(min=1_024, max=65_000, help="First Modbus port.")] = None,
    speed: Speed = 1.0,
    world_start: WorldStart = None,
    real_start: Annotated[float | None, typer.Option(hidden=True, help="Real time of the start, s since 1970.")] = None,
) -> None:
    """Run only the Modbus devices (part of `up`, useful alone to try a driver)."""
    logs.configure()
    real_s = time.time() if real_start is None else real_start
    clock = WorldClock(real_s, _instant(world_start) if world_start else real_s, speed)
    found = load_regency(regency).first_boxes(boxes)

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await RegencyServer(found, modbus_ports(found, base_port), DataDirectory(data.absolute()).world, clock).run(
            stop
        )

    asyncio.run(serve())


@app.command()
def city(
    *,
    data: Data = DEFAULT_DATA,
    regency: RegencyFile = DEFAULT_FILE,
    network: Annotated[Path, typer.Option(help="Directory with corridor.yaml and city.net.xml.")] = DEFAULT_HOME,
    base_port: Annotated[int | None, typer.Option(min=1_024, max=65_000, help="First SNMP port.")] = None,
    speed: Speed = 1.0,
    world_start: WorldStart = None,
    real_start: Annotated[float | None, typer.Option(hidden=True, help="Real time of the start, s since 1970.")] = None,
) -> None:
    """Run only the city: traffic, signal controllers and their SNMP agents (part of `up`)."""
    # SUMO is 260 MB of libraries: only this command and the benches load it
    from simulators.city.city import City  # noqa: PLC0415
    from simulators.city.server import CityServer  # noqa: PLC0415

    logs.configure()
    real_s = time.time() if real_start is None else real_start
    clock = WorldClock(real_s, _instant(world_start) if world_start else real_s, speed)
    found, read = load_regency(regency), load_network(network)
    directory = DataDirectory(data.absolute())

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        streets = City(read, found.seed, float(int(time.time())))
        ports = snmp_ports(found, read.layout, base_port)
        await CityServer(streets, ports, directory.city, directory.world, clock).run(stop)

    asyncio.run(serve())


@app.command()
def junction(
    code: Annotated[str, typer.Argument(help="Junction: TD-01.")],
    *,
    data: Data = DEFAULT_DATA,
    once: Annotated[bool, typer.Option("--once", help="Print it once; otherwise it is live until Ctrl-C.")] = False,
) -> None:
    """Watch one junction: phases, countdowns, queues."""
    from simulators.city.table import junction_table  # noqa: PLC0415 - draws with rich, which others need not

    directory = DataDirectory(data.absolute()).city
    order = {"do": "junction", "code": code}
    console = Console(highlight=False)
    if once:
        console.print(junction_table(send_order(directory, order)))
        return
    with contextlib.suppress(KeyboardInterrupt), Live(console=console, auto_refresh=False) as live:
        while True:
            live.update(junction_table(send_order(directory, order)), refresh=True)
            time.sleep(_LOOK_S)


@app.command()
def status(data: Data = DEFAULT_DATA) -> None:
    """Tell what runs where."""
    state = DataDirectory(data.absolute()).read_state()
    screen = Screen()
    screen.show(parts_table([Row(**row) for row in state["parts"]]), "")
    screen.show(f"{state['regency']}: {state['note']}", state["counts"], f"API {state['api_url']}/openapi.json")


@app.command()
def down(data: Data = DEFAULT_DATA) -> None:
    """Stop the stack that runs on this data, and wait until it has."""
    directory = DataDirectory(data.absolute())
    owner = directory.owner()
    os.kill(owner, signal.SIGTERM)
    deadline_s = time.monotonic() + _DOWN_TIMEOUT_S
    while time.monotonic() < deadline_s:
        with contextlib.suppress(Unavailable):
            directory.owner()
            time.sleep(0.2)
            continue
        typer.echo("stopped")
        return
    raise Unavailable(f"`up` (process {owner}) did not stop within {_DOWN_TIMEOUT_S:g} s")


@app.command()
def plug(
    box: Annotated[str, typer.Argument(help="Name of the new box, at a site that is there: TD-01-b.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Make a box of your own in the running stack, and print the line that publishes as it."""
    typer.echo(plug_box(DataDirectory(data.absolute()), box))


@app.command()
def fault(
    *,
    on: Annotated[str, typer.Argument(help="Asset, site or rain area: TD-01.lamp-1, TD-01, purwodadi.")],
    what: Annotated[str, typer.Argument(help=f"One of {', '.join(FAULTS)}.")],
    lasting: Annotated[str, typer.Option("--for", help="How long, on the world's clock.")] = "10m",
    after: Annotated[str | None, typer.Option(help="Begin so long from now.")] = None,
    amount: Annotated[float | None, typer.Option(help="How much; see `faults --kinds`.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Order a fault in the running regency."""
    order = {"do": "fault", "on": on, "what": what, "for": lasting, "amount": amount}
    if after:
        order["after"] = after
    _check_durations(lasting, after)
    done = send_order(DataDirectory(data.absolute()).world, order)
    typer.echo(f"fault {done['number']}: {on}: {done['says']}; {_period(done)}")


@app.command()
def faults(
    *,
    kinds: Annotated[bool, typer.Option("--kinds", help="List what faults there are.")] = False,
    end: Annotated[int | None, typer.Option(help="End the fault of this number.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """List the ordered faults, end one, or list the kinds there are."""
    if kinds:
        Console(highlight=False).print(_kinds_table())
        return
    directory = DataDirectory(data.absolute()).world
    if end is not None:
        done = send_order(directory, {"do": "end", "number": end})
        typer.echo(f"fault {done['number']} ended")
        return
    ordered = send_order(directory, {"do": "faults"})
    for found in ordered:
        typer.echo(f"{found['number']}\t{found['on']}\t{found['what']}\t{found['state']}\t{_period(found)}")
    if not ordered:
        typer.echo("no fault is ordered")


def _clock_arguments(speed: float, world_start: str | None) -> tuple[str, ...]:
    """Fix the world's clock once, so that a world that is started again in between goes on in its own time."""
    if world_start:
        _instant(world_start)
    began = world_start or datetime.now(UTC).isoformat()
    return ("--speed", str(speed), "--world-start", began, "--real-start", str(time.time()))


def _check_durations(*written: str | None) -> None:
    for text in written:
        try:
            if text is not None:
                parse_duration_s(text)
        except ValueError as error:
            raise Refused(str(error)) from error


def _instant(text: str) -> float:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise Misconfigured(f"{text!r} is no instant; write it like 2025-11-24T12:30+07:00") from error
    if instant.tzinfo is None:
        raise Misconfigured(f"{text!r} has no time zone; add +07:00")
    return instant.timestamp()


def _period(found: dict[str, Any]) -> str:
    if found["state"] == "planned":
        wait = say_duration(found["from_s"] - found["now_s"])
        return f"begins in {wait}, lasts {say_duration(found['until_s'] - found['from_s'])}"
    if found["state"] == "active":
        return f"ends in {say_duration(found['until_s'] - found['now_s'])}"
    return "over"


def _kinds_table() -> Table:
    table = Table(box=None, header_style="bold")
    for heading in ("fault", "on", "what happens", "amount"):
        table.add_column(heading)
    for name, kind in FAULTS.items():
        amount = f"{kind.amount}, {kind.low:g} to {kind.high:g}; usually {kind.usual:g}" if kind.amount else ""
        targets = "any asset" if kind.targets == ASSETS else ", ".join(kind.targets)
        table.add_row(name, targets, kind.says, amount)
    return table
