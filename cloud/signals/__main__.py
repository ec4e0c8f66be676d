"""Entry point of `satulayar-signals`."""

from cloud.signals.cli import app


def main() -> None:
    """Run the command."""
    app(prog_name="satulayar-signals")


if __name__ == "__main__":
    main()
