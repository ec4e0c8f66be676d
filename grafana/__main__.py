"""Entry point of `satulayar-grafana`."""

import sys

from grafana import errors
from grafana.cli import app

EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_MISCONFIGURED = 1, 75, 78


def main() -> None:
    """Run a command; errors become one message and an exit code."""
    try:
        app()
    except errors.WallError as error:
        sys.stderr.write(f"satulayar-grafana: {error}\n")
        sys.exit(_code(error))


def _code(error: errors.WallError) -> int:
    if isinstance(error, errors.Unavailable):
        return EXIT_UNAVAILABLE
    return EXIT_MISCONFIGURED if isinstance(error, errors.Misconfigured) else EXIT_REFUSED


if __name__ == "__main__":
    main()
