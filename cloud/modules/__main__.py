"""Entry point of `satulayar-modules`."""

from cloud.modules.cli import app


def main() -> None:
    """Run the command."""
    app(prog_name="satulayar-modules")


if __name__ == "__main__":
    main()
