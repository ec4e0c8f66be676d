"""The cameras of a site file: their streams, what is where in their pictures, and what looks at them.

Points are fractions of the picture, (0, 0) its upper left and (1, 1) its lower right corner, so that the main and the
sub stream share them. Times of day are WIB. Credentials never stand here: they are in an environment variable.
"""

import re
from itertools import combinations
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import InitErrorDetails

from edge.contract.documents import Where
from edge.contract.names import AssetCode
from edge.site_names import Strict, Variable, names_of, one_of
from edge.vision.reasons import Reason

Fraction = Annotated[float, Field(ge=0, le=1)]
Point = tuple[Fraction, Fraction]
Metres = Annotated[float, Field(ge=-10_000, le=10_000)]
PartName = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=30)]
TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
CLASSES = ("person", "motorcycle", "car", "bus", "truck")
VehicleClass = Literal["person", "motorcycle", "car", "bus", "truck"]
CALIBRATION_POINTS = 4
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MOST_ADDRESS = 300  # characters
_PASSWORD = re.compile(r"(pass\w*|pwd|psw|pw)=(?!\{password\})", re.IGNORECASE)  # as cameras name it in their paths
_BESIDE = 0.02  # of the picture: a line may end beside its lane
_LEAST_AREA = 1e-5  # of the picture: three pixels of a small one


def _is_polygon(points: list[Point]) -> list[Point]:
    if len(set(points)) < 3:  # noqa: PLR2004 - a triangle
        raise ValueError(
            Reason("sebuah area punya paling sedikit tiga sudut berbeda", "a zone has at least three different corners")
        )
    edges = list(zip(points, points[1:] + points[:1], strict=True))
    for (first, one), (second, other) in combinations(enumerate(edges), 2):
        if second - first not in (1, len(edges) - 1) and _cross(*one, *other):
            raise ValueError(
                Reason(
                    f"sisi {first + 1} dan {second + 1} bersilangan: tulis sudutnya berurutan",
                    f"edges {first + 1} and {second + 1} cross each other: give the corners in order",
                )
            )
    if abs(_area(points)) < _LEAST_AREA:
        raise ValueError(
            Reason(
                "area ini tidak punya luas: sudutnya segaris; pilih yang lebih lebar",
                "the zone has no area: its corners lie on one line; choose them wider apart",
            )
        )
    return points


def _is_line(points: tuple[Point, Point]) -> tuple[Point, Point]:
    if points[0] == points[1]:
        raise ValueError(
            Reason("kedua ujungnya satu titik: pilih dua titik", "both ends are the same point: choose two points")
        )
    return points


Polygon = Annotated[list[Point], Field(min_length=3, max_length=50), AfterValidator(_is_polygon)]
Line = Annotated[tuple[Point, Point], AfterValidator(_is_line)]


class Pair(Strict):
    """A point of the picture and where it is on the ground.

    Attributes:
        at: in the picture.
        ground: metres from any origin that all pairs of a camera share.
    """

    at: Point
    ground: tuple[Metres, Metres]


class Lane(Strict):
    """A lane: what drives in it is counted, timed and measured.

    Attributes:
        name: its asset is the camera's with this behind it, `TD-01.cam-1-utara`.
        polygon: the carriageway in it.
        line: whoever crosses it is counted, once.
        arrow: from where to where traffic drives; without it nobody drives the wrong way.
    """

    name: PartName
    polygon: Polygon
    line: Line
    arrow: Line | None = None

    @model_validator(mode="after")
    def _can_be_crossed(self) -> Self:
        for along in (0, 1):
            across, edge = [point[along] for point in self.line], [point[along] for point in self.polygon]
            if max(across) < min(edge) - _BESIDE or min(across) > max(edge) + _BESIDE:
                raise ValueError(
                    Reason(
                        f"garis {self.name} di luar areanya, tidak ada yang akan terhitung: pindahkan ke dalamnya",
                        f"the line of {self.name} lies outside its polygon: nobody would ever be counted",
                    )
                )
        return self


class Movement(Strict):
    """A way through a junction, counted: from one zone to another."""

    name: PartName
    origin: PartName
    destination: PartName


