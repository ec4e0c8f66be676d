"""`satulayar-ingest` as a command: what it says when it cannot work, and with which number it ends."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from provisioning.certificates import CertificateAuthority


@pytest.fixture
def environment(authority: CertificateAuthority) -> dict[str, str]:
    """Settings that are right, for a database and a broker that nobody may ask for."""
    identity = authority.ensure("ingest")
    given = {
        "DATABASE": "host=192.0.2.1 dbname=satulayar",  # RFC 5737: nobody is there
        "BROKER_HOST": "192.0.2.1",
        "CA_FILE": str(identity.authority),
        "CERT_FILE": str(identity.certificate),
        "KEY_FILE": str(identity.key),
        "METRICS_PORT": "0",
    }
    return {f"SATULAYAR_INGEST_{name}": value for name, value in given.items()}


def _run(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SATULAYAR_")}
    command = [sys.executable, "-m", "cloud.ingest", *arguments]
    return subprocess.run(command, env=clean | environment, capture_output=True, text=True, check=False, timeout=30)


def _refused(answer: "subprocess.CompletedProcess[str]") -> str:
    assert answer.returncode == 78
    assert answer.stdout == ""
    assert answer.stderr.startswith("satulayar-ingest: ")
    assert answer.stderr.count("\n") == 1
    return answer.stderr


def test_check_when_all_is_right_then_connects_nothing_and_says_so(environment: dict[str, str]) -> None:
    answer = _run(environment, "--check")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "right" in answer.stdout


@pytest.mark.parametrize(
    ("name", "content", "arguments"),
    [
        ("CA_FILE", None, ("--check",)),
        ("CA_FILE", b"no certificate", ("--check",)),
        ("CERT_FILE", None, ()),
        ("CERT_FILE", b"no certificate", ("--check",)),
        ("KEY_FILE", None, ("--check",)),
        ("KEY_FILE", b"", ()),
    ],
)
def test_file_when_missing_or_no_certificate_then_is_named_with_the_remedy(
    environment: dict[str, str], tmp_path: Path, name: str, content: bytes | None, arguments: tuple[str, ...]
) -> None:
    wrong = tmp_path / "wrong.pem"
    if content is not None:
        wrong.write_bytes(content)
    environment[f"SATULAYAR_INGEST_{name}"] = str(wrong)
    said = _refused(_run(environment, *arguments))
    for part in (name, str(wrong), "ca export"):
        assert part in said


def test_key_when_of_another_certificate_then_refused(
    environment: dict[str, str], authority: CertificateAuthority
) -> None:
    environment["SATULAYAR_INGEST_KEY_FILE"] = str(authority.ensure("api").key)
    assert "with its own key" in _refused(_run(environment, "--check"))


def test_metrics_port_when_taken_then_is_named(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = _refused(_run(environment | {"SATULAYAR_INGEST_METRICS_PORT": port}))
    assert f"127.0.0.1:{port}" in said
    assert "METRICS_PORT" in said


@pytest.mark.parametrize(
    ("changes", "arguments", "named"),
    [
        ({"SATULAYAR_INGEST_BROKER_PROT": "8884"}, ("--check",), "BROKER_PROT"),
        ({"SATULAYAR_INGEST_LINGER_S": "soon"}, ("--check",), "LINGER_S"),
        ({}, ("--chekc",), "--chekc"),
    ],
)
def test_settings_when_wrong_then_named(
    environment: dict[str, str], changes: dict[str, str], arguments: tuple[str, ...], named: str
) -> None:
    assert named in _refused(_run(environment | changes, *arguments))
