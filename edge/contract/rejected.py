"""A message, or one record of it, that is refused: a value, not an exception."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why something was refused; the values are labels of a metric and of `rejected_message.reason`."""

    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    NOT_SENML = "not_senml"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_MANDATORY_FIELD = "unknown_mandatory_field"
    TOO_MANY_SAMPLES = "too_many_samples"
    NO_VALUE = "no_value"
    BAD_NAME = "bad_name"
    NOT_FINITE = "not_finite"
    BAD_TEXT = "bad_text"
    UNSUPPORTED_VALUE = "unsupported_value"
    TIME_IN_FUTURE = "time_in_future"
    TIME_TOO_OLD = "time_too_old"
    TOO_MANY_DAYS = "too_many_days"
    WRONG_UNIT = "wrong_unit"
    UNKNOWN_BOX = "unknown_box"
    FOREIGN_ASSET = "foreign_asset"
    TOO_MANY_SERIES = "too_many_series"
    NOT_CLOUDEVENT = "not_cloudevent"
    NOT_STATUS = "not_status"
    NOT_MEDIA = "not_media"
    TOO_MUCH_MEDIA = "too_much_media"
    NOT_RESULT = "not_result"
    UNKNOWN_TOPIC = "unknown_topic"
    REFUSED_BY_DATABASE = "refused_by_database"


@dataclass(frozen=True, slots=True)
class Rejected:
    """What was refused and why.

    Attributes:
        reason: machine-readable, one of a closed set.
        detail: for a person: what was wrong and what would be right.
    """

    reason: Reason
    detail: str
