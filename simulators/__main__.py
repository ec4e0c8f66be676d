"""Command line of the simulators: `satulayar-simulate`."""

import sys

from cloud.errors import CloudError
from provisioning.errors import ProvisioningError
from simulators.cli import app
from simulators.errors import SimulatorError


def main() -> None:
    """Run the command line; expected errors are a line or a few, not a traceback."""
    try:
        app()
    except (SimulatorError, CloudError, ProvisioningError) as error:
        print(f"satulayar-simulate: {error}", file=sys.stderr)  # noqa: T201 - the command's own word
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
