"""Entry point of `satulayar-api`. It takes its settings from the environment; `--check` validates them and exits."""

import sys
from contextlib import suppress
from types import FrameType

import uvicorn

from cloud import errors, logs
from cloud.api.app import make_app
from cloud.api.live import Live
from cloud.api.settings import ApiSettings, read_settings
from cloud.api.wire import KEEP_ALIVE_S, MAX_HEADER_BYTES, REQUEST_S, Bounds, bounded_by

EXIT_MISCONFIGURED = 78
# Requests are short; streams are told to end. Whatever is left after this is cut.
GRACE_S = 5


class Server(uvicorn.Server):
    """A server that ends its endless streams when it is told to stop.

    Args:
        config: of uvicorn.
        live: where the streams are.
    """

    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        self._live = live

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal to stop."""
        self._live.dismiss_all("The server stops.")
        super().handle_exit(sig, frame)


def make_server(settings: ApiSettings) -> Server:
    """Make a server that is ready to run."""
    app = make_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        http=bounded_by(Bounds(settings.max_connections, REQUEST_S, settings.slow_client_s)),
        timeout_keep_alive=KEEP_ALIVE_S,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        # Without a list uvicorn would believe X-Forwarded-For from loopback, and from FORWARDED_ALLOW_IPS.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=GRACE_S,
    )
    return Server(config, app.state.live)


def main() -> None:
    """Check the settings, then serve until told to stop."""
    try:
        settings = read_settings()
    except errors.Misconfigured as error:
        sys.stderr.write(f"satulayar-api: {error}\n")
        sys.exit(EXIT_MISCONFIGURED)
    if sys.argv[1:] == ["--check"]:
        sys.stdout.write("the settings are right\n")
        return
    if sys.argv[1:]:
        sys.stderr.write(f"satulayar-api takes no arguments but --check; settings are variables, not {sys.argv[1]}\n")
        sys.exit(EXIT_MISCONFIGURED)
    logs.configure(settings.log_level)
    # uvicorn raises the signal again once it has ended in order; the traceback of that would only frighten.
    with suppress(KeyboardInterrupt):
        make_server(settings).run()


if __name__ == "__main__":
    main()
