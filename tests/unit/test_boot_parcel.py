"""What a fresh computer needs, in the boot partition of an image or on a stick: whole, or not at all."""

import configparser
import os
import stat
from pathlib import Path

import pytest
from cryptography import x509
from pydantic import TypeAdapter, ValidationError
from pyfatfs.PyFat import PyFat

from provisioning import parcel
from provisioning.boot_image import read_from_image, write_into_image
from provisioning.certificates import CertificateAuthority
from provisioning.desired_files import read_desired
from provisioning.errors import Misconfigured, Refused
from provisioning.network import Network, write_connection
from provisioning.parcel_files import make_identity, write_folder
from provisioning.x509_profile import is_pair, read_common_name
from tests.fix_balena import Write, regency
from tests.fix_images import make_boot_partition, make_image

FILES = {
    "config.json": b'{"uuid": "1"}',
    "system-connections/satulayar-sim": b"[connection]\n",
    "satulayar/site.yaml": b"site\n" * 20_000,
    "satulayar/box.key": b"key",
    "satulayar/empty": b"",
}


@pytest.mark.parametrize("table", ["mbr", "gpt", "bare"])
def test_image_when_written_then_its_boot_partition_has_the_files(table: str, tmp_path: Path) -> None:
    image = make_image(tmp_path / "balena.img", table)
    write_into_image(image, FILES)
    assert {path: read_from_image(image, path) for path in FILES} == FILES


def test_image_when_fat32_then_written_as_well(tmp_path: Path) -> None:
    image = make_image(tmp_path / "balena.img", size_bytes=64 << 20, fat_type=PyFat.FAT_TYPE_FAT32)
    write_into_image(image, FILES)
    assert {path: read_from_image(image, path) for path in FILES} == FILES


def test_image_when_written_again_then_the_new_is_there_and_the_old_takes_no_room(tmp_path: Path) -> None:
    image = make_image(tmp_path / "balena.img", size_bytes=5 << 20)
    for number in range(8):  # eight times a third of the partition
        files = FILES | {"satulayar/site.yaml": bytes([number]) * (1_600_000 + number)}
        write_into_image(image, files)
    assert {path: read_from_image(image, path) for path in files} == files


def test_image_when_it_had_files_then_they_are_still_there(tmp_path: Path) -> None:
    image = make_image(tmp_path / "balena.img")
    write_into_image(image, {"extlinux/boot.conf": b"linux", "config.json": b"{}"})
    write_into_image(image, FILES)
    assert read_from_image(image, "extlinux/boot.conf") == b"linux"
    assert read_from_image(image, "config.json") == FILES["config.json"]


def test_image_when_written_to_a_copy_then_the_original_is_untouched(tmp_path: Path) -> None:
    image = make_image(tmp_path / "balena.img")
    before = image.read_bytes()
    parcel.write_image(FILES, image, tmp_path / "out" / "TD-01-a.img")
    assert image.read_bytes() == before
    assert read_from_image(tmp_path / "out" / "TD-01-a.img", "config.json") == FILES["config.json"]
    assert stat.S_IMODE((tmp_path / "out" / "TD-01-a.img").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no disk image"),
        (b"PK" + bytes(10_000), "is no disk image"),
        (bytes(510) + b"\x55\xaa" + bytes(9_000), "has no FAT partition"),
    ],
    ids=["empty", "a zip", "no partition"],
)
def test_image_when_none_then_says_so_and_leaves_nothing(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "balena.img").write_bytes(content)
    with pytest.raises(Misconfigured, match=said):
        parcel.write_image(FILES, tmp_path / "balena.img", tmp_path / "out.img")
    assert [path.name for path in tmp_path.iterdir()] == ["balena.img"]


def test_image_when_too_full_then_refused_and_nothing_is_left(tmp_path: Path) -> None:
    image = make_image(tmp_path / "balena.img", "bare", size_bytes=5 << 20)
    with pytest.raises(Refused, match="boot partition is full"):
        parcel.write_image({"config.json": bytes(6 << 20)}, image, tmp_path / "out.img")
    assert not (tmp_path / "out.img").exists()


