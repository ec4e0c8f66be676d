"""HTTP for sources: no requests into private ranges, bounded answers, our own words for what goes wrong.

The address is judged where the connection is made, after the name was resolved and again for each redirect, so that a
name that changes its mind in between gains nothing (OWASP, Server-Side Request Forgery Prevention).
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import httpcore
import httpx

from cloud.modules.errors import SourceAway, SourceFailed

REDIRECTS_MAX = 5
# Global by their form, yet they lead to an IPv4 address that may be an inner one (RFC 4291, 6052, 3056, 4380), or were
# for sites (RFC 3879).
_NOT_OURS_TO_ASK = [
    ipaddress.ip_network(each)
    for each in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "2002::/16", "2001::/32", "fec0::/10")
]
_ORIGIN = "satulayar_origin"
_SAID: tuple[tuple[type[httpx.HTTPError], str, str], ...] = (
    (httpx.RemoteProtocolError, "jawabannya putus di tengah, atau bukan HTTP", "its answer broke off, or is no HTTP"),
    (httpx.UnsupportedProtocol, "dialihkan ke alamat yang bukan HTTP", "it redirects to what is no HTTP address"),
    (httpx.TimeoutException, "tidak menjawab dalam waktunya", "it does not answer in time"),
    (httpx.DecodingError, "jawabannya rusak (kompresi)", "its answer is damaged (compression)"),
)
_FOR_ANYBODY = {"host", "user-agent", "accept", "accept-encoding", "connection", "if-none-match", "if-modified-since"}


class _Timed(httpcore.NetworkStream):
    """A connection whose every step ends when the whole exchange must: a server may send its headers in drops."""

    def __init__(self, stream: httpcore.NetworkStream, left_s: Callable[[], float]) -> None:
        self._stream = stream
        self._left_s = left_s

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there; see the base class."""
        return self._stream.read(max_bytes, self._bounded(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write; see the base class."""
        self._stream.write(buffer, self._bounded(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Close; see the base class."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Begin to encrypt; see the base class."""
        within_s = self._bounded(timeout, httpcore.ConnectTimeout)
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, within_s), self._left_s)

    def get_extra_info(self, info: str) -> Any:
        """Tell of the connection; see the base class."""
        return self._stream.get_extra_info(info)

    def _bounded(self, timeout_s: float | None, late: type[Exception]) -> float:
        left_s = self._left_s()
        if left_s <= 0.0:
            raise late("the whole answer's time is over")
        return left_s if timeout_s is None else min(timeout_s, left_s)


class _Guarded(httpcore.SyncBackend):
    """Connects to public addresses, and to hosts that the operator has allowed."""

    def __init__(self, allowed: frozenset[str], timeout_s: float) -> None:
        self._allowed = allowed
        self._timeout_s = timeout_s
        self._until_s = time.monotonic() + timeout_s

    def begin(self, _: httpx.Request) -> None:
        """Have an exchange's time begin."""
        self._until_s = time.monotonic() + self._timeout_s

    def _left_s(self) -> float:
        return self._until_s - time.monotonic()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, judge, connect; see the base class."""
        address = host if host in self._allowed else _public_address(host, port)
        return _Timed(super().connect_tcp(address, port, timeout, local_address, socket_options), self._left_s)


class _Private(httpcore.ConnectError):
    """An address inside of our own networks."""


def _public_address(host: str, port: int) -> str:
    """Resolve a name to an address that anybody may reach.

    Raises:
        httpcore.ConnectError: it has none, or one of them is private: then none is used.
    """
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise httpcore.ConnectError(f"{host}: {error.strerror or error}") from error
    if not all(_is_public(address.partition("%")[0]) for address in found):
        raise _Private(host)
    return min(found, key=lambda address: (":" in address, address))


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address)
    return found.is_global and not found.is_multicast and not any(found in network for network in _NOT_OURS_TO_ASK)


class GuardedTransport(httpx.HTTPTransport):
    """httpx's transport over connections that are judged."""

    def __init__(self, allowed: frozenset[str], verify: ssl.SSLContext, timeout_s: float) -> None:
        super().__init__(verify=verify)
        self._backend = _Guarded(allowed, timeout_s)
        self._pool = httpcore.ConnectionPool(ssl_context=verify, network_backend=self._backend, max_connections=2)

    def begin(self, request: httpx.Request) -> None:
        """Have a request's time begin, each redirect's anew."""
        self._backend.begin(request)


def make_client(allowed: frozenset[str], timeout_s: float) -> httpx.Client:
    """Make a client that takes no proxy and no credentials from the environment.

    Args:
        allowed: hosts in private ranges that the operator lets sources use.
        timeout_s: for each step of an exchange, and a second more for the whole of it.
    """
    transport = GuardedTransport(allowed, _authorities(), timeout_s + 1.0)
    return httpx.Client(
        transport=transport,
        timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 10.0)),
        follow_redirects=True,
        max_redirects=REDIRECTS_MAX,
        trust_env=False,
        headers={"User-Agent": "satulayar-modules"},
        event_hooks={"request": [_keep_credentials, transport.begin]},
    )


def _keep_credentials(request: httpx.Request) -> None:
    """Send a redirected request to another host without the manifest's headers: any of them may be a credential.

    httpx leaves out Authorization only. What it makes of a redirect inherits the first request's extensions.
    """
    url = request.url
    first: httpx.URL = request.extensions.setdefault(_ORIGIN, url)
    is_upgrade = (first.scheme, url.scheme) == ("http", "https") and first.port is url.port is None
    if url.host != first.host or ((url.scheme, url.port) != (first.scheme, first.port) and not is_upgrade):
        for name in set(request.headers) - _FOR_ANYBODY:
            del request.headers[name]


@cache
def _authorities() -> ssl.SSLContext:
    """Read the machine's authorities, once: it takes 20 ms, and two hundred modules are due in the same second."""
    return ssl.create_default_context()


def told(error: httpx.HTTPError, host: str, setting: str = "SATULAYAR_MODULES_ALLOWED_HOSTS") -> SourceFailed:
    """Say what an exchange failed of, without the address's query, which may hold a key.

    Args:
        error: of the exchange.
        host: that was asked.
        setting: by which the operator allows a host in a private range.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _Private):
            return SourceFailed(
                f"{cause} ada di jaringan dalam; operator harus mengizinkannya di {setting}.",
                f"{cause} is in an inner network: the operator must allow it by {setting}.",
            )
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.TooManyRedirects):
        return SourceFailed(f"{host} mengalihkan tanpa akhir.", f"{host} redirects more than {REDIRECTS_MAX} times.")
    for kind, what_id, what_en in _SAID:
        if isinstance(error, kind):
            return SourceAway(f"{host}: {what_id}.", f"{host} cannot be read: {what_en}.")
    # What the library says of a header that it cannot send repeats the header, which may be a credential.
    is_harmless = isinstance(error, httpx.NetworkError | httpx.TimeoutException)
    what = (str(error) if is_harmless else "") or type(error).__name__
    return SourceAway(f"{host} tidak dapat dibaca: {what}.", f"{host} cannot be read: {what}.")
