"""The agent: puts the parts together, one named task per asset, and takes them apart in the right order.

Stopping: no more polls, then everything gathered becomes durable, then the line gets what is live and the word
offline. All of it takes less than `STOP_S`; what does not reach the cloud by then is in the outbox.
"""

import asyncio
import importlib.metadata
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from edge.backoff import Backoff
from edge.broker import Broker
from edge.clock import Clock
from edge.commands import CommandDesk
from edge.commissioning import CommissioningDesk
from edge.contract.status import Status
from edge.daemon_thread import in_daemon_thread
from edge.dispatch import Pace
from edge.errors import EdgeError, Misconfigured
from edge.health import HealthServer
from edge.health_book import HealthBook
from edge.left_out import LeftOut, with_calibrations
from edge.local_control import LocalControl
from edge.loudspeakers.desk import AnnouncementDesk
from edge.notices import NoticeBoard
from edge.outbox import Outbox
from edge.parcel import refused_parcel
from edge.pulse import Pulse
from edge.recorder import Recorder
from edge.renewal import Renewal
from edge.renewal_desk import RenewalDesk
from edge.sensors.device import ModbusDevice
from edge.sensors.host import Host
from edge.sensors.modbus import ModbusBus
from edge.sensors.profile import Profile
from edge.sensors.reading import Reading
from edge.sensors.registers import bind
from edge.settings import EdgeSettings
from edge.signals.assemble import make_junctions
from edge.signals.desk import SignalDesk
from edge.signals.junction import Junction
from edge.siren import Siren
from edge.site import SiteFile
from edge.standing import standing_of_left_out, standing_of_parcel, tell_standing
from edge.update_lock import UpdateLock
from edge.uplink import Uplink
from edge.vision.departed import end_departed

if TYPE_CHECKING:
    from edge.vision.station import Station

STOP_S = 6.0
RECONNECT_BASE_S = 1.0
_NO_SESSION = UUID(int=0)
_log = structlog.get_logger()


