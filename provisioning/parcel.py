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

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from provisioning.actual import Device, Fleet
from provisioning.balena import BalenaFleets
from provisioning.boot_image import write_into_image
from provisioning.certificates import CertificateAuthority, write_whole
from provisioning.desired import Box, Desired, Site
from provisioning.errors import Misconfigured, Refused
from provisioning.network import write_connection
from provisioning.site_files import write_site_file
from provisioning.target import uuid_of
from provisioning.x509_profile import PEM, write_key

_SECRET_MODE = 0o600
_OPEN_MODE = 0o644
_SECRET = ("config.json", "satulayar/box.key", "system-connections/")
_SPARE_BYTES = 1_048_576  # beyond what is written: file systems need some for themselves


def find_box(desired: Desired, name: str) -> tuple[Site, Box]:
    """Find a box in the desired state.

    Raises:
        Refused: there is none of this name.
    """
    for site, box in desired.boxes():
        if box.name == name:
            return site, box
    raise Refused(f"no file names a box {name}: add it to the desired state, then apply")


def make_identity(authority: CertificateAuthority, box: str) -> dict[str, bytes]:
    """Make a key, have it signed, and give both with the authority's certificate; the key is kept nowhere here."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, box)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return {
        "satulayar/ca.crt": authority.certificate_file.read_bytes(),
        "satulayar/box.crt": authority.sign_request(request.public_bytes(PEM), box),
        "satulayar/box.key": write_key(key),
    }


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


def write_folder(files: Mapping[str, bytes], target: Path) -> None:
    """Write a parcel as files, onto a stick for instance. What is there of a former one is replaced.

    Raises:
        Refused: there is too little room, and nothing was written.
        Misconfigured: the place cannot be written to.
    """
    try:
        target.mkdir(parents=True, exist_ok=True)
        needed = sum(map(len, files.values())) + _SPARE_BYTES
        free = shutil.disk_usage(target).free
        if free < needed:
            raise Refused(f"{target}: {free} bytes are free, {needed} are needed: make room or take another stick")
        for path, content in files.items():
            secret = path.startswith(_SECRET)
            write_whole(target / path, content, _SECRET_MODE if secret else _OPEN_MODE)
        os.sync()  # a crew pulls the stick as soon as the command is back
    except OSError as error:
        raise Misconfigured(f"{target}: cannot be written: {error.strerror}: is it read-only, or full?") from error


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
