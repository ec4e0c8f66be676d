"""An OpenID provider: where it is, its keys, and what its word is worth.

Authorization code flow with PKCE. All that belongs to one way through the provider (state, nonce, code verifier) is
made of one secret, which only the browser keeps, in a cookie that no script reads: whoever comes back with another
browser, or twice, has none. Nothing is kept here meanwhile, so any process of the API may take the way's end.

Source: OpenID Connect Core 1.0, 3.1 and 15.5.2; Discovery 1.0; Back-Channel Logout 1.0; RFC 7636; RFC 9207;
RFC 9700 (OAuth 2.0 Security Best Current Practice).
"""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cloud import errors
from cloud.api.openid_client import Client, is_safe
from cloud.api.refusals import refusal as api_refusal
from cloud.db.access_rules import refusal

# Signatures with a public key only: never `none`, never one with a secret that both sides know.
ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "Ed25519")
# A provider answers within this, whatever it is asked, and no more than this.
ANSWER_S = 5.0
MAX_ANSWER_BYTES = 262_144
MAX_TOKEN_CHARACTERS = 32_768
# What it publishes of itself is read again after so long; where it was away, so soon.
REMEMBER_S = 3_600.0
AGAIN_S = 5.0
# Ways that end at the same time; more wait.
MAX_ENDING = 10
# A wish to end sessions is obeyed for so long.
LOGOUT_S = 120
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class Metadata(BaseModel):
    """What a provider publishes of itself, as far as it concerns us."""

    model_config = ConfigDict(extra="ignore")

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None
    names_itself: bool = Field(default=False, alias="authorization_response_iss_parameter_supported")
    takes: list[str] = Field(["client_secret_basic"], alias="token_endpoint_auth_methods_supported")


