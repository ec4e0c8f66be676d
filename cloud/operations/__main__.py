"""Entry point of `satulayar-operations`."""

from cloud.operations.cli import app


def main() -> None:
    """Run the command."""
    app(prog_name="satulayar-operations")


if __name__ == "__main__":
    main()
