"""The tables that may be written while a controller runs: patterns and splits."""

from simulators.controller.coordination import FreeStatus, Plan, make_plan
from simulators.controller.program import FREE, Pattern, Program, Split


class Tables:
    """Patterns and splits of one controller.

    Attributes:
        patterns: the pattern table; `set_pattern` writes it.
        splits: the split table; `set_split` writes it.
        edition: how often anything was written, from 1.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self.patterns = {number: program.patterns.get(number, Pattern()) for number in _rows(program.max_patterns)}
        self.splits = {number: self._split_rows(number) for number in _rows(program.max_splits)}
        self.edition = 1

    def set_pattern(self, number: int, pattern: Pattern) -> None:
        """Write a row of the pattern table; raises `KeyError` where there is none."""
        if number not in self.patterns:
            raise KeyError(number)
        self.patterns[number] = pattern
        self.edition += 1

    def set_split(self, number: int, phase: int, split: Split) -> None:
        """Write a cell of the split table; raises `KeyError` where there is none."""
        if phase not in self.splits[number]:
            raise KeyError(phase)
        self.splits[number][phase] = split
        self.edition += 1

    def plan(self, wanted: int) -> Plan | FreeStatus:
        """Give a pattern as a plan that can run, or why the controller runs free instead."""
        if wanted == FREE:
            return FreeStatus.COMMAND_FREE
        pattern = self.patterns.get(wanted)
        if pattern is None or pattern.split not in self.splits:
            return FreeStatus.BAD_PLAN
        return make_plan(self._program, wanted, pattern, self.splits[pattern.split])

    def _split_rows(self, number: int) -> dict[int, Split]:
        given = self._program.splits.get(number, {})
        return {phase.number: given.get(phase.number, Split()) for phase in self._program.phases}


def _rows(count: int) -> range:
    return range(1, count + 1)
