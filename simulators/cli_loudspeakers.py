"""The command of `satulayar-simulate` that runs the loudspeakers."""

import asyncio
import signal
from typing import Annotated

import typer

from simulators import logs
from simulators.cli_options import DEFAULT_DATA, Boxes, Data, RegencyFile
from simulators.loudspeakers.server import HornsServer
from simulators.regency.load import DEFAULT_FILE, load_regency
from simulators.stack.data import DataDirectory

app = typer.Typer()


@app.command()
def loudspeakers(
    *,
    data: Data = DEFAULT_DATA,
    regency: RegencyFile = DEFAULT_FILE,
    boxes: Boxes = None,
    base_port: Annotated[int | None, typer.Option(min=1_024, max=65_000, help="UDP port of the first.")] = None,
) -> None:
    """Run only the loudspeakers: network horns that play into WAV files (part of `up`)."""
    logs.configure()
    found, directory = load_regency(regency).first_boxes(boxes), DataDirectory(data.absolute())
    server = HornsServer(found, base_port or found.horn_base_port, directory.loudspeakers, directory.world)

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await server.run(stop)

    asyncio.run(serve())
