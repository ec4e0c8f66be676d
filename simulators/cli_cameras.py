"""The command of `satulayar-simulate` that runs the cameras."""

import asyncio
import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from simulators import logs
from simulators.city.network import DEFAULT_HOME, load_network
from simulators.cli_options import DEFAULT_DATA, Boxes, Data, RealStart, RegencyFile, Speed, WorldStart, read_instant
from simulators.regency.load import DEFAULT_FILE, load_regency
from simulators.stack.data import DataDirectory
from simulators.world.clock import WorldClock

app = typer.Typer()


@app.command()
def cameras(
    *,
    data: Data = DEFAULT_DATA,
    regency: RegencyFile = DEFAULT_FILE,
    network: Annotated[Path, typer.Option(help="Directory with corridor.yaml and city.net.xml.")] = DEFAULT_HOME,
    boxes: Boxes = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="RTSP port; 0: any.")] = None,
    speed: Speed = 1.0,
    world_start: WorldStart = None,
    real_start: RealStart = None,
) -> None:
    """Run only the cameras: RTSP streams rendered from the world and the city (part of `up`)."""
    # OpenCV and PyAV are 200 MB of libraries: only this command loads them
    from simulators.cameras.server import CamerasServer, Places  # noqa: PLC0415

    logs.configure()
    real_s = time.time() if real_start is None else real_start
    clock = WorldClock(real_s, read_instant(world_start) if world_start else real_s, speed)
    found, directory = load_regency(regency).first_boxes(boxes), DataDirectory(data.absolute())
    places = Places(directory.cameras, directory.world, directory.city)
    wanted = found.rtsp_port if port is None else port

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await CamerasServer(found, wanted, places, load_network(network).net_file, clock).run(stop)

    asyncio.run(serve())
