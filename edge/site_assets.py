"""What stands at a place, as its site file states it: the place, its buses, its devices."""

from typing import Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from edge.contract.names import AssetCode, SiteCode
from edge.sensors.profile import Profile
from edge.site_names import Strict, Variable, names_of, one_of

SNMP_PORT = 161


class Site(Strict):
    """The place.

    Attributes:
        code: `TD-01`.
        name: as people call it.
        district: kecamatan.
        latitude: degrees, north is positive.
        longitude: degrees, east is positive.
    """

    code: SiteCode
    name: str = Field(min_length=1, max_length=200)
    district: str = Field(min_length=1, max_length=80)
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


_V3 = {"user", "auth", "auth_variable", "privacy_variable"}
_NTCIP = {"version", "retries", "community_variable"}


class Bus(Strict):
    """A way to devices.

    Attributes:
        kind: `modbus_tcp`, or `ntcip` for a signal controller.
        host: name or address.
        port: TCP port of a Modbus device, UDP port of a controller (161 when absent).
        timeout_s: deadline of one request, of a controller's with all its retries.
        version: of SNMP, for `ntcip`.
        retries: of one request within its deadline, for `ntcip`.
        community_variable: the environment variable that holds the controller's community, for versions 1 and 2c; the
            community itself is a secret and never stands in this file. Instead of any such variable X, X_FILE may
            name a file that holds the secret.
        user: its name in the controller, for version 3.
        auth: how this user is authenticated, for version 3.
        auth_variable: the environment variable that holds the user's authentication password, for version 3.
        privacy_variable: the same for its encryption (AES-128).
    """

    kind: Literal["modbus_tcp", "ntcip"] = "modbus_tcp"
    host: str = Field(min_length=1, max_length=253)
    port: int = Field(default=502, ge=1, le=65_535)
    timeout_s: float = Field(default=1.0, gt=0, le=30)
    version: Literal["1", "2c", "3"] = "2c"
    retries: int = Field(default=2, ge=0, le=10)
    community_variable: Variable = "SATULAYAR_SNMP_COMMUNITY"
    user: str = Field(default="", max_length=32)
    auth: Literal["sha1", "sha256"] = "sha256"
    auth_variable: Variable = "SATULAYAR_SNMP_AUTH"
    privacy_variable: Variable = "SATULAYAR_SNMP_PRIVACY"

    @model_validator(mode="before")
    @classmethod
    def _has_its_port(cls, content: Any) -> Any:
        if isinstance(content, dict) and content.get("kind") == "ntcip":
            version = content.get("version", "2c")  # YAML reads 3 as a number
            return {"port": SNMP_PORT} | content | ({"version": str(version)} if version in (1, 3) else {})
        return content

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        only = (_NTCIP | _V3) & self.model_fields_set
        if self.kind != "ntcip" and only:
            raise ValueError(f"{min(only)} belongs to a bus of kind ntcip")
        if self.version != "3" and _V3 & self.model_fields_set:
            raise ValueError(f"{min(_V3 & self.model_fields_set)} belongs to version 3 of SNMP")
        if self.version == "3" and not self.user:
            raise ValueError("version 3 of SNMP needs a user: write its name in the controller")
        return self


class SeriesSettings(Strict):
    """A site's own settings of one series; what is absent stays as the profile has it.

    Attributes:
        interval_s: how often it is read.
        dead_band: a change not greater than this is not reported, in the quantity's unit.
        max_silence_s: it is reported at the latest after this; `null` leaves only the dead band.
    """

    interval_s: float | None = Field(default=None, ge=0.1, le=86_400)
    dead_band: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    max_silence_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)

    def given(self) -> dict[str, float | None]:
        """Give what the file says, and nothing of what it leaves out."""
        said = self.model_dump(exclude_unset=True)
        return {name: value for name, value in said.items() if value is not None or name == "max_silence_s"}


def _check_series(name: str, profile: Profile) -> None:
    part, slash, quantity = name.rpartition("/")
    one_of(quantity, profile.quantities(), f"a quantity of {profile.profile}")
    if slash:
        one_of(part, profile.parts.names if profile.parts else [], "a part of the profile")


class Asset(Strict):
    """A device at the site.

    Attributes:
        code: `TD-01.lamp-1`; parts of it are assets too, `TD-01.lamp-1-c1`.
        profile: which sensor profile describes its registers.
        bus: which bus it hangs on.
        unit: its Modbus address there.
        box: which box reads it, where the site has several.
        parts: which parts are wired; all when absent.
        settings: by quantity, or by `part/quantity`.
    """

    code: AssetCode
    profile: str
    bus: str
    unit: int = Field(default=1, ge=0, le=255)
    box: str | None = None
    parts: list[str] | None = None
    settings: dict[str, SeriesSettings] = Field(default_factory=dict)

    @field_validator("code")
    @classmethod
    def _is_here(cls, code: str, info: ValidationInfo) -> str:
        site = names_of(info).site
        if site and not code.startswith(f"{site}."):
            raise ValueError(f"{code!r} does not belong to site {site}: write {site}.{code.partition('.')[2]}")
        return code

    @field_validator("profile")
    @classmethod
    def _is_profile(cls, profile: str, info: ValidationInfo) -> str:
        return one_of(profile, names_of(info).profiles, "a profile")

    @field_validator("bus")
    @classmethod
    def _is_bus(cls, bus: str, info: ValidationInfo) -> str:
        one_of(bus, names_of(info).buses, "a bus of this file")
        return one_of(bus, names_of(info).buses_of("modbus_tcp"), "a bus of kind modbus_tcp")

    @field_validator("box")
    @classmethod
    def _is_box(cls, box: str | None, info: ValidationInfo) -> str | None:
        return box if box is None else one_of(box, names_of(info).boxes, "a box of this file")

    @field_validator("parts")
    @classmethod
    def _are_parts(cls, parts: list[str] | None, info: ValidationInfo) -> list[str] | None:
        profile = names_of(info).profiles.get(info.data.get("profile", ""))
        known = profile.parts.names if profile and profile.parts else []
        for part in parts or ():
            one_of(part, known, "a part of the profile")
        return parts

    @field_validator("settings")
    @classmethod
    def _are_series(cls, settings: dict[str, SeriesSettings], info: ValidationInfo) -> dict[str, SeriesSettings]:
        profile = names_of(info).profiles.get(info.data.get("profile", ""))
        if profile is not None:
            for name in settings:
                _check_series(name, profile)
        return settings

    @model_validator(mode="after")
    def _names_its_box(self, info: ValidationInfo) -> Self:
        boxes = names_of(info).boxes
        if self.box is None and len(boxes) > 1:
            raise ValueError(f"box is missing: this site has {', '.join(boxes)}")
        return self
