"""The most memory that a training step takes: the temporal convolutional network for human
activity, one sequence of 64 000 steps.

Four blocks of two causal convolutions of 64 filters of size 5, dilated by 1, 2, 4 and 8: each with
layer normalization over channels and a dropout of whole channels, the second with a ReLU too, then
the block's input added (through a convolution of size 1 in the first); five classes at every step.
A step is forward, cross-entropy, gradients and Adam, in single precision.

Each way runs in a process of its own: a step on a short sequence first, which loads and compiles
what there is, then the memory held (VmRSS) is noted, and the most held (VmHWM) during two steps.
Ours is what `trainnet` does, record and walk back, and the same through `dlfeval`; PyTorch's is on
contiguous (batch, channel, time) arrays and on channels-last images of height 1.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .machine_text import machine_text
from .peers import TORCH, peers_of, recorded, version
from .torch_layouts import LAYOUTS, Layout

COLUMNS = "training step"
PEERS = (TORCH,)
OURS = ("as trainnet takes it", "through dlfeval")
LENGTH, SHORT = 64_000, 400
CHANNELS, FILTERS, SIZE, BLOCKS, CLASSES = 3, 64, 5, 4, 5
DROPOUT = 0.005
AGREEMENT = 1e-4
ROUNDS = 3  # memory varies little

Step = Callable[[float], float]
Arrays = dict[str, np.ndarray]


def arrays(length: int) -> tuple[Arrays, Arrays]:
    """x (1, L, C) and labels (L,), and the parameters by name."""
    rng = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {"skip": (1, CHANNELS, FILTERS)}
    for i in range(BLOCKS):
        shapes[f"{i}a"] = (SIZE, FILTERS if i else CHANNELS, FILTERS)
        shapes[f"{i}b"] = (SIZE, FILTERS, FILTERS)
    weights: Arrays = {
        name: rng.standard_normal(shape, "f4") / np.sqrt(np.prod(shape[:2]), dtype="f4")
        for name, shape in shapes.items()
    }
    weights["head"] = rng.standard_normal((CLASSES, FILTERS), "f4") / 8
    biases: Arrays = {f"{name} bias": np.zeros(w.shape[-1], "f4") for name, w in weights.items()}
    biases["head bias"] = np.zeros(CLASSES, "f4")
    norms = {f"{i}{part} gain": np.ones(FILTERS, "f4") for i in range(BLOCKS) for part in "ab"}
    offsets = {name.replace("gain", "offset"): np.zeros_like(g) for name, g in norms.items()}
    x = rng.standard_normal((1, length, CHANNELS), "f4")
    data: Arrays = {"x": x, "labels": rng.integers(0, CLASSES, length)}
    return data, weights | biases | norms | offsets


def _loss(p: Any, X: Any, T: Any, rate: float) -> Any:
    import dlarray as dl

    def convolved(h: Any, name: str, dilation: int = 1) -> Any:
        return dl.dlconv(
            h, p[name], p[f"{name} bias"], WeightsFormat="TCU", Padding="causal",
            DilationFactor=dilation,
        )  # fmt: skip

    h, kept = X, dl.dlarray(np.ones((FILTERS, 1), "f4"), "CB")
    for i in range(BLOCKS):
        y = h
        for name in (f"{i}a", f"{i}b"):
            y = dl.layernorm(convolved(y, name, 2**i), p[f"{name} offset"], p[f"{name} gain"])
            y = dl.relu(y) if name.endswith("b") else y
            y = y * dl.dropout(kept, rate) if rate else y
        h = y + (h if i else convolved(h, "skip"))
    scores = dl.fullyconnect(h, p["head"], p["head bias"])
    return dl.crossentropy(dl.softmax(scores), T) / T.shape[2]


def _recorded(p: Any, X: Any, T: Any, rate: float) -> Any:
    import dlarray as dl

    loss = partial(_loss_of, X, T, rate)
    value, slopes = recorded(loss, p, np.ones((1, 1), "f4"), list(p))()
    return value, {name: dl.dlarray(slope, copy=False) for name, slope in slopes.items()}


def _loss_of(X: Any, T: Any, rate: float, /, **p: Any) -> Any:
    return _loss(p, X, T, rate)


def _evaluated(p: Any, X: Any, T: Any, rate: float) -> Any:
    import dlarray as dl

    def both(p: Any) -> Any:
        value = _loss(p, X, T, rate)
        return value, dl.dlgradient(value, p)

    return dl.dlfeval(both, p)


def ours(way: str) -> Callable[[int], Step]:
    """A function of the length that gives a training step, a function of the dropout rate."""
    import dlarray as dl

    def prepared(length: int) -> Step:
        data, values = arrays(length)
        X = dl.dlarray(data["x"], "BTC")
        T = dl.dlarray(np.eye(CLASSES, dtype="f4")[data["labels"]][None], "BTC")
        state: list[Any] = [{name: dl.dlarray(v) for name, v in values.items()}, None, None]
        count = [0]

        def step(rate: float) -> float:
            compute = _recorded if way == OURS[0] else _evaluated
            value, slopes = compute(state[0], X, T, rate)
            count[0] += 1
            state[:] = dl.adamupdate(state[0], slopes, state[1], state[2], count[0])
            return float(value.data.item())

        return step

    return prepared


def _torch_loss(p: Any, x: Any, labels: Any, rate: float, layout: Layout) -> Any:
    import torch as t

    F = t.nn.functional
    convolve = F.conv2d if layout.image else F.conv1d
    drop = F.dropout2d if layout.image else F.dropout1d

    def convolved(h: Any, name: str, dilation: int = 1) -> Any:
        h = F.pad(h, ((p[name].shape[-1] - 1) * dilation, 0))
        return convolve(h, p[name], p[f"{name} bias"], dilation=layout.sizes(dilation))

    def normalized(h: Any, name: str) -> Any:
        gain, offset = p[f"{name} gain"], p[f"{name} offset"]
        return F.layer_norm(h.movedim(1, -1), (FILTERS,), gain, offset).movedim(-1, 1)

    h = x
    for i in range(BLOCKS):
        y = h
        for name in (f"{i}a", f"{i}b"):
            y = normalized(convolved(y, name, 2**i), name)
            y = F.relu(y) if name.endswith("b") else y
            y = drop(y, rate) if rate else y
        h = y + (h if i else convolved(h, "skip"))
    scores = F.linear(h.movedim(1, -1), p["head"], p["head bias"])
    return F.cross_entropy(scores.reshape(-1, CLASSES), labels)


def torch(layout: Layout) -> Callable[[int], Step]:
    """The same in PyTorch."""
    import torch as t

    def parameter(value: np.ndarray) -> Any:
        tensor = layout.tensor(value.transpose(2, 0, 1)) if value.ndim == 3 else t.tensor(value)
        return tensor.requires_grad_()

    def prepared(length: int) -> Step:
        data, values = arrays(length)
        x, labels = layout.tensor(data["x"]), t.tensor(data["labels"])
        p = {name: parameter(value) for name, value in values.items()}
        adam = t.optim.Adam(p.values(), lr=0.001)

        def step(rate: float) -> float:
            adam.zero_grad()
            value = _torch_loss(p, x, labels, rate, layout)
            value.backward()
            adam.step()
            return float(value.item())

        return step

    return prepared


def ways() -> dict[str, Callable[[], Callable[[int], Step]]]:
    """The function that prepares each way, by its name."""
    found: dict[str, Callable[[], Callable[[int], Step]]] = {
        f"dlarray, {way}": partial(ours, way) for way in OURS
    }
    if peers_of(sys.modules[__name__]):
        found |= {f"PyTorch, {layout.name}": partial(torch, layout) for layout in LAYOUTS}
    return found


def run(way: str, threads: int) -> dict[str, Any]:
    """In this process: losses of three short steps without dropout, then the memory of two."""
    if way.startswith("PyTorch"):
        import torch as t

        t.set_num_threads(threads)
    prepare = ways()[way]()
    short = prepare(SHORT)
    losses = [short(0.0) for _ in range(3)]
    short(DROPOUT)
    step = prepare(LENGTH)
    del short
    gc.collect()
    held = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # begins VmHWM anew
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        step(DROPOUT)
        seconds.append(time.perf_counter() - start)
    return {
        "losses": losses,
        "held": held,
        "peak": _status("VmHWM"),
        "seconds": min(seconds),
    }


def _status(name: str) -> float:
    """Megabytes from the system's table of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    line = next(line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024


