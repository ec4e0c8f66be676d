"""The boot parcel of a box: everything that a fresh computer needs to become the box of its slot.

    config.json                          balenaOS: which device of which fleet this is, and its key there
    system-connections/satulayar-…       the way to the network
    satulayar/site.yaml                  what stands at the site
    satulayar/ca.crt  box.crt  box.key   who it is at the broker

The keys in it are made here, written once and kept nowhere in the office: neither the box's key nor its API key at
balena. A second parcel for the same box has others; the first one's certificate stays good until it is revoked.
"""

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from provisioning.actual import Device, Fleet
from provisioning.balena import BalenaFleets
from provisioning.boot_image import write_into_image
from provisioning.certificates import CertificateAuthority
from provisioning.desired import Box, Desired, Site
from provisioning.errors import Misconfigured, Refused
from provisioning.network import write_connection
from provisioning.parcel_files import make_identity
from provisioning.site_files import write_site_file
from provisioning.target import uuid_of

_SECRET_MODE = 0o600


def find_box(desired: Desired, name: str) -> tuple[Site, Box]:
    """Find a box in the desired state.

    Raises:
        Refused: there is none of this name.
    """
    for site, box in desired.boxes():
        if box.name == name:
            return site, box
    raise Refused(f"no file names a box {name}: add it to the desired state, then apply")


def make_config(api: BalenaFleets, fleet: Fleet, device: Device) -> bytes:
    """Write `config.json` of a registered device: what balena says of the fleet, and who this device is."""
    config = api.boot_config(fleet)
    config.pop("apiKey", None)  # it could register further devices; this one is registered
    config |= {
        "uuid": device.uuid,
        "deviceId": device.id,
        "deviceApiKey": api.device_key(device.id, secrets.token_hex(16)),
        "registered_at": int(datetime.now(UTC).timestamp()),
        "hostname": device.fields["name"].lower(),
        # On a SIM every megabyte is paid: look for releases hourly, keep the journal off the line.
        "appUpdatePollInterval": 3_600_000,
        "persistentLogging": False,
    }
    return json.dumps(config, indent=2).encode()


def make_parcel(desired: Desired, name: str, authority: CertificateAuthority, api: BalenaFleets) -> dict[str, bytes]:
    """Make the parcel of a box that is registered; give content by path.

    Raises:
        Refused: no file names the box, or it is not registered yet.
        Misconfigured: a secret's variable is not set.
    """
    site, box = find_box(desired, name)
    group = desired.groups[box.group]
    uuid = uuid_of(desired.regency.code, box.name, box.hardware)
    fleet = api.read([group.fleet]).fleets.get(group.fleet)
    device = next((each for each in fleet.devices if each.uuid == uuid), None) if fleet else None
    if fleet is None or device is None:
        raise Refused(f"{name} is not registered in {group.fleet} yet: satulayar-provision apply")
    files = {"satulayar/site.yaml": write_site_file(site).encode()}
    network = box.network or group.network
    if network is not None:
        connection, text = write_connection(network)
        files[f"system-connections/{connection}"] = text.encode()
    return {"config.json": make_config(api, fleet, device)} | files | make_identity(authority, name)


def write_image(files: Mapping[str, bytes], image: Path, target: Path) -> None:
    """Write a parcel into a copy of an image; the copy appears whole, or not at all.

    Raises:
        Misconfigured: the image is none, or the place cannot be written to.
        Refused: there is something at the target already, or the boot partition is full.
    """
    if target.exists():
        raise Refused(f"{target} is there already: remove it, or name another file")
    partial = target.with_name(f".{target.name}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        partial.touch(mode=_SECRET_MODE)
        shutil.copyfile(image, partial)
        write_into_image(partial, files)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise Misconfigured(f"{error.filename or target}: {error.strerror}: is it there, and is there room?") from error
    except (Misconfigured, Refused):
        partial.unlink(missing_ok=True)
        raise
