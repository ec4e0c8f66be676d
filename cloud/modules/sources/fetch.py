"""One answer over HTTP into a file: tried again, only if changed, bounded in bytes and time, told in our own words."""

import hashlib
import os
import re
import time
from pathlib import Path
from typing import IO

import httpx

from cloud.modules.errors import SourceAway, SourceFailed, Unset
from cloud.modules.sources.guard import told
from cloud.modules.sources.models import HttpJson, HttpTable
from cloud.modules.sources.visit import Unchanged, Visit

TRIES = 3
_PAUSE_S = (1.0, 4.0)  # before the second and the third try; a server may ask for longer
_LONGEST_PAUSE_S = 60.0
_LONGEST_LINE_BYTES = 1_048_576
_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]{2,60})\}")
_TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
_UNCHANGED = 304
_NOTHING_THERE = {204, 404, 416}
_ERRORS = 400


class NothingThere(SourceFailed):
    """The other side has nothing at that address: of a part of an answer, that the one before was the last."""


def fetch(
    client: httpx.Client, source: HttpJson | HttpTable, visit: Visit, part: Path, query: dict[str, str] | None = None
) -> str:
    """Fetch an answer, or a part of one, into a file, trying again what may be there later.

    Args:
        client: guarded.
        source: what is asked.
        visit: of it.
        part: the file.
        query: by which a part is asked for; without one the source is asked for changes only.

    Returns:
        Its SHA-256.

    Raises:
        SourceFailed: it does not come.
        Unchanged: there is nothing new.
    """
    for attempt in range(TRIES):
        try:
            with part.open("w+b") as file:
                _receive(client, source, visit, query, file)
                file.seek(0)
                return hashlib.file_digest(file, "sha256").hexdigest()
        except SourceAway as error:
            if attempt == TRIES - 1:
                raise
            time.sleep(min(_LONGEST_PAUSE_S, max(_PAUSE_S[attempt], getattr(error, "retry_after_s", 0.0))))
    raise AssertionError  # the last try returns or raises


def _receive(
    client: httpx.Client,
    source: HttpJson | HttpTable,
    visit: Visit,
    query: dict[str, str] | None,
    file: IO[bytes],
) -> None:
    url = _filled(source.url, visit).replace("{from}", visit.since).replace("{to}", visit.until)
    host = _host(url)
    headers = {name: _filled(value, visit) for name, value in source.headers.items()}
    if query is None:
        headers |= _conditions(visit)
    until_s = time.monotonic() + source.timeout_s
    try:
        with client.stream("GET", url, params=query, headers=headers) as answer:
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
        Unset: a variable is another's, is not set, or holds what no header and no address may.
    """
    own = f"SOURCE_{visit.module.upper()}_"

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        if not name.startswith(own):
            raise Unset(
                f"Manifes menyebut variabel {name}; yang boleh hanya yang diawali {own}.",
                f"the manifest names the variable {name}: it may name those that begin with {own} only",
            )
        if name not in visit.reach.environment:
            raise Unset(
                f"Variabel {name} belum diisi: sumber di manifes memerlukannya.",
                f"the variable {name} is not set: the manifest's source needs it",
            )
        filled = visit.reach.environment[name]
        if not (filled.isascii() and filled.isprintable()):
            raise Unset(
                f"Variabel {name} berisi akhir baris atau huruf bukan ASCII: buang.",
                f"the variable {name} holds a line's end or a character that is not ASCII: take it out",
            )
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
    if status in _NOTHING_THERE:
        raise NothingThere(
            f"{host} menjawab {status}: tidak ada apa-apa di alamat itu; periksa source.url.",
            f"{host} answers {status}: there is nothing at that address; check source.url.",
        )
    if status >= _ERRORS:
        raise SourceFailed(f"{host} menjawab {status}.", f"{host} answers {status}.")
    if "," in answer.headers.get("content-encoding", ""):
        # Each layer may be a thousand times what it is packed in, and they are unpacked in one go.
        raise SourceFailed(
            f"{host} memadatkan jawabannya berlapis-lapis: minta tanpa itu.",
            f"{host} has packed its answer more than once: ask for it unpacked.",
        )
