"""`python -m fuzz [--seconds N] [--seed N] [target …]`; `--replay FILE target` runs one input again and shows where it breaks."""

from __future__ import annotations

import argparse
import random
import sys
import traceback
from pathlib import Path

from fuzz.hunt import attempt, hunt
from fuzz.targets import TARGETS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="target", help=f"default: all of {' '.join(TARGETS)}")
    parser.add_argument("--seconds", type=float, default=300.0, help="for all targets together (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=None, help="the same number makes the same inputs")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run this one input only")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.targets if name not in TARGETS]
    if unknown:
        parser.error(f"there is no target {unknown[0]}; there are {' '.join(TARGETS)}")
    chosen = [TARGETS[name] for name in arguments.targets or TARGETS]
    if arguments.replay is not None:
        broken = [error for target in chosen if (error := attempt(target, arguments.replay.read_bytes())) is not None]
        for error in broken:
            traceback.print_exception(error)
        return 1 if broken else 0
    seed = random.randrange(10**9) if arguments.seed is None else arguments.seed
    each = arguments.seconds / len(chosen)
    print(f"Fuzzing {len(chosen)} targets for {each:.0f} s each, seed {seed}", flush=True)
    findings = [
        finding for target in chosen for finding in hunt(target, each, seed, lambda line: print(line, flush=True))
    ]
    print(f"{len(findings)} findings." if findings else "No findings.")
    return 1 if findings else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("Stopped.")
        sys.exit(130)
