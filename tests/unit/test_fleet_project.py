"""The fleet project: what balena can read, what a box needs, and a table of variables that is not stale."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from edge.settings import PREFIX, EdgeSettings
from provisioning.errors import Refused
from provisioning.fleet_project import ROOT, write_project
from provisioning.target import read_host
from provisioning.variables import OURS
from provisioning.variables_table import README, replace_table

FLEET = ROOT / "firmware-config" / "fleet"
BOARDS = {path.stem for path in (ROOT / "firmware-config" / "boards").glob("*.yaml")}
# Of balena's list of supported fields (Compose 2.4), those used here; `logging` and bind mounts are not among them.
SUPPORTED = {
    *("build", "cap_add", "cap_drop", "command", "depends_on", "environment", "group_add", "healthcheck", "labels"),
    *("mem_limit", "network_mode", "pids_limit", "privileged", "read_only", "restart", "security_opt"),
    *("stop_grace_period", "tmpfs", "user", "volumes"),
}
# Of the supervisor's own list, open-balena-api's configuration variables.
HOST_VARIABLES = {
    f"BALENA_SUPERVISOR_{name}"
    for name in (
        *("VPN_CONTROL", "HARDWARE_METRICS", "LOG_CONTROL", "POLL_INTERVAL", "CONNECTIVITY_CHECK"),
        *("INSTANT_UPDATE_TRIGGER", "DELTA"),
    )
}


@pytest.fixture(scope="module")
def composition() -> dict:
    return dict(yaml.safe_load((FLEET / "docker-compose.yml").read_text()))


def test_composition_when_read_then_has_only_what_balena_supports(composition: dict) -> None:
    assert composition["version"] == "2.4"
    for name, service in composition["services"].items():
        assert set(service) <= SUPPORTED, name
        for volume in service.get("volumes", []):
            assert volume.partition(":")[0] in composition["volumes"], f"{name}: {volume} would be a bind mount"
        assert isinstance(service.get("depends_on", []), list)
        assert "$" not in str(service), f"{name}: balena does not interpolate"


def test_agent_when_it_runs_then_is_nobody_special_and_its_root_is_read_only(composition: dict) -> None:
    edge = composition["services"]["edge"]
    assert edge["user"] == "10001:10001"
    assert (edge["read_only"], edge["cap_drop"], edge.get("privileged")) == (True, ["ALL"], None)
    assert "no-new-privileges:true" in edge["security_opt"]
    # Nothing over /tmp: the update lock is mounted there.
    assert [place.partition(":")[0] for place in edge["tmpfs"]] == ["/run/satulayar"]
    assert composition["services"]["parcel"]["network_mode"] == "none"


def test_agent_when_started_by_the_composition_then_knows_each_variable(composition: dict) -> None:
    for service in composition["services"].values():
        given = {name for name in service["environment"] if name.startswith(PREFIX)}
        fields = {name.removeprefix(PREFIX).lower() for name in given}
        assert fields <= set(EdgeSettings.model_fields)
        assert fields <= OURS | {"outbox_dir", "vision_dir"}


def test_project_when_its_boards_are_listed_then_they_are_those_with_a_profile() -> None:
    listed = yaml.safe_load((FLEET / "balena.yml").read_text())["data"]
    assert set(listed["supportedDeviceTypes"]) == BOARDS
    assert listed["defaultDeviceType"] in BOARDS


@pytest.mark.parametrize("profile", ["sim", "fixed"])
def test_host_when_its_profile_is_read_then_every_name_is_balenas(profile: str) -> None:
    settings = read_host(profile)
    assert set(settings) <= HOST_VARIABLES
    assert int(settings["BALENA_SUPERVISOR_POLL_INTERVAL"]) in range(900_000, 86_400_001)
    assert read_host(None) == {}


def test_project_when_written_then_the_agent_starts_from_it_alone(tmp_path: Path) -> None:
    assert write_project(tmp_path / "fleet") > 50
    assert write_project(tmp_path / "fleet") > 50  # again, in its place
    box = tmp_path / "fleet" / "box"
    assert not list(box.rglob("__pycache__"))
    site = ROOT / "firmware-config" / "sites" / "TD-01.yaml"
    code = f"import sys; sys.argv[1:] = ['--check', {str(site)!r}]; from edge.__main__ import main; main()"
    code += "; import importlib.metadata as m, edge; print(m.version('satulayar'), edge.__file__)"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment["PYTHONPATH"] = str(box)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert str(box) in done.stdout


def test_project_when_something_else_is_there_then_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(Refused, match="is no project of ours: name another folder"):
        write_project(tmp_path)
    assert (tmp_path / "mine.txt").exists()


def test_script_when_read_then_is_a_shells_and_names_the_boot_partition() -> None:
    script = FLEET / "take-parcel.sh"
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
    assert "/dev/disk/by-label/resin-boot" in script.read_text()


def test_table_of_variables_when_compared_with_the_settings_then_is_not_stale() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == replace_table(text), "run: python -m provisioning.variables_table"
    assert all(f"`{PREFIX}{name.upper()}`" in text for name in EdgeSettings.model_fields)
