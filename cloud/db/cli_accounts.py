"""`satulayar-db account …`, `token …` and `audit …`: who may ask the API, and the record of it."""

import getpass
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from cloud.db import accounts, audit, identities
from cloud.db.session import Dsn, opened
from cloud.db.tokens import Role

account_app = typer.Typer(no_args_is_help=True, help="Accounts of people and programs.")
token_app = typer.Typer(no_args_is_help=True, help="Bearer tokens for the API.")
audit_app = typer.Typer(no_args_is_help=True, help="The audit chain.")

Name = Annotated[str, typer.Argument(help="Name of the account.")]
ItsRole = Annotated[Role, typer.Option(help="What it may do.")]
_AGENCY_HELP = f"Whose incidents it acts on, of {', '.join(accounts.AGENCIES)}; again for more."
ItsAgencies = Annotated[list[str] | None, typer.Option(help=_AGENCY_HELP)]


@account_app.command("add")
def add_account(
    name: Name,
    role: ItsRole = "viewer",
    full_name: Annotated[str, typer.Option(help="Of the person, as the room reads it.")] = "",
    agency: ItsAgencies = None,
    password: Annotated[bool, typer.Option(help="--no-password: for a program, which has a token.")] = True,  # noqa: FBT002 - typer's form
    dsn: Dsn = None,
) -> None:
    """Create an account and print its first password, once; signing in with it asks for one's own."""
    with opened(dsn) as (_, connection):
        accounts.add_account(connection, name, role, _actor(), full_name=full_name, agencies=agency or [])
        typer.echo(f"account {name} added as {role}")
        if password:
            _tell_password(accounts.give_first_password(connection, name, _actor()))


@account_app.command("change")
def change_account(
    name: Name,
    role: Annotated[Role | None, typer.Option(help="What it may do from now on.")] = None,
    full_name: Annotated[str | None, typer.Option(help="Of the person.")] = None,
    agency: ItsAgencies = None,
    no_agency: Annotated[bool, typer.Option("--no-agency", help="Take all agencies away.")] = False,  # noqa: FBT002 - typer's form
    dsn: Dsn = None,
) -> None:
    """Change what an account may do; what is not named stays."""
    agencies = [] if no_agency else agency
    with opened(dsn) as (_, connection):
        accounts.change_account(connection, name, _actor(), role=role, full_name=full_name, agencies=agencies)
    typer.echo(f"account {name} changed")


@account_app.command("password")
def reset_password(name: Name, dsn: Dsn = None) -> None:
    """Print a new first password, once, and sign the account out everywhere."""
    with opened(dsn) as (_, connection):
        _tell_password(accounts.give_first_password(connection, name, _actor()))


@account_app.command("sign-out")
def end_sessions(name: Name, dsn: Dsn = None) -> None:
    """Sign an account out everywhere."""
    with opened(dsn) as (_, connection):
        ended = accounts.end_sessions(connection, name, _actor())
    typer.echo(f"account {name} signed out of {ended} sessions")


@account_app.command("list")
def list_accounts(dsn: Dsn = None) -> None:
    """List the accounts."""
    with opened(dsn) as (_, connection):
        for account in accounts.list_accounts(connection):
            state = f"locked since {_when(account.disabled_at)}" if account.disabled_at else "open"
            agencies = ",".join(account.agencies) or "no agency"
            entry = "password" if account.has_password else "tokens only"
            typer.echo(f"{account.name}\t{account.role}\t{agencies}\t{entry}\t{state}")


@account_app.command("disable")
def disable_account(name: Name, dsn: Dsn = None) -> None:
    """Lock an account and all its tokens."""
    with opened(dsn) as (_, connection):
        accounts.disable_account(connection, name, _actor())
    typer.echo(f"account {name} locked; the API notices within a minute")


@account_app.command("enable")
def enable_account(name: Name, dsn: Dsn = None) -> None:
    """Open a locked account again."""
    with opened(dsn) as (_, connection):
        accounts.enable_account(connection, name, _actor())
    typer.echo(f"account {name} open")


@account_app.command("link")
def link_account(
    name: Name,
    subject: Annotated[str, typer.Argument(help="Whom the provider means: the claim `sub`, as the refusal says it.")],
    issuer: Annotated[str, typer.Option(help="Of the provider, as in SATULAYAR_API_OPENID_ISSUER.")],
    dsn: Dsn = None,
) -> None:
    """Let somebody of an OpenID provider enter an account, which keeps its rights and its password."""
    with opened(dsn) as (_, connection):
        identities.link(connection, name, issuer, subject, _actor())
    typer.echo(f"account {name} is open to {subject} of {issuer}")


