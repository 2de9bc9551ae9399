"""`postroom queue`: what waits for other servers; hold, release, try again, delete."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from postroom.admin.queue import Action
from postroom.cli import output
from postroom.cli.root import data_option, group_data_option, json_option
from postroom.model.errors import NotFound
from postroom.model.ids import QueueId
from postroom.model.relaying.queue import QueueSelection

if TYPE_CHECKING:
    from postroom.admin.queue import Shown
    from postroom.app import Adapters
    from postroom.model.relaying.queue import Attempt, QueuedLetter, QueueItem

F = TypeVar("F", bound=Callable[..., Any])
_MOST = 10_000  # recipients listed at once


@click.group()
@group_data_option
def queue() -> None:
    """List, show, hold, release, retry, delete messages that wait."""


def selecting(function: F) -> F:
    """Which recipients are meant: by number, or by conditions that must all hold."""
    for option in (
        click.option("--all", "everything", is_flag=True, help="All that wait."),
        click.option("--sender", default="", help="Of this sender: an address, a domain, or <> for reports."),
        click.option("--recipient", default="", help="For this recipient: an address or a domain."),
        click.argument("numbers", nargs=-1, type=click.IntRange(min=1)),
    ):
        function = option(function)
    return function


def _selection(numbers: tuple[int, ...], recipient: str, sender: str, everything: bool) -> QueueSelection:
    """Raises UsageError where nothing is named, so that a forgotten word never means all."""
    if everything == bool(numbers or recipient or sender):
        raise click.UsageError("which ones? Give numbers (see postroom queue list), --recipient, --sender, or --all")
    return QueueSelection([QueueId(number) for number in numbers], recipient, sender)


@queue.command("list")
@click.option("--recipient", default="", help="Only for this recipient: an address or a domain.")
@click.option("--sender", default="", help="Only of this sender: an address, a domain, or <> for reports.")
@click.option("--held", is_flag=True, help="Only what is held.")
@data_option
@json_option
def list_queue(recipient: str, sender: str, held: bool, data: Path, as_json: bool) -> None:
    """List the recipients that wait, in the order in which they came."""
    from postroom.cli.opened import run

    selection = QueueSelection(recipient=recipient, sender=sender, held=True if held else None)

    async def work(adapters: Adapters) -> tuple[list[QueueItem], int, int, bool]:
        items = await adapters.queue.items(selection, _MOST)
        _, settings = adapters.settings.current()
        return items, await adapters.queue.count(), adapters.clock.now(), settings.relay.enabled

    items, count, now, is_on = run(data, work)
    if as_json:
        output.as_json([_plain(item) for item in items])
        return
    rows = [
        (
            item.queue_id,
            str(item.reverse_path or "<>"),
            str(item.recipient.forward_path),
            output.size(item.size),
            output.span(now - item.queued_at),
            item.attempts,
            _state(item, now),
            item.last_reply,
        )
        for item in items
    ]
    columns = ("No.", "Sender", "Recipient", "Size", "Age", "Tries", "Next", "Last reply")
    output.table(f"Queue ({count})", columns, rows, "Nothing waits.")
    if not is_on:
        click.echo("Sending to other servers is off: postroom settings set relay.enabled on")
    if count > len(items) == _MOST:
        click.echo(f"The first {_MOST} are shown.")


@queue.command("show")
@click.argument("number", type=click.IntRange(min=1))
@click.option("--message", is_flag=True, help="Write the whole message as it will be sent, and nothing else.")
@data_option
@json_option
def show(number: int, message: bool, data: Path, as_json: bool) -> None:
    """Show recipient NUMBER: its message, the other recipients, each attempt with its reply."""
    from postroom.app.operating import queue_admin
    from postroom.cli.opened import operator, run

    async def work(adapters: Adapters) -> tuple[Shown, int]:
        try:
            found = await queue_admin(adapters).show(operator(), QueueId(number))
        except NotFound as error:
            raise click.UsageError(error.public) from None
        return found, adapters.clock.now()

    shown, now = run(data, work)
    if message:
        _write(shown.letter)
    elif as_json:
        output.as_json(
            {
                **_plain(shown.item),
                "recipients": [_plain(other) for other in shown.recipients],
                "attempts": [_plain_attempt(attempt) for attempt in shown.attempts],
                "header": shown.header,
            }
        )
    else:
        _show(shown.item, shown.recipients, shown.attempts, now)
        click.echo("Header of the message\n")
        click.echo(shown.header)


def _show(item: QueueItem, others: list[QueueItem], attempts: list[Attempt], now: int) -> None:
    click.echo(f"Number {item.queue_id}, message {item.message_id}, {output.size(item.size)}")
    click.echo(f"Sender: {item.reverse_path or '<> (a report)'}")
    click.echo(f"Came: {output.moment(item.queued_at)} ({output.span(now - item.queued_at)} ago)")
    if item.release_at > now:
        click.echo(f"Not before: {output.moment(item.release_at)}")
    if item.warned_at:
        click.echo(f"Sender told of the delay: {output.moment(item.warned_at)}")
    rows = [(one.queue_id, str(one.recipient.forward_path), one.attempts, _state(one, now)) for one in others]
    output.table(f"Recipients that wait ({len(rows)})", ("No.", "Recipient", "Tries", "Next"), rows, "")
    tries = [
        (
            output.moment(attempt.at),
            attempt.report.host or "-",
            attempt.report.tls or "clear" if attempt.report.host else "-",
            attempt.report.status,
            attempt.report.reply,
        )
        for attempt in attempts
    ]
    columns = ("When", "Server", "TLS", "Status", "Reply")
    output.table(f"Attempts for number {item.queue_id}", columns, tries, "It has not been tried yet.")


@queue.command("hold")
@selecting
@data_option
def hold(numbers: tuple[int, ...], recipient: str, sender: str, everything: bool, data: Path) -> None:
    """Try these no more until they are released. What is being sent at this moment is not called back."""
    selection = _selection(numbers, recipient, sender, everything)
    _change(data, selection, Action.HOLD, "Held")


@queue.command("release")
@selecting
@data_option
def release(numbers: tuple[int, ...], recipient: str, sender: str, everything: bool, data: Path) -> None:
    """Go on with what was held."""
    selection = _selection(numbers, recipient, sender, everything)
    _change(data, selection, Action.RELEASE, "Released")


@queue.command("retry")
@selecting
@data_option
def retry(numbers: tuple[int, ...], recipient: str, sender: str, everything: bool, data: Path) -> None:
    """Try these now, whatever the schedule says; held ones stay held."""
    selection = _selection(numbers, recipient, sender, everything)
    _change(data, selection, Action.RETRY, "Due now")


@queue.command("delete")
@selecting
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
def delete(numbers: tuple[int, ...], recipient: str, sender: str, everything: bool, yes: bool, data: Path) -> None:
    """Remove these for ever, without a word to their senders."""
    selection = _selection(numbers, recipient, sender, everything)
    if not yes and not numbers:
        click.confirm("Delete all that are meant, without a word to their senders?", abort=True)
    _change(data, selection, Action.DELETE, "Deleted")


def _change(data: Path, selection: QueueSelection, action: Action, done: str) -> None:
    from postroom.app.operating import queue_admin
    from postroom.cli.opened import operator, run

    async def work(adapters: Adapters) -> int:
        return await queue_admin(adapters).act(operator(), action, selection)

    count = run(data, work)
    if not count:
        click.echo("Nothing changed: none of those waits, or all are so already.")
        sys.exit(1)
    click.echo(f"{done}: {count}.")


def _state(item: QueueItem, now: int) -> str:
    if item.is_held:
        return "held"
    if item.leased_until > now:
        return "at work"
    when = max(item.next_attempt_at, item.release_at)
    return "due" if when <= now else f"in {output.span(when - now)}"


def _plain(item: QueueItem) -> dict[str, Any]:
    return {
        "number": item.queue_id,
        "message": item.message_id,
        "sender": str(item.reverse_path) if item.reverse_path else None,
        "recipient": str(item.recipient.forward_path),
        "size": item.size,
        "queued_at": item.queued_at,
        "next_attempt_at": max(item.next_attempt_at, item.release_at),
        "attempts": item.attempts,
        "held": item.is_held,
        "status": item.status,
        "last_reply": item.last_reply,
    }


def _plain_attempt(attempt: Attempt) -> dict[str, Any]:
    report = attempt.report
    return {
        "at": attempt.at,
        "progress": report.progress.value,
        "status": report.status,
        "reply": report.reply,
        "host": report.host,
        "tls": report.tls,
    }


def _write(letter: QueuedLetter | None) -> None:
    if letter is None:
        raise click.UsageError("the message has left the queue")
    out = sys.stdout.buffer
    out.write(letter.prefix)
    if letter.content.path is None:
        out.write(letter.content.data or b"")
    else:
        with Path(letter.content.path).open("rb") as file:
            while piece := file.read(1 << 20):
                out.write(piece)
    out.flush()
