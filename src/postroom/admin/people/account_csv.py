"""Accounts as a table (CSV, RFC 4180): export, a preview of what an import would do line by line, and the import.

An import adds and changes, and removes nothing; an empty field leaves what is there. Who is added without a password can't log in until one is set, so that no list
of passwords is about. Started again after it was stopped, it finds what is done already and goes on with the rest.
"""

from __future__ import annotations

import asyncio
import csv
import enum
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace

from postroom.admin.operator import Operator, Scope
from postroom.admin.people import bounds
from postroom.admin.people.accounts import Accounts
from postroom.admin.people.aliases import Aliases
from postroom.admin.ports.accounts import AccountStore, Progress
from postroom.model.account import Role
from postroom.model.address import Address, parse_address
from postroom.model.administration import (
    MAX_LISTED,
    UNCHANGED,
    AccountChange,
    AccountRow,
    Known,
    NewAccount,
    Selection,
    Unchanged,
)
from postroom.model.errors import Conflict, MailError, Malformed, NotFound, OverLimit

COLUMNS = ("address", "name", "quota", "role", "password", "disabled", "aliases")
MAX_FILE = 10 * 1024 * 1024  # octets: 50,000 lines of 200
MAX_ROWS = 50_000
MAX_FIELD = 1024  # octets, as long as the longest password
_AT_ONCE = 200  # lines that are looked up together
_SIDE_BY_SIDE = 8  # changes whose commits share a sync of the disk
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")  # what a spreadsheet would compute; ' since it is the mark itself
_ROLES = {"user": Role.USER, "administrator": Role.ADMINISTRATOR, "domain-administrator": Role.DOMAIN_ADMINISTRATOR}
_SWITCH = {"yes": True, "true": True, "1": True, "on": True, "no": False, "false": False, "0": False, "off": False}


class Action(enum.StrEnum):
    ADD = "add"
    CHANGE = "change"
    SAME = "same"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a line. `changes` names fields; `error` says why nothing is done."""

    line: int
    address: str
    action: Action
    changes: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A line that could be read."""

    line: int
    address: Address
    name: str
    quota: int | Unchanged | None
    role: Role | Unchanged
    password: str = field(repr=False)
    is_disabled: bool | Unchanged
    aliases: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    outcome: Outcome
    wanted: _Wanted | None = None
    row: AccountRow | None = None
    change: AccountChange | None = None
    aliases: tuple[Address, ...] = ()


class AccountTable:
    """One per process."""

    def __init__(self, store: AccountStore, accounts: Accounts, aliases: Aliases) -> None:
        self._store = store
        self._accounts = accounts
        self._aliases = aliases

    async def preview(self, operator: Operator, data: bytes) -> list[Outcome]:
        """Nothing is changed. Raises Malformed where it is no such table, OverLimit, NotPermitted."""
        operator.require(Scope.ACCOUNTS_READ)
        return [step.outcome async for steps in self._planned(operator, await _read(data)) for step in steps]

    async def apply(self, operator: Operator, data: bytes, progress: Progress) -> list[Outcome]:
        """What was done, or why not; other lines go on. Raises as `preview`."""
        operator.require(Scope.ACCOUNTS_WRITE)
        lines = await _read(data)
        outcomes: list[Outcome] = []
        progress(0, len(lines))
        async for steps in self._planned(operator, lines):
            for at in range(0, len(steps), _SIDE_BY_SIDE):
                async with asyncio.TaskGroup() as group:
                    running = [group.create_task(self._do(operator, step)) for step in steps[at : at + _SIDE_BY_SIDE]]
                outcomes += [task.result() for task in running]
                progress(len(outcomes), len(lines))
        return outcomes

    async def export(self, operator: Operator, domain: str | None = None) -> AsyncIterator[str]:
        """Lines of the table, without passwords; in the order in which accounts were added, so that none is told twice."""
        operator.require(Scope.ACCOUNTS_READ)
        yield _line(COLUMNS)
        offset = 0
        while True:
            selection = Selection(sort="created_at", offset=offset, limit=MAX_LISTED)
            if domain is not None:
                operator.require_domain(domain)
            domains = frozenset([domain]) if domain is not None else operator.domains
            found = await self._store.accounts(replace(selection, domains=domains))
            for row in found.items:
                yield _line(_fields(row))
            offset += len(found.items)
            if not found.items or offset >= found.total:
                return

    async def _planned(self, operator: Operator, lines: Sequence[_Wanted | Outcome]) -> AsyncIterator[list[_Step]]:
        seen: set[str] = set()
        for at in range(0, len(lines), _AT_ONCE):
            part = lines[at : at + _AT_ONCE]
            named = [one.address for one in part if isinstance(one, _Wanted)]
            known = await self._store.known(
                [*named, *(a for one in part if isinstance(one, _Wanted) for a in one.aliases)]
            )
            yield [_Step(one) if isinstance(one, Outcome) else self._step(operator, one, known, seen) for one in part]

    def _step(self, operator: Operator, wanted: _Wanted, known: Known, seen: set[str]) -> _Step:
        try:
            if wanted.password:
                self._store.check_password(wanted.password)
            _check(operator, wanted, known, seen)
        except MailError as error:
            return _Step(Outcome(wanted.line, str(wanted.address), Action.ERROR, error=error.public))
        return _plan(wanted, known)

    async def _do(self, operator: Operator, step: _Step) -> Outcome:
        wanted, outcome = step.wanted, step.outcome
        if wanted is None or outcome.action is Action.ERROR:
            return outcome
        try:
            if step.row is None:
                await self._accounts.add(operator, _new(wanted))
            else:
                if step.change is not None:
                    await self._accounts.change(operator, step.row.account.account_id, step.change)
                if not isinstance(wanted.quota, Unchanged) and "quota" not in outcome.changes:
                    # stopped between the row and its mail store, an import must bring the quota there when it goes on
                    await self._accounts.keep_quota(step.row.account)
            for alias in step.aliases:
                await self._aliases.add(operator, alias, wanted.address)
        except MailError as error:
            return replace(outcome, action=Action.ERROR, changes=(), error=error.public)
        return outcome


