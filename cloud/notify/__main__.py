"""Entry point of `satulayar-notify`."""

from cloud.notify.cli import app


def main() -> None:
    """Run the command."""
    app(prog_name="satulayar-notify")


if __name__ == "__main__":
    main()
