"""What provisioning 500 boxes costs: the plan, and the apply against a simulated balena with its rate limit on.

Then the same by the command, killed at a third and given again.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import yaml

from provisioning.actual import Actual
from provisioning.apply import apply_plan
from provisioning.balena import BalenaFleets
from provisioning.certificates import CertificateAuthority
from provisioning.desired_files import read_desired
from provisioning.plan import make_plan
from simulators.balena.server import BalenaSimulator
from tests.bench.marks import Figure, at_most
from tests.fix_balena import regency, settings_for, variables_for

BOXES = 500
LIMIT_PER_S = 100
KILLED_AT = 1_000  # requests


def measure(say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure."""
    today = date(2026, 11, 22)
    with tempfile.TemporaryDirectory() as home:
        authority = CertificateAuthority.open_or_create(Path(home) / "ca")
        identity = authority.ensure("balena-simulator", ["localhost"])
        files = Path(home) / "regency.yaml"
        files.write_text(yaml.safe_dump(regency(BOXES)))
        began_s = time.monotonic()
        desired = read_desired(files)
        yield Figure(f"desired state of {BOXES} boxes read and validated", time.monotonic() - began_s, "s")
        began_s = time.monotonic()
        make_plan(desired, Actual(), today)
        yield at_most(f"{BOXES} boxes planned", time.monotonic() - began_s, "s", 2)
        with BalenaSimulator(identity.certificate, identity.key) as balena:
            balena.faults.limit_requests, balena.faults.window_s = LIMIT_PER_S, 1.0
            fleets = BalenaFleets(settings_for(balena, authority, LIMIT_PER_S * 60), "pasuruan")
            say(f"applying {BOXES} boxes at {LIMIT_PER_S} requests a second at most")
            began_s = time.monotonic()
            actual = fleets.read(list(desired.fleets))
            outcome = apply_plan(make_plan(desired, actual, today), fleets, actual, 8, lambda *_: None)
            yield at_most(
                f"{BOXES} boxes applied, {LIMIT_PER_S} requests/s let through", time.monotonic() - began_s, "s", 60
            )
            yield Figure("requests of it", outcome.done, "1")
            yield Figure("requests of it answered with 429", balena.faults.refused, "1")
            began_s = time.monotonic()
            again = make_plan(desired, fleets.read(list(desired.fleets)), today)
            yield at_most("actions that the second plan has", len(again.actions) + len(outcome.failures), "1", 0)
            yield Figure("second plan, reading balena included", time.monotonic() - began_s, "s")
        yield from _killed(files, authority, say)


def _killed(files: Path, authority: CertificateAuthority, say: Callable[[str], None]) -> Iterator[Figure]:
    """Kill an apply at a third, then give the same command again."""
    identity = authority.ensure("balena-simulator", ["localhost"])
    with BalenaSimulator(identity.certificate, identity.key) as balena:
        balena.faults.limit_requests, balena.faults.window_s = LIMIT_PER_S, 1.0
        environment = os.environ | variables_for(settings_for(balena, authority, LIMIT_PER_S * 60))
        command = [sys.executable, "-m", "provisioning", "apply", "--files", str(files)]

        def apply() -> "subprocess.Popen[bytes]":
            return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        say(f"applying {BOXES} boxes by the command, killed at {KILLED_AT} requests, then again")
        first = apply()
        while balena.requests < KILLED_AT and first.poll() is None:
            time.sleep(0.01)
        first.kill()
        first.wait()
        yield Figure("devices there when the apply was killed", len(balena.rows("device")), "1")
        began_s = time.monotonic()
        failed = apply().wait()
        yield Figure("the same command again", time.monotonic() - began_s, "s")
        names = [row["device_name"] for row in balena.rows("device")]
        wrong = len(names) - len(set(names)) + abs(BOXES - len(set(names))) + failed
        yield at_most("devices twice or missing after that", wrong, "1", 0)
