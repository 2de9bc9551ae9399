"""Logging in: cookies, the token of the pages, second factors, delays, and what an attacker tries with them."""

from __future__ import annotations

import pyotp
import pytest

from admin_api import PASSWORD, Browser, Office
from postroom.settings.document import Settings


async def test_a_login_gives_a_cookie_of_this_host_alone(desk: Office) -> None:
    browser = desk.browser()
    answer = await browser.log_in()
    assert answer.status == 200
    cookie = answer.headers["set-cookie"].split("; ")
    assert cookie[0].startswith("__Host-postroom=") and len(cookie[0]) > 50
    assert set(cookie[1:]) == {"HttpOnly", "Path=/", "SameSite=strict", "Secure"}
    assert answer.json["account"] == {
        "address": "admin@example.test", "display_name": "Admin", "role": "administrator", "domains": None,
    }  # fmt: skip
    assert (await browser.ask("GET", "/session")).json["csrf_token"] == browser.csrf
    assert browser.cookie.encode() not in desk.adapters.database.read("SELECT token_hash FROM web_session")[0][0]


@pytest.mark.parametrize(
    ("login", "password", "status"),
    [
        ("admin@example.test", "wrong password", 401),
        ("nobody@example.test", PASSWORD, 401),
        ("", PASSWORD, 422),
        ("admin@example.test", "", 422),
        ("a" * 321, PASSWORD, 422),
        ("alice@example.test", PASSWORD, 403),
        ("admin", PASSWORD, 200),
        ("ADMIN@EXAMPLE.TEST", PASSWORD, 200),
        ("admin@example.test\r\nSet-Cookie: x=1", PASSWORD, 401),
        ("\ud800", PASSWORD, 422),
    ],
)
async def test_who_gets_in(desk: Office, login: str, password: str, status: int) -> None:
    browser = desk.browser()
    answer = await browser.ask("POST", "/session", {"login": login, "password": password})
    assert answer.status == status, answer.body
    assert ("set-cookie" in answer.headers) == (status == 200)
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json["status"] == status


async def test_wrong_and_unknown_are_told_alike(desk: Office) -> None:
    browser = desk.browser()
    answers = [
        await browser.ask("POST", "/session", {"login": login, "password": "not the password"})
        for login in ("admin@example.test", "nobody@example.test", "admin@nowhere.test")
    ]
    assert len({answer.body for answer in answers}) == 1
    assert answers[0].json["type"] == "/problems/login"


async def test_a_change_without_the_token_of_the_pages_is_refused(admin: Browser) -> None:
    change = {"changes": {"smtp.banner": "Hello"}}
    for headers in (
        {"x_csrf_token": ""},
        {"x_csrf_token": "0" * 40},
        {"x_csrf_token": "\xe9" * 40},
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"origin": "http://console.test"},
    ):
        answer = await admin.ask("PATCH", "/settings", change, **headers)
        assert answer.status == 403, headers
    assert (await admin.ask("PATCH", "/settings", change, origin="https://console.test")).status == 200


async def test_a_token_that_was_there_before_the_login_is_not_taken_over(desk: Office) -> None:
    browser = desk.browser()
    browser.cookie = "f" * 43  # planted by somebody
    await browser.log_in()
    assert browser.cookie != "f" * 43
    planted = desk.browser(cookie="f" * 43)
    assert (await planted.ask("GET", "/session")).status == 401
    first = browser.cookie
    await browser.log_in()
    assert browser.cookie != first
    assert (await desk.browser(cookie=first).ask("GET", "/session")).status == 401, "the one before has ended"


