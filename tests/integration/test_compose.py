"""compose.yaml is accepted by Docker Compose, names what our services know, and has no secret in it."""

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from cloud.api.settings import ApiSettings
from cloud.db.debian import Bundle
from cloud.db.prefix import ensure_prefix
from cloud.db.settings import DbSettings
from cloud.ingest.settings import Settings as IngestSettings
from cloud.modules.settings import ModulesSettings
from cloud.notify.settings import NotifySettings
from cloud.operations.settings import OperationsSettings
from cloud.warning.settings import WarningsSettings
from edge.contract.variables import refuse_unknown
from provisioning.settings import ProvisionSettings

ROOT = Path(__file__).parents[2]
SECRETS = (
    *("SATULAYAR_DB_PASSWORD", "SATULAYAR_DB_INGEST_PASSWORD", "SATULAYAR_DB_API_PASSWORD"),
    *("SATULAYAR_DB_MODULES_PASSWORD", "SATULAYAR_DB_OPERATIONS_PASSWORD", "SATULAYAR_DB_WARNINGS_PASSWORD"),
    *("SATULAYAR_DB_WALL_READER_PASSWORD", "SATULAYAR_ALERTS_SECRET", "GRAFANA_ADMIN_PASSWORD"),
)
SETTINGS: dict[str, type[BaseSettings]] = {
    "SATULAYAR_DB_": DbSettings,
    "SATULAYAR_INGEST_": IngestSettings,
    "SATULAYAR_API_": ApiSettings,
    "SATULAYAR_MODULES_": ModulesSettings,
    "SATULAYAR_NOTIFY_": NotifySettings,
    "SATULAYAR_OPERATIONS_": OperationsSettings,
    "SATULAYAR_WARNINGS_": WarningsSettings,
    "SATULAYAR_PROVISION_": ProvisionSettings,
}
PLUGIN = "usr/libexec/docker/cli-plugins/docker-compose"
COMPOSE = Bundle(name="docker-compose", packages=("docker-compose", "libc6"), programs=(PLUGIN,))


@pytest.fixture(scope="module")
def compose() -> list[str]:
    """Docker Compose: the machine's plugin, else Debian's package; neither needs an engine for this."""
    plugin = ["docker", "compose"]
    if (
        shutil.which("docker")
        and subprocess.run([*plugin, "version"], capture_output=True, check=False).returncode == 0
    ):
        return plugin
    return [str(ensure_prefix(COMPOSE) / PLUGIN)]


def resolve(compose: list[str], environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [*compose, "--file", str(ROOT / "compose.yaml"), "--env-file", os.devnull, "config"]
    clean = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(command, env=clean | environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def services(compose: list[str]) -> dict[str, Any]:
    """The services as Compose understands them, with every variable filled in."""
    answer = resolve(compose, dict.fromkeys(SECRETS, "s3cret") | {"SATULAYAR_HOST": "broker.example"})
    assert answer.returncode == 0, answer.stderr
    resolved: dict[str, Any] = yaml.safe_load(answer.stdout)["services"]
    return resolved


def test_compose_when_filled_in_then_has_all_services(services: dict[str, Any]) -> None:
    assert set(services) == {
        *("certificates", "broker", "renewal", "db", "migrate", "ingest", "api", "maintain", "grafana"),
        *("modules", "notify", "operations", "warnings"),
    }


@pytest.mark.parametrize("missing", [*SECRETS, "SATULAYAR_HOST"])
def test_compose_when_a_secret_is_missing_then_refused_by_name(missing: str, compose: list[str]) -> None:
    given = dict.fromkeys([*SECRETS, "SATULAYAR_HOST"], "x")
    del given[missing]
    answer = resolve(compose, given)
    assert answer.returncode != 0
    assert missing in answer.stderr


def test_images_when_named_then_pinned_to_a_version() -> None:
    images = re.findall(r"^\s+image: (\S+)$", (ROOT / "compose.yaml").read_text(), re.MULTILINE)
    assert len(images) == 4
    assert all(re.search(r":\d+\.\d+\.\d+", image) for image in images)


def test_environment_when_given_then_every_variable_is_known(services: dict[str, Any]) -> None:
    own = ("certificates", "renewal", "migrate", "ingest", "api", "maintain", "modules", "operations", "warnings")
    for name in own:
        for prefix, settings in SETTINGS.items():
            refuse_unknown(prefix, settings.model_fields, services[name]["environment"])


def test_commands_when_run_then_their_modules_exist(services: dict[str, Any]) -> None:
    text = " ".join(" ".join(service.get("command") or []) for service in services.values())
    modules = set(re.findall(r"python -m ([\w.]+)", text))
    assert modules == {
        *("provisioning", "cloud.db", "cloud.ingest", "cloud.api"),
        *("cloud.modules", "cloud.notify", "cloud.operations", "cloud.warning"),
    }
    assert all(find_spec(f"{module}.__main__") for module in modules)


def test_ports_when_published_then_only_the_boxes_one_is_open_to_the_world(services: dict[str, Any]) -> None:
    published = {
        (name, port["target"], port.get("host_ip"))
        for name, service in services.items()
        for port in service.get("ports", [])
    }
    assert published == {("broker", 8883, None), ("api", 8080, "127.0.0.1"), ("grafana", 3000, "127.0.0.1")}


def test_dockerfile_when_copying_then_everything_exists_and_is_let_through() -> None:
    let_through = (ROOT / ".dockerignore").read_text().splitlines()
    for source in re.findall(r"^COPY (\S+?)/? \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE):
        assert (ROOT / source).exists()
        assert f"!{source}" in let_through
