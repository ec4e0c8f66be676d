"""The commands of `satulayar-simulate` that run a simulated BMKG and order an earthquake of it."""

import asyncio
import signal
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from simulators import logs
from simulators.bmkg.server import BmkgSimulator
from simulators.bmkg.sky import Sky, order_quake
from simulators.cli_options import DEFAULT_DATA, Boxes, Data, RegencyFile
from simulators.control import send_order, serve_control
from simulators.errors import Refused, SimulatorError
from simulators.regency.load import DEFAULT_FILE, load_regency
from simulators.regency.model import Regency
from simulators.stack.data import DataDirectory

LOOK_EVERY_S = 5.0

app = typer.Typer()


@app.command()
def bmkg(
    *,
    data: Data = DEFAULT_DATA,
    regency: RegencyFile = DEFAULT_FILE,
    boxes: Boxes = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="HTTP port; 0: any.")] = 0,
) -> None:
    """Run only a simulated BMKG: warnings from the running world's rain, earthquakes on order (part of `up`)."""
    logs.configure()
    directory = DataDirectory(data.absolute())
    asyncio.run(_serve(directory, load_regency(regency).first_boxes(boxes), port))


@app.command()
def quake(
    *,
    magnitude: Annotated[float, typer.Option(help="Magnitude.")] = 5.0,
    data: Data = DEFAULT_DATA,
) -> None:
    """Let the simulated BMKG tell of an earthquake off the south coast."""
    done = send_order(DataDirectory(data.absolute()).bmkg, {"do": "quake", "magnitude": magnitude})
    typer.echo(f"an earthquake of {done['magnitude']:g}, {done['place']}; see /v1/earthquakes in a minute")


async def _serve(directory: DataDirectory, regency: Regency, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    sky = Sky(regency)
    directory.bmkg.mkdir(parents=True, exist_ok=True, mode=0o700)
    with BmkgSimulator(port) as simulator:

        def handle(order: dict[str, Any]) -> Any:
            if order.get("do") != "quake":
                raise Refused("there is one order: quake")
            made = order_quake(order, datetime.now(UTC))
            simulator.quakes.append(made)
            return {"magnitude": made.magnitude, "place": made.place}

        async with serve_control(directory.bmkg, handle):
            while not stop.is_set():
                simulator.warnings = await asyncio.to_thread(_look, sky, directory)
                try:
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await stop.wait()
                except TimeoutError:
                    continue


def _look(sky: Sky, directory: DataDirectory) -> list[Any]:
    try:
        rain = send_order(directory.world, {"do": "rain"})
    except SimulatorError:
        rain = {}  # the world is being started anew
    return sky.look(rain, datetime.now(UTC))
