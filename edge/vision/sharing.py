"""What the room says of cameras that another box has, too: `camera.shared`.

A box hears nobody but the room, so it cannot see for itself that its neighbour's site file names the same camera. Both
then load the camera and the line, and everything is counted twice. Both go on: which of them is right, people know.
"""

from collections.abc import Sequence

from edge.contract.cameras import SHARED_FOR_S
from edge.contract.commands import Command, CommandState
from edge.vision.camera import Camera

MOST_BOXES = 10
MOST_NAME = 80
_NONE = "Kamera ini tidak ada di kotak ini. | This camera is not on this box."
_BAD = "Perlu boxes, daftar nama kotak. | boxes, a list of names of boxes, is needed."


class SharingDesk:
    """Hands it on to the camera."""

    def __init__(self, cameras: Sequence[Camera]) -> None:
        """Prepare.

        Args:
            cameras: of the box.
        """
        self._cameras = {camera.asset: camera for camera in cameras}

    async def carry_out(self, command: Command) -> tuple[CommandState, str, str]:
        """Take what the room says; give what became of it."""
        camera = self._cameras.get(command.asset or "")
        boxes = command.arguments.get("boxes")
        if camera is None:
            return "refused", "no_camera", _NONE
        if not isinstance(boxes, list) or not all(isinstance(box, str) and 0 < len(box) <= MOST_NAME for box in boxes):
            return "refused", "bad_argument", _BAD
        camera.share(tuple(sorted(boxes)[:MOST_BOXES]), SHARED_FOR_S)
        return "confirmed", "", ""
