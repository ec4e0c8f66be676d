"""The broker's configuration is written from the contract, and what lies in the repository is current."""

from pathlib import Path

import pytest

from edge.contract import limits, topics
from provisioning.broker import TEMPLATES, BrokerValues, render_acl, render_configuration
from provisioning.certificates import CertificateAuthority
from provisioning.hand_out import hand_out_broker


def settings(text: str) -> dict[str, list[str]]:
    """Read the configuration as Mosquitto does: a name, a space, a value; comments and empty lines left out."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition(" ")
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize(
    ("name", "text", "command"),
    [("mosquitto.conf", render_configuration(BrokerValues()), "print"), ("acl", render_acl(), "print --acl")],
)
def test_example_in_the_repository_when_compared_then_is_current(name: str, text: str, command: str) -> None:
    stored = TEMPLATES / name
    assert stored.read_text() == text, f"satulayar-provision broker {command} > {stored}"


def test_listeners_when_rendered_then_each_wants_a_certificate_of_ours() -> None:
    rendered = settings(render_configuration(BrokerValues()))
    assert len(rendered["listener"]) == 2
    for name, value in (
        ("require_certificate", "true"),
        ("use_identity_as_username", "true"),
        ("tls_version", "tlsv1.2"),
        ("crlfile", "/mosquitto/config/crl.pem"),
    ):
        assert rendered[name] == [value, value]
    assert rendered["allow_anonymous"] == ["false"]


def test_limits_when_rendered_then_none_is_left_unbounded() -> None:
    rendered = settings(render_configuration(BrokerValues()))
    for name in ("max_inflight_messages", "max_queued_messages", "max_queued_bytes", "max_packet_size"):
        assert int(rendered[name][0]) > 0
    assert int(rendered["max_packet_size"][0]) > limits.MAX_MEDIA_BYTES


def test_configuration_when_rendered_then_nothing_is_left_to_fill_in() -> None:
    assert "${" not in render_configuration(BrokerValues()) + render_acl()


def test_acl_when_rendered_then_every_topic_of_the_contract_has_one_direction_for_a_box() -> None:
    patterns = [line.split(maxsplit=2)[1:] for line in render_acl().splitlines() if line.startswith("pattern")]
    kinds = {topic.removeprefix("sl/1/%u/").removesuffix("/+"): access for access, topic in patterns}
    assert kinds == dict.fromkeys(topics.UPS, "write") | dict.fromkeys(topics.DOWNS, "read")


def test_acl_when_extended_then_boxes_stay_last() -> None:
    text = render_acl("user load\ntopic write sl/1/#")
    assert text.index("user load") < text.index("\npattern ")


def test_hand_out_when_repeated_then_keeps_the_certificate(tmp_path: Path) -> None:
    authority = CertificateAuthority.open_or_create(tmp_path / "ca")
    written = []
    for _ in range(2):
        hand_out_broker(authority, tmp_path / "broker", ["broker", "10.0.0.1"], None)
        written.append((tmp_path / "broker" / "broker.crt").read_bytes())
    assert written[0] == written[1]
    assert (tmp_path / "broker" / "broker.key").stat().st_mode & 0o077 == 0
