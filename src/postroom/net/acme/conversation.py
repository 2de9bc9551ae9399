"""Conversation: one order from the first word to the certificate, blocking, by the library `acme`; run in a thread of its own (issuer.py).

What goes wrong is TryLater with a text for people: that of the authority, shortened.
"""

from __future__ import annotations

import contextlib
import datetime
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from acme import challenges, errors, messages
from acme.client import ClientNetwork, ClientV2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from josepy import b64, jwa, jwk
from josepy.util import ComparableECKey

from postroom import __version__
from postroom.model.errors import MailError, NotFound, TryLater
from postroom.model.security.acme import AcmeAccount, AcmeOrder, ChallengeKind, Issued
from postroom.net.acme import answers
from postroom.net.acme.answers import AnswerFolder
from postroom.net.acme.hook import DnsHook

_REQUEST_SECONDS = 30
_VALIDATION_SECONDS = 180  # authorities look from several places of the world
_ISSUE_SECONDS = 120
_SHOWN = 400  # characters of what an authority says
_MAX_CHAIN = 64 * 1024
_NONCES = 4  # times two tries
_GONE = "accountDoesNotExist"
_KINDS = {ChallengeKind.HTTP: answers.HTTP, ChallengeKind.TLS_ALPN: answers.TLS}


@dataclass(frozen=True, slots=True)
class Means:
    """How answers are given. `authorities` is a file (PEM) that the authority's own server is checked against, empty for the usual ones."""

    folder: AnswerFolder
    open_port: Callable[[str], None]
    """Returns when the port of HTTP or TLS is open. Raises TryLater."""
    hook: DnsHook
    dns_wait: float
    authorities: str
    now: Callable[[], int]


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """The library's errors, and those of the network below it, as ours."""
    try:
        yield
    except MailError:
        raise
    except messages.Error as error:
        if error.code == _GONE:
            raise NotFound("the authority does not know our account any more") from None
        raise TryLater(f"the authority refuses: {_words(error.detail or error.typ)}", detail=_words(error)) from None
    except errors.ValidationError as error:
        raise TryLater(f"the authority could not check a name: {_reasons(error)}") from None
    except errors.TimeoutError:
        raise TryLater("the authority did not end in time") from None
    except Exception as error:  # noqa: BLE001 - requests, josepy, JSON: whatever a strange answer makes of them
        raise TryLater("the authority can't be talked to", detail=f"{type(error).__name__}: {_words(error)}") from None


