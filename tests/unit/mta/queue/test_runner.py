"""The runner: who is tried when and over how many connections; dead hosts keep nobody waiting; nothing is lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path

import pytest
from tests.unit.mta.queue.world import BUSY, DEAD, MESSAGE, SENT, TRACE, UNKNOWN, World

from postroom.directory import changes
from postroom.model.address import parse_address
from postroom.model.envelope import DsnRequest
from postroom.model.relaying.queue import Lease, QueueSelection
from postroom.mta.queue import runner as runner_module
from postroom.mta.queue.local import DELIVERED, LocalHand

HOUR = 3600


async def test_fresh_mail_leaves_at_once_with_one_transaction_for_each_next_hop(queue_world: World) -> None:
    async with queue_world.running():
        await queue_world.enqueue("a@far.test", "b@far.test", "c@other.test")
        await queue_world.until_waiting()
    sent = {
        hop: [str(one.forward_path) for one in parcel.envelope.recipients]
        for hop, parcel in queue_world.carrier.parcels
    }
    assert sent == {"far.test": ["a@far.test", "b@far.test"], "other.test": ["c@other.test"]}
    parcel = queue_world.carrier.parcels[0][1]
    assert parcel.content.data == MESSAGE
    assert parcel.prefix == TRACE
    assert queue_world.carrier.closed == len(queue_world.carrier.opened) == 2


async def test_what_waited_before_the_start_is_taken_up(queue_world: World) -> None:
    await queue_world.enqueue("a@far.test", message=MESSAGE + b"x" * 100_000)
    async with queue_world.running():
        await queue_world.until_waiting()
    assert queue_world.carrier.parcels[0][1].content.path is not None
    assert [path for path in queue_world.adapters.data.queue.rglob("*") if path.is_file()] == []


async def test_who_is_busy_is_tried_again_in_time_and_each_attempt_is_kept(queue_world: World) -> None:
    queue_world.carrier.answer = lambda address: BUSY
    async with queue_world.running() as runner:
        (item,) = await queue_world.enqueue("a@far.test")
        found = await queue_world.until_waiting("a@far.test")
        assert found["a@far.test"].next_attempt_at == queue_world.clock.at + 300
        assert await runner.look() == 0, "it waits its time"
        queue_world.clock.at += 300
        queue_world.carrier.answer = lambda address: SENT
        assert (await queue_world.adapters.queue.attempts(item.queue_id))[0].report.reply == "450 4.2.1 busy"
        assert await runner.look() == 1
        await queue_world.until_waiting()
    assert queue_world.carrier.recipients == ["a@far.test", "a@far.test"]


async def test_recipients_of_one_message_are_decided_each_for_itself(queue_world: World) -> None:
    queue_world.carrier.answer = lambda address: {"good": SENT, "busy": BUSY, "gone": UNKNOWN}[address.local_part]
    async with queue_world.running():
        await queue_world.enqueue("good@far.test", "busy@far.test", "gone@far.test")
        await queue_world.until(lambda: len(queue_world.carrier.parcels) == 1)
        await queue_world.until_waiting("busy@far.test")
    (bounce,) = await queue_world.messages("bob@example.test")
    assert b"gone@far.test" in bounce
    assert b"busy@far.test" not in bounce


async def test_a_message_that_is_refused_goes_back_once_with_the_reply(queue_world: World) -> None:
    queue_world.carrier.answer = lambda address: UNKNOWN
    async with queue_world.running():
        await queue_world.enqueue("gone@far.test", envelope_id="order 7")
        await queue_world.until_waiting()
    (raw,) = await queue_world.messages("bob@example.test")
    bounce = message_from_bytes(raw)
    assert bounce["Return-Path"] == "<>"
    assert bounce["Auto-Submitted"] == "auto-replied"
    text, status, original = bounce.get_payload()  # type: ignore[misc]
    assert "nobody of that name" in text.get_payload()  # type: ignore[union-attr]
    per_message, per_recipient = status.get_payload()  # type: ignore[union-attr,misc]
    assert per_message["Original-Envelope-Id"] == "order+207"  # type: ignore[index,call-overload]
    assert per_recipient["Action"] == "failed"  # type: ignore[index,call-overload]
    assert per_recipient["Status"] == "5.1.1"  # type: ignore[index,call-overload]
    assert per_recipient["Remote-MTA"] == "dns; mx.test"  # type: ignore[index,call-overload]
    assert per_recipient["Diagnostic-Code"] == "smtp; 550 5.1.1 nobody of that name"  # type: ignore[index,call-overload]
    assert (TRACE + MESSAGE).replace(b"\r\n", b"\n").rstrip() in raw.replace(b"\r\n", b"\n")
    assert original.get_content_type() == "message/rfc822"  # type: ignore[union-attr]


@pytest.mark.parametrize("notify", [("NEVER",), ("DELAY", "SUCCESS")])
async def test_who_wants_no_report_gets_none(queue_world: World, notify: tuple[str, ...]) -> None:
    queue_world.carrier.answer = lambda address: UNKNOWN
    async with queue_world.running():
        await queue_world.enqueue("gone@far.test", dsn=DsnRequest(notify))
        await queue_world.until_waiting()
    assert await queue_world.messages("bob@example.test") == []


async def test_a_report_is_never_reported(queue_world: World) -> None:
    queue_world.carrier.answer = lambda address: UNKNOWN
    async with queue_world.running():
        await queue_world.enqueue("gone@far.test", sender=None)
        await queue_world.until_waiting()


async def test_the_sender_hears_of_a_delay_once_and_of_the_end_after_five_days(queue_world: World) -> None:
    queue_world.carrier.answer = lambda address: BUSY
    async with queue_world.running() as runner:
        await queue_world.enqueue("a@far.test")
        await queue_world.until_waiting("a@far.test")
        for step in range(1, 12):
            queue_world.clock.at += 5 * HOUR
            await runner.look()
            await queue_world.until(lambda step=step: len(queue_world.carrier.parcels) == step + 1)
            await runner.look()
            await queue_world.until_waiting("a@far.test")
        (warning,) = await queue_world.messages("bob@example.test")
        assert b"Action: delayed" in warning
        assert b"Will-Retry-Until: " in warning
        assert b"hello" not in warning, "only the header is returned"
        queue_world.clock.at += 110 * HOUR
        await runner.look()
        await queue_world.until_waiting()
        _, end = await queue_world.messages("bob@example.test")
        assert b"Action: failed" in end
        assert b"Status: 4.4.7" in end


async def test_success_is_reported_where_it_is_asked_for(queue_world: World) -> None:
    async with queue_world.running():
        await queue_world.enqueue("a@far.test", dsn=DsnRequest(("SUCCESS",), "rfc822;wrote@far.test"))
        await queue_world.until_waiting()
    (report,) = await queue_world.messages("bob@example.test")
    assert b"Action: relayed" in report
    assert b"Original-Recipient: rfc822; wrote@far.test" in report


async def test_a_server_that_reports_itself_is_left_to_it(queue_world: World) -> None:
    queue_world.carrier.answer = lambda address: replace(SENT, takes_dsn=True)
    async with queue_world.running():
        await queue_world.enqueue("a@far.test", dsn=DsnRequest(("SUCCESS",)))
        await queue_world.until_waiting()
    assert await queue_world.messages("bob@example.test") == []


async def test_a_dead_host_rests_and_its_backlog_is_put_off_without_trying(queue_world: World) -> None:
    for number in range(30):
        await queue_world.enqueue(f"r{number}@dead.test")
    queue_world.carrier.answer = lambda address: DEAD if address.domain == "dead.test" else SENT
    async with queue_world.running() as runner:
        await queue_world.until(lambda: len(queue_world.carrier.parcels) >= 1)
        names = [f"r{number}@dead.test" for number in range(30)]
        found = await queue_world.until_waiting(*names)
        assert {item.attempts for item in found.values()} == {1}
        assert {item.last_reply for item in found.values()} == {DEAD.reply}
        tried = len(queue_world.carrier.parcels)
        assert tried <= 5, "at most one for each connection that was open then"
        await queue_world.enqueue("late@dead.test")
        await queue_world.enqueue("quick@alive.test")
        await queue_world.until(lambda: "quick@alive.test" in queue_world.carrier.recipients)
        await runner.look()
        found = await queue_world.until_waiting(*names, "late@dead.test")
        assert found["late@dead.test"].attempts == 1
        assert "late@dead.test" not in queue_world.carrier.recipients


async def test_after_its_rest_one_message_tries_and_the_others_follow(
    queue_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "REST_SECONDS", 0.05)
    queue_world.carrier.answer = lambda address: DEAD
    async with queue_world.running() as runner:
        for number in range(6):
            await queue_world.enqueue(f"r{number}@dead.test")
        await queue_world.until_waiting(*(f"r{number}@dead.test" for number in range(6)))
        queue_world.clock.at += HOUR
        await asyncio.sleep(0.15)
        queue_world.carrier.parcels.clear()
        queue_world.carrier.most_at_once = 0
        gate = asyncio.Event()
        queue_world.carrier.answer = lambda address: SENT
        queue_world.carrier.gate = lambda hop: gate
        assert await runner.look() == 6
        await queue_world.until(lambda: queue_world.carrier.at_once == 1)
        await asyncio.sleep(0.05)
        assert queue_world.carrier.at_once == 1, "one tries whether it is back"
        gate.set()
        await queue_world.until_waiting()


async def test_an_operator_wakes_a_hop_that_rests(queue_world: World) -> None:
    queue_world.carrier.answer = lambda address: DEAD
    async with queue_world.running() as runner:
        await queue_world.enqueue("a@dead.test", "b@dead.test")
        await queue_world.until_waiting("a@dead.test", "b@dead.test")
        queue_world.carrier.answer = lambda address: SENT
        queue_world.clock.at += 300
        assert await runner.look() == 2, "put off again: the hop rests"
        await queue_world.until_waiting("a@dead.test", "b@dead.test")
        assert len(queue_world.carrier.parcels) == 1
        await queue_world.adapters.queue.retry(QueueSelection())
        assert await runner.look() == 2
        await queue_world.until_waiting()


async def test_a_slow_host_has_its_connections_and_no_more(queue_world: World) -> None:
    gate = asyncio.Event()
    queue_world.carrier.gate = lambda hop: gate if hop == "slow.test" else None
    async with queue_world.running():
        for number in range(20):
            await queue_world.enqueue(f"r{number}@slow.test")
        await queue_world.until(lambda: queue_world.carrier.at_once == 5)
        await queue_world.enqueue("quick@alive.test")
        await queue_world.until(lambda: "quick@alive.test" in queue_world.carrier.recipients)
        assert queue_world.carrier.opened.count("slow.test") == 5
        gate.set()
        await queue_world.until_waiting()
    assert queue_world.carrier.opened.count("slow.test") < 20, (
        "connections are used again, and more are opened one by one"
    )


async def test_a_host_that_defers_gets_no_more_connections(queue_world: World) -> None:
    queue_world.carrier.answer = lambda address: BUSY
    async with queue_world.running():
        names = [f"r{number}@far.test" for number in range(30)]
        for name in names:
            await queue_world.enqueue(name)
        await queue_world.until_waiting(*names)
    assert queue_world.carrier.most_at_once <= 5


async def test_old_failures_take_half_of_the_connections_at_most(queue_world: World) -> None:
    queue_world.relay = queue_world.relay.model_copy(update={"connections": 4})
    queue_world.carrier.answer = lambda address: BUSY
    gate = asyncio.Event()
    async with queue_world.running() as runner:
        hosts = [f"r@slow{number}.test" for number in range(8)]
        await queue_world.enqueue(*hosts)
        await queue_world.until_waiting(*hosts)
        await queue_world.until(lambda: runner.connections == 0)
        queue_world.clock.at += HOUR
        queue_world.carrier.gate = lambda hop: gate if hop.startswith("slow") else None
        queue_world.carrier.answer = lambda address: SENT
        assert await runner.look() == 8
        await queue_world.until(lambda: queue_world.carrier.at_once == 2)
        await queue_world.enqueue("quick@alive.test")
        await queue_world.until(lambda: "quick@alive.test" in queue_world.carrier.recipients)
        assert queue_world.carrier.at_once == 2
        gate.set()
        await queue_world.until_waiting()


async def test_two_workers_share_by_leases(queue_world: World) -> None:
    gate = asyncio.Event()
    queue_world.carrier.gate = lambda hop: gate
    async with queue_world.running("worker-0", 2) as first, queue_world.running("worker-1", 2) as second:
        names = [f"r{number}@far.test" for number in range(12)]
        for name in names:
            await queue_world.enqueue(name)
        assert await first.look() + await second.look() == 0, "all are at work under a lease"
        await queue_world.until(lambda: queue_world.carrier.at_once == 3)
        gate.set()
        await queue_world.until_waiting()
    assert sorted(queue_world.carrier.recipients) == sorted(names), "each exactly once"


async def test_a_dead_workers_recipients_are_taken_up_when_its_leases_run_out(queue_world: World) -> None:
    store = queue_world.adapters.queue
    await queue_world.enqueue("a@far.test", "b@far.test")
    now = queue_world.clock.at
    assert len(await store.claim("far.test", Lease("worker-7", now + 300), now, 1)) == 1
    async with queue_world.running("worker-0") as runner:
        await queue_world.until_waiting("a@far.test", idle=False)
        assert await runner.look() == 0
        queue_world.clock.at += 300
        assert await runner.look() == 1
        await queue_world.until_waiting()


async def test_a_worker_that_is_back_takes_up_its_own_at_once(queue_world: World) -> None:
    store = queue_world.adapters.queue
    await queue_world.enqueue("a@far.test")
    now = queue_world.clock.at
    assert len(await store.claim("far.test", Lease("worker-0", now + 300), now, 1)) == 1
    async with queue_world.running("worker-0"):
        await queue_world.until_waiting()


async def test_a_lease_at_work_is_renewed(queue_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "RENEW_EVERY", 0.01)
    gate = asyncio.Event()
    queue_world.carrier.gate = lambda hop: gate
    async with queue_world.running():
        (item,) = await queue_world.enqueue("a@far.test")
        queue_world.clock.at += 250
        async with asyncio.timeout(10):
            while (await queue_world.waiting())["a@far.test"].leased_until < item.leased_until + 250:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        gate.set()
        await queue_world.until_waiting()


async def test_a_number_is_never_given_twice(queue_world: World) -> None:
    async with queue_world.running():
        (first,) = await queue_world.enqueue("a@far.test")
        await queue_world.until_waiting()
        (second,) = await queue_world.enqueue("a@far.test")
        assert (second.queue_id > first.queue_id, second.message_id > first.message_id) == (True, True)
        await queue_world.until_waiting()


async def test_held_and_deleted_recipients_are_not_tried(queue_world: World) -> None:
    store = queue_world.adapters.queue
    (held,) = await queue_world.enqueue("held@far.test")
    await queue_world.enqueue("gone@far.test")
    assert await store.hold(QueueSelection([held.queue_id]), held=True) == 1
    assert await store.delete(QueueSelection(recipient="gone@far.test")) == 1
    async with queue_world.running() as runner:
        assert await runner.look() == 0
        assert await store.hold(QueueSelection(), held=False) == 1
        assert await runner.look() == 1
        await queue_world.until_waiting()
    assert queue_world.carrier.recipients == ["held@far.test"]


async def test_while_sending_is_off_mail_waits_and_our_own_is_delivered(queue_world: World) -> None:
    queue_world.relay = queue_world.relay.model_copy(update={"enabled": False})
    async with queue_world.running() as runner:
        await queue_world.enqueue("a@far.test")
        await queue_world.enqueue("alice@example.test")
        await queue_world.until_waiting("a@far.test")
        assert await runner.look() == 0
        queue_world.relay = queue_world.relay.model_copy(update={"enabled": True})
        assert await runner.look() == 1
        await queue_world.until_waiting()


async def test_retry_now_does_not_wait(queue_world: World) -> None:
    queue_world.carrier.answer = lambda address: BUSY
    async with queue_world.running() as runner:
        await queue_world.enqueue("a@far.test", "b@other.test")
        await queue_world.until_waiting("a@far.test", "b@other.test")
        queue_world.carrier.answer = lambda address: SENT
        assert await queue_world.adapters.queue.retry(QueueSelection(recipient="far.test")) == 1
        assert await runner.look() == 1
        await queue_world.until_waiting("b@other.test")


async def test_scheduled_mail_leaves_at_its_time(queue_world: World) -> None:
    async with queue_world.running() as runner:
        await queue_world.enqueue("a@far.test", "alice@example.test", release_at=queue_world.clock.at + 30 * 86_400)
        queue_world.clock.at += 30 * 86_400 - 1
        assert await runner.look() == 0
        queue_world.clock.at += 1
        assert await runner.look() == 2
        await queue_world.until_waiting()
    assert len(await queue_world.messages("alice@example.test")) == 1


async def test_a_mailbox_that_failed_is_tried_again_and_has_the_message_once(queue_world: World) -> None:
    queue_world.delivery.failures = 1
    async with queue_world.running() as runner:
        await queue_world.enqueue("alice@example.test")
        await queue_world.until_waiting("alice@example.test")
        queue_world.clock.at += 300
        assert await runner.look() == 1
        await queue_world.until_waiting()
    (message,) = await queue_world.messages("alice@example.test")
    assert message.endswith(TRACE + MESSAGE)


async def test_a_name_that_is_gone_goes_back_and_one_that_leads_elsewhere_goes_there(queue_world: World) -> None:
    away, far = parse_address("away@example.test"), parse_address("friend@far.test")
    database = queue_world.adapters.database
    await database.write(lambda transaction: changes.add_alias(transaction, away, far))
    async with queue_world.running() as runner:
        await queue_world.enqueue("gone@example.test", "away@example.test")
        for _ in range(5):
            await runner.look()
            await asyncio.sleep(0.02)
        await queue_world.until_waiting()
    assert queue_world.carrier.recipients == ["friend@far.test"]
    (bounce,) = await queue_world.messages("bob@example.test")
    assert b"Final-Recipient: rfc822; gone@example.test" in bounce


async def test_what_is_on_its_way_when_the_server_stops_is_ended(queue_world: World) -> None:
    gate = asyncio.Event()
    queue_world.carrier.gate = lambda hop: gate
    async with queue_world.running():
        for number in range(8):
            await queue_world.enqueue(f"r{number}@far.test")
        await queue_world.until(lambda: queue_world.carrier.at_once == 5)
        asyncio.get_running_loop().call_later(0.05, gate.set)
    found = await queue_world.waiting()
    assert len(found) == 3, "what had begun was ended, the rest waits"
    assert not any(item.leased_until for item in found.values()), "and nobody is at it"


async def test_a_carrier_that_breaks_costs_a_line_of_log_and_no_mail(queue_world: World) -> None:
    def broken(address: object) -> None:
        raise RuntimeError("broken")

    queue_world.carrier.answer = broken  # type: ignore[assignment]
    async with queue_world.running():
        await queue_world.enqueue("a@far.test")
        await queue_world.until(lambda: len(queue_world.carrier.parcels) == 1)
    assert set(await queue_world.waiting()) == {"a@far.test"}


async def test_all_mail_takes_the_smart_host(queue_world: World) -> None:
    queue_world.carrier.hop = lambda domain: "[smart.test]"
    async with queue_world.running():
        await queue_world.enqueue("a@far.test", "b@other.test", "alice@example.test")
        await queue_world.until_waiting()
    ((hop, parcel),) = queue_world.carrier.parcels
    assert hop == "[smart.test]"
    assert len(parcel.envelope.recipients) == 2


async def test_a_crash_between_the_reply_and_the_mark_costs_one_duplicate(queue_world: World, tmp_path: Path) -> None:
    gate = asyncio.Event()
    queue_world.carrier.gate = lambda hop: gate
    async with queue_world.running():
        await queue_world.enqueue("a@far.test")
        await queue_world.until(lambda: queue_world.carrier.at_once == 1)
        # another start of the same worker: what the dead one had is free at once
        queue_world.carrier.gate = lambda hop: None
        async with queue_world.running() as again:
            await again.look()
            await queue_world.until_waiting()
        gate.set()
    assert queue_world.carrier.recipients == ["a@far.test"] * 2


async def test_a_crash_between_delivery_here_and_its_mark_doubles_nothing(queue_world: World) -> None:
    (item,) = await queue_world.enqueue("alice@example.test")
    letter = await queue_world.adapters.queue.letter(item.message_id)
    assert letter is not None
    hand = LocalHand(queue_world.adapters.directory, queue_world.delivery)
    assert await hand.attempt(item, letter) == DELIVERED
    async with queue_world.running():  # nothing was marked
        await queue_world.until_waiting()
    assert len(await queue_world.messages("alice@example.test")) == 1


async def test_what_is_enqueued_while_the_runner_ends_waits_for_the_next_one(queue_world: World) -> None:
    async with queue_world.running() as runner:
        pass
    items = await queue_world.enqueue("a@far.test")
    runner.take(items)
    assert set(await queue_world.waiting()) == {"a@far.test"}
    async with queue_world.running():
        await queue_world.until_waiting()
    assert queue_world.carrier.recipients == ["a@far.test"]
