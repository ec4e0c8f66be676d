"""`satulayar-edge`: run the agent of one box, check its site file, or take its parcel.

Usage: satulayar-edge [--check] [SITE.yaml], or satulayar-edge --take FOLDER…; everything else is an environment
variable, see `edge/settings.py`.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

import structlog
from pydantic import ValidationError

from edge.contract.variables import UnknownVariable, refuse_unknown
from edge.errors import EdgeError, Misconfigured
from edge.left_out import LeftOut
from edge.logs import configure
from edge.parcel import CURRENT, Taken, box_of, find_parcel, note_refusal, take_parcel
from edge.settings import PREFIX, EdgeSettings
from edge.site import load_site, open_site
from edge.site_vision import CameraPlace
from edge.vision.reasons import reason_of

_log = structlog.get_logger()


def main() -> None:
    """Run the agent until SIGTERM; exit with 1 when it cannot run."""
    arguments = _arguments()
    try:
        settings = _settings(arguments.site)
        configure(settings.log_level)
        if arguments.take:
            _tell_left_out(_take(settings, arguments.take).left_out)
            return
        settings = _adopt(settings)
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
    parser.add_argument(
        "--take", nargs="+", type=Path, metavar="FOLDER", help="take the parcel from the first of these that has one"
    )
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


def _take(settings: EdgeSettings, places: list[Path]) -> Taken:
    """Take a parcel and say what came of it, but for what is left out: an agent that starts says that in any case.

    Raises:
        Misconfigured: there is none, or it is wrong.
    """
    if settings.identity_dir is None:
        raise Misconfigured(f"no place for the parcel: set {PREFIX}IDENTITY_DIR")
    folder = find_parcel(places)
    if folder is None:
        looked = ", ".join(map(str, places))
        raise Misconfigured(f"no parcel in {looked}: write one with satulayar-provision parcel, and put it in")
    try:
        taken = take_parcel(folder, settings.identity_dir, settings.profiles_dir)
    except Misconfigured as error:
        note_refusal(settings.identity_dir, reason_of(error))
        raise
    _log.info("parcel_taken", box=taken.box, is_new=taken.is_new, place=str(folder))
    if taken.key_stays:
        _log.warning("key_not_removed", place=str(folder), remedy="it is read-only: destroy or wipe it")
    return taken


def _tell_left_out(left_out: Iterable[LeftOut]) -> None:
    for one in left_out:
        _log.error("camera_left_out", camera=one.camera, is_whole=one.is_whole, what=list(one.whys))


def _adopt(settings: EdgeSettings) -> EdgeSettings:
    """Take a new parcel where one lies, and use what the box keeps; what is set goes before it."""
    home = settings.identity_dir
    if home is None:
        return settings
    current = home / CURRENT
    if settings.parcel_dir is not None and find_parcel([settings.parcel_dir]):
        try:
            _take(settings, [settings.parcel_dir])
        except Misconfigured as error:
            if not current.exists():
                raise
            _log.error("parcel_refused", reason=str(error))  # the box goes on as who it is, and tells the room
    if not current.exists():
        raise Misconfigured(f"{home} has no parcel yet: put the stick in, or the card with it, and start again")
    kept = {"site": "site.yaml", "ca_file": "ca.crt", "cert_file": "box.crt", "key_file": "box.key"}
    update: dict[str, Path | str] = {
        name: current / file for name, file in kept.items() if getattr(settings, name) is None
    }
    if settings.box is None:
        update["box"] = box_of(current / "box.crt")
    return settings.model_copy(update=update)


def _check(settings: EdgeSettings) -> None:
    path = _site_path(settings)
    site, _ = load_site(path, settings.profiles_dir)
    boxes = [site.box_named(settings.box)] if settings.box else site.boxes
    _check_calibrations(path.name, [camera for box in boxes for camera in site.cameras_of(box)])
    for box in boxes:
        controllers = len(site.controllers_of(box))
        keeps = f" and keeps {controllers} signal controller{'s' * (controllers > 1)}" if controllers else ""
        cameras = len(site.cameras_of(box))
        keeps += f" and watches {cameras} camera{'s' * (cameras > 1)}" if cameras else ""
        speakers = len(site.loudspeakers_of(box))
        keeps += f" and speaks over {speakers} loudspeaker{'s' * (speakers > 1)}" if speakers else ""
        sys.stdout.write(f"{path.name}: {box} reads {len(site.assets_of(box))} assets{keeps}: ok\n")


def _check_calibrations(file: str, cameras: list[CameraPlace]) -> None:
    """Fit what fixes metres in cameras' pictures, as the agent does.

    Raises:
        Misconfigured: some fit no plane.
    """
    calibrated = [camera for camera in cameras if camera.calibration]
    if not calibrated:
        return
    try:
        from edge.vision.ground import ground_of  # noqa: PLC0415 - only cameras need the extra `vision`
    except ImportError:
        sys.stderr.write(f"{file}: calibrations are not checked: the extra `vision` is not installed here\n")
        return
    faults = [(camera.code, ground_of(camera.calibration)[1]) for camera in calibrated]
    if any(fault for _, fault in faults):
        raise Misconfigured("\n".join(f"{file}: {code}: {fault}" for code, fault in faults if fault))


def _site_path(settings: EdgeSettings) -> Path:
    if settings.site is None:
        raise Misconfigured("no site file: give it as argument or set SATULAYAR_EDGE_SITE")
    return settings.site


async def _run(settings: EdgeSettings) -> None:
    # here and not above: --check needs neither paho nor pymodbus
    from edge.agent import Agent  # noqa: PLC0415 - see above
    from edge.outbox import Outbox  # noqa: PLC0415 - see above

    site, profiles, left_out = open_site(_site_path(settings), settings.profiles_dir)
    _tell_left_out(left_out)
    async with Outbox(settings.outbox_dir, settings.outbox_max_bytes, settings.outbox_min_free_bytes) as outbox:
        agent = Agent(settings, site, profiles, outbox, left_out)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, agent.stop)
        await agent.run()


if __name__ == "__main__":
    main()
