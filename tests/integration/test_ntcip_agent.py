"""The NTCIP agent over UDP, asked by pysnmp, which knows nothing of our encoding."""
# ruff: noqa: ANN002, ANN003 - pysnmp's own signatures are passed through

import asyncio
import shutil
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    UdpTransportTarget,
    bulk_cmd,
    get_cmd,
    next_cmd,
    set_cmd,
)
from pysnmp.proto import rfc1902

from simulators.controller import standard
from simulators.controller.controller import Controller
from simulators.ntcip import ber
from simulators.ntcip.agent import Agent
from simulators.ntcip.server import AgentServers

ASC = "1.3.6.1.4.1.1206.4.2.1"
COMMAND, BACKUP, GREENS = f"{ASC}.4.14.0", f"{ASC}.3.3.0", f"{ASC}.1.4.1.4.1"
NOON_S = 1_795_323_600.0


class Client:
    """pysnmp's high-level interface against one port."""

    def __init__(self, port: int, version: int = 1) -> None:
        self._port, self._version, self._engine = port, version, SnmpEngine()

    async def ask(self, command, *objects, community="private", timeout_s=1.0, **more):
        target = await UdpTransportTarget.create(("127.0.0.1", self._port), timeout=timeout_s, retries=0)
        data = CommunityData(community, mpModel=self._version)
        numbers = more.get("numbers", ())
        return await command(self._engine, data, target, ContextData(), *numbers, *objects, lookupMib=False)

    async def get(self, *oids, **more):
        return await self.ask(get_cmd, *(ObjectType(ObjectIdentity(oid)) for oid in oids), **more)

    async def set(self, *pairs, **more):
        return await self.ask(set_cmd, *(ObjectType(ObjectIdentity(oid), value) for oid, value in pairs), **more)

    def close(self) -> None:
        self._engine.close_dispatcher()


def asked(question, version=1):
    """Serve one controller, put the question to it, give its answer and the controller."""

    async def run():
        controller = Controller(standard.four_arms(), NOON_S)
        controller.step(NOON_S + 30)
        async with AgentServers({"TD-01": Agent(controller)}, {"TD-01": 0}) as servers:
            client = Client(servers.ports["TD-01"], version)
            try:
                return await question(client, controller), controller
            finally:
                client.close()

    return asyncio.run(run())


def test_get_when_ten_objects_then_their_values() -> None:
    oids = [f"{ASC}.1.4.1.{column}.1" for column in range(2, 10)] + [f"{ASC}.4.10.0", f"{ASC}.1.1.0"]
    (failure, status, _, varbinds), controller = asked(lambda client, _: client.get(*oids))
    assert failure is None
    assert status == 0
    values = [int(value) for _, value in varbinds]
    assert values[0] == controller.displayed.reds
    assert values[2] == controller.displayed.greens
    assert values[8:] == [2, 8]


@pytest.mark.parametrize(
    ("version", "oid", "value", "status"),
    [
        (0, COMMAND, rfc1902.Integer32(256), 3),
        (1, COMMAND, rfc1902.Integer32(256), 10),
        (1, COMMAND, rfc1902.Integer32(-1), 10),
        (1, COMMAND, rfc1902.OctetString("3"), 7),
        (0, COMMAND, rfc1902.OctetString("3"), 3),
        (1, f"{ASC}.1.2.1.4.2", rfc1902.Integer32(1), 17),
        (1, f"{ASC}.1.2.1.8.2", rfc1902.Integer32(1), 17),
        (0, f"{ASC}.1.2.1.4.2", rfc1902.Integer32(1), 2),
        (1, f"{ASC}.4.9.1.3.17.1", rfc1902.Integer32(30), 11),
        (0, f"{ASC}.4.9.1.3.17.1", rfc1902.Integer32(30), 2),
    ],
)
def test_set_when_not_fit_then_the_standards_error(version, oid, value, status) -> None:
    (failure, found, index, _), controller = asked(lambda client, _: client.set((oid, value)), version)
    assert failure is None
    assert (int(found), int(index)) == (status, 1)
    assert controller.system_pattern == 0


def test_set_when_one_of_three_is_bad_then_none_is_written() -> None:
    split = f"{ASC}.4.9.1.3.16"
    pairs = [(f"{split}.{phase}", rfc1902.Integer32(value)) for phase, value in ((2, 40), (4, 50), (6, 300))]
    (_, status, index, _), controller = asked(lambda client, _: client.set(*pairs))
    assert (int(status), int(index)) == (10, 3)
    assert controller.splits[16][2].time_s == 0


