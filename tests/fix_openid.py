"""A small OpenID provider over HTTP, after OpenID Connect Core 1.0 and Discovery 1.0; it lies when it is told to.

Its people have signed in there already: /authorize leads back at once. It judges clients as a real one does: redirect
address, secret, PKCE, and a code once.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, SECRET = "satulayar", "rahasia/klien +1"
Token = dict[str, Any]


@dataclass
class OpenIdDouble:
    """A provider.

    Attributes:
        person: claims of whoever is signed in there.
        twist: changes the ID token's claims before they are signed.
        sign: makes a token of its claims, in place of signing it in order.
        delay_s: how long it waits before it answers the token's request.
        huge: whether its key set is larger than anybody should read.
        tokens: how many codes were exchanged.
        key_reads: how often its keys were read.
    """

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    twist: Callable[[Token], None] = lambda _: None
    sign: Callable[[Token], str] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    delay_s: float = 0.0
    huge: bool = False
    is_broken: bool = False
    tokens: int = 0
    key_reads: int = 0
    redirect_uris: tuple[str, ...] = ()
    key: RSAKey = field(default_factory=lambda: new_key("one"))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """Say where things are."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/leave",
            "authorization_response_iss_parameter_supported": True,
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        } | self.metadata

    def authorize(self, asked: dict[str, str]) -> str:
        """Lead a browser back with a code."""
        assert asked["client_id"] == CLIENT_ID
        assert asked["redirect_uri"] in self.redirect_uris
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Give a token for a code, once."""
        login = base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":")
        if [unquote(part) for part in login] != [CLIENT_ID, SECRET]:
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        self.tokens += 1
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.make_token(asked["nonce"])}

    def make_token(self, nonce: str | None, **more: Any) -> str:
        """Make an ID token, or another one."""
        now = int(time.time())
        token: Token = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, **self.person}
        token |= ({"nonce": nonce} if nonce else {}) | more
        self.twist(token)
        return self.sign(token) if self.sign else sign(token, self.key)


def new_key(kid: str) -> RSAKey:
    """Make a key."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


def sign(token: Token, key: RSAKey, **header: Any) -> str:
    """Sign a token in order."""
    return jwt.encode({"alg": "RS256", "kid": key.kid, **header}, token, key)


@contextmanager
def serve_openid() -> Iterator[OpenIdDouble]:
    """Run a provider on a free port."""
    double = OpenIdDouble()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(double))
    server.daemon_threads = True
    double.issuer = f"http://127.0.0.1:{server.server_address[1]}/realms/kabupaten"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="openid")
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _handler(double: OpenIdDouble) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Handler,), {"double": double})


class _Handler(BaseHTTPRequestHandler):
    double: OpenIdDouble

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if self.double.is_broken:
            self._give(500, {})
        elif parts.path.endswith("/.well-known/openid-configuration"):
            self._give(200, self.double.describe())
        elif parts.path.endswith("/authorize"):
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self._give(302, {}, Location=self.double.authorize(asked))
        elif parts.path.endswith("/keys"):
            self.double.key_reads += 1
            keys = {"keys": [self.double.key.as_dict(private=False)]}
            self._give(200, keys | ({"pad": "x" * 400_000} if self.double.huge else {}))
        else:
            self._give(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        time.sleep(self.double.delay_s)
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._give(*self.double.exchange(form, self.headers.get("Authorization", "")))

    def _give(self, status: int, body: dict[str, Any], **headers: str) -> None:
        content = json.dumps(body).encode()
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            pass  # whoever asked has gone

    def log_message(self, *args: Any) -> None:
        """Say nothing."""
