"""The commands of `satulayar-simulate`."""

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from edge.contract.variables import UnknownVariable, refuse_unknown
from simulators import logs
from simulators.cameras.views import view_of
from simulators.city.network import DEFAULT_HOME, load_network
from simulators.cli_bmkg import app as bmkg
from simulators.cli_cameras import app as cameras
from simulators.cli_loudspeakers import app as loudspeakers
from simulators.cli_options import (
    DEFAULT_DATA,
    PREFIX,
    VARIABLES,
    Boxes,
    Data,
    RealStart,
    RegencyFile,
    Speed,
    WorldStart,
    clock_arguments,
    read_instant,
)
from simulators.cli_orders import orders
from simulators.cli_services import app as services
from simulators.errors import Misconfigured, Unavailable
from simulators.regency.derive import modbus_ports, snmp_ports
from simulators.regency.load import DEFAULT_FILE, load_regency
from simulators.regency_server import RegencyServer
from simulators.stack.data import DataDirectory
from simulators.stack.plug import plug as plug_box
from simulators.stack.screen import Row, Screen, parts_table
from simulators.stack.start import Options
from simulators.stack.up import up as run_up
from simulators.world.clock import WorldClock

_DOWN_TIMEOUT_S = 90.0

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A simulated regency, and the whole stack on one machine.",
)
app.add_typer(orders)
app.add_typer(cameras)
app.add_typer(loudspeakers)
app.add_typer(bmkg)
app.add_typer(services)


@app.callback()
def simulate() -> None:
    """Check the environment for every command."""
    try:
        refuse_unknown(PREFIX, VARIABLES, os.environ)
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
        world_arguments=clock_arguments(speed, world_start),
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
    real_start: RealStart = None,
) -> None:
    """Run only the Modbus devices (part of `up`, useful alone to try a driver)."""
    logs.configure()
    real_s = time.time() if real_start is None else real_start
    clock = WorldClock(real_s, read_instant(world_start) if world_start else real_s, speed)
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
    real_start: RealStart = None,
) -> None:
    """Run only the city: traffic, signal controllers and their SNMP agents (part of `up`)."""
    # SUMO is 260 MB of libraries: only this command and the benches load it
    from simulators.city.city import City  # noqa: PLC0415
    from simulators.city.server import CityServer  # noqa: PLC0415

    logs.configure()
    real_s = time.time() if real_start is None else real_start
    clock = WorldClock(real_s, read_instant(world_start) if world_start else real_s, speed)
    found, read = load_regency(regency), load_network(network)
    views = {
        code: view_of(site.code, camera, read.net_file)
        for code, (site, camera) in found.cameras().items()
        if camera.view == "city" and camera.file is None
    }
    directory = DataDirectory(data.absolute())

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        streets = City(read, found.seed, float(int(time.time())))
        ports = snmp_ports(found, read.layout, base_port)
        await CityServer(streets, ports, directory.city, directory.world, clock, views).run(stop)

    asyncio.run(serve())


@app.command()
def status(data: Data = DEFAULT_DATA) -> None:
    """Tell what runs where."""
    state = DataDirectory(data.absolute()).read_state()
    screen = Screen()
    screen.show(parts_table([Row(**row) for row in state["parts"]]), "")
    screen.show(
        f"{state['regency']}: {state['note']}",
        *filter(None, (state["counts"], state["alarm"])),
        f"API {state['api_url']}/openapi.json",
    )


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
