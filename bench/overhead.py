"""What a small operation costs beyond its arithmetic.

Arrays are 3×7, "CB" where they have labels.  Single operations are compared with the same on arrays
of NumPy: how much longer they take is what labels, types and, where they are traced, the tape cost.
Chains of 20 operations and their gradient are compared with PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .peers import TORCH, Peer, Prepared

MEASURES = ("call",)
COLUMNS = "operation"
CALLS = 200  # repeated in one measurement: a clock does not see one
PEERS = (Peer("NumPy", ("numpy",), "numpy"), TORCH)


class Case(NamedTuple):
    kind: str
    dtype: str
    traced: bool = False

    @property
    def peers(self) -> tuple[str, ...]:
        return ("torch",) if self.kind == "chain" else ("numpy",)

    @property
    def name(self) -> str:
        peer = "PyTorch" if self.kind == "chain" else "NumPy"
        what = {"chain": "20 operations and their gradient"}.get(self.kind, self.kind)
        traced = ", traced" if self.traced else ""
        return f"{what}{traced}, {np.dtype(self.dtype)}, against {peer}"

    def flops(self, measure: str) -> float:
        return 0.0


CASES = (
    Case("X + Y", "f4"),
    Case("X + Y", "f8"),
    Case("X * Z, Z with other labels", "f4"),
    Case("X * 2", "f4"),
    Case("X + Y", "f4", traced=True),
    Case("X + Y", "f8", traced=True),
    Case("X * Z, Z with other labels", "f4", traced=True),
    Case("X * 2", "f4", traced=True),
    Case("chain", "f4"),
    Case("chain", "f8"),
)

OPERATIONS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "X + Y": lambda x, y, z: x + y,
    "X * Z, Z with other labels": lambda x, y, z: x * z,
    "X * 2": lambda x, y, z: x * 2.0,
}


def arrays(case: Case) -> tuple[np.ndarray, ...]:
    """Two of size 3×7, and a column of 3."""
    rng = np.random.default_rng(0)
    return tuple(rng.standard_normal(size).astype(case.dtype) for size in ((3, 7), (3, 7), (3, 1)))


def chain(x: Any, y: Any, tanh: Callable[[Any], Any]) -> Any:
    """20 operations: five of each of four rounds."""
    h = x
    for _ in range(4):
        h = tanh(h * y)
        h = h + x
        h = h - y * 0.5
    return h


def ours(case: Case) -> Prepared:
    import dlarray as dl
    from dlarray.array import variable
    from dlarray.tape import recording

    data = arrays(case)
    x, y = (dl.dlarray(a, "CB") for a in data[:2])
    z = dl.dlarray(data[2], "C")
    if case.kind == "chain":

        def gradient(x: Any, y: Any) -> Any:
            return dl.dlgradient(dl.sum(chain(x, y, dl.tanh), "all"), [x, y])

        def call() -> Any:
            return dl.dlfeval(gradient, x, y)

        return Prepared({"call": call}, lambda: [g.data for g in call()])
    operation = OPERATIONS[case.kind]
    if case.traced:
        tape = recording().__enter__()  # open as long as the process
        x, y, z = (variable(tape, a) for a in (x, y, z))
    return Prepared({"call": lambda: operation(x, y, z)}, lambda: [operation(x, y, z).data])


def numpy(case: Case) -> Prepared:
    """One operation in NumPy."""
    data, operation = arrays(case), OPERATIONS[case.kind]
    return Prepared({"call": lambda: operation(*data)}, lambda: [operation(*data)])


def torch(case: Case) -> Prepared:
    """The chain in PyTorch."""
    import torch as t

    x, y = (t.tensor(a).requires_grad_() for a in arrays(case)[:2])

    def call() -> Any:
        return t.autograd.grad(chain(x, y, t.tanh).sum(), [x, y])

    return Prepared({"call": call}, lambda: [g.numpy() for g in call()])
