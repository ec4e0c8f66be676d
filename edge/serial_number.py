"""The number that its maker gave this computer: what a crew reads on it, or scans.

A Raspberry Pi tells it to everybody; a computer with firmware of the PC kind tells its own to root only, and the agent
is not root. Then there is none, and the balena uuid alone says which computer this is.

Source: Linux, `arch/arm64/kernel/cpuinfo.c` of the Raspberry Pi's kernel: `Serial` in `/proc/cpuinfo`.
"""

import re
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
_SERIAL = re.compile(r"^Serial\s*:\s*([0-9A-Fa-f]{8,16})\s*$", re.MULTILINE)


def read_serial_number(cpuinfo: Path = CPUINFO) -> str:
    """Give the number; empty where this computer does not tell."""
    try:
        found = _SERIAL.search(cpuinfo.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""
    return found[1].lower() if found else ""
