"""Starting with an empty cache, as whole processes: the first convolution, the first training step
of the network of ``dlarray demo``, and a full `warmup`, with the time that each kernel compiles.

Each round gives ours a new folder for the cache, and runs PyTorch's process after it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from .machine_text import machine_text
from .peers import TORCH, peers_of, version
from .start import OURS_CONV, TORCH_CONV
from .table import markdown

COLUMNS = "whole process, empty cache"
PEERS = (TORCH,)
ROUNDS = 3
KERNELS = "warmup"

OURS_STEP = """
import dlarray as dl
from dlarray.examples.sequence_classification_1d_convolutions import network
X, T = dl.datasets.waveform()
options = dl.trainingOptions("adam", MaxEpochs=1, MiniBatchSize=128, Verbose=False)
dl.trainnet(X[:128], T[:128], network(3, 4), "crossentropy", options)
"""
TORCH_STEP = """
import torch as t
from torch import nn
F = nn.functional

class Normalized(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)

def block(chans, filters):
    pad = nn.ConstantPad1d((4, 0), 0.0)
    return pad, nn.Conv1d(chans, filters, 5), nn.ReLU(), Normalized(filters)

pooled = nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(64, 4)
net = nn.Sequential(*block(3, 32), *block(32, 64), *pooled)
adam = t.optim.Adam(net.parameters())
F.cross_entropy(net(t.rand(128, 3, 200)), t.randint(0, 4, (128,))).backward()
adam.step()
"""
WARMUP = """
import json, dlarray as dl
done = dl.warmup()
print(json.dumps([[c.kernel, c.types, c.seconds] for c in done]))
"""


class Process(NamedTuple):
    name: str
    ours: str
    peer: str = ""
    rounds: int = ROUNDS


PROCESSES = (
    Process("first dlconv, against PyTorch's first conv1d", OURS_CONV, TORCH_CONV),
    Process("first training step of the demo's network, against PyTorch's", OURS_STEP, TORCH_STEP),
    Process(KERNELS, WARMUP, rounds=1),
)


def _process(code: str, environment: dict[str, str]) -> tuple[float, str]:
    """Seconds of a process that runs the code, and what it prints."""
    start = time.perf_counter()
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment)
    return time.perf_counter() - start, done.stdout.decode()


def measure(rounds: int, threads: int, only: Sequence[str]) -> dict[str, Any]:
    """The cases whose names hold one of the texts."""
    from . import machine

    environment = {
        **os.environ, "OMP_NUM_THREADS": str(threads), "NUMBA_NUM_THREADS": str(threads)
    }  # fmt: skip
    peers, rows, kernels = peers_of(sys.modules[__name__]), [], []
    for case in (case for case in PROCESSES if any(text in case.name for text in only)):
        seconds: dict[str, list[float]] = {}
        for _ in range(min(rounds, case.rounds)):
            with tempfile.TemporaryDirectory() as folder:
                ours, said = _process(case.ours, environment | {"DLARRAY_CACHE_DIR": folder})
            seconds.setdefault("ours", []).append(ours)
            if case.peer and peers:
                seconds.setdefault("torch", []).append(_process(case.peer, environment)[0])
        if case.name == KERNELS:
            kernels = json.loads(said)
        rows.append({"name": case.name, "seconds": seconds})
        sys.stderr.write(f"{case.name}\n")
    machine.peak()  # a launch, before which the threading layer is not known
    described = machine.description() | {"threads": threads}
    described["peers"] = {p.title: version(p) for p in peers.values()}
    return {
        "suite": "cold",
        "threads": threads,
        "cases": [],
        "rows": rows,
        "kernels": kernels,
        "machine": described,
    }


def torch() -> None:
    """PyTorch is run in processes of its own."""


def table_text(report: dict[str, Any]) -> str:
    """Whole processes, and the kernels by the time that they take for both types."""
    cells = []
    for row in report["rows"]:
        ours, peer = (row["seconds"].get(name) for name in ("ours", "torch"))
        cells.append(
            [
                row["name"],
                f"{min(ours):.1f} s",
                f"{statistics.median(ours):.1f} s",
                f"{min(peer):.1f} s" if peer else "-",
            ]
        )
    lines = markdown([COLUMNS, "best", "median", "PyTorch, best"], cells)
    return "\n".join([*lines, "", *_kernel_lines(report["kernels"]), machine_text(report)])


def _kernel_lines(kernels: list[list[Any]]) -> list[str]:
    if not kernels:
        return []
    names = {name: name.removeprefix("dlarray.kernels.") for name, _, _ in kernels}
    found: dict[str, list[list[float]]] = {name: [[], []] for name in names.values()}
    for name, types, seconds in kernels:
        found[names[name]]["float64" in types].append(seconds)
    cells = [
        [f"`{name}`", *(" + ".join(f"{s:.2f}" for s in each) or "-" for each in both)]
        for name, both in sorted(found.items(), key=lambda item: -sum(map(sum, item[1])))
    ]
    total = sum(seconds for _, _, seconds in kernels)
    title = f"{len(kernels)} kernels and types compile for {total:.0f} s in all:"
    header = ["kernel", "single, s", "double, s"]
    return [title, "", *markdown(header, cells), ""]
