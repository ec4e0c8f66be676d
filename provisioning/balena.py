"""The one file that talks to balena, by its SDK. Works against balenaCloud and openBalena.

The SDK's models build the queries; its transport is replaced, because it has no timeouts, opens a new connection for
every request, raises on the first 429 and swallows the status of some answers (balena-sdk 17.3, `pine.py`,
`balena_auth.py`). Errors are translated here; the SDK's own text is in `.message`, `str(error)` is empty.

An openBalena has no custom location of a device (it is absent from the model that open-balena-api publishes); a tag of
ours stands for it there.
"""

from typing import Any

from balena import Balena
from balena.exceptions import BalenaException, RequestError
from balena.models import Models
from balena.pine import PineClient

from provisioning.actual import Actual, Fleet, Release
from provisioning.balena_rows import PLACE, read_device, read_pairs
from provisioning.errors import Misconfigured, Refused
from provisioning.fields import APPLIED_TAG, LOCATION_TAG, read_note
from provisioning.http_line import HttpLine
from provisioning.settings import PREFIX, ProvisionSettings

# balena wants to know for which balenaOS; what it answers is the same for all since 2.7.8.
_OS_VERSION = "5.0.0"
_PAGE = 500  # devices in one answer
_UNAUTHORIZED = 401
_CONFLICT = 409


class _Client(PineClient):  # type: ignore[misc]  # the SDK has no types
    """The SDK's client over a line of ours."""

    def __init__(self, sdk: Balena, line: HttpLine) -> None:
        super().__init__(sdk.settings, "satulayar")
        self._line = line

    def _request(self, method: str, url: str, body: Any = None) -> Any:
        """Send a request; the SDK's models call this.

        Raises:
            RequestError: the answer is no, with its status.
            Unavailable: there was no answer in all attempts.
        """
        answer = self._line.send(method, url, body)
        if not answer.is_ok:
            raise RequestError(body=answer.text, status_code=answer.status)
        return answer.content


