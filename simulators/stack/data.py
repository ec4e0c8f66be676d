"""The data directory: what lies where, who holds it, and what runs in it now."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.errors import Misconfigured, Refused, Unavailable
from simulators.stack.bounded_log import trim


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """A data directory of `up`."""

    path: Path

    @property
    def database(self) -> Path:
        """The database's cluster."""
        return self.path / "database"

    @property
    def broker(self) -> Path:
        """The broker's configuration and sessions."""
        return self.path / "broker"

    @property
    def authority(self) -> Path:
        """The certificate authority and what it issued."""
        return self.path / "ca"

    @property
    def world(self) -> Path:
        """The world's state and its control socket."""
        return self.path / "world"

    @property
    def city(self) -> Path:
        """The city's control socket."""
        return self.path / "city"

    @property
    def bmkg(self) -> Path:
        """The simulated BMKG's control socket."""
        return self.path / "bmkg"

    @property
    def loudspeakers(self) -> Path:
        """The horns' control socket and what they played."""
        return self.path / "loudspeakers"

    @property
    def cameras(self) -> Path:
        """The cameras' control socket and the truth of their pictures."""
        return self.path / "cameras"

    @property
    def desired(self) -> Path:
        """The desired state that the boxes are brought into service by."""
        return self.path / "desired.yaml"

    @property
    def office_variables(self) -> Path:
        """Settings with which `satulayar-provision` works on what runs here."""
        return self.path / "office.env"

    @property
    def drop(self) -> Path:
        """Folders of modules whose figures come as files."""
        return self.path / "drop"

    @property
    def registry(self) -> Path:
        """The registry that is loaded into the database."""
        return self.path / "registry.yaml"

    @property
    def token_note(self) -> Path:
        """There once the first token was made; holds its id, never the token."""
        return self.path / "first-token"

    def box(self, name: str) -> Path:
        """A box's parcel, identity and outbox."""
        return self.path / "boxes" / name

    def log(self, name: str) -> Path:
        """A process's log."""
        return self.path / "logs" / f"{name}.log"

    def link_log(self, name: str, file: Path) -> None:
        """Show a server's own log among the others."""
        link = self.log(name)
        link.unlink(missing_ok=True)
        link.symlink_to(file)

    def trim_linked_logs(self) -> None:
        """Keep the servers' own logs bounded, as those that we write are."""
        for link in (self.path / "logs").iterdir():
            if link.is_symlink():
                trim(link.resolve())

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the directory against a second `up`, and describe what runs as long as it is held.

        Raises:
            Refused: somebody else holds it.
            Misconfigured: it cannot be written.
        """
        try:
            # The database of root runs as another user, who must be able to pass through; the folders below are closed.
            self.path.mkdir(parents=True, exist_ok=True, mode=0o711)
            for folder in ("boxes", "city", "logs", "world"):
                (self.path / folder).mkdir(exist_ok=True, mode=0o700)
            handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Misconfigured(f"{self.path}: {error.strerror}; choose another with --data") from error
        try:
            if not _take(handle):
                raise Refused(
                    f"{self.path} is in use by another `up` (process {_holder(handle)}); see `status`, `down`"
                )
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            (self.path / "state.json").unlink(missing_ok=True)
            yield
            (self.path / "state.json").unlink(missing_ok=True)
        finally:
            os.close(handle)

    def owner(self) -> int:
        """Give the process id of the `up` that holds the directory.

        Raises:
            Unavailable: none does.
        """
        try:
            handle = os.open(self.path / "lock", os.O_RDWR)
        except OSError as error:
            raise Unavailable(f"nothing runs in {self.path}; start it with `satulayar-simulate up`") from error
        try:
            if _take(handle):
                raise Unavailable(f"nothing runs in {self.path}; start it with `satulayar-simulate up`")
            return int(_holder(handle))
        finally:
            os.close(handle)

    def write_state(self, state: dict[str, Any]) -> None:
        """Say for `status` what runs."""
        building = self.path / "state.building"
        building.write_text(json.dumps({"owner": os.getpid()} | state, indent=1))
        building.replace(self.path / "state.json")

    def read_state(self) -> dict[str, Any]:
        """Read what runs.

        Raises:
            Unavailable: nothing does, or it has only just begun.
        """
        owner, starting = self.owner(), f"`up` in {self.path} is still starting or stopping"
        try:
            found = dict(json.loads((self.path / "state.json").read_text()))
        except (OSError, ValueError) as error:
            raise Unavailable(starting) from error
        if found.get("owner") != owner:  # left by one that was killed
            raise Unavailable(starting)
        return found


def _take(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(handle: int) -> str:
    return os.pread(handle, 20, 0).decode().strip() or "0"
