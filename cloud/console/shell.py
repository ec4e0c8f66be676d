"""What every page has: head, navigation, language, who is signed in, and the policy of what may be loaded."""

from dataclasses import dataclass
from functools import cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

from fastapi import Depends
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from cloud.console import figures
from cloud.console.ask import SIGN_IN_AGAIN, Api, Refusal
from cloud.console.codes import find_name
from cloud.console.words import LANGUAGES, Language, load_words

FOLDER = Path(__file__).parent / "templates"
LANGUAGE_COOKIE = "sl_language"
A_YEAR_S = 31_536_000
HEADERS = {"Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
_FILTERS = {
    "device": figures.say_device,
    "instant": figures.say_instant,
    "moment": figures.say_moment,
    "clock": figures.say_clock,
    "day": figures.say_day,
    "age": figures.say_age,
    "figure": figures.say_figure,
    "unit": figures.say_unit,
    "siaga": figures.say_siaga,
}


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation.

    Attributes:
        path: where it leads.
        title: what it is called, as a key of the catalogues.
        right: who sees it; None: everybody who is signed in.
    """

    path: str
    title: str
    right: str | None = None


def _(text: str) -> str:
    """Mark a sentence for the catalogues."""
    return text


PLACES = (
    Place("/incidents", _("Incidents")),
    Place("/alarms", _("Alarms")),
    Place("/map", _("Map")),
    Place("/early-warning", _("Early warning")),
    Place("/loudspeakers", _("Loudspeakers")),
    Place("/junctions", _("Junctions")),
    Place("/cameras", _("Cameras")),
    Place("/services", _("Services")),
    Place("/", _("Live values")),
    Place("/duty", _("Duty"), "crew.act"),
    Place("/accounts", _("Accounts"), "account.manage"),
    Place("/audit", _("Audit"), "audit.read"),
)
# A crew sees its own work; the rest of the house is not for it.
CREW_PLACES = (Place("/duty", _("Duty")), Place("/crew/", _("Commissioning")))


class Shell:
    """Draws pages.

    Args:
        api: asked for what they show.
        simulated: whether they say that what they show is simulated.
        tiles: address of map tiles with {z}, {x} and {y}; empty: none.
    """

    def __init__(self, api: Api, *, simulated: bool, tiles: str = "") -> None:
        self.api = api
        self._simulated = simulated
        self.tiles = tiles
        parts = urlsplit(tiles)
        self.policy = make_policy(f"{parts.scheme}://{parts.netloc}" if tiles else "")

    async def page(self, request: Request, template: str, **context: Any) -> Response:
        """Draw a whole page for who is signed in; whoever is not is led to the door.

        Args:
            request: of the page.
            template: its file.
            context: what it shows.
        """
        me = context.pop("me", None) or await self.api.get(request, "/v1/me")
        if me["must_choose_password"] and template != "password.html":
            return RedirectResponse("/password", HTTPStatus.SEE_OTHER)
        stages = await self.api.find(request, "/v1/stage", limit=1)
        stage = stages["items"][0] if stages and stages["items"] else None
        return self.draw(request, template, me=me, stage=stage, **context)

    async def live_page(self, request: Request, script: str) -> Response:
        """Draw a page that a script fills, for whoever is signed in or pastes a token there."""
        try:
            me = await self.api.get(request, "/v1/me")
        except Refusal as refusal:
            if refusal.status != SIGN_IN_AGAIN:
                raise
            return self.draw(request, "live.html", script=script)
        return await self.page(request, "live.html", me=me, script=script)

    def draw(
        self, request: Request, template: str, status: int = 200, me: dict[str, Any] | None = None, **context: Any
    ) -> HTMLResponse:
        """Draw a page, or a part of one."""
        language = find_language(request)
        known = {"request": request, "me": me, "places": find_places(me), "simulated": self._simulated, "stage": None}
        text = _environment(language).get_template(template).render(**(known | context))
        answer = HTMLResponse(text, status, headers=HEADERS | {"Content-Security-Policy": self.policy})
        if request.query_params.get("lang") in LANGUAGES:
            is_tls = request.url.scheme == "https"
            answer.set_cookie(LANGUAGE_COOKIE, language, A_YEAR_S, secure=is_tls, httponly=True, samesite="lax")
        return answer

    async def refuse(self, request: Request, refusal: Refusal) -> Response:
        """Tell what the API refused: at the door, as a message in the page, or as a page of its own."""
        if refusal.status == SIGN_IN_AGAIN:
            return lead_to_door(request)
        told = refusal.told[find_language(request)]
        if is_part(request):
            return self.draw(request, "refused_part.html", refusal.status, told=told)
        if refusal.rule == "first_password":
            return RedirectResponse("/password", HTTPStatus.SEE_OTHER)
        return self.draw(request, "refused.html", refusal.status, told=told)


def _shell(request: Request) -> Shell:
    shell: Shell = request.app.state.shell
    return shell


UsedShell = Annotated[Shell, Depends(_shell)]


def find_places(me: dict[str, Any] | None) -> tuple[Place, ...]:
    """List where somebody may go."""
    if me is None:
        return ()
    if me["role"] == "crew":
        return CREW_PLACES
    return tuple(place for place in PLACES if place.right is None or place.right in me["rights"])


def find_language(request: Request) -> Language:
    """Find the language: as the address says, else as it was chosen once, else Indonesian."""
    for wanted in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        for language in LANGUAGES:
            if wanted == language:
                return language
    return "id"


def is_part(request: Request) -> bool:
    """Tell whether a script asks for a part of a page."""
    return "hx-request" in request.headers


def lead_to_door(request: Request) -> Response:
    """Lead somebody to where he can sign in, and back afterwards."""
    path = request.url.path if request.method == "GET" and not is_part(request) else "/incidents"
    door = f"/login?next={quote(path)}"
    if is_part(request):
        return Response(status_code=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": "/login"})
    return RedirectResponse(door, HTTPStatus.SEE_OTHER)


def make_policy(tiles: str = "") -> str:
    """Say what pages may load: nothing from elsewhere but the tiles of a map."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; worker-src 'self'; "
        f"manifest-src 'self'; media-src 'self' blob:; connect-src 'self' {tiles}".rstrip()
        + f"; img-src 'self' blob: data: {tiles}".rstrip()
        + "; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(load_words(language), newstyle=True)  # type: ignore[attr-defined]
    for name, said in _FILTERS.items():
        environment.filters[name] = partial(_in_language, said, language)
    environment.globals |= {"lang": language, "other": "en" if language == "id" else "id"}
    environment.globals["said"] = partial(_say, language)
    environment.globals["named"] = partial(_name, language)
    environment.globals["new_id"] = lambda: str(uuid4())
    return environment


def _name(language: Language, kind: str, code: str) -> str:
    return load_words(language).gettext(find_name(kind, code))


def _in_language(said: Any, language: Language, value: Any, *more: Any) -> str:
    return str(said(value, language, *more))


def _say(language: Language, thing: dict[str, Any], name: str) -> str:
    """Take a field that the API gives in both languages."""
    return str(thing.get(f"{name}_{language}") or thing.get(name) or "")
