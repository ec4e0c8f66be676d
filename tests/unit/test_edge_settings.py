"""Settings: all documented, unknown ones refused; the command checks and exits."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from edge.settings import PREFIX, EdgeSettings
from tests.fix_edge import wait_for

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "firmware-config" / "sites" / "TD-01.yaml"


def edge(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return subprocess.run(
        [sys.executable, "-m", "edge", *map(str, arguments)],
        env=environment | {PREFIX + name: value for name, value in variables.items()},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("field", EdgeSettings.model_fields)
def test_every_setting_is_documented_in_the_readme_and_in_its_class(field: str) -> None:
    assert f"`{field.upper()}`" in (ROOT / "edge" / "README.md").read_text()
    assert f"        {field}: " in (EdgeSettings.__doc__ or "").replace("\n    ", "\n        ")


def test_a_site_when_checked_and_right_then_exits_with_zero() -> None:
    done = edge("--check", SITE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "TD-01.yaml: TD-01-a reads 3 assets and keeps 1 signal controller: ok\n"


def test_a_site_when_checked_and_wrong_then_exits_with_one_and_says_what(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(SITE.read_text().replace("profile: cabinet,", "profile: cabinett,"))
    done = edge("--check", path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("site.yaml:19: assets[2].profile: 'cabinett' is not a profile; did you mean 'cabinet'?\n")


def test_a_variable_when_misspelt_then_is_refused_with_the_nearest() -> None:
    done = edge("--check", SITE, BROKR_HOST="x")
    assert done.returncode == 1
    assert "SATULAYAR_EDGE_BROKR_HOST is not a setting; did you mean SATULAYAR_EDGE_BROKER_HOST?" in done.stderr


def test_a_variable_when_out_of_range_then_is_refused_by_name() -> None:
    done = edge("--check", SITE, BROKER_PORT="99999")
    assert done.returncode == 1
    assert done.stderr.startswith("SATULAYAR_EDGE_BROKER_PORT: Input should be less than or equal to 65535")


def test_the_agent_when_it_has_no_site_then_says_how_to_give_one() -> None:
    done = edge()
    assert (done.returncode, done.stderr) == (1, "no site file: give it as argument or set SATULAYAR_EDGE_SITE\n")


def test_the_agent_when_its_health_port_is_taken_then_stops_and_says_which_setting(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = edge(SITE, OUTBOX_DIR=str(tmp_path), HEALTH_PORT=port)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"health port 127.0.0.1:{port}: ")
    assert done.stderr.splitlines()[-1].endswith("; see health_port")


def test_the_agent_when_its_certificates_are_missing_then_runs_and_says_so(tmp_path: Path) -> None:
    said = tmp_path / "said"
    with said.open("wb") as errors:
        agent = subprocess.Popen(
            [sys.executable, "-m", "edge", str(SITE)],
            env=os.environ | {PREFIX + "OUTBOX_DIR": str(tmp_path), PREFIX + "HEALTH_PORT": "0"},
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
    try:
        wait_for(lambda: "ca_file, cert_file and key_file must all be set" in said.read_text(), timeout_s=60)
        assert agent.poll() is None, "it ended for want of certificates"
    finally:
        agent.kill()
        agent.wait()
