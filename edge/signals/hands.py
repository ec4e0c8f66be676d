"""What is done to a controller for a lease: write its rows, command them, see that they hold, and let go.

Everything here may be done again at any time with the same result. Nothing is written into rows that run.
"""

import structlog

from edge.errors import Refused
from edge.sensors import ntcip_objects as objects
from edge.sensors.ntcip import SignalController
from edge.signals.offset import ControllerClock
from edge.signals.reader import is_used, read_plan, read_timing, write_plan
from edge.signals.status import Status, number
from edge.signals.timing import Plan, Timing

_log = structlog.get_logger()


class Hands:
    """The writes of one controller."""

    def __init__(self, controller: SignalController, reserved: tuple[int, int] | None) -> None:
        """Prepare.

        Args:
            controller: not yet touched.
            reserved: (pattern, split) that are ours; None or 0: the controller's last ones.
        """
        self._controller = controller
        self._wanted = reserved
        self.reserved = (0, 0)
        self.timing: Timing | None = None

    async def read_timing(self, *, anew: bool = False) -> Timing:
        """Give the controller's program; raises what the controller does."""
        if self.timing is None or anew:
            timing = await read_timing(self._controller)
            pattern, split = self._wanted or (0, 0)
            pattern, split = pattern or timing.max_patterns, split or timing.max_splits
            if pattern > timing.max_patterns or split > timing.max_splits:
                raise Refused(f"pattern {pattern}, split {split}: it has {timing.max_patterns} and {timing.max_splits}")
            self._controller.reserve(pattern, split)
            self.timing, self.reserved = timing, (pattern, split)
        return self.timing

    async def read_clock(self) -> ControllerClock | None:
        """Read the controller's own time; None where it does not tell it. Raises `Unavailable`."""
        try:
            found = await self._controller.get([objects.GLOBAL_TIME, objects.COORD_CYCLE_STATUS])
            return ControllerClock(number(found, objects.GLOBAL_TIME), number(found, objects.COORD_CYCLE_STATUS))
        except (Refused, TypeError):
            return None

    async def read_plan(self, pattern: int) -> Plan:
        """Read one of the controller's plans; raises what the controller does."""
        assert self.timing is not None  # noqa: S101 - read before
        return await read_plan(self._controller, pattern, self.timing)

    async def is_used_elsewhere(self) -> bool:
        """Tell whether the controller's own plans use the reserved rows; raises what the controller does."""
        assert self.timing is not None  # noqa: S101 - read before
        return await is_used(self._controller, *self.reserved, self.timing)

    async def apply(self, plan: Plan, status: Status) -> bool:
        """Write the rows unless they are right already, read them back, give the command; tell whether they held."""
        if not await self._is_written(plan):
            if plan.pattern in (status.pattern, status.command):
                return False  # rows that run are not ours to edit; somebody else has
            await write_plan(self._controller, plan)
            if not await self._is_written(plan):
                return False
        await self._command(plan.pattern)
        return True

    async def is_applied(self, plan: Plan) -> bool:
        """Read everything back."""
        return await self._is_written(plan) and await self._commanded() == plan.pattern

    async def refresh(self, plan: Plan) -> bool:
        """Give the command again before the backup timer ends it; False when it is no longer ours to give."""
        if not await self.is_applied(plan):
            return False
        await self._command(plan.pattern)
        return True

    async def revert(self, plan: Plan) -> bool:
        """Take the command back; tell whether the controller is on its own plan.

        A command that somebody else has given meanwhile is left alone.
        """
        if await self._commanded() == plan.pattern:
            await self._command(objects.PATTERN_STANDBY)
        found = await self._controller.get([objects.SYSTEM_PATTERN_CONTROL, objects.COORD_PATTERN_STATUS])
        return plan.pattern not in found.values()

    async def free_orphan(self, status: Status) -> None:
        """Take back a command that no lease explains: the record of it was lost."""
        if self.reserved[0] and status.command == self.reserved[0] and await self._commanded() == self.reserved[0]:
            _log.warning("orphan_command_withdrawn", pattern=self.reserved[0])
            await self._command(objects.PATTERN_STANDBY)

    async def _is_written(self, plan: Plan) -> bool:
        try:
            return (await self.read_plan(plan.pattern)) == plan
        except Refused:
            return False  # an empty row names no split

    async def _commanded(self) -> int:
        found = await self._controller.get([objects.SYSTEM_PATTERN_CONTROL])
        try:
            return number(found, objects.SYSTEM_PATTERN_CONTROL)
        except TypeError as error:
            raise Refused(str(error)) from error

    async def _command(self, pattern: int) -> None:
        await self._controller.set([(objects.SYSTEM_PATTERN_CONTROL, pattern)])
