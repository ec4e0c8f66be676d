"""People of the demonstration: operators, a head of shift, crews, so that an incident can be handled by several."""

import asyncio
from pathlib import Path

from cloud.db import accounts
from cloud.db.connection import connect
from cloud.db.tokens import Role
from simulators.stack.data import DataDirectory
from simulators.stack.prepare import run_to_end
from simulators.stack.private import write_private

DUTY_FILE = Path(__file__).parents[1] / "regency" / "duty.yaml"
AGENCIES = ("transport", "disaster", "public_order", "health", "112", "platform")
ADMIN = "admin"
PEOPLE: dict[str, tuple[Role, str]] = {
    ADMIN: ("admin", "Administrator (simulasi)"),
    "operator": ("operator", "Rini (simulasi)"),
    "operator-2": ("operator", "Budi (simulasi)"),
    "kepala": ("head_of_shift", "Siti (simulasi)"),
    "regu-pohon": ("crew", "Regu Pohon Pandaan (simulasi)"),
    "regu-banjir": ("crew", "Regu Banjir Kraton (simulasi)"),
    "regu-pju": ("crew", "Regu PJU Bangil (simulasi)"),
    "regu-atcs": ("crew", "Teknisi ATCS (simulasi)"),
    "regu-patroli": ("crew", "Patroli Satpol PP (simulasi)"),
    "regu-ambulans": ("crew", "Ambulans 112 (simulasi)"),
    "regu-damkar": ("crew", "Damkar Pandaan (simulasi)"),
}


def people_file(data: DataDirectory) -> Path:
    """Where first passwords of the demonstration's people are, readable by the owner only."""
    return data.path / "people"


async def add_people(dsn: str, operations_dsn: str, data: DataDirectory) -> str | None:
    """Make the accounts that are not there yet, and their crews.

    Args:
        dsn: of the database, as its owner.
        operations_dsn: the same as the role `operations`.
        data: where their first passwords are written.

    Returns:
        the administrator's first password, to be shown once; None where he is there already.
    """
    made = await asyncio.to_thread(_add_accounts, dsn)
    if made:
        lines = [f"{name:16} {PEOPLE[name][0]:14} {password}" for name, password in made.items()]
        await asyncio.to_thread(write_private, people_file(data), "\n".join(lines))
    order = ("cloud.operations", "load", str(DUTY_FILE))
    await run_to_end("satulayar-operations load", *order, environment={"SATULAYAR_OPERATIONS_DSN": operations_dsn})
    return made.get(ADMIN)


def _add_accounts(dsn: str) -> dict[str, str]:
    """Make accounts; give the first password of each new one."""
    made = {}
    with connect(dsn, "satulayar-simulate", autocommit=True) as connection:
        known = {account.name for account in accounts.list_accounts(connection)}
        for name, (role, full_name) in PEOPLE.items():
            if name in known:
                continue
            agencies = () if role in ("crew", "admin") else AGENCIES
            accounts.add_account(connection, name, role, "satulayar-simulate", full_name=full_name, agencies=agencies)
            made[name] = accounts.give_first_password(connection, name, "satulayar-simulate")
    return made
