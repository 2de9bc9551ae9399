"""The TLS profiles by the API, and who would be shut out."""

from __future__ import annotations

from admin_api import Browser, Office
from postroom.model.ids import AccountId
from postroom.model.security.tls import TlsLogin


async def test_profiles_and_listeners(admin: Browser) -> None:
    changes = {"security.tls_profile": "modern", "security.tls_overrides": {"imaps": "old", "console": "old"}}
    assert (await admin.ask("PATCH", "/settings", {"changes": changes})).status == 200
    found = (await admin.ask("GET", "/tls")).json
    assert "5.7" in found["guidelines"]
    assert [one["name"] for one in found["profiles"]] == ["modern", "intermediate", "old"]
    assert "RFC 8996" in found["profiles"][2]["warning"]
    assert set(found["profiles"][2]["missing"]) <= {*found["profiles"][2]["ciphers"], *found["profiles"][2]["versions"]}
    listeners = {one["name"]: (one["override"], one["effective"]) for one in found["listeners"]}
    assert listeners["mx"] == (None, "intermediate")
    assert listeners["imaps"] == ("old", "old")
    assert listeners["console"] == ("old", "intermediate")
    assert listeners["pop3s"] == (None, "modern")


async def test_who_would_be_refused(desk: Office, admin: Browser) -> None:
    now = desk.adapters.clock.now()
    alice = desk.adapters.database.read("SELECT account_id FROM account WHERE local_part = 'alice'")[0][0]

    def login(listener: str, version: str, cipher: str) -> TlsLogin:
        return TlsLogin(AccountId(alice), "imap", listener, version, cipher, "Old Mail 1.0")

    await desk.adapters.tls_logins.add(
        {
            login("imaps", "TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256"): (3, now - 10),
            login("imap", "TLSv1.2", "AES128-SHA"): (1, now),
            login("imaps", "TLSv1.3", "TLS_AES_256_GCM_SHA384"): (9, now),
            TlsLogin(AccountId(999), "imap", "imaps", "TLSv1", "AES128-SHA", "removed"): (1, now),
        }
    )

    async def refused(**body: object) -> list[tuple[str, str]]:
        answer = (await admin.ask("POST", "/tls/refused", body)).json
        assert answer["total"] == len(answer["items"])
        assert answer["accounts"] == (1 if answer["items"] else 0)
        return [(one["tls"], one["cipher"]) for one in answer["items"]]

    assert await refused(tls_profile="modern") == [
        ("TLSv1.2", "AES128-SHA"), ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256"),
    ]  # fmt: skip
    assert await refused() == [("TLSv1.2", "AES128-SHA")]
    assert await refused(tls_profile="old") == []
    assert await refused(tls_profile="modern", tls_overrides={"imap": "old"}) == [
        ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256")
    ]
    one = (await admin.ask("POST", "/tls/refused", {})).json["items"][0]
    assert one == {
        "account": "alice@example.test", "protocol": "imap", "listener": "imap", "tls": "TLSv1.2",
        "cipher": "AES128-SHA", "client": "Old Mail 1.0", "count": 1, "last_at": now,
    }  # fmt: skip


async def test_what_is_no_profile(admin: Browser) -> None:
    for body in ({"tls_profile": "best"}, {"tls_overrides": {"imaps": "best"}}, {"profile": "old"}):
        assert (await admin.ask("POST", "/tls/refused", body)).status == 422
