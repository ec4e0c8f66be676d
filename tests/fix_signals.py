"""A watcher that judges only what a junction displays, tick by tick; it knows nothing of the machine behind it."""

from itertools import combinations

from simulators.controller.displayed import Displayed
from simulators.controller.program import Program, bit, ticks


class Watcher:
    """Holds every displayed state against a program's times; `breaches` lists what is wrong."""

    def __init__(self, program: Program) -> None:
        self._phases = program.phases
        self._clashing = [
            bit(one.number) | bit(other.number)
            for one, other in combinations(program.phases, 2)
            if one.ring == other.ring or one.side != other.side
        ]
        self._letter = {phase.number: "?" for phase in program.phases}
        self._since = {phase.number: -1 for phase in program.phases}
        self._ped = {phase.number: "?" for phase in program.phases}
        self._ped_since = {phase.number: -1 for phase in program.phases}
        self._clear_until = {phase.number: -1 for phase in program.phases}
        self.breaches: list[str] = []
        self.greens = dict.fromkeys(self._letter, 0)

    def see(self, tick: int, shown: Displayed, *, may_be_cut: bool = False) -> None:
        """Judge one tick; `may_be_cut`: power, the key or the monitor may have ended anything just now."""
        lit = shown.greens | shown.yellows
        if any(lit & pair == pair for pair in self._clashing):
            self.breaches.append(f"{tick}: {lit:08b} lit together")
        if lit & shown.reds or shown.walks & shown.ped_clears or shown.walks & ~shown.greens:
            self.breaches.append(f"{tick}: {shown} contradicts itself")
        for phase in self._phases:
            self._see_vehicles(tick, phase, shown.letter(phase.number), may_be_cut)
            self._see_walkers(tick, phase, shown, may_be_cut)

    def _see_vehicles(self, tick, phase, letter, may_be_cut) -> None:
        number, before = phase.number, self._letter[phase.number]
        if letter == before:
            return
        lasted = tick - self._since[number]
        allowed = {"GY", "YR", "RG", "?G", "?Y", "?R", "?F", "FR", "RF"}
        if before + letter not in allowed and not may_be_cut:
            self.breaches.append(f"{tick}: phase {number} went {before}{letter}")
        if before == "G" and not may_be_cut and lasted < ticks(phase.minimum_green_s):
            self.breaches.append(f"{tick}: phase {number} green for {lasted} ticks only")
        if before == "Y":
            if lasted < ticks(phase.yellow_s) and not may_be_cut:
                self.breaches.append(f"{tick}: phase {number} yellow for {lasted} ticks only")
            self._clear_until[number] = -1 if may_be_cut else tick + ticks(phase.red_clear_s)
        if letter == "G":
            self.greens[number] += 1
            self._check_clearances(tick, phase)
        self._letter[number], self._since[number] = letter, tick

    def _check_clearances(self, tick, phase) -> None:
        for other in self._phases:
            clashes = other.ring == phase.ring or other.side != phase.side
            if other is not phase and clashes and tick < self._clear_until[other.number]:
                self.breaches.append(f"{tick}: phase {phase.number} green within red clearance of {other.number}")

    def _see_walkers(self, tick, phase, shown, may_be_cut) -> None:
        number, mask = phase.number, bit(phase.number)
        ped = "W" if shown.walks & mask else "C" if shown.ped_clears & mask else "D"
        before, lasted = self._ped[number], tick - self._ped_since[number]
        if ped == before:
            return
        if not may_be_cut and before + ped not in {"DW", "WC", "CD", "?D", "?W"}:
            self.breaches.append(f"{tick}: walkers of phase {number} went {before}{ped}")
        if before == "W" and not may_be_cut and lasted < ticks(phase.walk_s):
            self.breaches.append(f"{tick}: walk of phase {number} for {lasted} ticks only")
        if before == "C" and not may_be_cut and lasted < ticks(phase.ped_clear_s):
            self.breaches.append(f"{tick}: walkers of phase {number} cleared for {lasted} ticks only")
        self._ped[number], self._ped_since[number] = ped, tick
