"""The order in which the local stack is started, each step with its title and its proof of being ready."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cloud.db.errors import DbError
from cloud.db.local import LocalCluster
from provisioning.certificates import CertificateAuthority
from simulators.broker import LocalBroker
from simulators.city.network import load_network
from simulators.loudspeakers.site_part import free_horn_ports
from simulators.regency.derive import free_modbus_ports, free_snmp_ports
from simulators.regency.desired import Lines, desired_state
from simulators.regency.load import DEFAULT_FILE
from simulators.regency.model import Regency
from simulators.speech import find_espeak
from simulators.stack import people, prepare, programs
from simulators.stack.counts import Counter
from simulators.stack.data import DataDirectory
from simulators.stack.grafana import Grafana, find_grafana, grafana_program, keep_secret
from simulators.stack.office import Office
from simulators.stack.readiness import Stopped, are_online, has_modules, has_values, is_world_up, responds, wait_until
from simulators.stack.report import Outcome
from simulators.stack.stack import Stack

# A laptop has better use for its memory; the figures of production are in cloud/db/local.py.
_DATABASE_SETTINGS = {"shared_buffers": "128MB", "max_wal_size": "512MB", "min_wal_size": "80MB"}


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may choose about `up`.

    Attributes:
        data: the data directory.
        regency: the regency file.
        boxes: the first so many boxes only; None is all.
        api_port: wanted port of the API; 0 is any.
        token_file: where the first token is kept; None keeps it nowhere.
        world_arguments: passed on to the world: its clock.
    """

    data: Path
    regency: Path = DEFAULT_FILE
    boxes: int | None = None
    api_port: int = 8080
    token_file: Path | None = None
    world_arguments: tuple[str, ...] = ()


