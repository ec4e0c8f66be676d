"""How much of the machine's processor everything that `up` has started takes, for the person before it."""

import os
import time

import psutil

LOOK_EVERY_S = 10.0  # every process of the machine is looked through


class ProcessorLoad:
    """The share of cores that this process and all below it took lately."""

    def __init__(self) -> None:
        self._used_s: dict[int, float] = {}
        self._looked_s = 0.0
        self.cores: float | None = None

    def sentence(self) -> str:
        """Say it in a few words; empty while it is not known."""
        self._look()
        return "" if self.cores is None else f"; {self.cores:.1f} of {os.cpu_count()} cores"

    def _look(self) -> None:
        now_s = time.monotonic()
        if now_s - self._looked_s < LOOK_EVERY_S:
            return
        used_s = _used_s()
        if self._used_s:
            # A process that came or went in between counts next time, or no more.
            gained_s = sum(used_s[pid] - before_s for pid, before_s in self._used_s.items() if pid in used_s)
            self.cores = gained_s / (now_s - self._looked_s)
        self._used_s, self._looked_s = used_s, now_s


def _used_s() -> dict[int, float]:
    """Give the seconds of processor time of each process, by its id."""
    own = psutil.Process()
    found = {}
    for process in [own, *own.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.Error:  # it has just ended
            continue
        found[process.pid] = times.user + times.system
    return found
