"""What a manifest says of how a table lies in a file."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Column = Annotated[str, Field(min_length=1, max_length=120)]


class Strict(BaseModel):
    """A part of a manifest: a misspelt key is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Cell(Strict):
    """A cell above a table.

    Attributes:
        at: its place, such as `A2`.
        after: words in it, after which begins what is wanted; all of it when absent.
    """

    at: Annotated[str, Field(pattern=r"^[A-Z]{1,2}[1-9][0-9]?$")]
    after: Column | None = None


class Unpivot(Strict):
    """Columns that are one figure at several times or of several kinds: `TW I`, `TW II`, ….

    Attributes:
        columns: their titles, and what the new column says for each: `{Jumlah KPM TW I: TW I}`.
        title: of that new column.
        value: of the new column with the cell.
    """

    columns: Annotated[dict[Column, str], Field(min_length=1, max_length=100)]
    title: Column
    value: Column


class Sheet(Strict):
    """How a table lies in a file.

    Attributes:
        sheet: name of the worksheet; the first one that is not hidden when absent.
        header_row: the row, from 1, that has the columns' titles.
        header_rows: how many rows these fill: a title over several columns is put before theirs (`Kelas 1 Kosong`).
        skip_rows: rows between the titles and the table, such as `(1) (2) (3)`.
        ends_at: with what the first cell begins of the row that is not the table's any more (`Jumlah`); `empty_row`.
        leave_out: with what the first cell begins of rows that are left out (`Subtotal`).
        fill_down: columns whose merged cells hold for the rows below, too.
        cells: above the table, each as a column of all its rows: the period, mostly.
        unpivot: columns that are made rows.
        joined: new columns of the texts of others, parted by a space: `{Bulan: [Nama Bulan, Tahun]}`.
        separator: between a line's columns; found out when absent.
        encoding: of text files that do not say it themselves.
    """

    sheet: str | None = None
    header_row: Annotated[int, Field(ge=1, le=100)] = 1
    header_rows: Annotated[int, Field(ge=1, le=5)] = 1
    skip_rows: Annotated[int, Field(ge=0, le=20)] = 0
    ends_at: Column | None = None
    leave_out: tuple[Column, ...] = ()
    fill_down: tuple[Column, ...] = ()
    cells: dict[Column, Cell] = {}
    unpivot: Unpivot | None = None
    joined: dict[Column, Annotated[tuple[Column, ...], Field(min_length=1)]] = {}
    separator: Literal[",", ";", "\t", "|"] | None = None
    encoding: Literal["utf-8", "windows-1252"] = "utf-8"

    @property
    def is_shaped(self) -> bool:
        """Whether rows have to be looked at one by one before they are read."""
        return self != Sheet(sheet=self.sheet, separator=self.separator, encoding=self.encoding)
