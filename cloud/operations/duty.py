"""Crews and rosters from a file: who can go, who is of which crew, who is told when nobody takes something up."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from cloud.operations import store
from cloud.operations.errors import Misconfigured
from cloud.operations.incident import MAX_ESCALATION
from cloud.operations.kinds import Agency, Name, Strict
from cloud.operations.spans import Clock
from cloud.operations.store import Line
from edge.contract import documents

Shift = tuple[Clock, Clock]


class CrewDuty(Strict):
    """A crew.

    Attributes:
        name: as people call it.
        agency: whose it is.
        skills: what it can do, by the words of `kinds.yaml`.
        shift: from and to, WIB; around the clock if none.
        on_duty: False for one that is stood down.
        notify: where notifications go.
        members: accounts of the role crew.
        position: latitude and longitude of its base, until it says where it is.
    """

    name: Annotated[str, Field(min_length=1, max_length=80)]
    agency: Agency
    skills: tuple[Name, ...] = ()
    shift: Shift | None = None
    on_duty: bool = True
    notify: Annotated[str, Field(max_length=500)] | None = None
    members: tuple[str, ...] = ()
    position: tuple[Annotated[float, Field(ge=-90, le=90)], Annotated[float, Field(ge=-180, le=180)]] | None = None


class RosterDuty(Strict):
    """Who is told at a level of an agency's roster; `*`: of every agency that names nobody at that level."""

    agency: Agency | Literal["*"]
    level: Annotated[int, Field(ge=1, le=MAX_ESCALATION)]
    who: Annotated[str, Field(pattern=r"^(account|role|crew):.+$")]
    shift: Shift | None = None


class DutyFile(Strict):
    """Crews are added and corrected, never removed; a roster, where one is given, replaces the one that was."""

    crews: tuple[CrewDuty, ...] = ()
    roster: tuple[RosterDuty, ...] | None = None


def read_duty(path: Path) -> DutyFile:
    """Read a file of crews and rosters.

    Raises:
        Misconfigured: every fault with file, line and path.
    """
    try:
        document = documents.read(path)
        duty = DutyFile.model_validate(document.content)
    except documents.BadDocument as error:
        raise Misconfigured(str(error)) from error
    except ValidationError as error:
        raise Misconfigured("\n".join(documents.faults_of(error, document, DutyFile))) from error
    if document.doubles:
        raise Misconfigured("\n".join(document.doubles))
    return duty


async def load_duty(line: Line, duty: DutyFile) -> int:
    """Write crews and roster down, all or nothing; give how many crews.

    Raises:
        Misconfigured: a member is no account.
    """
    async with line.transaction():
        for crew in duty.crews:
            await _put_crew(line, crew)
        if duty.roster is not None:
            await store.run(line, "clear_roster")
            for entry in duty.roster:
                shift = dict(zip(("shift_from", "shift_to"), entry.shift or ("00:00", "00:00"), strict=True))
                await store.run(line, "add_roster", agency=entry.agency, level=entry.level, who=entry.who, **shift)
    return len(duty.crews)


async def _put_crew(line: Line, crew: CrewDuty) -> None:
    begin, end = crew.shift or ("00:00", "00:00")
    latitude, longitude = crew.position or (None, None)
    row = await store.one(
        line, "put_crew", name=crew.name, agency=crew.agency, skills=list(crew.skills), shift_from=begin, shift_to=end,
        on_duty=crew.on_duty, notify=crew.notify, latitude=latitude, longitude=longitude,
    )  # fmt: skip
    assert row is not None  # noqa: S101 - the statement gives a row
    await store.run(line, "clear_members", crew_id=row[0])
    for account in crew.members:
        if not await store.run(line, "add_member", crew_id=row[0], account=account):
            told = f"{crew.name}: there is no account {account!r}; `satulayar-db account add {account} --role crew`"
            raise Misconfigured(told)
