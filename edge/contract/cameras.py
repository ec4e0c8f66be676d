"""What the room asks of cameras, and the chain of hashes in which a box writes down which clip it gave to whom.

`camera.clip`: `since_s` (seconds since 1970), `seconds`, `reason`. The answer is an event `clip.delivered` whose
evidence are the parts of the clip, in the order in which its value `sha256` names them.
`camera.live`: `seconds`, `hz`. The answer are pictures on the topic `live`, each with the user property `taken_ms`.
`camera.shared`: `boxes`, those that say in their status that they have the camera, too; none: it is this box's alone.
Boxes cannot hear each other, so the room tells them; it says so again each hour; what it has not said for two is over.
"""

import hashlib
import json
from collections.abc import Mapping

CLIP, LIVE, SHARED = "camera.clip", "camera.live", "camera.shared"
CLIP_DELIVERED = "id.satulayar.clip.delivered"
MOST_CLIP_S = 600.0
MOST_CLIP_BYTES = 200_000_000  # of one request; at 2 Mbit/s ten minutes are 150 million
SHARED_FOR_S = 7_200.0
MOST_LIVE_S = 120.0
MOST_LIVE_HZ = 2.0
TAKEN = "taken_ms"  # user property of a live picture: milliseconds since 1970 by the box's clock
BOX_TIME = "box_time"  # what the box's clock said, in events that came with an impossible time
HASH, PREVIOUS, PARTS_SHA256 = "hash", "previous", "sha256"


def chained(record: Mapping[str, float | bool | str]) -> str:
    """Give the hash of a record of the chain: SHA-256 of its JSON with sorted keys, without `hash` itself.

    Nor does it hold `box_time`: that is added later, where the box's clock was wrong.

    Args:
        record: with the hash of the record before it as `previous`, and the digests of all parts as `sha256`.
    """
    told = {name: value for name, value in record.items() if name not in (HASH, BOX_TIME)}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