async def test_logging_out_ends_the_session_here_and_elsewhere(desk: Office, admin: Browser) -> None:
    other = desk.browser()
    await other.log_in()
    assert (await admin.ask("DELETE", "/session/others")).status == 204
    assert (await other.ask("GET", "/session")).status == 401
    kept = admin.cookie
    assert (await admin.ask("DELETE", "/session")).status == 204
    assert (await desk.browser(cookie=kept).ask("GET", "/session")).status == 401


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE account SET is_disabled = 1 WHERE local_part = 'admin'",
        "UPDATE account SET credential_version = credential_version + 1 WHERE local_part = 'admin'",
        "UPDATE account SET role = 'user' WHERE local_part = 'admin'",
        "UPDATE web_session SET seen_at = seen_at - 1801",
        "UPDATE web_session SET created_at = created_at - 12 * 3600 - 1",
        "DELETE FROM account WHERE local_part = 'admin'",
    ],
)
async def test_what_ends_a_session(desk: Office, admin: Browser, sql: str) -> None:
    assert (await admin.ask("GET", "/session")).status == 200
    await desk.adapters.database.write(lambda transaction: transaction.execute(sql))
    assert (await admin.ask("GET", "/session")).status == 401


async def _set_up(admin: Browser) -> tuple[pyotp.TOTP, list[str]]:
    begun = await admin.ask("POST", "/session/second-factor", {"password": PASSWORD})
    assert begun.status == 200 and begun.json["uri"].startswith("otpauth://totp/")
    assert begun.json["qr_svg"].startswith("<svg")
    totp = pyotp.TOTP(begun.json["secret"])
    done = await admin.ask("PUT", "/session/second-factor", {"code": totp.now()})
    assert done.status == 200
    return totp, done.json["recovery_codes"]


async def test_a_second_factor_is_asked_for_and_each_code_is_good_once(desk: Office, admin: Browser) -> None:
    totp, recovery = await _set_up(admin)
    browser = desk.browser()
    wanted = await browser.log_in()
    assert (wanted.status, wanted.json["type"]) == (401, "/problems/second-factor")
    assert (await browser.log_in(code="000000")).json["type"] == "/problems/login"
    assert (await browser.log_in(code=totp.now())).status == 401, "it was used when it was set up"
    assert (await browser.log_in(code=recovery[0])).status == 200
    assert (await desk.browser().log_in(code=recovery[0])).status == 401
    assert (await desk.browser().log_in(code=recovery[1])).json["second_factor"] is True


async def test_without_the_password_no_second_factor_is_changed(admin: Browser) -> None:
    assert (await admin.ask("POST", "/session/second-factor", {"password": "wrong password"})).status == 401
    _, recovery = await _set_up(admin)
    for form in ({"password": "wrong password", "code": recovery[0]}, {"password": PASSWORD, "code": "123456"}):
        assert (await admin.ask("DELETE", "/session/second-factor", form)).status == 401
    form = {"password": PASSWORD, "code": recovery[0]}
    assert (await admin.ask("DELETE", "/session/second-factor", form)).status == 204


async def test_who_needs_a_second_factor_and_has_none_may_only_set_it_up(desk: Office, admin: Browser) -> None:
    await desk.adapters.settings.change({"console.second_factor_required": True}, "test")
    session = await admin.ask("GET", "/session")
    assert session.json["must_set_second_factor"] is True and session.json["scopes"] == []
    for path in ("/settings", "/tokens", "/queue", "/overview"):
        assert (await admin.ask("GET", path)).status == 403, path
    token = {"name": "x", "scopes": ["settings:read"]}
    assert (await admin.ask("POST", "/tokens", token)).status == 403
    await _set_up(admin)
    assert (await admin.ask("GET", "/settings")).status == 200


