"""Junctions as they are, advice, the stream of leases, the command line, and what happens when the broker is away."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloud.db.tokens import Role
from edge.contract.commands import Command
from provisioning.certificates import CertificateAuthority
from simulators.proxy import Proxy
from tests.fix_api import HTTP, RunningApi, serve
from tests.fix_database import add_asset, set_latest
from tests.fix_room import BoxDouble, SignalRoom, room_settings, wait_connected

PROBLEM = "application/problem+json"
PHASES_S = (30.0, 25.0)
CYCLE_S = 63.0


@pytest.fixture(scope="module")
def traffic(room: SignalRoom) -> SignalRoom:
    """TD-01 with a crowded phase 2: what its box has said in the last five minutes."""
    owner = room.api.owner
    row = owner.execute("SELECT id FROM box WHERE name = 'TD-01-a'").fetchone()
    assert row
    for code in ("TD-01.phase-2", "TD-01.phase-4", "TD-01.det-2", "TD-01.det-4"):
        add_asset(owner, row[0], code)
    figures = {
        ("TD-01.signal-1", "cycle_length"): CYCLE_S,
        ("TD-01.signal-1", "cycle_second"): 12.0,
        ("TD-01.signal-1", "pattern"): 3.0,
        ("TD-01.phase-2", "green_time"): PHASES_S[0],
        ("TD-01.phase-4", "green_time"): PHASES_S[1],
        ("TD-01.det-2", "volume"): 14.2,
        ("TD-01.det-4", "volume"): 3.0,
        ("TD-01.det-2", "occupancy"): 85.0,
        ("TD-01.det-2", "queue_length"): 180.0,
    }
    for (asset, quantity), value in figures.items():
        series = add_one_series(room, asset, quantity)
        set_latest(owner, series, value)
        owner.execute(
            "INSERT INTO sample SELECT now() - n * INTERVAL '60 s', %s, %s FROM generate_series(0, 4) AS n",
            [value, series],
        )
    speak(room, add_one_series(room, "TD-01.signal-1", "signal_state"))
    return room


def add_one_series(room: SignalRoom, asset: str, quantity: str) -> int:
    row = room.api.owner.execute(
        "INSERT INTO series (asset_id, quantity, unit) SELECT id, %s, '1' FROM asset WHERE code = %s RETURNING id",
        [quantity, asset],
    ).fetchone()
    assert row
    return int(row[0])


def speak(room: SignalRoom, series: int) -> None:
    """Phase 2 was green for 30 s a cycle ago, and is green again for 10 s now."""
    now = datetime.now(UTC)
    for began_s, word in ((75, "-R-G"), (70, "-G-R"), (40, "-Y-R"), (36, "-R-G"), (10, "-G-R")):
        room.api.owner.execute(
            "INSERT INTO sample_text VALUES (%s, %s, %s)", [now - timedelta(seconds=began_s), series, word]
        )
    set_latest(room.api.owner, series, None)


def test_junctions_when_listed_then_say_whose_they_are(traffic: SignalRoom) -> None:
    found = {one["site"]: one for one in traffic.api.get("/v1/junctions").json()["items"]}
    assert {site: one["authority"] for site, one in found.items()} == {
        "GMP-01": "regency",
        "PWS-01": "province",
        "TD-01": "regency",
    }
    assert len(traffic.api.get("/v1/junctions", corridor="surabaya-malang").json()["items"]) == 2
    assert traffic.api.get("/v1/junctions", limit=1).json()["next"] == "GMP-01"


def test_junction_when_asked_then_shows_phases_queue_and_what_may_be_asked(traffic: SignalRoom) -> None:
    junction = traffic.api.get("/v1/junctions/TD-01").json()
    assert (junction["pattern"], junction["cycle_s"], junction["cycle_second"]) == (3, CYCLE_S, 12)
    assert junction["can_be_asked"] is True
    assert junction["lease"] is None
    two, four = junction["phases"]
    assert (two["letter"], four["letter"]) == ("G", "R")
    assert 9 < two["since_s"] < 20
    assert 10 < two["expected_s"] <= 20.5
    assert (two["queue_m"], two["volume_per_h"], two["occupancy_pct"]) == (180, 852, 85)
    assert [limit["role"] for limit in junction["limits"]] == ["operator", "head_of_shift", "admin"]
    problem = traffic.api.get("/v1/junctions/XX-99")
    assert (problem.status_code, problem.json()["rule"]) == (404, "unknown_junction")


def test_advice_when_an_approach_is_crowded_then_granting_it_is_one_post(traffic: SignalRoom, box: BoxDouble) -> None:
    advice = traffic.api.get("/v1/junctions/TD-01/advice", role="operator").json()
    assert advice["lease"]["body"]["phase"] == 2
    assert 3 <= advice["lease"]["body"]["extra_green_s"] <= 20
    assert advice["gain_pct"] > 10
    assert advice["leased"]["delay_veh_h_per_h"] < advice["present"]["delay_veh_h_per_h"]
    assert "Fase 2" in advice["text_id"]
    assert advice["max_pressure_greens_s"]["2"] > PHASES_S[0]
    assert not box.commands, "advice changes nothing"
    lease = traffic.post(advice["lease"]["path"] + "?wait_s=5", **advice["lease"]["body"]).json()
    assert lease["state"] == "confirmed"
    assert lease["id"] == traffic.post(advice["lease"]["path"], **advice["lease"]["body"]).json()["id"]
    assert traffic.api.get("/v1/junctions/TD-01").json()["lease"]["id"] == lease["id"]


def granted(room: SignalRoom, site: str = "TD-01", role: Role = "operator") -> tuple[bool, str | None]:
    grant = room.api.get(f"/v1/junctions/{site}/advice", role=role).json()["grant"]
    assert grant["possible"] == (grant["rule"] is None) == (grant["text_id"] is None) == (grant["text_en"] is None)
    return grant["possible"], grant["rule"]


def test_advice_when_a_request_would_be_refused_then_says_by_which_rule(traffic: SignalRoom, box: BoxDouble) -> None:
    display(traffic, "-G-R")
    assert granted(traffic) == (True, None)
    assert granted(traffic, role="viewer") == (False, "role")
    assert granted(traffic, "PWS-01") == (False, "authority")
    lease = traffic.request(wait_s=15).json()["id"]
    assert granted(traffic) == (False, "held")
    assert granted(traffic, role="admin") == (True, None)

    def rest(command: Command) -> None:
        box.event(lease, "ended", end_reason="withdrawn")
        box.event(lease, "reverted", end_reason="withdrawn", rest_s=120.0)

    box.answer = rest
    traffic.post(f"/v1/leases/{lease}/withdraw")
    traffic.wait(lease, "reverted")
    assert granted(traffic) == (False, "resting")
    assert "WIB" in traffic.api.get("/v1/junctions/TD-01/advice", role="operator").json()["grant"]["text_id"]
    traffic.api.owner.execute("UPDATE lease SET reverted_at = now() - INTERVAL '2 h' WHERE id = %s", [lease])
    assert granted(traffic) == (True, None)


def test_advice_when_the_junction_flashes_or_its_controller_or_box_is_away_then_says_so(
    traffic: SignalRoom, box: BoxDouble
) -> None:
    display(traffic, "FFFF")
    assert granted(traffic) == (False, "flashing")
    display(traffic, "-G-R")
    assert granted(traffic) == (True, None)
    for is_online in (False, True):
        traffic.api.owner.execute("UPDATE box SET online = %s WHERE name = 'TD-01-a'", [is_online])
        assert granted(traffic) == ((True, None) if is_online else (False, "box_away"))


def display(room: SignalRoom, letters: str) -> None:
    """Let the controller of TD-01 have displayed something just now."""
    row = room.api.owner.execute(
        "SELECT id FROM series WHERE quantity = 'signal_state' AND asset_id = (SELECT id FROM asset WHERE code = %s)",
        ["TD-01.signal-1"],
    ).fetchone()
    assert row
    at = datetime.now(UTC)
    room.api.owner.execute("INSERT INTO sample_text VALUES (%s, %s, %s)", [at, row[0], letters])
    room.api.owner.execute(
        "UPDATE series_latest SET time = %s, value = NULL, received_at = now() WHERE series_id = %s", [at, row[0]]
    )


def test_advice_when_the_controller_is_not_heard_then_says_so(traffic: SignalRoom) -> None:
    assert granted(traffic, "GMP-01") == (False, "controller_away"), "it has never said anything"


def test_advice_when_too_little_is_known_then_says_so(traffic: SignalRoom) -> None:
    advice = traffic.api.get("/v1/junctions/GMP-01/advice").json()
    assert advice["lease"] is None
    assert "volume and green" in advice["text_en"]


def test_stream_when_a_lease_changes_then_tells_whoever_follows_its_site(traffic: SignalRoom, box: BoxDouble) -> None:
    url = f"{traffic.api.url}/v1/stream?site=TD-01"
    with HTTP.stream("GET", url, headers=traffic.api.headers()) as answer:
        told = tell(answer.iter_lines())
        assert next(told)[0] == "latest"
        lease = traffic.request().json()
        states = []
        for name, data in told:
            if name == "lease" and data["id"] == lease["id"]:  # not the one of the test before
                states.append(data["state"])
            if states[-1:] == ["confirmed"]:
                break


def tell(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, json.loads(line[6:])


def command(room: SignalRoom, *arguments: str, role: str = "operator", **more: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SATULAYAR_")}
    environment |= {"SATULAYAR_SIGNALS_URL": room.api.url, "SATULAYAR_SIGNALS_TOKEN": room.api.tokens[role]} | more  # type: ignore[index]
    return subprocess.run(
        [sys.executable, "-m", "cloud.signals", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_command_when_a_lease_is_asked_for_then_waits_for_its_confirmation(traffic: SignalRoom, box: BoxDouble) -> None:
    wish = ("request", "TD-01", "--phase", "2", "--extra-green", "20", "--for", "15m", "--reason", "antrean")
    done = command(traffic, *wish)
    assert (done.returncode, done.stderr) == (0, "")
    lease, site, state = done.stdout.split()[:3]
    assert (site, state) == ("TD-01", "confirmed")
    again = command(traffic, *wish)
    assert again.returncode == 1
    assert "[held]" in again.stderr
    assert "dipegang" in again.stderr
    assert "confirmed" in command(traffic, "leases", "--site", "TD-01").stdout
    assert "queue  180 m" in command(traffic, "show", "TD-01").stdout
    # Both are told, one after the other, and the command prints what is true when it looks.
    assert command(traffic, "withdraw", lease).stdout.split()[2] in {"ended", "reverted"}
    assert "to grant it: satulayar-signals request TD-01 --phase 2" in command(traffic, "advice", "TD-01").stdout


def test_command_when_it_cannot_then_says_why_in_one_line(traffic: SignalRoom) -> None:
    assert "is not a setting" in command(traffic, "show", "TD-01", SATULAYAR_SIGNALS_TOKN="x").stderr
    away = command(traffic, "show", "TD-01", SATULAYAR_SIGNALS_URL="http://127.0.0.1:9")
    assert (away.returncode, away.stderr.count("\n")) == (75, 1)


def test_api_when_the_broker_is_away_then_says_so_at_once_and_comes_back(
    room: SignalRoom, box: BoxDouble, authority: CertificateAuthority, make_proxy: Callable[[int], Proxy]
) -> None:
    proxy = make_proxy(room.broker.service_port)
    with serve(room_settings(room.api.dsn, proxy.port, authority)) as (url, server):
        api = RunningApi(url, room.api.dsn, room.api.owner, room.api.tokens, server)
        other = SignalRoom(api, room.broker, room.boxes)
        wait_connected(other)
        proxy.cut()
        wait_until(lambda: not api.get("/v1/junctions/TD-01").json()["can_be_asked"])
        answer = other.request()
        assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM)
        assert answer.json()["rule"] == "broker_away"
        assert not box.commands
        proxy.heal()
        wait_connected(other)
        assert other.request(wait_s=5).json()["state"] == "confirmed"


def test_api_when_stopped_between_request_and_answer_then_another_takes_the_lease_on(
    room: SignalRoom, box: BoxDouble, authority: CertificateAuthority
) -> None:
    box.answer = lambda _: None
    with serve(room_settings(room.api.dsn, room.broker.service_port, authority)) as (url, server):
        api = RunningApi(url, room.api.dsn, room.api.owner, room.api.tokens, server)
        other = SignalRoom(api, room.broker, room.boxes)
        wait_connected(other)
        identity = other.request().json()["id"]
        wait_until(lambda: bool(box.of("request")))
    box.obey(box.of("request")[0])
    assert room.wait(identity, "confirmed")


def test_api_without_a_broker_when_asked_for_a_lease_then_says_so(api: RunningApi, room: SignalRoom) -> None:
    with serve(room_settings(room.api.dsn, 1, room.broker.authority).model_copy(update={"broker_host": None})) as (
        url,
        server,
    ):
        bare = SignalRoom(RunningApi(url, room.api.dsn, room.api.owner, room.api.tokens, server), room.broker)
        answer = bare.request()
        assert (answer.status_code, answer.json()["rule"]) == (503, "no_broker")


def wait_until(condition: Callable[[], bool], timeout_s: float = 25.0) -> None:
    until_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until_s, "it did not happen in time"
        time.sleep(0.05)


def test_advice_when_only_the_cycle_is_not_known_then_says_that_it_is_this(traffic: SignalRoom) -> None:
    """Last in its file: the cycle is not known any more afterwards."""
    traffic.api.owner.execute(
        "DELETE FROM sample WHERE series_id IN (SELECT id FROM series WHERE quantity = 'cycle_length')"
    )
    advice = traffic.api.get("/v1/junctions/TD-01/advice").json()
    assert advice["lease"] is None
    assert "wait for two cycles" in advice["text_en"]
    assert "tunggu dua siklus" in advice["text_id"]
