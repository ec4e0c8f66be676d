"""Every alert rule: what it asks, from which value on, for how long, and what is to be done about it.

Each asks a view that always has one row an asset, with a column `value`: a device that vanished from the answer would
be no alarm. A rule begins at one mark and ends at another (hysteresis), so that a level that trembles is one alarm.

Grafana's own words: "no data" and "error" become alarms, because either means that nobody is looking.
"""

from dataclasses import dataclass, replace
from typing import Literal

from grafana.statements import statement

Category = Literal["box", "camera", "lamp", "signal", "water", "platform"]
Severity = Literal["info", "minor", "major", "critical"]


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One rule.

    Attributes:
        uid: for good.
        title: in Indonesian, as operators read it.
        group: evaluated together, one after another.
        category: who handles it.
        severity: how it begins its life in the room.
        above: the value from which on it fires.
        ends_below: the value at or below which it ends; less than `above`.
        for_s: seconds that it must hold.
        summary_id: one sentence for the operator; `{{ $labels.x }}` names the asset.
        summary_en: the same in English.
        runbook: page in `runbooks/`.
        query: name of the statement in `sql/alerts.sql`.
        board: dashboard that shows more.
    """

    uid: str
    title: str
    group: str
    category: Category
    severity: Severity
    above: float
    ends_below: float
    for_s: int
    summary_id: str
    summary_en: str
    runbook: str
    query: str
    board: str

    @property
    def sql(self) -> str:
        """The SQL as it reaches the database: rules have no variables and no span."""
        return statement("alerts", self.query)


GROUPS: dict[str, int] = {"kabar": 60, "kabar-banyak": 300, "air": 30, "gangguan": 60, "platform": 60}
"""Seconds between two looks of each group; what has thousands of rows is looked at less often."""

STAGE_MARGIN = 0.1
"""Of the way between two stages, and 10 cm below the first: the box's own hysteresis (edge/site_rules.py)."""


def _silence(
    kind: str, query: str, category: Category, severity: Severity, words: tuple[str, str], group: str, board: str
) -> AlertRule:
    return AlertRule(
        uid=f"satulayar-senyap-{query.removeprefix('silent_').replace('_', '-')}",
        title=f"{words[0]} tidak terdengar",
        group=group,
        category=category,
        severity=severity,
        above=0.5,
        ends_below=0.5,
        for_s=60 if group == "kabar" else 300,
        summary_id=f"{words[0]} {{{{ $labels.{kind} }}}} di {{{{ $labels.district }}}} tidak terdengar.",
        summary_en=f"{words[1]} {{{{ $labels.{kind} }}}} in {{{{ $labels.district }}}} is not heard.",
        runbook="senyap",
        query=query,
        board=board,
    )


def _stage(level: int, severity: Severity) -> AlertRule:
    return AlertRule(
        uid=f"satulayar-siaga-{4 - level}",
        title=f"Sungai mencapai Siaga {4 - level}",
        group="air",
        category="water",
        severity=severity,
        above=level - 0.001,
        ends_below=level - STAGE_MARGIN,
        for_s=60,
        summary_id=f"{{{{ $labels.gauge }}}} di {{{{ $labels.district }}}} mencapai Siaga {4 - level}.",
        summary_en=f"{{{{ $labels.gauge }}}} in {{{{ $labels.district }}}} has reached Siaga {4 - level}.",
        runbook="siaga",
        query="stage",
        board="peringatan-dini",
    )


def _trouble(
    quantity: str, category: Category, severity: Severity, words: tuple[str, str], for_s: int, board: str
) -> AlertRule:
    return AlertRule(
        uid=f"satulayar-{quantity.replace('_', '-')}",
        title=words[0],
        group="gangguan",
        category=category,
        severity=severity,
        above=0.5,
        ends_below=0.5,
        for_s=for_s,
        summary_id=f"{words[0]}: {{{{ $labels.asset }}}} di {{{{ $labels.district }}}}.",
        summary_en=f"{words[1]}: {{{{ $labels.asset }}}} in {{{{ $labels.district }}}}.",
        runbook=f"{quantity.replace('_', '-')}",
        query=quantity,
        board=board,
    )


