"""`make faults`: runs every point and prints how many there were and how many violated an invariant."""

import argparse
import logging
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.faults.kinds import Point
from tests.faults.points import LEAST, points, sample
from tests.faults.stories import run


def main() -> int:
    """1 if an invariant does not hold, or if there are fewer points than `LEAST`."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="", help="points whose description contains this text")
    parser.add_argument("--share", type=float, default=1.0, help="of the points, chosen by --seed; 0 to 1")
    parser.add_argument("--seed", default="1")
    asked = parser.parse_args()
    _quiet()
    begun = time.monotonic()
    found = [point for point in sample(points(), asked.share, asked.seed) if asked.only in str(point)]
    violated = 0
    with ProcessPoolExecutor(asked.processes, initializer=_quiet) as processes:
        for number, (point, broken) in enumerate(zip(found, processes.map(_broken, found, chunksize=4), strict=True)):
            if sys.stderr.isatty():
                print(f"\r{number + 1} of {len(found)}", end="\r", file=sys.stderr)
            violated += bool(broken)
            for line in broken:
                print(f"{point}: {line}", flush=True)
    took = time.monotonic() - begun
    print(f"{len(found)} points, {violated} with violations ({took / max(len(found), 1):.2f} s a point)")
    return int(bool(violated) or (asked.share == 1 and not asked.only and len(found) < LEAST))


def _quiet() -> None:
    logging.disable(logging.CRITICAL)


def _broken(point: Point) -> list[str]:
    return run(point).broken


if __name__ == "__main__":
    sys.exit(main())
