"""One library in a process of its own: answers the requests of `bench.run`, a line of JSON each.

- ``{"prepare": i, "file": path}``: build case i, write its results to the file, warm up
- ``{"time": measure}``: seconds of one call, the best and the median of a batch of calls
- ``{"peak": true}``: GFLOP/s of the machine
- ``{"copy": true}``: GB/s of a copy
- ``{"machine": true}``: its description
"""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from . import machine

BATCH_SECONDS = 0.12


def time_calls(call: Callable[[], Any], repeats: int = 1) -> dict[str, float]:
    """Best and median seconds of one call, from a batch of calls that takes `BATCH_SECONDS`, each
    measured so many times in a row.
    """
    times: list[float] = []
    total = 0.0
    while total < BATCH_SECONDS or len(times) < 5:
        start = time.perf_counter()
        for _ in range(repeats):
            call()
        elapsed = time.perf_counter() - start
        times.append(elapsed / repeats)
        total += elapsed
    return {"best": min(times), "median": statistics.median(times)}


def main(suite: str, library: str, threads: int) -> None:
    module = importlib.import_module(f"bench.{suite}")
    if library == "torch":
        import torch

        torch.set_num_threads(threads)
    calls: dict[str, Callable[[], Any]] = {}
    for line in sys.stdin:
        request = json.loads(line)
        answer: Any = None
        if "prepare" in request:
            calls, results = getattr(module, library)(module.CASES[request["prepare"]])
            np.savez(request["file"], *results())
            for call in calls.values():
                call()
        elif "time" in request:
            answer = time_calls(calls[request["time"]], getattr(module, "CALLS", 1))
        elif "peak" in request:
            answer = machine.peak()
        elif "copy" in request:
            answer = machine.copy_bandwidth()
        elif "machine" in request:
            answer = machine.description()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
