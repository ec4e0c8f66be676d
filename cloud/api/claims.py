"""Claims: which computer stands in which slot. Codes of labels, their one use, and the end of a claim: /v1/claims.

A code is known here by its fingerprint alone; what is printed on a label claims its slot once. A slot that is taken
must be freed (swap, retire, move) before it can be claimed again. What is refused is refused with who and when.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any

from fastapi import APIRouter
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field

from cloud.api.access import Admin, Crew, Operator, UsedDatabase
from cloud.api.models import Answer
from cloud.api.refusals import refusal as refuse
from cloud.db.connection import translated
from cloud.db.queries import load
from edge.contract.names import BoxName

router = APIRouter(prefix="/v1", tags=["crews"])

Line = AsyncConnection[tuple[Any, ...]]
# Without control characters, which no one can type and PostgreSQL's JSON cannot hold.
Plain = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
_LABEL = re.compile(r"SL1:(?P<regency>[a-z0-9-]+):(?P<box>[A-Z0-9-]+-[a-z]{1,4}):(?P<code>[0-9A-Z]+)")
_WIB = timezone(timedelta(hours=7), "WIB")


class Claim(Answer):
    """A computer in a slot."""

    box: str
    hardware: str = Field(description="Serial number, or balena's uuid.")
    claimed_at: datetime
    claimed_by: str
    ended_at: datetime | None
    ended_by: str | None
    reason: str | None


class Code(BaseModel):
    """A code that was printed for a box."""

    box: BoxName
    fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of what the QR code says.")]


class Codes(BaseModel):
    """Codes that were printed."""

    codes: Annotated[list[Code], Field(max_length=400)]


class CodesAdded(Answer):
    """How many codes are new."""

    new: int


class ClaimEnd(BaseModel):
    """Why a computer leaves its slot."""

    reason: Plain


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a claim is refused: a rule, and a sentence in both languages with what to do."""

    rule: str
    text_id: str
    text_en: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim that somebody asks for.

    Attributes:
        label: what the QR code said, or was typed.
        hardware: the computer.
        by: the account.
        at: when, by the phone's clock.
    """

    label: str
    hardware: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Used:
    used_at: datetime | None
    used_by: str | None


@router.post("/claim-codes")
async def add_codes(admin: Admin, database: UsedDatabase, body: Codes) -> CodesAdded:
    """Register codes that were printed on labels, by their fingerprints; boxes that are not registered are left out."""
    rows = Jsonb([code.model_dump() for code in body.codes])
    with translated():
        async with database.pool.connection() as line:
            done = await line.execute(load("commissioning")["add_codes"], {"rows": rows, "by": admin.account})
    return CodesAdded(new=done.rowcount)


@router.get("/claims/{box}")
async def list_claims(_: Crew, database: UsedDatabase, box: str) -> list[Claim]:
    """List every computer that stands or stood in a slot, the oldest first."""
    return await database.fetch(Claim, "commissioning", "claims", box=box)


@router.post("/claims/{box}/end")
async def end_claim(operator: Operator, database: UsedDatabase, box: str, body: ClaimEnd) -> list[Claim]:
    """Take the computer out of a slot; codes printed for it are void. Gives the claim, or none where nobody stood."""
    with translated():
        async with database.pool.connection() as line, line.transaction():
            box_id = await find_box(line, box)
            told = {"box_id": box_id, "by": operator.account, "reason": body.reason}
            await line.execute(load("commissioning")["lock_claims"])
            ended = await fetch(line, Claim, "end_claim", **told)
            await line.execute(load("commissioning")["void_codes"], told)
            for claim in ended:
                await audit(line, operator.account, "claim_ended", box, hardware=claim.hardware, reason=body.reason)
    return ended


async def find_box(line: Line, box: str) -> int:
    """Find a box's number.

    Raises:
        NotFound: no such box is registered.
    """
    row = await (await line.execute(load("commissioning")["box_id"], {"box": box})).fetchone()
    if row is None:
        raise refuse("unknown_box", box=box)
    return int(row[0])


def read_label(label: str, regency: str) -> re.Match[str] | Refusal:
    """Read what was scanned or typed; give its parts, or why it is none of ours."""
    match = _LABEL.fullmatch(label.strip())
    if match is None:
        return Refusal(
            "no_label",
            "Ini bukan label Satulayar: pindai label pada kotak, atau ketik seperti tercetak.",
            "This is no label of Satulayar: scan the one on the box, or type it as it is printed.",
        )
    if match["regency"] != regency:
        return Refusal(
            "other_regency",
            f"Label ini milik {match['regency']}, di sini {regency}: kembalikan ke kantor.",
            f"This label belongs to {match['regency']}, this is {regency}: take it back to the office.",
        )
    return match


def without_code(label: str) -> str:
    """Write what was scanned or typed so that it may be kept: a code that was refused may still claim its slot."""
    return f"{label.rpartition(':')[0]}:…"


async def claim(line: Line, box: str, box_id: int, asked: Asked, regency: str) -> Refusal | None:
    """Claim a slot, in the caller's transaction; give why not. The same claim once more changes nothing."""
    label = read_label(asked.label, regency)
    if isinstance(label, Refusal):
        return label
    if label["box"] != box:
        return Refusal(
            "other_box",
            f"Label ini untuk {label['box']}, kunjungan ini untuk {box}: mulai kunjungan di kotak itu.",
            f"This label is for {label['box']}, this visit is to {box}: begin a visit to that box.",
        )
    await line.execute(load("commissioning")["lock_claims"])
    fingerprint = hashlib.sha256(label[0].encode()).digest()
    codes = await fetch(line, _Used, "code", fingerprint=fingerprint, box_id=box_id)
    standing = await fetch(line, Claim, "standing_of_box", box_id=box_id)
    elsewhere = await fetch(line, Claim, "standing_of_hardware", hardware=asked.hardware)
    if codes and codes[0].used_at and standing and _is_same(standing[0], asked):
        return None
    refusal = _refuse(box, asked.hardware, codes, standing, elsewhere)
    if refusal is None:
        told = {"box_id": box_id, "hardware": asked.hardware, "by": asked.by, "fingerprint": fingerprint}
        told["at"] = min(asked.at, datetime.now(UTC))
        await line.execute(load("commissioning")["add_claim"], told)
        await line.execute(load("commissioning")["use_code"], told)
        await audit(line, asked.by, "box_claimed", box, hardware=asked.hardware)
    return refusal


