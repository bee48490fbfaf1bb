"""``python -m bench.run SUITE``: measure a suite against PyTorch, print the table, write the
results.

In every round each library times the case in its own process, one after the other, with the
machine's peak measured beside it. Before that the results of the libraries are compared.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from .table import table_text

SUITES = ("conv1d", "memory", "training", "accelerate", "overhead", "start")
RESULTS = Path(__file__).parent / "results"
PAUSE = 0.25  # seconds in which the threads of the library that has just run stop spinning
AGREEMENT = 1e-4


class Worker:
    """A process with one library."""

    def __init__(self, suite: str, library: str, threads: int) -> None:
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": str(threads),
            "NUMBA_NUM_THREADS": str(threads),
        }
        command = [sys.executable, "-m", "bench.worker", suite, library, str(threads)]
        self.library = library
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def ask(self, **request: Any) -> Any:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the process of {self.library} ended at {request}")
        return json.loads(answer)


def measure(suite: str, rounds: int, threads: int, only: str = "") -> dict[str, Any]:
    """The cases of a suite whose names hold a text; every number of every round."""
    module = importlib.import_module(f"bench.{suite}")
    libraries = ["ours", *(["torch"] if importlib.util.find_spec("torch") else [])]
    workers = {library: Worker(suite, library, threads) for library in libraries}
    report: dict[str, Any] = {
        "suite": suite,
        "columns": module.COLUMNS,
        "threads": threads,
        "cases": [],
    }
    for i, case in enumerate(module.CASES):
        if only not in case.name:
            continue
        _compare(case.name, [_prepared(worker, i) for worker in workers.values()])
        entry: dict[str, Any] = {"name": case.name, "measures": {}}
        names = getattr(case, "measures", module.MEASURES)
        for name in names:
            entry["measures"][name] = {"flops": case.flops(name), "rounds": []}
            if hasattr(case, "nbytes"):
                entry["measures"][name]["bytes"] = case.nbytes(name)
        for _ in range(rounds):
            for name in names:
                turn = _round(workers, name, copy="bytes" in entry["measures"][name])
                entry["measures"][name]["rounds"].append(turn)
        report["cases"].append(entry)
        sys.stderr.write(f"{case.name}\n")
    report["machine"] = workers["ours"].ask(machine=True)
    if "torch" in workers:
        import torch

        report["machine"]["torch"] = torch.__version__
    return report


def _round(workers: dict[str, Worker], name: str, *, copy: bool = False) -> dict[str, Any]:
    """One turn of every library, between two looks at the peak and, if asked, at a copy."""
    before = workers["ours"].ask(peak=True)
    bandwidth = {"copy": workers["ours"].ask(copy=True)} if copy else {}
    times = {}
    for library, worker in workers.items():
        times[library] = worker.ask(time=name)
        time.sleep(PAUSE)
    if copy:
        bandwidth["copy"] = max(bandwidth["copy"], workers["ours"].ask(copy=True))
    return {"peak": max(before, workers["ours"].ask(peak=True)), **bandwidth, **times}


def _prepared(worker: Worker, case: int) -> list[np.ndarray]:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "results.npz")
        worker.ask(prepare=case, file=path)
        with np.load(path) as stored:
            return [stored[name] for name in stored.files]


def _compare(name: str, results: list[list[np.ndarray]]) -> None:
    """The libraries agree, relative to the largest number."""
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            difference = float(np.abs(a - b).max() / np.abs(b).max())
            if not difference <= AGREEMENT:
                raise AssertionError(f"{name}: the libraries differ by {difference:.2g}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument("--rounds", type=int, default=9, help="rounds for each case (default 9)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads (default all)")
    parser.add_argument("--only", default="", help="measure the cases whose names hold this text")
    parser.add_argument("--out", type=Path, help="results file (default bench/results/SUITE.json)")
    options = parser.parse_args()
    report = measure(options.suite, options.rounds, options.threads, options.only)
    out = options.out or RESULTS / f"{options.suite}.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(report, indent=1) + "\n")
    print(table_text(report))
    print(f"\nWritten to {out}")


if __name__ == "__main__":
    main()
