"""SNMPv3 over a socket: the box's driver against the simulated agent, with right keys and wrong ones."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from edge.clock import Clock
from edge.errors import Refused, Unavailable
from edge.sensors import ntcip_objects as objects
from edge.sensors.ntcip import SignalController
from edge.signals.driver import make_driver
from edge.signals.reader import read_plan, read_timing
from edge.site_assets import Bus
from simulators.controller.controller import Controller
from simulators.controller.standard import four_arms
from simulators.ntcip.agent import Agent
from simulators.ntcip.server import AgentServers
from simulators.ntcip.usm import User

NOON_S = 1_795_323_600.0
RIGHT = {"TEST_AUTH": "simulated-auth", "TEST_PRIVACY": "simulated-privacy"}
Test = Callable[[SignalController, Controller], Awaitable[None]]


def drive(test: Test, monkeypatch: pytest.MonkeyPatch, *, auth: str = "sha256", **how: Any) -> None:
    """Serve one controller over version 3 and give the test its driver."""
    for name, secret in (RIGHT | how.pop("secrets", {})).items():
        monkeypatch.setenv(name, secret)

    async def main() -> None:
        controller = Controller(four_arms(), NOON_S)
        controller.step(NOON_S + 30)
        async with AgentServers({"td": Agent(controller, user=User(auth=auth))}, {"td": 0}) as servers:
            wanted = {"user": "satulayar", "timeout_s": 2.0, "auth": auth} | how
            bus = Bus(
                kind="ntcip", host="127.0.0.1", port=servers.ports["td"], version="3",
                auth_variable="TEST_AUTH", privacy_variable="TEST_PRIVACY", **wanted,
            )  # fmt: skip
            driver = make_driver(bus, "TD-01.signal-1", Clock())
            try:
                await test(driver, controller)
            finally:
                driver.close()
                await asyncio.sleep(0)

    asyncio.run(main())


@pytest.mark.parametrize("auth", ["sha1", "sha256"])
def test_controller_when_over_version_3_then_read_and_written_as_over_the_others(
    auth: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(driver: SignalController, controller: Controller) -> None:
        timing = await read_timing(driver)
        plan = await read_plan(driver, 2, timing)
        assert (len(timing.phases), plan.cycle_s, plan.times_s[2]) == (8, 100, 36)
        driver.reserve(16, 16)
        await driver.set([(objects.split(objects.SPLIT_TIME, 16, 2), 41), (objects.SYSTEM_PATTERN_CONTROL, 16)])
        assert (controller.splits[16][2].time_s, controller.system_pattern) == (41, 16)
        assert await driver.get([objects.SYSTEM_PATTERN_CONTROL]) == {objects.SYSTEM_PATTERN_CONTROL: 16}

    drive(test, monkeypatch, auth=auth)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"secrets": {"TEST_AUTH": "another-secret"}}, "does not accept the authentication key of user satulayar"),
        ({"secrets": {"TEST_PRIVACY": "another-secret"}}, "does not accept the privacy key of user satulayar"),
        ({"user": "nobody"}, "knows no user nobody"),
    ],
)
def test_controller_when_a_key_is_wrong_then_the_word_names_it(
    how: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(driver: SignalController, controller: Controller) -> None:
        with pytest.raises(Refused, match=said) as refused:
            await driver.get([objects.COORD_PATTERN_STATUS])
        assert "another-secret" not in str(refused.value)
        assert controller.system_pattern == 0

    drive(test, monkeypatch, **how)


def test_set_when_not_on_the_whitelist_then_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(driver: SignalController, _: Controller) -> None:
        with pytest.raises(Refused, match="not writable from a box"):
            await driver.set([(objects.phase(objects.PHASE_YELLOW, 2), 1)])

    drive(test, monkeypatch)


def test_objects_when_absent_or_refused_then_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(driver: SignalController, controller: Controller) -> None:
        with pytest.raises(Refused, match="is not there"):
            await driver.get([objects.COORD_PATTERN_STATUS, (1, 3, 6, 1, 4, 1, 1206, 4, 2, 1, 99, 0)])
        driver.reserve(16, 16)
        controller.faults.refuses_sets = True
        with pytest.raises(Refused, match="genErr"):
            await driver.set([(objects.SYSTEM_PATTERN_CONTROL, 16)])

    drive(test, monkeypatch)


def test_controller_when_silent_then_unavailable_and_answered_again_after(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(driver: SignalController, controller: Controller) -> None:
        controller.faults.silent = True
        with pytest.raises(Unavailable, match="did not answer within"):
            await driver.get([objects.COORD_PATTERN_STATUS])
        controller.faults.silent = False
        assert await driver.get([objects.COORD_PATTERN_STATUS]) == {objects.COORD_PATTERN_STATUS: 2}

    drive(test, monkeypatch, timeout_s=0.6, retries=1)


@pytest.mark.parametrize(("secret", "said"), [("", "TEST_AUTH is not set"), ("short", "must have 8 or more")])
def test_secret_when_missing_or_too_short_then_said_and_the_rest_works_on(
    secret: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(driver: SignalController, _: Controller) -> None:
        with pytest.raises(Unavailable, match=said):
            await driver.get([objects.COORD_PATTERN_STATUS])

    drive(test, monkeypatch, secrets={"TEST_AUTH": secret})


def test_secret_when_in_a_file_then_read_from_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "auth").write_text("simulated-auth\n")

    async def test(driver: SignalController, _: Controller) -> None:
        assert await driver.get([objects.COORD_PATTERN_STATUS])

    drive(test, monkeypatch, secrets={"TEST_AUTH": "", "TEST_AUTH_FILE": str(tmp_path / "auth")})


def test_net_snmp_when_it_is_there_then_it_talks_version_3_to_the_agent() -> None:
    get = shutil.which("snmpget")
    if get is None:
        pytest.skip("net-snmp's tools are not on this machine (apt-get install snmp)")
    keys = ["-u", "satulayar", "-a", "SHA-256", "-A", "simulated-auth", "-x", "AES", "-X", "simulated-privacy"]

    async def run() -> str:
        agent = Agent(Controller(four_arms(), NOON_S))
        async with AgentServers({"td": agent}, {"td": 0}) as servers:
            where = f"127.0.0.1:{servers.ports['td']}"
            process = await asyncio.create_subprocess_exec(
                *(get, "-v3", "-l", "authPriv", *keys, where, ".".join(map(str, objects.UNIT_BACKUP_TIME))),
                stdout=asyncio.subprocess.PIPE,
            )
            return (await process.communicate())[0].decode()

    assert "INTEGER: 60" in asyncio.run(run())
