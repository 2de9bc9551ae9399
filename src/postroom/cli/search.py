"""`postroom search`: what an account has, for an operator who is asked to look."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

import click

from postroom.cli import output
from postroom.cli.root import data_option, json_option

if TYPE_CHECKING:
    from postroom.access.search.snippets import Snippet
    from postroom.app import Adapters
    from postroom.app.searching import Results

_MOST = 500  # each is read for the words around what was found


@click.command("search")
@click.argument("account")
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, _MOST), default=20, show_default=True, help="So many.")
@click.option("--best", is_flag=True, help="Those first that have most to do with the words.  [default: the newest]")
@json_option
@data_option
def search(account: str, words: tuple[str, ...], limit: int, best: bool, as_json: bool, data: Path) -> None:
    """Search the mail of ACCOUNT for WORDS, the newest first, as the search box does: from:amy has:attachment budget.

    A phrase keeps its quotes inside the shell's: '"annual report"'. Words with a minus in front stand behind --. The search is noted in the audit log.
    """
    from postroom.cli.opened import operator, run
    from postroom.model.address import parse_address

    address = parse_address(account)

    async def work(adapters: Adapters) -> Results:
        from postroom.app.searching import search_account

        return await search_account(adapters, operator(), address, " ".join(words), limit, best=best)

    found = run(data, work)
    names = found.mailbox_names
    if as_json:
        output.as_json(
            {
                "hits": [
                    {
                        "email_id": each.hit.email_id,
                        "received_at": each.received_at,
                        "from": each.header_from,
                        "subject": each.subject,
                        "mailboxes": [names.get(mailbox_id, "") for mailbox_id in each.mailbox_ids],
                        "snippet": each.snippet.preview,
                    }
                    for each in found.hits
                ],
                "is_last": found.is_last,
            }
        )
        return
    rows = [
        (
            output.moment(each.received_at),
            ", ".join(names.get(mailbox_id, "") for mailbox_id in each.mailbox_ids),
            each.header_from,
            each.subject,
            _plain(each.snippet),
        )
        for each in found.hits
    ]
    output.table("", ("Received", "Mailbox", "From", "Subject", "Text"), rows, "Nothing found.", free=3)
    if not found.is_last:
        click.echo(f"These are the {'best' if best else 'newest'} {limit}; there are more (--limit).")


def _plain(snippet: Snippet) -> str:
    return html.unescape((snippet.preview or "").replace("<mark>", "").replace("</mark>", ""))
