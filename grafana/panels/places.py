"""Sites, assets and boxes as they are: the map, the counts, what has fallen silent, what boxes noticed."""

from grafana_foundation_sdk.builders import common, geomap
from grafana_foundation_sdk.models.common import FrameGeometrySourceMode
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from grafana import names
from grafana.codes import BAD, GOOD, KINDS, UNKNOWN, WATCH
from grafana.look import (
    board_link,
    coloured_words,
    console_link,
    links,
    stages,
    states,
    steps,
)
from grafana.panels.shapes import Link, PanelBuilder, figure, hidden, listing, tiles
from grafana.query import Query, source
from grafana.statements import literal
from grafana.words import Say

REGENCY_AT = (-7.74, 112.83)
"""Degrees of WGS 84 between Bangil and Tosari: the whole regency on one screen at zoom 11."""


def map_of_regency(say: Say) -> PanelBuilder:
    """Every site by its state, with open incidents above."""
    latitude, longitude = REGENCY_AT
    view = geomap.MapViewConfig().id("coords").lat(latitude).lon(longitude).zoom(11)  # type: ignore[arg-type]  # degrees are no integers
    panel = (
        geomap.Panel()
        .title(say("Lokasi menurut keadaan, dengan insiden", "Sites by state, with incidents"))
        .description(
            say(
                "Hijau: semua terdengar. Jingga: sebagian senyap. Merah: semua box senyap. Abu-abu: belum ada box.",
                "Green: all is heard. Orange: some of it is silent. Red: every box is silent. Grey: no box yet.",
            )
        )
        .datasource(source())
        .with_target(Query("places", "map_of_sites").named("sites"))
        .with_target(Query("places", "map_of_incidents").named("incidents"))
        .view(view)
        .basemap(common.MapLayerOptions().type("default").name("Basemap"))
        .layers([_layer("sites", "circle.svg", 6), _layer("incidents", "triangle.svg", 12)])
        .thresholds(steps((None, UNKNOWN), (0, GOOD), (1, WATCH), (2, BAD)))
        .mappings(states(say))
    )
    at_site = [
        board_link(say, names.TRAFFIC, say("Simpang ini", "This junction"), "var-site=${__value.raw}"),
        board_link(say, names.CAMERAS, say("Kamera di sini", "Cameras here"), "var-site=${__value.raw}"),
        console_link("/junctions#${__value.raw}", say("Tindakan di konsol", "Act in the console")),
    ]
    act = console_link("/incidents/${__value.raw}", say("Tindakan di konsol", "Act in the console"))
    return panel.override_by_name("site", [links(*at_site)]).override_by_name("incident", [links(act)])


def alive(say: Say, kind: str, title: tuple[str, str], board: str) -> PanelBuilder:
    """How many of a kind are alive and how many are not; both, because a share hides how many."""
    return (
        figure(
            say(*title),
            say(
                "Hidup dan tidak hidup, menurut kabar terakhir. Senyap: lebih dari empat selang laporan.",
                "Alive and not, by when each was last heard of. Silent: for more than four of its intervals.",
            ),
            Query("places", "alive_of_kind", kind=literal(kind)),
            names=True,
            link=board_link(say, board, say("Rincian", "Details")),
            no_value=say("tak diketahui", "unknown"),
        )
        .override_by_name("alive", _named(say(*KINDS[kind]), GOOD, 0))
        .override_by_name("silent", _named(say("senyap", "silent"), GOOD, 1))
    )


def states_of(say: Say, kind: str, title: tuple[str, str]) -> PanelBuilder:
    """How many of a kind are in each state."""
    return listing(
        say,
        say(*title),
        say("Jumlah menurut keadaan.", "Number in each state."),
        Query("places", "states_of_kind", kind=literal(kind)),
        ["state", "n"],
        extra={"n": [DynamicConfigValue(id_val="displayName", value=say("jumlah", "number"))]},
    )


def troubled(say: Say) -> PanelBuilder:
    """What has fallen silent last."""
    return listing(
        say,
        say("Yang tidak terdengar", "What is not heard"),
        say(
            "Aset terlambat, senyap, atau belum pernah terdengar; yang terbaru di atas. Umur sejak kabar terakhir.",
            "Assets late, silent or never heard of; the newest first. Age since they were last heard.",
        ),
        Query("places", "troubled"),
        ["time", "asset", "name", "kind", "site", "district", "state", "age_s"],
        column_links={"site": [console_link("/", say("Nilai terbaru di konsol", "Newest values in the console"))]},
    )


def silent_by_kind(say: Say) -> PanelBuilder:
    """How many of each kind are not heard: what a room looks for first."""
    kinds = ", ".join(f"({literal(kind)}, {literal(say(*words))})" for kind, words in KINDS.items())
    return tiles(
        say,
        say("Tidak terdengar, menurut jenis", "Not heard, by kind"),
        say("Terlambat, senyap, atau belum pernah terdengar.", "Late, silent, or never heard of."),
        Query("places", "silent_by_kind", kinds=kinds),
        "n",
        rows=6,
        link=board_link(say, names.FLEET, say("Armada", "Fleet")),
    ).thresholds(steps((None, GOOD), (1, BAD)))


