"""Derives apt sources of another Debian suite from the machine's own.

A machine behind a company mirror reaches that mirror and nothing else, so nothing here names a host: the
mirror, its options and its keys are whatever the machine is configured with, and only the suite is replaced.

Source: sources.list(5), both the one-line form and deb822 (``*.sources``).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cloud.db.errors import Misconfigured

ETC_APT = Path("/etc/apt")
OS_RELEASE = Path("/etc/os-release")

# What a Debian mirror may call the release that is installed, besides its code name.
ALIASES = ("stable", "oldstable", "testing")
# Pockets that exist in every release. Backports are left out: they are a choice, not a default.
POCKETS = ("", "-updates", "-security")


@dataclass(frozen=True, slots=True)
class Source:
    """One ``deb`` entry: where it is, which suites, and the options apt needs to trust it."""

    uris: str
    suites: tuple[str, ...]
    options: tuple[tuple[str, str], ...]

    def as_stanza(self) -> str:
        """Write the entry in deb822 form, component ``main`` only."""
        lines = ["Types: deb", f"URIs: {self.uris}", f"Suites: {' '.join(self.suites)}", "Components: main"]
        return "\n".join([*lines, *(f"{name}: {value}" for name, value in self.options)]) + "\n"


def derive_sources(suite: str, etc_apt: Path = ETC_APT, os_release: Path = OS_RELEASE) -> str:
    """Write deb822 sources for ``suite`` at the mirrors that this machine uses.

    Args:
        suite: code name of the Debian release wanted, for example ``trixie``.
        etc_apt: apt's configuration folder.
        os_release: file that names the installed release (os-release(5)).

    Raises:
        Misconfigured: this is not Debian, or none of its sources is a Debian release.
    """
    codename = _installed_codename(os_release)
    derived = [moved for source in _read_all(etc_apt) if (moved := _with_suite(source, codename, suite)) is not None]
    if not derived:
        raise Misconfigured(
            f"no source of Debian {codename} in {etc_apt}: add the machine's Debian mirror to "
            f"{etc_apt}/sources.list, or use compose.yaml"
        )
    return "\n".join(dict.fromkeys(source.as_stanza() for source in derived))


def _installed_codename(os_release: Path) -> str:
    text = os_release.read_text() if os_release.exists() else ""
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    codename = fields.get("VERSION_CODENAME", "").strip('"')
    if fields.get("ID", "").strip('"') != "debian" or not codename:
        raise Misconfigured(
            "packages can be fetched on Debian only: elsewhere install TimescaleDB and Mosquitto yourself "
            "(SATULAYAR_DB_BIN_DIR names the PostgreSQL programs), or use compose.yaml"
        )
    return codename


def _read_all(etc_apt: Path) -> Iterator[Source]:
    parts = etc_apt / "sources.list.d"
    for path in [etc_apt / "sources.list", *sorted(parts.glob("*.list"))]:
        if path.exists():
            yield from _read_one_line_form(path.read_text())
    for path in sorted(parts.glob("*.sources")):
        yield from _read_deb822(path.read_text())


ONE_LINE = re.compile(r"^deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<rest>.+)$")


def _read_one_line_form(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        match = ONE_LINE.match(line.split("#", 1)[0].strip())
        if match and "main" in match["rest"].split():
            pairs = (option.split("=", 1) for option in (match["options"] or "").split() if "=" in option)
            options = tuple((name.title(), value.replace(",", " ")) for name, value in pairs)
            yield Source(match["uri"], (match["suite"],), _useful(options))


def _read_deb822(text: str) -> Iterator[Source]:
    without_comments = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", without_comments):
        fields = _fields(stanza)
        enabled = fields.get("enabled", "yes").lower() not in {"no", "false", "0"}
        if enabled and "deb" in fields.get("types", "").split() and "main" in fields.get("components", "").split():
            yield Source(fields["uris"], tuple(fields["suites"].split()), _useful(tuple(fields.items())))


def _fields(stanza: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line[:1].isspace() and name:
            # A folded field, such as a key written out in Signed-By.
            fields[name] += "\n" + line
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def _useful(options: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Keep what decides whether apt trusts the mirror; architectures and languages are ours to say."""
    kept = {"signed-by": "Signed-By", "trusted": "Trusted", "check-valid-until": "Check-Valid-Until"}
    return tuple((kept[name.lower()], value) for name, value in options if name.lower() in kept)


def _with_suite(source: Source, codename: str, suite: str) -> Source | None:
    renamed = {f"{old}{pocket}": f"{suite}{pocket}" for old in (codename, *ALIASES) for pocket in POCKETS}
    suites = tuple(renamed[old] for old in source.suites if old in renamed)
    return Source(source.uris, suites, source.options) if suites else None