async def audit(line: Line, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Append to the audit chain, in the caller's transaction."""
    entry = {"actor": actor, "action": action, "subject": subject, "detail": Jsonb(detail)}
    await line.execute(load("accounts")["add_audit"], entry)


def _is_same(standing: Claim, asked: Asked) -> bool:
    return (standing.hardware, standing.claimed_by) == (asked.hardware, asked.by)


def _refuse(
    box: str, hardware: str, codes: list[_Used], standing: list[Claim], elsewhere: list[Claim]
) -> Refusal | None:
    if not codes:
        return Refusal(
            "unknown_code",
            f"Kode ini tidak pernah dicetak untuk {box}: ambil label dari kantor.",
            f"Nobody printed this code for {box}: take a label from the office.",
        )
    if standing:
        who = standing[0]
        return Refusal(
            "slot_taken",
            f"{box} sudah diklaim oleh {who.claimed_by} pada {_day(who.claimed_at)} untuk {who.hardware}: "
            "minta kantor membebaskannya dulu (ganti atau pensiun).",
            f"{box} was claimed by {who.claimed_by} on {_day(who.claimed_at)} for {who.hardware}: "
            "have the office free it first (swap or retire).",
        )
    if codes[0].used_at:
        when = _day(codes[0].used_at)
        return Refusal(
            "code_used",
            f"Kode ini sudah dipakai oleh {codes[0].used_by} pada {when}: minta label baru untuk {box}.",
            f"This code was used by {codes[0].used_by} on {when}: get a new label for {box}.",
        )
    if elsewhere:
        where = elsewhere[0]
        return Refusal(
            "hardware_elsewhere",
            f"{hardware} terpasang di {where.box}, diklaim oleh {where.claimed_by} pada {_day(where.claimed_at)}: "
            "minta kantor membebaskan kotak itu dulu.",
            f"{hardware} stands in {where.box}, claimed by {where.claimed_by} on {_day(where.claimed_at)}: "
            "have the office free that slot first.",
        )
    return None


async def fetch(line: Line, row: type[Any], name: str, **parameters: Any) -> list[Any]:
    """Run a statement of `sql/commissioning.sql` in the caller's transaction; give an object for each row."""
    async with line.cursor(row_factory=class_row(row)) as cursor:
        await cursor.execute(load("commissioning")[name], parameters)
        return await cursor.fetchall()


def _day(instant: datetime) -> str:
    return f"{instant.astimezone(_WIB):%d-%m-%Y %H:%M} WIB"
