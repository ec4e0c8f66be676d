"""Writes plans, drift and states for a person and as JSON."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby

from provisioning.actual import Actual
from provisioning.desired import Desired
from provisioning.plan import Action, Drift, Plan
from provisioning.target import target_devices

_MARKS = {
    "create_fleet": "+",
    "register_device": "+",
    "quarantine_device": "-",
    "remove_device": "-",
}
_NOBODY_READS = "record_applied"
_MAX_SHOWN = 60  # characters of a value


def plan_json(plan: Plan) -> str:
    """Write a plan as JSON."""
    content = {
        "actions": [{key: value for key, value in asdict(action).items() if value} for action in plan.actions],
        "drift": [asdict(drift) for drift in plan.drift],
        "problems": plan.problems,
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def plan_text(plan: Plan, *, force: bool = False) -> str:
    """Write a plan for a person: per fleet and box what will be done, then drift and problems, then the sum."""
    lines = [
        line
        for _, each in groupby(plan.actions, key=lambda action: (action.fleet, action.uuid))
        for line in _block(list(each))
    ]
    lines += drift_lines(plan.drift, force=force)
    lines += [f"! {problem}" for problem in plan.problems]
    lines.append(summary(plan))
    return "\n".join(lines)


def drift_lines(drifts: list[Drift], *, force: bool = False) -> list[str]:
    """Write what somebody else changed."""
    fate = "will be overwritten" if force else "left alone; --force overwrites it"
    lines = []
    for drift in drifts:
        where = f"{drift.fleet}/{drift.box}" if drift.box else drift.fleet
        if not drift.field:
            lines.append(
                f"~ {where}: no file names this device ({drift.found[:7]}): add it to the files, or remove it there"
            )
        else:
            lines.append(
                f"~ {where}: {drift.field} is {_short(drift.found)}, the files say {_short(drift.wanted)}: "
                f"changed by hand, {fate}"
            )
    return lines


def summary(plan: Plan) -> str:
    """Count what a plan does."""
    if not plan.actions and not plan.drift and not plan.problems:
        return "nothing to do: balena is as the files say"
    kinds = Counter(action.kind.replace("_", " ") for action in plan.actions if action.kind != _NOBODY_READS)
    counted = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "no change"
    return f"{len(plan.actions)} requests: {counted}; {len(plan.drift)} drifted, {len(plan.problems)} problems"


def status_lines(desired: Desired, actual: Actual) -> Iterator[str]:
    """Write one line for each box: is it there, online, in quarantine."""
    devices = {device.uuid: device for fleet in actual.fleets.values() for device in fleet.devices}
    for target in target_devices(desired):
        device = devices.get(target.uuid)
        if device is None:
            state = "not registered"
        elif device.quarantined_on:
            state = f"in quarantine since {device.quarantined_on}"
        else:
            state = "online" if device.is_online else "offline"
        release = device.fields.get("release", "")[:7] if device else ""
        yield f"{target.box:<14} {target.fleet:<24} {target.uuid[:7]}  {release or 'follows':<9} {state}"


def _block(actions: list[Action]) -> Iterator[str]:
    first = actions[0]
    where = f"{first.fleet}/{first.box}" if first.box else first.fleet
    mark = next((_MARKS[action.kind] for action in actions if action.kind in _MARKS), "*")
    shown = [action for action in actions if action.kind != _NOBODY_READS]
    if shown:
        yield f"{mark} {where}"
        yield from (f"    {_sentence(action)}" for action in shown)


def _sentence(action: Action) -> str:
    given = ", ".join(f"{name} {_short(value)}" for name, value in action.fields)
    sentences = {
        "create_fleet": f"create the fleet for {action.after}",
        "register_device": f"register {action.uuid[:7]}: {given}",
        "move_device": f"move from fleet {action.before}",
        "quarantine_device": "put into quarantine: no file names it any more",
        "restore_device": f"take out of quarantine (since {action.before})",
        "remove_device": f"remove: in quarantine since {action.before}",
    }
    return sentences.get(action.kind, f"{action.field}: {_short(action.before)} -> {_short(action.after)}")


def _short(value: str) -> str:
    return "(none)" if not value else value if len(value) <= _MAX_SHOWN else f"{value[:_MAX_SHOWN]}…"
