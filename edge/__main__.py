"""`satulayar-edge`: run the agent of one box, or check its site file.

Usage: satulayar-edge [--check] [SITE.yaml]; everything else is an environment variable, see `edge/settings.py`.
"""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

import structlog
from pydantic import ValidationError

from edge.contract.variables import UnknownVariable, refuse_unknown
from edge.errors import EdgeError, Misconfigured
from edge.logs import configure
from edge.settings import PREFIX, EdgeSettings
from edge.site import load_site

_log = structlog.get_logger()


def main() -> None:
    """Run the agent until SIGTERM; exit with 1 when it cannot run."""
    arguments = _arguments()
    try:
        settings = _settings(arguments.site)
        configure(settings.log_level)
        if arguments.check:
            _check(settings)
            return
        asyncio.run(_run(settings))
    except EdgeError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from error
    except BaseExceptionGroup as group:
        mine, others = group.split(EdgeError)
        if others is not None or mine is None:
            raise
        sys.stderr.writelines(f"{fault}\n" for fault in mine.exceptions)
        raise SystemExit(1) from group


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="satulayar-edge", description="The agent of one roadside box.")
    parser.add_argument("site", nargs="?", type=Path, help="site file; else SATULAYAR_EDGE_SITE")
    parser.add_argument("--check", action="store_true", help="validate the site file and the settings, and exit")
    return parser.parse_args()


def _settings(site: Path | None) -> EdgeSettings:
    try:
        refuse_unknown(PREFIX, EdgeSettings.model_fields, os.environ)
        settings = EdgeSettings()
    except UnknownVariable as error:
        raise Misconfigured(str(error)) from error
    except ValidationError as error:
        faults = (f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors())
        raise Misconfigured("\n".join(faults)) from error
    return settings.model_copy(update={"site": site}) if site else settings


def _check(settings: EdgeSettings) -> None:
    path = _site_path(settings)
    site, _ = load_site(path, settings.profiles_dir)
    boxes = [site.box_named(settings.box)] if settings.box else site.boxes
    for box in boxes:
        controllers = len(site.controllers_of(box))
        keeps = f" and keeps {controllers} signal controller{'s' * (controllers > 1)}" if controllers else ""
        cameras = len(site.cameras_of(box))
        keeps += f" and watches {cameras} camera{'s' * (cameras > 1)}" if cameras else ""
        sys.stdout.write(f"{path.name}: {box} reads {len(site.assets_of(box))} assets{keeps}: ok\n")


def _site_path(settings: EdgeSettings) -> Path:
    if settings.site is None:
        raise Misconfigured("no site file: give it as argument or set SATULAYAR_EDGE_SITE")
    return settings.site


async def _run(settings: EdgeSettings) -> None:
    # here and not above: --check needs neither paho nor pymodbus
    from edge.agent import Agent  # noqa: PLC0415 - see above
    from edge.outbox import Outbox  # noqa: PLC0415 - see above

    site, profiles = load_site(_site_path(settings), settings.profiles_dir)
    async with Outbox(settings.outbox_dir, settings.outbox_max_bytes, settings.outbox_min_free_bytes) as outbox:
        agent = Agent(settings, site, profiles, outbox)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, agent.stop)
        await agent.run()


if __name__ == "__main__":
    main()
