"""/queue: what waits for other servers."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from postroom.admin.queue import Action
from postroom.model.errors import Malformed, NotFound
from postroom.model.ids import QueueId
from postroom.model.relaying.queue import Attempt, QueuedLetter, QueueItem, QueueSelection
from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk
from postroom.servers.adminapi.forms import Form, Listing, Wanted

router = APIRouter(prefix="/queue", tags=["queue"])

_PIECE = 1 << 16  # octets of a message sent at once
_MOST_IDS = 1000
_LARGEST = 2**63 - 1
Number = Annotated[int, InPath(ge=1, le=_LARGEST)]


class State(enum.StrEnum):
    ALL = "all"
    HELD = "held"
    WAITING = "waiting"


class WantedItems(Wanted):
    state: State = State.ALL


class ItemView(BaseModel):
    id: int
    message_id: int
    sender: str | None
    """None: a report, which has no sender."""
    recipient: str
    size: int
    queued_at: int
    next_attempt_at: int
    attempts: int
    last_reply: str
    status: str
    held: bool
    working: bool


class AttemptView(BaseModel):
    at: int
    progress: str
    status: str
    reply: str
    host: str
    tls: str


class DetailView(ItemView):
    recipients: list[ItemView]
    attempts_made: list[AttemptView]
    headers: str


class ActionForm(Form):
    action: Action
    ids: list[Annotated[int, Field(ge=1, le=_LARGEST)]] = Field(default=[], max_length=_MOST_IDS)
    search: str | None = Field(
        default=None, max_length=200, description="Instead of ids: all that this finds; empty for all."
    )
    state: State = State.ALL


class CountView(BaseModel):
    count: int


@router.get("", summary="Recipients that wait")
async def items(desk: AtDesk, operator: Asking, wanted: Annotated[WantedItems, Query()]) -> Listing[ItemView]:
    part = await desk.queue.list(
        operator, _selection(wanted.search, wanted.state), wanted.sort, wanted.offset, wanted.limit
    )
    now = desk.queue.now()
    return Listing(items=[_item(item, now) for item in part.items], total=part.total)


@router.post("/actions", summary="Hold, release, try again, delete")
async def act(form: ActionForm, desk: AtDesk, operator: Asking) -> CountView:
    if bool(form.ids) == (form.search is not None):
        raise Malformed("name ids, or a search; not both")
    if form.search is not None:
        selection = _selection(form.search, form.state)
    else:
        selection = QueueSelection([QueueId(number) for number in form.ids])
    return CountView(count=await desk.queue.act(operator, form.action, selection))


@router.get("/{queue_id}", summary="One recipient with its attempts")
async def show(queue_id: Number, desk: AtDesk, operator: Asking) -> DetailView:
    found = await desk.queue.show(operator, QueueId(queue_id))
    now = desk.queue.now()
    return DetailView(
        **_item(found.item, now).model_dump(),
        recipients=[_item(item, now) for item in found.recipients],
        attempts_made=[_attempt(attempt) for attempt in found.attempts],
        headers=found.header,
    )


@router.get(
    "/{queue_id}/message",
    summary="The message as it will be sent",
    response_class=StreamingResponse,
    responses={200: {"content": {"message/rfc822": {}}, "description": "The whole message"}},
)
async def message(queue_id: Number, desk: AtDesk, operator: Asking) -> StreamingResponse:
    found = await desk.queue.show(operator, QueueId(queue_id))
    if found.letter is None:
        raise NotFound("the message has left the queue")
    fields = {"content-disposition": f'attachment; filename="queue-{queue_id}.eml"'}
    return StreamingResponse(_pieces(found.letter), media_type="message/rfc822", headers=fields)


async def _pieces(letter: QueuedLetter) -> AsyncIterator[bytes]:
    yield letter.prefix
    if letter.content.path is None:
        yield letter.content.data or b""
        return
    with Path(letter.content.path).open("rb") as file:  # noqa: ASYNC230 - read in a thread
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


def _selection(search: str, state: State) -> QueueSelection:
    held = {State.ALL: None, State.HELD: True, State.WAITING: False}[state]
    return QueueSelection(text=search.strip(), held=held)


def _item(item: QueueItem, now: int) -> ItemView:
    return ItemView(
        id=item.queue_id,
        message_id=item.message_id,
        sender=str(item.reverse_path) if item.reverse_path else None,
        recipient=str(item.recipient.forward_path),
        size=item.size,
        queued_at=item.queued_at,
        next_attempt_at=max(item.next_attempt_at, item.release_at),
        attempts=item.attempts,
        last_reply=item.last_reply,
        status=item.status,
        held=item.is_held,
        working=item.leased_until > now,
    )


def _attempt(attempt: Attempt) -> AttemptView:
    report = attempt.report
    return AttemptView(
        at=attempt.at,
        progress=report.progress.value,
        status=report.status,
        reply=report.reply,
        host=report.host,
        tls=report.tls,
    )
