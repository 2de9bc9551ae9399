"""/search-index: how far the full-text index is; pause, resume, make anew."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from postroom.admin.indexing import IndexState
from postroom.model.ids import AccountId
from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk
from postroom.servers.adminapi.forms import Form, Listing, Selected

router = APIRouter(prefix="/search-index", tags=["search-index"])


class IndexView(BaseModel):
    state: IndexState
    indexed: int = Field(description="Messages in the index.")
    waiting: int = Field(description="Messages that wait to be indexed, or to be indexed again.")
    size: int = Field(description="Octets on disk.")
    accounts: int = Field(description="Accounts that were looked at since the start.")
    accounts_in_all: int
    accounts_waiting: int
    per_second: float = Field(description="Messages indexed a second, of late.")
    seconds_left: int | None = Field(description="As it looks now; null where nothing waits or the pace is not known.")


class AccountIndexView(BaseModel):
    account_id: int
    address: str
    indexed: int
    waiting: int
    size: int


class RebuildForm(Form):
    account_id: int | None = Field(
        default=None, ge=1, le=2**63 - 1, description="Of one account; null for all accounts."
    )


@router.get("", summary="How far the index is")
async def overview(desk: AtDesk, operator: Asking) -> IndexView:
    found = desk.indexing.overview(operator)
    totals = found.totals
    return IndexView(
        state=found.state,
        indexed=totals.indexed,
        waiting=totals.waiting,
        size=totals.size,
        accounts=totals.account_count,
        accounts_in_all=totals.accounts_in_all,
        accounts_waiting=totals.accounts_waiting,
        per_second=totals.per_second,
        seconds_left=found.seconds_left,
    )


@router.get("/accounts", summary="The index of each account, those that wait first")
async def accounts(desk: AtDesk, operator: Asking, wanted: Selected) -> Listing[AccountIndexView]:
    found = await desk.indexing.accounts(operator, wanted.search, wanted.offset, wanted.limit)
    items = [
        AccountIndexView(
            account_id=one.index.account_id,
            address=one.address,
            indexed=one.index.indexed,
            waiting=one.index.waiting,
            size=one.index.size,
        )
        for one in found.items
    ]
    return Listing(items=items, total=found.total)


@router.post("/rebuild", summary="Make the index anew, in the background", status_code=202)
async def rebuild(form: RebuildForm, desk: AtDesk, operator: Asking) -> None:
    account_id = AccountId(form.account_id) if form.account_id is not None else None
    await desk.indexing.rebuild(operator, account_id)


@router.post("/pause", summary="Let the indexer rest", status_code=204)
async def pause(desk: AtDesk, operator: Asking) -> None:
    await desk.indexing.pause(operator, paused=True)


@router.post("/resume", summary="Let the indexer work again", status_code=204)
async def resume(desk: AtDesk, operator: Asking) -> None:
    await desk.indexing.pause(operator, paused=False)
