"""The civil registry's database: a monthly summary by district, in PostgreSQL, and nothing else that we may see."""

from collections.abc import Iterator
from datetime import date

import psycopg

from simulators.services.chance import between
from simulators.services.places import DISTRICTS, District

_MONTHS = 24
_TABLE = """
CREATE TABLE IF NOT EXISTS rekap_bulanan (
    kode_kecamatan text NOT NULL, bulan date NOT NULL, penduduk integer NOT NULL, lahir integer NOT NULL,
    mati integer NOT NULL, datang integer NOT NULL, pindah integer NOT NULL, PRIMARY KEY (kode_kecamatan, bulan)
)
"""
_READERS = "GRANT SELECT ON rekap_bulanan TO PUBLIC"
_ROW = "INSERT INTO rekap_bulanan VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"


def write_registry(dsn: str, today: date) -> None:
    """Write all months that are over into the registry's database; months that are there stay."""
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(_TABLE)
        cursor.execute(_READERS)
        cursor.executemany(_ROW, [row for district in DISTRICTS for row in _months(district, today)])


def _months(district: District, today: date) -> Iterator[tuple[str, date, int, int, int, int, int]]:
    residents = district.residents
    last = today.year * 12 + today.month - 2  # the month before this one, counted from 0
    for month in range(last - _MONTHS + 1, last + 1):
        begins = date(month // 12, month % 12 + 1, 1)
        born, died, came, left = (
            round(residents * rate * between(0.8, 1.2, what, district.code, begins))
            for what, rate in (("lahir", 0.00125), ("mati", 0.0006), ("datang", 0.0011), ("pindah", 0.001))
        )
        residents += born - died + came - left
        yield district.code, begins, residents, born, died, came, left
