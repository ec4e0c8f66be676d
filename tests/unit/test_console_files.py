"""Files that the pages give out: libraries are what their makers published, the base map is the city's roads."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from cloud.api.crew_page import FOLDER as CREW
from cloud.api.crew_page import PARTS, give_part
from cloud.console.assets import HOME, TYPES, list_files
from cloud.console.queue import find_evidence
from cloud.console.sign_in import find_own_path
from simulators.city.build import HOME as CITY
from simulators.city.roads import write_roads

MOVING = (("video/mp4", "one"), ("video/mp4", "two"))
TABLE = re.compile(r"^\| [\w.-]+ \| [\d.]+ \| [^|]+ \| `([\w.-]+)` \| ([0-9a-f]{64}) \|$", re.MULTILINE)


@pytest.mark.parametrize(
    ("folder", "licences"), [(HOME, {"htmx", "maplibre-gl"}), (CREW, {"jsqr"})], ids=["console", "crew"]
)
def test_libraries_when_read_then_are_those_of_the_table_and_each_has_its_licence(
    folder: Path, licences: set[str]
) -> None:
    stated = dict(TABLE.findall((folder / "vendor" / "README.md").read_text(encoding="utf-8")))
    there = {path.name: path for path in (folder / "vendor").iterdir() if path.suffix in TYPES}
    assert stated == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in there.items()}
    texts = {path.name for path in (folder / "vendor").glob("*.LICENSE.txt")}
    assert texts == {f"{licence}.LICENSE.txt" for licence in licences}


def test_library_of_the_crews_page_when_listed_then_the_phone_keeps_it() -> None:
    assert "vendor/jsQR.js" in PARTS
    kept = give_part("worker.js").body
    assert b" vendor/jsQR.js" in bytes(kept)
    answer = give_part("vendor/jsQR.js")
    assert bytes(answer.body) == (CREW / "vendor" / "jsQR.js").read_bytes()
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "worker-src 'self'" in answer.headers["content-security-policy"]


def test_base_map_when_made_anew_from_the_city_then_is_the_one_that_is_there() -> None:
    written = (HOME / "geodata" / "roads.geojson").read_text(encoding="utf-8")
    assert written == write_roads(CITY)
    roads = json.loads(written)["features"]
    assert len(roads) > 40
    assert all(112.5 < x < 113.2 and -8 < y < -7.4 for road in roads for x, y in road["geometry"]["coordinates"])


@pytest.mark.parametrize("file", [name for name in list_files() if name.startswith("static/")])
def test_scripts_when_read_then_take_nothing_from_elsewhere(file: str) -> None:
    text = (HOME / file).read_text(encoding="utf-8")
    assert "https://" not in text
    assert "innerHTML" not in text.replace('swap: "innerHTML"', "")
    assert "eval(" not in text


@pytest.mark.parametrize("path", ["/incidents/INS-0001", "/map", "/services?x=1"])
def test_way_back_when_it_is_ours_then_is_taken(path: str) -> None:
    assert find_own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *("https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "\\\\elsewhere.example"),
        *("javascript:alert(1)", "elsewhere", "", "/a\nb", "/\t/elsewhere.example", "///elsewhere.example", "/a\\b"),
    ],
)
def test_way_back_when_it_leads_elsewhere_then_is_forgotten(path: str) -> None:
    assert find_own_path(path) == ""


def test_evidence_when_there_are_films_and_pictures_then_each_has_the_newest_first_and_parts_in_their_order() -> None:
    media = [{"content_type": f"{kind}", "sha256": name} for kind, name in (("image/jpeg", "p"), *MOVING)]
    sources = [{"ref": ref, "at": ref, "media": media} for ref in ("later", "earlier")]  # as the API gives them
    found = find_evidence({"sources": [{"ref": "call", "at": "last", "media": []}, *sources]})
    assert [(one["address"], one["at"]) for one in found.pictures] == [
        ("/v1/media/later/p", "later"),
        ("/v1/media/earlier/p", "earlier"),
    ]
    assert [(film.at, film.parts) for film in found.films] == [
        (at, [f"/v1/media/{at}/one", f"/v1/media/{at}/two"]) for at in ("later", "earlier")
    ]
    assert found.pieces == 6
