"""How the console says instants, spans and figures."""

import re
from datetime import UTC, datetime, timedelta

from cloud.console.figures import say_age, say_clock, say_day, say_figure, say_instant

AT = "2025-11-24T20:38:12+00:00"


def test_instants_when_said_then_are_in_west_indonesia_time_with_each_language_s_own_marks() -> None:
    assert say_instant(AT, "id") == "25 Nov 2025, 03.38 WIB"
    assert say_instant(AT, "en") == "25 Nov 2025, 03:38 WIB"
    assert (say_clock(AT, "id"), say_clock(AT, "en")) == ("25 Nov 03.38.12", "25 Nov 03:38:12")
    assert re.fullmatch(r"\d\d\.\d\d\.\d\d", say_clock(datetime.now(UTC).isoformat(), "id"))
    assert (say_day(AT, "id"), say_day(AT, "en")) == ("25 November 2025", "25 November 2025")
    assert say_instant(None, "id") == say_clock(None, "en") == say_day(None, "id") == say_age(None, "id") == "-"


def test_ages_and_figures_when_said_then_are_in_the_language() -> None:
    ago = (datetime.now(UTC) - timedelta(hours=3, minutes=2)).isoformat()
    assert (say_age(ago, "id"), say_age(ago, "en")) == ("3 jam", "3 hours")
    assert (say_figure(2200, "id"), say_figure(2200, "en")) == ("2.200", "2,200")
    assert (say_figure(1.5, "id", 1), say_figure(0.25, "en", 0), say_figure(None, "id")) == ("1,5", "0", "-")
