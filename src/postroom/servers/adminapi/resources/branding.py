"""/branding: the custom logo."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk

router = APIRouter(prefix="/branding", tags=["branding"])

_PICTURE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "PNG, JPEG, GIF or WebP; at most 1 MiB and 16 megapixels.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("image/png", "image/jpeg", "image/gif", "image/webp", "application/octet-stream")
        },
    }
}
_PNG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}, "description": "A PNG picture"}}


class LogoView(BaseModel):
    version: str
    width: int
    height: int


class PreviewView(BaseModel):
    width: int
    height: int
    preview: str
    """The picture as a data: URL."""
    preview_2x: str


@router.get("/logo", summary="The custom logo, for everybody", response_class=Response, responses=_PNG)
async def logo(desk: AtDesk) -> Response:
    return _picture(desk.branding.logo().png)


@router.get("/logo@2x", summary="The same for sharp screens", response_class=Response, responses=_PNG)
async def logo_2x(desk: AtDesk) -> Response:
    return _picture(desk.branding.logo().png_2x)


@router.put("/logo", summary="Set the custom logo", openapi_extra=_PICTURE)
async def set_logo(request: Request, desk: AtDesk, operator: Asking) -> LogoView:
    kept = await desk.branding.set_logo(operator, await request.body())
    return LogoView(version=kept.version, width=kept.width, height=kept.height)


@router.post("/logo/preview", summary="What a picture would look like", openapi_extra=_PICTURE)
async def preview(request: Request, desk: AtDesk, operator: Asking) -> PreviewView:
    found = await desk.branding.preview(operator, await request.body())
    return PreviewView(
        width=found.width, height=found.height, preview=_data_url(found.png), preview_2x=_data_url(found.png_2x)
    )


@router.delete("/logo", summary="The built-in logo again", status_code=204)
async def reset(desk: AtDesk, operator: Asking) -> None:
    await desk.branding.reset(operator)


def _picture(png: bytes) -> Response:
    return Response(png, media_type="image/png", headers={"cache-control": "no-cache"})


def _data_url(png: bytes) -> str:
    return f"data:image/png;base64,{b64encode(png).decode()}"
