"""Entry point of `satulayar-warnings`."""

from cloud.warning.cli import app


def main() -> None:
    """Run the command."""
    app(prog_name="satulayar-warnings")


if __name__ == "__main__":
    main()
