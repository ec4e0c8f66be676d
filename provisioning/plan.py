"""From desired and actual state to a list of actions: a pure function, and the only place that decides.

A second plan after a whole apply is empty. What somebody changed in balena's dashboard is drift: it is shown, and
overwritten only when the plan is made with `force`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from provisioning.actual import Actual, Device, Fleet, Release
from provisioning.desired import Desired
from provisioning.fields import Fields, compare, note_of, write_note
from provisioning.target import TargetDevice, target_devices, target_fleets

Kind = Literal[
    "create_fleet",
    "set_fleet_field",
    "register_device",
    "move_device",
    "set_device_field",
    "quarantine_device",
    "restore_device",
    "remove_device",
    "record_applied",
]
QUARANTINE_DAYS = 30  # a box that was taken out by mistake is found missing within a month


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. Doing it twice is doing it once.

    Attributes:
        kind: what.
        fleet: in which fleet.
        box: for which slot, or the device's name where it has none; "" for the fleet itself.
        uuid: of the device; "" for the fleet itself.
        field: which field.
        before: its value now; "" is none.
        after: its value then; "" is none.
        fields: of a new device, what it is registered with.
    """

    kind: Kind
    fleet: str
    box: str = ""
    uuid: str = ""
    field: str = ""
    before: str = ""
    after: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """Something that somebody else changed.

    Attributes:
        fleet: where.
        box: slot or name of the device; "" for the fleet itself.
        field: which field; "" for a device that is not ours at all.
        found: what is there.
        wanted: what the files say.
    """

    fleet: str
    box: str
    field: str
    found: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, what somebody else did, and what cannot be done.

    Attributes:
        actions: in order; those of one device are together.
        drift: left alone, or overwritten by `actions` when the plan was forced.
        problems: what the files ask for and balena does not have, each with its remedy.
    """

    actions: list[Action]
    drift: list[Drift]
    problems: list[str]


def make_plan(desired: Desired, actual: Actual, today: date, *, force: bool = False, remove: bool = False) -> Plan:
    """Decide what to do.

    Args:
        desired: checked files.
        actual: what balena has.
        today: for the quarantine.
        force: overwrite what somebody else changed.
        remove: remove devices that were in quarantine for long enough.
    """
    planner = _Planner(actual, today, force=force, remove=remove)
    for name, fields in target_fleets(desired).items():
        planner.fleet(name, desired.fleets[name].device_type, fields)
    wanted = {device.uuid: device for device in target_devices(desired)}
    for target in wanted.values():
        planner.device(target)
    for fleet in actual.fleets.values():
        for device in fleet.devices:
            if device.uuid not in wanted:
                planner.unwanted(fleet, device)
    return Plan(planner.actions, planner.drift, list(dict.fromkeys(planner.problems)))


@dataclass(frozen=True, slots=True)
class _At:
    """Whom an action is about."""

    fleet: str
    box: str = ""
    uuid: str = ""


class _Planner:
    """Collects actions while the states are walked through."""

    def __init__(self, actual: Actual, today: date, *, force: bool, remove: bool) -> None:
        self.actions: list[Action] = []
        self.drift: list[Drift] = []
        self.problems: list[str] = []
        self._fleets = actual.fleets
        self._today = today
        self._force = force
        self._remove = remove
        self._devices = {device.uuid: (fleet, device) for fleet in actual.fleets.values() for device in fleet.devices}

    def fleet(self, name: str, device_type: str, wanted: Fields) -> None:
        """Plan a fleet and its own fields."""
        at = _At(name)
        fleet = self._fleets.get(name)
        if fleet is None:
            self._do("create_fleet", at, after=device_type)
        elif fleet.device_type != device_type:
            remedy = "a fleet's type cannot change: give the fleet another name in the files, its boxes will move there"
            self.problems.append(f"fleet {name} is for {fleet.device_type}, the files say {device_type}: {remedy}")
        self._fields("set_fleet_field", at, self._services_there(name, fleet, wanted), fleet)

    def device(self, target: TargetDevice) -> None:
        """Plan one device."""
        at = _At(target.fleet, target.box, target.uuid)
        fleet, device = self._devices.get(target.uuid, (None, None))
        there = self._services_there(target.fleet, self._fleets.get(target.fleet), target.fields)
        wanted = dict(there) | {"release": self._release(target, device)}
        if fleet is None or device is None:
            given = {name: wanted[name] for name in ("name", "location", "release") if wanted[name]}
            self._do("register_device", at, fields=tuple(given.items()))
            self._fields("set_device_field", at, wanted, None, given)
            return
        if fleet.name != target.fleet:
            self._do("move_device", at, before=fleet.name, after=target.fleet)
        if device.quarantined_on:
            self._do("restore_device", at, before=device.quarantined_on)
        self._fields("set_device_field", at, wanted, device)

    def unwanted(self, fleet: Fleet, device: Device) -> None:
        """Plan a device that no file names: ours goes into quarantine and is removed later, others' are left alone."""
        at = _At(fleet.name, device.fields.get("name", device.uuid), device.uuid)
        if device.applied is None:
            self.drift.append(Drift(at.fleet, at.box, "", device.uuid, ""))
        elif not device.quarantined_on:
            self._do("quarantine_device", at, after=self._today.isoformat())
        elif self._remove and _days_since(device.quarantined_on, self._today) >= QUARANTINE_DAYS:
            self._do("remove_device", at, before=device.quarantined_on)

    def _fields(
        self, kind: Kind, at: _At, wanted: Fields, there: Fleet | Device | None, given: Fields | None = None
    ) -> None:
        """Plan the fields of a fleet or device, and last the note of what is applied.

        Args:
            kind: of the actions.
            at: whose fields.
            wanted: its fields.
            there: as it is; None when it is not there yet.
            given: the fields that it will be made with.
        """
        actual = there.fields if there else given or {}
        applied = (there.applied if there else None) or {}
        # What it is registered with is nobody's drift.
        changes = compare(wanted, actual, applied if there else note_of(actual))
        drifted = {change.field for change in changes if change.is_drift}
        for change in changes:
            if change.is_drift:
                self.drift.append(Drift(at.fleet, at.box, change.field, change.before, change.after))
            if self._force or not change.is_drift:
                self._do(kind, at, field=change.field, before=change.before, after=change.after)
        note = note_of(wanted)
        if not self._force:  # what is left alone stays drift the next time
            note = {name: value for name, value in note.items() if name not in drifted}
            note |= {name: value for name, value in applied.items() if name in drifted}
        if there is None or there.applied is None or note != applied:
            self._do("record_applied", at, after=write_note(note))

    def _do(self, kind: Kind, at: _At, **values: Any) -> None:
        self.actions.append(Action(kind, at.fleet, at.box, at.uuid, **values))

    def _release(self, target: TargetDevice, device: Device | None) -> str:
        """Give the commit that the files mean; what there is, when they mean none that was pushed."""
        wanted = target.fields["release"]
        fleet = self._fleets.get(target.fleet)
        found = find_release(fleet.releases if fleet else [], wanted)
        if found is not None or not wanted:
            return found.commit if found else ""
        known = ", ".join(release.version or release.commit[:7] for release in (fleet.releases if fleet else [])[:5])
        remedy = f"push it first (there are: {known})" if known else "push it first (there is none yet)"
        self.problems.append(f"fleet {target.fleet} has no release {wanted}: {remedy}")
        return device.fields.get("release", "") if device else ""

    def _services_there(self, name: str, fleet: Fleet | None, wanted: Fields) -> Fields:
        """Leave out variables of services that the fleet has not: balena knows a service from its first release on."""
        kept = {}
        for field, value in wanted.items():
            kind, _, rest = field.partition(":")
            service = rest.partition(":")[0]
            if kind == "service" and (fleet is None or service not in fleet.services):
                remedy = "push a release that has it, then apply again"
                self.problems.append(f"fleet {name} has no service {service} yet: {remedy}")
            else:
                kept[field] = value
        return kept


def find_release(releases: list[Release], wanted: str) -> Release | None:
    """Find a release by its version, or by its commit or the beginning of it."""
    for release in releases:
        if wanted and (wanted == release.version or release.commit.startswith(wanted)):
            return release
    return None


def _days_since(day: str, today: date) -> int:
    try:
        return (today - date.fromisoformat(day)).days
    except ValueError:  # somebody wrote into the tag: wait rather than remove
        return 0
