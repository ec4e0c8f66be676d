"""Addresses, variables and paths of sources that cannot work, or that give a credential away."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions

from cloud.modules.checks.figures import Fault
from cloud.modules.manifest import Manifest
from cloud.modules.sources.models import Http, HttpJson, Sql
from edge.contract.documents import nearest

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_WHOLE = re.compile(r"\$\{[^}]*\}")
_SECRETS = re.compile(
    r"(?i)(?:^|[-_])(?:token|key|apikey|secret|password|passwd|pwd|sandi|auth|authorization|cookie)(?:$|[-_])"
)
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")


def address_faults(name: str, manifest: Manifest) -> Iterator[Fault]:
    """Give what is wrong with where a module's figures come from.

    Args:
        name: of the module: it may use variables that begin with it only.
        manifest: of it.
    """
    source = manifest.source
    if isinstance(source, Http):
        yield from ((("source", "url"), fault) for fault in (*_of_variables(name, source.url), *_of_url(source.url)))
        for header, text in source.headers.items():
            yield from ((("source", "headers", header), fault) for fault in _of_header(name, header, text))
    if isinstance(source, HttpJson):
        yield from ((("source", "rows"), fault) for fault in _of_path(source.rows))
    if isinstance(source, Sql):
        yield from ((("source", "connection"), fault) for fault in _of_variables(name, f"${{{source.connection}}}"))


def address_notes(manifest: Manifest) -> Iterator[Fault]:
    """Give what is allowed, and may not be meant."""
    source = manifest.source
    if isinstance(source, Http) and not source.tells_past:
        text = "has no {from}: `backfill` cannot ask for the past; if the source knows it, put in {from} and {to}"
        yield ("source", "url"), text
    if isinstance(source, Sql) and not source.tells_past:
        yield ("source", "query"), "has no %(from)s: `backfill` cannot ask for the past; put in %(from)s and %(to)s"


def _own(name: str) -> str:
    return f"SOURCE_{name.upper()}_"


def _of_variables(name: str, text: str) -> Iterator[str]:
    for variable in _VARIABLE.findall(text):
        if not variable.startswith(_own(name)):
            yield f"names the variable {variable}: a manifest may name those that begin with {_own(name)} only"


def _of_header(name: str, header: str, text: str) -> Iterator[str]:
    yield from _of_variables(name, text)
    if _SECRETS.search(header) and not _VARIABLE.search(text):
        yield f"holds a credential: write ${{{_own(name)}TOKEN}}, and set that variable"


def _of_url(url: str) -> Iterator[str]:
    """Judge an address; what a variable at its beginning holds is judged when it is asked."""
    plain = _WHOLE.sub("x", url) if url.startswith(("http://", "https://")) else _WHOLE.sub("http://x", url, count=1)
    try:
        parts = urlsplit(plain.replace("{from}", "").replace("{to}", ""))
        port = parts.port
    except ValueError:
        yield "is no address: write it like https://dinas.example/data.csv"
        return
    if not parts.hostname or not _HOST.fullmatch(parts.netloc.rpartition("@")[2].removesuffix(f":{port}")):
        yield "has no host: write it like https://dinas.example/data.csv"
    if parts.username or parts.password:
        yield "holds a user or a password: send them by a header, from a variable"
    if parts.fragment:
        yield f"ends with #{parts.fragment}, which no server is told: leave that out"
    for key, value in parse_qsl(urlsplit(url).query):
        if _SECRETS.search(key) and not _VARIABLE.search(value):
            yield f"holds a credential ({key}=…): put a variable in its place"


def _of_path(path: str) -> Iterator[str]:
    try:
        parsed = jmespath.compile(path).parsed
    except JMESPathError as error:
        yield f"is no JMESPath: {' '.join(str(error).split())}; see jmespath.org for how one is written"
        return
    for function, arguments in _functions(parsed):
        known = Functions.FUNCTION_TABLE.get(function)
        if known is None:
            yield f"{function!r} is no function of JMESPath{nearest(function, Functions.FUNCTION_TABLE)}"
        elif len(arguments) != len(known["signature"]) and not any(each.get("variadic") for each in known["signature"]):
            yield f"{function} takes {len(known['signature'])} arguments, here {len(arguments)}"


def _functions(node: Any) -> Iterator[tuple[str, list[Any]]]:
    """Give each function in a parsed path with its arguments."""
    if node["type"] == "function_expression":
        yield node["value"], node["children"]
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _functions(child)
