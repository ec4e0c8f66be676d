"""What a visit to a source needs and finds, whatever the source is."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Reach:
    """What sources may reach, as the operator has set it.

    Attributes:
        hosts: in private ranges that sources may use.
        drop_folder: below which folders' sources have their files, each in a folder of its module's name.
        environment: where variables of manifests are taken from.
    """

    hosts: frozenset[str] = frozenset()
    drop_folder: Path = Path("/var/lib/satulayar/modules")
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)


@dataclass(slots=True)
class Visit:
    """One visit.

    Attributes:
        module: whose source is visited.
        reach: what it may reach.
        before: what the source said of its version at the last good visit: `etag`, `last_modified`, `sha256`, or for a
            folder each file's stamp.
        after: the same of this visit.
        since: first day of a backfill, else empty.
        until: last day of a backfill, else empty.
        is_cut: whether a row was left off because it may be half of one.
    """

    module: str = ""
    reach: Reach = field(default_factory=Reach)
    before: Mapping[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    since: str = ""
    until: str = ""
    is_cut: bool = False


class Unchanged(Exception):
    """The source says, or its content shows, that nothing has changed since the last visit."""
