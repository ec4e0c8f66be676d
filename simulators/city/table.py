"""One junction for a person, as a table in the terminal."""

from typing import Any

from rich.table import Table
from rich.text import Text

from simulators.controller.program import FLASH, FREE

_COLOURS = {"G": "bold green", "Y": "bold yellow", "R": "red", "F": "yellow"}


def junction_table(found: dict[str, Any]) -> Table:
    """Draw what `describe` gave."""
    pattern = {FREE: "free", FLASH: "flash"}.get(found["pattern"], f"pattern {found['pattern']}")
    title = f"{found['code']} {found['name']} (simulated): {pattern}, by {found['source']}"
    if found["requested"] != found["pattern"]:
        title += f", next {found['requested']}"
    cycle = (
        f"cycle {found['cycle_s']:.0f} s, {found['cycle_left_s']:.0f} s left; {found['vehicles']} vehicles in the city"
    )
    table = Table(title=title, caption=cycle, header_style="bold", title_justify="left", caption_justify="left")
    for heading in ("phase", "", "s yet", "call", "ped", "road", "queue", "", "last end"):
        table.add_column(heading, justify="right" if heading in ("phase", "s yet", "queue") else "left")
    for row in found["phases"]:
        table.add_row(
            str(row["phase"]),
            Text("●" + row["letter"], style=_COLOURS[row["letter"]]),
            "" if row["left_s"] is None else f"{row['left_s']:.0f}",
            "●" if row["called"] else "",
            row["ped"],
            row["road"],
            str(row["queue"]),
            "▆" * min(30, (row["queue"] + 1) // 2),
            row["ending"],
        )
    return table
