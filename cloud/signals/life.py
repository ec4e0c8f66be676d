"""The life of a lease, as the room follows it. Pure: what was told is checked against what is known.

requested → sent → refused | accepted → applied → confirmed → ended → reverted. What comes out of order (a box that
was cut off tells everything at once; results and events travel side by side) never moves a lease back. An accepted
lease that supersedes another may be told to be *waiting* for it: its state stays, its deadline moves. `failed` and
`expired` are the room's own ends when the box did not confirm in time; they stay, whatever comes later.
"""

from typing import Literal, get_args

LeaseState = Literal[
    "requested", "sent", "accepted", "applied", "confirmed", "ended", "reverted", "refused", "failed", "expired"
]
STATES: tuple[LeaseState, ...] = get_args(LeaseState)
OPEN: tuple[LeaseState, ...] = ("requested", "sent", "accepted", "applied", "confirmed")
UNCONFIRMED: tuple[LeaseState, ...] = ("requested", "sent", "accepted", "applied")
GIVEN_UP: tuple[LeaseState, ...] = ("refused", "failed", "expired")
ALIVE: tuple[LeaseState, ...] = ("accepted", "applied", "confirmed")
SETTLED: tuple[LeaseState, ...] = ("confirmed", "ended", "reverted", *GIVEN_UP)

STATE_WORDS: dict[LeaseState, tuple[str, str]] = {
    "requested": ("baru diminta", "only requested"),
    "sent": ("baru dikirim", "only sent"),
    "accepted": ("diterima, belum berlaku", "accepted, not yet in force"),
    "applied": ("ditulis, belum dibaca ulang", "written, not yet read back"),
    "confirmed": ("sedang berlaku", "in force"),
    "ended": ("sudah berakhir", "has ended"),
    "reverted": ("sudah kembali ke rencananya sendiri", "is back on its own plan"),
    "refused": ("ditolak", "refused"),
    "failed": ("gagal", "failed"),
    "expired": ("kedaluwarsa", "expired"),
}

_WAY: tuple[LeaseState, ...] = (*OPEN, "ended", "reverted")


def advance(known: LeaseState, told: str) -> LeaseState:
    """Say in what state a lease is after something was told of it."""
    if known in GIVEN_UP or told not in STATES:
        return known
    if told in GIVEN_UP:
        return known if known in ("ended", "reverted") else _as_state(told)
    return max(known, _as_state(told), key=_WAY.index)


def is_stray(known: LeaseState, told: str) -> bool:
    """Tell whether a box speaks of a living lease that the room has given up: it must be withdrawn again."""
    return known in ("failed", "expired") and told in ALIVE


def _as_state(told: str) -> LeaseState:
    return next(state for state in STATES if state == told)
