"""Crews and rosters from a file, and what the wall says of incidents, crews and alarms."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cloud.db import accounts
from cloud.db.connection import connect
from cloud.operations.cli import app
from simulators.stack.people import DUTY_FILE, PEOPLE
from tests.fix_database import as_role
from tests.fix_operations import Clock, Ground, engine_at, wait_until

DUTY = """
crews:
  - name: Regu Pohon
    agency: disaster
    skills: [tree]
    shift: ["06:00", "18:00"]
    members: [regu-pohon]
    position: [-7.6, 112.7]
  - {name: Regu Malam, agency: disaster, skills: [tree], shift: ["18:00", "06:00"]}
roster:
  - {agency: disaster, level: 1, who: "account:siti"}
"""


def load(ground: Ground, path: Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["load", str(path), "--dsn", as_role(ground.dsn, "operations")])
    return done.exit_code, done.output


def test_crews_when_loaded_twice_then_are_there_once_and_corrected(ground: Ground, tmp_path: Path) -> None:
    path = tmp_path / "duty.yaml"
    path.write_text(DUTY)
    code, said = load(ground, path)
    assert code == 78
    assert said.startswith(
        "satulayar-operations: Regu Pohon: there is no account 'regu-pohon'; `satulayar-db account add"
    )
    assert ground.owner.execute("SELECT count(*) FROM crew").fetchone() == (0,)
    accounts.add_account(ground.owner, "regu-pohon", "crew", "test")
    assert load(ground, path) == (0, "2 crews\n")
    path.write_text(DUTY.replace("skills: [tree]", "skills: [tree, flood]", 1))
    assert load(ground, path) == (0, "2 crews\n")
    rows = ground.owner.execute("SELECT name, skills FROM crew ORDER BY name DESC").fetchall()
    assert rows == [("Regu Pohon", ["tree", "flood"]), ("Regu Malam", ["tree"])]
    shifts = ground.owner.execute("SELECT count(*) FILTER (WHERE on_shift) FROM wall.crew").fetchone()
    assert shifts == (1,)  # by day the one, by night the other
    assert ground.owner.execute("SELECT agency, level, who FROM roster").fetchall() == [("disaster", 1, "account:siti")]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("agency: disaster", "agency: desaster", "duty.yaml:4: crews[0].agency: 'desaster'"),
        ("members:", "member:", "crews[0].member: is not known here; did you mean 'members'?"),
        ("account:siti", "siti", "roster[0].who: 'siti'"),
    ],
)
def test_duty_when_it_has_a_typo_then_is_refused_with_its_path(
    ground: Ground, tmp_path: Path, old: str, new: str, told: str
) -> None:
    path = tmp_path / "duty.yaml"
    path.write_text(DUTY.replace(old, new, 1))
    code, said = load(ground, path)
    assert code == 78
    assert told in said


def test_crews_of_the_demonstration_when_loaded_then_are_in_order(ground: Ground) -> None:
    with connect(ground.dsn, "test", autocommit=True) as owner:
        for name, (role, _) in PEOPLE.items():
            accounts.add_account(owner, name, role, "test")
    assert load(ground, DUTY_FILE) == (0, "7 crews\n")


def test_wall_when_incidents_are_open_then_shows_them_with_their_clocks_and_the_load_of_alarms(ground: Ground) -> None:
    clock = Clock()
    assert ground.owner.execute("SELECT is_there FROM wall.capability WHERE capability = 'operations'").fetchone() == (
        False,
    )
    with engine_at(ground.dsn, clock):
        clock.ahead = timedelta(minutes=-6)
        ground.event("obstacle.detected", "TD-01.cam-1", at=clock())
        wait_until(ground.incidents)
        clock.ahead = timedelta(minutes=-2)
        ground.event("intrusion.detected", "TD-01.cam-1", at=clock())
        wait_until(lambda: len(ground.incidents()) == 2)
        clock.ahead = timedelta(0)
        wait_until(lambda: ground.incidents("escalation = 1"))
    rows = ground.owner.execute(
        "SELECT incident, title, clock, clock_state, site FROM wall.incident ORDER BY incident"
    ).fetchall()
    assert rows == [
        ("INS-0001", "Pohon tumbang atau benda di badan jalan: Simpang TD-01", "acknowledge", "over", "TD-01"),
        ("INS-0002", "Orang di area tertutup: Simpang TD-01", "acknowledge", "within", "TD-01"),
    ]
    rates = dict(
        ground.owner.execute("SELECT operator, sum(alarms_per_10min) FROM wall.alarm_rate GROUP BY 1").fetchall()
    )
    assert rates == {"disaster": 2.0, "public_order": 1.0}
    engine = ground.owner.execute("SELECT waiting, refused_24h, shelved, age_s < 60 FROM wall.operations").fetchone()
    assert engine == (0, 0, 0, True)
    assert ground.owner.execute("SELECT value < 60 FROM wall.alarm_operations").fetchone() == (True,)
    day = ground.owner.execute("SELECT sum(opened), sum(late) FROM wall.incident_day").fetchone()
    assert day == (2, 1)
