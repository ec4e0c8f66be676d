"""Where a camera of the regency file hangs and what it looks at. No OpenCV, no PyAV: `up` imports it."""

from pathlib import Path

from simulators.cameras.places import View, junction, street
from simulators.cameras.streets import junction_view
from simulators.regency.model import Camera


def view_of(site: str, camera: Camera, net_file: Path) -> View:
    """Give the view of a camera whose picture is rendered.

    Args:
        site: code of its site.
        camera: of the regency file.
        net_file: SUMO's network, for cameras at junctions.

    Raises:
        Misconfigured: there is no such junction, or no such arm.
    """
    if camera.view == "city":
        return junction_view(net_file, site, camera.arm, camera.seed)
    return {"street": street, "junction": junction}[camera.view](camera.seed)
