"""What a manifest says of its source: kinds, and how columns become figures."""

from collections.abc import Set as AbstractSet
from typing import Annotated, Literal

from pydantic import Field

from cloud.modules.dates import Order
from cloud.modules.notation import Style
from cloud.modules.sources.layout import Column, Sheet, Strict

Url = Annotated[str, Field(pattern=r"^(https?://|\$\{[A-Z][A-Z0-9_]{2,60}\})[^\s]*$", max_length=500)]
_OTHER = r"^([a-z][a-z0-9_]{0,39}\.)?[a-z][a-z0-9_]{0,39}$"
Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{2,60}$")]


class Key(Strict):
    """Which column tells a dimension.

    Attributes:
        column: its title.
        texts: what the source writes, and the code that it means; what is not here must be a code, or a title, itself.
    """

    column: Column
    texts: dict[str, str] = Field(default_factory=dict)


class Mapping(Strict):
    """How a row becomes figures.

    Attributes:
        true_at: the column with the figure's time; `fetched` where there is none: it is then as old as the visit.
        keys: a column for each dimension.
        values: a column for each indicator.
        numbers: whether thousands are parted by full stops (`id`) or by commas (`en`).
        dates: the order of day, month and year where all are digits and the year is not first: 17/04/2025 is `dmy`.
        zero_words: texts that mean none, such as `-` or `nihil`; without them these are figures that are not there.
        total_words: a row with such a word as a key is a total, and left out.
        several: what counts of rows with the same keys in one period that differ: none of them (`refuse`), or the one
            with the latest time (`last`), of those with the same time the last.
    """

    true_at: Column | Literal["fetched"]
    keys: dict[str, Key] = Field(default_factory=dict)
    values: Annotated[dict[str, Column], Field(min_length=1)]
    numbers: Style = "id"
    dates: Order = "dmy"
    zero_words: tuple[Column, ...] = ()
    several: Literal["refuse", "last"] = "refuse"
    total_words: tuple[str, ...] = ("total", "jumlah", "grand total")


class Tabular(Strict):
    """A source of rows."""

    mapping: Mapping

    @property
    def tells_past(self) -> bool:
        """Whether it can be asked for days that are over."""
        return False

    def faults(self, indicators: AbstractSet[str], dimensions: AbstractSet[str]) -> list[str]:
        """List what the mapping names and the module has not, or has and is not mapped."""
        mapping = self.mapping
        found = [
            f"source.mapping.values: {name!r} is no indicator of this module"
            for name in mapping.values.keys() - indicators
        ]
        found += [f"source.mapping.values: {name!r} gets no column" for name in indicators - mapping.values.keys()]
        found += [
            f"source.mapping.keys: {name!r} is no dimension of this module" for name in mapping.keys.keys() - dimensions
        ]
        found += [f"source.mapping.keys: {name!r} gets no column" for name in dimensions - mapping.keys.keys()]
        return sorted(found)


class Paging(Strict):
    """How a long answer comes in parts.

    Attributes:
        parameter: of the query that counts.
        by: `page` counts parts from `first`, `offset` counts rows from 0.
        size_parameter: of the query that says how many rows a part has.
        size: rows that are asked for; parts end where one is empty, not there (404), a repetition, or shorter than the
            first.
        most: parts at most: more are refused.
    """

    parameter: Column
    by: Literal["page", "offset"] = "page"
    first: int = 1
    size_parameter: Column | None = None
    size: Annotated[int, Field(ge=1, le=100_000)]
    most: Annotated[int, Field(ge=1, le=10_000)] = 1_000


class Http(Tabular):
    """Something that answers HTTP.

    Attributes:
        url: where; `{from}` and `{to}` in it are days of a backfill (2025-04-17), `${VARIABLE}` at its beginning is
            taken from the environment, so that a manifest can be shared.
        headers: sent along; `${VARIABLE}` is taken from the environment and never logged.
        timeout_s: for the whole answer.
        most_bytes: of the answer, decompressed.
        requests_per_s: at most.
    """

    url: Url
    headers: dict[str, str] = Field(default_factory=dict)
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    most_bytes: Annotated[int, Field(ge=1_000, le=2_000_000_000)] = 50_000_000
    requests_per_s: Annotated[float, Field(gt=0, le=100)] = 2.0
    paging: Paging | None = None

    @property
    def tells_past(self) -> bool:
        """Whether its address has a place for days that are over."""
        return "{from}" in self.url


