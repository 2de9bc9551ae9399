"""Description: every setting as a form needs it: kind, bounds, choices, where it stands. The console, the API and its reference are made from it."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from postroom.settings.document import TLS_LISTENERS, Settings, tree
from postroom.settings.page import Listener

_Trees = tuple[dict[str, Any], dict[str, Any]]
"""The document in force and the defaults, in JSON form."""


class Kind(enum.StrEnum):
    """What a form shows for a setting."""

    SWITCH = "switch"
    NUMBER = "number"
    TEXT = "text"
    CHOICE = "choice"
    LIST = "list"
    MAP = "map"
    SECRET = "secret"


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting and its value in force, in JSON form; a secret only says whether it is set."""

    path: str
    title: str
    help: str
    group: str
    """The listener it belongs to, such as `imaps`; else empty."""
    group_title: str
    kind: Kind
    unit: str
    value: Any
    default: Any
    minimum: int | None
    maximum: int | None
    max_length: int | None
    """Of a text in characters, of a list in entries."""
    options: tuple[str, ...]
    """The values of a choice, or of the values of a map."""
    keys: tuple[str, ...]
    """What a map may name."""


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """One page of the document with its settings in order."""

    name: str
    title: str
    fields: tuple[SettingField, ...]


def pages(settings: Settings) -> list[SettingsPage]:
    """The whole, in the order of the document."""
    trees = (tree(settings), tree(Settings()))
    return [
        SettingsPage(name, field.title or name, tuple(_fields(getattr(settings, name), name, trees)))
        for name, field in Settings.model_fields.items()
    ]


def titles(settings: Settings) -> dict[str, str]:
    """The title of each setting by its path, with the listener's in front where it has one."""
    return {
        field.path: f"{field.group_title}: {field.title}" if field.group_title else field.title
        for page in pages(settings)
        for field in page.fields
    }


def _fields(page: BaseModel, prefix: str, trees: _Trees) -> Iterator[SettingField]:
    for name, field in type(page).model_fields.items():
        path = f"{prefix}.{name}"
        title, text = field.title or name, field.description or ""
        if not isinstance(getattr(page, name), Listener):
            yield _field(path, field, (title, text), ("", ""), trees)
            continue
        for inner, inner_field in Listener.model_fields.items():
            words = (title, text) if inner == "enabled" else (inner_field.title or "", inner_field.description or "")
            yield _field(f"{path}.{inner}", inner_field, words, (name, title), trees)


def _field(path: str, field: FieldInfo, words: tuple[str, str], group: tuple[str, str], trees: _Trees) -> SettingField:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    kind, options, keys = _kind(field)
    return SettingField(
        path=path,
        title=words[0],
        help=words[1],
        group=group[0],
        group_title=group[1],
        kind=Kind.SECRET if extra.get("secret") else kind,
        unit=str(extra.get("unit", "")),
        value=_value(trees[0], path),
        default=_value(trees[1], path),
        minimum=_bound(field, annotated_types.Ge, "ge"),
        maximum=_bound(field, annotated_types.Le, "le"),
        max_length=_bound(field, annotated_types.MaxLen, "max_length"),
        options=options,
        keys=keys,
    )


def _value(document: Any, path: str) -> Any:
    for step in path.split("."):
        document = document[step]
    return document


def _kind(field: FieldInfo) -> tuple[Kind, tuple[str, ...], tuple[str, ...]]:
    annotation = field.annotation
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return Kind.CHOICE, tuple(str(member.value) for member in annotation), ()
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is dict:
        values = arguments[1]
        return Kind.MAP, tuple(str(member.value) for member in values), TLS_LISTENERS
    if origin is tuple:
        return Kind.LIST, (), ()
    if origin in (typing.Union, types.UnionType):
        annotation = arguments[0]
    if annotation is bool:
        return Kind.SWITCH, (), ()
    if annotation is int:
        return Kind.NUMBER, (), ()
    return Kind.TEXT, (), ()


def _bound(field: FieldInfo, kind: type, name: str) -> int | None:
    for item in field.metadata:
        if isinstance(item, kind):
            return int(getattr(item, name))
    return None
