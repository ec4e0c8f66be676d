"""Third parties stay behind one file each; secrets stay out of what is printed."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from provisioning.errors import Misconfigured
from provisioning.settings import ProvisionSettings, read_settings

PROVISIONING = Path(__file__).resolve().parents[2] / "provisioning"
BEHIND = {
    "balena": {"balena.py"},
    "openpyxl": {"spreadsheet.py"},
    "pyfatfs": {"boot_image.py"},
    "segno": {"labels.py"},
    "fpdf": {"labels.py", "commissioning_report.py"},
}


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("package", BEHIND)
def test_package_when_used_then_only_behind_its_file(package: str) -> None:
    assert {path.name for path in PROVISIONING.glob("*.py") if package in imports_of(path)} == BEHIND[package]


def test_extra_when_installed_alone_then_has_all_that_is_imported() -> None:
    """An office installs `satulayar[provisioning]` and nothing else."""
    project = tomllib.loads((PROVISIONING.parent / "pyproject.toml").read_text())["project"]
    named = [re.split(r"[<>=!;\[ ]", each)[0].lower() for each in project["optional-dependencies"]["provisioning"]]
    modules = set().union(*(imports_of(path) for path in PROVISIONING.glob("*.py")))
    modules -= {"edge", "provisioning", *sys.stdlib_module_names}
    brought_by = packages_distributions()
    missing = {name for name in modules if not {each.lower() for each in brought_by[name]} & set(named)}
    # of pydantic's own
    assert missing - {"pydantic_core"} == set()


def test_settings_when_printed_then_hold_no_secret() -> None:
    secrets = {"balena_token": "geheim-1", "ca_passphrase": "geheim-2", "root_passphrase": "geheim-3"}
    secrets |= {"centre_token": "geheim-4"}
    assert "geheim" not in repr(ProvisionSettings(**secrets))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SATULAYAR_PROVISION_BALENA_TOKN", "x", "did you mean SATULAYAR_PROVISION_BALENA_TOKEN"),
        ("SATULAYAR_PROVISION_WORKERS", "0", "SATULAYAR_PROVISION_WORKERS: "),
    ],
)
def test_settings_when_wrong_then_the_variable_is_named(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(Misconfigured, match=said):
        read_settings()


def test_api_when_openbalena_or_a_url_then_is_found() -> None:
    assert ProvisionSettings(balena_host="balena.pasuruan.example").api_url == "https://api.balena.pasuruan.example/"
    assert ProvisionSettings(balena_url="https://localhost:4443").api_url == "https://localhost:4443/"


def test_edition_when_not_said_then_follows_from_the_host() -> None:
    assert ProvisionSettings().has_locations
    assert not ProvisionSettings(balena_host="balena.pasuruan.example").has_locations
    assert ProvisionSettings(balena_host="balena.pasuruan.example", balena_edition="cloud").has_locations
    assert not ProvisionSettings(balena_edition="open").has_locations
