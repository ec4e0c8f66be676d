"""What a controller can be in, by the numbers of NTCIP 1202 where it has them."""

from enum import IntEnum


class Panel(IntEnum):
    """The police panel at the cabinet."""

    AUTO = 0
    FLASH = 1
    MANUAL = 2


class Mode(IntEnum):
    """What the unit does."""

    STARTUP = 0
    RUNNING = 1
    LEAVING = 2
    FLASHING = 3


class FlashStatus(IntEnum):
    """Why the junction flashes (NTCIP 1202, unitFlashStatus)."""

    NOT_FLASH = 2
    AUTOMATIC = 3
    LOCAL_MANUAL = 4
    FAULT_MONITOR = 5
    STARTUP = 7


class ControlStatus(IntEnum):
    """Who decides about the pattern (NTCIP 1202, unitControlStatus)."""

    SYSTEM_CONTROL = 2
    BACKUP_MODE = 4
    MANUAL = 5
    TIMEBASE = 6


def why_flashing(mode: Mode, panel: Panel, *, is_tripped: bool) -> FlashStatus:
    """Give why a controller flashes, if it does.

    Args:
        mode: of the controller.
        panel: the key switch.
        is_tripped: the conflict monitor has tripped.
    """
    if mode is not Mode.FLASHING:
        return FlashStatus.STARTUP if mode is Mode.STARTUP else FlashStatus.NOT_FLASH
    if is_tripped:
        return FlashStatus.FAULT_MONITOR
    return FlashStatus.LOCAL_MANUAL if panel is Panel.FLASH else FlashStatus.AUTOMATIC
