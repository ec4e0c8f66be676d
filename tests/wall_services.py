"""The shipped modules with their cells, for a regency that is made up: what `wall_regency` then fills with figures."""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import cloud.modules
from cloud.db.connection import Connection
from cloud.modules.manifest import Indicator, Manifest
from cloud.modules.manifest_files import find_modules, read_districts_file
from cloud.modules.store import put_districts, register

_PUT_CELL = """
INSERT INTO indicator_cell (indicator_id, keys)
SELECT indicator.id, %s FROM indicator INNER JOIN module ON module.id = indicator.module_id
WHERE module.name = %s AND indicator.name = %s
"""
SHIPPED = Path(cloud.modules.__file__).parent / "shipped"


def register_services(connection: Connection) -> None:
    """Register every shipped module, as its scheduler would, with all the cells it can have."""
    districts = read_districts_file(SHIPPED / "districts.csv")
    put_districts(connection, iter(districts))
    for module in find_modules([SHIPPED]):
        assert module.manifest, module.faults
        register(connection, module.name, module.manifest)
        cells = [
            (keys, module.name, name)
            for name, indicator in module.manifest.indicators.items()
            for keys in _cells(module.manifest, indicator, [code for code, _ in districts])
        ]
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(_PUT_CELL, cells)


def _cells(manifest: Manifest, indicator: Indicator, districts: list[str]) -> Iterator[list[str]]:
    """Give the keys of each cell; what has a place besides its district stands in one district only."""
    if indicator.dimensions == ("district",):
        yield from ([code] for code in districts)
        return
    values: Mapping[str, list[str]] = {name: list(one.values or ()) for name, one in manifest.dimensions.items()}
    others = [values[name] for name in indicator.dimensions if name != "district"]
    for keys in itertools.product(*others):
        home = districts[values[indicator.dimensions[1]].index(keys[0])] if "district" in indicator.dimensions else None
        yield [home, *keys] if home else list(keys)
