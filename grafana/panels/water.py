"""Rivers and rain: levels against stages with lead time, rain upstream, warnings in force."""

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from grafana import names
from grafana.codes import BAD, CITY_STAGES, GOOD, STAGES, UNKNOWN, WATCH
from grafana.look import board_link, coloured_words, console_link, stages, steps, words_of
from grafana.panels.places import stage_words
from grafana.panels.shapes import PanelBuilder, course, figure, hidden, lines, listing, named, tiles
from grafana.query import Query
from grafana.statements import literal
from grafana.words import Say


def worst_stage(say: Say) -> PanelBuilder:
    """The most serious stage of any river, and how many gauges nobody hears."""
    return (
        figure(
            say("Siaga tertinggi", "Highest stage"),
            say(
                "Tingkat tertinggi di semua pos duga air, dan berapa pos yang senyap.",
                "The most serious stage at any gauge, and how many gauges are silent.",
            ),
            Query("water", "worst_stage"),
            names=True,
            thresholds=steps((None, UNKNOWN), (0, GOOD), (1, "yellow"), (2, WATCH), (3, BAD)),
            link=board_link(say, names.WATER, say("Peringatan dini", "Early warning")),
        )
        .override_by_name(
            "severity",
            [
                DynamicConfigValue(id_val="displayName", value=say("sungai", "rivers")),
                DynamicConfigValue(id_val="mappings", value=stages(say)),
            ],
        )
        .override_by_name(
            "silent",
            [
                DynamicConfigValue(id_val="displayName", value=say("pos senyap", "silent gauges")),
                DynamicConfigValue(
                    id_val="thresholds",
                    value={"mode": "absolute", "steps": [{"value": None, "color": GOOD}, {"value": 1, "color": BAD}]},
                ),
            ],
        )
    )


def gauges(say: Say) -> PanelBuilder:
    """Each river against its stages, with the time that is left."""
    return listing(
        say,
        say("Tinggi muka air terhadap siaga", "River levels against their stages"),
        say(
            "Waktu tersisa: hingga siaga berikut pada laju 20 menit terakhir, selama naik. Umur: sejak diukur.",
            "Lead time: to the next stage at the rate of the last 20 minutes, while it rises. Age: since measured.",
        ),
        Query("water", "stages_now"),
        ["name", "severity", "level_m", "lead_s", "next_stage", "rate_m_h", "liveness", "age_s", "gauge"],
        extra={"severity": [*named(say("siaga", "stage")), *stage_words(say)], "gauge": [hidden()]},
        column_links={
            "name": [
                board_link(say, names.WATER, say("Tampilkan", "Show"), "var-gauge=${__data.fields.gauge}"),
                console_link("/early-warning", say("Buka di konsol", "Open in the console")),
            ]
        },
    )


def rivers(say: Say) -> PanelBuilder:
    """The rivers that stand highest, in letters that can be read from afar."""
    return tiles(
        say,
        say("Sungai", "Rivers"),
        say(
            "Yang tertinggi dulu: tinggi air, dan waktu hingga siaga berikut selama naik.",
            "The highest first: its level, and the time to the next stage while it rises.",
        ),
        Query("water", "rivers", point=literal(say(",", ".")), minutes=literal(say("mnt", "min"))),
        "severity",
        rows=6,
        link=board_link(say, names.WATER, say("Peringatan dini", "Early warning")),
    ).mappings(words_of(say, STAGES | {"-1": ("senyap", "silent", BAD)}))


def level(say: Say) -> PanelBuilder:
    """Level of the chosen gauge with its stages."""
    panel = course(
        say("Tinggi muka air pos yang dipilih", "Level of the chosen gauge"),
        say("Garis mendatar: siaga. Celah: tidak ada kabar.", "Level lines: its stages. A gap: silence."),
        Query("water", "level").named("level"),
        Query("water", "stage_lines").named("stages"),
        unit="lengthm",
    ).override_by_query(
        "stages",
        [
            DynamicConfigValue(id_val="custom.lineStyle", value={"fill": "dash", "dash": [10, 10]}),
            DynamicConfigValue(id_val="custom.fillOpacity", value=0),
            DynamicConfigValue(id_val="custom.spanNulls", value=True),
        ],
    )
    return lines(say, panel, "level")


