"""The demonstration's office: brings its boxes into service as a regency's does, by `provisioning` itself.

A desired state is written and checked; registry, fleet, variables and parcels follow from it. balena is the simulated
one. It keeps nothing from one `up` to the next, so every start plans the whole fleet anew; a box keeps its certificate.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509

from provisioning.actual import Actual
from provisioning.apply import apply_plan
from provisioning.balena import BalenaFleets
from provisioning.certificates import CertificateAuthority
from provisioning.desired import Desired
from provisioning.desired_files import read_desired
from provisioning.fields import Fields
from provisioning.parcel import find_box, make_parcel
from provisioning.parcel_files import write_folder
from provisioning.plan import make_plan
from provisioning.registry import write_registry
from provisioning.settings import PREFIX, ProvisionSettings
from provisioning.site_files import write_site_file
from provisioning.target import uuid_of
from simulators.balena.server import BalenaSimulator
from simulators.errors import Unavailable
from simulators.regency.desired import CODE
from simulators.stack.data import DataDirectory
from simulators.stack.private import write_private

LEAST_LEFT = timedelta(days=10)  # of a box's certificate; nothing renews it in a demonstration
_QUICK_PER_MINUTE = 600_000  # the simulated balena has no limit here
_WORKERS = 4
_VARIABLE = "variable:"


class Office:
    """Brings boxes into service.

    Args:
        data: where everything is kept.
        authority: of the regency.
    """

    def __init__(self, data: DataDirectory, authority: CertificateAuthority) -> None:
        self._data = data
        self._authority = authority
        identity = authority.ensure("balena-simulator", ["localhost", "127.0.0.1"])
        self.balena = BalenaSimulator(identity.certificate, identity.key, organization=CODE)
        settings = ProvisionSettings(
            balena_url=self.balena.url,
            balena_token=self.balena.token,
            balena_ca_file=authority.certificate_file,
            requests_per_minute=_QUICK_PER_MINUTE,
        )
        self._fleets = BalenaFleets(settings, CODE)
        self._desired: Desired | None = None
        self._actual = Actual()

    @property
    def desired(self) -> Desired:
        """The desired state that was written last."""
        assert self._desired is not None, "write() comes first"  # noqa: S101 - a programming error
        return self._desired

    def write(self, content: dict[str, Any], note: str) -> None:
        """Write the desired state and the registry that follows from it.

        Raises:
            Misconfigured: it is not in order; the message has file, line and remedy.
        """
        write_yaml(self._data.desired, content, note)
        self._desired = read_desired(self._data.desired)
        self._data.registry.write_text(write_registry(self._desired))

    def apply(self) -> int:
        """Plan the fleet and carry that out at the simulated balena; give how many requests it took.

        Raises:
            Unavailable: something was refused.
        """
        names = list(self.desired.fleets)
        before = self._fleets.read(names)
        plan = make_plan(self.desired, before, datetime.now(UTC).date())
        done = apply_plan(plan, self._fleets, before, _WORKERS, lambda *_: None)
        if done.failures or plan.problems:
            raise Unavailable("; ".join([*done.failures, *plan.problems]))
        self._actual = self._fleets.read(names)
        return done.done

    def leave_variables(self, centre_url: str, broker_port: int) -> None:
        """Leave the settings with which `satulayar-provision` works on this demonstration, for its owner only."""
        settings = {
            "BALENA_URL": self.balena.url,
            "BALENA_TOKEN": self.balena.token,
            "BALENA_CA_FILE": self._authority.certificate_file.resolve(),
            "CENTRE_URL": centre_url,
            "BROKER_HOST": "localhost",
            "BROKER_PORT": broker_port,
        }
        lines = [f"export {PREFIX}{name}={value}" for name, value in settings.items()]
        write_private(self._data.office_variables, "\n".join(lines))

    def write_parcel(self, box: str) -> None:
        """Write a box's parcel into what stands for its boot partition.

        A box that has a certificate of this authority keeps it, and gets the site file alone: it may be a new one.
        """
        home = self._data.box(box)
        (home / "outbox").mkdir(parents=True, exist_ok=True)
        site, _ = find_box(self.desired, box)
        if _has_identity(home, self._authority):
            files = {"satulayar/site.yaml": write_site_file(site).encode()}
        else:
            files = make_parcel(self.desired, box, self._authority, self._fleets)
        write_folder(files, home / "boot")

    def variables_of(self, box: str) -> dict[str, str]:
        """Give the variables that balena would start a box with: its fleet's, and its own over them."""
        _, slot = find_box(self.desired, box)
        fleet = self._actual.fleets[self.desired.groups[slot.group].fleet]
        uuid = uuid_of(self.desired.regency.code, box, slot.hardware)
        own = next(device.fields for device in fleet.devices if device.uuid == uuid)
        return _variables(fleet.fields) | _variables(own)

    def see_online(self) -> None:
        """Have balena see the boxes that run, as their supervisors would."""
        for row in self.balena.rows("device"):
            self.balena.by_hand("device", {"uuid": row["uuid"]}, {"is_online": True})


def write_yaml(path: Path, content: object, note: str) -> None:
    """Write a file for programs and people."""
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    path.write_text(f"# Written by satulayar-simulate; {note}\n{text}")


def _variables(fields: Fields) -> dict[str, str]:
    return {name.removeprefix(_VARIABLE): value for name, value in fields.items() if name.startswith(_VARIABLE)}


def _has_identity(home: Path, authority: CertificateAuthority) -> bool:
    """Tell whether a box has taken a parcel, and its certificate lasts for some time yet."""
    try:
        certificate = x509.load_pem_x509_certificates((home / "identity" / "current" / "box.crt").read_bytes())[0]
        known = (home / "boot" / "satulayar" / "ca.crt").read_bytes()
    except (OSError, ValueError):
        return False
    lasts = certificate.not_valid_after_utc > datetime.now(UTC) + LEAST_LEFT
    return lasts and known == authority.certificate_file.read_bytes()