def _check(operator: Operator, wanted: _Wanted, known: Known, seen: set[str]) -> None:
    """Raises what the import would be refused for."""
    key = wanted.address.key
    row = known.accounts.get(key)
    if key in seen:
        raise Conflict("this address stands in a line above already")
    seen.add(key)
    operator.require_address(wanted.address)
    if wanted.address.domain not in known.domains:
        raise NotFound(f"there is no domain {wanted.address.domain}")
    role = row.account.role if row is not None else Role.USER
    if role is not Role.USER or wanted.role not in (UNCHANGED, role):
        operator.require_everything()
    if key in known.taken:
        raise Conflict(f"the address {wanted.address} is an alias or a group")
    held = {address.key for address in row.aliases} if row is not None else set()
    for alias in wanted.aliases:
        operator.require_address(alias)
        if alias.domain not in known.domains:
            raise NotFound(f"aliases: there is no domain {alias.domain}")
        if alias.key not in held and (alias.key in known.taken or alias.key in known.accounts or alias.key == key):
            raise Conflict(f"aliases: the address {alias} is taken")


def _plan(wanted: _Wanted, known: Known) -> _Step:
    row = known.accounts.get(wanted.address.key)
    held = {address.key for address in row.aliases} if row is not None else set()
    aliases = tuple(alias for alias in wanted.aliases if alias.key not in held)
    if row is None:
        given = tuple(name for name in ("name", "quota", "role", "disabled", "aliases") if _is_given(wanted, name))
        return _Step(Outcome(wanted.line, str(wanted.address), Action.ADD, given), wanted, None, aliases=aliases)
    change, changes = _difference(wanted, row)
    if aliases:
        changes.append("aliases")
    action = Action.CHANGE if changes else Action.SAME
    changed = None if change == AccountChange() else change
    return _Step(Outcome(wanted.line, str(wanted.address), action, tuple(changes)), wanted, row, changed, aliases)


def _difference(wanted: _Wanted, row: AccountRow) -> tuple[AccountChange, list[str]]:
    account, change = row.account, AccountChange()
    changes: list[str] = []
    if wanted.name and wanted.name != account.display_name:
        change, changes = replace(change, display_name=wanted.name), [*changes, "name"]
    if not isinstance(wanted.quota, Unchanged) and wanted.quota != account.quota:
        change, changes = replace(change, quota=wanted.quota), [*changes, "quota"]
    if not isinstance(wanted.role, Unchanged) and wanted.role is not account.role:
        change, changes = replace(change, role=wanted.role), [*changes, "role"]
    if wanted.password:
        change, changes = replace(change, password=wanted.password), [*changes, "password"]
    if not isinstance(wanted.is_disabled, Unchanged) and wanted.is_disabled != account.is_disabled:
        change, changes = replace(change, is_disabled=wanted.is_disabled), [*changes, "disabled"]
    return change, changes


