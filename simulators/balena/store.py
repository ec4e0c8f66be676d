"""The rows behind the simulated API: made, read, changed and removed as balena does it.

Not safe for threads: the server holds a lock around every request.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from simulators.balena.model import OPEN_LACKS, PIN_RULE, RESOURCES, Edition, Resource
from simulators.balena.odata import BadQuery, Row, read_filter, split
from simulators.balena.rules import refuse


class Conflict(Exception):
    """A natural key is taken already; balena answers 409."""


class NotFound(Exception):
    """There is no such resource or row; balena answers 404."""


class Store:
    """All rows, by resource and id."""

    def __init__(self, edition: Edition = "cloud") -> None:
        self._lacks = OPEN_LACKS if edition == "open" else frozenset[str]()
        self._rows: dict[str, dict[int, Row]] = {name: {} for name in RESOURCES}
        self._keys: dict[tuple[str, tuple[str, ...]], dict[tuple[Any, ...], int]] = defaultdict(dict)
        self._behind: dict[tuple[str, str], dict[int, dict[int, None]]] = defaultdict(lambda: defaultdict(dict))
        self._ids = itertools.count(1)

    def create(self, name: str, body: Mapping[str, Any]) -> Row:
        """Make a row.

        Raises:
            BadQuery: a field is unknown or missing, or a link leads nowhere.
            Conflict: its natural key is taken.
        """
        resource = find(name)
        missing = resource.required - {key for key, value in body.items() if value is not None}
        if missing:
            raise BadQuery(f'"{min(missing)}" is required.')
        self._check(resource, body)
        refuse(name, body)
        defaults = {name: value for name, value in resource.fields.items() if name not in self._lacks}
        row = {"id": next(self._ids)} | defaults | dict(body)
        self._check_pin(name, row)
        if name == "application":
            row |= self._slugged(row)
        self._claim(name, row)
        self._rows[name][row["id"]] = row
        for link in resource.links:
            if row.get(link) is not None:
                self._behind[name, link][row[link]][row["id"]] = None
        return row

    def select(self, name: str, only: int | Mapping[str, Any] | None, filtered: str | None) -> list[Row]:
        """Find rows.

        Args:
            name: of the resource.
            only: the id or natural key that stood in brackets behind the name.
            filtered: `$filter`, if any.
        """
        find(name)
        rows: Iterable[Row] = self._rows[name].values()
        if isinstance(only, int):
            rows = filter(None, [self._rows[name].get(only)])
        elif only is not None:
            rows = [row for row in rows if all(row.get(key) == value for key, value in only.items())]
        if filtered is not None:
            test = read_filter(filtered, self._follow)
            rows = [row for row in self._tagged(name, rows) if test(row, {})]
        return [self._rows[name][row["id"]] for row in rows]

    def change(self, name: str, rows: list[Row], body: Mapping[str, Any]) -> None:
        """Set fields of rows; none of them is changed when one may not be.

        Raises:
            BadQuery: a field is unknown or a link leads nowhere.
            Conflict: a natural key is taken.
        """
        self._check(find(name), body)
        refuse(name, body)
        for row in rows:
            changed = row | dict(body)
            self._check_pin(name, changed)
            self._release(name, row)
            try:
                self._claim(name, changed)
            except Conflict:
                self._claim(name, row)
                raise
            self._relink(name, row, changed)
            row.update(body)

    def remove(self, name: str, rows: list[Row]) -> None:
        """Remove rows and all that belongs to them."""
        for row in rows:
            for below, link in find(name).lists.values():
                behind = [self._rows[below][key] for key in self._behind[below, link].get(row["id"], {})]
                self.remove(below, behind)
            self._release(name, row)
            self._relink(name, row, {})
            del self._rows[name][row["id"]]

    def show(self, name: str, row: Row, select: str | None, expand: str | None) -> Row:
        """Write a row as the API answers it: links as `{"__id": n}`, or as lists where they are expanded.

        Raises:
            BadQuery: a field or list is unknown.
        """
        resource = find(name)
        wanted = [field.strip() for field in select.split(",")] if select and select != "*" else list(row)
        shown = {}
        for field in wanted:
            if field in self._lacks or (field not in row and field not in resource.required | set(resource.fields)):
                raise BadQuery(f"Could not resolve {field!r} of {name}")
            value = row.get(field)
            shown[field] = {"__id": value} if field in resource.links and value is not None else value
        for part in split(expand or "", ","):
            expanded, _, options = part.partition("(")
            shown[expanded.strip()] = self._expanded(name, row, expanded.strip(), options.removesuffix(")"))
        return shown

    def _expanded(self, name: str, row: Row, step: str, options: str) -> list[Row]:
        chosen = dict(option.strip().split("=", 1) for option in split(options, ";"))
        resource = find(name)
        if step not in resource.links and step not in resource.lists:
            raise BadQuery(f"{name} has no {step!r} to expand")
        below = resource.links.get(step) or resource.lists[step][0]
        found = [each for each in self._follow({**row, "__of": name}, step) if isinstance(each, dict)]
        if "$filter" in chosen:
            test = read_filter(chosen["$filter"], self._follow)
            found = [each for each in found if test(each, {})]
        plain = [{key: value for key, value in each.items() if key != "__of"} for each in found]
        return [self.show(below, each, chosen.get("$select"), chosen.get("$expand")) for each in plain]

    def _follow(self, row: Row, step: str) -> list[Any]:
        name = row["__of"]
        resource = find(name)
        if step in resource.links:
            below = resource.links[step]
            found = self._rows[below].get(row.get(step) or 0)
            return [{**found, "__of": below}] if found else [None]
        if step in resource.lists:
            below, link = resource.lists[step]
            keys = self._behind[below, link].get(row["id"], {})
            return [{**self._rows[below][key], "__of": below} for key in keys]
        if step not in row and step not in resource.required:
            raise BadQuery(f"Could not resolve {step!r} of {name}")
        return [row.get(step)]

    def _tagged(self, name: str, rows: Iterable[Row]) -> Iterable[Row]:
        return ({**row, "__of": name} for row in rows)

    def _check(self, resource: Resource, body: Mapping[str, Any]) -> None:
        for key, value in body.items():
            if key in self._lacks or key not in resource.required | set(resource.fields) | set(resource.links):
                raise BadQuery(f'"{key}" is not a field here.')
            if key in resource.links and value is not None and value not in self._rows[resource.links[key]]:
                raise BadQuery(f'"{key}" {value} does not exist.')

    def _check_pin(self, name: str, row: Mapping[str, Any]) -> None:
        """Hold balena's rule of pins: a release that succeeded, of the device's own fleet."""
        pin = self._rows["release"].get(row.get("is_pinned_on__release") or 0) if name == "device" else None
        if pin and (pin["status"] != "success" or pin["belongs_to__application"] != row["belongs_to__application"]):
            raise BadQuery(PIN_RULE)

    def _slugged(self, row: Row) -> Row:
        handle = self._rows["organization"][row["organization"]]["handle"]
        slug = f"{handle}/{str(row['app_name']).lower().replace(' ', '-')}"
        return {"slug": slug, "uuid": f"{row['id']:032x}"}

    def _claim(self, name: str, row: Row) -> None:
        for key in find(name).unique:
            value = tuple(row.get(field) for field in key)
            if value in self._keys[name, key]:
                raise Conflict(f'"{", ".join(key)}" must be unique.')
        for key in find(name).unique:
            self._keys[name, key][tuple(row.get(field) for field in key)] = row["id"]

    def _release(self, name: str, row: Row) -> None:
        for key in find(name).unique:
            self._keys[name, key].pop(tuple(row.get(field) for field in key), None)

    def _relink(self, name: str, before: Row, after: Row) -> None:
        for link in find(name).links:
            if before.get(link) != after.get(link):
                if before.get(link) is not None:
                    self._behind[name, link][before[link]].pop(before["id"], None)
                if after.get(link) is not None:
                    self._behind[name, link][after[link]][before["id"]] = None


def find(name: str) -> Resource:
    """Find a resource.

    Raises:
        NotFound: there is none of this name.
    """
    if name not in RESOURCES:
        raise NotFound(f"Unknown resource: {name}")
    return RESOURCES[name]
