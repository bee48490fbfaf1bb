"""Maximum and average pooling: forward, and forward with the gradient.

A case is (kind, batch, length, channels, window, stride), without padding; "global" is over the
whole length.  Pooling moves memory: bytes are the input read and the output written, and for the
gradient the gradient of the output read and that of the input written, each once; arrays that stay
in cache move faster than the copy of 64 MB that they are compared with.  Ours are
`maxpool` and `avgpool` on labelled arrays, recorded as in `bench.conv1d`; PyTorch's are its 1-D
functions, its 2-D functions on channels-last images of height 1, and for "global" its reductions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .peers import Call, Prepared, Variant, best_of, recorded
from .torch_layouts import LAYOUTS, Layout, ways

MEASURES = ("forward", "forward+backward")
COLUMNS = "kind, batch, length, channels, window, stride"
GLOBAL = 0


class Case(NamedTuple):
    kind: str
    batch: int
    length: int
    channels: int
    window: int
    stride: int = 1

    @property
    def name(self) -> str:
        window = f"{self.window}, {self.stride}" if self.window else "global"
        return f"{self.kind}, {self.batch}, {self.length}, {self.channels}, {window}"

    @property
    def n_out(self) -> int:
        return (self.length - self.window) // self.stride + 1 if self.window else 1

    def flops(self, measure: str) -> float:
        return 0.0

    def nbytes(self, measure: str) -> float:
        once = 4.0 * self.batch * self.channels * (self.length + self.n_out)
        return once * (1 if measure == "forward" else 2)


SIZES = (
    (16, 512, 64, 2, 2),
    (16, 512, 64, 3, 1),
    (8, 4096, 32, 5, 3),
    (32, 1000, 12, 4, 4),
    (1, 100000, 16, 8, 8),
    (64, 500, 64, GLOBAL),
)
CASES = tuple(Case(kind, *sizes) for kind in ("max", "average") for sizes in SIZES)


def arrays(case: Case) -> dict[str, np.ndarray]:
    """x (B, L, C) and dy (B, T, C)."""
    rng = np.random.default_rng(0)
    sizes = {"x": case.length, "dy": case.n_out}
    return {
        name: rng.standard_normal((case.batch, length, case.channels), "f4")
        for name, length in sizes.items()
    }


def ours(case: Case) -> Prepared:
    """The calls to time, and a function that gives the results to compare: y and dx."""
    import dlarray as dl

    data = arrays(case)
    values = {"x": dl.dlarray(data["x"], "BTC")}
    slope = dl.dlarray(data["dy"], "BTC").extractdata()
    function = dl.maxpool if case.kind == "max" else dl.avgpool

    def pool(x: Any) -> Any:
        if case.window == GLOBAL:
            return function(x, "global", PoolFormat="T")
        return function(x, case.window, PoolFormat="T", Stride=case.stride)

    both = recorded(pool, values, slope, ["x"])

    def results() -> list[np.ndarray]:
        y, slopes = both()
        return [y.data.transpose(1, 2, 0), slopes["x"].transpose(1, 2, 0)]

    return Prepared({"forward": lambda: pool(**values), "forward+backward": both}, results)


def torch(case: Case) -> Prepared:
    """The same in PyTorch."""
    return best_of(list(_torch_variants(case)))


def _torch_variants(case: Case) -> Iterator[Variant]:
    import torch as t

    data, nothing = arrays(case), lambda: None
    if case.window == GLOBAL:  # in both orders of memory, the positions last in the shape
        for layout in LAYOUTS:
            x, dy = layout.tensor(data["x"]), layout.tensor(data["dy"])
            for name, reduce in _torch_reductions(case).items():
                yield _torch_variant(f"{layout.name}, {name}", reduce, (x, dy), layout, nothing)
        return
    F = t.nn.functional
    for name, layout, before in ways():
        x, dy = layout.tensor(data["x"]), layout.tensor(data["dy"])
        function = {
            ("max", False): F.max_pool1d, ("max", True): F.max_pool2d,
            ("average", False): F.avg_pool1d, ("average", True): F.avg_pool2d,
        }[case.kind, layout.image]  # fmt: skip
        window, stride = layout.sizes(case.window), layout.sizes(case.stride)

        def pool(x: Any, f: Any = function, window: Any = window, stride: Any = stride) -> Any:
            return f(x, window, stride)

        yield _torch_variant(name, pool, (x, dy), layout, before)


def _torch_reductions(case: Case) -> dict[str, Any]:
    import torch as t

    if case.kind == "average":
        return {"mean": lambda x: x.mean(-1, keepdim=True)}
    return {
        "amax": lambda x: x.amax(-1, keepdim=True),
        "max": lambda x: t.max(x, -1, keepdim=True)[0],
    }


def _torch_variant(
    name: str, pool: Any, values: tuple[Any, Any], layout: Layout, before: Call
) -> Variant:
    import torch as t

    x, dy = values
    x.requires_grad_()

    def forward() -> Any:
        with t.inference_mode():
            return pool(x)

    def both() -> Any:
        y = pool(x)
        return y, t.autograd.grad(y, x, dy)

    def results() -> list[np.ndarray]:
        y, (dx,) = both()
        return [layout.array(y), layout.array(dx)]

    return Variant(name, {"forward": forward, "forward+backward": both}, results, before)


def jax(case: Case) -> Prepared:
    """The same in JAX, compiled by it."""
    import jax as j

    data = arrays(case)
    x, dy = j.numpy.asarray(data["x"]), j.numpy.asarray(data["dy"])
    window, steps = (1, case.window or case.length, 1), (1, case.stride, 1)

    def forward(x: Any) -> Any:
        if case.kind == "max":
            return j.lax.reduce_window(x, -np.inf, j.lax.max, window, steps, "VALID")
        return j.lax.reduce_window(x, 0.0, j.lax.add, window, steps, "VALID") / window[1]

    def both(x: Any, dy: Any) -> Any:
        y, back = j.vjp(forward, x)
        return y, back(dy)[0]

    alone, whole = j.jit(forward), j.jit(both)
    calls: dict[str, Call] = {
        "forward": lambda: j.block_until_ready(alone(x)),
        "forward+backward": lambda: j.block_until_ready(whole(x, dy)),
    }
    return Prepared(calls, lambda: [np.asarray(part) for part in whole(x, dy)])


def onnxruntime(case: Case) -> Prepared:
    """The forward pass in ONNX Runtime."""
    from . import onnx_models

    name = "MaxPool" if case.kind == "max" else "AveragePool"
    moves = {"kernel_shape": [case.window], "strides": [case.stride]}
    call, result = onnx_models.session(
        name if case.window else f"Global{name}", arrays(case)["x"], {},
        (case.batch, case.channels, case.n_out), **(moves if case.window else {}),
    )  # fmt: skip
    return Prepared({"forward": call}, lambda: [result()])
