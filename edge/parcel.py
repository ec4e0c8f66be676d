"""Takes this box's parcel: what the office wrote for it into the boot partition, or onto a stick.

    satulayar/site.yaml             what stands at the site
    satulayar/ca.crt  box.crt       who it may trust, and who it is at the broker
    satulayar/box.key               its key; removed from there once it is safe here

All four are put below one folder, and a link is turned to it in one step, so that a box has the whole of the old
parcel or the whole of the new one. A parcel that was taken once changes nothing when it is seen again: since then
the box may have renewed its certificate.
"""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from edge.errors import Misconfigured
from edge.left_out import LeftOut
from edge.site import SiteFile, open_site
from edge.vision.reasons import Reason, system_reason

FOLDER = "satulayar"
CURRENT = "current"
_NOTE = "parcel"
_OPEN = ("site.yaml", "ca.crt", "box.crt")
_KEY = "box.key"
_REFUSED = "refused.json"  # why the last parcel was not taken; gone with the next that is
_MAX_BYTES = 1_048_576  # of one file; a site of 500 assets has 75 kB


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a parcel.

    Attributes:
        box: whose it is.
        is_new: it was not taken before.
        key_stays: the key could not be removed from where it came, because that is read-only.
        left_out: of the cameras in a new one, because it is wrong.
    """

    box: str
    is_new: bool
    key_stays: bool = False
    left_out: tuple[LeftOut, ...] = ()


def find_parcel(places: Iterable[Path]) -> Path | None:
    """Give the first folder that has a parcel; None when there is none.

    A link is none: a stick's could lead into this box's own files, whose key would then be removed as taken.
    """
    for place in places:
        for folder in (place / FOLDER, place):
            if not folder.is_symlink() and (folder / "site.yaml").is_file():
                return folder
    return None


def take_parcel(folder: Path, home: Path, profiles_dir: Path) -> Taken:
    """Put a parcel in place, whole or not at all.

    Args:
        folder: where its files are.
        home: where they go; `home/current` then is the folder with the four of them.
        profiles_dir: sensor profiles that the site file may name.

    Raises:
        Misconfigured: a file is missing, is wrong, or does not fit the others; what was in place stays.
    """
    files = {name: _read(folder / name) for name in _OPEN}
    current = home / CURRENT
    names = [hashlib.sha256(files[name]).hexdigest() for name in _OPEN]
    noted = _noted(current)
    if noted == names:
        box = _box_of(_certificate(files["box.crt"], folder / "box.crt"))
        with contextlib.suppress(OSError):
            (home / _REFUSED).unlink(missing_ok=True)
        return Taken(box, is_new=False, key_stays=not _remove_key(folder))
    site, _, left_out = open_site(folder / "site.yaml", profiles_dir)  # a fault in a camera costs that alone
    if (folder / _KEY).exists():
        files[_KEY] = _read(folder / _KEY)
    elif noted and noted[2] == names[2]:  # the same certificate: only the site or the authority is new
        files |= {"box.crt": _read(current / "box.crt"), _KEY: _read(current / _KEY)}
    else:
        raise _refusal(
            folder,
            "kuncinya tidak ada, sudah diambil komputer lain",
            "the key is missing, it was taken by a computer before",
        )
    box = _judge(files, site, folder)
    files[_NOTE] = "\n".join(names).encode()
    _put(files, home, names)
    return Taken(box, is_new=True, key_stays=not _remove_key(folder), left_out=tuple(left_out))


def box_of(certificate_file: Path) -> str:
    """Give the box that a certificate is for.

    Raises:
        Misconfigured: the file is no certificate.
    """
    return _box_of(_certificate(_read(certificate_file), certificate_file))


def note_refusal(home: Path, why: Reason) -> None:
    """Note that a parcel was refused where the box goes on as who it is, for the agent to tell; a disk may refuse."""
    if (home / CURRENT).exists():
        with contextlib.suppress(OSError):
            (home / _REFUSED).write_text(json.dumps({"id": why.id, "en": why}), "utf-8")


def refused_parcel(home: Path | None) -> Reason | None:
    """Give why the last parcel was refused; None where it was taken, or there was none."""
    try:
        kept = json.loads((home / _REFUSED).read_text("utf-8")) if home is not None else None
        return None if kept is None else Reason(str(kept["id"]), str(kept["en"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _refusal(at: Path, message_id: str, message_en: str) -> Misconfigured:
    return Misconfigured(
        Reason(
            f"{at}: {message_id}: minta kantor menulis paket baru (satulayar-provision parcel)",
            f"{at}: {message_en}: have the office write a new parcel (satulayar-provision parcel)",
        )
    )


def _noted(current: Path) -> list[str]:
    try:
        return (current / _NOTE).read_text().split()
    except OSError:
        return []


def _read(path: Path) -> bytes:
    """Read a plain file of a bounded size: a stick is anybody's, and this may run as root."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            is_plain = stat.S_ISREG(os.fstat(handle).st_mode)
            content = file.read(_MAX_BYTES + 1) if is_plain else b""
    except OSError as error:
        why = system_reason(error)
        raise _refusal(path, f"tidak terbaca: {why.id}", f"cannot be read: {why}") from error
    if not is_plain or len(content) > _MAX_BYTES:
        raise _refusal(path, "bukan berkas dari paket", "is no file of a parcel")
    return content