class Zone(Strict):
    """A part of the picture with a meaning.

    Attributes:
        kind: `carriageway`: whoever stops there is told; `gate`: begins or ends a movement; `crowd`: people are
            counted; `closed`: nobody may be there between `since` and `until`; `lamp`: the head of a lamp.
        people: from so many on it is a crowd.
        stopped_s: a vehicle that stands so long is told; longer than a red.
        since: of `closed`, WIB; with `until` before it over midnight; without both, always.
        until: of `closed`, WIB.
    """

    name: PartName
    kind: Literal["carriageway", "gate", "crowd", "closed", "lamp"]
    polygon: Polygon
    people: int = Field(default=15, ge=2, le=500)
    stopped_s: float = Field(default=180.0, ge=5, le=86_400)
    since: TimeOfDay | None = None
    until: TimeOfDay | None = None

    @model_validator(mode="after")
    def _has_both_times(self) -> Self:
        if (self.since is None) != (self.until is None):
            raise ValueError(
                Reason(
                    "since dan until ditulis keduanya atau tidak sama sekali",
                    "since and until stand together or not at all",
                )
            )
        if self.since is not None and self.kind != "closed":
            raise ValueError(
                Reason(
                    "since dan until hanya untuk area dengan kind: closed",
                    "since and until belong to a zone of kind closed",
                )
            )
        return self


class Detector(Strict):
    """A detector model, in the directory of models.

    Attributes:
        model: its file, `.tflite`.
        labels: names of its classes, one a line; `<model>.labels.txt` when absent.
        states: names of the scene states it tells, one a line; `<model>.states.txt` where that exists.
        head: how its outputs are read; found out when absent, see `edge.vision.heads`. A map of centres is taken for
            `centre_cells`.
        score: detections below are none.
        classes: which of its labels is which class, where the names differ.
    """

    model: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.tflite$", max_length=120)
    labels: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=120)
    states: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=120)
    head: Literal["standard", "centre_cells", "centre_point"] | None = None
    score: float = Field(default=0.35, gt=0, lt=1)
    classes: dict[str, VehicleClass] = Field(default_factory=dict, max_length=100)


class Recording(Strict):
    """How much of the main streams is kept.

    Attributes:
        days: older is deleted.
        gigabytes: of all cameras of the box together; beyond, the oldest is deleted.
        min_free_gigabytes: left to others on the disk.
        evidence_days: the films of incidents are kept so long, no shorter than `days`; three times `days` when absent.
        evidence_gigabytes: of all of them together, beside `gigabytes`: a film has some 10 MB. Beyond, the oldest that
            the room has goes, and last what it has not, which it is told.
    """

    days: float = Field(default=30.0, gt=0, le=3_650)
    gigabytes: float = Field(default=200.0, gt=0, le=100_000)
    min_free_gigabytes: float = Field(default=2.0, ge=0, le=10_000)
    evidence_days: float | None = Field(default=None, gt=0, le=10_950)
    evidence_gigabytes: float = Field(default=10.0, ge=0.1, le=10_000)

    @property
    def evidence_kept_days(self) -> float:
        """How long the films of incidents are kept."""
        return 3 * self.days if self.evidence_days is None else self.evidence_days

    @model_validator(mode="after")
    def _keeps_evidence_longer(self) -> Self:
        if self.evidence_kept_days < self.days:
            raise ValueError(f"evidence is kept at least as long as what it was cut from: evidence_days {self.days:g}")
        return self


class ClipWay(Strict):
    """How a clip that the room asks for gets there.

    Attributes:
        by: `media`: through the outbox and MQTT, as all evidence; `https`: to the room's API, going on where a line
            was lost, beside the line that alarms take.
        room: address of the room's API, https://host; its certificate must be of a public authority or of the box's
            own (`SATULAYAR_EDGE_CA_FILE`). http:// is for the same computer only.
    """

    by: Literal["media", "https"] = "media"
    room: str = Field(default="", max_length=300)

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        if self.by == "media":
            return self
        parts = urlsplit(self.room)
        if not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError("room must be the address of the room's API alone, such as https://ruang.example")
        if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in LOOPBACK):
            raise ValueError("room must begin with https://: what goes there are pictures of people")
        return self


class Vision(Strict):
    """What looks at the cameras of a box.

    Attributes:
        detector: for all cameras that name none of their own; without any, cameras are watched and recorded only.
        threads: inferences at once, and so how many copies of a model are loaded.
        recording: how much is kept.
        clips: how what the room asks for gets there.
    """

    detector: Detector | None = None
    threads: int = Field(default=2, ge=1, le=16)
    recording: Recording = Recording()
    clips: ClipWay = ClipWay()


