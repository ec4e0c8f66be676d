"""The commissioning report of a box: what it measured of itself, signed with the key of its certificate.

What is signed is the text of the document, octet by octet, so that nobody needs to agree on how JSON is written. It
travels as the values of an event (`TYPE`), and on the spot over the box's own health endpoint.

Source of the signature: ECDSA with SHA-256 over P-256 (FIPS 186-5), DER, in Base64.
"""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from edge.contract.names import AssetCode, BoxName, SiteCode

NOUN = "commissioning.reported"
TYPE = f"id.satulayar.{NOUN}"
ACTION = "box.commission"
# Sent as one value of an event, in which quotes double: half of what an event may have.
MAX_DOCUMENT_BYTES = 30_000


class Check(BaseModel):
    """One thing that was measured.

    Attributes:
        name: what, in a stable spelling.
        passed: whether it is as it must be.
        measured: what was found, in English, or a figure that is the same in every language.
        measured_id: the same in Indonesian; empty where `measured` serves for both, and from boxes of before.
        remedy_id: what to do about it, in Indonesian; empty when it passed.
        remedy_en: the same in English.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str = Field(max_length=200)
    passed: bool
    measured: str = Field(max_length=500)
    measured_id: str = Field(default="", max_length=500)
    remedy_id: str = Field(default="", max_length=500)
    remedy_en: str = Field(default="", max_length=500)


class Exercise(BaseModel):
    """Something that a person must try by hand, or look at, and say how it went.

    Attributes:
        asset: which.
        kind: a siren to be heard, a lamp to be seen lit, a camera's picture to be looked at.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    asset: AssetCode
    kind: Literal["siren", "lamp", "camera"]


class Document(BaseModel):
    """What the box says of itself.

    Attributes:
        visit: of the crew that asked; empty for a look on the spot.
        box: whose report it is.
        hardware_id: the computer in the slot, as balena knows it (its uuid).
        serial: the number that its maker gave it; empty where the computer does not tell.
        site: where it stands.
        at: when, by the box's own clock.
        version: of the agent.
        checks: everything measured.
        exercises: what a person must still do.
        pictures: SHA-256 of each camera's picture, by asset.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    visit: str = Field(default="", max_length=80)
    box: BoxName
    hardware_id: str = Field(default="", max_length=120)
    serial: str = Field(default="", max_length=120)
    site: SiteCode
    at: AwareDatetime
    version: str = Field(default="", max_length=80)
    checks: list[Check]
    exercises: list[Exercise] = []
    pictures: dict[AssetCode, str] = {}

    @property
    def passed(self) -> bool:
        """Whether everything that could be measured is in order."""
        return all(check.passed for check in self.checks)


class SignedReport(BaseModel):
    """A document with its signature.

    Attributes:
        document: the text of a `Document` as it was signed.
        signature: of it.
        certificate: the box's, PEM, and those that signed it.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    document: str = Field(max_length=2 * MAX_DOCUMENT_BYTES)
    signature: str = Field(max_length=200)
    certificate: str = Field(max_length=20_000)
