"""Entry point of `satulayar-db`."""

from cloud.db.cli import app


def main() -> None:
    """Run the command line."""
    app(prog_name="satulayar-db")


if __name__ == "__main__":
    main()
