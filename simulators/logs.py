"""Log lines of the simulators' own processes: JSON unless at a terminal."""

import sys

import structlog


def configure() -> None:
    """Send structlog to standard error."""
    terminal = sys.stderr.isatty()
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)  # no values of variables
    renderer = console if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
