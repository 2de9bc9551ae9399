"""Access: who asks: a browser by its cookie (and, for whatever changes something, the token of its pages), or a program by its API token.

The cookie is bound to this host, to TLS and to requests of this site (`__Host-`, Secure, HttpOnly, SameSite=Strict).
"""

from __future__ import annotations

import hmac
import ipaddress
from typing import Annotated

from fastapi import Depends, Request

from postroom.admin.identity import Entered, Origin, csrf_token
from postroom.admin.operator import Operator
from postroom.model.errors import Meaning, NotPermitted
from postroom.model.session import Peer
from postroom.servers.adminapi.desk import AtDesk

COOKIE = "__Host-postroom"
CSRF_FIELD = "x-csrf-token"
_SAFE = {"GET", "HEAD", "OPTIONS"}
_LONGEST_TOKEN = 200
_BEARER = "bearer "


def origin(request: Request, desk: AtDesk) -> Origin:
    """From where a request comes."""
    address = ipaddress.ip_address(request.client.host if request.client else "0.0.0.0")
    peer = Peer(address, 0, address, 0)
    agent = request.headers.get("user-agent", "")
    return Origin(str(address), peer.limit_key, agent, desk.trusted(address))


FromWhere = Annotated[Origin, Depends(origin)]


async def inside(request: Request, desk: AtDesk, where: FromWhere) -> Entered:
    """Whoever is logged in. Raises NotPermitted."""
    authorization = request.headers.get("authorization", "")
    if authorization:
        if not authorization.lower().startswith(_BEARER) or len(authorization) > _LONGEST_TOKEN:
            raise _not_inside()
        found = await desk.identity.by_token(authorization[len(_BEARER) :].strip(), where.address)
    else:
        token = request.cookies.get(COOKIE, "")
        found = await desk.identity.by_session(token, where.address) if 0 < len(token) <= _LONGEST_TOKEN else None
        if found is not None and request.method not in _SAFE:
            _check_page(request, token)
    if found is None:
        raise _not_inside()
    return found


Inside = Annotated[Entered, Depends(inside)]
"""Also one who must set up a second factor before anything else."""


async def operator(entered: Inside) -> Operator:
    """Raises NotPermitted."""
    if entered.must_set_second_factor:
        raise NotPermitted("set up your second factor first")
    return entered.operator


Asking = Annotated[Operator, Depends(operator)]


def _check_page(request: Request, token: str) -> None:
    """The request comes from a page of ours (OWASP CSRF prevention: a token in a field of its own, and the origin where it is told)."""
    shown = request.headers.get(CSRF_FIELD, "")
    if not hmac.compare_digest(shown.encode("utf-8", "surrogatepass"), csrf_token(token).encode()):
        raise NotPermitted(f"the field {CSRF_FIELD} is missing or wrong; GET session tells it")
    said = request.headers.get("origin")
    if said is not None and said != f"https://{request.headers.get('host', '')}":
        raise NotPermitted("this request comes from a page of another site")


def _not_inside() -> NotPermitted:
    return NotPermitted("log in first", meaning=Meaning.AUTHENTICATION_FAILED)
