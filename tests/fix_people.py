"""People with accounts, who sign in with a browser of their own."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx
import pytest

from cloud.db import accounts
from cloud.db.tokens import Role
from tests.fix_api import RunningApi

PASSWORD = "tiga kapal di laut jawa"


@dataclass
class Person:
    """Somebody with an account.

    Attributes:
        url: of the API.
        name: of the account.
        client: a browser: it keeps cookies and says from where its requests come.
    """

    url: str
    name: str
    client: httpx.Client
    password: str = PASSWORD
    csrf: str = field(default="", init=False)

    def sign_in(self, password: str | None = None) -> httpx.Response:
        """Sign in; remembers what a page would."""
        answer = self.client.post("/v1/session", json={"name": self.name, "password": password or self.password})
        if answer.status_code == 200:
            self.csrf = answer.json()["csrf"]
            self.client.headers["X-CSRF-Token"] = self.csrf
        return answer

    def cookie(self) -> str:
        """Give the session's cookie."""
        return self.client.cookies["sl_session"]


class People:
    """Makes people.

    Args:
        api: where they have accounts.
        stack: closes their browsers.
    """

    def __init__(self, api: RunningApi, stack: ExitStack) -> None:
        self._api = api
        self._stack = stack

    def add(self, name: str, role: Role = "operator", agencies: tuple[str, ...] = ("transport",)) -> Person:
        """Make an account with a password of its own."""
        accounts.add_account(self._api.owner, name, role, "test", agencies=agencies)
        accounts.choose_password(self._api.owner, name, PASSWORD, "test")
        return self.meet(name)

    def meet(self, name: str, address: str = "127.0.0.1") -> Person:
        """Give somebody with that name a browser, at an address of this machine."""
        transport = httpx.HTTPTransport(local_address=address)
        client = httpx.Client(
            base_url=self._api.url, headers={"Origin": self._api.url}, transport=transport, timeout=20
        )
        return Person(self._api.url, name, self._stack.enter_context(client))


@pytest.fixture
def people(api: RunningApi) -> Iterator[People]:
    """People of the module's API."""
    with ExitStack() as stack:
        yield People(api, stack)
