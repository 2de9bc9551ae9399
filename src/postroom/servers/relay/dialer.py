"""SocketDialer: connects, hears the greeting, introduces us, takes up TLS as demanded, logs in (mta.attempt.ports.Dialer)."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable

from postroom.mailauth.transport import dane
from postroom.mailauth.transport.dane import DaneStatus
from postroom.mailauth.transport.tls_reports import FailureType
from postroom.mta.attempt.ports import Hop, Target, Unusable
from postroom.servers.relay.dialogue import Dialogue, Patience, enhanced, shown
from postroom.servers.relay.login import log_in
from postroom.servers.relay.stream import Stream

_DER = 2  # _ssl.ENCODING_DER


class SocketDialer:
    """`authorities` gives the file of certificate authorities, empty for the machine's own."""

    def __init__(self, authorities: Callable[[], str], patience: Patience = Patience()) -> None:
        self._authorities = authorities
        self._patience = patience
        self._contexts: dict[str, ssl.SSLContext] = {}

    async def dial(self, target: Target) -> Hop:
        stream = await self._connect(target)
        dialogue = Dialogue(stream, target, self._patience)
        try:
            await self._introduce(dialogue, target)
        except BaseException:
            stream.abort()
            raise
        return dialogue

    async def _connect(self, target: Target) -> Stream:
        loop = asyncio.get_running_loop()
        local = (target.source, 0) if target.source else None
        try:
            async with asyncio.timeout(self._patience.connect):
                _, stream = await loop.create_connection(
                    Stream, target.address, target.port, local_addr=local, family=_family(target.address)
                )
        except TimeoutError:
            raise Unusable(f"no connection within {self._patience.connect:g} seconds", "4.4.1") from None
        except OSError as error:
            raise Unusable(f"no connection: {(error.strerror or str(error)).lower()}", "4.4.1") from None
        return stream

    async def _introduce(self, dialogue: Dialogue, target: Target) -> None:
        if target.tls.implicit:
            await self._protect(dialogue, target)
        greeting = await dialogue.ask(self._patience.greeting)
        if not greeting.positive:
            # 554 too is of this host now, not of the mail (RFC 5321 §3.1)
            raise Unusable(shown(greeting), enhanced(greeting, "4.3.2", transient=True), is_remote=True)
        await dialogue.hello()
        if target.tls.wanted and not target.tls.implicit:
            await self._start_tls(dialogue, target)
        if target.login is not None:
            await log_in(dialogue, target.login)

    async def _start_tls(self, dialogue: Dialogue, target: Target) -> None:
        if not dialogue.offers("STARTTLS"):
            if target.tls.required:
                raise Unusable("STARTTLS is required, and not offered", "4.7.4", tls=FailureType.STARTTLS_NOT_SUPPORTED)
            return
        dialogue.core.start_tls()
        reply = await dialogue.ask(self._patience.command)
        if not reply.positive:
            if target.tls.required:
                raise Unusable(
                    shown(reply),
                    enhanced(reply, "4.7.4", transient=True),
                    is_remote=True,
                    tls=FailureType.STARTTLS_NOT_SUPPORTED,
                )
            return
        dialogue.expect_silence()
        await self._protect(dialogue, target)
        dialogue.core.tls_started()
        await dialogue.hello()

    async def _protect(self, dialogue: Dialogue, target: Target) -> None:
        """The handshake, and the certificate as demanded. Raises Unusable."""
        is_name = not target.host[:1].isdigit() and ":" not in target.host
        name = target.host if is_name or target.tls.verified else None
        try:
            context = self._context(verified=target.tls.verified)
            await dialogue.stream.start_tls(context, name, self._patience.handshake)
        except ssl.SSLCertVerificationError as error:
            raise Unusable(
                f"its certificate is not trusted: {error.verify_message}", "4.7.5", tls=_kind(error)
            ) from None
        except (OSError, ssl.SSLError, TimeoutError, ValueError) as error:
            reason = getattr(error, "reason", "") or str(error) or "no answer"
            raise Unusable(f"no TLS: {reason}", "4.7.5", tls=FailureType.VALIDATION_FAILURE) from None
        if target.tls.tlsa:
            await self._check_dane(dialogue, target)

    async def _check_dane(self, dialogue: Dialogue, target: Target) -> None:
        chain = _chain(dialogue.stream.tls_object)
        names = [name for name in (target.host, target.domain) if name]
        result = await asyncio.to_thread(dane.check, target.tls.tlsa, chain, names, int(time.time()))
        if result.status is DaneStatus.MISMATCH:
            raise Unusable(
                f"its certificate is not what DANE promises: {result.reason}", "4.7.5", tls=FailureType.TLSA_INVALID
            )

    def _context(self, *, verified: bool) -> ssl.SSLContext:
        """One that checks the certificate by public authorities, or one that takes any: opportunistic TLS (RFC 7435)."""
        key = f"verified {self._authorities()}" if verified else ""
        if key not in self._contexts:
            if len(self._contexts) > 8:
                self._contexts.clear()
            self._contexts[key] = _verifying(self._authorities()) if verified else _taking_any()
        return self._contexts[key]


def _verifying(authorities: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authorities or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _taking_any() -> ssl.SSLContext:
    """Old TLS is better than none where nobody asked for any."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


def _family(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _chain(tls: object) -> list[bytes]:
    """DER, the host's own certificate first. The public call comes with Python 3.13; before, the object behind has it."""
    getter = getattr(tls, "get_unverified_chain", None)
    if getter is not None:
        return [bytes(certificate) for certificate in getter()]
    inner = getattr(tls, "_sslobj", None)
    certificates = inner.get_unverified_chain() if inner is not None else []
    return [certificate.public_bytes(_DER) for certificate in certificates or ()]


def _kind(error: ssl.SSLCertVerificationError) -> FailureType:
    # numbers of X509_V_ERR_* in OpenSSL
    if error.verify_code == 10:
        return FailureType.CERTIFICATE_EXPIRED
    if error.verify_code in (62, 64):
        return FailureType.CERTIFICATE_HOST_MISMATCH
    return FailureType.CERTIFICATE_NOT_TRUSTED
