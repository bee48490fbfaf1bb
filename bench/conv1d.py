"""1-D convolution: forward, and forward with all gradients.

A case is (batch, length, channels, filters, filter size, dilation), "same" padding, single
precision, with a bias.  Ours is the public `dlconv` on labelled arrays, and for the gradients what
`trainnet` does: record, walk back. PyTorch's is `torch.nn.functional.conv1d` on contiguous (batch,
channel, time) arrays and `torch.autograd.grad`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

MEASURES = ("forward", "forward+backward")


class Case(NamedTuple):
    batch: int
    length: int
    channels: int
    filters: int
    size: int
    dilation: int
    input_gradient: bool = True

    @property
    def name(self) -> str:
        return ", ".join(str(n) for n in self[:6]) + (
            "" if self.input_gradient else " (first layer)"
        )

    def flops(self, measure: str) -> float:
        forward = 2.0 * self.batch * self.length * self.channels * self.filters * self.size
        return forward if measure == "forward" else forward * (3 if self.input_gradient else 2)


CASES = (
    Case(16, 512, 64, 64, 5, 1),
    Case(16, 512, 64, 64, 3, 4),
    Case(32, 200, 16, 32, 5, 1),
    Case(8, 4096, 16, 16, 51, 8),
    Case(32, 128, 256, 256, 3, 1),
    Case(32, 1000, 12, 64, 11, 1, input_gradient=False),
    Case(1, 64, 32, 32, 3, 1),
)

COLUMNS = "batch, length, channels, filters, size, dilation"

Calls = dict[str, Callable[[], Any]]


def arrays(case: Case) -> dict[str, np.ndarray]:
    """x (B, T, C), w (K, C, F), b (F,) and dy (B, T, F)."""
    rng = np.random.default_rng(0)
    n, t, c, f, k = case[:5]
    sizes = {"x": (n, t, c), "w": (k, c, f), "b": (f,), "dy": (n, t, f)}
    return {name: rng.standard_normal(size, "f4") for name, size in sizes.items()}


def ours(case: Case) -> tuple[Calls, Callable[[], list[np.ndarray]]]:
    """The calls to time, and a function that gives the results to compare: y, dw, db and dx."""
    import dlarray as dl
    from dlarray.array import variable
    from dlarray.tape import gradients, recording

    data = arrays(case)
    x = dl.dlarray(data["x"], "BTC")
    w, b = dl.dlarray(data["w"]), dl.dlarray(data["b"])
    slope = dl.dlarray(data["dy"], "BTC").extractdata()
    wanted = ("w", "b", "x") if case.input_gradient else ("w", "b")

    def convolve(x: Any, w: Any, b: Any) -> Any:
        return dl.dlconv(x, w, b, WeightsFormat="TCU", Padding="same", DilationFactor=case.dilation)

    def both() -> Any:
        with recording() as tape:
            traced = {"x": x, "w": w, "b": b}
            leaves: list[Any] = []
            for name in wanted:
                traced[name] = variable(tape, traced[name])
                leaves.append(traced[name].node)
            y = convolve(**traced)
            return y, gradients(y, slope, leaves, free=True)

    def results() -> list[np.ndarray]:
        y, slopes = both()
        found = dict(zip(wanted, slopes, strict=True))
        values = [y.data.transpose(1, 2, 0), found["w"], found["b"].ravel()]
        return values + ([found["x"].transpose(1, 2, 0)] if "x" in found else [])

    return {"forward": lambda: convolve(x, w, b), "forward+backward": both}, results


def torch(case: Case) -> tuple[Calls, Callable[[], list[np.ndarray]]]:
    """The same in PyTorch."""
    import torch as t

    data = arrays(case)
    x = t.tensor(data["x"].transpose(0, 2, 1).copy()).requires_grad_(case.input_gradient)
    w = t.tensor(data["w"].transpose(2, 1, 0).copy()).requires_grad_()
    b = t.tensor(data["b"]).requires_grad_()
    dy = t.tensor(data["dy"].transpose(0, 2, 1).copy())
    wanted = (w, b, x) if case.input_gradient else (w, b)

    def convolve() -> Any:
        return t.nn.functional.conv1d(x, w, b, padding="same", dilation=case.dilation)

    def forward() -> Any:
        with t.no_grad():
            return convolve()

    def both() -> Any:
        y = convolve()
        return y, t.autograd.grad(y, wanted, dy)

    def results() -> list[np.ndarray]:
        y, slopes = both()
        values = [
            y.detach().numpy().transpose(0, 2, 1),
            slopes[0].numpy().transpose(2, 1, 0),
            slopes[1].numpy(),
        ]
        return values + ([slopes[2].numpy().transpose(0, 2, 1)] if case.input_gradient else [])

    return {"forward": forward, "forward+backward": both}, results
