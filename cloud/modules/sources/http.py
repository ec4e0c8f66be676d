"""HTTP sources: JSON with paths, CSV and XLSX, whole or in parts, never faster than the manifest lets us."""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from cloud.modules.errors import SourceFailed, Unset
from cloud.modules.sources.fetch import fetch
from cloud.modules.sources.guard import make_client
from cloud.modules.sources.models import HttpJson, HttpTable
from cloud.modules.sources.paging import Part, read_parts
from cloud.modules.sources.tables import Row, page_instead, read_table
from cloud.modules.sources.visit import Unchanged, Visit
from cloud.modules.sources.workbooks import mark_of


def read_http(source: HttpJson | HttpTable, visit: Visit) -> Iterator[Row]:
    """Give a source's rows, the titles first.

    Raises:
        SourceFailed: it does not answer, or not with what the manifest says.
        Unchanged: there is nothing new.
    """
    with make_client(visit.reach.hosts, source.timeout_s) as client, tempfile.TemporaryDirectory() as folder:
        answer, reader = Path(folder) / "answer", _Reader(source)
        if source.paging is None:
            _note_content(visit, fetch(client, source, visit, answer))
            yield from reader.read(answer, "").rows
        else:
            yield from read_parts(
                source.paging,
                1.0 / source.requests_per_s,
                lambda query: fetch(client, source, visit, answer, query),
                lambda sha256: reader.read(answer, sha256),
            )


def _note_content(visit: Visit, sha256: str) -> None:
    visit.after["sha256"] = sha256
    if visit.before.get("sha256") == sha256:
        raise Unchanged


class _Reader:
    """Reads an answer, or one part after the other: of JSON the first one's names are the columns."""

    def __init__(self, source: HttpJson | HttpTable) -> None:
        self._source = source
        self._titles: list[str] = []

    def read(self, answer: Path, sha256: str) -> Part:
        if isinstance(self._source, HttpTable):
            kind = self._source.kind[5:]
            return Part(mark_of(answer) if kind == "xlsx" else sha256, read_table(answer, kind, self._source.table))
        found = _objects(self._source, answer)
        self._titles = self._titles or sorted({name for each in found for name in each})
        mark = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
        return Part(mark, self._rows(found))

    def _rows(self, objects: list[dict[str, Any]]) -> Iterator[Row]:
        if objects:
            yield list(self._titles)
        yield from ([_flat(each.get(title)) for title in self._titles] for each in objects)


def _flat(value: Any) -> Any:
    """Give what a cell can hold; an object inside an object is none of the manifest's columns."""
    return str(value) if isinstance(value, dict | list) else value


def _objects(source: HttpJson, answer: Path) -> list[dict[str, Any]]:
    content = answer.read_bytes()
    try:
        found = jmespath.search(source.rows, json.loads(content))
    except JMESPathError as error:  # it is a ValueError, too
        raise Unset(f"source.rows tidak cocok dengan jawabannya: {error}", f"source.rows: {error}") from error
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
