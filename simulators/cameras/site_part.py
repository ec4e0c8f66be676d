"""The cameras of a site as its box's site file has them: streams, what is drawn on their pictures, what looks at them.

A laptop shows five of them beside everything else, so each is looked at twice a second, and what is recorded is the
small stream: the large one would be rendered for nobody else.
"""

from pathlib import Path
from typing import Any

from simulators.cameras.drawn import drawn
from simulators.cameras.views import view_of
from simulators.regency.model import Camera, Site

DETECT_HZ = 2.0
REPORT_S = 10.0
MODELS = Path(__file__).resolve().parents[2] / "firmware-config" / "models"
RECORDING = {"days": 2, "gigabytes": 1, "min_free_gigabytes": 1, "evidence_gigabytes": 0.5}


def site_part(site: Site, rtsp_port: int, net_file: Path) -> dict[str, Any]:
    """Write `vision` and `cameras` of a site file; nothing for a site without cameras."""
    if not site.cameras:
        return {}
    return {
        "vision": {"threads": 1, "recording": RECORDING} | _detector(),
        "cameras": [_camera(site, camera, rtsp_port, net_file) for camera in site.cameras],
    }


def _detector() -> dict[str, Any]:
    """Name the newest model; without any, cameras are watched and recorded only."""
    names = sorted(path.name for path in MODELS.glob("*.tflite"))
    return {"detector": {"model": names[-1]}} if names else {}


def _camera(site: Site, camera: Camera, rtsp_port: int, net_file: Path) -> dict[str, Any]:
    address = f"rtsp://127.0.0.1:{rtsp_port}/{camera.code}/sub"
    written: dict[str, Any] = {"code": camera.code, "sub": address, "main": address}
    written |= {"detect_hz": DETECT_HZ, "report_s": REPORT_S}
    return written if camera.file else written | drawn(view_of(site.code, camera, net_file))
