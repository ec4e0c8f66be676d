"""Writes files into the boot partition of a balenaOS image, without mounting it and without root.

A balenaOS image has a partition table whose first partition, `resin-boot`, is FAT. The library is used below its file
system layer, which needs a package that current Python installations no longer have.

Source: balenaOS's image layout (meta-balena, README, "config.json"); Microsoft FAT specification 1.03.
"""

import errno
import struct
from collections.abc import Mapping
from copy import copy
from pathlib import Path

from pyfatfs._exceptions import PyFATException
from pyfatfs.EightDotThree import EightDotThree
from pyfatfs.FATDirectoryEntry import FATDirectoryEntry, make_lfn_entry
from pyfatfs.PyFat import PyFat

from provisioning.errors import Misconfigured, Refused

_SECTOR_BYTES = 512
_TABLE_AT = 446
_ENTRY_BYTES = 16
_FAT_TYPES = {0x01, 0x04, 0x06, 0x0B, 0x0C, 0x0E}
_GPT_PROTECTIVE = 0xEE
_GPT_ENTRY_BYTES = 128


def write_into_image(image: Path, files: Mapping[str, bytes]) -> None:
    """Write files into the boot partition; those that are there already are replaced. Doing it twice does no harm.

    Args:
        image: a balenaOS image, or a bare FAT partition.
        files: content by path; a folder may stand before the name, and is made.

    Raises:
        Misconfigured: the image cannot be written, or has no FAT partition.
        Refused: the partition is too full.
    """
    try:
        offset = _boot_partition_at(image)
        partition = PyFat(encoding="ibm437", offset=offset)
        partition.open(str(image))
    except OSError as error:
        raise Misconfigured(
            f"{image}: cannot be written: {error.strerror or error}: copy it to a place that is yours"
        ) from error
    except PyFATException as error:
        raise Misconfigured(f"{image}: its boot partition is no FAT: is this a balenaOS image? ({error})") from error
    try:
        for path, content in files.items():
            _put(partition, path, content)
        partition.flush_fat()
    except PyFATException as error:
        if error.errno == errno.ENOSPC:
            raise Refused(f"{image}: the boot partition is full: take a fresh image") from error
        raise Misconfigured(f"{image}: the boot partition is damaged: take a fresh image ({error})") from error
    finally:
        partition.close()


def read_from_image(image: Path, path: str) -> bytes:
    """Read a file from the boot partition.

    Raises:
        Misconfigured: the image or the file is not there.
    """
    try:
        partition = PyFat(encoding="ibm437", offset=_boot_partition_at(image))
        partition.open(str(image), read_only=True)
        entry = partition.root_dir.get_entry(path)
        chain = partition.get_cluster_chain(entry.get_cluster()) if entry.filesize else ()
        content = b"".join(partition.read_cluster_contents(cluster) for cluster in chain)[: entry.filesize]
        partition.close()
    except (OSError, PyFATException) as error:
        raise Misconfigured(f"{image}: {path} cannot be read: {error}") from error
    return content


def _boot_partition_at(image: Path) -> int:
    """Give where the first FAT partition begins, in bytes; 0 for a bare partition."""
    with image.open("rb") as file:
        first = file.read(_SECTOR_BYTES)
        if len(first) < _SECTOR_BYTES or first[510:512] != b"\x55\xaa":
            raise Misconfigured(f"{image}: is no disk image: its first sector is not signed")
        if first[0] in (0xEB, 0xE9):  # a jump: this is the first sector of a file system
            return 0
        for entry in range(4):
            at = _TABLE_AT + entry * _ENTRY_BYTES
            kind, first_sector = first[at + 4], struct.unpack_from("<I", first, at + 8)[0]
            if kind in _FAT_TYPES:
                return int(first_sector) * _SECTOR_BYTES
            if kind == _GPT_PROTECTIVE:
                return _first_of_gpt(file.read(_SECTOR_BYTES), image)
    raise Misconfigured(f"{image}: has no FAT partition: is this a balenaOS image, unpacked?")


def _first_of_gpt(header: bytes, image: Path) -> int:
    """Give where the first partition of a GUID table begins: in balenaOS's generic x86 images it is the boot one."""
    if header[:8] != b"EFI PART":
        raise Misconfigured(f"{image}: its partition table is damaged: take a fresh image")
    entries_at = struct.unpack_from("<Q", header, 72)[0] * _SECTOR_BYTES
    with image.open("rb") as file:
        file.seek(entries_at)
        entry = file.read(_GPT_ENTRY_BYTES)
    return int(struct.unpack_from("<Q", entry, 32)[0]) * _SECTOR_BYTES


def _put(partition: PyFat, path: str, content: bytes) -> None:
    folder, _, name = path.rpartition("/")
    parent = _folder(partition, folder) if folder else partition.root_dir
    entry = _find(parent, name)
    if entry is None:
        entry = _new_entry(partition, parent, name)
    elif entry.get_cluster():
        partition.free_cluster_chain(entry.get_cluster())
        entry.set_cluster(0)
    if content:
        first = partition.allocate_bytes(len(content))[0]
        partition.write_data_to_cluster(content, first, extend_cluster=False)
        entry.set_cluster(first)
    entry.filesize = len(content)
    partition.update_directory_entry(parent)


def _folder(partition: PyFat, name: str) -> FATDirectoryEntry:
    found = _find(partition.root_dir, name)
    if found is not None:
        return found
    entry = _new_entry(partition, partition.root_dir, name, FATDirectoryEntry.ATTR_DIRECTORY)
    entry.set_cluster(partition.allocate_bytes(FATDirectoryEntry.FAT_DIRECTORY_HEADER_SIZE * 2, erase=True)[0])
    for dots, cluster in ((b".          ", entry.get_cluster()), (b"..         ", 0)):
        short = EightDotThree()
        short.set_byte_name(dots)
        dot = copy(entry)
        dot.name, dot.lfn_entry, dot._parent = short, None, None  # noqa: SLF001 - the library makes folders so
        dot.set_cluster(cluster)
        entry.add_subdirectory(dot)
    partition.update_directory_entry(partition.root_dir)
    partition.update_directory_entry(entry)
    return entry


def _find(parent: FATDirectoryEntry, name: str) -> FATDirectoryEntry | None:
    try:
        return parent.get_entry(name)
    except PyFATException as error:
        if error.errno == errno.ENOENT:
            return None
        raise


def _new_entry(partition: PyFat, parent: FATDirectoryEntry, name: str, attribute: int = 0) -> FATDirectoryEntry:
    short = EightDotThree(encoding=partition.encoding)
    short.set_str_name(short.make_8dot3_name(name, parent))
    entry = FATDirectoryEntry.new(name=short, tz=None, encoding=partition.encoding, attr=attribute)
    if short.get_unpadded_filename() != name:
        entry.set_lfn_entry(make_lfn_entry(name, short))
    parent.add_subdirectory(entry)
    return entry
