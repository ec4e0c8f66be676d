"""HTTP sources: JSON with paths, CSV and XLSX, in parts, only if changed, never faster than the manifest lets us."""

import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import httpx
import jmespath
from jmespath.exceptions import JMESPathError

from cloud.modules.errors import Misconfigured, SourceAway, SourceFailed
from cloud.modules.sources.guard import make_client, told
from cloud.modules.sources.models import HttpJson, HttpTable
from cloud.modules.sources.tables import Row, page_instead, read_table
from cloud.modules.sources.visit import Unchanged, Visit

TRIES = 3
_PAUSE_S = (1.0, 4.0)  # before the second and the third try; a server may ask for longer
_LONGEST_PAUSE_S = 60.0
_LONGEST_LINE_BYTES = 1_048_576
_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]{2,60})\}")
_TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
_UNCHANGED = 304
_ERRORS = 400


def read_http(source: HttpJson | HttpTable, visit: Visit) -> Iterator[Row]:
    """Give a source's rows, the titles first.

    Raises:
        SourceFailed: it does not answer, or not with what the manifest says.
        Unchanged: there is nothing new.
    """
    with make_client(visit.reach.hosts, source.timeout_s) as client, tempfile.TemporaryDirectory() as folder:
        parts = _fetch(client, source, visit, Path(folder))
        if isinstance(source, HttpTable):
            yield from _without_repeated_titles(read_table(part, source.kind[5:], source.table) for part in parts)
        else:
            yield from _read_objects(source, parts)


def _without_repeated_titles(tables: Iterator[Iterator[Row]]) -> Iterator[Row]:
    for number, table in enumerate(tables):
        titles = next(table, None)
        if number == 0 and titles is not None:
            yield titles
        yield from table


def _fetch(client: httpx.Client, source: HttpJson | HttpTable, visit: Visit, folder: Path) -> Iterator[Path]:
    """Fetch each part into a file; the one before is gone when the next is asked for."""
    paging = source.paging
    digest = hashlib.sha256()
    for number in range(paging.most if paging else 1):
        query = {}
        if paging:
            step = number if paging.by == "page" else number * paging.size
            query = {paging.parameter: str(paging.first + step if paging.by == "page" else step)}
            query |= {paging.size_parameter: str(paging.size)} if paging.size_parameter else {}
            time.sleep(1.0 / source.requests_per_s if number else 0.0)
        part = folder / "part"
        _fetch_part(client, source, visit, query, part, digest)
        if not paging:
            _note_content(visit, digest.hexdigest())
        yield part


def _note_content(visit: Visit, sha256: str) -> None:
    visit.after["sha256"] = sha256
    if visit.before.get("sha256") == sha256:
        raise Unchanged


def _fetch_part(
    client: httpx.Client, source: HttpJson | HttpTable, visit: Visit, query: dict[str, str], part: Path, digest: Any
) -> None:
    """Fetch one part, trying again what may be there later."""
    for attempt in range(TRIES):
        try:
            with part.open("w+b") as file:
                _receive(client, source, visit, query, file, digest)
        except SourceAway as error:
            if attempt == TRIES - 1:
                raise
            time.sleep(min(_LONGEST_PAUSE_S, max(_PAUSE_S[attempt], getattr(error, "retry_after_s", 0.0))))
        else:
            return


def _receive(
    client: httpx.Client,
    source: HttpJson | HttpTable,
    visit: Visit,
    query: dict[str, str],
    file: IO[bytes],
    digest: Any,
) -> None:
    url = _filled(source.url, visit).replace("{from}", visit.since).replace("{to}", visit.until)
    host = _host(url)
    headers = {name: _filled(value, visit) for name, value in source.headers.items()}
    if not query:
        headers |= _conditions(visit)
    until_s = time.monotonic() + source.timeout_s
    try:
        with client.stream("GET", url, params=query or None, headers=headers) as answer:
            _judge(answer, host)
            size = 0
            for chunk in answer.iter_bytes():  # as they come, so that an answer in drops meets its time
                size += len(chunk)
                if size > source.most_bytes:
                    raise SourceFailed(
                        f"{host} menjawab lebih dari {source.most_bytes} byte; naikkan most_bytes bila memang benar.",
                        f"{host} answers with more than {source.most_bytes} bytes: raise most_bytes if that is right.",
                    )
                if time.monotonic() > until_s:
                    raise SourceAway(f"{host} terlalu lambat.", f"{host} took longer than {source.timeout_s:g} s.")
                file.write(chunk)
                digest.update(chunk)
            if source.kind == "http_csv" and not {"content-length", "transfer-encoding"} & answer.headers.keys():
                visit.is_cut |= _cut_half_row(file)
            visit.after |= {
                key: answer.headers[name]
                for key, name in (("etag", "etag"), ("last_modified", "last-modified"))
                if name in answer.headers
            }
    except httpx.HTTPError as error:
        raise told(error, host) from error


