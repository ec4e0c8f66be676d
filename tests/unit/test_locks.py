"""Advisory locks of the database: each number has one use."""

import re
from collections import defaultdict
from pathlib import Path

CLOUD = Path(__file__).parents[2] / "cloud"
NUMBER = re.compile(r"7_?305_?810_?112_?(\d{3})")
NAMED = re.compile(r"^(\w+) = 7_?305_?810_?112_?(\d{3})$", re.MULTILINE)

REPEATED = {
    number
    for path in (CLOUD / "db" / "migrations" / "repeatable").glob("*.sql")
    for number in NUMBER.findall(path.read_text(encoding="utf-8"))
}


def test_locks_when_all_files_are_read_then_each_number_has_one_use() -> None:
    names, files = defaultdict(set), defaultdict(set)
    for path in [*CLOUD.rglob("*.py"), *CLOUD.rglob("*.sql")]:
        text = path.read_text(encoding="utf-8")
        for name, number in NAMED.findall(text):
            names[number].add(f"{path.name}:{name}")
        for number in NUMBER.findall(text):
            # A migration may write a function that its repeatable file writes again: that is one use.
            is_again = path.parent.name == "migrations" and number in REPEATED
            files[number] |= set() if is_again else {path.name}
    assert len(names) >= 6, "the pattern finds them"
    assert [used for used in names.values() if len(used) > 1] == []
    # A trigger may name the number that stands in locks.py, and nobody else's.
    shared = [used - {"locks.py"} for used in files.values()]
    assert [used for used in shared if len(used) > 1] == []
