"""How well this box is heard: the strength of its modem's signal, or of its Wi-Fi.

The modem is asked over the host's D-Bus (balenaOS: the label `io.balena.features.dbus`) with `dbus-send`, the Wi-Fi's
strength stands in `/proc/net/wireless`. A box on a cable has neither, and then there is no figure.

Source: ModemManager's D-Bus interface, property `SignalQuality` of `org.freedesktop.ModemManager1.Modem` (percent,
and whether it is recent); Linux, `net/wireless/wext-proc.c`.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

WIRELESS = Path("/proc/net/wireless")
_ASK_S = 3.0
_MOST_QUALITY = 70.0  # what drivers mean by a perfect link in /proc/net/wireless
_ASK_MODEMS = (
    "dbus-send",
    "--system",
    "--print-reply",
    "--dest=org.freedesktop.ModemManager1",
    "/org/freedesktop/ModemManager1",
    "org.freedesktop.DBus.ObjectManager.GetManagedObjects",
)
_QUALITY = re.compile(r'string "SignalQuality"\s+variant\s+struct \{\s+uint32 (\d+)\s+boolean (true|false)')
_LINK = re.compile(r"^\s*(\w+):\s+\w+\s+([\d.]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Radio:
    """A radio link.

    Attributes:
        source: what was asked.
        strength_pct: of the best possible.
    """

    source: str
    strength_pct: float


def read_radio(wireless: Path = WIRELESS) -> Radio | None:
    """Give the strength of the modem's signal, else of the Wi-Fi's; None where neither tells."""
    return read_modem(_ask_modems()) or read_wireless(wireless)


def read_modem(answer: str) -> Radio | None:
    """Read the strongest modem's signal from D-Bus's answer."""
    found = [float(percent) for percent, _ in _QUALITY.findall(answer)]
    return Radio("modem", max(found)) if found else None


def read_wireless(path: Path) -> Radio | None:
    """Read the strongest interface's link from /proc/net/wireless."""
    try:
        text = path.read_text()
    except OSError:
        return None
    found = {name: float(quality) for name, quality in _LINK.findall(text)}
    if not found:
        return None
    name = max(found, key=lambda each: found[each])
    return Radio(name, min(100.0, round(100 * found[name] / _MOST_QUALITY)))


def _ask_modems() -> str:
    try:
        done = subprocess.run(_ASK_MODEMS, capture_output=True, text=True, timeout=_ASK_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
