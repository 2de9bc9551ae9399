"""AcmeIssuer: conversations with authorities beside the loop, each in a thread that stops nobody from ending."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import ModuleType
from typing import TypeVar

from postroom.model.errors import TryLater
from postroom.model.security.acme import AcmeAccount, AcmeOrder, Issued
from postroom.net.acme.answers import AnswerFolder
from postroom.net.acme.hook import DnsHook
from postroom.settings.certificates import CertificateSettings

T = TypeVar("T")

_PORT_SECONDS = 15.0  # for the supervisor to open it, which looks every second


class AcmeIssuer:
    """See admin.ports.certificates.Issuer."""

    def __init__(
        self,
        places: tuple[AnswerFolder, DnsHookMaker],
        settings: Callable[[], CertificateSettings],
        is_open: Callable[[str], bool],
        announce: Callable[[], None],
        now: Callable[[], int],
    ) -> None:
        """`is_open` tells of the port of HTTP or TLS, and raises TryLater where it can't be opened; `announce` has ports looked at."""
        self._folder, self._make_hook = places
        self._settings = settings
        self._is_open = is_open
        self._announce = announce
        self._now = now

    async def register(self, directory: str, email: str) -> AcmeAccount:
        conversation = _library()
        authorities = self._settings().acme_authorities
        account: AcmeAccount = await _beside(lambda: conversation.register(directory, email, authorities))
        return account

    async def issue(self, account: AcmeAccount, order: AcmeOrder) -> Issued:
        conversation = _library()
        settings = self._settings()
        means = conversation.Means(
            folder=self._folder,
            open_port=self._open,
            hook=self._make_hook(settings.acme_dns_hook),
            dns_wait=settings.acme_dns_wait,
            authorities=settings.acme_authorities,
            now=self._now,
        )
        issued: Issued = await _beside(conversation.Conversation(account, order, means).run)
        return issued

    async def suggested(self, directory: str, chain: bytes) -> int | None:
        conversation = _library()
        authorities = self._settings().acme_authorities
        moment: int | None = await _beside(lambda: conversation.suggested(directory, chain, authorities))
        return moment

    def _open(self, kind: str) -> None:
        """In the thread."""
        self._announce()
        pause = threading.Event()
        waited = 0.0
        while not self._is_open(kind):
            if waited >= _PORT_SECONDS:
                raise TryLater(f"the port for {kind} was not opened in time")
            pause.wait(0.1)
            waited += 0.1


DnsHookMaker = Callable[[tuple[str, ...]], DnsHook]


def _library() -> ModuleType:
    try:
        from postroom.net.acme import conversation
    except ImportError as error:
        raise TryLater(
            "certificates can't be ordered: install postroom[acme] (acme and josepy)", detail=str(error)
        ) from None
    return conversation


async def _beside(work: Callable[[], T]) -> T:
    """In a thread that the end of the process does not wait for, as a pool's would have it."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def tell(outcome: T | None, error: BaseException | None) -> None:
        if result.done():  # cancelled meanwhile
            return
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(outcome)  # type: ignore[arg-type]

    def run() -> None:
        outcome, error = None, None
        try:
            outcome = work()
        except Exception as caught:  # noqa: BLE001 - it belongs to whoever waits
            error = caught
        try:
            loop.call_soon_threadsafe(tell, outcome, error)
        except RuntimeError:
            return  # the loop has ended

    threading.Thread(target=run, name="acme", daemon=True).start()
    return await result
