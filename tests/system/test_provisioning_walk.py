"""From an empty fleet to a commissioned box: the commands as office and crew give them, a real agent.

Real: balena's SDK on a socket, database, broker, ingester, API, the agent started from what lay in its parcel.
Simulated: balena, and the device on the bus. The crew's page goes the same way in `python -m tests.browser.walk`.
"""

import json
import re
from collections.abc import Callable
from uuid import uuid4

import pytest

from tests.fix_api import HTTP
from tests.fix_edge import ModbusField, ParcelBox, wait_for
from tests.fix_walk import Office, one_gauge


def as_crew(office: Office, visit: str, path: str, **content: object) -> dict:
    """Send something as a crew's phone does."""
    body = {"id": str(uuid4()), "at": "2026-11-22T03:00:00Z", **content}
    url = f"{office.api.url}/v1/crew/visits/{visit}/{path}"
    answer = HTTP.post(url, json=body, headers=office.api.headers("crew"))
    assert answer.status_code < 300, answer.text
    return dict(answer.json())


def visit_of(office: Office, visit: str) -> dict:
    return dict(office.api.get(f"/v1/crew/visits/{visit}", "crew").json())


@pytest.mark.timeout(240)
def test_walk_when_fleet_is_empty_then_ends_with_a_commissioned_box(
    make_office: Callable, field: ModbusField, box_name: str
) -> None:
    field.tables["input"][0] = 1_234
    code, other = box_name.rpartition("-")[0], f"{box_name.rpartition('-')[0]}-b"
    content = one_gauge(box_name, field.port)
    content["sites"][0]["assets"][0]["box"] = box_name
    content["sites"][0]["boxes"] += [{"name": other, "group": "lamps"}]
    with make_office(content) as office:
        office.say("registry", "--diff", status=2)
        office.say("registry", "--apply")
        assert "the registry is as the files say" in office.say("registry", "--diff")
        office.say("apply")
        assert {row["device_name"] for row in office.balena.rows("device")} == {box_name, other}
        label = office.print_label(box_name)
        boot = office.write_parcel(box_name)

        visit = str(uuid4())
        piece = {"kind": "claim", "label": label.text(), "hardware": "pi-7"}
        assert as_crew(office, visit, "pieces", box=box_name, piece=piece)["state"] == "taken"
        variables = office.variables_of(box_name)
        with ParcelBox(office.home / "agent", boot, office.broker.port, host_interval_s=1, **variables) as agent:
            wait_for(lambda: agent.is_up() and agent.status()["connected"], 60)
            assert agent.status()["box"] == box_name
            assert not (boot / "satulayar" / "box.key").exists()
            as_crew(office, visit, "commands", box=box_name, action="measure")
            as_crew(office, visit, "commands", box=box_name, action="siren", asset=f"{code}.gauge-1")
            wait_for(lambda: visit_of(office, visit)["reports"], 60)
            # A machine of tests may have no synchronised clock; everything else must be in order.
            good = {"ok": 0, "clock": 1}["ok" if "clock_offset" in agent.status()["latest"] else "clock"]
            url = f"http://127.0.0.1:{agent.health_port}"
            printed = office.say(
                *("commission", box_name, "--url", url, "--by", "budi", "--to", str(office.home / "reports")),
                *("--tried", f"{code}.gauge-1", "--within-s", "5"),
                status=good,
            )
            assert set(re.findall(r"GAGAL ([^:]+):", printed)) <= {"Jam"}
            wait_for(lambda: [one for one in visit_of(office, visit)["results"] if one["state"] == "confirmed"], 30)

            said = office.say("claim", office.print_label(box_name).text(), "--hardware", "pi-8", status=1)
            assert re.search(rf"{box_name} was claimed by its-crew on .* for pi-7: have the office free it first", said)
            said = office.say("move", box_name, other)
            assert f"{box_name}: pi-7 is out" in said
            # Its certificate is dead: the broker has put it out and lets it in no more.
            wait_for(lambda: not agent.status()["connected"], 60)

        report = next((office.home / "reports").glob("*.json"))
        checked = office.say("report", str(report), "--to", str(report.with_suffix(".again.pdf")), status=good)
        assert "as it was signed, with a certificate of ours" in checked
        read = json.loads(report.read_text())
        signed = json.loads(read["signed"]["document"])
        assert (read["box"], read["hardware"], read["by"]) == (box_name, "pi-7", "budi")
        assert signed["hardware_id"] == variables["hardware_id"], "as balena has it"
        assert {check["name"] for check in read["checks"] + signed["checks"] if check["passed"]} >= {
            "claim",
            "site file",
            f"siren {code}.gauge-1 by hand",
            f"asset {code}.gauge-1",
            "broker",
            "round trip with receipt",
            "certificate",
        }
        of_the_room = json.loads(visit_of(office, visit)["reports"][0]["signed"]["document"])
        assert (of_the_room["visit"], of_the_room["box"]) == (visit, box_name)

        assert "pi-7, claimed by its-admin" in office.say(
            "claim", office.print_label(other).text(), "--hardware", "pi-7"
        )
        assert re.search(rf"\(moved to {other}\): pi-7, its-crew", office.say("history", box_name))
        refused = office.say("move", box_name, other, status=1)
        assert f"{other} was claimed by its-admin for pi-7: swap or retire it first" in refused
