"""Sources of another suite follow the machine's own mirror, however it is written down."""

from pathlib import Path

import pytest

from cloud.db.debian_sources import derive_sources
from cloud.db.errors import Misconfigured

DEB822 = """\
# made by the installer
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://mirror.example/debian
Suites: bookworm
Components: main
Enabled: no
"""


class Machine:
    """The two places that a machine's sources are read from."""

    def __init__(self, home: Path) -> None:
        self.etc_apt = home / "apt"
        self.os_release = home / "os-release"
        (self.etc_apt / "sources.list.d").mkdir(parents=True)
        self.is_debian("bookworm")

    def is_debian(self, codename: str) -> None:
        self.os_release.write_text(f'ID=debian\nVERSION_CODENAME={codename}\nNAME="Debian"\n')

    def has(self, name: str, text: str) -> None:
        (self.etc_apt / name).write_text(text)

    def derive(self, suite: str = "trixie") -> str:
        return derive_sources(suite, self.etc_apt, self.os_release)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_deb822_when_derived_then_suites_move_and_the_rest_stays(machine: Machine) -> None:
    machine.has("sources.list.d/debian.sources", DEB822)
    assert machine.derive() == (
        "Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie trixie-updates\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
        "\n"
        "Types: deb\nURIs: http://mirror.example/debian-security\nSuites: trixie-security\nComponents: main\n"
    )


def test_one_line_form_when_derived_then_options_are_kept(machine: Machine) -> None:
    machine.has(
        "sources.list",
        "deb [arch=amd64 signed-by=/k.gpg trusted=yes] http://mirror.example/debian bookworm main  # ours\n",
    )
    assert "Signed-By: /k.gpg\nTrusted: yes\n" in machine.derive()


def test_source_lines_when_derived_then_left_out(machine: Machine) -> None:
    machine.has(
        "sources.list",
        "deb-src http://a.example/debian bookworm main\n"
        "deb http://b.example/debian bookworm main\n"
        "#deb http://c.example/debian bookworm main\n",
    )
    assert "a.example" not in machine.derive()
    assert "c.example" not in machine.derive()


def test_other_vendors_when_derived_then_left_out(machine: Machine) -> None:
    machine.has("sources.list", "deb http://mirror.example/debian bookworm main\n")
    machine.has("sources.list.d/vendor.list", "deb http://vendor.example/apt tools-bookworm main\n")
    machine.has(
        "sources.list.d/other.sources",
        "Types: deb\nURIs: http://other.example\nSuites: nodistro\nComponents: main\n",
    )
    assert machine.derive().count("URIs:") == 1


def test_alias_when_derived_then_moves_too(machine: Machine) -> None:
    machine.has("sources.list", "deb http://mirror.example/debian stable main\n")
    assert "Suites: trixie\n" in machine.derive()


def test_key_written_out_when_derived_then_kept_whole(machine: Machine) -> None:
    key = " -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQENBF\n -----END PGP PUBLIC KEY BLOCK-----"
    machine.has(
        "sources.list.d/debian.sources",
        f"Types: deb\nURIs: http://m.example\nSuites: bookworm\nComponents: main\nSigned-By:\n{key}\n",
    )
    assert key in machine.derive()


def test_same_source_twice_when_derived_then_written_once(machine: Machine) -> None:
    machine.has("sources.list", "deb http://mirror.example/debian bookworm main\n" * 2)
    assert machine.derive().count("URIs:") == 1


def test_no_debian_source_when_derived_then_says_where_to_add_it(machine: Machine) -> None:
    with pytest.raises(Misconfigured, match=r"sources\.list"):
        machine.derive()


def test_another_distribution_when_derived_then_names_the_alternatives(machine: Machine) -> None:
    machine.os_release.write_text("ID=fedora\nVERSION_CODENAME=\n")
    with pytest.raises(Misconfigured, match=r"SATULAYAR_DB_BIN_DIR.*compose"):
        machine.derive()
