"""The root of the command tree, the shared `--data` option, and how errors are said."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from postroom import __version__
from postroom.model.errors import MailError

F = TypeVar("F", bound=Callable[..., Any])

# command → (module, attribute, one line for the list); modules are imported when their command runs
COMMANDS = {
    "setup": ("postroom.cli.setup", "setup", "Make a new server: folder, domain, administrator."),
    "serve": ("postroom.cli.serve", "serve", "Run the server."),
    "demo": ("postroom.cli.demo", "demo", "Set up and run a demonstration server with sample mail."),
    "status": ("postroom.cli.status", "status", "Listeners, workers, sessions, queue."),
    "account": ("postroom.cli.accounts", "account", "Add, list, change, remove accounts; import and export."),
    "domain": ("postroom.cli.domains", "domain", "Add, list, change, remove domains; their keys and DNS records."),
    "group": ("postroom.cli.people.groups", "group", "Add, list, change, remove groups."),
    "alias": ("postroom.cli.people.aliases", "alias", "Add, list, remove aliases."),
    "queue": ("postroom.cli.queue", "queue", "List, show, hold, release, retry, delete what waits."),
    "search": ("postroom.cli.search", "search", "Search the mail of an account."),
    "index": ("postroom.cli.search_index", "index", "How far the full-text index is; pause, resume, make anew."),
    "settings": ("postroom.cli.settings", "settings", "Read, change, undo settings."),
    "tls": ("postroom.cli.tls", "tls", "Profiles of TLS, and who would be refused by one."),
    "certificate": (
        "postroom.cli.certificates",
        "certificate",
        "List, show, check, add, remove, order certificates.",
    ),
    "backup": ("postroom.cli.backups", "backup", "Make, list, remove backups."),
    "restore": ("postroom.cli.backups", "restore", "Make a server's folder from a backup."),
    "doctor": ("postroom.cli.doctor", "doctor", "Check that everything stored is whole and consistent."),
}


class LazyGroup(click.Group):
    """Lists its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


def _remember(context: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.obj = value


def group_data_option(function: F) -> F:
    """`--data DIR` before a command's words: behind `postroom`, or behind the name of a group."""
    return click.option(
        "--data", type=click.Path(path_type=Path), callback=_remember, expose_value=False,
        help="The server's data folder (or POSTROOM_DATA).",
    )(function)  # fmt: skip


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="postroom")
@group_data_option
def root() -> None:
    """Postroom: a complete mail server."""


def data_option(function: F) -> F:
    """`--data DIR` after a command's own words as well; the nearest one counts, then POSTROOM_DATA."""
    return click.option(
        "--data", "data", type=click.Path(path_type=Path), callback=_data_folder, is_eager=False, envvar="POSTROOM_DATA",
        help="The server's data folder (or POSTROOM_DATA).",
    )(function)  # fmt: skip


def _data_folder(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path:
    above = context.obj
    source = context.get_parameter_source(parameter.name or "")
    if above is not None and source is not click.core.ParameterSource.COMMANDLINE:
        value = above
    if value is None:
        raise click.UsageError("which data folder? Give --data DIR, or set POSTROOM_DATA")
    return value


def json_option(function: F) -> F:
    """`--json` for programs."""
    return click.option("--json", "as_json", is_flag=True, help="For programs: JSON instead of a table.")(function)


def main() -> None:
    """Run the command line; a refusal is one line and a status other than 0."""
    if any(not _is_text(argument) for argument in (*sys.argv[1:], os.environ.get("POSTROOM_DATA", ""))):
        fail("an argument is not UTF-8 text", status=2)
    try:
        status = root.main(standalone_mode=False, prog_name="postroom")
    except click.exceptions.Abort:
        click.echo(err=True)
        fail("stopped; nothing was changed")
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(2)
    except click.UsageError as error:
        fail(error.format_message() + _hint(error), status=2)
    except click.ClickException as error:
        fail(error.format_message())
    except MailError as error:
        fail(error.public + (f" ({error.detail})" if error.detail else ""))
    except OSError as error:
        fail(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
    else:
        sys.exit(status if isinstance(status, int) else 0)


def _is_text(argument: str) -> bool:
    """Octets that are not UTF-8 reach a program as halves of surrogate pairs, which nothing here can keep or print."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def fail(text: str, status: int = 1) -> None:
    """One line on standard error, then the end."""
    click.echo("postroom: " + " ".join(text.split()), err=True)
    sys.exit(status)


def _hint(error: click.UsageError) -> str:
    path = error.ctx.command_path if error.ctx is not None else "postroom"
    return f" (try: {path} --help)"
