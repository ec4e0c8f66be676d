"""The local rules as a site file states them; `edge/rules.py` carries them out."""

import math
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from edge.site_names import Strict, with_quantity

STAGES = ("siaga_3", "siaga_2", "siaga_1")  # from watch to evacuate
Stage = Literal["siaga_3", "siaga_2", "siaga_1"]


class StageRule(Strict):
    """A level that rises over its stages sounds the siren and is an event at each stage.

    Attributes:
        kind: `water_stage`.
        asset: the gauge.
        stages: level in metres from which each stage holds.
        hysteresis_m: a stage ends this far below its level.
        minimum_s: a level must hold so long before a stage begins or ends; waves and ships are shorter.
        siren: the asset whose coil is switched; none when absent.
        siren_from: the stage from which it sounds.
    """

    kind: Literal["water_stage"]
    asset: str
    stages: dict[Stage, float] = Field(min_length=1)
    hysteresis_m: float = Field(default=0.1, gt=0, le=5, validate_default=True)
    minimum_s: float = Field(default=30.0, ge=0, le=3_600)
    siren: str | None = None
    siren_from: Stage = "siaga_1"

    @field_validator("asset")
    @classmethod
    def _has_level(cls, asset: str, info: ValidationInfo) -> str:
        return with_quantity(asset, "water_level", info)

    @field_validator("siren")
    @classmethod
    def _has_siren(cls, siren: str | None, info: ValidationInfo) -> str | None:
        return siren if siren is None else with_quantity(siren, "siren_on", info)

    @field_validator("stages")
    @classmethod
    def _rise(cls, stages: dict[Stage, float]) -> dict[Stage, float]:
        levels = [stages[stage] for stage in STAGES if stage in stages]
        if not all(math.isfinite(level) for level in levels):
            raise ValueError("a level is a number of metres: one that is not finite can never be reached")
        if any(upper <= lower for lower, upper in pairwise(levels)):
            raise ValueError("levels must rise from siaga_3 over siaga_2 to siaga_1: siaga_1 is the gravest")
        return stages

    @field_validator("hysteresis_m")
    @classmethod
    def _lets_stages_end(cls, hysteresis_m: float, info: ValidationInfo) -> float:
        stages: dict[Stage, float] = info.data.get("stages") or {}
        below_m = 0.0  # of the gauge: nobody waits for a river to fall below its bed
        for stage in (stage for stage in STAGES if stage in stages):
            if 0 < stages[stage] - below_m <= hysteresis_m:
                raise ValueError(
                    f"{hysteresis_m:g} m: {stage} at {stages[stage]:g} m would only end at"
                    f" {stages[stage] - hysteresis_m:g} m; write less than {stages[stage] - below_m:g}"
                )
            below_m = stages[stage]
        return hysteresis_m


class LampRule(Strict):
    """A lamp that is commanded on and draws no current is an event.

    Attributes:
        kind: `lamp_current`.
        asset: the lamp panel; every wired part of it is watched.
        minimum_a: a burning circuit draws at least this.
        after_s: it must be missing so long; discharge lamps take minutes to come back after a dip.
    """

    kind: Literal["lamp_current"]
    asset: str
    minimum_a: float = Field(default=0.2, gt=0, le=1_000)
    after_s: float = Field(default=120.0, ge=0, le=86_400)

    @field_validator("asset")
    @classmethod
    def _has_lamps(cls, asset: str, info: ValidationInfo) -> str:
        return with_quantity(asset, "commanded_on", info)


Rule = Annotated[StageRule | LampRule, Field(discriminator="kind")]