def rain(say: Say) -> PanelBuilder:
    """Each rain gauge: now, last hour, last day."""
    return listing(
        say,
        say("Hujan", "Rain"),
        say("Intensitas sekarang, satu jam dan 24 jam terakhir.", "Intensity now, the last hour and the last 24."),
        Query("water", "rain_now"),
        ["name", "site_name", "district", "rate_mm_h", "last_hour_mm", "last_24h_mm", "age_s"],
    )


def rain_of_regency(say: Say) -> PanelBuilder:
    """The heaviest rain anywhere, over time."""
    panel = course(
        say("Hujan terlebat di kabupaten", "The heaviest rain in the regency"),
        say("Intensitas tertinggi di antara semua pos.", "The highest intensity of all gauges."),
        Query("water", "rain_of_regency"),
        unit="suffix: mm/jam",
        low=0,
    )
    return lines(say, panel, "rate")


def warnings(say: Say) -> PanelBuilder:
    """Warnings in force."""
    return listing(
        say,
        say("Peringatan yang berlaku (CAP)", "Warnings in force (CAP)"),
        say(
            "Dari kabupaten dan dari BMKG (Sumber: BMKG). Latihan dan uji coba tidak ada di sini.",
            "Of the regency and of BMKG (source: BMKG). Exercises and tests are never here.",
        ),
        Query("water", "warnings", headline=f"headline_{say.language}"),
        ["time", "headline", "severity", "area", "sender", "expires_at"],
        extra={"severity": coloured_words(say)},
        column_links={"headline": [console_link("/early-warning", say("Buka di konsol", "Open in the console"))]},
    )


def feeds(say: Say) -> PanelBuilder:
    """Whether those answer who warn us: without them an empty list of warnings says nothing."""
    marks = [{"value": None, "color": GOOD}, {"value": 300, "color": WATCH}, {"value": 900, "color": BAD}]
    return listing(
        say,
        say("Sumber peringatan", "Sources of warnings"),
        say("Sejak kapan setiap sumber terakhir menjawab.", "How long ago each source last answered."),
        Query("water", "feeds", fault=f"fault_{say.language}"),
        ["source", "age_s", "detail"],
        extra={
            "age_s": [
                DynamicConfigValue(id_val="thresholds", value={"mode": "absolute", "steps": marks}),
                DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}),
            ]
        },
    )


def arrivals(say: Say) -> PanelBuilder:
    """When what stands above arrives below."""
    act = console_link("/early-warning", say("Buka di konsol", "Open in the console"))
    return listing(
        say,
        say("Tiba di hilir", "Arrival downstream"),
        say(
            "Kapan muka air yang tinggi di hulu tiba di pos berikutnya, menurut waktu tempuhnya.",
            "When what stands high upstream arrives at the next gauge, by the time that a rise takes.",
        ),
        Query("water", "arrivals"),
        ["upstream_name", "downstream_name", "downstream_district", "arrives_at", "lead_s"],
        column_links={"downstream_name": [act]},
    )


def city_stage(say: Say) -> PanelBuilder:
    """The stage of the regency, as a head of shift has set it."""
    return figure(
        say("Status kabupaten", "Stage of the regency"),
        say("1 biasa … 5 bencana; ditetapkan kepala regu jaga.", "1 ordinary … 5 disaster; set by the head of shift."),
        Query("water", "city_stage"),
        link=console_link("/early-warning", say("Buka di konsol", "Open in the console")),
        no_value=say("belum ditetapkan", "not set"),
    ).mappings(words_of(say, CITY_STAGES))


def earthquakes(say: Say) -> PanelBuilder:
    """Earthquakes as BMKG tells of them."""
    return listing(
        say,
        say("Gempa bumi (Sumber: BMKG)", "Earthquakes (source: BMKG)"),
        say("Yang diberitakan BMKG dalam rentang waktu ini.", "As BMKG told of them in this span."),
        Query("water", "earthquakes"),
        ["time", "magnitude", "site_name", "depth_km", "distance_km", "felt"],
    )
