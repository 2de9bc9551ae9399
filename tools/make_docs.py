"""Makes the reference pages of docs/reference/ from the code: settings, commands, standards, replies. A house test says when they are out of date.

`make docs` writes them; `pages()` is what they hold.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from postroom.cli.root import root
from postroom.model.errors import Meaning
from postroom.servers.imap import errors as imap_errors
from postroom.servers.pop3 import errors as pop3_errors
from postroom.servers.smtp import errors as smtp_errors
from postroom.settings import document
from postroom.settings.document import Settings

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
_MADE = "Made by `make docs`; change the code it is made from instead."


def pages() -> dict[str, str]:
    """File name → content."""
    makers: dict[str, Callable[[], Iterator[str]]] = {
        "settings.md": _settings,
        "commands.md": _commands,
        "standards.md": _standards,
        "replies.md": _replies,
    }
    return {name: "\n".join(make()).rstrip() + "\n" for name, make in makers.items()}


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{' --- |' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in row)} |"


def _settings() -> Iterator[str]:
    defaults = Settings()
    schema = Settings.model_json_schema()
    yield from ("# Settings", "", _MADE, "")
    yield from (
        "Read with `postroom settings get PATH`, change with `postroom settings set PATH VALUE`; a change is in force within two seconds.",
        "",
    )
    listed = list(document.paths(defaults))
    for name, field in Settings.model_fields.items():
        yield from (f"## {field.title}", "")
        rows = [
            (f"`{path}`", f"`{document.shown(value)}`", _allowed(schema, path), f"**{title}.** {text}")
            for path, value, title, text in listed
            if path.startswith(name + ".")
        ]
        yield from _table(("Setting", "Default", "Allowed", "Meaning"), rows)
        yield ""


def _allowed(schema: dict[str, Any], path: str) -> str:
    """What a setting may be, read from its JSON schema."""
    place = schema
    for name in path.split("."):
        place = _resolved(schema, _resolved(schema, place)["properties"][name])
    unit = f" {place['unit']}" if "unit" in place else ""
    if "enum" in place:
        return ", ".join(f"`{value}`" for value in place["enum"])
    match place.get("type"):
        case "boolean":
            return "`on`, `off`"
        case "integer":
            return f"{place['minimum']:,} to {place['maximum']:,}{unit}"
        case "string":
            return f"text, at most {place['maxLength']} characters"
        case "array":
            return 'networks: `["192.0.2.0/24", "2001:db8::/32"]`'
        case _:
            inner = _resolved(schema, place["additionalProperties"])
            return f'{{"name": value}}, each value one of {", ".join(inner["enum"])}'


def _resolved(schema: dict[str, Any], place: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference; what stands beside it (a unit, a title) stays."""
    while "$ref" in place:
        named = schema["$defs"][place["$ref"].rpartition("/")[2]]
        place = {**named, **{key: value for key, value in place.items() if key != "$ref"}}
    return place


def _commands() -> Iterator[str]:
    yield from ("# Commands", "", _MADE, "")
    yield from (
        "A refusal is one line on standard error and an exit status other than 0: 2 where the words of the command are wrong, 1 where it can't be done, 3 from",
        "`status` where the server does not run, 4 from `doctor` where something is not whole.",
        "",
    )
    yield from _command(root, "postroom", None)


def _command(command: click.Command, name: str, above: click.Context | None) -> Iterator[str]:
    context = click.Context(command, parent=above, info_name=name.rpartition(" ")[2])
    if not isinstance(command, click.Group) or above is None:
        usage = " ".join([name, *command.collect_usage_pieces(context)])
        yield from (f"## {name}", "", f"    {usage}", "", " ".join((command.help or "").split()), "")
        rows = [(f"`{option}`", text) for option, text in _options(command, context)]
        if rows:
            yield from (*_table(("Option", "Meaning"), rows), "")
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found is not None:
                yield from _command(found, f"{name} {inner}", context)


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and (record[1] or isinstance(parameter, click.Option)) and "--help" not in parameter.opts:
            yield record[0], " ".join(record[1].split())


def _standards() -> Iterator[str]:
    with (ROOT / "docs" / "standards.toml").open("rb") as file:
        standards = tomllib.load(file)
    yield from ("# Standards", "", "Made by `make docs` from [standards.toml](../standards.toml).", "")
    rows = [
        (
            name.replace("RFC", "RFC ") if name.startswith("RFC") else name,
            entry["title"],
            entry["status"],
            entry.get("deviations", ""),
        )
        for name, entry in standards.items()
    ]
    yield from _table(("Standard", "Title", "Kept", "Deviations"), rows)


def _replies() -> Iterator[str]:
    yield from ("# Replies", "", _MADE, "")
    yield from (
        "What a refusal means, and how each door says it. The text behind the codes says what was refused in this case.",
        "",
    )
    yield from _table(("Meaning", "SMTP", "SMTP, at login", "IMAP", "POP3"), [_reply(meaning) for meaning in Meaning])


def _reply(meaning: Meaning) -> tuple[str, ...]:
    from postroom.model.errors import MailError

    error = MailError("", meaning=meaning)
    smtp, auth = smtp_errors.reply_for(error), smtp_errors.auth_reply_for(error)
    condition, code = imap_errors.REPLIES[meaning]
    pop3 = pop3_errors.CODES[meaning]
    return (
        meaning.value,
        f"{smtp.code} {smtp.enhanced}",
        f"{auth.code} {auth.enhanced}",
        f"{condition.name}{f' [{code.decode()}]' if code else ''}",
        f"-ERR{f' [{pop3.value}]' if pop3 else ''}",
    )


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for name, content in made.items():
        (FOLDER / name).write_text(content, encoding="utf-8")
    print(f"Wrote {', '.join(made)} to {FOLDER.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