def measure(rounds: int, threads: int, only: Sequence[str]) -> dict[str, Any]:
    """The memory of each way whose name holds one of the texts."""
    from . import machine

    if not Path("/proc/self/clear_refs").exists():
        raise SystemExit("The most memory that a process held is read from Linux's /proc.")

    found: dict[str, list[dict[str, Any]]] = {}
    environment = {
        **os.environ, "OMP_NUM_THREADS": str(threads), "NUMBA_NUM_THREADS": str(threads)
    }  # fmt: skip
    names = [name for name in ways() if any(text in name for text in only)]
    for _ in range(min(rounds, ROUNDS)):
        for name in names:
            command = [sys.executable, "-m", "bench.footprint", name, str(threads)]
            output = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment)
            found.setdefault(name, []).append(json.loads(output.stdout))
    losses = np.array([runs[0]["losses"] for runs in found.values()])
    if len(losses) and not np.allclose(losses, losses[0], rtol=AGREEMENT):
        raise AssertionError(f"the losses differ: {losses}")
    machine.peak()  # a launch, before which the threading layer is not known
    described = machine.description() | {"threads": threads}
    described["peers"] = {p.title: version(p) for p in peers_of(sys.modules[__name__]).values()}
    return {
        "suite": "footprint",
        "columns": COLUMNS,
        "threads": threads,
        "cases": [],
        "ways": found,
        "machine": described,
    }


def table_text(report: dict[str, Any]) -> str:
    """Memory above what was held before, the medians of the runs."""
    lines = [
        f"| {COLUMNS} | peak above idle | held before | time of a step |",
        "|---|---|---|---|",
    ]
    for name, runs in report["ways"].items():
        above = statistics.median(r["peak"] - r["held"] for r in runs)
        held = statistics.median(r["held"] for r in runs)
        seconds = min(r["seconds"] for r in runs)
        lines.append(f"| {name} | {above:.0f} MB | {held:.0f} MB | {seconds:.2f} s |")
    return "\n".join([*lines, "", machine_text(report)])


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], int(sys.argv[2]))))
