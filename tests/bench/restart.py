"""How long a box looks at nothing when its agent starts anew: the real process, a stream by RTSP, the real model.

It is killed and started again, as after a power cut; what it tried of its model before it remembers, as boxes do.
"""

import os
import tempfile
import time
from pathlib import Path

from provisioning.certificates import CertificateAuthority
from tests.fix_edge import Box, free_port, wait_for
from tests.fix_vision import PaintedCamera, driving

BOX, CAMERA = "CAM-01-a", "CAM-01.cam-1"
WITHIN_S = 60.0


def restarted_s(models: Path, model: str) -> tuple[float, float]:
    """Give the seconds from the start of the process to the first picture looked at: the clock's, the processor's."""
    with tempfile.TemporaryDirectory() as home, PaintedCamera(driving) as lens:
        site = {
            "site": {"code": "CAM-01", "name": "Bench", "district": "Kraton", "latitude": -7.65, "longitude": 112.85},
            "box": BOX,
            "vision": {"detector": {"model": model}},
            "cameras": [{"code": CAMERA, "sub": lens.url}],
        }
        identity = CertificateAuthority.open_or_create(Path(home) / "pki").ensure(BOX)
        where = {"models_dir": models.resolve(), "vision_dir": Path(home) / "vision"}
        with Box(Path(home) / "box", BOX, identity, free_port(), site, **where) as box:
            wait_for(lambda: _looked_at(box) > 0, WITHIN_S)
            box.kill()
            began_s = time.monotonic()
            box.start()
            wait_for(lambda: _looked_at(box) > 0, WITHIN_S)
            return time.monotonic() - began_s, _spent_s(box)


def _looked_at(box: Box) -> int:
    try:
        return int(box.status().get("cameras", {}).get(CAMERA, {}).get("inferences", 0))
    except (OSError, ValueError, IndexError):
        return 0  # it does not answer yet


def _spent_s(box: Box) -> float:
    """Give the processor's time of a process so far (proc_pid_stat(5): utime and stime)."""
    assert box.process is not None
    fields = Path(f"/proc/{box.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
