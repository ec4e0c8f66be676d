"""What `up` shows a person: steps with their time, what runs where, live counts. Plain lines where no terminal is."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

PLAIN_EVERY_S = 10.0
_PLAIN_WIDTH = 200  # lines of a log are not to be broken


@dataclass(frozen=True, slots=True)
class Row:
    """One running part: its name, where it is, its process and what is to be said about it."""

    name: str
    where: str
    pid: int | None
    note: str = ""


class Screen:
    """Output of one `up`."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        if not self.console.is_terminal:
            self.console = Console(highlight=False, width=_PLAIN_WIDTH, file=self.console.file)
        self._live: Live | None = None
        self._plain_at_s = 0.0
        self._alarmed = False

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show a step of starting or stopping, and how long it took."""
        started_at_s = time.monotonic()
        try:
            if self.console.is_terminal and not self._live:
                with self.console.status(escape(title)):
                    yield
            else:
                yield
        except BaseException:  # Ctrl-C, too: a step that was broken off must not be shown as done
            self.console.print(f"[red]✗[/] {escape(title)}")
            raise
        self.console.print(f"[green]✓[/] {escape(title)} [dim]{time.monotonic() - started_at_s:.1f} s[/]")

    def say(self, line: str) -> None:
        """Say what happened, above what is live."""
        self.console.print(f"[dim]{time.strftime('%H:%M:%S')}[/] {escape(line)}")

    def show(self, *parts: RenderableType) -> None:
        """Print something as it is; words are never broken, so that they can be copied."""
        for part in parts:
            self.console.print(part, soft_wrap=isinstance(part, str | Text))

    @contextmanager
    def live(self) -> Iterator[None]:
        """Keep the last lines of a terminal for what changes."""
        if not self.console.is_terminal:
            yield
            return
        with Live(console=self.console, refresh_per_second=2, transient=True) as live:
            self._live = live
            try:
                yield
            finally:
                self._live = None

    def update(self, rows: Sequence[Row], sentence: str, alarm: str = "") -> None:
        """Show counts anew: in place on a terminal, else as a line now and then.

        Args:
            rows: the parts.
            sentence: the counts.
            alarm: what is wrong with the values although parts run; empty: nothing.
        """
        if bool(alarm) != self._alarmed:
            self._alarmed = bool(alarm)
            self.say(alarm or "values are stored again")
        if self._live:
            last = Text("Ctrl-C stops everything", style="dim")
            self._live.update(Group(Text(sentence, style="bold"), _judge(rows, alarm), last))
        elif time.monotonic() - self._plain_at_s >= PLAIN_EVERY_S:
            self._plain_at_s = time.monotonic()
            self.say(f"{sentence}; {alarm}" if alarm else sentence)


def _judge(rows: Sequence[Row], alarm: str) -> Text:
    down = [row.name for row in rows if row.pid is None]
    if down or alarm:
        told = [f"down: {', '.join(down)}" if down else "", alarm]
        return Text("\n".join(filter(None, told)), style="bold red")
    return Text("all parts run, values are stored", style="green")


def parts_table(rows: Sequence[Row]) -> Table:
    """Make the table of what runs where."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("part", "where", "process", ""):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row.name, row.where, str(row.pid) if row.pid else "[red]down[/]", escape(row.note))
    return table
