"""A form with a spreadsheet in it: read into memory, never onto a disk, and never beyond what the API takes."""

from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

LARGEST_BYTES = 10_000_000  # what the API takes as a table
# Of the form around it: the mark, the file's name, borders.
FORM_BYTES = 65_536
FIELD = "table"


class BadForm(Exception):
    """No table can be had from a form.

    Attributes:
        kind: `too_large`, `no_file`: which sentence tells of it.
        status: of HTTP.
    """

    def __init__(self, kind: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(kind)
        self.kind = kind
        self.status = status


@dataclass(frozen=True, slots=True)
class Table:
    """What somebody uploads.

    Attributes:
        file: its name on his computer.
        content: its octets.
        csrf: as the form had it.
    """

    file: str
    content: bytes
    csrf: str


class _InMemory(MultiPartParser):
    """A table that turns out to tell of persons must not have lain on a disk, even for a moment."""

    spool_max_size = LARGEST_BYTES + FORM_BYTES


async def read_table(request: Request) -> Table:
    """Read a form's table.

    Args:
        request: whose body is counted by the guard before it comes here.

    Raises:
        BadForm: there is none, or it is larger than the API takes.
    """
    said = request.headers.get("content-length", "0")
    if said.isdecimal() and int(said) > LARGEST_BYTES + FORM_BYTES:
        raise _too_large()  # of such a file nothing is read
    try:
        form = await _InMemory(request.headers, request.stream(), max_files=1, max_fields=4).parse()
    except HTTPException as refused:
        if refused.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise _too_large() from refused
        raise
    except (MultiPartException, ValueError, KeyError) as broken:  # python-multipart's own faults are ValueErrors
        raise BadForm("no_file") from broken
    try:
        file, csrf = form.get(FIELD), form.get("csrf")
        if not isinstance(file, UploadFile) or not file.filename:
            raise BadForm("no_file")
        return Table(file.filename, await file.read(), csrf if isinstance(csrf, str) else "")
    finally:
        await form.close()


def _too_large() -> BadForm:
    return BadForm("too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
