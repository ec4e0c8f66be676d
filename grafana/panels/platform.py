"""The platform itself: what comes in, how late, what is refused, how much room it takes, whether its jobs run."""

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from grafana.codes import BAD, GOOD, REJECTED, WATCH
from grafana.look import names_of, steps
from grafana.panels.shapes import PanelBuilder, course, figure, lines, listing, named
from grafana.query import Query
from grafana.words import Say


def ingest_rate(say: Say) -> PanelBuilder:
    """Samples stored a second."""
    panel = course(
        say("Sampel yang disimpan", "Samples stored"),
        say("Per detik, dari hitungan basis data.", "A second, by the database's own count."),
        Query("platform", "ingest_rate"),
        unit="suffix: /s",
        low=0,
        gaps_ms=180_000,
    )
    return lines(say, panel, "samples_per_s")


def lag(say: Say) -> PanelBuilder:
    """From the sensor to the database."""
    panel = course(
        say("Dari sensor sampai tersimpan", "From sensor to stored"),
        say("Median dan p99 nilai terbaru.", "Median and p99 of newest values."),
        Query("platform", "lag"),
        unit="s",
        low=0,
        gaps_ms=180_000,
    )
    return lines(say, panel, "p50", "p99")


def rejected(say: Say) -> PanelBuilder:
    """What was refused, by reason."""
    panel = course(
        say("Pesan ditolak per jam", "Refused messages by hour"),
        say("Menurut alasan; isinya di /v1/rejected.", "By reason; what was sent is at /v1/rejected."),
        Query("platform", "rejected"),
        low=0,
    )
    for reason, words in REJECTED.items():
        panel.override_by_name(reason, named(say(*words)))
    return panel


def rejected_by_box(say: Say) -> PanelBuilder:
    """Whose messages were refused."""
    return listing(
        say,
        say("Ditolak menurut box", "Refused, by box"),
        say("Dalam rentang waktu yang dipilih.", "Within the time shown."),
        Query("platform", "rejected_by_box"),
        ["box", "reason", "count"],
        extra={"reason": [DynamicConfigValue(id_val="mappings", value=names_of(say, REJECTED))]},
    )


def database_size(say: Say) -> PanelBuilder:
    """How large the database is."""
    return figure(
        say("Ukuran basis data", "Size of the database"),
        say("Semua tabel dan indeks.", "All tables and indexes."),
        Query("platform", "database_size"),
        unit="bytes",
        decimals=1,
    )


def relation_sizes(say: Say) -> PanelBuilder:
    """How large each hypertable is."""
    return listing(
        say,
        say("Tabel terbesar", "Largest tables"),
        say("Hypertable dengan indeksnya.", "Hypertables with their indexes."),
        Query("platform", "relation_sizes"),
        ["relation", "bytes", "chunks"],
    )


def jobs(say: Say) -> PanelBuilder:
    """How far behind the jobs are."""
    marks = {
        "mode": "absolute",
        "steps": [{"value": None, "color": GOOD}, {"value": 300, "color": WATCH}, {"value": 900, "color": BAD}],
    }
    return listing(
        say,
        say("Pekerjaan latar", "Jobs"),
        say("Seberapa jauh tertinggal: pulse, rollups, operasi.", "How far behind: pulse, rollups, operations."),
        Query("platform", "jobs"),
        ["job", "age_s"],
        extra={
            "age_s": [
                DynamicConfigValue(id_val="thresholds", value=marks),
                DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}),
            ]
        },
    )


def not_installed(say: Say) -> str:
    """Say that a part is not there, where a zero would be a lie."""
    return say("belum terpasang", "not installed")


GROUND = steps((None, GOOD))