class BalenaFleets:
    """The fleets of one organization.

    Args:
        settings: where balena is and how fast it may be asked.
        organization: handle of the organization.

    Raises:
        Misconfigured: no token is set.
    """

    def __init__(self, settings: ProvisionSettings, organization: str) -> None:
        if settings.balena_token is None:
            raise Misconfigured(f"no API key for balena: set {PREFIX}BALENA_TOKEN")
        sdk = Balena({"data_directory": False, "balena_host": settings.balena_host})
        sdk.settings.set("api_endpoint", settings.api_url)
        self._url = settings.api_url
        self._has_locations = settings.has_locations
        self._pine = _Client(sdk, HttpLine(settings))
        self._models = Models(self._pine, sdk.settings)
        self._organization = organization
        self._types: dict[str, int] = {}

    def read(self, names: list[str]) -> Actual:
        """Read fleets with all their devices; a fleet that is not there is left out.

        Raises:
            Unavailable: balena does not answer.
            Misconfigured: it does not let us in.
        """
        options = {
            "$select": ["id", "app_name"],
            "$filter": {"app_name": {"$in": names}, "organization": self._organization_filter()},
            "$expand": {
                "is_for__device_type": {"$select": "slug"},
                "application_tag": {"$select": ["tag_key", "value"]},
                "application_environment_variable": {"$select": ["name", "value"]},
                "application_config_variable": {"$select": ["name", "value"]},
                "service": {
                    "$select": ["id", "service_name"],
                    "$expand": {"service_environment_variable": {"$select": ["name", "value"]}},
                },
                "owns__release": {
                    "$select": ["id", "commit", "raw_version"],
                    "$filter": {"status": "success", "is_invalidated": False},
                },
            },
        }
        rows = self._asked(self._pine.get, {"resource": "application", "options": options})
        return Actual({row["app_name"]: self._fleet(row) for row in rows})

    def create_fleet(self, name: str, device_type: str) -> None:
        """Make a fleet; one that is there already is left as it is."""
        try:
            self._asked(self._models.application.create, name, device_type, self._organization)
        except Refused as error:
            if not _is_conflict(error):
                raise

    def register(self, fleet: Fleet, uuid: str, fields: dict[str, str]) -> int:
        """Register a device; one of this uuid that is there already is taken as it is. Give its id."""
        body: dict[str, Any] = {
            "uuid": uuid,
            "belongs_to__application": fleet.id,
            "is_of__device_type": self._type_id(fleet.device_type),
        }
        for name, value in fields.items():
            body |= {} if self._is_tag(name) else self._body(fleet, name, value)
        try:
            device_id = int(self._asked(self._pine.post, {"resource": "device", "body": body})["id"])
        except Refused as error:
            if not _is_conflict(error):
                raise
            asked = {"resource": "device", "id": {"uuid": uuid}, "options": {"$select": "id"}}
            device_id = int(self._asked(self._pine.get, asked)["id"])
        for name in filter(self._is_tag, fields):
            self.set_device_field(fleet, device_id, name, fields[name])
        return device_id

    def set_device_field(self, fleet: Fleet, device_id: int, field: str, value: str) -> None:
        """Set a field of a device; "" removes it."""
        kind, _, name = field.partition(":")
        if self._is_tag(field):
            self._set_value("device_tag", {"device": device_id, "tag_key": LOCATION_TAG}, value)
        elif kind == "tag":
            self._set_value("device_tag", {"device": device_id, "tag_key": name}, value)
        elif kind == "variable":
            self._set_value("device_environment_variable", {"device": device_id, "name": name}, value)
        elif kind == "service":
            service, _, variable = name.partition(":")
            key = {"service_install": self._install(fleet, device_id, service), "name": variable}
            self._set_value("device_service_environment_variable", key, value)
        else:
            body = self._body(fleet, field, value)
            self._asked(self._pine.patch, {"resource": "device", "id": device_id, "body": body})

    def set_fleet_field(self, fleet: Fleet, field: str, value: str) -> None:
        """Set a field of a fleet; "" removes it."""
        kind, _, name = field.partition(":")
        if kind == "service":
            service, _, variable = name.partition(":")
            key = {"service": fleet.services[service], "name": variable}
            self._set_value("service_environment_variable", key, value)
        elif kind == "tag":
            self._set_value("application_tag", {"application": fleet.id, "tag_key": name}, value)
        elif kind == "config":
            self._set_value("application_config_variable", {"application": fleet.id, "name": name}, value)
        else:
            self._set_value("application_environment_variable", {"application": fleet.id, "name": name}, value)

    def move(self, device_id: int, fleet: Fleet) -> None:
        """Move a device to another fleet; its pin stays behind, because releases belong to fleets."""
        body = {"belongs_to__application": fleet.id, "is_pinned_on__release": None}
        self._asked(self._pine.patch, {"resource": "device", "id": device_id, "body": body})

    def remove(self, device_id: int) -> None:
        """Remove a device."""
        self._asked(self._pine.delete, {"resource": "device", "id": device_id})

    def device_key(self, device_id: int, key: str) -> str:
        """Make an API key of a device known to balena, for its `config.json`; give the key."""
        url = f"{self._url}api-key/device/{device_id}/device-key"
        return str(self._asked(self._pine._request, "POST", url, {"apiKey": key})).strip('"')  # noqa: SLF001 - no public way

    def boot_config(self, fleet: Fleet) -> dict[str, Any]:
        """Give what balena writes into the `config.json` of a fleet's images."""
        url = f"{self._url}download-config"
        body = {"appId": fleet.id, "deviceType": fleet.device_type, "network": "ethernet", "version": _OS_VERSION}
        return dict(self._asked(self._pine._request, "POST", url, body))  # noqa: SLF001 - the SDK hides its status

    def _is_tag(self, field: str) -> bool:
        """Tell whether a field of ours has none of its own there, but a tag."""
        return field == "location" and not self._has_locations

    def _organization_filter(self) -> dict[str, Any]:
        return {"$any": {"$alias": "o", "$expr": {"o": {"handle": self._organization}}}}

    def _fleet(self, row: dict[str, Any]) -> Fleet:
        releases = [Release(each["id"], each["commit"], each["raw_version"] or "") for each in row["owns__release"]]
        tags = read_pairs(row["application_tag"], "tag_key")
        fields = {
            f"variable:{name}": value for name, value in read_pairs(row["application_environment_variable"]).items()
        }
        fields |= {f"config:{name}": value for name, value in read_pairs(row["application_config_variable"]).items()}
        for service in row["service"]:
            variables = read_pairs(service["service_environment_variable"])
            fields |= {f"service:{service['service_name']}:{name}": value for name, value in variables.items()}
        return Fleet(
            id=row["id"],
            name=row["app_name"],
            device_type=row["is_for__device_type"][0]["slug"],
            fields=fields,
            applied=read_note(tags.get(APPLIED_TAG)),
            releases=releases,
            services={each["service_name"]: each["id"] for each in row["service"]},
            devices=[read_device(each) for each in self._devices(row["id"])],
        )

    def _devices(self, fleet_id: int) -> list[dict[str, Any]]:
        options = {
            "$select": ["id", "uuid", "device_name", "is_online", *(PLACE if self._has_locations else ())],
            "$filter": {"belongs_to__application": fleet_id},
            "$expand": {
                "device_tag": {"$select": ["tag_key", "value"]},
                "device_environment_variable": {"$select": ["name", "value"]},
                "is_pinned_on__release": {"$select": "commit"},
                "service_install": {
                    "$select": "id",
                    "$expand": {
                        "installs__service": {"$select": "service_name"},
                        "device_service_environment_variable": {"$select": ["name", "value"]},
                    },
                },
            },
            "$orderby": "id asc",
            "$top": _PAGE,
        }
        rows: list[dict[str, Any]] = []
        while True:
            page = self._page(options | {"$skip": len(rows)})
            rows += page
            if len(page) < _PAGE:
                return rows

    def _page(self, options: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            return list(self._asked(self._pine.get, {"resource": "device", "options": options}))
        except Refused as error:
            if not self._has_locations:
                raise
            raise Refused(f"{error}; if this is an openBalena, set {PREFIX}BALENA_EDITION=open") from error

    def _install(self, fleet: Fleet, device_id: int, service: str) -> int:
        """Find the place of a service on a device.

        Raises:
            Refused: it has none yet.
        """
        key = {"device": device_id, "installs__service": fleet.services[service]}
        options = {"$select": "id", "$filter": key}
        rows = self._asked(self._pine.get, {"resource": "service_install", "options": options})
        if not rows:
            raise Refused(f"the service {service} is not on this device yet: apply again after its first release")
        return int(rows[0]["id"])

    def _type_id(self, slug: str) -> int:
        if slug not in self._types:
            self._types[slug] = self._asked(self._models.device_type.get, slug, {"$select": "id"})["id"]
        return self._types[slug]

    def _body(self, fleet: Fleet, field: str, value: str) -> dict[str, Any]:
        """Write a field of the device itself as balena names it."""
        if field == "name":
            return {"device_name": value}
        if field == "location":
            latitude, _, longitude = value.partition(",")
            return {"custom_latitude": latitude, "custom_longitude": longitude}
        ids = {release.commit: release.id for release in fleet.releases}
        return {"is_pinned_on__release": ids[value] if value else None}

    def _set_value(self, resource: str, key: dict[str, Any], value: str) -> None:
        """Make, change or remove a tag or variable.

        The SDK's own `upsert` hides our errors: it looks into every exception for a `.message`.
        """
        options = {"$filter": key}
        if not value:
            self._asked(self._pine.delete, {"resource": resource, "options": options})
            return
        try:
            self._asked(self._pine.post, {"resource": resource, "body": key | {"value": value}})
        except Refused as error:
            if not _is_conflict(error):
                raise
            self._asked(self._pine.patch, {"resource": resource, "options": options, "body": {"value": value}})

    def _asked(self, ask: Any, *arguments: Any) -> Any:
        """Call the SDK and translate its errors."""
        try:
            return ask(*arguments)
        except RequestError as error:
            if error.status_code == _UNAUTHORIZED:
                raise Misconfigured(f"balena does not know this API key: set {PREFIX}BALENA_TOKEN anew") from error
            raise Refused(f"balena refuses ({error.status_code}): {error.message}") from error
        except BalenaException as error:
            raise Refused(f"balena: {getattr(error, 'message', error)}") from error


def _is_conflict(error: Refused) -> bool:
    cause = error.__cause__
    return isinstance(cause, RequestError) and cause.status_code == _CONFLICT
