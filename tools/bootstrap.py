"""Makes the virtual environment and installs Postroom into it; runs on a bare Python 3.11, standard library only.

`make` calls it. Versions are pinned by pyproject.toml and, for what those packages bring along, tools/constraints.txt.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "tools" / "constraints.txt"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv", type=Path, required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--run", action="store_true", help="what the server needs")
    what.add_argument("--dev", action="store_true", help="what tests and checks need besides")
    arguments = parser.parse_args()
    if sys.version_info < (3, 11):
        return fail(
            f"Postroom needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.11"
        )
    if not (arguments.venv / "bin" / "pip").exists():
        print(f"Making the virtual environment in {arguments.venv} ...", flush=True)
        if not make_environment(arguments.venv):
            return 1
    python = str(arguments.venv / "bin" / "python")
    wanted = ["--editable", str(ROOT)] if arguments.run else dev_requirements()
    print("Installing what the server needs ..." if arguments.run else "Installing what the tests need ...", flush=True)
    command = [
        python,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--constraint",
        str(CONSTRAINTS),
    ]
    return install([*command, *wanted])


def make_environment(folder: Path) -> bool:
    """Debian ships Python without what makes environments: as root it is installed, otherwise it is named."""
    if environment_made(folder):
        return True
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing the Debian package python3-venv ...", flush=True)
        settings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "python3-venv"],
        ):
            subprocess.run(command, check=False, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if environment_made(folder):
            return True
    fail("no virtual environment can be made. On Debian: apt-get install python3-venv")
    return False


def environment_made(folder: Path) -> bool:
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=False, capture_output=True)
    return made.returncode == 0


def install(command: list[str]) -> int:
    """Run pip; on a terminal the line says what it is at, and its own words are shown only where it fails."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        assert running.stdout is not None
        said = []
        for line in running.stdout:
            said.append(line)
            words = line.split()
            if words and words[0] in ("Collecting", "Obtaining", "Downloading", "Building", "Installing"):
                show(" ".join(words[:2]))
        show("")
    if running.returncode != 0:
        return fail(f"installing failed:\n{''.join(said[-15:]).strip()}")
    return 0


def show(text: str) -> None:
    if sys.stdout.isatty():
        print(f"\r\033[K{text[:78]}", end="", flush=True)


def dev_requirements() -> list[str]:
    import tomllib  # not at the top: an older Python must get as far as being told

    with (ROOT / "pyproject.toml").open("rb") as file:
        return list(tomllib.load(file)["dependency-groups"]["dev"])


def fail(text: str) -> int:
    print(f"postroom: {text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
