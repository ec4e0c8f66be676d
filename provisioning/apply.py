"""Carries out a plan: fleets first, then devices side by side, each device's own actions in their order.

There is no state to keep: whatever was done shows in the next plan, and every action may be done twice. So an apply
that was killed is simply run again. What one device refuses does not hold up the others.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby

from provisioning.actual import Actual, Device, Fleet
from provisioning.balena import BalenaFleets
from provisioning.errors import Refused
from provisioning.fields import APPLIED_TAG, QUARANTINE_TAG
from provisioning.plan import Action, Plan

Progress = Callable[[int, int, str], None]
"""Is told after every action: how many are done, of how many, and for whom the last one was."""


@dataclass
class Outcome:
    """What came of an apply.

    Attributes:
        done: actions carried out.
        failures: for whom, what, and why; the rest of that device's actions is left for the next run.
    """

    done: int = 0
    failures: list[str] = field(default_factory=list)


def apply_plan(plan: Plan, fleets: BalenaFleets, actual: Actual, workers: int, progress: Progress) -> Outcome:
    """Carry out a plan.

    Args:
        plan: made from `actual`.
        fleets: where to.
        actual: what was there when the plan was made.
        workers: devices worked on at the same time.
        progress: is told how far it is, from several threads one at a time.

    Raises:
        Unavailable: balena does not answer; what is done is done, and the same command goes on from there.
        Misconfigured: balena does not let us in.
    """
    worker = _Worker(fleets, len(plan.actions), progress)
    for_fleets = [action for action in plan.actions if not action.uuid]
    created = [action.fleet for action in for_fleets if action.kind == "create_fleet"]
    for action in (action for action in for_fleets if action.kind == "create_fleet"):
        fleets.create_fleet(action.fleet, action.after)
        worker.tell(action)
    there = dict(actual.fleets) | dict(fleets.read(created).fleets if created else {})
    worker.fleets = there
    worker.devices = {device.uuid: device for fleet in actual.fleets.values() for device in fleet.devices}
    rest = [action for action in for_fleets if action.kind != "create_fleet"]
    jobs = [list(group) for _, group in groupby(rest, key=lambda action: action.fleet)]
    worker.run(jobs, workers)
    for_devices = [action for action in plan.actions if action.uuid]
    worker.run([list(group) for _, group in groupby(for_devices, key=lambda action: action.uuid)], workers)
    return worker.outcome


class _Worker:
    """Does the actions of one plan, from several threads."""

    def __init__(self, api: BalenaFleets, total: int, progress: Progress) -> None:
        self.outcome = Outcome()
        self.fleets: dict[str, Fleet] = {}
        self.devices: dict[str, Device] = {}
        self._api = api
        self._total = total
        self._progress = progress
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def run(self, jobs: list[list[Action]], workers: int) -> None:
        """Do jobs side by side; the first error that concerns all of them ends it, after what is under way."""
        with ThreadPoolExecutor(workers, thread_name_prefix="apply") as pool:
            futures = [pool.submit(self._job, job) for job in jobs]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                self._stop.set()
                pool.shutdown(cancel_futures=True)
                raise

    def tell(self, action: Action) -> None:
        """Count an action as done."""
        with self._lock:
            self.outcome.done += 1
            self._progress(self.outcome.done, self._total, action.box or action.fleet)

    def _job(self, actions: list[Action]) -> None:
        """Do the actions of one fleet or device."""
        device = self.devices.get(actions[0].uuid)
        device_id = device.id if device else 0
        for action in actions:
            if self._stop.is_set():
                return
            try:
                device_id = self._do(action, device_id)
            except Refused as error:
                with self._lock:
                    self.outcome.failures.append(f"{action.box or action.fleet}: {action.kind} {action.field}: {error}")
                return
            self.tell(action)

    def _do(self, action: Action, device_id: int) -> int:
        fleet = self.fleets[action.fleet]
        match action.kind:
            case "register_device":
                return self._api.register(fleet, action.uuid, dict(action.fields))
            case "set_device_field":
                self._api.set_device_field(fleet, device_id, action.field, action.after)
            case "set_fleet_field":
                self._api.set_fleet_field(fleet, action.field, action.after)
            case "record_applied" if action.uuid:
                self._api.set_device_field(fleet, device_id, f"tag:{APPLIED_TAG}", action.after)
            case "record_applied":
                self._api.set_fleet_field(fleet, f"tag:{APPLIED_TAG}", action.after)
            case "quarantine_device" | "restore_device":
                self._api.set_device_field(fleet, device_id, f"tag:{QUARANTINE_TAG}", action.after)
            case "move_device":
                self._api.move(device_id, fleet)
            case "remove_device":
                self._api.remove(device_id)
            case "create_fleet":
                self._api.create_fleet(action.fleet, action.after)
        return device_id
