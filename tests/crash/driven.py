"""One operation on the real store, again and again, with a fault at step n: `python driven.py OPERATION FAULT:FIRST:STRIDE ...` prints one JSON line for each.

Each run is a forked child on a fresh copy of one small server. It tells when it has acknowledged; afterwards the data is opened without faults and must hold
either what it held before or what the operation makes of it, in each database; what was acknowledged must be there.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import ipaddress
import json
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import structlog

from crash.faults import Disk, Fault, install
from postroom.app import Adapters, DataFolder, Secrets, build_adapters, build_services
from postroom.directory import changes
from postroom.message.summary import summarise
from postroom.model.account import Role
from postroom.model.address import parse_address
from postroom.model.email import Arrival, Column, Source
from postroom.model.envelope import DsnRequest
from postroom.model.errors import MailError, TryLater
from postroom.model.ids import AccountId, SessionId
from postroom.model.keywords import Keywords
from postroom.model.mailbox import INBOX
from postroom.mta.client import NO_OPTIONS, Client
from postroom.net import certificates
from postroom.servers.live import Live
from postroom.store.checks.consistency import UNNAMED_FILE, check_account, check_server
from postroom.store.files.reserve import SIZE

EVERYTHING = ((1, 2**32 - 1),)
LARGE = b"Subject: large\r\n\r\n" + b"0123456789abcd\r\n" * 6000
PEOPLE = ("alice", "bob")


def message(name: str) -> bytes:
    return f"Subject: {name}\r\nMessage-ID: <{name}@example.test>\r\n\r\ntext of {name}\r\n".encode()


# operations


async def mailbox_id_of(adapters: Adapters, name: str = INBOX, who: str = "alice") -> Any:
    found = await adapters.store.mailbox(account_of(adapters, who), name)
    assert found is not None, name
    return found.mailbox_id


def account_of(adapters: Adapters, who: str = "alice") -> AccountId:
    return changes.find_account(adapters.database.read, parse_address(f"{who}@example.test")).account_id


async def _arrival(adapters: Adapters, mailbox_id: Any, data: bytes, *keywords: str) -> tuple[Any, Arrival]:
    staged = adapters.staging.start()
    staged.write(data[: len(data) // 2])
    staged.write(data[len(data) // 2 :])
    content = await staged.finish()
    return staged, Arrival(mailbox_id, content, summarise(data), 1_700_000_000, Source.IMAP, Keywords.of(keywords))


async def append(adapters: Adapters, *sizes: bytes, name: str = INBOX) -> None:
    """As APPEND and MULTIAPPEND do it."""
    mailbox_id = await mailbox_id_of(adapters, name)
    staged, arrivals = [], []
    try:
        for data in sizes or (message("appended"), LARGE):
            one, arrival = await _arrival(adapters, mailbox_id, data)
            staged.append(one)
            arrivals.append(arrival)
        await adapters.store.append(account_of(adapters), arrivals)
    finally:
        for one in staged:
            one.discard()


async def deliver(adapters: Adapters, data: bytes, *recipients: str) -> None:
    live = Live(adapters.settings, adapters.data.certificates)
    reception = build_services(adapters, live, Secrets(bytes(32), bytes(32))).reception
    client = Client(SessionId("driven"), ipaddress.ip_address("127.0.0.1"), "client.test", extended=True)
    transaction = await reception.mail(client, parse_address("s@remote.test"), NO_OPTIONS)
    for recipient in recipients:
        await transaction.recipient(parse_address(f"{recipient}@example.test"), DsnRequest(None, None))
    transaction.start_content()
    try:
        transaction.write(data)
    except MailError:
        transaction.discard()
        raise
    for error in await transaction.finish("driven"):
        if error is not None:
            raise error


async def delivery(adapters: Adapters) -> None:
    await deliver(adapters, message("delivered"), "alice")


async def large_delivery(adapters: Adapters) -> None:
    await deliver(adapters, LARGE, "alice")


async def queued_delivery(adapters: Adapters) -> None:
    """Through a forward to another host: into the queue."""
    await deliver(adapters, LARGE, "away")


async def delivery_to_both(adapters: Adapters) -> None:
    """Two databases, so two commits: what fails in the second waits in the queue (docs/decisions/0002-partial-delivery.md)."""
    await deliver(adapters, message("delivered"), "away", "alice")


async def copy(adapters: Adapters) -> None:
    inbox, work = await mailbox_id_of(adapters), await mailbox_id_of(adapters, "Work")
    await adapters.store.copy(account_of(adapters), inbox, EVERYTHING, work)


async def move(adapters: Adapters) -> None:
    inbox, work = await mailbox_id_of(adapters), await mailbox_id_of(adapters, "Work")
    await adapters.store.move(account_of(adapters), inbox, EVERYTHING, work)


async def expunge(adapters: Adapters) -> None:
    await adapters.store.expunge(account_of(adapters), await mailbox_id_of(adapters), None)


async def rename(adapters: Adapters) -> None:
    await adapters.store.rename_mailbox(account_of(adapters), "Work", "Play/Work")


async def delete(adapters: Adapters) -> None:
    await adapters.store.delete_mailbox(account_of(adapters), "Work/Deep")


async def settings(adapters: Adapters) -> None:
    await adapters.settings.change({"smtp.max_recipients": 777}, "driven")


OPERATIONS: dict[str, Callable[[Adapters], Awaitable[None]]] = {
    "delivery": delivery, "large delivery": large_delivery, "queued delivery": queued_delivery,
    "delivery to both": delivery_to_both, "append": append, "copy": copy, "move": move, "expunge": expunge,
    "rename": rename, "delete": delete, "settings": settings,
}  # fmt: skip


# the server


class Clock:
    def now(self) -> int:
        return 1_700_000_000


async def make(folder: Path) -> None:
    """A server with alice and bob, a forward, and mail small and large."""
    data = DataFolder(folder)
    data.queue.mkdir(parents=True)  # as `postroom setup` does
    adapters = build_adapters(data, must_exist=False)
    await adapters.settings.change({"smtp.server_name": "mail.example.test"}, "test")
    certificates.ensure_self_signed(data.certificates, "mail.example.test", Clock().now())
    proof = changes.credential("a password")
    await adapters.database.write(lambda transaction: changes.add_domain(transaction, "example.test"))
    for name in PEOPLE:
        address = parse_address(f"{name}@example.test")
        account_id = await adapters.database.write(
            lambda transaction, address=address: changes.add_account(transaction, address, proof, Role.USER, "", 0)
        )
        await adapters.store.prepare_account(account_id)
    away, far = parse_address("away@example.test"), parse_address("far@remote.test")
    await adapters.database.write(lambda transaction: changes.add_alias(transaction, away, far))
    alice = account_of(adapters)
    for name in ("Work", "Work/Deep"):
        await adapters.store.create_mailbox(alice, name)
    for name, keywords in ((INBOX, ()), (INBOX, ("$deleted",)), ("Work/Deep", ("$seen", "Later"))):
        mailbox_id = await mailbox_id_of(adapters, name)
        for number in range(2):
            data_ = LARGE + str((name, keywords)).encode() if number else message(f"{name}{len(keywords)}")
            staged, arrival = await _arrival(adapters, mailbox_id, data_, *keywords)
            await adapters.store.append(alice, [arrival])
            staged.discard()
    await adapters.close()


async def state(adapters: Adapters) -> dict[str, Any]:
    """Everything that a mail program or the queue can see, by database; and what is not as it must be."""
    found: dict[str, Any] = {}
    faults = [
        (finding.what, finding.detail)
        for finding in [
            *await check_server(adapters.database, adapters.store.files, adapters.data.queue),
            *[
                one
                for name in PEOPLE
                for one in await check_account(adapters.store.files, account_of(adapters, name), deep=True)
            ],
        ]
        if finding.what != UNNAMED_FILE
    ]
    if faults:
        return {"faults": faults}
    for name in PEOPLE:
        found[name] = await _account_state(adapters, account_of(adapters, name))
    queued = []
    for item in await adapters.queue.items():
        letter = await adapters.queue.letter(item.queue_id)
        assert letter is not None
        content = letter.content.data if letter.content.path is None else Path(letter.content.path).read_bytes()  # noqa: ASYNC240
        queued.append((str(item.recipient.forward_path), hashlib.sha256(content or b"").hexdigest()))
    version, current = adapters.settings.current()
    found["server"] = [queued, version, current.smtp.max_recipients]
    return json.loads(json.dumps(found))


async def _account_state(adapters: Adapters, account_id: AccountId) -> Any:
    columns = (Column.UID, Column.BITS, Column.OTHERS, Column.MOD_SEQ, Column.SIZE, Column.CONTENT, Column.CONTENT_PATH)
    file = await adapters.store.files.get(account_id)
    mailboxes: dict[str, Any] = {}
    for mailbox in await adapters.store.mailboxes(account_id):
        rows = []
        for uid, bits, others, mod_seq, size, content, path in await adapters.store.fetch(
            account_id, mailbox.mailbox_id, EVERYTHING, columns
        ):
            whole = content if path is None else (adapters.store.files.folder(account_id) / path).read_bytes()
            # the fields put in front hold the identifier and the size only: the content is what the client gave
            rows.append((uid, bits, others, mod_seq, size, hashlib.sha256(whole).hexdigest()))
        mailboxes[mailbox.name] = [mailbox.mailbox_id, mailbox.uid_validity, mailbox.uid_next, mailbox.mod_seq, rows]
    expunged = file.read("SELECT mailbox_id, uid, mod_seq FROM expunged ORDER BY mailbox_id, uid")
    counters = file.read("SELECT mod_seq, next_mailbox_id, next_uid_validity FROM account")
    return [mailboxes, expunged, counters, await adapters.store.subscriptions(account_id)]


# one run


def copied(template: Path, folder: Path) -> DataFolder:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder)
    with (folder / "reserve").open("wb") as reserve:
        reserve.truncate(SIZE)
    return DataFolder(folder)


async def _perform(data: DataFolder, operation: str, disk: Disk, tell: Callable[[str], None]) -> None:
    adapters = build_adapters(data)
    await adapters.store.mailboxes(account_of(adapters))
    disk.armed = True
    if disk.fault is None or disk.fault.ends_the_process:
        await OPERATIONS[operation](adapters)
        tell("ack")
        await adapters.close()
        return
    try:
        await OPERATIONS[operation](adapters)
        tell("ack")
    except TryLater as error:
        tell(f"refused {error.meaning.name}")
    # the fault is over: the same process goes on serving
    disk.heal()
    disk.armed = False
    tell("state " + json.dumps(await state(adapters)))
    adapters.database.read("SELECT 1")
    await adapters.close()


def child(data: DataFolder, operation: str, disk: Disk, tell_to: int) -> None:
    def tell(text: str) -> None:
        data_ = text.encode() + b"\n"
        while data_:
            data_ = data_[_write(tell_to, data_) :]

    status = 0
    try:
        kept = install(disk)
        asyncio.run(_perform(data, operation, disk, tell))
        del kept
    except BaseException:  # noqa: BLE001 - told to the parent
        tell("traceback " + json.dumps(traceback.format_exc()[-3000:]))
        status = 1
    if disk.fault is None:
        tell("steps " + json.dumps(disk.steps))
    os._exit(status)


_write = os.write


def run(template: Path, folder: Path, operation: str, fault: Fault | None, at: int) -> dict[str, Any]:
    """What the child told, and the state that a new process finds."""
    data = copied(template, folder)
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        child(data, operation, Disk(fault, at), writing)
    os.close(writing)
    with open(reading, "rb") as told:  # noqa: PTH123 - a pipe
        lines = told.read().decode().splitlines()
    os.waitpid(pid, 0)
    result: dict[str, Any] = {"at": at, "fault": fault.value if fault else None, "ack": False}
    for line in lines:
        word, _, rest = line.partition(" ")
        if word in ("state", "steps", "traceback"):
            result[word] = json.loads(rest)
        else:
            result[word] = rest or True
    result["found"] = asyncio.run(_found(data))
    return result


async def _found(data: DataFolder) -> dict[str, Any]:
    adapters = build_adapters(data)
    try:
        return await state(adapters)
    finally:
        await adapters.close()


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    operation = sys.argv[1]
    # no disk is needed: what was synced is what the faults say
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as temporary:
        template, folder = Path(temporary) / "template", Path(temporary) / "run"
        asyncio.run(make(template))
        before = asyncio.run(_found(copied(template, folder)))
        gc.freeze()  # the pages of what is there now need no copy in each child
        clean = run(template, folder, operation, None, 0)
        print(json.dumps({"before": before, "after": clean["found"], **clean}), flush=True)  # noqa: T201
        for plan in sys.argv[2:]:
            fault, first, stride = plan.split(":")
            for at in range(int(first), len(clean["steps"]) + 1, int(stride)):
                print(json.dumps(run(template, folder, operation, Fault(fault), at)), flush=True)  # noqa: T201


if __name__ == "__main__":
    ThreadPoolExecutor(1).shutdown()  # its module registers a hook at first use; children inherit it
    main()
