"""Claims: what a label says, and which computer stands in which slot as the centre has it.

A label carries a code that claims its slot once. The regency's database holds fingerprints of codes, never the codes.
"""

import datetime as dt
import hashlib
import re
import secrets
from dataclasses import dataclass

from provisioning.errors import Refused

# No I, L, O, U: nothing that is misread on a wet label (Crockford's base 32).
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 10  # 50 bits: nobody guesses one in the field
_QR = re.compile(r"SL1:(?P<regency>[a-z0-9-]+):(?P<box>[A-Z0-9-]+-[a-z]{1,4}):(?P<code>[0-9A-Z]+)")


@dataclass(frozen=True, slots=True)
class Claim:
    """A computer in a slot.

    Attributes:
        box: the slot.
        hardware: the computer: a serial number, or balena's uuid.
        claimed_at: since when.
        claimed_by: who put it there.
        ended_at: until when; None while it stands there.
        reason: why it was taken out.
    """

    box: str
    hardware: str
    claimed_at: dt.datetime
    claimed_by: str
    ended_at: dt.datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """What a label says.

    Attributes:
        regency: code of the regency.
        box: the slot.
        code: claims it once.
    """

    regency: str
    box: str
    code: str

    def text(self) -> str:
        """Write what the QR code holds."""
        return f"SL1:{self.regency}:{self.box}:{self.code}"

    def fingerprint(self) -> str:
        """Give what the centre knows of it."""
        return hashlib.sha256(self.text().encode()).hexdigest()


def make_label(regency: str, box: str) -> Label:
    """Make a new code for a slot. Those that were printed before stay good until one of them is used."""
    return Label(regency, box, "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH)))


def read_label(text: str, regency: str) -> Label:
    """Read what was scanned, or typed.

    Raises:
        Refused: it is none of our labels, or another regency's.
    """
    match = _QR.fullmatch(text.strip())
    if match is None:
        raise Refused("this is no label of Satulayar: scan the one on the box, or type it as it is printed")
    if match["regency"] != regency:
        raise Refused(f"this label belongs to {match['regency']}, this is {regency}: take it back to the office")
    return Label(match["regency"], match["box"], match["code"])
