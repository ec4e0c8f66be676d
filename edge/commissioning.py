"""Commissioning as the box does it: looks at itself, has each camera show a picture, signs what it found.

Asked by the room (`box.commission`, answered by an event with the pictures as its evidence), or on the spot over the
health endpoint, without any network. The signature is made with the key of the box's certificate: nobody else can.
"""

import asyncio
import base64
import datetime as dt
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from edge.checklist import Look, Status, judge
from edge.clock import Clock
from edge.contract.commands import Command, CommandState
from edge.contract.commissioning import MAX_DOCUMENT_BYTES, NOUN, Check, Document, Exercise, SignedReport
from edge.entries import Entry
from edge.errors import Misconfigured
from edge.notices import Notice, NoticeBoard
from edge.radio import read_radio
from edge.serial_number import read_serial_number
from edge.site import SiteFile

WITHIN_S = 20.0  # for a receipt, when the room asks
LOOK_S = 0.5
PICTURE_S = 2.5  # a camera at two pictures a second has one by then
_LAMPS = "lamp-panel"
_SAID = ("Laporan komisioning kotak ini.", "This box's commissioning report.")


class Cameras(Protocol):
    """What shows pictures; a box without cameras does not load it."""

    async def pictures(self, timeout_s: float) -> Mapping[str, bytes | None]:
        """Give a JPEG of each camera; None of one that shows nothing in time."""
        ...


@dataclass(frozen=True, slots=True)
class Whole:
    """A report with the pictures that belong to it."""

    signed: SignedReport
    document: Document
    pictures: Mapping[str, bytes]

    def shown(self) -> dict[str, Any]:
        """Write it for whoever stands at the box."""
        pictures = {asset: base64.b64encode(content).decode() for asset, content in self.pictures.items()}
        return self.signed.model_dump() | {"pictures": pictures}


class CommissioningDesk:
    """Reports on one box."""

    def __init__(
        self,
        site: SiteFile,
        box: str,
        *,
        describe: Callable[[], Status],
        cert_file: Path | None,
        key_file: Path | None,
        hardware_id: str,
        sirens: Mapping[str, object],
        cameras: Cameras | None,
        board: NoticeBoard,
        keep: Callable[[Entry], Awaitable[int]],
        clock: Clock,
    ) -> None:
        """Prepare.

        Args:
            site: the site file.
            box: which of its boxes.
            describe: gives the agent's status.
            cert_file: the box's certificate, PEM; None where the line has none.
            key_file: its key.
            hardware_id: the computer in the slot.
            sirens: by asset.
            cameras: shows pictures; None where there are none.
            board: makes the event.
            keep: makes pictures durable.
            clock: stamps.
        """
        self._site, self._box, self._hardware_id = site, box, hardware_id
        self._describe = describe
        self._cert_file, self._key_file = cert_file, key_file
        self._sirens = sirens
        self._cameras = cameras
        self._board, self._keep, self._clock = board, keep, clock

    async def report(self, visit: str, within_s: float) -> Whole:
        """Measure and sign.

        Args:
            visit: of the crew that asked.
            within_s: how long a receipt may take; what is not in order by then is in the report.

        Raises:
            Misconfigured: this box has no certificate to sign with.
        """
        first = self._describe()
        until_s = self._clock.monotonic_s() + within_s
        while True:
            document, pictures = await self._measure(visit, first)
            if document.passed or self._clock.monotonic_s() >= until_s:
                break
            await asyncio.sleep(LOOK_S)
        return Whole(await asyncio.to_thread(self._sign, document), document, pictures)

    async def carry_out(self, command: Command) -> tuple[CommandState, str, str]:
        """Report to the room; give state, reason and detail of the result."""
        visit = str(command.arguments.get("visit", ""))[:80]
        try:
            whole = await self.report(visit, WITHIN_S)
        except Misconfigured as error:
            return "failed", "not_signed", f"Laporan tidak ditandatangani | The report is not signed: {error}"
        values: dict[str, float | bool | str] = {
            "visit": visit,
            "actor": command.actor,
            "passed": whole.document.passed,
            **whole.signed.model_dump(),
        }
        event_id = await self._board.raise_event(Notice(NOUN, self._box, "info", *_SAID, values))
        for content in whole.pictures.values():
            meta = f"{event_id} image/jpeg {hashlib.sha256(content).hexdigest()}"
            await self._keep(Entry("media", content, meta=meta))
        return "confirmed", "", ""

    async def _measure(self, visit: str, first: Status) -> tuple[Document, Mapping[str, bytes]]:
        shown = await self._cameras.pictures(PICTURE_S) if self._cameras else {}
        pictures = {asset: content for asset, content in shown.items() if content}
        radio = await asyncio.to_thread(read_radio)
        status, at = self._describe(), self._clock.now_at()
        look = Look(status, at, self._certificate_until(), radio, {asset: asset in pictures for asset in shown})
        document = Document(
            visit=visit,
            box=self._box,
            hardware_id=self._hardware_id,
            serial=await asyncio.to_thread(read_serial_number),
            site=self._site.site.code,
            at=at,
            version=str(status.get("version", "")),
            checks=judge(self._site, self._box, first, look),
            exercises=self._exercises(),
            pictures={asset: hashlib.sha256(content).hexdigest() for asset, content in pictures.items()},
        )
        return document, pictures

    def _exercises(self) -> list[Exercise]:
        lamps = [asset.code for asset in self._site.assets_of(self._box) if asset.profile == _LAMPS]
        cameras = [camera.code for camera in self._site.cameras_of(self._box)]
        return [
            *(Exercise(asset=asset, kind="siren") for asset in sorted(self._sirens)),
            *(Exercise(asset=asset, kind="lamp") for asset in lamps),
            *(Exercise(asset=asset, kind="camera") for asset in cameras),
        ]

    def _certificate_until(self) -> dt.datetime | None:
        try:
            return x509.load_pem_x509_certificate(self._read(self._cert_file)).not_valid_after_utc
        except (Misconfigured, ValueError):
            return None

    def _sign(self, document: Document) -> SignedReport:
        key = serialization.load_pem_private_key(self._read(self._key_file), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise Misconfigured("the box's key is not on an elliptic curve")
        text = _written(document)
        signature = key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
        certificate = self._read(self._cert_file).decode()
        return SignedReport(document=text, signature=base64.b64encode(signature).decode(), certificate=certificate)

    @staticmethod
    def _read(path: Path | None) -> bytes:
        if path is None:
            raise Misconfigured("this box has no certificate: it was started without one")
        try:
            return path.read_bytes()
        except OSError as error:
            raise Misconfigured(f"{path}: cannot be read: {error.strerror}") from error


def _written(document: Document) -> str:
    """Write a document; where it is too long for an event, checks that passed are told in one."""
    text = document.model_dump_json()
    if len(text.encode()) <= MAX_DOCUMENT_BYTES:
        return text
    failed = [check for check in document.checks if not check.passed]
    count = len(document.checks) - len(failed)
    passed = Check(name="everything else", passed=True, measured=f"{count} checks", measured_id=f"{count} ukuran")
    return json.dumps(document.model_copy(update={"checks": [*failed, passed]}).model_dump(mode="json"))
