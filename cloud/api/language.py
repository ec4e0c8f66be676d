"""In which language sentences are told that the database keeps as codes: `?lang=`, else Accept-Language."""

from typing import Annotated

import fastapi
from fastapi import Depends, Request

from cloud.said import LANGUAGES, Language

Wanted = Annotated[
    Language | None, fastapi.Query(alias="lang", description="Of sentences; else by Accept-Language, else Indonesian.")
]


def _choose(request: Request, wanted: Wanted = None) -> Language:
    return wanted or read_header(request.headers.get("accept-language", ""))


UsedLanguage = Annotated[Language, Depends(_choose)]


def read_header(header: str) -> Language:
    """Choose what somebody likes best of what there is; Indonesian where that is neither.

    Source: RFC 9110, section 12.5.4.
    """
    liked: dict[Language, float] = {}
    for part in header.split(","):
        tongue, _, weight = part.partition(";")
        for known in LANGUAGES:
            if tongue.strip().lower().split("-")[0] == known:
                liked[known] = max(liked.get(known, 0.0), _weigh(weight))
    best: Language = max(liked, key=lambda known: liked[known], default="id")
    return best if liked.get(best, 0.0) > 0 else "id"


def _weigh(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q=")) if text.strip() else 1.0
    except ValueError:
        return 0.0
