"""A box takes its parcel whole or not at all, once, and keeps what it has when a wrong one comes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from cryptography import x509

from edge.errors import Misconfigured
from edge.parcel import Taken, box_of, find_parcel, note_refusal, refused_parcel, take_parcel
from edge.settings import EdgeSettings
from edge.vision.reasons import Reason, reason_of
from provisioning.certificates import CertificateAuthority
from provisioning.parcel_files import make_identity, write_folder
from tests.fix_edge import gauge_site

PROFILES = EdgeSettings().profiles_dir
BOX = "TD-01-a"


@pytest.fixture
def office(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority.open_or_create(tmp_path / "ca")


@pytest.fixture
def stick(office: CertificateAuthority, tmp_path: Path) -> Path:
    """A stick with a parcel, as the office writes it."""
    put(office, tmp_path / "stick")
    return tmp_path / "stick"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "identity"


def put(office: CertificateAuthority, to: Path, box: str = BOX) -> None:
    site = yaml.safe_dump(gauge_site(BOX, 5020)).encode()
    write_folder({"satulayar/site.yaml": site} | make_identity(office, box), to)


def take(stick: Path, home: Path) -> Taken:
    folder = find_parcel([stick])
    assert folder
    return take_parcel(folder, home, PROFILES)


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_parcel_when_new_then_is_in_place_and_its_key_is_gone_from_the_stick(stick: Path, home: Path) -> None:
    there = files_in(stick / "satulayar")
    assert take(stick, home) == Taken(BOX, is_new=True)
    kept = files_in(home / "current")
    assert {name: kept[name] for name in there} == there
    assert not (stick / "satulayar" / "box.key").exists()
    assert (home / "current" / "box.key").stat().st_mode & 0o777 == 0o600
    assert box_of(home / "current" / "box.crt") == BOX


def test_parcel_when_seen_again_then_the_renewed_certificate_stays(stick: Path, home: Path) -> None:
    take(stick, home)
    (home / "current" / "box.crt").write_text("renewed since")
    assert take(stick, home) == Taken(BOX, is_new=False)
    assert (home / "current" / "box.crt").read_text() == "renewed since"


def test_parcel_when_only_the_site_is_new_then_the_identity_stays(stick: Path, home: Path) -> None:
    take(stick, home)
    before = files_in(home / "current")
    (stick / "satulayar" / "site.yaml").write_text(yaml.safe_dump(gauge_site(BOX, 5021)))
    assert take(stick, home).is_new
    after = files_in(home / "current")
    assert after["site.yaml"] != before["site.yaml"]
    assert (after["box.crt"], after["box.key"]) == (before["box.crt"], before["box.key"])


def test_parcel_when_a_second_one_comes_then_it_takes_the_place_and_nothing_of_the_first_is_left(
    stick: Path, home: Path, office: CertificateAuthority, tmp_path: Path
) -> None:
    take(stick, home)
    put(office, tmp_path / "second")
    certificate = (tmp_path / "second" / "satulayar" / "box.crt").read_bytes()
    assert take(tmp_path / "second", home).is_new
    assert (home / "current" / "box.crt").read_bytes() == certificate
    assert len(list(home.iterdir())) == 2


def test_parcel_when_its_key_was_taken_by_another_computer_then_says_so(stick: Path, home: Path) -> None:
    take(stick, home)
    with pytest.raises(Misconfigured, match="taken by a computer before: have the office write a new parcel"):
        take(stick, home.with_name("another"))


def test_parcel_when_something_does_not_fit_then_refused_and_the_old_stays(
    stick: Path, home: Path, office: CertificateAuthority, tmp_path: Path
) -> None:
    take(stick, home)
    before = files_in(home / "current")
    strange = CertificateAuthority.open_or_create(tmp_path / "strange")
    wrongs = {
        "is no certificate": {"box.crt": b"x"},
        "the key is not the certificate's": {"box.key": make_identity(office, BOX)["satulayar/box.key"]},
        "is no key": {"box.key": b"x"},
        "not signed by the authority": {"ca.crt": strange.certificate_file.read_bytes()},
        "is not YAML": {"site.yaml": b"{"},
        "the certificate is for 'XX-01-a', the site has TD-01-a": {
            path.removeprefix("satulayar/"): content for path, content in make_identity(office, "XX-01-a").items()
        },
    }
    for number, (said, files) in enumerate(wrongs.items()):
        put(office, tmp_path / f"wrong{number}")
        for name, content in files.items():
            (tmp_path / f"wrong{number}" / "satulayar" / name).write_bytes(content)
        with pytest.raises(Misconfigured, match=said):
            take(tmp_path / f"wrong{number}", home)
        assert files_in(home / "current") == before


def test_parcel_when_refused_then_that_is_noted_in_both_languages_until_one_is_taken(
    stick: Path, home: Path, office: CertificateAuthority
) -> None:
    why = Reason("salah", "wrong")
    note_refusal(home, why)
    assert refused_parcel(home) is None, "a box that is nobody yet has nobody to tell"
    take(stick, home)
    note_refusal(home, why)
    assert refused_parcel(home) == "wrong"
    assert not take(stick, home).is_new
    assert refused_parcel(home) is None, "seen again"
    put(office, stick)
    (stick / "satulayar" / "box.crt").write_bytes(b"x")
    with pytest.raises(Misconfigured) as refused:
        take(stick, home)
    note_refusal(home, reason_of(refused.value))
    told = refused_parcel(home)
    assert told is not None
    assert told.endswith("box.crt: is no certificate: have the office write a new parcel (satulayar-provision parcel)")
    assert "bukan sertifikat: minta kantor menulis paket baru" in told.id
    put(office, stick)
    assert take(stick, home).is_new
    assert refused_parcel(home) is None
    assert refused_parcel(None) is None


def test_parcel_when_only_a_camera_in_it_is_wrong_then_it_is_taken_and_who_takes_it_hears_what_is_left_out(
    stick: Path, home: Path
) -> None:
    camera = {"code": "TD-01.cam-1", "sub": "rtsp://10.0.0.1/x", "masks": "all"}
    (stick / "satulayar" / "site.yaml").write_text(yaml.safe_dump(gauge_site(BOX, 5020) | {"cameras": [camera]}))
    environment = os.environ | {"SATULAYAR_EDGE_IDENTITY_DIR": str(home)}
    command = [sys.executable, "-m", "edge", "--take", str(stick)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=30)
    told = {one["event"]: one for one in map(json.loads, (done.stdout + done.stderr).splitlines())}
    assert told["parcel_taken"]["is_new"]
    assert (told["camera_left_out"]["camera"], told["camera_left_out"]["is_whole"]) == ("TD-01.cam-1", True)
    (what,) = told["camera_left_out"]["what"]
    assert what.startswith("site.yaml:")
    assert "cameras[0].masks: 'all': Input should be a valid list" in what


def test_parcel_when_a_file_is_missing_then_says_which(stick: Path, home: Path) -> None:
    (stick / "satulayar" / "ca.crt").unlink()
    with pytest.raises(Misconfigured, match=r"ca\.crt: cannot be read: No such file.*new parcel"):
        take(stick, home)
    assert not home.exists()


def test_parcel_when_power_went_before_the_link_was_turned_then_the_next_start_finishes(
    stick: Path, home: Path, office: CertificateAuthority
) -> None:
    home.mkdir()
    (home / "half").mkdir()
    (home / "half" / "site.yaml").write_text("half")
    (home / ".half").symlink_to("half")
    assert take(stick, home).is_new
    certificate = x509.load_pem_x509_certificates((home / "current" / "box.crt").read_bytes())[0]
    assert certificate.issuer == x509.load_pem_x509_certificates(office.certificate_file.read_bytes())[0].subject
    assert len(list(home.iterdir())) == 2


def test_stick_when_it_has_no_parcel_then_none_is_found(tmp_path: Path) -> None:
    assert find_parcel([tmp_path, tmp_path / "absent"]) is None


def test_stick_when_its_folder_is_a_link_into_the_box_then_the_boxs_key_stays(
    stick: Path, home: Path, tmp_path: Path
) -> None:
    take(stick, home)
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    (hostile / "satulayar").symlink_to(home / "current")
    assert find_parcel([hostile]) is None
    assert (home / "current" / "box.key").exists()


def make_hole(path: Path) -> None:
    """Make a file of five gigabytes that takes no room on the stick."""
    path.touch()
    os.truncate(path, 5_000_000_000)


@pytest.mark.parametrize("name", ["site.yaml", "box.crt", "box.key"])
def test_parcel_when_a_file_is_a_link_a_device_or_endless_then_refused_at_once(
    name: str, stick: Path, home: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of the box's own")
    file = stick / "satulayar" / name
    for make in (
        lambda: file.symlink_to(secret),
        lambda: file.symlink_to("/dev/zero"),
        lambda: os.mkfifo(file),
        lambda: make_hole(file),
    ):
        file.unlink(missing_ok=True)
        make()
        with pytest.raises(Misconfigured, match=r"cannot be read|is no file of a parcel"):
            take_parcel(stick / "satulayar", home, PROFILES)
    assert not home.exists()
