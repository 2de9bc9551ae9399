"""Runs the rows that were asked for, or all, and prints the table."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import traceback
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.measure import Result
from bench.ours import Ours
from bench.peers import Peers
from bench.rows import ROWS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("rows", nargs="*", help=f"which rows of TARGETS: {', '.join(ROWS)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=10_000, help="size of the mailbox for row 4")
    parser.add_argument(
        "--texts", type=int, default=100_000, help="size of the mailbox for rows 6 and 14, which are one"
    )
    parser.add_argument("--large", type=int, default=1_000_000, help="size of the mailbox for row 10")
    arguments = parser.parse_args()
    unknown = set(arguments.rows) - set(ROWS)
    if unknown:
        parser.error(f"there is no row {sorted(unknown)[0]}; there are {', '.join(ROWS)}")
    if os.geteuid() != 0:
        print("bench: Postfix and Dovecot need root to change users; run as root", file=sys.stderr)
        return 1
    results: list[Result] = []
    failed = False
    with tempfile.TemporaryDirectory(prefix="postroom-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        with Ours(Path(folder) / "ours") as ours, Peers(Path(folder) / "peers") as peers:
            for name in arguments.rows or ROWS:
                print(f"row {name}: {ROWS[name].__doc__} ...", file=sys.stderr, flush=True)
                try:
                    for result in ROWS[name](ours, peers, arguments):
                        results.append(result)
                        print("  ".join(cell for cell in result.cells() if cell), file=sys.stderr, flush=True)
                except Exception:  # noqa: BLE001 - a row that fails must not take the others' figures with it
                    failed = True
                    traceback.print_exc()
                except KeyboardInterrupt:
                    failed = True
                    break
    show(results)
    return 1 if failed else 0


def show(results: list[Result]) -> None:
    table = Table(
        "row",
        "what",
        "unit",
        "ours (min … max)",
        "theirs (min … max)",
        "ratio",
        "µs CPU per op.",
        "target",
        "",
        title="Postroom ÷ Postfix + Dovecot",
        box=None,
    )
    for result in results:
        table.add_row(*result.cells())
    console = Console()
    if not console.is_terminal:
        console.width = 200
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
