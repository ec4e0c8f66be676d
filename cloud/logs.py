"""Log lines of the cloud's programs: JSON for machines, colours for a person at a terminal.

Events are nouns with a past participle (`rollup_finished`), everything else is a key. Standard error carries the
log, so that standard output stays what a command was asked for.
"""

import logging
import sys
from typing import TextIO, cast

import structlog

LEVELS = ("debug", "info", "warning", "error")


class _StandardError:
    """Standard error as it is when something is written: a test that looks at a command puts its own in place."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure(level: str = "info") -> None:
    """Send structlog to standard error.

    Args:
        level: the least serious level that is written, one of `LEVELS`.
    """
    terminal = sys.stderr.isatty()
    # Without the values of variables: a secret may be among them.
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderer = console if terminal else structlog.processors.JSONRenderer()
    faults = [] if terminal else [structlog.processors.format_exc_info]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *faults,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _StandardError())),
        cache_logger_on_first_use=True,
    )
    _adopt_libraries(renderer)


def _adopt_libraries(renderer: structlog.typing.Processor) -> None:
    """Let what libraries log through the standard library come out in the same form, from warnings on."""
    handler = logging.StreamHandler(cast(TextIO, _StandardError()))
    before: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    after: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        renderer,
    ]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=after))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
