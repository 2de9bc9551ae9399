"""What commands print: tables for people, JSON for programs, and the prompt for a password."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
import msgspec
from rich import box
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

_FREE_WIDTH = 16  # columns that a wrapped text has at least: less breaks usual words
_GAP = 3  # between two columns, and at the edge
MAX_PASSWORD_LINE = 4096  # octets read from standard input


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], empty: str, *, free: int = 1) -> None:
    """A plain table; says `empty` where there are no rows. Only its last `free` columns wrap, and nothing is ever cut off.

    A terminal too narrow for the other columns wraps the lines itself, so that an address can be copied whole.
    """
    console = Console(soft_wrap=False, highlight=False)
    if not rows:
        console.print(empty)
        return
    if not console.is_terminal:
        console.width = 200
    drawn = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold", pad_edge=False)
    texts = [[_text(value) for value in row] for row in rows]
    needed = 0
    for number, name in enumerate(columns):
        widest = max(cell_len(text) for text in (name, *(row[number] for row in texts)))
        fixed = number < len(columns) - free
        width = widest if fixed else min(widest, _FREE_WIDTH)
        numeric = all(isinstance(row[number], int) and not isinstance(row[number], bool) for row in rows)
        justify: JustifyMethod = "right" if numeric and number else "left"
        drawn.add_column(name, min_width=width, no_wrap=fixed, overflow="fold", justify=justify)
        needed += width + _GAP
    console.width = max(console.width, needed)
    for texts_of_row in texts:
        drawn.add_row(*(Text(text) for text in texts_of_row))
    console.print(drawn)


def as_json(value: Any) -> None:
    """One JSON document."""
    click.echo(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode())


def moment(unix: int) -> str:
    """A time for people, in the machine's zone."""
    return datetime.fromtimestamp(unix).astimezone().strftime("%Y-%m-%d %H:%M:%S %z")


def span(seconds: int) -> str:
    """A length of time in its two largest units: `3 d 4 h`, `5 min 10 s`."""
    left = max(0, seconds)
    parts: list[str] = []
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2])


def size(octets: int) -> str:
    """Octets for people: `512 B`, `12 KB`, `3.4 MB`."""
    if octets < 1000:
        return f"{octets} B"
    for unit in ("KB", "MB"):
        octets_of_unit = octets / 1000 if unit == "KB" else octets / 1_000_000
        if octets_of_unit < 10:
            return f"{octets_of_unit:.1f} {unit}"
        if octets_of_unit < 1000:
            return f"{octets_of_unit:.0f} {unit}"
    return f"{octets / 1_000_000_000:.1f} GB"


def count(text: str) -> int | None:
    """A number from 1 as typed, None for `none`. Raises UsageError."""
    if text.lower() == "none":
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text)):
        raise click.UsageError(f"{text[:40]} is no number from 1 to 999999999, and not none")
    return int(text)


def password(from_stdin: bool, whose: str) -> str:
    """By prompt, twice; or the first line of standard input. Raises UsageError where there is neither."""
    if from_stdin:
        line = sys.stdin.readline(MAX_PASSWORD_LINE)
        return line.removesuffix("\n").removesuffix("\r")
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask for a password; give it with --password-stdin")
    answer: str = click.prompt(f"Password for {whose}", hide_input=True, confirmation_prompt="The same again")
    return answer


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
