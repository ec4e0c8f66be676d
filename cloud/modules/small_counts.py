"""What is kept back beside a count of too few people, because the count could be reckoned from it.

One rule: **a small count silences its whole place and time.** A module's counts of people, and its shares, that are
about the same district and the same time as a small count are kept back together, in whatever rows and indicators they
stand; and so are the module's counts for the whole regency (those without a district) of that time, for a total less
the other districts would be the count. The other districts stay shown. It does not matter which of them came first:
what is shown already is taken back (`find_hushed` and the statements after it in `modules.sql` do this).

So nothing that one module shows of one time determines a hidden count: in each sum that it stands in, inside of its
district or over all districts, at least one other hidden figure stands; `test_modules_small_counts.py` proves that on
drawn tables. What is not guaranteed stands in the folder's README.
"""

from cloud.modules.manifest import Indicator, Manifest
from cloud.modules.sources.models import Computed, Ratio

_SHARES = ("%", "1", "[ppth]", "[ppm]")


def telling(manifest: Manifest) -> list[str]:
    """List indicators from which a count of people could be reckoned: counts, and shares beside them."""
    if not any(each.people for each in manifest.indicators.values()):
        return []
    source = manifest.source
    ratios = (
        {name for name, how in source.values.items() if isinstance(how, Ratio)}
        if isinstance(source, Computed)
        else set()
    )
    return [name for name, each in manifest.indicators.items() if each.people or name in ratios or _is_share(each)]


def beside() -> tuple[str, str, str]:
    """Say that figures were kept back for a small count's sake: reason, Indonesian, English."""
    return (
        "kept_back",
        "Hitungan orang dan bagiannya di kecamatan dan waktu yang sama, dan jumlah sekabupaten, ikut disembunyikan.",
        "Counts of people and shares of the same district and time, and the regency's totals, were kept back with it.",
    )


def _is_share(indicator: Indicator) -> bool:
    return indicator.unit in _SHARES or "/" in indicator.unit
