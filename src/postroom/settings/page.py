"""Page: what all pages of settings share: frozen, no unknown keys, and how a setting is declared."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationInfo, field_validator


class Page(BaseModel):
    """A group of settings; unknown keys are refused, so that a typing error is told and not kept."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    @field_validator("*", mode="before")
    @classmethod
    def _check_number(cls, value: Any, field: ValidationInfo) -> Any:
        """A switch is no number: `on` for a port would be port 1."""
        if isinstance(value, bool) and cls.model_fields[str(field.field_name)].annotation is int:
            raise ValueError("a number is wanted here")
        return value


def setting(default: Any, title: str, text: str, *, unit: str = "", secret: bool = False, **bounds: Any) -> Any:
    """A setting with its name on the page, its help text, its unit and pydantic's bounds (ge, le, max_length).

    A secret one is never shown: see document.HIDDEN.
    """
    extra: dict[str, Any] = {"unit": unit} if unit else {}
    if secret:
        extra["secret"] = True
    return Field(default=default, title=title, description=text, json_schema_extra=extra or None, **bounds)


def _network(value: Any) -> Any:
    if isinstance(value, ipaddress.IPv4Network | ipaddress.IPv6Network):
        return value
    if not isinstance(value, str):
        raise ValueError("a network looks like 192.0.2.0/24 or 2001:db8::/32")
    try:
        return ipaddress.ip_network(value.strip(), strict=False)
    except ValueError:
        raise ValueError("a network looks like 192.0.2.0/24 or 2001:db8::/32") from None


Network = Annotated[
    ipaddress.IPv4Network | ipaddress.IPv6Network, BeforeValidator(_network), PlainSerializer(str, return_type=str)
]
Networks = tuple[Network, ...]
Port = Annotated[int, Field(ge=1, le=65535)]


class Listener(Page):
    """One door: whether it is open, and on which port."""

    enabled: bool = setting(True, "Enabled", "Whether this door is open.")
    port: Port = setting(0, "Port", "The TCP port, 1 to 65535.")


def listener(port: int, title: str, text: str, *, enabled: bool = True) -> Any:
    """A door with its default port."""
    return Field(default=Listener(enabled=enabled, port=port), title=title, description=text)
