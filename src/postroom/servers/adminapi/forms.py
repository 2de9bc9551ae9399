"""Forms: what the models of the routes share."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")

MOST_ITEMS = 500


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
