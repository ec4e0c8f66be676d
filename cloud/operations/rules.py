"""Which source makes which incident: rules over events, alerts, newest samples, silence and public figures."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cloud.operations.kinds import Name, Severity, Strict
from cloud.operations.spans import Clock, Span

Pattern = Annotated[str, Field(pattern=r"^[A-Za-z0-9*?\[\]._:-]{1,120}$")]
Word = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,60}$")]

Figure = Annotated[float, Field(allow_inf_nan=False)]


class EventWhen(Strict):
    """A box's event.

    Attributes:
        type: of the event, shell patterns allowed; `id.satulayar.camera.*`.
        between: only at these hours, WIB.
    """

    kind: Literal["event"]
    type: Annotated[tuple[Pattern, ...], Field(min_length=1)]
    between: tuple[Clock, Clock] | None = None


class AlertWhen(Strict):
    """An alarm of Grafana's.

    Attributes:
        labels: that it must have, with a pattern for each.
        subject: the labels that may name what it is about, the first that is there.
    """

    kind: Literal["alert"]
    labels: Annotated[dict[Word, Annotated[str, Field(max_length=200)]], Field(min_length=1)]
    subject: tuple[Word, ...] = ("asset", "gauge", "box", "site")


class _Limit(Strict):
    """A limit with hysteresis: it begins beyond one value and ends at the other.

    Attributes:
        above: begins above it.
        below: or begins below it.
        clear: ends at it.
        for_: how long it must hold.
    """

    above: Figure | None = None
    below: Figure | None = None
    clear: Figure | None = None
    for_: Annotated[Span | None, Field(alias="for")] = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError("needs one of above and below")
        if self.clear is None:
            return self
        if (self.above is not None and self.clear > self.above) or (self.below is not None and self.clear < self.below):
            raise ValueError("clear lies on the wrong side: it would end before it begins")
        return self

    def holds(self, value: float) -> bool | None:
        """Tell whether a value is beyond the limit; None in between, where nothing changes."""
        if self.above is not None:
            end = self.above if self.clear is None else self.clear
            return True if value > self.above else False if value <= end else None
        assert self.below is not None  # noqa: S101 - one of the two, see _one_way
        end = self.below if self.clear is None else self.clear
        return True if value < self.below else False if value >= end else None


class LevelWhen(_Limit):
    """The newest sample of a quantity beyond a limit.

    Attributes:
        quantity: of the catalogue, in its unit.
        of: kind of the assets; any that has it if None.
        asset: pattern of their codes.
    """

    kind: Literal["level"]
    quantity: Word
    of: Word | None = None
    asset: Pattern = "*"


class RiseWhen(_Limit):
    """How fast a quantity rises, in its unit an hour, over the last minutes.

    Attributes:
        over: the span that is looked at.
    """

    kind: Literal["rise"]
    quantity: Word
    of: Word | None = None
    asset: Pattern = "*"
    over: Span = timedelta(minutes=20)


class Many(Strict):
    """When so many of them are silent at once, it is not they: one incident of this kind explains them all."""

    share: Annotated[float, Field(gt=0, le=1)]
    least: Annotated[int, Field(ge=2)]
    incident: Name


class SilentWhen(Strict):
    """An asset, or a box, that was heard and is not any more.

    Attributes:
        of: kind of the assets, or `box`.
        asset: pattern of their codes.
        quantity: only this one is missing, whatever else is heard of it.
        factor: of the interval in which it should be heard of.
        least: but never sooner than this.
        many: what it is when very many are.
    """

    kind: Literal["silent"]
    of: Word
    asset: Pattern = "*"
    quantity: Word | None = None
    factor: Annotated[float, Field(ge=1)] = 5.0
    least: Span = timedelta(minutes=2)
    many: Many | None = None

    @model_validator(mode="after")
    def _boxes_have_no_quantity(self) -> Self:
        if self.of == "box" and self.quantity is not None:
            raise ValueError("a box has no quantity: name a kind of assets in `of`")
        return self


class IndicatorWhen(_Limit):
    """A public service's figure beyond a limit."""

    kind: Literal["indicator"]
    module: Name
    indicator: Name


class OverdueWhen(Strict):
    """A module whose figures are older than they may be, or never came, or wait for a person.

    Attributes:
        module: pattern of their names.
        for_: how long it must hold: while years of figures are brought in for the first time, the newest are old.
    """

    kind: Literal["overdue"]
    module: Pattern = "*"
    for_: Annotated[Span | None, Field(alias="for")] = None


PartWhen = Annotated[LevelWhen | RiseWhen | SilentWhen | IndicatorWhen | OverdueWhen, Field(discriminator="kind")]
Within = Literal["asset", "box", "site", "district", "regency"]


class AllWhen(Strict):
    """Several things that hold at once: rain upstream and a level that rises.

    Attributes:
        parts: what must hold; the first says where it is, and makes a sign for each place where all do.
        within: the place that they must have in common with the first.
        for_: how long all of them must hold.
    """

    kind: Literal["all"]
    parts: Annotated[tuple[PartWhen, ...], Field(min_length=2, max_length=6)]
    within: Within
    for_: Annotated[Span | None, Field(alias="for")] = None

    @model_validator(mode="after")
    def _have_a_place(self) -> Self:
        for part in self.parts:
            _refuse_own_terms(part)
            if isinstance(part, IndicatorWhen | OverdueWhen) and self.within != "regency":
                raise ValueError("a public service's figure has no place: write `within: regency`")
        return self


class ShareWhen(Strict):
    """A share of the assets of a place at once: a third of a district's lamps.

    Attributes:
        part: what holds at each of them.
        fraction: of those that can be judged at all.
        least: but at least so many.
        within: the place, which is what the sign is about.
        for_: how long it must hold.
    """

    kind: Literal["share"]
    part: Annotated[LevelWhen | RiseWhen | SilentWhen, Field(discriminator="kind")]
    fraction: Annotated[float, Field(gt=0, le=1)]
    least: Annotated[int, Field(ge=1)] = 2
    within: Literal["box", "site", "district", "regency"]
    for_: Annotated[Span | None, Field(alias="for")] = None

    @model_validator(mode="after")
    def _are_assets(self) -> Self:
        _refuse_own_terms(self.part)
        if isinstance(self.part, SilentWhen) and self.part.of == "box":
            raise ValueError("of boxes write a rule `silent` with `many`")
        return self


def _refuse_own_terms(part: Strict) -> None:
    if getattr(part, "for_", None) is not None:
        raise ValueError("`for` belongs to the whole rule, not to a part of it")
    if getattr(part, "many", None) is not None:
        raise ValueError("`many` belongs to a rule of its own")


SampledWhen = LevelWhen | RiseWhen | SilentWhen | IndicatorWhen | OverdueWhen | AllWhen | ShareWhen
When = Annotated[EventWhen | AlertWhen | SampledWhen, Field(discriminator="kind")]


class Rule(Strict):
    """One rule.

    Attributes:
        incident: the kind that it makes.
        when: what has to be so.
        severity: in place of the source's and the kind's.
    """

    incident: Name
    when: When
    severity: Severity | None = None


class RulesFile(Strict):
    """`rules.yaml`; of several rules for one event or alert the first in the file counts."""

    rules: Annotated[dict[Name, Rule], Field(max_length=500)]
