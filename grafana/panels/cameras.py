"""Cameras: whether they see, what they count, what they noticed."""

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from grafana.panels.shapes import PanelBuilder, course, lines, named
from grafana.query import Query
from grafana.statements import literal
from grafana.words import Say


def over_all(say: Say, quantity: str, title: tuple[str, str], unit: str) -> PanelBuilder:
    """Draw the mean of a quantity over all cameras, and of how many it is, by an axis of its own."""
    panel = course(
        say(*title),
        say(
            "Rata-rata kamera yang terdengar; sumbu kanan: berapa kamera.",
            "Mean of the cameras that are heard; right axis: of how many.",
        ),
        Query("cameras", "figure_of_cameras", quantity=literal(quantity)),
        unit=unit,
        low=0,
    )
    count = [
        DynamicConfigValue(id_val="displayName", value=say("kamera", "cameras")),
        DynamicConfigValue(id_val="unit", value="short"),
        DynamicConfigValue(id_val="custom.axisPlacement", value="right"),
    ]
    return panel.override_by_name("value", named(say("rata-rata", "mean"))).override_by_name("cameras", count)


def at_site(say: Say, quantity: str, title: tuple[str, str], unit: str) -> PanelBuilder:
    """Draw one quantity of each camera of the chosen site."""
    return course(
        say(*title),
        say("Lokasi yang dipilih.", "The chosen site."),
        Query("cameras", "course_of_site", quantity=literal(quantity)),
        unit=unit,
        low=0,
        many=True,
    )


def classes(say: Say) -> PanelBuilder:
    """What passes a minute at the chosen site, by class."""
    panel = course(
        say("Yang lewat menurut jenis", "What passes, by class"),
        say("Hitungan kamera di garis hitung, per menit.", "Counts of cameras at their lines, a minute."),
        Query("cameras", "classes_of_site"),
        unit="suffix: /min",
        low=0,
        many=True,
    )
    return lines(say, panel, *(f"volume_{one}" for one in ("person", "motorcycle", "car", "bus", "truck")))
