"""What memory bounds: softmax, normalizations, GELU, losses and the Adam step, on 1 to 64 MB.

Arrays are (batch, 64 positions, 64 channels) in single precision, channels last in memory; for
batch normalization PyTorch gets its own order, channels before positions.  Ours are the public
functions on labelled arrays, and for the gradients what `trainnet` does: record, walk back.
The Adam step is `adamupdate`, which makes new arrays; beside
PyTorch's fused one it is that of `trainnet`, which writes over the averages that it owns.
PyTorch's are its functions and `torch.autograd.grad`; the cross-entropy of probabilities is there
-sum t log(max(p, tiny)) / N.  "softmax + cross-entropy" is compared with `F.cross_entropy` on the
logits.  Bytes are those that must move at least: each array read or written once a pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .peers import Prepared, recorded

MEASURES = ("forward", "forward+backward")
COLUMNS = "operation, size of an array"

POSITIONS = CHANNELS = 64
TINY = float(np.finfo(np.float32).tiny)

# arrays moved forward, and forward and back
ARRAYS = {
    "softmax": (2, 5),
    "layer normalization": (2, 5),
    "batch normalization": (2, 5),
    "gelu": (2, 5),
    "cross-entropy": (2, 5),
    "softmax + cross-entropy": (4, 10),
    "Adam step": (7,),
    "Adam step, fused=True there": (7,),
}


class Case(NamedTuple):
    kind: str
    megabytes: int

    @property
    def name(self) -> str:
        return f"{self.kind}, {self.megabytes} MB"

    @property
    def measures(self) -> tuple[str, ...]:
        return ("step",) if self.kind.startswith("Adam") else MEASURES

    def flops(self, measure: str) -> float:
        return 0.0

    def nbytes(self, measure: str) -> float:
        """Bytes that must be read and written at least."""
        moved = ARRAYS[self.kind][self.measures.index(measure)]
        return float(moved * (self.megabytes << 20))


CASES = tuple(Case(kind, size) for kind in ARRAYS for size in (1, 4, 16, 64))


def arrays(case: Case) -> dict[str, np.ndarray]:
    """x and dy (B, T, C), probabilities p, one-hot targets t, gain and offset (C,)."""
    rng = np.random.default_rng(0)
    n_batch = (case.megabytes << 18) // (POSITIONS * CHANNELS)
    shape = (n_batch, POSITIONS, CHANNELS)
    data = {name: rng.standard_normal(shape, "f4") for name in ("x", "dy")}
    data |= {name: rng.standard_normal(CHANNELS, "f4") for name in ("gain", "offset")}
    data["t"] = np.eye(CHANNELS, dtype="f4")[rng.integers(0, CHANNELS, shape[:2])]
    if case.kind.startswith("Adam"):  # epsilon, which is added elsewhere there, is to be nothing
        data["dy"] += np.copysign(np.float32(0.1), data["dy"])
    e = np.exp(data["x"])
    data["p"] = e / e.sum(-1, keepdims=True)
    return data


def ours(case: Case) -> Prepared:
    """The calls to time, and a function that gives the results to compare."""
    import dlarray as dl

    data = arrays(case)
    if case.kind.startswith("Adam"):
        return (_adam_of_trainnet if "fused" in case.kind else _adam_ours)(data)
    X, T = dl.dlarray(data["p" if case.kind == "cross-entropy" else "x"], "BTC"), None
    gain, offset = dl.dlarray(data["gain"]), dl.dlarray(data["offset"])
    if "cross-entropy" in case.kind:
        T = dl.dlarray(data["t"], "BTC")
    batchnorm: Any = getattr(dl, "batchnorm", None)
    functions: dict[str, Callable[..., Any]] = {
        "softmax": dl.softmax,
        "layer normalization": lambda x, g, o: dl.layernorm(x, o, g),
        "batch normalization": lambda x, g, o: batchnorm(x, o, g, nargout=3)[0],
        "gelu": dl.gelu,
        "cross-entropy": lambda x: dl.crossentropy(x, T),
        "softmax + cross-entropy": lambda x: dl.crossentropy(dl.softmax(x), T),
    }
    leaves = (X, gain, offset) if "normalization" in case.kind else (X,)
    dy = np.ones((1, 1), "f4") if T is not None else dl.dlarray(data["dy"], "BTC").extractdata()
    return _compared(functions[case.kind], leaves, dy)


def _compared(function: Callable[..., Any], leaves: tuple[Any, ...], dy: np.ndarray) -> Prepared:
    values = {f"x{i}": leaf for i, leaf in enumerate(leaves)}
    both = recorded(lambda **values: function(*values.values()), values, dy, list(values))

    def results() -> list[np.ndarray]:
        y, slopes = both()
        return [_in_order(part) for part in (y.data, *slopes.values())]

    return Prepared({"forward": lambda: function(*leaves), "forward+backward": both}, results)


def _in_order(part: np.ndarray) -> np.ndarray:
    """Of (C, B, T) and (C, 1) arrays (B, T, C) and (C,)."""
    return part.transpose(1, 2, 0) if part.ndim == 3 else part.ravel()


def _adam_ours(data: dict[str, np.ndarray]) -> Prepared:
    import dlarray as dl

    p, g = dl.dlarray(data["x"], "BTC"), dl.dlarray(data["dy"], "BTC")
    state: list[Any] = [p, None, None]
    count = [0]

    def step() -> None:
        count[0] += 1
        state[:] = dl.adamupdate(state[0], g, state[1], state[2], count[0])

    def results() -> list[np.ndarray]:
        for _ in range(3):
            step()
        return [_in_order(state[0].data)]

    return Prepared({"step": step}, results)


def _adam_of_trainnet(data: dict[str, np.ndarray]) -> Prepared:
    from dlarray.kernels import AdamStep, adam

    g = data["dy"]
    state = [data["x"], np.zeros_like(g), np.zeros_like(g)]
    count = [0]

    def step() -> None:
        count[0] += 1
        numbers = AdamStep.number(count[0], 0.001, 0.9, 0.999, 1e-8)
        state[:] = adam(state[0], g, state[1], state[2], numbers, in_place=True)

    def results() -> list[np.ndarray]:
        for _ in range(3):
            step()
        return [state[0]]

    return Prepared({"step": step}, results)


def torch(case: Case) -> Prepared:
    """The same in PyTorch."""
    import torch as t

    data = arrays(case)
    if case.kind.startswith("Adam"):
        return _adam_torch(data, fused="fused" in case.kind)
    own_order = case.kind == "batch normalization"

    def tensor(name: str) -> Any:
        array = data[name].transpose(0, 2, 1).copy() if own_order else data[name]
        return t.tensor(array)

    x = tensor("p" if case.kind == "cross-entropy" else "x").requires_grad_()
    gain, offset = (t.tensor(data[name]).requires_grad_() for name in ("gain", "offset"))
    function = _torch_functions(t.tensor(data["t"]))[case.kind]
    leaves = (x, gain, offset) if "normalization" in case.kind else (x,)
    dy = None if "cross-entropy" in case.kind else tensor("dy")

    def forward() -> Any:
        with t.no_grad():
            return function(*leaves)

    def both() -> Any:
        y = function(*leaves)
        return y, t.autograd.grad(y, leaves, dy)

    def results() -> list[np.ndarray]:
        y, slopes = both()
        parts = [part.detach().numpy() for part in (y, *slopes)]
        return [
            p.transpose(0, 2, 1) if own_order and p.ndim == 3 else np.atleast_1d(p) for p in parts
        ]

    return Prepared({"forward": forward, "forward+backward": both}, results)


def _torch_functions(targets: Any) -> dict[str, Callable[..., Any]]:
    import torch as t

    F, n_batch = t.nn.functional, targets.shape[0]
    logits_scale = POSITIONS  # F.cross_entropy divides by the positions too
    return {
        "softmax": lambda x: t.softmax(x, -1),
        "layer normalization": lambda x, g, o: F.layer_norm(x, (CHANNELS,), g, o),
        "batch normalization": lambda x, g, o: F.batch_norm(x, None, None, g, o, True),
        "gelu": F.gelu,
        "cross-entropy": lambda p: -(targets * p.clamp_min(TINY).log()).sum() / n_batch,
        "softmax + cross-entropy": lambda x: (
            F.cross_entropy(x.view(-1, CHANNELS), targets.view(-1, CHANNELS)) * logits_scale
        ),
    }


def _adam_torch(data: dict[str, np.ndarray], *, fused: bool) -> Prepared:
    import torch as t

    p = t.nn.Parameter(t.tensor(data["x"]))
    p.grad = t.tensor(data["dy"])
    adam = t.optim.Adam([p], fused=True) if fused else t.optim.Adam([p])

    def results() -> list[np.ndarray]:
        for _ in range(3):
            adam.step()
        return [p.detach().numpy()]

    return Prepared({"step": adam.step}, results)
