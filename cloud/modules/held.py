"""Figures that wait for a person, because they are many times the usual of their place."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from cloud.db.queries import load
from cloud.modules.brought import Person, find_store
from cloud.modules.report import Figure, Report
from cloud.modules.rules import refusal
from cloud.modules.store import Line

_SQL = load("modules")


@dataclass(frozen=True, slots=True)
class Held:
    """A figure that waits.

    Attributes:
        id: by which it is decided.
        module: whose it is; title_id and title_en are its titles.
        indicator: its name; indicator_id and indicator_en are its titles.
        keys: a code for each of its dimensions.
        true_at: what it is about.
        value: what the source says.
        usual: the median of the last ten there.
        held_at: since when it waits.
    """

    id: int
    module: str
    title_id: str
    title_en: str
    indicator: str
    indicator_id: str
    indicator_en: str
    unit: str
    keys: list[str]
    true_at: datetime
    value: float
    usual: float
    held_at: datetime


def list_held(connection: Line) -> list[Held]:
    """Give all figures that wait, oldest first."""
    with connection.cursor(row_factory=class_row(Held)) as cursor:
        return cursor.execute(_SQL["held"]).fetchall()


def decide(connection: Line, number: int, *, accepted: bool, person: Person) -> str:
    """Take a person's word on a held figure; an accepted one is shown from now on.

    Args:
        connection: in autocommit mode.
        number: of the figure that waits.
        accepted: whether it is right.
        person: who says so; it is in the audit.

    Returns:
        the module that it belongs to.

    Raises:
        NotFound: there is none, or somebody has decided already, or its source has corrected it.
        Forbidden: this person may not.
    """
    with connection.transaction():
        parameters = {"id": number, "accepted": accepted, "actor": person.account}
        connection.execute(_SQL["lock_held"], {"id": number})
        found = connection.execute(_SQL["decide"], parameters).fetchone()
        if found is None:
            raise refusal("unknown_held", number=number)
        module, indicator, keys, true_at, value = found
        store = find_store(connection, module, person)
        detail = {"indicator": indicator, "keys": keys, "true_at": true_at.isoformat(), "value": value}
        entry = {"action": "figure_accepted" if accepted else "figure_refused", "subject": module}
        connection.execute(load("accounts")["add_audit"], entry | {"actor": person.account, "detail": Jsonb(detail)})
        if accepted:
            run_id = store.begin("held", person.account, None)
            figure = Figure(indicator, tuple(keys), true_at, value)
            store.keep(run_id, [figure], Report(rows=1, figures=1), None, is_judged=True)
    return str(module)
