"""``python -m bench.run SUITE``: measure a suite against its peers, print the table, write the
results.

In every round each library times the case in its own process, one after the other, with the
machine's peak measured beside it. Before that the results of the libraries are compared.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from .load import LOAD, TRIES, Watch, wait
from .peers import peers_of, version
from .table import RESULTS, table_text

SUITES = (
    "conv1d", "causal", "gradients", "transposed", "pooling", "denormals", "memory", "training",
    "accelerate", "overhead", "start", "cold", "footprint", "growth",
)  # fmt: skip
PAUSE = 0.25  # seconds in which the threads of the library that has just run stop spinning
AGREEMENT = 1e-4
ROUNDS = 9


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

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


class Suite:
    """A suite and the processes of its libraries, for one number of threads at a time."""

    def __init__(self, name: str, module: ModuleType, rounds: int) -> None:
        self.name, self.module, self.rounds = name, module, rounds
        self.peers = peers_of(module)
        self.workers: dict[str, Worker] = {}
        self.threads = 0
        self.left_out: list[str] = []

    def start(self, threads: int) -> None:
        """The processes, with so many threads each."""
        if threads == self.threads:
            return
        self.close()
        self.threads = threads
        self.workers = {name: Worker(self.name, name, threads) for name in ("ours", *self.peers)}

    def close(self) -> None:
        for worker in self.workers.values():
            worker.close()
        self.workers = {}

    def case(self, index: int) -> dict[str, Any] | None:
        """What the libraries need for a case, in every round; None if ours can't do it."""
        case = self.module.CASES[index]
        taken = ("ours", *getattr(case, "peers", self.peers))
        results, workers = {}, {}
        entry: dict[str, Any] = {"name": case.name, "measures": {}, "chosen": {}}
        if getattr(case, "family", ""):
            entry["family"] = case.family
        for library, worker in self.workers.items():
            if library not in taken:
                continue
            answer, arrays = _prepared(worker, index)
            if "error" in answer:
                self.left_out.append(f"{case.name}, {library}: {answer['error']}")
                if library == "ours":
                    return None
                continue
            results[library], workers[library] = arrays, (worker, answer["measures"])
            entry["chosen"] |= {library: answer["chosen"]} if answer["chosen"] else {}
        _compare(case.name, results)
        for name in getattr(case, "measures", self.module.MEASURES):
            entry["measures"][name] = {"flops": case.flops(name), "rounds": []}
            if hasattr(case, "nbytes") and case.nbytes(name):
                entry["measures"][name]["bytes"] = case.nbytes(name)
        for _ in range(self.rounds):
            for name, measured in entry["measures"].items():
                able = {key: worker for key, (worker, has) in workers.items() if name in has}
                turn = _quiet_round(able, name, copy="bytes" in measured)
                measured["rounds"].append(turn)
                if turn["load"] > LOAD:
                    sys.stderr.write(f"Beside other work: {case.name}, {name}\n")
        return entry


def measure(name: str, rounds: int, threads: int, only: Sequence[str] = ("",)) -> dict[str, Any]:
    """The cases of a suite whose names hold one of the texts; every number of every round."""
    module = importlib.import_module(f"bench.{name}")
    if hasattr(module, "measure"):  # not a matter of rounds
        return module.measure(rounds, threads, only)
    suite = Suite(name, module, rounds)
    report: dict[str, Any] = {
        "suite": name,
        "columns": module.COLUMNS,
        "threads": threads,
        "peers": {key: peer.title for key, peer in suite.peers.items()},
        "cases": [],
    }
    for i, case in enumerate(module.CASES):
        if not any(text in case.name for text in only):
            continue
        suite.start(getattr(case, "threads", threads))
        entry = suite.case(i)
        if entry:
            report["cases"].append(entry)
            sys.stderr.write(f"{case.name}\n")
    if not suite.workers:
        raise SystemExit(f"No case of {name} has a name that holds one of {', '.join(only)}.")
    report["machine"] = suite.workers["ours"].ask(machine=True)
    report["machine"]["peers"] = {p.title: version(p) for p in suite.peers.values()}
    suite.close()
    for line in suite.left_out:
        sys.stderr.write(f"Left out: {line}\n")
    report["left out"] = suite.left_out
    return report


def _quiet_round(workers: dict[str, Worker], name: str, *, copy: bool) -> dict[str, Any]:
    """A round in which other processes left the machine alone; of `TRIES` the quietest."""
    found = []
    for _ in range(TRIES):
        watch = Watch(worker.process.pid for worker in workers.values())
        turn = _round(workers, name, copy=copy)
        found.append(turn | {"load": round(watch.load(), 3)})
        if found[-1]["load"] <= LOAD:
            break
        wait()
    return min(found, key=lambda turn: turn["load"])


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


def _prepared(worker: Worker, case: int) -> tuple[dict[str, Any], list[np.ndarray]]:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "results.npz")
        answer = worker.ask(prepare=case, file=path)
        if "error" in answer:
            return answer, []
        with np.load(path) as stored:
            return answer, [stored[name] for name in stored.files]


def _compare(name: str, results: dict[str, list[np.ndarray]]) -> None:
    """The libraries agree, relative to the largest number; a peer may have the first results
    only.
    """
    own = results["ours"]
    for library, other in results.items():
        if len(other) > len(own) or (own and not other):
            raise AssertionError(f"{name}: {library} gives {len(other)} results, not {len(own)}")
        for a, b in zip(own, other, strict=False):
            if a.shape != b.shape:
                raise AssertionError(f"{name}: {library} gives {b.shape}, not {a.shape}")
            difference = float(np.abs(a - b).max() / np.abs(b).max())
            if not difference <= AGREEMENT:
                raise AssertionError(f"{name}: {library} differs by {difference:.2g}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"of each case ({ROUNDS})")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads (default all)")
    parser.add_argument(
        "--only", nargs="+", default=[""], metavar="TEXT",
        help="measure the cases whose names hold one of these texts",
    )  # fmt: skip
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