class Agent:
    """Everything that runs on one box."""

    def __init__(
        self,
        settings: EdgeSettings,
        site: SiteFile,
        profiles: dict[str, Profile],
        outbox: Outbox,
        left_out: Sequence[LeftOut] = (),
    ) -> None:
        """Put the parts together; must be called in the event loop.

        Args:
            settings: of the computer.
            site: of the place.
            profiles: of the devices.
            outbox: open.
            left_out: of the site file, since it is wrong.
        """
        self._settings = settings
        self._site = site
        self.box = site.box_named(settings.box)
        self._left_out = [one for one in left_out if one.box == self.box]
        self._parcel_refused = refused_parcel(settings.identity_dir)
        self._clock = Clock()
        self.pulse = Pulse(self._clock)
        self._outbox = outbox
        outbox.tick = self._ticker("outbox")
        self.health = HealthBook(lambda: self.uplink.renew_status())  # noqa: PLW0108 - the uplink comes last
        self.recorder = Recorder(
            outbox,
            lambda row: self.uplink.offer(row),  # noqa: PLW0108 - the uplink comes last
            settings.linger_s,
            self._clock,
            self.pulse,
        )
        self.board = NoticeBoard(self.box, self.recorder.keep, self._clock)
        self._buses = {
            name: ModbusBus(bus.host, bus.port, bus.timeout_s, self._clock)
            for name, bus in site.buses.items()
            if bus.kind == "modbus_tcp"
        }
        self.devices = self._make_devices(profiles)
        self.control = LocalControl(site, self.devices, self.board, outbox, self._clock)
        self.signals = SignalDesk(self.board, self.recorder.keep)
        self.junctions = self._make_junctions()
        self.station = self._make_station()
        self._left_out = self._with_calibrations()
        self.renewal = self._make_renewal()
        self.commissioning = self._make_commissioning()
        self.announcements = self._make_announcements()
        self.commands = CommandDesk(
            self.control.sirens,
            report=self._report,
            keep=self.recorder.keep,
            clock=self._clock,
            signals=self.signals if site.controllers_of(self.box) else None,
            renewal=self.renewal,
            cameras=self.station.desks if self.station else {},
            commissioning=self.commissioning,
            announcements=self.announcements,
            left_out={one.camera: one.why for one in self._left_out if one.is_whole},
        )
        self.uplink = self._make_uplink()
        outbox.on_disk = self.uplink.renew_status
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Ask the agent to end; may be called from a signal handler of the loop."""
        self._stop.set()

    async def run(self) -> None:
        """Run until stopped.

        Raises:
            EdgeError: a part cannot work at all, for example the health port is taken.
        """
        await self.control.recall()
        await end_departed(self._outbox, self.board, [camera.code for camera in self._site.cameras_of(self.box)])
        await self._tell_standing()
        if self.station:
            await self.station.withhold()
        async with asyncio.TaskGroup() as group:
            sensing = [self._start(group, f"asset {device.asset}", device.run()) for device in self.devices]
            sensing += [self._start(group, f"junction {junction.asset}", junction.run()) for junction in self.junctions]
            if self.station:
                sensing.append(self._start(group, "cameras", self.station.run()))
            sensing += [self._start_siren(group, siren) for siren in self.control.sirens.values()]
            if self.announcements:
                sensing.append(self._start(group, "loudspeakers", self.announcements.run()))
            sensing.append(self._start(group, "host", self._make_host().run()))
            sensing.append(self._start(group, "commands", self.commands.run()))
            if self.renewal:
                sensing.append(self._start(group, "renewal", self.renewal.run()))
            if self._settings.update_lock:
                lock = UpdateLock(self._settings.update_lock, self._is_busy, self.pulse)
                sensing.append(self._start(group, "update lock", lock.run()))
            sensing.append(self._start(group, "notices", self.board.run(self._ticker("notices"))))
            writing = self._start(group, "recorder", self.recorder.run())
            sending = self._start(group, "uplink", self.uplink.run())
            serving = self._start(group, "health", self._make_health().run()) if self._settings.health_port else None
            _log.info("agent_started", box=self.box, assets=len(self.devices), version=_version())
            await self._stop.wait()
            await self._wind_down(sensing, writing, sending)
            if serving:
                serving.cancel()
        _log.info("agent_stopped", box=self.box, waiting=self._outbox.statistics.messages)

    async def take(self, readings: list[Reading]) -> None:
        """Take readings of a driver: rules first, then the record."""
        await self.control.look(readings)
        await self.recorder.record(readings)

    def status(self) -> Status:
        """Compose the retained status; the uplink fills in its session."""
        return Status(
            state="online",
            session=_NO_SESSION,
            at=self._clock.now_at(),
            version=_version(),
            hardware_id=self._settings.hardware_id,
            assets=dict(self.health.assets),
            outbox_messages=self._outbox.statistics.messages,
            disk=self._outbox.statistics.disk,
        )

    def describe(self) -> dict[str, Any]:
        """Say how everything is, for a person at the box."""
        figures = self._outbox.statistics
        return {
            "box": self.box,
            "site": self._site.site.model_dump(),
            "version": _version(),
            "connected": self.uplink.is_connected,
            "not_connected_because": self.uplink.reason,
            "connections": self.uplink.connections,
            "assets": {asset: [how, self.health.reason(asset)] for asset, how in sorted(self.health.assets.items())},
            "latest": {name: [reading.content, reading.unit] for name, reading in sorted(self.recorder.latest.items())},
            "outbox": {name: getattr(figures, name) for name in figures.__dataclass_fields__},
            "counts": {
                "samples_reported": self.recorder.reported,
                "samples_dropped": self.recorder.dropped,
                "implausible": self.health.implausible,
                "events_raised": self.board.raised,
                "receipts_committed": self.uplink.receipts.committed,
                "receipts_rejected": self.uplink.receipts.rejected,
                "broker_refusals": self.uplink.refusals,
                "receipts_foreign": self.uplink.receipts.foreign,
                "commands_refused": self.commands.refused,
            },
            "junctions": {junction.asset: junction.describe() for junction in self.junctions},
            "cameras": self.station.describe() if self.station else {},
            "recordings": self.station.describe_recordings() if self.station else {},
            "left_out": [one.describe() for one in self._left_out],
            "parcel_refused": self._parcel_refused or "",
            "may_be_updated": not self._is_busy(),
            "loops": self.pulse.loops(),
        }

    async def _tell_standing(self) -> None:
        """Tell what is wrong with the site file and with the last parcel, and note the cameras that are not there."""
        found = [standing_of_left_out(one) for one in self._left_out]
        if self._parcel_refused:
            found.append(standing_of_parcel(self.box, self._parcel_refused))
        for one in self._left_out:
            if one.is_whole and one.camera:
                self.health.note(one.camera, one.why)
        await tell_standing(found, self.board, self._outbox)

    async def _wind_down(self, sensing: list[asyncio.Task[None]], *others: asyncio.Task[None]) -> None:
        await _cancel(sensing)
        for bus in self._buses.values():
            bus.close()
        for junction in self.junctions:
            junction.close()
        if self.station:
            await in_daemon_thread("cameras-close", self.station.close)
        await _cancel(others)
        try:
            async with asyncio.timeout(STOP_S):
                await self.recorder.flush()
                await self.uplink.close(STOP_S / 2)
        except (TimeoutError, EdgeError, OSError) as error:
            _log.warning("stop_was_hasty", reason=repr(error))

    def _start(self, group: asyncio.TaskGroup, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return group.create_task(work, name=name)

    def _start_siren(self, group: asyncio.TaskGroup, siren: Siren) -> asyncio.Task[None]:
        siren.tick = self._ticker(f"siren {siren.asset}")
        return self._start(group, f"siren {siren.asset}", siren.run())

    def _ticker(self, loop: str) -> Callable[[float], None]:
        return lambda within_s: self.pulse.tick(loop, within_s)

    async def _commission(self) -> dict[str, Any]:
        return (await self.commissioning.report("", 0)).shown()

    def _is_busy(self) -> bool:
        """Tell whether an update must wait: for a lease, a siren that sounds, a clip of an incident."""
        leased = any(junction.keeper.lease for junction in self.junctions)
        speaking = bool(self.announcements and self.announcements.is_busy)
        return leased or self._is_sounding() or speaking or bool(self.station and self.station.is_busy)

    def _is_sounding(self) -> bool:
        return any(siren.open_events[0] for siren in self.control.sirens.values())

    def _report(self) -> None:
        self.recorder.report_all()
        self.uplink.renew_status()

    def _make_devices(self, profiles: dict[str, Profile]) -> list[ModbusDevice]:
        devices = []
        for asset in self._site.assets_of(self.box):
            profile = profiles[asset.profile]
            overrides = {name: settings.given() for name, settings in asset.settings.items()}
            points = bind(profile, asset.code, asset.parts, overrides)
            device = ModbusDevice(
                asset.code,
                self._buses[asset.bus],
                asset.unit,
                points,
                max_gap=profile.max_gap,
                sink=self.take,
                health=self.health,
                clock=self._clock,
                pulse=self.pulse,
            )
            devices.append(device)
        return devices

    def _make_junctions(self) -> list[Junction]:
        return make_junctions(
            self._site,
            self.box,
            self.signals,
            outbox=self._outbox,
            board=self.board,
            events_dir=self._settings.outbox_dir,
            is_linked=lambda: self.uplink.is_heard,
            sink=self.take,
            health=self.health,
            clock=self._clock,
            pulse=self.pulse,
        )

    def _make_station(self) -> "Station | None":
        if not self._site.cameras_of(self.box):
            return None
        try:  # here and not above: a box without cameras has neither the packages nor their 100 MB
            from edge.vision.assemble import make_station  # noqa: PLC0415 - see above
            from edge.vision.uploads import Identity  # noqa: PLC0415 - see above
        except ImportError as error:
            raise Misconfigured(f"cameras need the extra vision of this package: {error}") from error
        return make_station(
            self._site,
            self.box,
            models_dir=self._settings.models_dir,
            vision_dir=self._settings.vision_dir,
            board=self.board,
            keep=self.recorder.keep,
            memory=self._outbox,
            show=lambda message: self.uplink.show(message),  # noqa: PLW0108 - the uplink comes last
            sink=self.take,
            health=self.health,
            clock=self._clock,
            pulse=self.pulse,
            identity=Identity(self._settings.cert_file, self._settings.key_file, self._settings.ca_file),
            left_out=self._left_out,
        )

    def _with_calibrations(self) -> list[LeftOut]:
        faults = self.station.calibration_faults if self.station else {}
        return with_calibrations(self._left_out, faults, self.box)

    def _make_announcements(self) -> AnnouncementDesk | None:
        places = self._site.loudspeakers_of(self.box)
        if not places:
            return None
        return AnnouncementDesk(
            places,
            keep=self.recorder.keep,
            sirens=self._is_sounding,
            sink=self.take,
            health=self.health,
            clock=self._clock,
            pulse=self.pulse,
        )

    def _make_renewal(self) -> RenewalDesk | None:
        certificate, key = self._settings.cert_file, self._settings.key_file
        if self._settings.plain_text or certificate is None or key is None:
            return None
        renewal = Renewal(self.box, certificate, key)
        return RenewalDesk(self.box, renewal, notice=self.board.raise_event, clock=self._clock, pulse=self.pulse)

    def _make_commissioning(self) -> CommissioningDesk:
        settings = self._settings
        return CommissioningDesk(
            self._site,
            self.box,
            describe=self.describe,
            cert_file=settings.cert_file,
            key_file=settings.key_file,
            hardware_id=settings.hardware_id,
            sirens=self.control.sirens,
            cameras=self.station,
            board=self.board,
            keep=self.recorder.keep,
            clock=self._clock,
        )

    def _make_host(self) -> Host:
        return Host(self._outbox, self._settings.host_interval_s, sink=self.take, clock=self._clock, pulse=self.pulse)

    def _make_health(self) -> HealthServer:
        host, port = self._settings.health_host, self._settings.health_port
        disk = lambda: self._outbox.statistics.disk  # noqa: E731 - one word of a dozen figures
        return HealthServer(host, port, self.pulse, self.describe, disk, self._commission)

    def _make_uplink(self) -> Uplink:
        settings = self._settings
        return Uplink(
            _broker(settings, self.box),
            self._outbox,
            compose=self.status,
            on_command=self.commands.take,
            pace=_pace(settings),
            clock=self._clock,
            pulse=self.pulse,
            backoff=Backoff(RECONNECT_BASE_S, settings.reconnect_cap_s),
            status_interval_s=settings.status_interval_s,
            hear={"audio": self.announcements.take_clip, "voice": self.announcements.take_voice}
            if self.announcements
            else {},
        )


def _broker(settings: EdgeSettings, box: str) -> Broker:
    return Broker(
        host=settings.broker_host,
        port=settings.broker_port,
        client_id=box,
        ca_file=settings.ca_file,
        cert_file=settings.cert_file,
        key_file=settings.key_file,
        plain_text=settings.plain_text,
        keepalive_s=settings.keepalive_s,
        connect_timeout_s=settings.connect_timeout_s,
    )


def _pace(settings: EdgeSettings) -> Pace:
    return Pace(
        live_window=settings.live_window,
        backlog_window=settings.backlog_window,
        backlog_rate_per_s=settings.backlog_rate_per_s,
        backlog_pack_bytes=settings.backlog_pack_bytes,
        receipt_timeout_s=settings.receipt_timeout_s,
    )


async def _cancel(tasks: Any) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _version() -> str:
    return importlib.metadata.version("satulayar")