class CameraPlace(Strict):
    """A camera.

    Attributes:
        code: `TD-01.cam-1`.
        box: which box watches it, where the site has several.
        sub: address of the small stream, rtsp://, without credentials; the detector looks at it. Where a camera wants
            them in its path, `{user}` and `{password}` stand there in their place.
        main: address of the large stream, which is recorded; nothing is when absent.
        credentials_variable: the environment variable with `user:password`; a secret, so it stands in no file.
        transport: of the streams.
        detect_hz: pictures looked at a second.
        report_s: how often counts are reported.
        tiles: columns and rows the picture is cut into for a detector that would else see little.
        detector: its own, in place of the box's.
        calibration: at least four pairs, no three on a line; without them there are no metres and no km/h.
        lanes: counted.
        zones: watched.
        movements: counted between zones of kind `gate`.
        masks: burnt in black before anything is stored. A recording is stored as the camera codes it, so a camera with
            masks is recorded only where it burns them in itself.
        masked_by_camera: it does.
        view: one more where the camera was aimed anew on purpose and nothing of the drawing has changed: what it showed
            before is forgotten, so that it is not told to be turned for good.
        max_clock_off_s: the camera's own clock may be wrong by this much.
    """

    code: AssetCode
    box: str | None = None
    sub: str
    main: str | None = None
    credentials_variable: Variable = "SATULAYAR_CAMERA_LOGIN"
    transport: Literal["tcp", "udp"] = "tcp"
    detect_hz: float = Field(default=5.0, ge=0.5, le=30)
    report_s: float = Field(default=60.0, ge=1, le=3_600)
    tiles: tuple[Annotated[int, Field(ge=1, le=4)], Annotated[int, Field(ge=1, le=4)]] = (1, 1)
    detector: Detector | None = None
    calibration: list[Pair] = Field(default_factory=list, max_length=50)
    lanes: list[Lane] = Field(default_factory=list, max_length=16)
    zones: list[Zone] = Field(default_factory=list, max_length=40)
    movements: list[Movement] = Field(default_factory=list, max_length=40)
    masks: list[Polygon] = Field(default_factory=list, max_length=20)
    masked_by_camera: bool = False
    view: int = Field(default=1, ge=1, le=1_000_000)
    max_clock_off_s: float = Field(default=5.0, gt=0, le=3_600)

    @field_validator("code")
    @classmethod
    def _is_here(cls, code: str, info: ValidationInfo) -> str:
        site = names_of(info).site
        if site and not code.startswith(f"{site}."):
            right = f"{site}.{code.partition('.')[2]}"
            raise ValueError(
                Reason(
                    f"{code!r} bukan milik lokasi {site}: tulis {right}",
                    f"{code!r} does not belong to site {site}: write {right}",
                )
            )
        return code

    @field_validator("box")
    @classmethod
    def _is_box(cls, box: str | None, info: ValidationInfo) -> str | None:
        return box if box is None else one_of(box, names_of(info).boxes, "a box of this file", "kotak di berkas ini")

    @field_validator("sub", "main")
    @classmethod
    def _is_stream(cls, url: str | None) -> str | None:
        return url if url is None else _checked_address(url)

    @field_validator("calibration")
    @classmethod
    def _is_enough(cls, pairs: list[Pair]) -> list[Pair]:
        if pairs and len(pairs) < CALIBRATION_POINTS:
            raise ValueError(
                Reason(
                    f"{len(pairs)} pasang tidak menentukan bidang: tulis paling sedikit {CALIBRATION_POINTS}",
                    f"{len(pairs)} pairs do not fix a plane: give at least {CALIBRATION_POINTS}",
                )
            )
        for three in combinations(pairs[:CALIBRATION_POINTS], 3):
            if abs(_area([pair.at for pair in three])) < _LEAST_AREA:
                raise ValueError(
                    Reason(
                        "tiga dari empat titik pertama segaris: pilih yang lebih berjauhan",
                        "three of the first four points lie on one line: choose them wider apart",
                    )
                )
        return pairs

    @field_validator("zones")
    @classmethod
    def _are_named_once(cls, zones: list[Zone], info: ValidationInfo) -> list[Zone]:
        names = [lane.name for lane in info.data.get("lanes", ())]
        faults: list[tuple[Where, Reason]] = []
        for index, zone in enumerate(zones):
            if zone.name in names:
                why = Reason(
                    f"{zone.name!r} dipakai dua jalur atau area: sisakan satu",
                    f"{zone.name!r} names two lanes or zones: keep one",
                )
                faults.append(((index, "name"), why))
            names.append(zone.name)
        _refuse(faults)
        return zones

    @field_validator("movements")
    @classmethod
    def _join_gates(cls, movements: list[Movement], info: ValidationInfo) -> list[Movement]:
        if "zones" not in info.data:  # they are wrong themselves
            return movements
        gates = [zone.name for zone in info.data["zones"] if zone.kind == "gate"]
        faults: list[tuple[Where, Reason]] = []
        for index, movement in enumerate(movements):
            for end in ("origin", "destination"):
                try:
                    one_of(getattr(movement, end), gates, "a zone of kind gate", "area dengan kind: gate")
                except ValueError as error:
                    faults.append(((index, end), error.args[0]))
        _refuse(faults)
        return movements

    @model_validator(mode="after")
    def _stores_nothing_private(self) -> Self:
        if self.main is not None and self.masks and not self.masked_by_camera:
            why = Reason(
                "aliran utama direkam apa adanya, tanpa penyamaran: setel juga di kamera dan tulis"
                " masked_by_camera: true, atau hapus main",
                "the main stream is recorded as it comes, without masks: set them in the camera too and say"
                " masked_by_camera: true, or leave main out",
            )
            _refuse([(("main",), why)])
        return self

    @model_validator(mode="after")
    def _is_on_a_box(self, info: ValidationInfo) -> Self:
        boxes = ", ".join(names_of(info).boxes)
        if self.box is None and len(names_of(info).boxes) > 1:
            raise ValueError(
                Reason(f"box tidak ada: lokasi ini punya {boxes}", f"box is missing: this site has {boxes}")
            )
        return self