@dataclass(frozen=True, slots=True)
class Way:
    """What belongs to one way through the provider, made of the browser's secret."""

    secret: str

    @property
    def state(self) -> str:
        """Prove that the answer belongs to a question of this browser."""
        return self._make("state")

    @property
    def nonce(self) -> str:
        """Prove that the token belongs to it."""
        return self._make("nonce")

    @property
    def verifier(self) -> str:
        """Prove that the code does."""
        return self._make("verifier")

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier: its SHA-256."""
        return _encode(hashlib.sha256(self.verifier.encode()).digest())

    def _make(self, part: str) -> str:
        return _encode(hmac.digest(self.secret.encode(), part.encode(), "sha256"))


class Provider:
    """An OpenID provider.

    Args:
        client: what it knows us as.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self._metadata: tuple[Metadata, float] | None = None
        self._keys: tuple[KeySet, float] | None = None
        self._away_s = -AGAIN_S
        self._reading = asyncio.Lock()
        self._ending = asyncio.Semaphore(MAX_ENDING)

    async def begin(self, way: Way) -> str:
        """Say where a browser has to go to sign in.

        Raises:
            Ruled: `openid_away` or `openid_invalid`.
        """
        asked = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uri,
            "scope": self.client.scopes,
            "state": way.state,
            "nonce": way.nonce,
            "code_challenge": way.challenge,
            "code_challenge_method": "S256",
        }
        return _add((await self._read_metadata()).authorization_endpoint, asked)

    async def finish(self, way: Way, code: str, issuer: str | None) -> dict[str, Any]:
        """Exchange a code and judge what comes back.

        Args:
            way: whose state has been compared already.
            code: that the browser brought.
            issuer: the answer's `iss`; None where it has none.

        Returns:
            the claims of the ID token.

        Raises:
            Ruled: `openid_away`, `openid_denied` or `openid_invalid`.
        """
        metadata = await self._read_metadata()
        # Of which of several providers an answer is can be mixed up: RFC 9207.
        if issuer != self.client.issuer and (issuer is not None or metadata.names_itself):
            raise self._invalid("iss")
        async with self._ending:
            token = await self._exchange(metadata, way, code)
        claims = await self._judge(token)
        self._check(claims, {"nonce": {"essential": True, "value": way.nonce}})
        audience, party = claims["aud"], claims.get("azp")
        if (isinstance(audience, list) and len(audience) > 1 and party is None) or party not in (
            None,
            self.client.client_id,
        ):
            raise self._invalid("azp")
        return claims

    async def judge_logout(self, token: str) -> tuple[str | None, str | None]:
        """Judge the provider's wish to end sessions.

        Returns:
            whose, and which of its own sessions; either may be None.

        Raises:
            Ruled: `openid_away` or `openid_invalid`.
        """
        claims = await self._judge(token, by_stranger=True)
        self._check(claims, {})
        events, subject, session = claims.get("events"), claims.get("sub"), claims.get("sid")
        is_wish = isinstance(events, dict) and isinstance(events.get(LOGOUT_EVENT), dict) and "nonce" not in claims
        if not is_wish or claims["iat"] < time.time() - LOGOUT_S - self.client.skew_s:
            raise self._invalid("events")
        if not (subject or session) or not isinstance(session, str | None):
            raise self._invalid("sid")
        return subject, session

    async def find_exit(self) -> str | None:
        """Say where somebody may sign out of the provider, too; None where it has no such place, or is away."""
        try:
            exit_ = (await self._read_metadata()).end_session_endpoint
        except errors.Ruled:
            return None
        asked = {"client_id": self.client.client_id, "post_logout_redirect_uri": self.client.home}
        return _add(exit_, asked) if exit_ else None

    async def _exchange(self, metadata: Metadata, way: Way, code: str) -> str:
        told = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.client.redirect_uri}
        told["code_verifier"] = way.verifier
        login, secret = None, self.client.secret
        if secret is not None and "client_secret_basic" in metadata.takes:
            login = httpx.BasicAuth(quote(self.client.client_id, safe=""), quote(secret, safe=""))
        else:
            told |= {"client_id": self.client.client_id} | ({"client_secret": secret} if secret is not None else {})
        status, answer = await self._ask("POST", metadata.token_endpoint, data=told, auth=login)
        if status != httpx.codes.OK:
            raise refusal("openid_denied", provider=self.client.name, reason=_tell(answer.get("error")))
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise self._invalid("id_token")
        return token

    async def _judge(self, token: str, *, by_stranger: bool = False) -> dict[str, Any]:
        """Check a token's signature."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise self._invalid("size")
        try:
            kid = jws.extract_compact(token.encode()).headers().get("kid")
            key = await self._find_key(kid, by_stranger=by_stranger)
            return jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError, TypeError) as error:
            raise self._invalid(type(error).__name__.removesuffix("Error")) from error

    def _check(self, claims: dict[str, Any], more: Mapping[str, jwt.ClaimsOption]) -> None:
        """Check that a token is of this provider, for us, and of now."""
        wanted: dict[str, jwt.ClaimsOption] = {
            "iss": {"essential": True, "value": self.client.issuer},
            "aud": {"essential": True, "value": self.client.client_id},
            "exp": {"essential": True},
            "iat": {"essential": True},
            **more,
        }
        if "nonce" in more:
            wanted["sub"] = {"essential": True}
        registry = jwt.JWTClaimsRegistry(int(time.time()), self.client.skew_s, **wanted)
        try:
            registry.validate(claims)
        except JoseError as error:
            raise self._invalid(getattr(error, "claim", "") or type(error).__name__) from error

    async def _find_key(self, kid: object, *, by_stranger: bool) -> Key:
        """Find a key; one that is not known may be new."""
        keys, at_s = await self._read_keys(None)
        if (found := _pick(keys, kid)) is None:
            # A stranger must not have the keys read as often as he likes.
            if by_stranger and time.monotonic() - at_s < AGAIN_S:
                raise self._invalid("kid")
            keys, _ = await self._read_keys(at_s)
            found = _pick(keys, kid)
        if found is None:
            raise self._invalid("kid")
        return found

    async def _read_keys(self, newer_than_s: float | None) -> tuple[KeySet, float]:
        """Read the keys, from memory where that is new enough."""
        url = (await self._read_metadata()).jwks_uri
        async with self._reading:
            known = self._keys
            least_s = newer_than_s if newer_than_s is not None else time.monotonic() - REMEMBER_S
            if known and known[1] > least_s:
                return known
            status, answer = await self._ask("GET", url)
            self._keys = known = (self._import(status, answer), time.monotonic())
            return known

    def _import(self, status: int, answer: dict[str, Any]) -> KeySet:
        listed = answer.get("keys")
        if status != httpx.codes.OK or not isinstance(listed, list):
            raise self._invalid("jwks")
        # A shared secret is no key of a provider, whoever puts it there.
        public = [one for one in listed if isinstance(one, dict) and one.get("kty") in ("RSA", "EC", "OKP")]
        signing = [one for one in public if one.get("use", "sig") == "sig"]
        keys = []
        for one in signing:
            try:
                keys += KeySet.import_key_set({"keys": [one]}).keys
            except (JoseError, ValueError, TypeError, KeyError):
                continue  # of a kind that is not known here; the others are of use
        return KeySet(keys)

    async def _read_metadata(self) -> Metadata:
        """Read what the provider publishes of itself, from memory where that is new enough."""
        async with self._reading:
            if self._metadata and time.monotonic() - self._metadata[1] < REMEMBER_S:
                return self._metadata[0]
            if time.monotonic() - self._away_s < AGAIN_S:
                raise api_refusal("openid_away", provider=self.client.name)
            status, answer = await self._ask(
                "GET", f"{self.client.issuer.rstrip('/')}/.well-known/openid-configuration"
            )
            try:
                metadata = Metadata.model_validate(answer)
            except ValidationError as error:
                raise self._invalid("openid-configuration") from error
            if status != httpx.codes.OK or metadata.issuer != self.client.issuer or not _are_safe(metadata):
                raise self._invalid("openid-configuration")
            self._metadata = (metadata, time.monotonic())
            return metadata

    async def _ask(self, method: str, url: str, **given: Any) -> tuple[int, dict[str, Any]]:
        """Ask the provider for a JSON object.

        Raises:
            Ruled: `openid_away` or `openid_invalid`.
        """
        # Nothing compressed: a few bytes could become many.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        content = b""
        try:
            async with (
                asyncio.timeout(ANSWER_S),
                httpx.AsyncClient(verify=_tls(), headers=headers, timeout=ANSWER_S) as http,
                http.stream(method, url, **given) as answer,
            ):
                async for part in answer.aiter_raw():
                    content += part
                    if len(content) > MAX_ANSWER_BYTES:
                        raise self._invalid("size")
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
            self._away_s = time.monotonic()
            raise api_refusal("openid_away", provider=self.client.name) from error
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            self._away_s = time.monotonic()
            raise api_refusal("openid_away", provider=self.client.name)
        return answer.status_code, self._read_object(content)

    def _read_object(self, content: bytes) -> dict[str, Any]:
        try:
            told = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise self._invalid("json") from error
        if not isinstance(told, dict):
            raise self._invalid("json")
        return told

    def _invalid(self, reason: str) -> errors.Ruled:
        return refusal("openid_invalid", provider=self.client.name, reason=reason)


def _are_safe(metadata: Metadata) -> bool:
    urls = [metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri]
    return all(is_safe(url) for url in [*urls, metadata.end_session_endpoint] if url is not None)


def _pick(keys: KeySet, kid: object) -> Key | None:
    """Pick the key of a token: by its name; the only one for a token that names none."""
    if kid is None:
        return keys.keys[0] if len(keys.keys) == 1 else None
    return next((key for key in keys.keys if key.kid == kid), None)


def _tell(reason: object) -> str:
    """Repeat a provider's reason only where it is a plain word."""
    return reason if isinstance(reason, str) and reason.replace("_", "").isalnum() and len(reason) <= 40 else "?"  # noqa: PLR2004


def _add(url: str, parameters: Mapping[str, str]) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(parameters)}"


def _encode(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


@cache
def _tls() -> ssl.SSLContext:
    """Trust whom the machine trusts: a regency's own authority is in its store."""
    return ssl.create_default_context()