def troubled_of(say: Say, kind: str, title: tuple[str, str], board: str) -> PanelBuilder:
    """The same for one kind, leading to its own dashboard; a camera also to where it is looked at."""
    here = board_link(say, board, say("Tampilkan", "Show"), "var-site=${__value.raw}")
    return listing(
        say,
        say(*title),
        say("Yang terbaru di atas.", "The newest first."),
        Query("places", "troubled_of_kind", kind=literal(kind)),
        ["time", "asset", "name", "site", "district", "state", "age_s"],
        column_links={"site": [here]} | ({"asset": [_camera(say)]} if kind == "camera" else {}),
    )


def events(say: Say) -> PanelBuilder:
    """What boxes noticed last."""
    return listing(
        say,
        say("Peristiwa terakhir", "Latest events"),
        say("Yang dilihat box, 7 hari terakhir.", "What boxes noticed in the last seven days."),
        Query("places", "events", message=f"message_{say.language}"),
        ["time", "asset", "site", "site_name", "topic", "severity", "message", "media"],
        extra={"site": [hidden()], "topic": [hidden()], "severity": coloured_words(say)},
    )


def newest_events(say: Say) -> PanelBuilder:
    """The same in letters that can be read from afar."""
    return tiles(
        say,
        say("Peristiwa terakhir", "Latest events"),
        say("Yang dilihat box, 7 hari terakhir.", "What boxes noticed in the last seven days."),
        Query("places", "newest_events", message=f"message_{say.language}"),
        "severity",
        rows=6,
        link=board_link(say, names.CAMERAS, say("Kamera", "Cameras")),
    ).mappings(states(say))


def events_of(say: Say, title: tuple[str, str], *topics: str, of_cameras: bool = False) -> PanelBuilder:
    """The same for some topics, as in `id.satulayar.camera.frozen`."""
    listed = "ARRAY[" + ", ".join(literal(topic) for topic in topics) + "]"
    return listing(
        say,
        say(*title),
        say("7 hari terakhir.", "The last seven days."),
        Query("places", "events_of_topic", topics=listed, message=f"message_{say.language}"),
        ["time", "asset", "site", "site_name", "type", "severity", "message", "media"],
        extra={"site": [hidden()], "type": [hidden()], "severity": coloured_words(say)},
        column_links={"asset": [_camera(say)]} if of_cameras else None,
    )


def _camera(say: Say) -> Link:
    """Lead from a camera's code to the page that shows its picture, and asks for a clip."""
    return console_link("/cameras#${__value.raw}", say("Lihat di konsol", "Look in the console"))


def pulse(say: Say) -> PanelBuilder:
    """How old what the wall shows is."""
    return figure(
        say("Umur gambar", "Picture's age"),
        say(
            "Detik sejak keadaan dan jumlah dihitung terakhir; di atas 30 s dihitung langsung dan lebih lambat.",
            "Seconds since states and counts were computed; above 30 s they are computed at once, more slowly.",
        ),
        Query("places", "pulse"),
        unit="s",
        decimals=0,
        thresholds=steps((None, GOOD), (30, WATCH), (120, BAD)),
        link=board_link(say, names.PLATFORM, say("Platform", "Platform")),
        no_value=say("belum pernah", "never"),
    )


def _layer(query: str, symbol: str, size: int) -> common.MapLayerOptions:
    style = {
        "color": {"field": "severity", "fixed": GOOD},
        "opacity": 0.85,
        "size": {"fixed": size, "min": 2, "max": 15},
        "symbol": {"mode": "fixed", "fixed": f"img/icons/marker/{symbol}"},
    }
    return (
        common.MapLayerOptions()
        .type("markers")
        .name(query)
        .config({"showLegend": False, "style": style})
        .location(
            common.FrameGeometrySource()
            .mode(FrameGeometrySourceMode.COORDS)
            .latitude("latitude")
            .longitude("longitude")
        )
        .filter_data({"id": "byRefId", "options": query})
        .tooltip(True)  # noqa: FBT003 - the builders have no other way
    )


def _named(title: str, colour: str, place: int) -> list[DynamicConfigValue]:
    marks = [{"value": None, "color": colour}] + ([{"value": 1, "color": BAD}] if place else [])
    return [
        DynamicConfigValue(id_val="displayName", value=title),
        DynamicConfigValue(id_val="thresholds", value={"mode": "absolute", "steps": marks}),
    ]


def stage_words(say: Say) -> list[DynamicConfigValue]:
    """Show a gauge's severity as the stage people know."""
    return [
        DynamicConfigValue(id_val="noValue", value=say("tak diketahui", "unknown")),
        DynamicConfigValue(id_val="mappings", value=stages(say)),
        DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-background", "mode": "basic"}),
    ]
