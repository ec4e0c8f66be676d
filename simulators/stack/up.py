"""Starts the whole local stack, keeps it up, and stops it in order.

The order of stopping is the reverse of starting: boxes first, then the ingester (which drains), the API and the
rollups, the world, the broker, the database. Everything dies with this process, however it dies: programs by the
kernel's word (`tethered`), the two servers by their supervisor's.
"""

import asyncio
import contextlib
import os
import signal

from simulators.regency.load import load_regency
from simulators.stack.data import DataDirectory
from simulators.stack.load import ProcessorLoad
from simulators.stack.readiness import Stopped
from simulators.stack.report import Outcome, show_start
from simulators.stack.screen import Screen
from simulators.stack.stack import Stack
from simulators.stack.start import Options, Start

_LOOK_EVERY_S = 1.0
_EXIT_AT_ONCE = 130  # as a shell reports a program that Ctrl-C ended


async def up(options: Options, screen: Screen) -> None:
    """Run the stack until SIGINT or SIGTERM.

    Raises:
        SimulatorError: the regency or an option is wrong, the data is in use, or a part did not start.
    """
    regency = load_regency(options.regency).first_boxes(options.boxes)
    data = DataDirectory(options.data)
    stop = _stop_on_signal(screen)
    with data.held():
        stack = Stack(screen, stop)
        async with stack.running():
            with contextlib.suppress(Stopped):
                outcome, token = await Start(options, regency, data, stack).run()
                show_start(screen, stack.rows(), outcome, token)
                with screen.live():
                    await _watch(stack, data, outcome)
    screen.say("stopped; `up` again continues with the same data")


async def _watch(stack: Stack, data: DataDirectory, outcome: Outcome) -> None:
    """Show counts and raise what died, until told to stop."""
    load = ProcessorLoad()
    while not stack.stop.is_set():
        await stack.raise_servers()
        data.trim_linked_logs()
        counts = await outcome.counter.ask()
        rows, alarm = stack.rows(), counts.alarm(str(data.path / "logs"))
        sentence = counts.sentence() + await asyncio.to_thread(load.sentence)
        data.write_state(outcome.state(rows, sentence, alarm))
        stack.screen.update(rows, sentence, alarm)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stack.stop.wait(), _LOOK_EVERY_S)


def _stop_on_signal(screen: Screen) -> asyncio.Event:
    """Set an event on the first signal; a second Ctrl-C ends this process, and so everything, at once."""
    stop = asyncio.Event()

    def on_signal(number: signal.Signals) -> None:
        if stop.is_set() and number == signal.SIGINT:
            screen.say("asked twice: ending at once")
            os._exit(_EXIT_AT_ONCE)
        screen.say("stopping; Ctrl-C again ends at once")
        stop.set()

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup asks to outlive the terminal
        numbers.append(signal.SIGHUP)
    for number in numbers:
        asyncio.get_running_loop().add_signal_handler(number, on_signal, number)
    return stop
