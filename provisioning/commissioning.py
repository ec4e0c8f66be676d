"""Commissioning a box on the spot: asks it twice, judges, and writes the report as JSON and PDF.

It needs a way to the box's `/status` and no network beyond: on the spot by cable, from the office through a tunnel.
"""

import datetime as dt
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests
from fpdf import FPDF

from provisioning.certificates import write_whole
from provisioning.checklist import Check, judge
from provisioning.claims import Claim
from provisioning.desired import Site
from provisioning.errors import Misconfigured, Unavailable

WIB = dt.timezone(dt.timedelta(hours=7), "WIB")
_TIMEOUT_S = 5.0
_MAX_BYTES = 4_194_304
_LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Report:
    """What commissioning found.

    Attributes:
        regency: its name.
        site: code of the site.
        box: the slot.
        hardware: the computer, as it was claimed; "" for none.
        at: when.
        by: who did it.
        checks: everything measured.
    """

    regency: str
    site: str
    box: str
    hardware: str
    at: dt.datetime
    by: str
    checks: list[Check]

    @property
    def passed(self) -> bool:
        """Whether the crew may leave."""
        return all(check.passed for check in self.checks)

    def as_json(self) -> str:
        """Write the report for machines."""
        content = asdict(self) | {"at": self.at.isoformat(), "passed": self.passed}
        return json.dumps(content, indent=2, ensure_ascii=False)


def measure(
    site: Site, box: str, url: str, within_s: float, sleep: Callable[[float], None] = time.sleep
) -> list[Check]:
    """Ask a box until a receipt came, or the time is over; judge what was found.

    Args:
        site: as the desired state has it.
        box: which of its boxes.
        url: of the agent's health endpoint, `http://127.0.0.1:8470`.
        within_s: how long a receipt may take.
        sleep: waits for seconds.

    Raises:
        Unavailable: the box does not answer.
        Misconfigured: what answers is no agent.
    """
    first = ask(url)
    until_s = time.monotonic() + within_s
    while True:
        checks = judge(site, box, first, ask(url))
        if all(check.passed for check in checks) or time.monotonic() >= until_s:
            return checks
        sleep(_LOOK_S)


def judge_claim(standing: list[Claim]) -> Check:
    """Check that a computer is bound to the slot."""
    if standing:
        return Check("claim", passed=True, measured=f"{standing[0].hardware}, {standing[0].claimed_by}")
    return Check(
        "claim",
        passed=False,
        measured="nobody claimed this slot",
        remedy_id="Pindai label kotak: satulayar-provision claim.",
        remedy_en="Scan the box's label: satulayar-provision claim.",
    )


def ask(url: str) -> dict[str, Any]:
    """Ask an agent for its status.

    Raises:
        Unavailable: nobody answers.
        Misconfigured: what answers is no agent.
    """
    try:
        answer = requests.get(f"{url.rstrip('/')}/status", timeout=_TIMEOUT_S, allow_redirects=False)
        content = answer.json() if len(answer.content) <= _MAX_BYTES else None
    except requests.exceptions.JSONDecodeError as error:
        raise Misconfigured(f"{url} is not a box of ours: is the address right?") from error
    except requests.RequestException as error:
        raise Unavailable(f"{url}: the box does not answer: is it on, is the cable in, is this its address?") from error
    if not isinstance(content, dict) or "box" not in content:
        raise Misconfigured(f"{url} is not a box of ours: is the address right?")
    return content


def write_report(report: Report, folder: Path) -> tuple[Path, Path]:
    """Write JSON and PDF, named by box and time; give both files.

    Raises:
        Misconfigured: the folder cannot be written to.
    """
    stem = f"{report.box}-{report.at.astimezone(WIB):%Y%m%d-%H%M%S}"
    files = folder / f"{stem}.json", folder / f"{stem}.pdf"
    try:
        write_whole(files[0], report.as_json().encode(), 0o644)
        write_whole(files[1], _draw(report), 0o644)
    except OSError as error:
        raise Misconfigured(f"{folder}: cannot be written: {error.strerror}") from error
    return files


def lines_of(checks: list[Check]) -> list[str]:
    """Write checks for a terminal: what failed with its remedy below it."""
    lines = []
    for check in checks:
        lines.append(f"{'ok   ' if check.passed else 'GAGAL'} {check.name}: {check.measured}")
        lines += [f"        {remedy}" for remedy in (check.remedy_id, check.remedy_en) if remedy]
    return lines


def _draw(report: Report) -> bytes:
    pdf = FPDF(unit="mm", format="A4")
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 14)
    pdf.cell(0, 8, f"Laporan komisioning {report.box}", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", "", 9)
    verdict = "LULUS (passed)" if report.passed else "BELUM LULUS (not passed)"
    at = f"{report.at.astimezone(WIB):%d-%m-%Y %H:%M} WIB"
    for line in (report.regency, f"{report.site}, {report.hardware}", f"{at}, {report.by}", verdict):
        pdf.cell(0, 5, _latin(line), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(3)
    for line in lines_of(report.checks):
        pdf.multi_cell(0, 5, _latin(line), new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def _latin(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1")
