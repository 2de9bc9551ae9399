"""/settings: read, validate, change as a whole, history, undo."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from postroom.admin.ports.settings import Difference
from postroom.admin.settings import Outcome
from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk
from postroom.servers.adminapi.forms import Form, Listing, Part
from postroom.settings import description
from postroom.settings.description import SettingsPage
from postroom.settings.document import Settings

router = APIRouter(prefix="/settings", tags=["settings"])

Value = bool | int | str | list[str] | dict[str, str]
_TITLES = description.titles(Settings())


class FieldView(BaseModel):
    path: str
    title: str
    help: str
    group: str
    group_title: str
    type: str
    unit: str
    value: Value
    default: Value
    minimum: int | None
    maximum: int | None
    max_length: int | None
    options: list[str]
    keys: list[str]


class PageView(BaseModel):
    name: str
    title: str
    fields: list[FieldView]


class SettingsView(BaseModel):
    version: int
    pages: list[PageView]


class ChangedView(BaseModel):
    path: str
    title: str
    old: Value
    new: Value


class OutcomeView(BaseModel):
    version: int
    changed: list[ChangedView]
    warnings: list[str]


class HistoryView(BaseModel):
    version: int
    changed_at: int
    changed_by: str
    summary: str
    changed: list[ChangedView] | None
    """None for a version whose settings this program does not know any more."""


Path = Annotated[str, Field(max_length=100)]


class ValidateForm(Form):
    changes: dict[Path, Value] = Field(description="New values by path, such as imap_pop3.imaps.port.")


class ChangeForm(ValidateForm):
    version: int | None = Field(
        default=None, ge=0, description="The version that the change was made for; refused where there is a newer one."
    )


class UndoForm(Form):
    version: int | None = Field(default=None, ge=0, description="The newest version, which is taken back.")


@router.get("", summary="Every setting with what a form needs")
async def read(desk: AtDesk, operator: Asking) -> SettingsView:
    version, pages = desk.settings.read(operator)
    return SettingsView(version=version, pages=[_page(page) for page in pages])


@router.patch("", summary="Change settings: all of them, or none")
async def change(form: ChangeForm, desk: AtDesk, operator: Asking) -> OutcomeView:
    return _outcome(await desk.settings.change(operator, dict(form.changes), form.version))


@router.post("/validate", summary="What a change would do, without doing it")
async def validate(form: ValidateForm, desk: AtDesk, operator: Asking) -> OutcomeView:
    return _outcome(desk.settings.validate(operator, dict(form.changes)))


@router.post("/undo", summary="Take back the newest change")
async def undo(form: UndoForm, desk: AtDesk, operator: Asking) -> OutcomeView:
    return _outcome(await desk.settings.undo(operator, form.version))


@router.get("/history", summary="Who changed what, newest first")
async def history(desk: AtDesk, operator: Asking, part: Part) -> Listing[HistoryView]:
    changes, total = desk.settings.history(operator, part.limit, part.offset)
    return Listing(
        items=[
            HistoryView(
                version=one.version,
                changed_at=one.changed_at,
                changed_by=one.changed_by,
                summary=one.summary,
                changed=None if one.differences is None else _changed(one.differences),
            )
            for one in changes
        ],
        total=total,
    )


def _page(page: SettingsPage) -> PageView:
    return PageView(
        name=page.name,
        title=page.title,
        fields=[
            FieldView(
                path=field.path,
                title=field.title,
                help=field.help,
                group=field.group,
                group_title=field.group_title,
                type=field.kind.value,
                unit=field.unit,
                value=field.value,
                default=field.default,
                minimum=field.minimum,
                maximum=field.maximum,
                max_length=field.max_length,
                options=list(field.options),
                keys=list(field.keys),
            )
            for field in page.fields
        ],
    )


def _outcome(outcome: Outcome) -> OutcomeView:
    return OutcomeView(version=outcome.version, changed=_changed(outcome.differences), warnings=outcome.warnings)


def _changed(differences: list[Difference]) -> list[ChangedView]:
    return [
        ChangedView(path=path, title=_TITLES.get(path, path), old=_plain(old), new=_plain(new))
        for path, old, new in differences
    ]


def _plain(value: Any) -> Value:
    found: Value = value
    return found
