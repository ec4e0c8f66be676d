"""Figures that are brought: pushed by a service, or uploaded by a person in two steps.

What is brought is read and judged in memory, before anything of it is kept: a table that tells of persons must not
lie in a database even for an hour. Of an upload only its figures wait for the confirmation, as they would be stored.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from cloud.db.queries import load
from cloud.modules.errors import Misconfigured, SourceFailed
from cloud.modules.figures import FigureReader
from cloud.modules.manifest import Manifest
from cloud.modules.report import Figure, Report, from_json, to_json
from cloud.modules.rules import refusal
from cloud.modules.run import Occasion, Outcome, all_figures, keep_figures
from cloud.modules.sources.models import Folder, Push, Upload
from cloud.modules.sources.tables import Row, read_content
from cloud.modules.store import Change, Line, ModuleStore, Preview, read_districts

MOST_FIGURES = 200_000
MOST_SHOWN = 200

_SQL = load("modules")


@dataclass(frozen=True, slots=True)
class Draft:
    """An upload that was read and waits to be confirmed.

    Attributes:
        id: by which it is confirmed.
        report: what was read and left out.
        changes: the first of what would change, the largest first.
        changed: how many that are in all.
        unchanged: figures that are as they are shown already.
        held: figures so unusual that they would wait for a person.
    """

    id: UUID
    report: Report
    changes: tuple[Change, ...]
    changed: int
    unchanged: int
    held: int


@dataclass(frozen=True, slots=True)
class Person:
    """Who brings figures, or decides on them.

    Attributes:
        account: by name.
        is_admin: may do so for every module.
    """

    account: str
    is_admin: bool = False

    def require(self, name: str, manifest: Manifest) -> None:
        """Refuse somebody whom a module's manifest does not name, where it names anybody.

        Raises:
            Ruled: by the rule `not_uploader`.
        """
        if manifest.uploaders and not self.is_admin and self.account not in manifest.uploaders:
            raise refusal("not_uploader", account=self.account, module=name)


def find_store(connection: Line, name: str, person: Person | None = None) -> ModuleStore:
    """Open a module's store, for somebody who may bring figures to it.

    Raises:
        NotFound: there is none.
        Forbidden: this person may not.
    """
    try:
        store = ModuleStore(connection, name)
    except Misconfigured as error:
        raise refusal("unknown_module", module=name) from error
    if person is not None:
        person.require(name, store.manifest)
    return store


def push(connection: Line, name: str, objects: Sequence[dict[str, Any]], token_id: str) -> Outcome:
    """Store what a service has sent; sent again it changes nothing.

    Raises:
        NotFound: there is no such module.
        Invalid: its figures are not pushed, or the objects are not flat.
    """
    store = find_store(connection, name)
    if not isinstance(store.manifest.source, Push):
        raise refusal("not_pushed", module=name, kind=store.manifest.source.kind)
    reader = FigureReader(store.manifest, read_districts(connection), datetime.now(UTC))
    return keep_figures(
        store, all_figures(reader, _table_of(objects)), reader.report, Occasion("push", f"token {token_id}")
    )


def make_draft(connection: Line, name: str, content: bytes, person: Person) -> Draft:
    """Read an uploaded table and say what it would change.

    Args:
        connection: in autocommit mode.
        name: of the module.
        content: of a CSV or XLSX file.
        person: who brings it.

    Raises:
        NotFound: there is no such module.
        Forbidden: this person may not.
        Invalid: its figures are not uploaded.
        SourceFailed: nothing of the table can be stored; it says why.
    """
    store = find_store(connection, name, person)
    source = store.manifest.source
    if not isinstance(source, Upload | Folder):
        raise refusal("not_uploaded", module=name, kind=source.kind)
    reader = FigureReader(store.manifest, read_districts(connection), datetime.now(UTC))
    try:
        figures = list(_bounded(all_figures(reader, read_content(io.BytesIO(content), source.table))))
    except SourceFailed as error:
        # Nobody confirms what cannot be read: its run ends here, and says who brought it and why it was refused.
        store.fail(store.begin("upload", person.account, None), error.text_id, error.text_en, reader.report)
        raise
    read = to_json(reader.report)
    with connection.transaction():
        preview = store.preview(figures, reader.report)
        draft = _keep_draft(connection, store, figures, preview, read, person)
    return Draft(
        draft, reader.report, preview.changes[:MOST_SHOWN], len(preview.changes), preview.unchanged, preview.held
    )


def _keep_draft(
    connection: Line, store: ModuleStore, figures: list[Figure], preview: Preview, read: dict[str, Any], person: Person
) -> UUID:
    connection.execute(_SQL["forget_drafts"], {"module_id": store.module_id})
    parameters = {"actor": person.account, "report": Jsonb(read), "shown": preview.fingerprint}
    row = connection.execute(_SQL["put_draft"], parameters | {"module_id": store.module_id}).fetchone()
    assert row is not None  # noqa: S101 - the statement gives one
    with connection.cursor().copy(_SQL["copy_draft"]) as copy:
        for figure in figures:
            copy.write_row((row[0], figure.indicator, list(figure.keys), figure.true_at, figure.value))
    draft: UUID = row[0]
    return draft


def confirm_draft(connection: Line, name: str, draft: UUID, person: Person) -> Outcome:
    """Store a draft's figures, as they were shown to whoever confirms; its run tells what the table's reading left out.

    Raises:
        NotFound: there is no such draft, or it is another person's, or was confirmed, or lay for more than a day.
        Refused: other figures have come since it was shown: it would change something else now.
    """
    store = find_store(connection, name, person)
    place = {"id": draft, "module_id": store.module_id, "actor": person.account}
    with connection.transaction():
        rows = connection.execute(_SQL["draft_figures"], place).fetchall()
        figures = [Figure(indicator, tuple(keys), true_at, value) for indicator, keys, true_at, value in rows]
        dropped = connection.execute(_SQL["drop_draft"], place).fetchone()
        if dropped is None or any(figure.indicator not in store.manifest.indicators for figure in figures):
            raise refusal("unknown_draft")
        read, shown = dropped
        store.lock()
        if store.preview(figures, Report()).fingerprint != shown:
            raise refusal("stale_draft")
        return keep_figures(store, iter(figures), from_json(read), Occasion("upload", person.account))


def drop_draft(connection: Line, name: str, draft: UUID, person: Person) -> None:
    """Throw a draft of one's own away; one that is gone already is no fault."""
    place = {"id": draft, "module_id": find_store(connection, name, person).module_id, "actor": person.account}
    connection.execute(_SQL["drop_draft"], place)


def lines_of(report: Report) -> list[dict[str, Any]]:
    """Give a report's lines, for whoever brought the table."""
    return [{"reason": reason, **asdict(line)} for (reason, _), line in report.lines.items()]


def _bounded(figures: Iterator[Figure]) -> Iterator[Figure]:
    for number, figure in enumerate(figures):
        if number >= MOST_FIGURES:
            raise SourceFailed(
                f"Lebih dari {MOST_FIGURES} angka: bagi berkasnya.",
                f"More than {MOST_FIGURES} figures: split the file.",
            )
        yield figure


def _table_of(objects: Sequence[dict[str, Any]]) -> Iterator[Row]:
    titles = sorted({str(name) for each in objects for name in each})
    if any(isinstance(value, dict | list) for each in objects for value in each.values()):
        raise refusal("not_flat")
    yield list(titles)
    yield from ([each.get(title) for title in titles] for each in objects)
