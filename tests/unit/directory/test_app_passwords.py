"""App passwords, by PLAIN and by SCRAM: good for their protocols and nothing else, and no less hidden than any other password."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pyotp
import pytest

import directory_rows
from postroom.directory import app_passwords, changes, passwords, second_factor
from postroom.directory.app_passwords import NewAppPassword
from postroom.directory.local import LocalDirectory
from postroom.model.account import MailProtocol
from postroom.model.database import Transaction
from postroom.model.errors import Meaning, NotPermitted
from postroom.model.ids import AccountId, AppPasswordId
from postroom.wire.sasl.scram import ScramServer, exclusive_or, sign
from postroom.wire.sasl.steps import Challenge, Failed, ScramCredentials, ServerSetup, Step, Succeeded
from unit.directory.conftest import PASSWORD, Place

ALICE = AccountId(2)
IMAP, POP3, SMTP = MailProtocol.IMAP, MailProtocol.POP3, MailProtocol.SMTP


async def made(place: Place, *protocols: MailProtocol, account_id: AccountId = ALICE) -> tuple[AppPasswordId, str]:
    password = passwords.new_app_password()
    salt = place.database.read("SELECT scram_salt FROM account WHERE account_id = ?", (account_id,))[0][0]
    new = NewAppPassword(
        "phone",
        frozenset(protocols),
        changes.credential(password, salt),
        passwords.app_password_digest(account_id, password),
    )
    found = await place.database.write(
        lambda transaction: app_passwords.add_app_password(transaction, account_id, new, 7)
    )
    return found.app_password_id, password


async def refused(place: Place, name: str, password: str, protocol: MailProtocol | None) -> None:
    with pytest.raises(NotPermitted) as error:
        await place.directory.authenticate(name, password, protocol)
    assert (error.value.public, error.value.meaning) == ("wrong user name or password", Meaning.AUTHENTICATION_FAILED)


async def test_good_for_its_protocols_alone(place: Place) -> None:
    number, password = await made(place, IMAP, SMTP)
    for protocol in (IMAP, SMTP):
        for _ in range(2):  # the second time it is remembered
            principal = await place.directory.authenticate("alice", password, protocol)
            assert (principal.account_id, principal.app_password_id) == (ALICE, number)
    for elsewhere in (POP3, None):
        await refused(place, "alice", password, elsewhere)
    await refused(place, "bob", password, IMAP)
    await refused(place, "alice", password + "x", IMAP)
    own = await place.directory.authenticate("alice", PASSWORD, IMAP)
    assert own.app_password_id is None


async def test_one_comparison_for_every_attempt(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes the time is the hash: as many for a password of the wrong protocol as for a wrong one."""
    _, password = await made(place, POP3)
    for _ in range(3):
        await made(place, IMAP)
    hashed: list[str | None] = []
    verify = passwords.verify

    def counted(password_hash: str | None, offered: str) -> bool:
        hashed.append(password_hash)
        return verify(password_hash, offered)

    monkeypatch.setattr(passwords, "verify", counted)
    for name, offered in (("alice", password), ("alice", "wrong"), ("nobody", password), ("admin", "wrong")):
        hashed.clear()
        await refused(place, name, offered, IMAP)
        assert len(hashed) == 1
    hashed.clear()
    await place.directory.authenticate("alice", password, POP3)
    assert len(hashed) == 1


async def test_a_removed_one_is_forgotten_at_once(place: Place) -> None:
    number, password = await made(place, IMAP)
    await place.directory.authenticate("alice", password, IMAP)
    await place.database.write(lambda transaction: app_passwords.remove_app_password(transaction, ALICE, number))
    await refused(place, "alice", password, IMAP)
    assert (await made(place, IMAP))[0] != number, "numbers are not given again"


async def test_disabled_is_disabled(place: Place) -> None:
    _, password = await made(place, IMAP)
    await place.directory.authenticate("alice", password, IMAP)
    await place.do(directory_rows.set_disabled, "alice@example.test", disabled=True)
    await refused(place, "alice", password, IMAP)
    assert await place.directory.scram_secret("alice", IMAP) is None


async def with_second_factor(place: Place) -> None:
    def operation(transaction: Transaction) -> None:
        secret = second_factor.begin(transaction, ALICE)
        code = pyotp.TOTP(secret).at(1000)
        assert second_factor.confirm(transaction, ALICE, code, 1000) is not None

    await place.database.write(operation)


