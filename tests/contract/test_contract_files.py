"""Schemas are generated, golden payloads are only ever added, and every unit is stated in full."""

import json
from pathlib import Path

import jsonschema
import pytest

from edge.contract import schemas, senml
from edge.contract.catalogue import CATALOGUE
from edge.contract.commands import Command, Result
from edge.contract.events import Event, decode_event
from edge.contract.receipts import Receipt
from edge.contract.rejected import Rejected
from edge.contract.status import Status, decode_status

GOLDEN = Path(__file__).parent / "golden"
MODELS = {"event": Event, "status": Status, "command": Command, "result": Result, "receipt": Receipt}


def test_schemas_when_generated_then_are_the_committed_ones():
    assert {path.name: path.read_text() for path in schemas.FOLDER.glob("*.json")} == schemas.build(), (
        "run: python -m edge.contract.schemas"
    )


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.name)
def test_golden_payload_when_read_then_is_understood_and_fits_its_schema(path):
    payload = path.read_bytes()
    kind = path.name.split("-")[0]
    if kind == "telemetry":
        columns = senml.resolve(senml.decode(payload), 0.0)
        assert not isinstance(columns, Rejected)
        schema = schemas.build()["senml-pack.schema.json"]
    else:
        assert not isinstance(MODELS[kind].model_validate_json(payload), Rejected)
        schema = schemas.build()[f"{kind}.schema.json"]
    jsonschema.validate(json.loads(payload), json.loads(schema))


def test_golden_lamp_panel_when_resolved_then_is_what_it_was_when_it_was_made():
    columns = senml.resolve(senml.decode((GOLDEN / "telemetry-lamp-panel-v1.json").read_bytes()), 0.0)
    assert list(zip(columns.names, columns.times_s, columns.values, columns.units, strict=True)) == [
        ("TD-01.lamp-1-c1:current", 1763769600.25, 1.37, "A"),
        ("TD-01.lamp-1-c1:voltage", 1763769600.25, 221.4, "V"),
        ("TD-01.lamp-1-c1:commanded_on", 1763769600.25, True, "1"),
        ("TD-01.lamp-1-c2:current", 1763769601.5, 0.0, "A"),
    ]


@pytest.mark.parametrize("decode", [decode_event, decode_status])
@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"id":"x"}', b"x" * 70_000])
def test_bad_event_or_status_when_decoded_then_is_a_value_with_a_remedy(decode, payload):
    found = decode(payload)
    assert isinstance(found, Rejected)
    assert found.detail


def test_event_without_id_when_decoded_then_says_so():
    document = json.loads((GOLDEN / "event-lamp-failed-v1.json").read_bytes())
    del document["id"]
    found = decode_event(json.dumps(document).encode())
    assert isinstance(found, Rejected)
    assert found.detail.startswith("id: ")


def test_catalogue_when_read_then_every_quantity_has_the_unit_stated_here():
    stated = {
        "voltage": "V", "current": "A", "active_power": "W", "energy": "kW.h", "power_factor": "1", "frequency": "Hz",
        "commanded_on": "1", "lamp_fault": "1", "water_level": "m", "discharge": "m3/s", "rain_rate": "mm/h",
        "rain_total": "mm", "siren_on": "1", "speaker_on": "1",
        "air_temperature": "Cel", "relative_humidity": "%", "air_pressure": "hPa",
        "wind_speed": "m/s", "wind_direction": "deg", "irradiance": "W/m2", "illuminance": "lx", "door_open": "1",
        "mains_present": "1", "ups_charge": "%", "temperature": "Cel", "volume": "/min",
        "volume_person": "/min", "volume_motorcycle": "/min", "volume_car": "/min", "volume_bus": "/min",
        "volume_truck": "/min", "headway": "s", "frames_missed": "1", "recorded": "%", "occupancy": "%",
        "speed": "km/h", "queue_length": "m", "frame_rate": "/s", "cpu_load": "%", "memory_used": "%",
        "disk_used": "%", "disk_free": "By", "disk_trouble": "1", "outbox_thinned": "1",
        "soc_temperature": "Cel", "clock_offset": "s", "uptime": "s", "resident_memory": "By",
        "outbox_messages": "1", "outbox_bytes": "By", "outbox_oldest_age": "s",
        "page_alive": "1", "screen_on": "1",
        "signal_state": "1", "cycle_second": "s", "pattern": "1", "cycle_length": "s",
        "green_time": "s", "greens_served": "1", "gap_outs": "1", "max_outs": "1", "force_offs": "1",
        "split_failures": "1", "green_occupancy": "%", "red_occupancy": "%", "arrivals_on_green": "%",
        "pedestrian_wait": "s", "detector_fault": "1", "controller_flash": "1", "coordination_fault": "1",
        "local_control": "1", "lease_active": "1",
    }  # fmt: skip
    assert {name: quantity.unit for name, quantity in CATALOGUE.items()} == stated