def test_set_when_whole_then_read_back_and_in_the_controller() -> None:
    async def question(client, _):
        await client.set((f"{ASC}.4.9.1.3.16.2", rfc1902.Integer32(50)), (COMMAND, rfc1902.Integer32(3)))
        return await client.get(f"{ASC}.4.9.1.3.16.2", COMMAND)

    (_, _, _, varbinds), controller = asked(question)
    assert [int(value) for _, value in varbinds] == [50, 3]
    assert controller.splits[16][2].time_s == 50
    assert controller.requested_pattern()[0] == 3


def test_set_when_community_only_reads_then_no_answer() -> None:
    question = lambda client, _: client.set((COMMAND, rfc1902.Integer32(3)), community="public", timeout_s=0.3)  # noqa: E731
    (failure, *_), controller = asked(question)
    assert "No SNMP response" in str(failure)
    assert controller.system_pattern == 0


def test_walk_when_by_next_and_by_bulk_then_the_same_whole_tree() -> None:
    async def question(client, _):
        return await _walk(client, next_cmd), await _walk(client, bulk_cmd, numbers=(0, 40))

    (by_next, by_bulk), _ = asked(question)
    assert by_next == by_bulk
    assert len(by_next) > 1_000
    assert by_next == sorted(by_next)


async def _walk(client, command, **more):
    names, at = [], "1.3.6.1.4.1.1206"
    while True:
        _, _, _, varbinds = await client.ask(command, ObjectType(ObjectIdentity(at)), **more)
        for name, value in varbinds:
            if type(value).__name__ == "EndOfMibView":
                return names
            names.append(tuple(name))
        at = ".".join(map(str, names[-1]))


@pytest.mark.parametrize(("version", "said"), [(0, "noSuchName"), (1, "NoSuchObject")])
def test_get_when_not_there_then_said_so(version, said) -> None:
    (_, status, _, varbinds), _ = asked(lambda client, _: client.get(f"{ASC}.7.1.0"), version)
    assert said in {status.prettyPrint() if status else "", type(varbinds[0][1]).__name__}


def test_get_when_the_fault_takes_an_object_away_then_no_such_name() -> None:
    async def question(client, controller):
        controller.faults.missing = frozenset({f"{ASC}.4.10"})
        return await client.get(f"{ASC}.4.10.0")

    (_, status, _, _), _ = asked(question, 0)
    assert status.prettyPrint() == "noSuchName"


def test_get_when_answers_are_late_or_of_a_wrong_type_then_so() -> None:
    async def question(client, controller):
        controller.faults.wrong_types, controller.faults.answer_delay_s = True, 0.4
        began_s = time.monotonic()
        answer = await client.get(GREENS)
        return answer, time.monotonic() - began_s

    ((_, _, _, varbinds), lasted_s), _ = asked(question)
    assert type(varbinds[0][1]).__name__ == "OctetString"
    assert lasted_s >= 0.4


def test_set_when_the_fault_discards_it_then_accepted_and_not_there() -> None:
    async def question(client, controller):
        controller.faults.discards_sets = True
        _, status, _, _ = await client.set((COMMAND, rfc1902.Integer32(3)))
        return int(status)

    status, controller = asked(question)
    assert status == 0
    assert controller.system_pattern == 0


def test_set_when_the_fault_refuses_it_then_general_error() -> None:
    async def question(client, controller):
        controller.faults.refuses_sets = True
        return await client.set((COMMAND, rfc1902.Integer32(3)))

    (_, status, _, _), _ = asked(question)
    assert int(status) == 5


@given(st.binary(max_size=200))
def test_agent_when_fed_nonsense_then_silent(datagram) -> None:
    assert Agent(_CONTROLLER).answer(datagram) is None


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_when_written_and_read_then_the_same(value) -> None:
    _, content, _ = ber.read(ber.integer(value), 0)
    assert ber.to_integer(content) == value


@given(st.tuples(st.integers(0, 2), st.integers(0, 39)), st.lists(st.integers(0, 2**32 - 1), max_size=20))
def test_names_when_written_and_read_then_the_same(head, rest) -> None:
    oid = (*head, *rest)
    _, content, _ = ber.read(ber.object_id(oid), 0)
    assert ber.to_object_id(content) == oid


def test_tools_of_net_snmp_when_they_are_there_then_they_walk_the_tree() -> None:
    walk = shutil.which("snmpbulkwalk")
    if walk is None:
        pytest.skip("net-snmp's tools are not on this machine (apt-get install snmp)")

    async def run():
        async with AgentServers({"TD-01": Agent(_CONTROLLER)}, {"TD-01": 0}) as servers:
            port = servers.ports["TD-01"]
            process = await asyncio.create_subprocess_exec(
                *(walk, "-v2c", "-c", "public", f"127.0.0.1:{port}", f"{ASC}.3"),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            return (await process.communicate())[0].decode()

    assert "4.2.1.3.3.0 = INTEGER: 60" in asyncio.run(run())


_CONTROLLER = Controller(standard.three_arms(), NOON_S)