@account_app.command("unlink")
def unlink_account(name: Name, dsn: Dsn = None) -> None:
    """Let nobody of an OpenID provider enter an account any more, and sign it out everywhere."""
    with opened(dsn) as (_, connection):
        gone = identities.unlink(connection, name, _actor())
    typer.echo(f"account {name} is closed to {gone} people of providers")


@account_app.command("delegate")
def delegate(
    name: Name,
    authority: Annotated[Literal["province"], typer.Argument(help="Whose junctions it may retime.")],
    revoke: Annotated[bool, typer.Option("--revoke", help="Take it back.")] = False,  # noqa: FBT002 - typer's form
    dsn: Dsn = None,
) -> None:
    """Let an account retime signals that are not the regency's, on their authority's word."""
    with opened(dsn) as (_, connection):
        if revoke:
            accounts.undelegate(connection, name, authority, _actor())
        else:
            accounts.delegate(connection, name, authority, _actor())
    typer.echo(f"account {name} may {'no longer ' if revoke else ''}retime junctions of the {authority}")


@token_app.command("create")
def create_token(
    name: Name,
    role: ItsRole = "viewer",
    expires_d: Annotated[int | None, typer.Option(min=1, help="Days after which it ends.")] = None,
    dsn: Dsn = None,
) -> None:
    """Print a new token, once; its account is made if there is none."""
    lifetime = timedelta(days=expires_d) if expires_d else None
    with opened(dsn) as (_, connection):
        token = accounts.create_token(connection, name, role, _actor(), lifetime)
    typer.echo(token)
    typer.echo("Keep it now: it is not stored and cannot be shown again.", err=True)


@token_app.command("list")
def list_tokens(dsn: Dsn = None) -> None:
    """List the tokens by their ids: the part between the first two underscores."""
    with opened(dsn) as (_, connection):
        for token in accounts.list_tokens(connection):
            ends, used = _when(token.expires_at), _when(token.last_used_at)
            typer.echo(f"{token.id}\t{token.account}\t{token.role}\tends {ends}\tlast used {used}")


@token_app.command("revoke")
def revoke_token(
    identity: Annotated[str, typer.Argument(metavar="ID", help="The part between the first two underscores.")],
    dsn: Dsn = None,
) -> None:
    """Delete a token."""
    with opened(dsn) as (_, connection):
        accounts.revoke_token(connection, identity, _actor())
    typer.echo(f"token {identity} revoked; the API notices within a minute")


@audit_app.command("anchor")
def anchor_audit(dsn: Dsn = None) -> None:
    """Print the newest row's number and hash, to be kept elsewhere for `verify --anchors`."""
    with opened(dsn) as (_, connection):
        anchor = audit.read_anchor(connection)
    if anchor:
        typer.echo(json.dumps({"event": "audit_anchored", "number": anchor.number, "hash": anchor.hash}))


@audit_app.command("verify")
def verify_audit(
    anchors: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Lines of `audit anchor`, or a log of `maintain`.")
    ] = None,
    dsn: Dsn = None,
) -> None:
    """Recompute the audit chain; exits with 1 and the numbers of the rows if it is broken or rows are gone."""
    with opened(dsn) as (_, connection):
        broken, kept = audit.find_broken(connection), None
        if anchors:
            with anchors.open(encoding="utf-8", errors="replace") as lines:
                kept = list(audit.read_anchors(lines))
        lost = audit.find_lost(connection, kept or ())
    if broken or lost:
        typer.echo(f"broken at {', '.join(map(str, [*broken, *lost][:20]))}", err=True)
        raise typer.Exit(1)
    typer.echo("the chain holds" + (f", and has the rows of all {len(kept)} anchors" if kept else ""))


def _tell_password(password: str) -> None:
    typer.echo(f"first password: {password}")
    typer.echo("Tell it now: it is not stored and cannot be shown again.", err=True)


def _actor() -> str:
    return f"cli:{getpass.getuser()}"


def _when(instant: datetime | None) -> str:
    return instant.isoformat(timespec="minutes") if instant else "never"