def test_image_when_the_target_is_there_then_left_as_it_is(tmp_path: Path) -> None:
    image = make_boot_partition(tmp_path / "balena.img")
    (tmp_path / "out.img").write_bytes(b"mine")
    with pytest.raises(Refused, match="is there already"):
        parcel.write_image(FILES, image, tmp_path / "out.img")
    assert (tmp_path / "out.img").read_bytes() == b"mine"


def test_stick_when_written_then_keys_are_their_owners_alone(tmp_path: Path) -> None:
    write_folder(FILES, tmp_path / "stick")
    for path, content in FILES.items():
        assert (tmp_path / "stick" / path).read_bytes() == content
    secret = [tmp_path / "stick" / path for path in ("config.json", "satulayar/box.key")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}


def test_stick_when_it_has_too_little_room_then_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = os.statvfs_result((4096, 4096, 100, 10, 10, 100, 10, 10, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: full)
    with pytest.raises(Refused, match=r"are free, .* are needed: make room or take another stick"):
        write_folder(FILES, tmp_path / "stick")
    assert list((tmp_path / "stick").iterdir()) == []


def test_stick_when_it_cannot_be_written_then_says_so(tmp_path: Path) -> None:
    (tmp_path / "stick").write_text("a file, where a folder is meant")
    with pytest.raises(Misconfigured, match="is it read-only, or full"):
        write_folder(FILES, tmp_path / "stick")


def test_identity_when_made_for_a_parcel_then_its_key_is_nowhere_in_the_office(tmp_path: Path) -> None:
    authority = CertificateAuthority.open_or_create(tmp_path / "ca")
    files = make_identity(authority, "TD-01-a")
    certificate = x509.load_pem_x509_certificates(files["satulayar/box.crt"])[0]
    assert read_common_name(certificate) == "TD-01-a"
    assert is_pair(certificate, files["satulayar/box.key"])
    kept = [path for path in (tmp_path / "ca").rglob("*") if path.is_file() and path.name != "ca.key"]
    assert not any(b"PRIVATE KEY" in path.read_bytes() for path in kept)
    assert authority.revoke("TD-01-a") == 1


def test_box_when_no_file_names_it_then_refused(write_regency: Write) -> None:
    with pytest.raises(Refused, match="add it to the desired state"):
        parcel.find_box(read_desired(write_regency(regency())), "XX-01-a")


def read_keyfile(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    return parser


def network(**values: object) -> Network:
    return TypeAdapter(Network).validate_python(values)  # type: ignore[no-any-return]


def test_network_when_sim_then_the_keyfile_names_apn_and_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIM_PIN", "1234")
    name, text = write_connection(network(kind="sim", apn="internet", pin_variable="SIM_PIN"))
    keyfile = read_keyfile(text)
    assert name == "satulayar-sim"
    assert keyfile["connection"]["type"] == "gsm"
    assert (keyfile["gsm"]["apn"], keyfile["gsm"]["pin"]) == ("internet", "1234")


def test_network_when_wifi_then_the_password_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    wifi = network(kind="wifi", ssid=" Balai Kota", password_variable="WIFI_PSK")
    with pytest.raises(Misconfigured, match="set WIFI_PSK"):
        write_connection(wifi)
    monkeypatch.setenv("WIFI_PSK", "rahasia sekali")
    keyfile = read_keyfile(write_connection(wifi)[1])
    assert keyfile["wifi"]["ssid"] == "\\sBalai Kota"
    assert keyfile["wifi-security"]["psk"] == "rahasia sekali"
    monkeypatch.setenv("WIFI_PSK", " back\\slash")
    assert read_keyfile(write_connection(wifi)[1])["wifi-security"]["psk"] == "\\sback\\\\slash"


def test_network_when_fixed_then_address_and_gateway_are_in_one_network() -> None:
    fixed = {"kind": "fixed", "address": "10.14.1.10/24", "gateway": "10.14.1.1", "dns": ["10.14.0.2"]}
    keyfile = read_keyfile(write_connection(network(**fixed))[1])
    assert keyfile["ipv4"]["address1"] == "10.14.1.10/24,10.14.1.1"
    with pytest.raises(ValidationError, match=r"gateway 10\.15\.1\.1 is not in"):
        network(**fixed | {"gateway": "10.15.1.1"})
    with pytest.raises(ValidationError, match="needs its prefix"):
        network(**fixed | {"address": "10.14.1.10", "gateway": "10.14.1.10"})