async def test_with_a_second_factor_the_own_password_may_be_refused(place: Place) -> None:
    strict = LocalDirectory(place.database, place.directory._pool, lambda: True)
    await strict.authenticate("alice", PASSWORD, IMAP)
    await with_second_factor(place)
    await place.directory.authenticate("alice", PASSWORD, IMAP)
    with pytest.raises(NotPermitted, match="wrong user name or password"):
        await strict.authenticate("alice", PASSWORD, IMAP)
    assert await strict.scram_secret("alice", IMAP) is None
    await strict.authenticate("alice", PASSWORD)  # the web, which asks for a code
    await strict.authenticate("bob", PASSWORD, IMAP)
    _, password = await made(place, IMAP)
    await strict.authenticate("alice", password, IMAP)
    secret = await strict.scram_secret("alice", IMAP)
    assert secret is not None and secret.app_password_id is not None and secret.others == ()


async def exchanged(
    place: Place, name: str, password: str, protocol: MailProtocol
) -> tuple[Step, AppPasswordId | None]:
    """A client's SCRAM with this password."""
    secret = await place.directory.scram_secret(name, protocol)
    assert secret is not None
    server = ScramServer(ServerSetup(nonce=b"server-nonce-0123456789", fake_salt_key=b"k"))
    bare = b"n=alice,r=client-nonce"
    server.start(b"n,," + bare)
    others = tuple((one.stored_key, one.server_key) for one in secret.others)
    first = server.credentials(
        ScramCredentials(secret.salt, secret.iterations, secret.stored_key, secret.server_key, others)
    )
    assert isinstance(first, Challenge)
    final = b"c=biws,r=client-nonceserver-nonce-0123456789"
    message = b",".join((bare, first.data, final))
    client_key = _client_key(password, secret.salt, secret.iterations)
    proof = exclusive_or(client_key, sign(hashlib.sha256(client_key).digest(), message))
    answer = server.step(final + b",p=" + b64encode(proof))
    if isinstance(answer, Failed):
        return answer, None
    assert isinstance(answer, Challenge)
    mine = passwords.scram_secret(password, secret.salt, secret.iterations)
    assert answer.data == b"v=" + b64encode(sign(mine.server_key, message)), "the server proves the same password"
    end = server.step(b"")
    assert isinstance(end, Succeeded)
    return end, (secret, *secret.others)[end.credential].app_password_id


def _client_key(password: str, salt: bytes, iterations: int) -> bytes:
    return sign(hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations), b"Client Key")


async def test_scram_knows_every_password(place: Place) -> None:
    first, one = await made(place, IMAP)
    second, two = await made(place, IMAP, SMTP)
    for password, expected in ((PASSWORD, None), (one, first), (two, second)):
        step, number = await exchanged(place, "alice", password, IMAP)
        assert isinstance(step, Succeeded) and number == expected
    step, number = await exchanged(place, "alice", two, SMTP)
    assert isinstance(step, Succeeded) and number == second
    for password, protocol in ((one, SMTP), (one, POP3), ("wrong horse", IMAP)):
        step, _ = await exchanged(place, "alice", password, protocol)
        assert step == Failed("wrong proof")


async def test_a_new_own_password_leaves_the_others_good(place: Place) -> None:
    number, password = await made(place, IMAP)
    salt = place.database.read("SELECT scram_salt FROM account WHERE account_id = ?", (ALICE,))[0][0]
    await place.do(directory_rows.set_password, "alice@example.test", changes.credential("another horse", salt))
    for good, expected in ((password, number), ("another horse", None)):
        step, found = await exchanged(place, "alice", good, IMAP)
        assert isinstance(step, Succeeded) and found == expected
    await place.directory.authenticate("alice", password, IMAP)


async def test_last_logins_are_kept(place: Place) -> None:
    number, password = await made(place, IMAP)
    for offered in (PASSWORD, password):
        place.directory.logged_in(await place.directory.authenticate("alice", offered, IMAP))
    assert place.database.read("SELECT last_login_at FROM account WHERE account_id = ?", (ALICE,)) == [(None,)]
    await place.directory.last_seen.write()
    ((seen,),) = place.database.read("SELECT last_login_at FROM account WHERE account_id = ?", (ALICE,))
    ((used,),) = place.database.read("SELECT last_used_at FROM app_password WHERE app_password_id = ?", (number,))
    assert seen == used and seen > 1_700_000_000