class HttpJson(Http):
    """JSON; `rows` is a JMESPath that gives a list of flat objects, whose names are the columns."""

    kind: Literal["http_json"]
    rows: Annotated[str, Field(min_length=1)] = "@"


class HttpTable(Http):
    """CSV or XLSX."""

    kind: Literal["http_csv", "http_xlsx"]
    table: Sheet = Sheet()


class Folder(Tabular):
    """CSV or XLSX files that somebody puts into a folder below the operator's drop folder.

    Attributes:
        pattern: of their names; they are read in the order of these, so that the newest by name counts last.
        table: where the table lies in them.
    """

    kind: Literal["folder"]
    pattern: Annotated[str, Field(pattern=r"^[^/]+$")] = "*.csv"
    table: Sheet = Sheet()

    @property
    def tells_past(self) -> bool:
        """Whether it can be read again: all of its files can."""
        return True


class Upload(Tabular):
    """Spreadsheets that somebody brings to the console."""

    kind: Literal["upload"]
    table: Sheet = Sheet()


class Push(Tabular):
    """Rows that the service sends by itself: a JSON list of flat objects, with the module's token."""

    kind: Literal["push"]


class Sql(Tabular):
    """A query on another database.

    Attributes:
        connection: the variable that holds the address: `postgresql://…` or `mysql://…`.
        query: one SELECT; `%(from)s` and `%(to)s` are days of a backfill, else NULL; a per cent sign is written %%.
        timeout_s: for the whole answer.
    """

    kind: Literal["sql"]
    connection: Variable
    query: Annotated[str, Field(min_length=8, max_length=20_000, pattern=r"(?is)^\s*(select|with)\s")]
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 60.0

    @property
    def tells_past(self) -> bool:
        """Whether its query has a place for days that are over."""
        return "%(from)s" in self.query


class OfSeries(Strict):
    """A figure from the newest samples of a kind of assets.

    Attributes:
        quantity: whose newest samples are taken.
        asset_kind: of which assets.
        reduce: `share_pct` is the share of samples above zero, in per cent; `count` how many there are.
    """

    quantity: str
    asset_kind: str
    reduce: Literal["sum", "mean", "min", "max", "count", "share_pct"]


class Ratio(Strict):
    """A figure from two others of the same places.

    Attributes:
        of: what is divided: an indicator of this module, or `module.indicator`.
        over: by what.
        times: 100 for per cent.
    """

    of: Annotated[str, Field(pattern=_OTHER)]
    over: Annotated[str, Field(pattern=_OTHER)]
    times: float = 100.0


class Computed(Strict):
    """Figures from what the regency measures itself, by district or for all of it."""

    kind: Literal["computed"]
    values: Annotated[dict[str, OfSeries | Ratio], Field(min_length=1)]

    @property
    def tells_past(self) -> bool:
        """Whether it can be computed for days that are over: only what is newest can."""
        return False

    def faults(self, indicators: AbstractSet[str], dimensions: AbstractSet[str]) -> list[str]:
        """List what is computed and is no indicator, or the other way round."""
        found = [f"source.values: {name!r} is no indicator of this module" for name in self.values.keys() - indicators]
        found += [f"source.values: {name!r} is not computed" for name in indicators - self.values.keys()]
        found += [
            f"source.values.{name}.{part}: {wanted!r} is no indicator of this module"
            for name, how in self.values.items()
            if isinstance(how, Ratio)
            for part, wanted in (("of", how.of), ("over", how.over))
            if "." not in wanted and wanted not in indicators
        ]
        own = [how for how in self.values.values() if isinstance(how, OfSeries)]
        if own:
            found += [
                f"dimensions: {name!r} cannot be computed; only district can" for name in dimensions - {"district"}
            ]
        return sorted(found)


Source = Annotated[HttpJson | HttpTable | Folder | Upload | Push | Sql | Computed, Field(discriminator="kind")]
