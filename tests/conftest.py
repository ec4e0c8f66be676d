"""Fixtures shared by all tests are plugins, one per part of the system."""

pytest_plugins = [
    "tests.fix_drawn",
    "tests.fix_stack",
    "tests.fix_database",
    "tests.fix_api",
    "tests.fix_people",
    "tests.fix_edge",
    "tests.fix_ingest",
    "tests.fix_room",
    "tests.fix_up",
    "tests.fix_balena",
    "tests.fix_corridor",
    "tests.fix_vision",
    "tests.fix_cameras",
    "tests.fix_walk",
    "tests.fix_wall",
    "tests.fix_grafana",
    "tests.fix_operations",
    "tests.fix_loudspeakers",
]