def register(directory: str, email: str, authorities: str) -> AcmeAccount:
    """Raises TryLater."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = _pem(key)
    with _told():
        client = _client(directory, pem, authorities)
        if client.external_account_required():
            raise TryLater("this authority wants accounts that were made on its own site, which is not offered here")
        wanted = messages.NewRegistration.from_data(email=email or None, terms_of_service_agreed=True)
        made = client.new_account(wanted)
        return AcmeAccount(directory, pem, str(made.uri), email)


def suggested(directory: str, chain: bytes, authorities: str) -> int | None:
    """Raises TryLater."""
    with _told():
        moment, _ = _client(directory, None, authorities).renewal_time(chain)
    return int(moment.timestamp()) if moment is not None else None


class Conversation:
    """Use once."""

    def __init__(self, account: AcmeAccount, order: AcmeOrder, means: Means) -> None:
        self._account = account
        self._order = order
        self._means = means
        self._records: list[tuple[str, str]] = []

    def run(self) -> Issued:
        """Raises TryLater, NotFound."""
        key = ec.generate_private_key(ec.SECP256R1())
        try:
            with _told():
                client = _client(self._account.directory, self._account.key, self._means.authorities)
                client.net.account = messages.RegistrationResource(uri=self._account.uri, body=messages.Registration())
                placed = client.new_order(_request(self._order.names, key))
                self._answer(client, placed)
                checked = client.poll_authorizations(placed, _until(_VALIDATION_SECONDS))
                done = client.finalize_order(checked, _until(_ISSUE_SECONDS))
        finally:
            self._put_away()
        chain = str(done.fullchain_pem).encode()
        if len(chain) > _MAX_CHAIN:
            raise TryLater("the authority sent a chain that is too long")
        return Issued(chain, _pem(key))

    def _answer(self, client: ClientV2, placed: messages.OrderResource) -> None:
        """Put all answers where they are looked for, then say so; names that were checked lately are not checked again."""
        chosen = [
            (authorization.body.identifier.value, self._offered(authorization))
            for authorization in placed.authorizations
            if authorization.body.status != messages.STATUS_VALID
        ]
        key = client.net.key
        if not chosen or key is None:
            return
        for name, challenge in chosen:
            self._put(name, challenge, key)
        kind = _KINDS.get(self._order.challenge)
        if kind is not None:
            self._means.open_port(kind)
        else:
            time.sleep(self._means.dns_wait)  # noqa: TID251 - a thread of its own, and nothing tells when the DNS shows it
        for _, challenge in chosen:
            client.answer_challenge(challenge, challenges.KeyAuthorizationChallengeResponse(key_authorization=""))

    def _offered(self, authorization: messages.AuthorizationResource) -> messages.ChallengeBody:
        for challenge in authorization.body.challenges:
            if _type(challenge) == self._order.challenge.value:
                return challenge
        name = authorization.body.identifier.value
        raise TryLater(f"the authority does not offer {self._order.challenge.value} for {_words(name)}")

    def _put(self, name: str, challenge: messages.ChallengeBody, key: jwk.JWK) -> None:
        token = str(challenge.chall.to_json()["token"])
        thumbprint = b64.b64encode(key.thumbprint(hash_function=hashes.SHA256)).decode()
        answer = f"{token}.{thumbprint}"
        if self._order.challenge is ChallengeKind.HTTP:
            self._means.folder.put_http(token, answer)
        elif self._order.challenge is ChallengeKind.TLS_ALPN:
            self._means.folder.put_tls(name, answer, self._means.now())
        else:
            digest = hashes.Hash(hashes.SHA256())
            digest.update(answer.encode())
            record = (f"_acme-challenge.{name}", b64.b64encode(digest.finalize()).decode())
            self._records.append(record)
            self._means.hook.run("add", *record)

    def _put_away(self) -> None:
        self._means.folder.clear()
        for record in self._records:
            with contextlib.suppress(
                TryLater
            ):  # a record that stays does no harm; the program has told why in its own way
                self._means.hook.run("remove", *record)


class _Network(ClientNetwork):
    """The library tries twice when the authority does not know a nonce any more; behind several servers that is too few (RFC 8555 §6.5)."""

    def post(self, *args: Any, **kwargs: Any) -> Any:
        for _ in range(_NONCES - 1):
            try:
                return super().post(*args, **kwargs)
            except messages.Error as error:
                if error.code != "badNonce":
                    raise
        return super().post(*args, **kwargs)


def _client(directory: str, key: bytes | None, authorities: str) -> ClientV2:
    ours = None
    if key is not None:
        ours = jwk.JWKEC(key=ComparableECKey(serialization.load_pem_private_key(key, None)))  # type: ignore[arg-type]
    network = _Network(
        ours, alg=jwa.ES256, user_agent=f"Postroom/{__version__}", timeout=_REQUEST_SECONDS,
        verify_ssl=authorities or True,  # type: ignore[arg-type] # requests takes a file's name as well
    )  # fmt: skip
    return ClientV2(ClientV2.get_directory(directory, network), network)


def _type(challenge: messages.ChallengeBody) -> str:
    """Kinds that the library does not know (tls-alpn-01) keep their JSON."""
    found: Any = challenge.chall.to_json()
    return str(found.get("type", ""))


def _request(names: tuple[str, ...], key: ec.EllipticCurvePrivateKey) -> bytes:
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return request.public_bytes(serialization.Encoding.PEM)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _until(seconds: int) -> datetime.datetime:
    return datetime.datetime.now() + datetime.timedelta(seconds=seconds)


def _reasons(error: errors.ValidationError) -> str:
    found = [
        f"{authorization.body.identifier.value}: {challenge.error.detail or challenge.error.typ}"
        for authorization in error.failed_authzrs
        for challenge in authorization.body.challenges
        if challenge.error is not None
    ]
    return _words("; ".join(found))


def _words(text: object) -> str:
    return "".join(character if character.isprintable() else " " for character in str(text))[:_SHOWN]
