"""The log at a terminal tells what failed, and no value of a variable."""

import io
import sys

import pytest
import structlog

from cloud import logs


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_log_when_something_fails_at_a_terminal_then_no_secret_of_a_variable_is_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    before = structlog.get_config()
    logs.configure()
    try:
        _fail("rahasia-7")
    finally:
        structlog.configure(**before)
    assert "ZeroDivisionError" in terminal.getvalue()
    assert "rahasia-7" not in terminal.getvalue()


def _fail(secret: str) -> None:
    try:
        _ = len(secret) // 0
    except ZeroDivisionError:
        structlog.get_logger().exception("failed")
