"""The gradients of 1-D convolution by themselves, for the cases of `bench.conv1d`.

Ours is a walk back from a recorded `dlconv` to its weights, or to its input, alone.  PyTorch's is
``torch.ops.aten.convolution_backward`` for that one output, in the fastest of its ways; an input
that must be padded by different lengths is there already.  JAX's is the compiled transpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from . import conv1d
from .conv1d import CASES as CONVOLUTIONS, COLUMNS
from .peers import Call, Calls, Prepared, Variant, best_of
from .torch_layouts import Layout, ways

MEASURES = ("weight gradient", "input gradient")
__all__ = ["CASES", "COLUMNS", "MEASURES", "jax", "ours", "torch"]


class Case(conv1d.Case):
    @property
    def measures(self) -> tuple[str, ...]:
        return MEASURES


CASES = tuple(Case(*case) for case in CONVOLUTIONS)
WANTED = {"weight gradient": "w", "input gradient": "x"}


def ours(case: Case) -> Prepared:
    import dlarray as dl
    from dlarray.array import variable
    from dlarray.tape import gradients, recording

    convolve, values, slope = conv1d.function(case)
    tape = recording().__enter__()  # open until the process ends

    def walk(name: str) -> Call:
        traced: dl.dlarray = variable(tape, values[name])
        y = convolve(**{**values, name: traced})
        leaf: Any = traced.node
        return lambda: gradients(y, slope, [leaf])[0]

    calls: Calls = {measure: walk(name) for measure, name in WANTED.items()}

    def results() -> list[np.ndarray]:
        dw, dx = (calls[measure]() for measure in MEASURES)
        sizes = conv1d.arrays(case)["w"].shape
        return [conv1d.filters_last(dw.reshape(sizes)), dx.transpose(1, 2, 0)]

    return Prepared(calls, results)


def torch(case: Case) -> Prepared:
    """The same in PyTorch."""
    return best_of([_torch_variant(case, *way) for way in ways()])


def _torch_variant(case: Case, name: str, layout: Layout, before: Call) -> Variant:
    import torch as t

    x, w, _, dy = conv1d.torch_arrays(case, layout)
    left, right = case.ends
    if left != right:
        x, left = layout.ordered(t.nn.functional.pad(_plain(x, layout), (left, right))), 0
    first = case.ends[0] - left

    def call(*mask: bool) -> Call:
        arguments = (
            dy, x, w, [case.filters], layout.sizes(case.stride), layout.sizes(left, 0),
            layout.sizes(case.dilation), False, layout.sizes(0, 0), case.groups, mask,
        )  # fmt: skip
        return lambda: t.ops.aten.convolution_backward(*arguments)

    calls = dict(zip(MEASURES, (call(False, True, False), call(True, False, False)), strict=True))

    def results() -> list[np.ndarray]:
        dw = layout.array(calls["weight gradient"]()[1]).transpose(1, 2, 0)
        dx = layout.array(calls["input gradient"]()[0])[:, first : first + case.length]
        return [dw, dx]

    return Variant(name, calls, results, before)


def _plain(x: Any, layout: Layout) -> Any:
    return x.squeeze(2) if layout.image else x


def jax(case: Case) -> Prepared:
    """The same in JAX, compiled by it."""
    return best_of(list(_jax_variants(case)))


def _jax_variants(case: Case) -> Iterator[Variant]:
    for name, convolve, values, (of_data, of_w) in conv1d.jax_orders(case):
        calls = _jax_calls(convolve, values)

        def results(calls: Calls = calls, orders: Any = (of_w, of_data)) -> list[np.ndarray]:
            return [
                np.asarray(call()).transpose(order)
                for call, order in zip(calls.values(), orders, strict=True)
            ]

        yield Variant(name, calls, results)


def _jax_calls(convolve: Any, values: tuple[Any, ...]) -> Calls:
    import jax as j

    def of_weights(x: Any, w: Any, b: Any, dy: Any) -> Any:
        return j.vjp(lambda w: convolve(x, w, b), w)[1](dy)[0]

    def of_input(x: Any, w: Any, b: Any, dy: Any) -> Any:
        return j.vjp(lambda x: convolve(x, w, b), x)[1](dy)[0]

    dw, dx = j.jit(of_weights), j.jit(of_input)
    return {
        "weight gradient": lambda: j.block_until_ready(dw(*values)),
        "input gradient": lambda: j.block_until_ready(dx(*values)),
    }
