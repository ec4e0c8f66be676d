"""What a balena account has before anybody uses it: device types, an organization, a token."""

import hashlib

from simulators.balena.odata import Row
from simulators.balena.store import Store

ARCHITECTURES = ("aarch64", "amd64", "armv7hf")
DEVICE_TYPES = {
    "raspberrypi4-64": "aarch64",
    "raspberrypi5": "aarch64",
    "generic-aarch64": "aarch64",
    "generic-amd64": "amd64",
}
SERVICES = ("edge",)


def seed(store: Store, organization: str) -> None:
    """Make what is there from the beginning."""
    store.create("organization", {"name": organization.title(), "handle": organization})
    slugs = {slug: store.create("cpu_architecture", {"slug": slug})["id"] for slug in ARCHITECTURES}
    for slug, architecture in DEVICE_TYPES.items():
        fields = {"slug": slug, "name": slug, "is_of__cpu_architecture": slugs[architecture]}
        device_type = store.create("device_type", fields)["id"]
        # the clients look for aliases, and every slug is one
        store.create("device_type_alias", {"is_referenced_by__alias": slug, "references__device_type": device_type})


def push_release(store: Store, application: Row, version: str) -> Row:
    """Make a release of a fleet, as a developer's `balena push` does, with the services that it contains."""
    for service in SERVICES:
        if not any(row["application"] == application["id"] for row in store.select("service", None, None)):
            made = store.create("service", {"application": application["id"], "service_name": service})
            for device in store.select("device", None, None):
                if device["belongs_to__application"] == application["id"]:
                    store.create("service_install", {"device": device["id"], "installs__service": made["id"]})
    commit = hashlib.sha256(f"{application['id']} {version}".encode()).hexdigest()[:32]
    release = store.create(
        "release",
        {"belongs_to__application": application["id"], "commit": commit, "semver": version, "raw_version": version},
    )
    store.change("application", [application], {"should_be_running__release": release["id"]})
    return release
