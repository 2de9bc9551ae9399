"""Makes the reference pages of docs/reference/ from the code: settings, commands, standards, replies. A house test says when they are out of date.

`make docs` writes them; `pages()` is what they hold.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from postroom import __version__
from postroom.cli.root import root
from postroom.model.errors import Meaning
from postroom.observe.meter import METRICS
from postroom.servers.adminapi.application import application
from postroom.servers.adminapi.metrics import GAUGES
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
        "api.md": _api,
        "metrics.md": _metrics,
    }
    made = {name: "\n".join(make()).rstrip() + "\n" for name, make in makers.items()}
    return {**made, "openapi.json": json.dumps(application(__version__).openapi(), indent=1, ensure_ascii=False) + "\n"}


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


def _api() -> Iterator[str]:
    yield from ("# The admin API", "", _MADE, "")
    yield from (
        "What the console shows and changes, programs can too: JSON over HTTPS on the console's port (8443), below `/api/v1`. The document for code generators is"
        " [openapi.json](openapi.json) (OpenAPI 3.1), which a running server gives at `/api/v1/openapi.json`.",
        "",
        "A program sends an API token (console, Security) as `Authorization: Bearer prt_...`; a browser logs in at `/api/v1/session`, gets a cookie, and sends the"
        " `csrf_token` of the session as `X-CSRF-Token` with whatever changes something. Errors are problem details (RFC 9457): `detail` in words, `errors` by field."
        " Lists take `search`, `sort` (a field, with `-` in front descending), `offset` and `limit`, and say how long they are in `total`. Times are Unix seconds, sizes octets.",
        "",
        "    curl --cacert default.pem -H 'Authorization: Bearer prt_...' https://mail.example.test:8443/api/v1/health",
        "",
    )
    paths = application(__version__).openapi()["paths"]
    groups: dict[str, list[tuple[str, ...]]] = {}
    for path, item in paths.items():
        for method, operation in item.items():
            row = (f"`{method.upper()}`", f"`{path}`", operation["summary"])
            groups.setdefault(operation["tags"][0], []).append(row)
    for tag, rows in groups.items():
        yield from (f"## {tag.capitalize()}", "")
        yield from _table(("Method", "Path", "What for"), rows)
        yield ""


def _metrics() -> Iterator[str]:
    yield from ("# Metrics", "", _MADE, "")
    yield from (
        "`https://HOST:8443/metrics` gives them in the text format of Prometheus: for a token with the scope `health:read`, or for the networks in"
        " `console.metrics_networks`. Counters are what the log tells, all processes together; they begin anew when the server starts. `/healthz` answers `ok`"
        " to anybody.",
        "",
    )
    counters = [
        (f"`{metric.name}_total`", ", ".join(metric.labels) or "-", metric.help, f"`{metric.event}`")
        for metric in METRICS
    ]
    yield from _table(("Counter", "Labels", "What", "Line of the log"), counters)
    yield ""
    yield from _table(("Gauge", "What"), [(f"`{name}`", text) for name, text in GAUGES.items()])


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for name, content in made.items():
        (FOLDER / name).write_text(content, encoding="utf-8")
    print(f"Wrote {', '.join(made)} to {FOLDER.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