def _judge(files: dict[str, bytes], site: SiteFile, folder: Path) -> str:
    """Check that the files belong together; give the box."""
    certificate = _certificate(files["box.crt"], folder / "box.crt")
    box = _box_of(certificate)
    if box not in site.boxes:
        there = ", ".join(site.boxes)
        raise _refusal(
            folder,
            f"sertifikatnya untuk {box!r}, lokasi ini punya {there}",
            f"the certificate is for {box!r}, the site has {there}",
        )
    try:
        key = serialization.load_pem_private_key(files[_KEY], password=None)
    except (ValueError, TypeError) as error:
        raise _refusal(folder / _KEY, "bukan kunci", "is no key") from error
    if key.public_key() != certificate.public_key():
        raise _refusal(folder, "kunci dan sertifikat tidak cocok", "the key is not the certificate's")
    if not any(_is_issuer(authority, certificate) for authority in _certificates(files["ca.crt"])):
        raise _refusal(
            folder,
            "sertifikat tidak ditandatangani oleh otoritas di ca.crt",
            "the certificate is not signed by the authority in ca.crt",
        )
    return box


def _certificates(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        return []


def _certificate(pem: bytes, path: Path) -> x509.Certificate:
    found = _certificates(pem)
    if not found:
        raise _refusal(path, "bukan sertifikat", "is no certificate")
    return found[0]


def _box_of(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def _is_issuer(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _put(files: dict[str, bytes], home: Path, names: list[str]) -> None:
    """Write all files into a new folder, then turn the link to it."""
    try:
        name = hashlib.sha256("".join(names).encode() + os.urandom(8)).hexdigest()[:16]
        home.mkdir(parents=True, exist_ok=True)
        (home / name).mkdir(mode=0o700)
        for file, content in files.items():
            _write(home / name / file, content, 0o600 if file == _KEY else 0o644)
        _sync(home / name)
        link = home / f".{name}"
        link.symlink_to(name)
        link.replace(home / CURRENT)
        _sync(home)
        for old in home.iterdir():
            if old.name not in (name, CURRENT):
                old.unlink() if old.is_symlink() or old.is_file() else shutil.rmtree(old)
    except OSError as error:
        why = system_reason(error)
        raise Misconfigured(
            Reason(
                f"{home}: tidak dapat ditulisi: {why.id}: apakah hanya dapat dibaca, atau penuh?",
                f"{home}: cannot be written: {why}: is it read-only, or full?",
            )
        ) from error


def _write(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_key(folder: Path) -> bool:
    """Remove the key from where it came; tell whether it is gone."""
    try:
        (folder / _KEY).unlink(missing_ok=True)
        _sync(folder)
    except OSError as error:
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            return False
        raise Misconfigured(f"{folder}: its key cannot be removed: {error.strerror}") from error
    return True
