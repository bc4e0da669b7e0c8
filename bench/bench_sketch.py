"""Seconds that one picture of the built-in provider takes a core, by style, encoding included (target 0.5)."""

from __future__ import annotations

import resource
import statistics
import sys
import time

from imaging.drawing.choice import SUITING, Choice
from imaging.drawing.draw import painted
from imaging.drawing.words import read

ROUNDS = 5
EDGE = 1024


def seconds(style: str, medium: str | None, edge: int, rounds: int) -> tuple[list[float], int]:
    """CPU time of each round, and the size of the last file."""
    theme, spent, size = read(""), [], 0
    for seed in range(rounds):
        scheme = SUITING[style][seed % len(SUITING[style])]
        begun = time.process_time()
        size = len(painted(Choice(style, scheme, medium), theme, "bench", seed, (edge, edge)))
        spent.append(time.process_time() - begun)
    return spent, size


def main() -> None:
    edge = int(sys.argv[1]) if len(sys.argv) > 1 else EDGE
    print(f"{edge} × {edge}{'':14}{'median':>9}{'worst':>9}{'MB':>7}")
    for style, medium in [*((style, None) for style in SUITING), ("ridges", "watercolour"), ("ridges", "oil")]:
        spent, size = seconds(style, medium, edge, ROUNDS)
        name = style if medium is None else f"{style}, {medium}"
        print(f"{name:24}{statistics.median(spent):9.3f}{max(spent):9.3f}{size / 1e6:7.1f}", flush=True)
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
