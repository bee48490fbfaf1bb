"""Transposed 1-D convolution: forward, and forward with all gradients.

A case is (batch, length, channels, filters, filter size, stride), cropped to "same" size: length
times stride.  Ours is `dltranspconv` on labelled arrays, recorded as in `bench.conv1d`; PyTorch's
is `conv_transpose1d`, or `conv_transpose2d` on channels-last images of height 1, each with and
without oneDNN; JAX's is a convolution dilated by the stride, ONNX Runtime's ``ConvTranspose``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .peers import Call, Prepared, Variant, best_of, recorded
from .torch_layouts import Layout, ways

MEASURES = ("forward", "forward+backward")
COLUMNS = "batch, length, channels, filters, size, stride"


class Case(NamedTuple):
    batch: int
    length: int
    channels: int
    filters: int
    size: int
    stride: int

    @property
    def name(self) -> str:
        return ", ".join(str(n) for n in self)

    @property
    def n_out(self) -> int:
        return self.length * self.stride

    @property
    def crops(self) -> tuple[int, int]:
        """What is cut off at the two ends of the whole result."""
        total = self.size - self.stride  # of a size of at least the stride
        return total // 2, total - total // 2

    def flops(self, measure: str) -> float:
        forward = 2.0 * self.batch * self.length * self.channels * self.filters * self.size
        return forward * (1 if measure == "forward" else 3)


CASES = (
    Case(16, 128, 64, 32, 4, 2),
    Case(4, 1000, 16, 16, 16, 8),
    Case(1, 64, 128, 128, 3, 1),
)


def arrays(case: Case) -> dict[str, np.ndarray]:
    """x (B, L, C), w (K, F, C), b (F,) and dy (B, T, F)."""
    rng = np.random.default_rng(0)
    n, length, c, f, k = case[:5]
    sizes = {"x": (n, length, c), "w": (k, f, c), "b": (f,), "dy": (n, case.n_out, f)}
    return {name: rng.standard_normal(size, "f4") for name, size in sizes.items()}


def ours(case: Case) -> Prepared:
    """The calls to time, and a function that gives the results to compare: y, dw, db and dx."""
    import dlarray as dl

    data = arrays(case)
    values = {"x": dl.dlarray(data["x"], "BTC")} | {n: dl.dlarray(data[n]) for n in ("w", "b")}
    slope = dl.dlarray(data["dy"], "BTC").extractdata()

    def convolve(x: Any, w: Any, b: Any) -> Any:
        return dl.dltranspconv(x, w, b, WeightsFormat="TUC", Stride=case.stride, Cropping="same")

    both = recorded(convolve, values, slope, ["w", "b", "x"])

    def results() -> list[np.ndarray]:
        y, slopes = both()
        dx = slopes["x"].transpose(1, 2, 0)
        return [y.data.transpose(1, 2, 0), slopes["w"], slopes["b"].ravel(), dx]

    return Prepared({"forward": lambda: convolve(**values), "forward+backward": both}, results)


def torch(case: Case) -> Prepared:
    """The same in PyTorch."""
    return best_of([_torch_variant(case, *way) for way in ways()])


def _torch_variant(case: Case, name: str, layout: Layout, before: Call) -> Variant:
    import torch as t

    F, data = t.nn.functional, arrays(case)
    function = F.conv_transpose2d if layout.image else F.conv_transpose1d
    x, dy = layout.tensor(data["x"]), layout.tensor(data["dy"])
    w, b = layout.tensor(data["w"].transpose(2, 0, 1)), t.tensor(data["b"])
    for leaf in (x, w, b):
        leaf.requires_grad_()
    first, last = case.crops
    options = {
        "stride": layout.sizes(case.stride),
        "padding": layout.sizes(first, 0),
    }

    def convolve() -> Any:
        y = function(x, w, b, **options)
        return y if first == last else y[..., : case.n_out]

    def forward() -> Any:
        with t.inference_mode():
            return convolve()

    def both() -> Any:
        y = convolve()
        return y, t.autograd.grad(y, (w, b, x), dy)

    def results() -> list[np.ndarray]:
        y, (dw, db, dx) = both()
        dw = layout.array(dw).transpose(1, 2, 0)
        return [layout.array(y), dw, db.numpy(), layout.array(dx)]

    return Variant(name, {"forward": forward, "forward+backward": both}, results, before)


def jax(case: Case) -> Prepared:
    """The same in JAX, compiled by it: of a dilated input, the filter turned round."""
    import jax as j

    data = arrays(case)
    x, w, b, dy = (j.numpy.asarray(data[name]) for name in ("x", "w", "b", "dy"))
    ends = [(case.size - 1 - crop) for crop in case.crops]

    def forward(x: Any, w: Any, b: Any) -> Any:
        y = j.lax.conv_general_dilated(
            x, w[::-1], (1,), [tuple(ends)], lhs_dilation=(case.stride,),
            dimension_numbers=("NWC", "WOI", "NWC"),
        )  # fmt: skip
        return y + b

    def both(x: Any, w: Any, b: Any, dy: Any) -> Any:
        y, back = j.vjp(forward, x, w, b)
        return y, back(dy)

    alone, whole = j.jit(forward), j.jit(both)

    def results() -> list[np.ndarray]:
        y, (dx, dw, db) = whole(x, w, b, dy)
        return [np.asarray(part) for part in (y, dw, db, dx)]

    calls: dict[str, Call] = {
        "forward": lambda: j.block_until_ready(alone(x, w, b)),
        "forward+backward": lambda: j.block_until_ready(whole(x, w, b, dy)),
    }
    return Prepared(calls, results)


def onnxruntime(case: Case) -> Prepared:
    """The forward pass in ONNX Runtime."""
    from . import onnx_models

    data = arrays(case)
    weights = {"w": data["w"].transpose(2, 1, 0), "b": data["b"]}
    call, result = onnx_models.session(
        "ConvTranspose", data["x"], weights, (case.batch, case.filters, case.n_out),
        pads=list(case.crops), strides=[case.stride],
    )  # fmt: skip
    return Prepared({"forward": call}, lambda: [result()])