class Start:
    """One start of the stack.

    Args:
        options: what the person chose.
        regency: what is simulated.
        data: where everything is kept; held by us.
        stack: takes what is started.
    """

    def __init__(self, options: Options, regency: Regency, data: DataDirectory, stack: Stack) -> None:
        self._options = options
        self._regency = regency
        self._data = data
        self._stack = stack
        self._boxes = [site.box for site in regency.sites]
        self._ports = programs.choose_ports(options.api_port, self._boxes, regency.rtsp_port)
        self._modbus = free_modbus_ports(regency)
        self._network = load_network()
        self._snmp = free_snmp_ports(regency, self._network.layout) if regency.signals() else {}
        self._horns = free_horn_ports(regency)
        self._cluster = LocalCluster(data.database, settings=_DATABASE_SETTINGS, say=stack.screen.say)
        self._authority = CertificateAuthority.open_or_create(data.authority)
        self._broker = LocalBroker(data.broker, self._authority)
        self._office = Office(data, self._authority)
        self._some_boxes = f"{len(self._boxes)} {'box' if len(self._boxes) == 1 else 'boxes'}"
        self._admin_password: str | None = None
        self._api_url = f"http://{programs.HOST}:{self._ports.api}"
        if options.api_port not in (0, self._ports.api):
            stack.screen.say(f"port {options.api_port} is taken; the API gets {self._ports.api}")

    async def run(self) -> tuple[Outcome, str | None]:
        """Start everything.

        Returns:
            what runs, and the administrator's token if one was made.

        Raises:
            Stopped: the person had enough.
            Unavailable: a part did not start.
        """
        await self._step("database", self._start_database())
        dsn = self._cluster.dsn()
        await self._step("schema", prepare.migrate(dsn))
        await self._step("broker", self._start_broker())
        await self._step(f"desired state and fleet of {self._some_boxes}", self._prepare_boxes())
        await self._step("registry", prepare.load_registry(dsn, self._data.registry))
        await self._step(f"world of {len(self._modbus)} devices", self._start_world(self._modbus))
        if self._snmp:
            await self._step(f"city of {len(self._snmp)} junctions", self._start_city())
        if cameras := self._regency.cameras():
            await self._step(f"{len(cameras)} cameras", self._start_cameras())
        if self._horns:
            await self._step(f"{len(self._horns)} loudspeakers", self._start_loudspeakers())
        await self._step("accounts and crews", self._add_people())
        await self._step("API, rollups and operations", self._start_api())
        await self._step("ingester", self._start_ingester())
        await self._step("warnings", self._start_warnings())
        await self._step("public services", self._start_services())
        if grafana := find_grafana():
            await self._step("Grafana", self._start_grafana(grafana))
        counter = Counter(dsn, self._ports.ingest_metrics)
        await self._step(self._some_boxes, self._start_boxes())
        await self._step("first values", wait_until(partial(has_values, dsn), "no value was stored", self._stack.stop))
        token = await prepare.first_token(dsn, self._data, self._options.token_file)
        return self._outcome(counter), token

    async def _step(self, title: str, work: Awaitable[None]) -> None:
        with self._stack.screen.step(title):
            await work
        if self._stack.stop.is_set():
            raise Stopped

    async def _start_database(self) -> None:
        await self._stack.serve("database", self._cluster)
        await asyncio.to_thread(prepare.ensure_database, self._cluster)
        self._stack.places["database"] = f"{programs.HOST}:{self._cluster.port}"
        self._data.link_log("database", self._cluster.directory / "postgres.log")

    async def _start_broker(self) -> None:
        await self._stack.serve("broker", self._broker)
        self._data.link_log("broker", self._broker.log)
        where = f"{programs.HOST}:{self._broker.port} for boxes, :{self._broker.service_port} for services"
        self._stack.places["broker"] = where

    async def _add_people(self) -> None:
        dsns = (self._cluster.dsn(), self._cluster.dsn(user="operations"))
        self._admin_password = await people.add_people(*dsns, self._data)

    async def _prepare_boxes(self) -> None:
        """Do what an office does before a crew goes out: all boxes are then known to balena, and have a parcel."""
        lines = Lines(self._modbus, self._snmp, self._ports.rtsp, self._broker.port, self._ports.boxes, self._horns)
        content = desired_state(self._regency, lines, self._network)
        await asyncio.to_thread(self._office.write, content, self._regency.note)
        self._stack.hold(self._office.balena)
        await asyncio.to_thread(self._office.apply)
        await asyncio.to_thread(self._office.leave_variables, self._api_url, self._broker.service_port)

    async def _start_world(self, ports: Mapping[str, int]) -> None:
        first, last = min(ports.values()), max(ports.values())
        self._stack.places["world"] = f"{programs.HOST}:{first} to {last}, Modbus"
        boxes = ("--boxes", str(len(self._boxes)), "--base-port", str(first))
        world = programs.world_program(self._data, self._options.regency, (*self._options.world_arguments, *boxes))
        await self._stack.keep([world], partial(is_world_up, self._data.world))

    async def _start_city(self) -> None:
        first, last = min(self._snmp.values()), max(self._snmp.values())
        self._stack.places["city"] = f"{programs.HOST}:{first} to {last}, SNMP"
        arguments = (*self._options.world_arguments, "--base-port", str(first))
        city = programs.city_program(self._data, self._options.regency, arguments)
        await self._stack.keep([city], partial(is_world_up, self._data.city))

    async def _start_cameras(self) -> None:
        self._stack.places["cameras"] = (
            f"rtsp://{programs.HOST}:{self._ports.rtsp}/{next(iter(self._regency.cameras()))}/sub"
        )
        boxes = ("--boxes", str(len(self._boxes)), "--port", str(self._ports.rtsp))
        cameras = programs.cameras_program(self._data, self._options.regency, (*self._options.world_arguments, *boxes))
        await self._stack.keep([cameras], partial(is_world_up, self._data.cameras))

    async def _start_loudspeakers(self) -> None:
        first = min(self._horns.values())
        self._stack.places["loudspeakers"] = (
            f"{programs.HOST}:{first} and on, RTP; what was played: {self._data.loudspeakers}"
        )
        arguments = ("--boxes", str(len(self._boxes)), "--base-port", str(first))
        horns = programs.loudspeakers_program(self._data, self._options.regency, arguments)
        await self._stack.keep([horns], partial(is_world_up, self._data.loudspeakers))

    async def _start_api(self) -> None:
        self._stack.places["api"] = self._api_url
        maintain = programs.maintain_program(self._data, self._cluster.dsn())
        operations = programs.operations_program(self._data, self._cluster.dsn(user="operations"))
        identity = await asyncio.to_thread(self._authority.ensure, "api")
        dsn, port = self._cluster.dsn(user="api"), self._ports.api
        secret = keep_secret(self._data, "alerts-secret")
        api = programs.api_program(self._data, dsn, port, self._broker.service_port, identity, secret)
        api = programs.with_speech(api, await asyncio.to_thread(self._find_speech))
        await self._stack.keep([maintain, operations, api], partial(responds, f"{self._api_url}/readyz"))

    def _find_speech(self) -> Path | None:
        """Find what speaks texts; without it the demonstration is the same, but for texts."""
        try:
            return find_espeak(self._stack.screen.say) if self._horns else None
        except DbError as error:
            self._stack.screen.say(f"no text can be spoken: {error}")
            return None

    async def _start_ingester(self) -> None:
        identity = await asyncio.to_thread(self._authority.ensure, "ingest")
        url = f"http://{programs.HOST}:{self._ports.ingest_metrics}/metrics"
        self._stack.places["ingester"] = url
        ingester = programs.ingest_program(
            self._data,
            self._cluster.dsn(user="ingest"),
            self._broker.service_port,
            self._broker.kept_log,
            identity,
            self._ports.ingest_metrics,
        )
        await self._stack.keep([ingester], partial(responds, url))

    async def _start_warnings(self) -> None:
        url = f"http://{programs.HOST}:{self._ports.bmkg}/alerts/nowcast/id"
        self._stack.places["bmkg"] = url
        arguments = ("--boxes", str(len(self._boxes)), "--port", str(self._ports.bmkg))
        bmkg = programs.bmkg_program(self._data, self._options.regency, arguments)
        warnings = programs.warnings_program(self._data, self._cluster.dsn(user="warnings"), self._ports.bmkg)
        await self._stack.keep([bmkg, warnings], partial(responds, url))

    async def _start_services(self) -> None:
        url = f"http://{programs.HOST}:{self._ports.services}"
        self._stack.places["services"] = url
        dsn = self._cluster.dsn(user="modules")
        token = await prepare.push_token(dsn, self._data, programs.PUSHED)
        registry = self._cluster.dsn(prepare.CIVIL_REGISTRY)
        services = programs.services_program(self._data, self._ports.services, registry, self._api_url, token)
        await self._stack.keep([services], partial(responds, f"{url}/"))
        modules = programs.modules_program(self._data, dsn, url, prepare.registry_url(self._cluster))
        await self._stack.keep([modules], partial(has_modules, self._cluster.dsn()))

    async def _start_grafana(self, found: Grafana) -> None:
        url = f"http://{programs.HOST}:{self._ports.grafana}"
        self._stack.places["grafana"] = url
        password = keep_secret(self._data, "wall-reader-password")
        await prepare.set_wall_password(self._cluster.dsn(), password)
        database = f"{programs.HOST}:{self._cluster.port}"
        program = grafana_program(found, self._data, database, self._api_url, self._ports.grafana)
        await self._stack.keep([program], partial(responds, f"{url}/api/health"))

    async def _start_boxes(self) -> None:
        boxes = []
        for box in self._boxes:
            await asyncio.to_thread(self._office.write_parcel, box)
            boxes.append(programs.box_program(self._data, box, self._office.variables_of(box)))
            self._stack.places[box] = f"http://{programs.HOST}:{self._ports.boxes[box]}/healthz"
        await self._stack.keep(boxes, partial(are_online, self._cluster.dsn(), self._boxes))
        self._office.see_online()

    def _outcome(self, counter: Counter) -> Outcome:
        return Outcome(
            regency=self._regency.name,
            note=self._regency.note,
            data=str(self._data.path),
            api_url=self._api_url,
            box_port=self._broker.port,
            dsn=self._cluster.dsn(),
            sample_asset=next(iter(self._modbus)),
            token_file=str(self._options.token_file) if self._options.token_file else None,
            counter=counter,
            admin_password=self._admin_password,
        )
