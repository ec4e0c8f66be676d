"""The loudspeakers of a site file: how a horn is reached, what it can be asked, and when it must be quiet.

Times of day are WIB. Credentials never stand here: they are in an environment variable.
"""

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator, model_validator

from edge.contract.names import AssetCode
from edge.site_names import Strict, Variable, names_of, one_of
from edge.site_vision import TimeOfDay

Pointer = Annotated[str, Field(pattern=r"^(/[^/]+)+$", max_length=200)]
Gain = Annotated[float, Field(ge=-40, le=10)]


class HornStatus(Strict):
    """What the horn says of itself over HTTP: a JSON document, and where in it which word stands (RFC 6901).

    Attributes:
        url: of the document, without credentials.
        playing: whether it plays: true, 1, or a word of `playing_words`.
        playing_words: that mean yes.
        muted: whether it is muted.
        clipping: whether its amplifier is overdriven.
        heard_db: level at its own microphone; without it nobody knows whether anything was heard.
        heard_above_db: from which level on the horn is heard over the street.
        login_variable: the environment variable with `user:password` (Basic or Digest); a secret.
    """

    url: str = Field(max_length=300)
    playing: Pointer
    playing_words: list[str] = Field(default=["playing", "active", "busy"], max_length=10)
    muted: Pointer | None = None
    clipping: Pointer | None = None
    heard_db: Pointer | None = None
    heard_above_db: float = Field(default=75.0, ge=0, le=150)
    login_variable: Variable = "SATULAYAR_HORN_LOGIN"

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if "@" in parts.netloc:
            raise ValueError("no credentials in the site file: set the variable of login_variable")
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("an address begins with http://host/ or https://host/")
        return url


class Quiet(Strict):
    """Hours in which nobody is woken for a routine announcement; with `since` after `until` over midnight."""

    since: TimeOfDay = "21:00"
    until: TimeOfDay = "05:00"

    def holds_at(self, time_of_day: str) -> bool:
        """Tell whether a time `HH:MM` is in it."""
        if self.since <= self.until:
            return self.since <= time_of_day < self.until
        return time_of_day >= self.since or time_of_day < self.until


class LoudspeakerPlace(Strict):
    """A loudspeaker.

    Attributes:
        code: `TD-01.speaker-1`.
        box: which box speaks over it, where the site has several.
        host: name or address of the horn.
        rtp_port: UDP port on which it takes G.711 µ-law (RTP payload type 0); RTCP is on the next one.
        status: what it can be asked; without it there are only its RTCP reports.
        gain_db: of everything that is played.
        night: hours of `night_gain_db`.
        night_gain_db: of routine announcements in these hours, in place of `gain_db`.
        quiet: hours without routine announcements; absent: none. An emergency is heard at any hour, at `gain_db`.
        chime: whether a tone goes before what is said.
    """

    code: AssetCode
    box: str | None = None
    host: str = Field(min_length=1, max_length=253)
    rtp_port: int = Field(default=5_004, ge=1, le=65_534)
    status: HornStatus | None = None
    gain_db: Gain = 0.0
    night: Quiet = Quiet(since="18:00", until="06:00")
    night_gain_db: Gain = -6.0
    quiet: Quiet | None = None
    chime: bool = True

    @field_validator("code")
    @classmethod
    def _is_here(cls, code: str, info: ValidationInfo) -> str:
        site = names_of(info).site
        if site and not code.startswith(f"{site}."):
            raise ValueError(f"{code!r} does not belong to site {site}: write {site}.{code.partition('.')[2]}")
        return code

    @field_validator("box")
    @classmethod
    def _is_box(cls, box: str | None, info: ValidationInfo) -> str | None:
        return box if box is None else one_of(box, names_of(info).boxes, "a box of this file")

    @model_validator(mode="after")
    def _names_its_box(self, info: ValidationInfo) -> Self:
        boxes = names_of(info).boxes
        if self.box is None and len(boxes) > 1:
            raise ValueError(f"box is missing: this site has {', '.join(boxes)}")
        return self
