"""History as CSV (RFC 4180), with the series and its unit in the file's name."""

import csv
import io
import re

from starlette.responses import Response

from cloud.api.models import History

CSV_TYPE = "text/csv"
RAW_COLUMNS = ("time", "value")
TEXT_COLUMNS = ("time", "text")
ROLLUP_COLUMNS = ("time", "value", "min", "max", "last", "n")


def write_csv(history: History, *, is_text: bool) -> Response:
    """Write a history as a CSV attachment; `value` is the mean where `n` is there.

    Args:
        history: what to write.
        is_text: whether the series is of words.
    """
    columns = TEXT_COLUMNS if is_text else RAW_COLUMNS if history.resolution == "raw" else ROLLUP_COLUMNS
    page = io.StringIO()
    table = csv.writer(page)
    table.writerow(columns)
    for point in history.points:
        table.writerow([point.time.isoformat(), *(_cell(getattr(point, column)) for column in columns[1:])])
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", f"{history.series}_{history.resolution}")
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    if history.truncated:
        headers["X-Truncated"] = "true"
    return Response(page.getvalue(), media_type=f"{CSV_TYPE}; charset=utf-8", headers=headers)


def _cell(value: float | str | None) -> float | str | None:
    # A word that begins like a formula would be run by a spreadsheet.
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" else value