def _cut_half_row(file: IO[bytes]) -> bool:
    """Take off what stands after a file's last line: nobody has said that more of it would not have come."""
    end = file.seek(0, os.SEEK_END)
    start = file.seek(max(0, end - _LONGEST_LINE_BYTES))
    lines = file.read()
    whole = start + lines.rfind(b"\n") + 1
    if whole == end or b"\n" not in lines:
        return False
    file.truncate(whole)
    return True


def _host(url: str) -> str:
    try:
        return httpx.URL(url).host
    except (httpx.InvalidURL, ValueError) as error:  # its text may hold a key
        raise SourceFailed(
            "Alamat di source.url bukan alamat HTTP: perbaiki di manifes, atau di variabelnya.",
            "The address of source.url is no HTTP address: correct it in the manifest, or in its variable.",
        ) from error


def _filled(value: str, visit: Visit) -> str:
    """Put variables' values in, of the module's own only: a manifest must not send another's credentials anywhere.

    Raises:
        Misconfigured: a variable is another's, is not set, or holds what no header and no address may.
    """
    own = f"SOURCE_{visit.module.upper()}_"

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        if not name.startswith(own):
            raise Misconfigured(f"the manifest names the variable {name}: it may name those that begin with {own} only")
        if name not in visit.reach.environment:
            raise Misconfigured(f"the variable {name} is not set: the manifest's source needs it")
        filled = visit.reach.environment[name]
        if not (filled.isascii() and filled.isprintable()):
            raise Misconfigured(f"the variable {name} holds a line's end or a character that is not ASCII: take it out")
        return filled

    return _VARIABLE.sub(fill, value)


def _conditions(visit: Visit) -> dict[str, str]:
    names = {"etag": "If-None-Match", "last_modified": "If-Modified-Since"}
    return {names[key]: value for key, value in visit.before.items() if key in names}


def _judge(answer: httpx.Response, host: str) -> None:
    """Sort an answer by its status (RFC 9110 section 15)."""
    status = answer.status_code
    if status == _UNCHANGED:
        raise Unchanged
    if status in _TRY_AGAIN:
        away = SourceAway(f"{host} sedang tidak melayani ({status}).", f"{host} does not serve now ({status}).")
        wait = answer.headers.get("retry-after", "")
        away.retry_after_s = float(wait) if wait.isdecimal() else 0.0  # type: ignore[attr-defined]
        raise away
    if status in {401, 403}:
        raise SourceFailed(
            f"{host} menolak hak akses kita ({status}): periksa variabel kredensial.",
            f"{host} refuses our right to read ({status}): check the credentials' variables.",
        )
    if status >= _ERRORS:
        raise SourceFailed(f"{host} menjawab {status}.", f"{host} answers {status}.")


def _read_objects(source: HttpJson, parts: Iterator[Path]) -> Iterator[Row]:
    titles: list[str] = []
    for part in parts:
        objects = _objects(source, part)
        if not titles and objects:
            titles = sorted({name for each in objects for name in each})
            yield list(titles)
        yield from ([_flat(each.get(title)) for title in titles] for each in objects)
        if source.paging and len(objects) < source.paging.size:
            return


def _flat(value: Any) -> Any:
    """Give what a cell can hold; an object inside an object is none of the manifest's columns."""
    return str(value) if isinstance(value, dict | list) else value


def _objects(source: HttpJson, part: Path) -> list[dict[str, Any]]:
    content = part.read_bytes()
    try:
        found = jmespath.search(source.rows, json.loads(content))
    except JMESPathError as error:  # it is a ValueError, too
        raise Misconfigured(f"source.rows: {error}") from error
    except (ValueError, RecursionError) as error:
        if content.lstrip()[:1] == b"<":
            raise page_instead() from error
        raise SourceFailed(
            f"Jawaban bukan JSON utuh ({error}): mungkin hanya separuh yang sampai.",
            f"The answer is no whole JSON ({error}): perhaps only half of it came.",
        ) from error
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise SourceFailed(
            f"Di {source.rows!r} tidak ada daftar objek: bentuk jawaban berubah?",
            f"There is no list of objects at {source.rows!r}: has the answer changed its form?",
        )
    return found
