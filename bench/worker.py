"""One library in a process of its own: answers the requests of `bench.run`, a line of JSON each.

- ``{"prepare": i, "file": path}``: build case i, write its results to the file, warm up; gives the
  measures it has and the variants chosen, or ``{"error": text}``
- ``{"time": measure}``: seconds of one call, the best and the median of a batch of calls
- ``{"peak": true}``: GFLOP/s of the machine
- ``{"copy": true}``: GB/s of a copy
- ``{"machine": true}``: its description
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from . import machine
from .peers import Prepared

BATCH_SECONDS = 0.12


def time_calls(
    call: Callable[[], Any], repeats: int = 1, seconds: float = BATCH_SECONDS
) -> dict[str, float]:
    """Best and median seconds of one call, from a batch of calls that takes so many seconds, each
    measured so many times in a row.
    """
    times: list[float] = []
    total = 0.0
    while total < seconds or len(times) < 5:
        start = time.perf_counter()
        for _ in range(repeats):
            call()
        elapsed = time.perf_counter() - start
        times.append(elapsed / repeats)
        total += elapsed
    return {"best": min(times), "median": statistics.median(times)}


class Library:
    """The functions of a suite for one library."""

    def __init__(self, suite: str, name: str) -> None:
        self.module = importlib.import_module(f"bench.{suite}")
        self.function = getattr(self.module, name)
        self.prepared = Prepared({}, list)

    def answer(self, request: dict[str, Any]) -> Any:
        if "prepare" in request:
            return self.prepare(request["prepare"], request["file"])
        if "time" in request:
            return self.time(request["time"])
        if "peak" in request:
            return machine.peak()
        if "copy" in request:
            return machine.copy_bandwidth()
        return machine.description()

    def prepare(self, case: int, file: str) -> dict[str, Any]:
        self.prepared = Prepared({}, list)  # the memory of the case before
        try:
            self.prepared = self.function(self.module.CASES[case])
            np.savez(file, *self.prepared.results())
            for measure in self.prepared.calls:
                self.once(measure)()
        except Exception as error:  # a function or an option that is not there
            return {"error": f"{type(error).__name__}: {error}"}
        return {"measures": list(self.prepared.calls), "chosen": self.prepared.chosen}

    def once(self, measure: str) -> Callable[[], Any]:
        """The call of a measure, after what is to be done before it."""
        before = self.prepared.before.get(measure)
        if before:
            before()
        return self.prepared.calls[measure]

    def time(self, measure: str) -> dict[str, float]:
        seconds = getattr(self.module, "BATCH_SECONDS", BATCH_SECONDS)
        return time_calls(self.once(measure), getattr(self.module, "CALLS", 1), seconds)


def main(suite: str, name: str, threads: int) -> None:
    if name == "torch":
        import torch

        torch.set_num_threads(threads)
    if name == "jax" and hasattr(os, "sched_setaffinity"):  # it has a thread for each core it sees
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    library = Library(suite, name)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(library.answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
