"""The command `satulayar-simulate services`."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from simulators import logs
from simulators.cli_options import PREFIX
from simulators.services.run import Services

app = typer.Typer()


@app.command()
def services(
    *,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Of HTTP, on loopback; 0: any.")] = 0,
    aid_folder: Annotated[Path | None, typer.Option(help="Where the social office puts its workbooks.")] = None,
    registry_dsn: Annotated[str | None, typer.Option(help="The civil registry's database.")] = None,
    push_url: Annotated[str | None, typer.Option(help="Where flood posts send what they have.")] = None,
    push_token: Annotated[str, typer.Option(help="Their module's token.", envvar=f"{PREFIX}PUSH_TOKEN")] = "",
) -> None:
    """Run the public services that modules read (part of `up`)."""
    logs.configure()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    Services(port, aid_folder, registry_dsn, push_url, push_token).run(stop)
