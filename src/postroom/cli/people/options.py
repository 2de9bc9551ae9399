"""Options that listings share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def page_options(sorts: str) -> Callable[[F], F]:
    """`--search`, `--sort`, `--offset`, `--limit` of a listing."""

    def options(function: F) -> F:
        for option in (
            click.option("--limit", type=click.IntRange(1, 1_000_000), help="So many at most; all without it."),
            click.option("--offset", type=click.IntRange(0, 1_000_000_000), default=0, help="Leave out the first ones."),
            click.option("--sort", default="", help=f"By {sorts}; with - in front, turned round."),
            click.option("--search", default="", help="Those that have these words, whatever their case."),
        ):  # fmt: skip
            function = option(function)
        return function

    return options
