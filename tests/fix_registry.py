"""A desired state of one site of which the files know all that they can: gauge, panel, camera, signal, junction."""

import copy

from tests.fix_balena import regency

LEASE = {"roles": {"operator": {"extra_green_s": 30, "duration_s": 1_800}}}
JUNCTION = {
    "controller": "T0001.signal-1",
    "corridor": {"name": "jalan-raya", "position": 1, "phase": 2},
    "limits": {"operator": {"extra_green_s": 20, "duration_s": 900}},
    "phases": [
        {"phase": 2, "name": "Dari utara", "ring": 1, "barrier": 1, "saturation_per_h": 3_600, "detectors": [2]},
        {"phase": 4, "name": "Dari timur", "ring": 1, "barrier": 2, "saturation_per_h": 1_800},
    ],
}


def everything() -> dict:
    """A regency of one site of which the files know all that they can."""
    content = regency(1)
    content["corridors"] = [{"name": "jalan-raya", "title": "Jalan Raya"}]
    content["groups"]["lamps"]["settings"] = {"host_interval_s": 300}
    site = content["sites"][0]
    signals = {"kind": "ntcip", "host": "10.0.0.32", "version": 3, "user": "room"}
    site["buses"] |= {"gauge": {"host": "10.0.0.31"}, "signals": signals}
    site["assets"][0] |= {"name": "Panel", "parts": ["c2"], "expected_interval_s": 900}
    site["assets"] += [{"code": "T0001.gauge-1", "profile": "river-gauge", "bus": "gauge"}]
    site["rules"] = [{"kind": "water_stage", "asset": "T0001.gauge-1", "stages": {"siaga_3": 2.0, "siaga_2": 3}}]
    site["controllers"] = [
        {
            "code": "T0001.signal-1",
            "name": "Lampu lalu lintas",
            "bus": "signals",
            "expected_interval_s": 60,
            "detectors": [{"number": 2, "phase": 2}],
            "lease": copy.deepcopy(LEASE),
        }
    ]
    site["cameras"] = [{"code": "T0001.cam-1", "sub": "rtsp://10.0.0.33/1", "expected_interval_s": 30}]
    site["junction"] = copy.deepcopy(JUNCTION)
    return content
