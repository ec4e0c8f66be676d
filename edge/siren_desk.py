"""What the room may ask of a siren: a short test, to sound for some minutes, to stop what it asked for.

An order of the room ends by itself, on the box, whatever becomes of the line, and with a restart of the box. What the
local rules want is never silenced from the room: whoever is sure that a gauge errs has it repaired or its rule changed.
"""

from collections.abc import Mapping

from edge.contract.commands import Command, CommandState
from edge.siren import MAX_ORDER_S, MAX_TEST_S, Siren

SOUND, SILENCE, TEST = "siren.sound", "siren.silence", "siren.test"
ACTIONS = (TEST, SOUND, SILENCE)
Answer = tuple[CommandState, str, str]

_LONGEST = {TEST: (3.0, MAX_TEST_S), SOUND: (60.0, MAX_ORDER_S)}
_RULE_SOUNDS = (
    "Sirene berbunyi karena aturan setempat (tinggi muka air); perintah dari ruang tidak menghentikannya. | "
    "The siren sounds for a local rule (the water level); the room's word does not stop it."
)


class SirenDesk:
    """Carries out commands for sirens.

    Args:
        sirens: by asset.
    """

    def __init__(self, sirens: Mapping[str, Siren]) -> None:
        self._sirens = sirens

    def check(self, command: Command) -> Answer | None:
        """Give the refusal of a command; None if it can be carried out."""
        siren = self._sirens.get(command.asset or "")
        if siren is None:
            text = f"{command.asset} tidak punya sirene di kotak ini. | {command.asset} has no siren on this box."
            return "refused", "no_siren", text
        if command.action in _LONGEST and _seconds(command) is None:
            most_s = _LONGEST[command.action][1]
            text = f"Lamanya harus di atas 0 dan paling lama {most_s:g} detik. | "
            return "refused", "bad_argument", text + f"It must last more than 0 and at most {most_s:g} s."
        if command.action == SILENCE and siren.is_wanted_by_rules:
            return "refused", "rule_sounds", _RULE_SOUNDS
        return None

    async def carry_out(self, command: Command) -> Answer:
        """Carry out a command that was checked; the coil was read back when it is confirmed."""
        siren = self._sirens[command.asset or ""]
        if command.action == TEST:
            failure = await siren.test(_seconds(command) or 0.0)
        else:
            failure = await siren.order((_seconds(command) or 0.0) if command.action == SOUND else 0.0)
        return ("failed", "siren_did_not_follow", failure) if failure else ("confirmed", "", "")


def _seconds(command: Command) -> float | None:
    usual_s, most_s = _LONGEST.get(command.action, (0.0, 0.0))
    seconds = command.arguments.get("seconds", usual_s)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= most_s:
        return None
    return float(seconds)
