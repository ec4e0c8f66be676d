"""Disk images as balenaOS has them, small: a partition table, and a FAT boot partition."""

import struct
from pathlib import Path

from pyfatfs.PyFat import PyFat

SECTOR_BYTES = 512
FIRST_SECTOR = 8_192
BOOT_BYTES = 16 << 20


def make_boot_partition(path: Path, size_bytes: int = BOOT_BYTES, fat_type: int = PyFat.FAT_TYPE_FAT16) -> Path:
    with path.open("wb") as file:
        file.truncate(size_bytes)
    partition = PyFat()
    partition.mkfs(str(path), fat_type=fat_type, size=size_bytes, label="resin-boot")
    partition.close()
    return path


def make_image(
    path: Path, table: str = "mbr", size_bytes: int = BOOT_BYTES, fat_type: int = PyFat.FAT_TYPE_FAT16
) -> Path:
    """Make an image with an MBR or a GUID partition table, or a bare partition."""
    boot = make_boot_partition(path.with_suffix(".boot"), size_bytes, fat_type).read_bytes()
    if table == "bare":
        path.write_bytes(boot)
        return path
    head = bytearray(FIRST_SECTOR * SECTOR_BYTES)
    head[510:512] = b"\x55\xaa"
    kind = 0x0E if table == "mbr" else 0xEE
    struct.pack_into(
        "<B3xB3xII", head, 446, 0x80, kind, FIRST_SECTOR if table == "mbr" else 1, len(boot) // SECTOR_BYTES
    )
    if table == "gpt":
        head[512:520] = b"EFI PART"
        struct.pack_into("<Q", head, 512 + 72, 2)
        struct.pack_into("<QQ", head, 1_024 + 32, FIRST_SECTOR, FIRST_SECTOR + len(boot) // SECTOR_BYTES - 1)
    path.write_bytes(bytes(head) + boot)
    return path
