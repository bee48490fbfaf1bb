"""What denormal inputs cost: a convolution forward on numbers of ordinary size, and on numbers
below the smallest normal one of single precision.

Sums and products of denormal x with ordinary weights are denormal too.  No library is told to take
them for zeros.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import conv1d
from .peers import Prepared, Variant, best_of
from .torch_layouts import ways

MEASURES = ("forward",)
COLUMNS = conv1d.COLUMNS
SMALL = np.float32(1e-40)


class Case(NamedTuple):
    convolution: conv1d.Case
    denormal: bool

    @property
    def name(self) -> str:
        return f"{self.convolution.name}, {'denormal' if self.denormal else 'normal'} x"

    def flops(self, measure: str) -> float:
        return self.convolution.flops("forward")


CASES = tuple(
    Case(conv1d.Case(*sizes), denormal)
    for sizes in ((16, 512, 64, 64, 5), (8, 1024, 64, 64, 9, 1, 1, 64))
    for denormal in (False, True)
)


def _scaled(case: Case, x: Any) -> Any:
    return x * SMALL if case.denormal else x


def ours(case: Case) -> Prepared:
    convolve, values, _ = conv1d.function(case.convolution)
    values |= {"x": _scaled(case, values["x"]), "b": values["b"] * 0}

    def forward() -> Any:
        return convolve(**values)

    return Prepared({"forward": forward}, lambda: [forward().data.transpose(1, 2, 0)])


def torch(case: Case) -> Prepared:
    """The same in PyTorch."""
    return best_of([_torch_variant(case, *way) for way in ways()])


def _torch_variant(case: Case, name: str, layout: Any, before: Any) -> Variant:
    import torch as t

    convolve = conv1d.torch_convolve(case.convolution, layout, "")
    x, w, b, _ = conv1d.torch_arrays(case.convolution, layout)
    x, b = _scaled(case, x), b * 0

    def forward() -> Any:
        with t.inference_mode():
            return convolve(x, w, b)

    return Variant(name, {"forward": forward}, lambda: [layout.array(forward())], before)
