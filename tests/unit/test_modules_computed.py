"""Figures that are computed of few people."""

from datetime import UTC, datetime

import pytest

from cloud.modules.computed import _ratio, _without_few
from cloud.modules.manifest import Indicator, Manifest, Privacy
from cloud.modules.report import Report
from cloud.modules.sources.models import Ratio

AT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(("people", "values", "kept_back"), [(True, [None, 60.0], 1), (False, [3.0, 60.0], 0)])
def test_computed_figure_when_of_few_people_then_is_kept_back_and_in_no_ratio(people, values, kept_back):
    titles = {"id": "Uji", "en": "Test"}
    about = Indicator.model_validate({"title": titles, "unit": "1", "dimensions": ["district"], "people": people})
    manifest, report = Manifest.model_construct(privacy=Privacy()), Report()
    cells = _without_few({("A",): (AT, 3.0), ("B",): (AT, 60.0)}, about, manifest, report)
    assert [value for _, value in cells.values()] == values
    assert report.kept_back == kept_back
    ratio = _ratio(None, "x", Ratio(of="a", over="b"), {"a": cells, "b": {("A",): (AT, 10.0)}})  # type: ignore[arg-type]
    assert bool(ratio) is not people
