"""The regency's own API, as provisioning uses it: what is registered, codes of labels, claims of slots.

Errors of HTTP become ours; the API's own sentence says what to do and is passed on.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import requests

from provisioning.claims import Claim, Label
from provisioning.errors import Misconfigured, Refused, Unavailable
from provisioning.settings import PREFIX, ProvisionSettings

_PART = 200  # codes in one request: a body there has 64 KiB at the most
_AWAY = {429, 502, 503, 504}
_UNAUTHORIZED = 401


class Centre:
    """The API of the centre.

    Args:
        settings: where it is, and the token.

    Raises:
        Misconfigured: no address or token is set.
    """

    def __init__(self, settings: ProvisionSettings) -> None:
        if settings.centre_url is None or settings.centre_token is None:
            raise Misconfigured(f"no way to the centre: set {PREFIX}CENTRE_URL and {PREFIX}CENTRE_TOKEN")
        self._url = settings.centre_url.rstrip("/")
        self._timeout_s = settings.timeout_s
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {settings.centre_token.get_secret_value()}"
        self._session.verify = str(settings.centre_ca_file) if settings.centre_ca_file else True

    def add_labels(self, labels: list[Label]) -> None:
        """Register the codes of labels, before they are printed.

        Raises:
            Refused: a box is not registered.
        """
        for start in range(0, len(labels), _PART):
            part = labels[start : start + _PART]
            codes = [{"box": label.box, "fingerprint": label.fingerprint()} for label in part]
            if self._ask("POST", "/v1/claim-codes", {"codes": codes})["new"] != len(part):
                raise Refused("the centre does not know all of these boxes: satulayar-provision registry --apply")

    def claim(self, label: Label, hardware: str) -> None:
        """Claim a slot for a computer; the same claim once more changes nothing.

        Raises:
            Refused: with who and when, as the centre says it.
        """
        at = dt.datetime.now(dt.UTC).isoformat()
        piece = {"kind": "claim", "label": label.text(), "hardware": hardware}
        body = {"id": str(uuid.uuid4()), "box": label.box, "at": at, "piece": piece}
        told = self._ask("POST", f"/v1/crew/visits/{uuid.uuid4()}/pieces", body)
        if told["state"] == "refused":
            raise Refused(told["text_en"])

    def claims(self, box: str) -> list[Claim]:
        """Give every computer that stands or stood in a slot, the oldest first."""
        return [_read(row) for row in self._ask("GET", f"/v1/claims/{box}")]

    def standing(self, box: str) -> Claim | None:
        """Give the computer that stands in a slot now."""
        return next((claim for claim in self.claims(box) if claim.ended_at is None), None)

    def end_claim(self, box: str, reason: str) -> Claim | None:
        """Take the computer out of a slot; give it, or None where nobody stood. Codes printed for it are void."""
        ended = [_read(row) for row in self._ask("POST", f"/v1/claims/{box}/end", {"reason": reason})]
        return ended[0] if ended else None

    def account(self) -> str:
        """Give whose token this is."""
        return str(self._ask("GET", "/v1/me")["account"])

    def registered(self) -> Iterator[dict[str, Any]]:
        """Give every site that is registered."""
        after = ""
        while after is not None:
            part = self._ask("GET", "/v1/registry/sites", after=after)
            yield from part["items"]
            after = part["next"]

    def register(self, site: dict[str, Any], applied: str) -> None:
        """Register a site, or correct it."""
        self._ask("PUT", f"/v1/registry/sites/{site['code']}", {"site": site, "applied": applied})

    def _ask(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        try:
            answer = self._session.request(
                method, self._url + path, json=body, params=query, timeout=self._timeout_s, allow_redirects=False
            )
            content = answer.json()
        except requests.exceptions.JSONDecodeError as error:
            raise Misconfigured(f"{self._url} is no API of ours: is {PREFIX}CENTRE_URL right?") from error
        except requests.RequestException as error:
            raise Unavailable(f"the centre does not answer at {self._url}: try again with network") from error
        if answer.ok:
            return content
        detail = str(content.get("detail", answer.reason)) if isinstance(content, dict) else answer.reason
        if answer.status_code in _AWAY:
            raise Unavailable(f"the centre: {detail}")
        if answer.status_code == _UNAUTHORIZED:
            raise Misconfigured(f"the centre does not know this token: set {PREFIX}CENTRE_TOKEN anew")
        raise Refused(f"the centre refuses: {detail}")


def _read(row: dict[str, Any]) -> Claim:
    ended_at = dt.datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else None
    claimed_at = dt.datetime.fromisoformat(row["claimed_at"])
    return Claim(row["box"], row["hardware"], claimed_at, row["claimed_by"], ended_at, row["reason"] or "")
