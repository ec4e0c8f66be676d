"""The command `satulayar-signals`: what a person asks of signals, over the API, with their own token."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import uuid4

import typer

from cloud import errors
from cloud.signals.client import Client
from cloud.signals.settings import read_settings

app = typer.Typer(
    no_args_is_help=True,
    help="Signals: junctions, leases of their timing, advice. Set SATULAYAR_SIGNALS_TOKEN (and _URL).",
    pretty_exceptions_enable=False,
)

EXIT_REFUSED = 1
EXIT_UNAVAILABLE = 75
EXIT_MISCONFIGURED = 78
WAIT_S = 8.0
_UNITS_S = {"s": 1, "m": 60, "h": 3_600}
_LAMPS = {"G": "green", "Y": "yellow", "R": "red", "F": "flashing", "-": "-"}

Site = Annotated[str, typer.Argument(help="Code of the junction, such as TD-01.")]


@contextmanager
def _speaking() -> Iterator[Client]:
    """Speak to the API, and end the program in one line where that fails."""
    try:
        settings = read_settings()
        yield Client(settings.url, settings.token.get_secret_value())
    except errors.CloudError as error:
        typer.echo(f"satulayar-signals: {error}", err=True)
        kinds = ((errors.Unavailable, EXIT_UNAVAILABLE), (errors.Misconfigured, EXIT_MISCONFIGURED))
        code = next((number for kind, number in kinds if isinstance(error, kind)), EXIT_REFUSED)
        raise typer.Exit(code) from error


def _read_duration_s(text: str) -> int:
    match = re.fullmatch(r"(\d+)([smh]?)", text)
    if match is None:
        raise typer.BadParameter("write it like 900s, 15m or 1h")
    return int(match[1]) * _UNITS_S[match[2] or "s"]


@app.command("request")
def request_lease(
    site: Site,
    phase: Annotated[int, typer.Option(help="Whose green.")],
    extra_green: Annotated[int, typer.Option(help="Seconds more.")],
    lasts: Annotated[str, typer.Option("--for", help="For how long: 900s, 15m, 1h.")],
    reason: Annotated[str, typer.Option(help="Why; it stays in the history.")],
) -> None:
    """Ask for a longer green and wait until the controller was read back; exits with 1 if it was not."""
    body = {"phase": phase, "extra_green_s": extra_green, "duration_s": _read_duration_s(lasts), "reason": reason}
    with _speaking() as client:
        lease = client.post(f"/v1/junctions/{site}/leases", body | {"request_id": uuid4().hex}, wait_s=WAIT_S)
    _tell_lease(lease)
    raise typer.Exit(0 if lease["state"] == "confirmed" else EXIT_REFUSED)


@app.command()
def withdraw(
    lease: Annotated[str, typer.Argument(help="Id of the lease.")],
    reason: Annotated[str, typer.Option(help="Why; it stays in the audit.")] = "",
) -> None:
    """Withdraw a lease."""
    with _speaking() as client:
        _tell_lease(client.post(f"/v1/leases/{lease}/withdraw", {"reason": reason or None}, wait_s=WAIT_S))


@app.command()
def wave(
    corridor: Annotated[str, typer.Argument(help="Name of the corridor.")],
    extra_green: Annotated[int, typer.Option(help="Seconds more at every junction.")],
    lasts: Annotated[str, typer.Option("--for", help="For how long: 900s, 15m, 1h.")],
    reason: Annotated[str, typer.Option(help="Why; it stays in the history.")],
) -> None:
    """Ask for a green wave: every junction of a corridor, or none."""
    body = {"extra_green_s": extra_green, "duration_s": _read_duration_s(lasts), "reason": reason}
    with _speaking() as client:
        found = client.post(f"/v1/corridors/{corridor}/leases", body | {"request_id": uuid4().hex})
        typer.echo(f"{found['id']}  {found['corridor']}  {found['state']}; {len(found['leases'])} junctions")


@app.command("leases")
def list_leases(
    site: Annotated[str | None, typer.Option(help="Only of this junction.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=5_000)] = 20,
) -> None:
    """List leases with who, why and when, newest first."""
    query: dict[str, object] = {"limit": limit} | ({"site": site} if site else {})
    with _speaking() as client:
        for lease in client.get("/v1/leases", **query)["items"]:
            _tell_lease(lease)


@app.command()
def show(site: Site) -> None:
    """Show a junction as it is now."""
    with _speaking() as client:
        _tell_junction(client.get(f"/v1/junctions/{site}"))


@app.command()
def watch(site: Site) -> None:
    """Show a junction, again whenever it says something, until Ctrl-C."""
    with _speaking() as client:
        _tell_junction(client.get(f"/v1/junctions/{site}"))
        for name, data in client.follow("/v1/stream", site=site):
            if name == "lease":
                _tell_lease(data)
            elif name == "latest" and any(one["series"].endswith(":signal_state") for one in data):
                _tell_junction(client.get(f"/v1/junctions/{site}"))


@app.command()
def advice(
    site: Site,
    lasts: Annotated[str, typer.Option("--for", help="For how long: 900s, 15m, 1h.")] = "15m",
) -> None:
    """Say which lease would help, and what it is expected to do. Nothing is changed by this."""
    with _speaking() as client:
        found = client.get(f"/v1/junctions/{site}/advice", duration_s=_read_duration_s(lasts))
    typer.echo(f"{found['text_id']}\n{found['text_en']}")
    if found["present"] is not None:
        _tell_outlooks(found)
    if found["lease"] is not None:
        body = found["lease"]["body"]
        typer.echo(
            f"to grant it: satulayar-signals request {site} --phase {body['phase']} "
            f"--extra-green {body['extra_green_s']} --for {body['duration_s']}s --reason {body['reason']!r}"
        )


def _tell_lease(lease: dict[str, Any]) -> None:
    left = f", {lease['remaining_s']:.0f} s left" if lease["open"] and lease["remaining_s"] else ""
    what = f"phase {lease['phase']} +{lease['extra_green_s']} s for {lease['duration_s']} s{left}"
    who = f"{lease['requester']}: {lease['reason']}"
    typer.echo(f"{lease['id']}  {lease['site']}  {lease['state']}  {what}  ({who})")
    why = " / ".join(text for text in (lease["text_id"], lease["text_en"]) if text)
    if why or lease["rule"] or lease["end_reason"]:
        typer.echo(f"  [{lease['rule'] or lease['end_reason'] or lease['state']}] {why}")


def _tell_junction(junction: dict[str, Any]) -> None:
    cycle = f"cycle {_figure(junction['cycle_second'])} of {_figure(junction['cycle_s'])} s"
    typer.echo(f"{junction['site']} {junction['name']}  pattern {_figure(junction['pattern'])}  {cycle}")
    for phase in junction["phases"]:
        lamp = _LAMPS.get(phase["letter"] or "", "?")
        timing = f"{lamp:<8} {_figure(phase['since_s']):>5} s, about {_figure(phase['expected_s']):>4} s yet"
        load = f"queue {_figure(phase['queue_m']):>4} m, {_figure(phase['volume_per_h']):>5} /h"
        typer.echo(f"  {phase['phase']:>2} {phase['name'] or '':<28} {timing}  {load}")
    if junction["lease"] is not None:
        _tell_lease(junction["lease"])


def _tell_outlooks(found: dict[str, Any]) -> None:
    for name in ("present", "leased", "webster"):
        outlook = found[name]
        greens = ", ".join(
            f"{one['phase']}: {one['green_s']:.0f} s (x {one['saturation']:.2f})" for one in outlook["phases"]
        )
        typer.echo(
            f"  {name:<8} cycle {outlook['cycle_s']:.0f} s, {outlook['delay_veh_h_per_h']:.1f} veh·h/h lost; {greens}"
        )


def _figure(value: float | None) -> str:
    return "?" if value is None else f"{value:.0f}"
