"""Ports of TLS and certificates."""

from __future__ import annotations

from typing import Protocol

from postroom.model.database import Transaction
from postroom.model.security.acme import AcmeAccount, AcmeOrder, Issued
from postroom.model.security.certificate import CertificateFacts, KeptCertificate
from postroom.model.security.tls import ProfileFacts
from postroom.settings.security import TlsProfile


class Profiles(Protocol):
    """The TLS profiles, as this machine has them."""

    @property
    def guidelines(self) -> str: ...

    def facts(self) -> list[ProfileFacts]: ...

    def answers(self, profile: TlsProfile, version: str, cipher: str) -> bool:
        """Whether a client that agreed on these would get in with this profile."""


class CertificateStore(Protocol):
    """The certificates that are kept; blocking, on files of a few kilobytes. Chains and keys are PEM."""

    def kept(self, now: int) -> list[KeptCertificate]: ...

    def check(self, chain: bytes, key: bytes, now: int) -> CertificateFacts:
        """Raises Malformed."""

    def install(self, name: str, chain: bytes, key: bytes, now: int) -> CertificateFacts:
        """In the place of what has this name, whole or not at all. Raises Malformed, Conflict (too many), TryLater."""

    def remove(self, name: str) -> None:
        """Raises NotFound, TryLater."""

    def chain(self, name: str) -> bytes:
        """The first certificate, in PEM. Raises NotFound, TryLater."""


class AcmeStore(Protocol):
    """Orders and accounts at authorities."""

    def orders(self) -> list[AcmeOrder]:
        """By the name of the certificate."""

    def put_order(self, transaction: Transaction, order: AcmeOrder) -> None:
        """In the place of the one for the same certificate. Raises OverLimit."""

    def drop_order(self, transaction: Transaction, certificate: str) -> None:
        """Nothing happens where there is none."""

    async def note_result(self, order: AcmeOrder) -> bool:
        """What came of a try; False where the order is not kept any more, or is for something else."""

    def account(self, directory: str) -> AcmeAccount | None: ...

    async def keep_account(self, account: AcmeAccount) -> None: ...

    async def forget_account(self, directory: str) -> None: ...


class Issuer(Protocol):
    """An authority's other side. What goes wrong there is TryLater, its text for people."""

    async def register(self, directory: str, email: str) -> AcmeAccount:
        """A new account with a new key; the terms of service are agreed to."""

    async def issue(self, account: AcmeAccount, order: AcmeOrder) -> Issued:
        """Minutes. Raises NotFound where the authority does not know the account any more."""

    async def suggested(self, directory: str, chain: bytes) -> int | None:
        """When the authority wants a certificate renewed (RFC 9773), in Unix seconds; None where it does not say."""
