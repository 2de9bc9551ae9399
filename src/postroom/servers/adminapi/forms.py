"""Forms: what the models of the routes share."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict

T = TypeVar("T")

MOST_ITEMS = 500
Search = Annotated[str, Query(max_length=200, description="Words to look for, whatever their case.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000_000)]
Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS)]
Sort = Annotated[str, Query(max_length=40, pattern=r"^-?[a-z_]*$", description="A field; with - in front, descending.")]


class Form(BaseModel):
    """Input: a field that is not known is refused, never passed on."""

    model_config = ConfigDict(extra="forbid", str_max_length=4096)


class Listing(BaseModel, Generic[T]):
    """A part of a list, and how long the whole is."""

    items: list[T]
    total: int
