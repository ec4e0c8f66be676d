"""Renders a box's variables from their one definition, `edge.settings`."""

from functools import cache
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from edge.contract.documents import nearest
from edge.settings import PREFIX, EdgeSettings
from provisioning.desired import Settings

# What follows from the slot, or from where the image keeps its files, is nobody's to set.
OURS = {"box", "hardware_id", "site", "cert_file", "key_file", "ca_file", "identity_dir", "parcel_dir", "update_lock"}


def fault_of_setting(name: str, value: Any) -> str | None:
    """Say what is wrong with a setting of the edge agent; None when it is right."""
    if name in OURS:
        return "is set by provisioning itself: remove it"
    if name not in EdgeSettings.model_fields:
        return f"is no setting of the edge agent{nearest(name, set(EdgeSettings.model_fields) - OURS)}"
    try:
        _type_of(name).validate_python(_written(value))
    except ValidationError as error:
        return f"{value!r}: {error.errors()[0]['msg']}"
    return None


@cache
def _type_of(name: str) -> TypeAdapter[Any]:
    field = EdgeSettings.model_fields[name]
    declared: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    return TypeAdapter(declared)


def render(settings: Settings) -> dict[str, str]:
    """Write settings as environment variables."""
    return {f"{PREFIX}{name.upper()}": _written(value) for name, value in settings.items()}


def render_identity(box: str, uuid: str) -> dict[str, str]:
    """Write the variables that tell a box who it is."""
    return {f"{PREFIX}BOX": box, f"{PREFIX}HARDWARE_ID": uuid}


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