async def test_a_guesser_waits(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("postroom.admin.identity.asyncio.sleep", sleep)
    browser = desk.browser(address="203.0.113.9")
    for _ in range(6):
        await browser.ask("POST", "/session", {"login": "admin@example.test", "password": "guess guess"})
    assert waited == sorted(waited) and 0 < waited[0] < waited[-1]
    count = len(waited)
    assert (await desk.browser(address="203.0.113.10").log_in()).status == 200
    assert len(waited) == count, "the right password from elsewhere never waits"
    assert (await browser.log_in()).status == 200


async def test_a_domain_administrator_has_nothing_of_the_server(desk: Office) -> None:
    browser = desk.browser()
    answer = await browser.log_in("keeper")
    assert answer.json["account"]["domains"] == ["example.test"]
    assert answer.json["scopes"] == ["accounts:read", "accounts:write"]
    for path in (
        "/settings",
        "/queue",
        "/connections",
        "/audit",
        "/audit.csv",
        "/overview",
        "/health",
        "/lockouts",
        "/listeners",
    ):
        assert (await browser.ask("GET", path)).status == 403, path
    assert (await browser.ask("PATCH", "/settings", {"changes": {"smtp.banner": "x"}})).status == 403


async def test_every_answer_carries_the_headers(desk: Office) -> None:
    browser = desk.browser()
    for answer in (
        await browser.ask("GET", "/service"),
        await browser.ask("GET", "/nowhere"),
        await browser.ask("GET", "/settings"),
    ):
        assert "'unsafe" not in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


async def test_a_token_of_a_program_needs_no_cookie_and_has_its_scopes_alone(desk: Office, admin: Browser) -> None:
    made = await admin.ask("POST", "/tokens", {"name": "monitoring", "scopes": ["health:read"], "days": 1})
    assert made.status == 201 and made.json["token"].startswith("prt_")
    program = desk.browser(token=made.json["token"])
    assert (await program.ask("GET", "/health")).status == 200
    assert (await program.ask("GET", "//metrics")).status == 200
    for method, path in (("GET", "/settings"), ("PATCH", "/settings"), ("POST", "/tokens"), ("GET", "/audit")):
        body = {"changes": {"smtp.banner": "x"}} if method == "PATCH" else {"name": "y", "scopes": ["health:read"]}
        assert (await program.ask(method, path, body if method != "GET" else None)).status == 403, path
    await desk.adapters.database.write(lambda transaction: transaction.execute("UPDATE api_token SET expires_at = 1"))
    assert (await program.ask("GET", "/health")).status == 401
    listed = await admin.ask("GET", "/tokens")
    assert [(token["name"], token["scopes"]) for token in listed.json["items"]] == [("monitoring", ["health:read"])]
    assert made.json["token"] not in listed.body.decode()
    assert (await admin.ask("DELETE", f"/tokens/{made.json['id']}")).status == 204
    assert (await admin.ask("DELETE", f"/tokens/{made.json['id']}")).status == 404


async def test_a_domain_administrator_makes_no_token_for_more_and_removes_no_others(
    desk: Office, admin: Browser
) -> None:
    made = await admin.ask("POST", "/tokens", {"name": "all", "scopes": ["settings:read"]})
    keeper = desk.browser()
    await keeper.log_in("keeper")
    assert (await keeper.ask("POST", "/tokens", {"name": "x", "scopes": ["settings:read"]})).status == 403
    assert (await keeper.ask("GET", "/tokens")).json["items"] == []
    assert (await keeper.ask("DELETE", f"/tokens/{made.json['id']}")).status == 404


async def test_metrics_for_a_network_of_the_settings(desk: Office) -> None:
    browser = desk.browser(address="198.51.100.4")
    assert (await browser.ask("GET", "//metrics")).status == 401
    await desk.adapters.settings.change({"console.metrics_networks": ["198.51.100.0/24"]}, "test")
    answer = await browser.ask("GET", "//metrics")
    assert answer.status == 200 and b"postroom_accounts 3.0" in answer.body
    assert isinstance(desk.settings(), Settings)


async def test_a_new_password_of_ones_own(desk: Office, admin: Browser) -> None:
    other = desk.browser()
    await other.log_in()
    new = "another long password"
    for form, status in (
        ({"old": "wrong password", "new": new}, 401),
        ({"old": PASSWORD, "new": "short"}, 422),
        ({"old": PASSWORD, "new": new, "address": "alice@example.test"}, 422),
        ({"old": PASSWORD, "new": new}, 204),
    ):
        assert (await admin.ask("PUT", "/session/password", form)).status == status, form
    assert (await admin.ask("GET", "/session")).status == 200, "who changed it stays logged in"
    assert (await other.ask("GET", "/session")).status == 401
    assert (await desk.browser().log_in()).status == 401
    assert (await desk.browser().log_in(password=new)).status == 200
