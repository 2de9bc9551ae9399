"""Forms: what the models of the routes share."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from postroom.model.address import normal_domain, parse_address
from postroom.model.administration import Selection
from postroom.model.errors import Malformed

T = TypeVar("T")

MOST_ITEMS = 500

Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
"""Of something, in a path: what a database can hold."""


class Form(BaseModel):
    """Input: a field that is not known is refused, never passed on."""

    model_config = ConfigDict(extra="forbid", str_max_length=4096)


class Bounds(Form):
    """Which part of a list."""

    offset: int = Field(default=0, ge=0, le=1_000_000_000)
    limit: int = Field(default=50, ge=1, le=MOST_ITEMS)


class Wanted(Bounds):
    """Which part of a list, of those that have the words, in which order."""

    search: str = Field(default="", max_length=200, description="Words to look for, whatever their case.")
    sort: str = Field(
        default="", max_length=40, pattern=r"^-?[a-z_]*$", description="A field; with - in front, descending."
    )


Part = Annotated[Bounds, Query()]
Selected = Annotated[Wanted, Query()]


class Listing(BaseModel, Generic[T]):
    """A part of a list, and how long the whole is."""

    items: list[T]
    total: int


def _address(text: str) -> str:
    try:
        return str(parse_address(text))
    except Malformed as error:
        raise ValueError(error.public) from None


def _domain(text: str) -> str:
    try:
        return normal_domain(text)
    except Malformed as error:
        raise ValueError(error.public) from None


def domain_or_address(text: str) -> str:
    """@example.test, or an address. Raises ValueError."""
    plain = text.strip()
    return "@" + _domain(plain[1:]) if plain.startswith("@") else _address(plain)


AddressText = Annotated[str, Field(max_length=320), AfterValidator(_address)]
"""Text that parse_address takes."""
DomainText = Annotated[str, Field(max_length=255), AfterValidator(_domain)]
"""As normal_domain gives it."""


class WantedOfDomain(Wanted):
    """The same, of one domain only where it is named."""

    domain: DomainText | None = Field(default=None, description="Of this domain only.")


SelectedOfDomain = Annotated[WantedOfDomain, Query()]


def selection(wanted: Wanted) -> Selection:
    """What services take."""
    return Selection(
        wanted.search, wanted.sort.removeprefix("-"), wanted.sort.startswith("-"), wanted.offset, wanted.limit
    )
