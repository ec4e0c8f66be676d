"""Kamera: which of them see, what they count, what they noticed."""

from grafana import names
from grafana.dashboards.compose import Board, Row, chosen
from grafana.panels import cameras, places
from grafana.panels.shapes import PanelBuilder
from grafana.words import Say

_SEEN = ("obstacle", "road", "vehicle", "crowd", "intrusion")
"""Topics of what a camera looks out for; `camera` and `recording` are about its own eyesight."""


def board(say: Say) -> Board:
    """Compose the cameras' dashboard."""
    return Board(
        names.CAMERAS,
        say("Kamera", "Cameras"),
        say("Untuk operator CCTV.", "For the operators of CCTV."),
        [
            _over_all(say),
            (9, [(12, _not_heard(say)), (12, _eyesight(say))]),
            (9, [(24, places.events_of(say, ("Yang dilihat kamera", "What cameras saw"), *_SEEN, of_cameras=True))]),
            _at_site(say),
        ],
        variables=[chosen("site", say("Lokasi", "Site"), "cameras", "sites")],
    )


def _over_all(say: Say) -> Row:
    return 6, [
        (4, places.alive(say, "camera", ("Kamera", "Cameras"), names.CAMERAS)),
        (4, places.states_of(say, "camera", ("Keadaan kamera", "States of cameras"))),
        (8, cameras.over_all(say, "frame_rate", ("Laju gambar rata-rata", "Mean frame rate"), "suffix: /s")),
        (8, cameras.over_all(say, "recorded", ("Terekam rata-rata", "Mean share recorded"), "percent")),
    ]


def _not_heard(say: Say) -> PanelBuilder:
    return places.troubled_of(
        say, "camera", ("Kamera yang tidak terdengar", "Cameras that are not heard"), names.CAMERAS
    )


def _eyesight(say: Say) -> PanelBuilder:
    return places.events_of(say, ("Penglihatan kamera", "Eyesight of cameras"), "camera", "recording", of_cameras=True)


def _at_site(say: Say) -> Row:
    return 8, [
        (8, cameras.at_site(say, "frame_rate", ("Laju gambar", "Frame rate"), "suffix: /s")),
        (8, cameras.at_site(say, "recorded", ("Terekam", "Share recorded"), "percent")),
        (8, cameras.classes(say)),
    ]
