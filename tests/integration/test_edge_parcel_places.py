"""Where a parcel comes from and goes to may be read-only, or full: whole or not at all, and a word of what to do."""

from pathlib import Path

import pytest
import yaml

from edge.errors import Misconfigured
from edge.parcel import Taken, take_parcel
from edge.settings import EdgeSettings
from provisioning.certificates import CertificateAuthority
from provisioning.parcel_files import make_identity, write_folder
from tests.fix_edge import SmallDisk, gauge_site

PROFILES = EdgeSettings().profiles_dir
BOX = "TD-01-a"


def write(authority: CertificateAuthority, to: Path) -> Path:
    site = yaml.safe_dump(gauge_site(BOX, 5020)).encode()
    write_folder({"satulayar/site.yaml": site} | make_identity(authority, BOX), to)
    return to / "satulayar"


def test_parcel_when_its_stick_is_read_only_then_is_taken_and_the_key_that_stays_is_told(
    authority: CertificateAuthority, small_disk: SmallDisk, tmp_path: Path
) -> None:
    folder = write(authority, small_disk.path)
    small_disk.set_read_only(on=True)
    assert take_parcel(folder, tmp_path / "identity", PROFILES) == Taken(BOX, is_new=True, key_stays=True)
    small_disk.set_read_only(on=False)
    assert take_parcel(folder, tmp_path / "identity", PROFILES) == Taken(BOX, is_new=False)
    assert not (folder / "box.key").exists()


def test_parcel_when_the_box_is_full_then_its_key_stays_on_the_stick_and_a_second_try_finishes(
    authority: CertificateAuthority, small_disk: SmallDisk, tmp_path: Path
) -> None:
    folder, home = write(authority, tmp_path / "stick"), small_disk.path / "identity"
    small_disk.fill()
    with pytest.raises(Misconfigured, match="is it read-only, or full"):
        take_parcel(folder, home, PROFILES)
    assert (folder / "box.key").exists()
    assert not (home / "current").exists()
    small_disk.clear()
    assert take_parcel(folder, home, PROFILES).is_new
