"""What provisioning 500 boxes costs: the plan, and the apply against a simulated balena with its rate limit on."""

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
from tests.fix_balena import regency, settings_for

BOXES = 500
LIMIT_PER_S = 100


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
