"""Boxes hand over parts of clips: /v1/box/uploads, a subset of tus 1.0.0; see `edge.contract.uploads`."""

from typing import Annotated
from uuid import UUID

import fastapi
from fastapi import APIRouter, Depends, Header, Request, Response

from cloud.api.box_proof import BoxProofs
from cloud.cameras.rules import refusal
from cloud.cameras.uploads import Part, Progress, Uploads
from edge.contract.uploads import PATH, PIECE_TYPE, TUS, address_of, read_metadata

router = APIRouter(prefix=PATH, tags=["boxes"])

_DIGITS = 64
Digest = Annotated[str, fastapi.Path(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the whole part.")]
Bytes = Annotated[int, Header(ge=0, le=2**31 - 1)]


def _identify(request: Request) -> str:
    proofs: BoxProofs = request.app.state.box_proofs
    return proofs.identify(request)


def _uploads(request: Request) -> Uploads:
    uploads: Uploads = request.app.state.uploads
    return uploads


Box = Annotated[str, Depends(_identify)]
UsedUploads = Annotated[Uploads, Depends(_uploads)]


@router.post("", status_code=201, response_class=Response)
async def begin_upload(
    box: Box, uploads: UsedUploads, upload_length: Bytes, upload_metadata: Annotated[str, Header(max_length=2_000)]
) -> Response:
    """Begin a part of a clip that this box was asked for, or go on with it; for boxes, by their certificate.

    `Upload-Metadata`: `event`, `command`, `sha256`. HEAD on `Location` says how much of it is here.
    """
    part, command = _read(box, upload_metadata)
    await uploads.begin(part, command, upload_length)
    address = address_of(str(part.event), part.sha256.hex())
    return Response(status_code=201, headers={"Location": address, "Tus-Resumable": TUS})


@router.head("/{event}/{sha256}", response_class=Response)
async def read_progress(box: Box, uploads: UsedUploads, event: UUID, sha256: Digest) -> Response:
    """Say how much of a part is here: `Upload-Offset` of `Upload-Length`; the same when it is stored."""
    found = await uploads.progress(Part(box, event, bytes.fromhex(sha256)))
    return Response(headers=_told(found) | {"Upload-Length": str(found.length)})


@router.patch("/{event}/{sha256}", status_code=204, response_class=Response)
async def add_piece(
    *, request: Request, box: Box, uploads: UsedUploads, event: UUID, sha256: Digest, upload_offset: Bytes
) -> Response:
    """Add a piece, at most 256 KiB, at `Upload-Offset`; with the last one the part is judged by its digest and stored.

    409: another offset; ask by HEAD. 400 with the rule `upload_digest`: nothing of it is kept, begin anew.
    """
    if request.headers.get("content-type") != PIECE_TYPE:
        raise refusal("upload_type", wanted=PIECE_TYPE)
    found = await uploads.add(Part(box, event, bytes.fromhex(sha256)), upload_offset, await request.body())
    return Response(status_code=204, headers=_told(found))


def _told(found: Progress) -> dict[str, str]:
    return {"Upload-Offset": str(found.taken), "Tus-Resumable": TUS, "Cache-Control": "no-store"}


def _read(box: str, metadata: str) -> tuple[Part, UUID]:
    try:
        told = read_metadata(metadata)
        digest = bytes.fromhex(told["sha256"]) if len(told["sha256"]) == _DIGITS else b""
        part, command = Part(box, UUID(told["event"]), digest), UUID(told["command"])
    except (ValueError, KeyError) as error:
        raise refusal("upload_metadata") from error
    if not digest:
        raise refusal("upload_metadata")
    return part, command
