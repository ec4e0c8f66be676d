"""Lists in parts, by key: every part costs the same, and nothing is skipped when rows come in between."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from pydantic import BaseModel, Field

from cloud.api.models import Page

Item = TypeVar("Item")

DEFAULT_LIMIT = 500
MAX_LIMIT = 5_000

Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT, description="The most items to return.")]
Text = Annotated[str, Field(max_length=200)]


class Query(BaseModel, extra="forbid"):
    """Query parameters; a misspelt one is refused, because ignoring it would answer another question."""

    limit: Limit = DEFAULT_LIMIT
    after: Annotated[Text, Field(description="`next` of the part before.")] = ""


def make_page(rows: Sequence[Item], limit: int, key: Callable[[Item], str]) -> Page[Item]:
    """Make a part of a list.

    Args:
        rows: one more than `limit` where there are more.
        limit: the most items to return.
        key: by which the following part is asked for.
    """
    items = list(rows[:limit])
    return Page(items=items, next=key(items[-1]) if len(rows) > limit else None)
