"""Local rules: what the box does by itself, with or without a cloud.

A rule sees every reading of its asset, decides in microseconds, and says what it noticed and what its siren should
do. It knows neither network nor disk; its state is a few words, so that a restart in a flood repeats nothing.
"""

import json
from collections.abc import Iterable, Sequence

from edge.alarm import Alarm
from edge.contract.events import Severity
from edge.notices import Notice
from edge.sensors.reading import Reading
from edge.site_rules import STAGES, LampRule, StageRule

_SEVERITY: dict[str, Severity] = {"siaga_3": "minor", "siaga_2": "major", "siaga_1": "critical"}


class StageWatch:
    """Watches one gauge: an alarm for each stage, and what the siren should do."""

    def __init__(self, rule: StageRule) -> None:
        """Begin below all stages."""
        self._rule = rule
        self._seen = False
        self._alarms = {stage: Alarm(rule.minimum_s, rule.minimum_s) for stage in STAGES if stage in rule.stages}

    @property
    def asset(self) -> str:
        """The gauge."""
        return self._rule.asset

    @property
    def alarms(self) -> dict[str, Alarm]:
        """All alarms by a name that is stable over restarts."""
        return {f"{self._rule.kind}:{self._rule.asset}:{stage}": alarm for stage, alarm in self._alarms.items()}

    @property
    def siren(self) -> str | None:
        """The asset whose siren it drives."""
        return self._rule.siren

    @property
    def wants_siren(self) -> bool | None:
        """Say whether the siren should sound; None: leave it as it is, not enough is known yet."""
        at = STAGES.index(self._rule.siren_from)
        concerned = [alarm for stage, alarm in self._alarms.items() if STAGES.index(stage) >= at]
        if any(alarm.is_active for alarm in concerned):
            return True
        return None if not self._seen or any(alarm.is_pending for alarm in concerned) else False

    def look(self, reading: Reading, now_s: float) -> list[tuple[Alarm, Notice]]:
        """Look at a reading; give what it changed.

        Args:
            reading: of any quantity of the gauge.
            now_s: monotonic.
        """
        if reading.asset != self._rule.asset or reading.quantity != "water_level":
            return []
        self._seen = True
        changed = []
        for stage, alarm in self._alarms.items():
            level_m = self._rule.stages[stage]
            falls = reading.value < level_m - self._rule.hysteresis_m
            holds = True if reading.value >= level_m else False if falls else None
            if alarm.update(holds=holds, now_s=now_s):
                changed.append((alarm, self._notice(stage, level_m, reading.value, alarm)))
        return changed

    def _notice(self, stage: str, stage_m: float, level_m: float, alarm: Alarm) -> Notice:
        name = stage.replace("_", " ").title()
        if alarm.is_active:
            text_id = f"Tinggi muka air {level_m:.2f} m mencapai {name} ({stage_m:.2f} m)."
            text_en = f"Water level {level_m:.2f} m has reached {name} ({stage_m:.2f} m)."
        else:
            text_id = f"Tinggi muka air turun menjadi {level_m:.2f} m, {name} berakhir."
            text_en = f"Water level has fallen to {level_m:.2f} m, {name} has ended."
        values: dict[str, float | bool | str] = {"water_level": level_m, "stage": stage, "stage_level": stage_m}
        begun = None if alarm.is_active else alarm.begun_event or "unknown"
        return Notice("water_stage.reached", self._rule.asset, _SEVERITY[stage], text_id, text_en, values, begun)


class LampWatch:
    """Watches the circuits of one lamp panel: commanded on, and no current."""

    def __init__(self, rule: LampRule, circuits: Iterable[str]) -> None:
        """Begin with all circuits healthy.

        Args:
            rule: its settings.
            circuits: asset codes.
        """
        self._rule = rule
        self._alarms = {circuit: Alarm(rule.after_s, 0.0) for circuit in circuits}
        self._commanded: dict[str, bool] = {}
        self._current_a: dict[str, float] = {}

    @property
    def asset(self) -> str:
        """The panel."""
        return self._rule.asset

    @property
    def alarms(self) -> dict[str, Alarm]:
        """All alarms by a name that is stable over restarts."""
        return {f"{self._rule.kind}:{circuit}": alarm for circuit, alarm in self._alarms.items()}

    siren: str | None = None
    wants_siren: bool | None = None

    def look(self, reading: Reading, now_s: float) -> list[tuple[Alarm, Notice]]:
        """Look at a reading; give what it changed.

        Args:
            reading: of any circuit.
            now_s: monotonic.
        """
        circuit = reading.asset
        alarm = self._alarms.get(circuit)
        if alarm is None or reading.quantity not in ("commanded_on", "current"):
            return []
        if reading.quantity == "commanded_on":
            self._commanded[circuit] = bool(reading.value)
        else:
            self._current_a[circuit] = float(reading.value)
        if not alarm.update(holds=self._holds(circuit), now_s=now_s):
            return []
        return [(alarm, self._notice(circuit, alarm))]

    def _holds(self, circuit: str) -> bool | None:
        """Say whether the circuit is out; None while it is switched off, when nobody can know."""
        if not self._commanded.get(circuit) or circuit not in self._current_a:
            return None
        return abs(self._current_a[circuit]) < self._rule.minimum_a

    def _notice(self, circuit: str, alarm: Alarm) -> Notice:
        current_a = self._current_a[circuit]
        if alarm.is_active:
            text_id = f"Lampu {circuit} diperintah menyala tetapi arusnya hanya {current_a:.2f} A."
            text_en = f"Lamps of {circuit} are commanded on but draw only {current_a:.2f} A."
        else:
            text_id = f"Lampu {circuit} menyala kembali, arus {current_a:.2f} A."
            text_en = f"Lamps of {circuit} burn again, {current_a:.2f} A."
        begun = None if alarm.is_active else alarm.begun_event or "unknown"
        return Notice("lamp.failed", circuit, "minor", text_id, text_en, {"current": current_a}, begun)


Watch = StageWatch | LampWatch


def remember(watches: Sequence[Watch]) -> str:
    """Write down what is active, for the next start."""
    active = {name: alarm.begun_event for watch in watches for name, alarm in watch.alarms.items() if alarm.is_active}
    return json.dumps(active)


def recall(watches: Sequence[Watch], text: str | None) -> None:
    """Take up what was active before; what cannot be read counts as nothing."""
    try:
        active = json.loads(text or "{}")
    except ValueError:
        active = {}
    for watch in watches:
        for name, alarm in watch.alarms.items():
            if isinstance(active, dict) and name in active:
                alarm.is_active, alarm.begun_event = True, str(active[name])
