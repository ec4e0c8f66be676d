"""balena's resources as far as provisioning touches them: fields, links and natural keys.

Source: the model that openBalena publishes (open-balena-api, `balena.sbvr`, and its translation v7). A `link` is a
field that holds the id of another resource; a `list` is the way back, and can only be expanded or filtered through.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

Edition = Literal["cloud", "open"]
OPEN_LACKS = frozenset({"custom_latitude", "custom_longitude"})
"""What balenaCloud has and an openBalena has not: absent from its published model (and its issue 258)."""
PIN_RULE = (
    'It is necessary that each release that is pinned to a device, has a status that is equal to "success" '
    "and belongs to an application1 that the device belongs to."
)


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the API.

    Attributes:
        fields: plain fields with the value that they have when nobody gives one.
        required: fields and links that must be given.
        links: field to the resource whose id it holds.
        lists: name to (resource, its link that leads here).
        unique: natural keys; a second row of the same key is refused with 409.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    links: dict[str, str] = field(default_factory=dict)
    lists: dict[str, tuple[str, str]] = field(default_factory=dict)
    unique: tuple[tuple[str, ...], ...] = ()


def _named(parent: str, key: str = "name") -> Resource:
    """Make a resource of names and values that belong to a parent: variables and tags."""
    return Resource(
        fields={"value": None},
        required=frozenset({parent, key, "value"}),
        links={parent: parent},
        unique=((parent, key),),
    )


RESOURCES: dict[str, Resource] = {
    "organization": Resource(required=frozenset({"name", "handle"}), unique=(("handle",),)),
    "cpu_architecture": Resource(required=frozenset({"slug"}), unique=(("slug",),)),
    "device_type": Resource(
        required=frozenset({"slug", "name", "is_of__cpu_architecture"}),
        links={"is_of__cpu_architecture": "cpu_architecture"},
        lists={
            "is_default_for__application": ("application", "is_for__device_type"),
            "device_type_alias": ("device_type_alias", "references__device_type"),
        },
        unique=(("slug",),),
    ),
    "device_type_alias": Resource(
        required=frozenset({"is_referenced_by__alias", "references__device_type"}),
        links={"references__device_type": "device_type"},
        unique=(("is_referenced_by__alias",),),
    ),
    "application": Resource(
        fields={
            "slug": None,
            "uuid": None,
            "is_of__class": "fleet",
            "should_track_latest_release": True,
            "is_archived": False,
            "is_host": False,
            "is_public": False,
            "should_be_running__release": None,
        },
        required=frozenset({"app_name", "organization", "is_for__device_type"}),
        links={
            "organization": "organization",
            "is_for__device_type": "device_type",
            "should_be_running__release": "release",
        },
        lists={
            "owns__device": ("device", "belongs_to__application"),
            "owns__release": ("release", "belongs_to__application"),
            "service": ("service", "application"),
            "application_tag": ("application_tag", "application"),
            "application_environment_variable": ("application_environment_variable", "application"),
            "application_config_variable": ("application_config_variable", "application"),
        },
        unique=(("slug",), ("organization", "app_name")),
    ),
    "release": Resource(
        fields={"status": "success", "semver": None, "raw_version": None, "is_invalidated": False, "source": "cloud"},
        required=frozenset({"belongs_to__application", "commit"}),
        links={"belongs_to__application": "application"},
        unique=(("belongs_to__application", "commit"),),
    ),
    "service": Resource(
        required=frozenset({"application", "service_name"}),
        links={"application": "application"},
        lists={"service_environment_variable": ("service_environment_variable", "service")},
        unique=(("application", "service_name"),),
    ),
    "device": Resource(
        fields={
            "device_name": None,
            "note": None,
            "custom_latitude": "",
            "custom_longitude": "",
            "is_online": False,
            "is_pinned_on__release": None,
            "os_version": None,
            "supervisor_version": None,
        },
        required=frozenset({"uuid", "belongs_to__application", "is_of__device_type"}),
        links={
            "belongs_to__application": "application",
            "is_of__device_type": "device_type",
            "is_pinned_on__release": "release",
        },
        lists={
            "device_tag": ("device_tag", "device"),
            "device_environment_variable": ("device_environment_variable", "device"),
            "device_config_variable": ("device_config_variable", "device"),
            "service_install": ("service_install", "device"),
        },
        unique=(("uuid",),),
    ),
    "service_install": Resource(
        required=frozenset({"device", "installs__service"}),
        links={"device": "device", "installs__service": "service"},
        lists={"device_service_environment_variable": ("device_service_environment_variable", "service_install")},
        unique=(("device", "installs__service"),),
    ),
    "application_tag": _named("application", "tag_key"),
    "device_tag": _named("device", "tag_key"),
    "application_environment_variable": _named("application"),
    "application_config_variable": _named("application"),
    "device_environment_variable": _named("device"),
    "device_config_variable": _named("device"),
    "service_environment_variable": _named("service"),
    "device_service_environment_variable": _named("service_install"),
}
