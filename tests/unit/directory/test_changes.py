"""What an administrator may and may not do, and logins."""

from __future__ import annotations

import pytest

import directory_rows
from postroom.directory import changes, passwords
from postroom.model.account import Role
from postroom.model.address import parse_address
from postroom.model.errors import Conflict, Malformed, Meaning, NotFound, NotPermitted
from postroom.model.ids import AccountId
from postroom.store.server.database import server_secret
from postroom.wire.sasl.scram import make_credentials
from unit.directory.conftest import PASSWORD, Place


async def test_the_first_domain_is_primary(place: Place) -> None:
    domains = directory_rows.domains(place.database.read)
    assert domains == {"example.test": True, "other.test": False}
    with pytest.raises(Conflict):
        await place.do(changes.add_domain, "other.test")


async def test_removing_domains(place: Place, proof: changes.Credential) -> None:
    await place.do(changes.add_account, "carol@other.test", proof, Role.USER, "", 0)
    with pytest.raises(Conflict) as refused:
        await place.do(changes.remove_domain, "other.test")
    assert refused.value.meaning is Meaning.IN_USE
    await place.do(changes.remove_account, "carol@other.test")
    await place.do(changes.add_alias, "x@other.test", "alice@example.test")
    await place.do(changes.remove_domain, "other.test")
    assert directory_rows.aliases(place.database.read) == []
    for name in ("alice", "bob"):
        await place.do(changes.remove_account, f"{name}@example.test")
    for name, error in (("other.test", NotFound), ("example.test", Conflict)):
        with pytest.raises(error):
            await place.do(changes.remove_domain, name)


async def test_an_address_is_taken_once(place: Place, proof: changes.Credential) -> None:
    await place.do(changes.add_alias, "sales@example.test", "alice@example.test")
    for address in ("ALICE@example.test", "sales@example.test"):
        with pytest.raises(Conflict):
            await place.do(changes.add_account, address, proof, Role.USER, "", 0)
    for address, target in (
        ("alice@example.test", "bob@example.test"),
        ("sales@example.test", "Alice@example.test"),
        ("self@example.test", "SELF@example.test"),
    ):
        with pytest.raises(Conflict):
            await place.do(changes.add_alias, address, target)
    for operation in (
        place.do(changes.add_account, "x@none.test", proof, Role.USER, "", 0),
        place.do(changes.add_alias, "x@none.test", "alice@example.test"),
    ):
        with pytest.raises(NotFound):
            await operation


async def test_removing_aliases(place: Place) -> None:
    for target in ("alice", "bob", "admin"):
        await place.do(changes.add_alias, "all@example.test", f"{target}@example.test")
    await place.do(changes.remove_alias, "all@example.test", "BOB@example.test")
    assert [str(alias.target) for alias in directory_rows.aliases(place.database.read)] == [
        "alice@example.test", "admin@example.test",
    ]  # fmt: skip
    await place.do(changes.add_alias, "all@example.test", "bob@example.test")
    await place.do(changes.remove_alias, "all@example.test", None)
    assert directory_rows.aliases(place.database.read) == []
    for address in ("all@example.test", "alice@example.test"):
        with pytest.raises(NotFound):
            await place.do(changes.remove_alias, address, None)


async def test_somebody_is_left_who_administers(place: Place, proof: changes.Credential) -> None:
    with pytest.raises(NotPermitted):
        await place.do(changes.remove_account, "admin@example.test")
    with pytest.raises(NotPermitted):
        await place.do(directory_rows.set_disabled, "admin@example.test", disabled=True)
    await place.do(changes.add_account, "second@example.test", proof, Role.ADMINISTRATOR, "", 0)
    await place.do(directory_rows.set_disabled, "second@example.test", disabled=True)
    with pytest.raises(NotPermitted):
        await place.do(changes.remove_account, "admin@example.test")
    await place.do(directory_rows.set_disabled, "second@example.test", disabled=False)
    assert await place.do(changes.remove_account, "admin@example.test") == 1
    with pytest.raises(NotPermitted):
        await place.do(changes.remove_account, "second@example.test")


async def test_a_removed_account_is_gone(place: Place) -> None:
    assert await place.do(changes.remove_account, "alice@example.test") == 2
    for operation in (changes.remove_account, changes.find_account):
        with pytest.raises(NotFound):
            await place.do(lambda transaction, address, operation=operation: (
                operation(transaction.execute if operation is changes.find_account else transaction, address)
            ), "alice@example.test")  # fmt: skip
    with pytest.raises(NotPermitted):
        await place.directory.authenticate("alice", PASSWORD)


async def test_logins_fail_alike(place: Place) -> None:
    await place.do(directory_rows.set_disabled, "bob@example.test", disabled=True)
    told = set()
    for name, password in (
        ("alice", "wrong"), ("nobody", PASSWORD), ("bob", PASSWORD), ("", ""), ("alice", ""), ("alice", PASSWORD + " "),
        ("alice", "x" * 5000), ("alice", "\ud800"), ("alice", "\x00"),
    ):  # fmt: skip
        with pytest.raises(NotPermitted) as refused:
            await place.directory.authenticate(name, password)
        told.add((refused.value.public, refused.value.meaning))
    assert told == {("wrong user name or password", Meaning.AUTHENTICATION_FAILED)}
    assert await place.directory.scram_secret("bob") is None
    assert await place.directory.scram_secret("nobody") is None
    with pytest.raises(NotPermitted):
        await place.directory.principal("bob")


