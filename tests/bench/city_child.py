"""A city at full speed with its agents on UDP ports: `python -m tests.bench.city_child VEHICLES SECONDS`.

Prints one JSON line when so many vehicles drive, and one when so many seconds have been lived through since.
"""

import asyncio
import json
import sys
import time
from datetime import datetime

from simulators.city.city import City
from simulators.city.network import load_network
from simulators.ntcip.agent import Agent
from simulators.ntcip.server import AgentServers

_START_S = datetime.fromisoformat("2026-11-23T16:20:00+07:00").timestamp()
_MOST_STEPS = 1_500


async def _run(vehicles: int, seconds: int) -> None:
    with City(load_network(), 1, _START_S) as city:
        agents = {code: Agent(controller) for code, controller in city.controllers.items()}
        async with AgentServers(agents, dict.fromkeys(agents, 0)) as servers:
            for _ in range(_MOST_STEPS):
                city.step()
                if city.vehicles >= vehicles:
                    break
            print(json.dumps({"ports": servers.ports, "vehicles": city.vehicles}), flush=True)
            await asyncio.sleep(2.0)  # the drivers connect
            began_s, cpu_s, least = time.perf_counter(), time.process_time(), city.vehicles
            for _ in range(seconds):
                city.step()
                least = min(least, city.vehicles)
                await _answer_waiting()
            lasted = {"wall_s": time.perf_counter() - began_s, "cpu_s": time.process_time() - cpu_s}
            print(json.dumps(lasted | {"vehicles": least}), flush=True)
            await asyncio.sleep(0.5)  # the last polls get their answers


async def _answer_waiting() -> None:
    """Let every port answer what has come.

    Twice: the first turn of the loop only learns which sockets are readable, and the next step would begin before them.
    """
    await asyncio.sleep(0)
    await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1]), int(sys.argv[2])))