def _is_given(wanted: _Wanted, name: str) -> bool:
    values = {"name": wanted.name, "quota": wanted.quota, "role": wanted.role, "disabled": wanted.is_disabled}
    return values.get(name, wanted.aliases) not in (UNCHANGED, "", (), False)


def _new(wanted: _Wanted) -> NewAccount:
    return NewAccount(
        wanted.address,
        wanted.password or None,
        wanted.name,
        Role.USER if isinstance(wanted.role, Unchanged) else wanted.role,
        wanted.quota,
        is_disabled=wanted.is_disabled is True,
    )


async def _read(data: bytes) -> list[_Wanted | Outcome]:
    """In a thread: a large table takes a second."""
    return await asyncio.to_thread(read_table, data)


def read_table(data: bytes) -> list[_Wanted | Outcome]:
    """Lines that can't be read are errors among the others. Raises Malformed, OverLimit."""
    if len(data) > MAX_FILE:
        raise OverLimit(f"the table has at most {MAX_FILE} octets")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"the table is not UTF-8 text: octet {error.start}") from None
    first = text.split("\n", 1)[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True
    )
    lines: list[_Wanted | Outcome] = []
    try:
        header = _header(next(reader, []))
        for fields in reader:
            if not any(one.strip() for one in fields):
                continue
            if len(lines) >= MAX_ROWS:
                raise OverLimit(f"the table has at most {MAX_ROWS} lines; import it in parts")
            lines.append(_read_line(header, fields, reader.line_num))
    except csv.Error as error:
        raise Malformed(f"line {reader.line_num}: this is no CSV ({error})") from None
    return lines


def _header(fields: Sequence[str]) -> list[str]:
    names = [one.strip().lower() for one in fields]
    if "address" not in names or len(set(names)) != len(names) or not set(names) <= set(COLUMNS):
        raise Malformed(f"the first line names the columns, address and any of: {', '.join(COLUMNS[1:])}; each once")
    return names


def _read_line(header: Sequence[str], fields: Sequence[str], line: int) -> _Wanted | Outcome:
    try:
        if len(fields) != len(header):
            raise Malformed(f"{len(header)} fields are wanted, there are {len(fields)}")
        for name, value in zip(header, fields, strict=True):
            if len(value.encode("utf-8", "surrogatepass")) > MAX_FIELD:
                raise Malformed(f"{name}: at most {MAX_FIELD} octets")
        return _wanted({name: _plain(value) for name, value in zip(header, fields, strict=True)}, line)
    except MailError as error:
        shown = fields[header.index("address")] if header.index("address") < len(fields) else ""
        return Outcome(line, shown.strip()[:320], Action.ERROR, error=error.public)


def _wanted(fields: dict[str, str], line: int) -> _Wanted:
    """Raises Malformed naming the field."""

    def given(name: str) -> str:
        return fields.get(name, "").strip()

    role, disabled = given("role").lower().replace(" ", "-"), given("disabled").lower()
    if role and role not in _ROLES:
        raise Malformed(f"role: one of {', '.join(_ROLES)}")
    if disabled and disabled not in _SWITCH:
        raise Malformed("disabled: yes or no")
    return _Wanted(
        line,
        parse_address(given("address")),
        bounds.text("name", given("name")),
        _quota(given("quota").lower()),
        _ROLES[role] if role else UNCHANGED,
        fields.get("password", ""),
        _SWITCH[disabled] if disabled else UNCHANGED,
        tuple(parse_address(one) for one in given("aliases").split()),
    )


def _quota(text: str) -> int | Unchanged | None:
    if not text:
        return UNCHANGED
    if text == "none":
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Malformed("quota: octets, or none")
    return bounds.octets("quota", int(text))


def _plain(value: str) -> str:
    """Without the mark of `_safe`."""
    return value[1:] if value.startswith("'") and value[1:].startswith(_FORMULA) else value


def _safe(value: str) -> str:
    """A spreadsheet shows it and computes nothing."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _fields(row: AccountRow) -> Iterator[str]:
    account = row.account
    yield str(account.address)
    yield account.display_name
    yield "none" if account.quota is None else str(account.quota)
    yield account.role.value.replace(" ", "-")
    yield ""
    yield "yes" if account.is_disabled else "no"
    yield " ".join(str(alias) for alias in row.aliases)


def _line(fields: Sequence[str] | Iterator[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([_safe(one) for one in fields])
    return text.getvalue()