def _refuse(faults: list[tuple[Where, Reason]]) -> None:
    """Refuse what is validated where anything is wrong, each fault with the place of its own part."""
    details = [
        InitErrorDetails(type="value_error", loc=where, input=None, ctx={"error": ValueError(why)})
        for where, why in faults
    ]
    if details:
        raise ValidationError.from_exception_data("camera", details)


def _checked_address(url: str) -> str:
    """Refuse an address that is none, or that holds credentials; no word repeats it: any part may be the secret."""
    if not url.isprintable() or " " in url or len(url) > MOST_ADDRESS:
        raise ValueError(
            Reason(
                f"alamat paling panjang {MOST_ADDRESS} huruf, tanpa spasi dan tanpa huruf kendali",
                f"an address has {MOST_ADDRESS} characters at most, no spaces and no control characters",
            )
        )
    if "@" in url or "#" in url:
        raise ValueError(
            Reason(
                "tidak boleh ada sandi di berkas situs, # juga tidak: isi variabel di credentials_variable",
                "no credentials in the site file, and no # either: set the variable of credentials_variable",
            )
        )
    if _PASSWORD.search(url) or set("{}") & set(url.replace("{user}", "").replace("{password}", "")):
        raise ValueError(
            Reason(
                "tidak boleh ada sandi di berkas situs: bila kamera memintanya di alamat, tulis {user} dan {password};"
                " isinya dari variabel di credentials_variable",
                "no credentials in the site file: where the camera wants them in its path, write {user} and {password}"
                " there; they come from the variable of credentials_variable",
            )
        )
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError(
            Reason(
                "alamat ditulis rtsp://host:port/jalur, dengan port 1 sampai 65535",
                "an address is rtsp://host:port/path, with a port of 1 to 65535",
            )
        ) from None
    if parts.scheme not in ("rtsp", "rtsps", "file") or not (is_whole or parts.scheme == "file"):
        raise ValueError(Reason("alamat diawali rtsp://host/", "an address begins with rtsp://host/"))
    return url


def _area(points: list[Point]) -> float:
    """Give the area with its sign (shoelace formula), in pictures."""
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs) / 2


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Tell whether two stretches meet inside both."""

    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