def _platform(
    name: str, severity: Severity, marks: tuple[float, float], for_s: int, words: tuple[str, str, str]
) -> AlertRule:
    title, summary_id, summary_en = words
    return AlertRule(
        uid=f"satulayar-{name}",
        title=title,
        group="platform",
        category="platform",
        severity=severity,
        above=marks[0],
        ends_below=marks[1],
        for_s=for_s,
        summary_id=summary_id,
        summary_en=summary_en,
        runbook=name,
        query=name.replace("-", "_"),
        board="platform",
    )


RULES: tuple[AlertRule, ...] = (
    _silence("box", "silent_box", "box", "major", ("Box", "Box"), "kabar", "armada"),
    _silence("asset", "silent_signal", "signal", "major", ("Pengendali", "Controller"), "kabar", "lalu-lintas"),
    _silence("asset", "silent_gauge", "water", "major", ("Pos duga air", "Gauge"), "kabar", "peringatan-dini"),
    _silence("asset", "silent_screen", "platform", "minor", ("Layar", "Screen"), "kabar", "armada"),
    _silence("asset", "silent_camera", "camera", "minor", ("Kamera", "Camera"), "kabar-banyak", "kamera"),
    _silence("asset", "silent_lamp", "lamp", "minor", ("Sirkuit PJU", "Lamp circuit"), "kabar-banyak", "pju"),
    _stage(1, "minor"),
    _stage(2, "major"),
    _stage(3, "critical"),
    _trouble("lamp_fault", "lamp", "minor", ("Lampu terganggu", "Lamp fault"), 300, "pju"),
    _trouble("door_open", "box", "major", ("Pintu kabinet terbuka", "Cabinet door open"), 120, "pju"),
    _trouble("mains_present", "box", "major", ("Listrik PLN padam", "No mains"), 120, "pju"),
    _trouble(
        "controller_flash", "signal", "major", ("Lampu lalu lintas berkedip", "Signal flashes"), 30, "lalu-lintas"
    ),
    _trouble("detector_fault", "signal", "minor", ("Detektor bermasalah", "Detector fault"), 300, "lalu-lintas"),
    _trouble(
        "coordination_fault",
        "signal",
        "minor",
        ("Koordinasi simpang terganggu", "Coordination fault"),
        300,
        "lalu-lintas",
    ),
    _trouble("disk_trouble", "box", "major", ("Gangguan penyimpanan box", "Disk trouble"), 60, "armada"),
    _trouble("screen_on", "platform", "minor", ("Layar ruang kendali gelap", "Screen dark"), 120, "armada"),
    _trouble("page_alive", "platform", "major", ("Dinding tidak tampil", "Wall not shown"), 120, "armada"),
    _platform(
        "pulse",
        "major",
        (60, 30),
        60,
        (
            "Gambar dinding tidak diperbarui",
            "Keadaan di dinding sudah {{ humanizeDuration $values.A.Value }} tidak diperbarui.",
            "The states on the wall are {{ humanizeDuration $values.A.Value }} old.",
        ),
    ),
    _platform(
        "operations",
        "critical",
        (60, 30),
        60,
        (
            "Mesin insiden berhenti",
            "Sejak {{ humanizeDuration $values.A.Value }} tidak ada yang dijadikan insiden.",
            "Nothing has been made an incident for {{ humanizeDuration $values.A.Value }}.",
        ),
    ),
    replace(
        _platform(
            "feeds",
            "major",
            (900, 300),
            60,
            (
                "Sumber peringatan tidak menjawab",
                "Sejak {{ humanizeDuration $values.A.Value }} salah satu sumber peringatan (BMKG) tidak menjawab.",
                "A source of warnings (BMKG) has not answered for {{ humanizeDuration $values.A.Value }}.",
            ),
        ),
        board="peringatan-dini",
    ),
    _platform(
        "ingest",
        "critical",
        (120, 60),
        60,
        (
            "Tidak ada data masuk",
            "Sejak {{ humanizeDuration $values.A.Value }} tidak ada kabar dari box mana pun.",
            "Nothing of any box has been stored for {{ humanizeDuration $values.A.Value }}.",
        ),
    ),
    _platform(
        "rejected",
        "minor",
        (1_000, 500),
        300,
        (
            "Banyak pesan ditolak",
            "{{ $values.A.Value }} pesan ditolak dalam dua jam terakhir.",
            "{{ $values.A.Value }} messages were refused in the last two hours.",
        ),
    ),
)
