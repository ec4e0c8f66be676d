"""What `up` says once everything runs, and what it leaves for `status`."""

import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.text import Text

from simulators.stack.counts import Counter
from simulators.stack.screen import Row, Screen, parts_table


@dataclass(frozen=True, slots=True)
class Outcome:
    """A stack that runs.

    Attributes:
        regency: its name.
        note: what must be said about its figures.
        data: the data directory.
        api_url: where the API is.
        box_port: where boxes connect to the broker.
        dsn: of the database, as its owner.
        sample_asset: an asset to ask for.
        token_file: where the token is kept; None when nowhere.
        counter: asks for live counts.
        admin_password: the administrator's first one; None but at the first start.
    """

    regency: str
    note: str
    data: str
    api_url: str
    box_port: int
    dsn: str
    sample_asset: str
    token_file: str | None
    counter: Counter
    admin_password: str | None = None

    def state(self, rows: Sequence[Row], sentence: str, alarm: str = "") -> dict[str, Any]:
        """Describe the stack for `status`; secrets are no part of it."""
        return {
            "regency": self.regency,
            "note": self.note,
            "api_url": self.api_url,
            "box_port": self.box_port,
            "dsn": self.dsn,
            "parts": [asdict(row) for row in rows],
            "counts": sentence,
            "alarm": alarm,
        }


def show_start(screen: Screen, rows: Sequence[Row], outcome: Outcome, token: str | None) -> None:
    """Say what runs where, and what to do next."""
    screen.show("", parts_table(rows), "")
    screen.show(Text(f"{outcome.regency}: {outcome.note}", style="bold yellow"))
    screen.show(
        f"console    {outcome.api_url}/login",
        f"API        {outcome.api_url}/openapi.json",
        f"database   psql {shlex.quote(outcome.dsn)}",
    )
    screen.show(f"logs       {outcome.data}/logs")
    files = shlex.quote(outcome.data)
    screen.show(f"office     . {files}/office.env && satulayar-provision status --files {files}/desired.yaml")
    screen.show(
        f"people     {outcome.data}/people: an administrator, operators, a head of shift, crews; first passwords"
    )
    if outcome.admin_password:
        screen.show(
            Text(f"sign in    as admin with {outcome.admin_password}, which asks for one of your own", style="bold")
        )
    _show_token(screen, outcome, token)
    screen.show("", "Try:", Text(f"  {curl_line(outcome, token)}", style="bold cyan"))
    screen.show(
        f"  satulayar-simulate fault {outcome.sample_asset} silent --for 2m --data {shlex.quote(outcome.data)}", ""
    )


def curl_line(outcome: Outcome, token: str | None) -> str:
    """Write the line that asks the API for the newest values, ready to be copied."""
    kept = f"$(cat {shlex.quote(outcome.token_file)})" if outcome.token_file else None
    bearer = kept or token or "$TOKEN"
    return f'curl -s -H "Authorization: Bearer {bearer}" {outcome.api_url}/v1/latest'


def _show_token(screen: Screen, outcome: Outcome, token: str | None) -> None:
    if outcome.token_file:
        screen.show(f"token      in {outcome.token_file}, an administrator's")
    elif token:
        screen.show(f"token      {token}", "           an administrator's, shown this once and kept nowhere")
    else:
        screen.show("token      was shown at the first start; make another:")
    if not token or outcome.token_file:
        screen.show(f"           satulayar-db token create NAME --role admin --dsn {shlex.quote(outcome.dsn)}")
