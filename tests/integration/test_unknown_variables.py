"""Every command refuses a variable of its prefix that is none of its settings: otherwise a slip is silently ignored."""

import os
import subprocess
import sys

import pytest

COMMANDS = {
    "SATULAYAR_EDGE_": ["edge", "--check", "none.yaml"],
    "SATULAYAR_INGEST_": ["cloud.ingest", "--check"],
    "SATULAYAR_API_": ["cloud.api", "--check"],
    "SATULAYAR_DB_": ["cloud.db", "account", "list"],
    "SATULAYAR_SIM_": ["simulators", "faults", "--kinds"],
    "SATULAYAR_MODULES_": ["cloud.modules", "list"],
    "SATULAYAR_SIGNALS_": ["cloud.signals", "leases"],
}


@pytest.mark.parametrize("prefix", COMMANDS)
def test_command_when_a_variable_is_misspelt_then_it_is_named_and_nothing_is_done(prefix: str) -> None:
    slip = f"{prefix}XYZZY"
    done = subprocess.run(
        [sys.executable, "-m", *COMMANDS[prefix]],
        env=os.environ | {slip: "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert f"{slip} is not a setting; did you mean {prefix}" in done.stderr
    assert "Traceback" not in done.stderr
