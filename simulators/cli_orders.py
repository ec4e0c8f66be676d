"""`satulayar-simulate fault`, `faults`, `junction`: orders to what runs, and a look at it."""

import contextlib
import time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from simulators.cli_options import DEFAULT_DATA, Data
from simulators.control import send_order
from simulators.duration import parse_duration_s, say_duration
from simulators.errors import Refused
from simulators.faults import ASSETS, FAULTS
from simulators.stack.data import DataDirectory

_LOOK_S = 0.5

orders = typer.Typer()


@orders.command()
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


@orders.command()
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


@orders.command()
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


def _check_durations(*written: str | None) -> None:
    for text in written:
        try:
            if text is not None:
                parse_duration_s(text)
        except ValueError as error:
            raise Refused(str(error)) from error


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