async def test_a_remembered_login_ends_with_its_password(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    verify = passwords.verify

    def counted(password_hash: str | None, password: str) -> bool:
        hashed.append(password)
        return verify(password_hash, password)

    monkeypatch.setattr(passwords, "verify", counted)
    for _ in range(3):
        principal = await place.directory.authenticate("Alice", PASSWORD)
    assert (principal.account_id, str(principal.address), len(hashed)) == (2, "alice@example.test", 1)
    fresh = changes.credential("another horse")
    before = await place.directory.scram_secret("alice")
    await place.do(directory_rows.set_password, "alice@example.test", fresh)
    assert await place.directory.scram_secret("alice") == fresh.scram != before
    with pytest.raises(NotPermitted):
        await place.directory.authenticate("alice", PASSWORD)
    await place.directory.authenticate("alice", "another horse")
    await place.do(directory_rows.set_disabled, "alice@example.test", disabled=True)
    with pytest.raises(NotPermitted):
        await place.directory.authenticate("alice", "another horse")


def test_one_spelling_of_a_password() -> None:
    stored = passwords.hashed("pa\u0308ssword")
    assert passwords.verify(stored, "p\u00e4ssword")
    assert not passwords.verify(stored, "password")
    assert not passwords.verify(None, "password")
    assert not passwords.verify("not a hash", "password")


@pytest.mark.parametrize("password", ["short", "x" * 1025, "ä" * 513, "with\ttab in it", "half \ud800 of it", ""])
def test_the_policy_refuses(password: str) -> None:
    with pytest.raises(Malformed, match="a password has"):
        passwords.check_policy(password)


def test_the_policy_takes_sentences_in_any_script() -> None:
    for password in ("correct horse", "正しい馬の電池のホチキス", "x" * 1024):
        passwords.check_policy(password)


async def test_what_leads_to_an_account_is_named_before_it_goes(place: Place) -> None:
    await place.do(changes.add_alias, "sales@example.test", "Bob+orders@example.test")
    await place.do(directory_rows.set_catch_all, "other.test", parse_address("bob@example.test"))
    with pytest.raises(Conflict) as refused:
        await place.do(changes.remove_account, "bob@example.test")
    assert refused.value.meaning is Meaning.IN_USE
    assert "sales@example.test" in refused.value.public and "catch-all of other.test" in refused.value.public
    assert await place.lead("sales@example.test") == [3], "nothing has changed"
    await place.do(changes.remove_alias, "sales@example.test", None)
    await place.do(directory_rows.set_catch_all, "other.test", None)
    await place.do(changes.remove_account, "bob@example.test")


async def test_what_leads_into_a_domain_is_named_before_it_goes(place: Place) -> None:
    await place.do(changes.add_alias, "x@other.test", "alice@example.test")
    await place.do(changes.add_alias, "y@other.test", "x@other.test")
    await place.do(changes.add_alias, "z@example.test", "x@other.test")
    with pytest.raises(Conflict) as refused:
        await place.do(changes.remove_domain, "other.test")
    assert "z@example.test" in refused.value.public and "y@" not in refused.value.public
    await place.do(changes.remove_alias, "z@example.test", None)
    await place.do(changes.remove_domain, "other.test")
    assert directory_rows.aliases(place.database.read) == []


async def test_quota_is_kept_in_the_directory(place: Place) -> None:
    assert await place.do(directory_rows.set_quota, "bob@example.test", 5000) == 3
    account = await place.directory.account(AccountId(3))
    assert account is not None and account.quota == 5000
    await place.do(directory_rows.set_quota, "bob@example.test", None)
    account = await place.directory.account(AccountId(3))
    assert account is not None and account.quota is None


@pytest.mark.parametrize(
    "password", ["password", "\u00adpass\u2168word", "pa\u00a0ss wo\u0308rd", "\uff50\uff41ssword"]
)
def test_scram_keeps_what_clients_prepare(password: str) -> None:
    secret = passwords.scram_secret(password, b"salt" * 4)
    prepared = make_credentials(password, b"salt" * 4, secret.iterations)
    assert (secret.stored_key, secret.server_key) == (prepared.stored_key, prepared.server_key)


@pytest.mark.parametrize("password", ["pass\u200bword", "\u0627pass1", "passw\U0001f600rd"])
def test_scram_takes_every_password_that_the_policy_takes(password: str) -> None:
    passwords.check_policy(password + "12345678")
    assert passwords.scram_secret(password, b"salt" * 4) == passwords.scram_secret(password, b"salt" * 4)


async def test_a_secret_of_the_server_stays(place: Place) -> None:
    first = await server_secret(place.database, "one")
    assert len(first) == 32 and await server_secret(place.database, "one") == first
    assert await server_secret(place.database, "another") != first


async def test_an_account_number_is_never_given_again(place: Place, proof: changes.Credential) -> None:
    """The folder of mail is named by it: what a removal killed halfway left must not be the next one's."""
    first = await place.do(changes.add_account, "carol@other.test", proof, Role.USER, "", 0)
    await place.do(changes.remove_account, "carol@other.test")
    assert await place.do(changes.add_account, "carol@other.test", proof, Role.USER, "", 0) > first
