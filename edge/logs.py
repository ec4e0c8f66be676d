"""Logs of a box: one JSON object per line, or coloured lines on a terminal.

Events are named noun_past_tense; figures are keys with their unit, so that a log can be searched by a machine.
"""

import logging
import sys

import structlog


def configure(level: str = "INFO") -> None:
    """Set up structlog for the process.

    Args:
        level: a name of the logging module, for example `INFO`.
    """
    # pymodbus reports every missed answer at ERROR; the box says "asset_lost" once instead.
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    renderer = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
