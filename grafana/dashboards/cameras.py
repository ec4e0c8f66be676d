"""Kamera: which of them see, what they count, what they noticed."""

from grafana import names
from grafana.dashboards.compose import Board, chosen
from grafana.panels import cameras, places
from grafana.words import Say


def board(say: Say) -> Board:
    """Compose the cameras' dashboard."""
    return Board(
        names.CAMERAS,
        say("Kamera", "Cameras"),
        say("Untuk operator CCTV.", "For the operators of CCTV."),
        [
            (
                6,
                [
                    (4, places.alive(say, "camera", ("Kamera", "Cameras"), names.CAMERAS)),
                    (4, places.states_of(say, "camera", ("Keadaan kamera", "States of cameras"))),
                    (
                        8,
                        cameras.over_all(say, "frame_rate", ("Laju gambar rata-rata", "Mean frame rate"), "suffix: /s"),
                    ),
                    (8, cameras.over_all(say, "recorded", ("Terekam rata-rata", "Mean share recorded"), "percent")),
                ],
            ),
            (
                9,
                [
                    (
                        12,
                        places.troubled_of(
                            say, "camera", ("Kamera yang tidak terdengar", "Cameras that are not heard")
                        ),
                    ),
                    (
                        12,
                        places.events_of(
                            say,
                            ("Penglihatan kamera", "Eyesight of cameras"),
                            "camera",
                            "recording",
                        ),
                    ),
                ],
            ),
            (
                9,
                [
                    (
                        24,
                        places.events_of(
                            say,
                            ("Yang dilihat kamera", "What cameras saw"),
                            "obstacle",
                            "road",
                            "vehicle",
                            "crowd",
                            "intrusion",
                        ),
                    )
                ],
            ),
            (
                8,
                [
                    (8, cameras.at_site(say, "frame_rate", ("Laju gambar", "Frame rate"), "suffix: /s")),
                    (8, cameras.at_site(say, "recorded", ("Terekam", "Share recorded"), "percent")),
                    (8, cameras.classes(say)),
                ],
            ),
        ],
        variables=[chosen("site", say("Lokasi", "Site"), "cameras", "sites")],
    )
