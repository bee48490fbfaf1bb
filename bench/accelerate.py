"""The loss and gradients of the sequence classification example at batch 1, length 20, accelerated.

One observation is little work: what counts is what happens around the kernels.  The peers are the
kernel calls of the same steps alone, on arrays that lie ready, one after the other; and PyTorch's
eager forward pass, loss and backward pass.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from . import training

MEASURES = ("loss and gradients",)
COLUMNS = "network"

KernelCall = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]
# no kernels: memory, and what hands arrays to a function of NumPy
HELPERS = {"apply", "canonical", "empty", "empty_like", "memory_axes", "workspace"}


class Case(NamedTuple):
    peer: str
    batch: int = 1
    length: int = 20

    @property
    def name(self) -> str:
        return f"batch {self.batch}, length {self.length}, against {self.peer}"

    def flops(self, measure: str) -> float:
        return 0.0


CASES = (Case("the bare kernel calls"), Case("PyTorch"))


def ours(case: Case) -> tuple[training.Calls, Callable[[], list[np.ndarray]]]:
    import dlarray as dl

    data = training.arrays(training.Case(case.batch, case.length))
    net = dl.dlnetwork(training.layers())
    for i, name in ((0, "w1"), (4, "w2"), (8, "w3")):
        net.Learnables.Value[i] = dl.dlarray(data[name])
    X = dl.dlarray(data["x"], "BTC")
    T = dl.dlarray(np.eye(4, dtype="f4")[data["labels"]], "BC")

    def loss(net: Any, X: Any, T: Any) -> Any:
        value = dl.crossentropy(dl.forward(net, X), T)
        return value, dl.dlgradient(value, net.Learnables)

    accfun = dl.dlaccelerate(loss)

    def call() -> Any:
        return dl.dlfeval(accfun, net, X, T)

    def results() -> list[np.ndarray]:
        call()  # traces
        value, slopes = call()
        return [value.data, *(slopes.Value[i].data for i in (0, 4, 8))]

    return {MEASURES[0]: call}, results


def torch(case: Case) -> tuple[training.Calls, Callable[[], list[np.ndarray]]]:
    """The peer: the kernels, or PyTorch."""
    if case.peer != "PyTorch":
        calls, results = ours(case)
        found = results()
        with logged() as log:
            calls[MEASURES[0]]()

        def kernels() -> None:
            for function, arguments, options in log:
                function(*arguments, **options)

        return {MEASURES[0]: kernels}, lambda: found
    import torch as t

    loss, parameters = training.peer(training.Case(case.batch, case.length))

    def call() -> Any:
        value = loss()
        return value, t.autograd.grad(value, parameters)

    def values() -> list[np.ndarray]:
        value, slopes = call()
        w1, _, _, _, w2, _, _, _, w3, _ = (g.numpy() for g in slopes)
        return [
            value.detach().numpy().reshape(1, 1),
            w1.transpose(2, 1, 0),
            w2.transpose(2, 1, 0),
            w3,
        ]

    return {MEASURES[0]: call}, values


@contextmanager
def logged() -> Iterator[list[KernelCall]]:
    """Within the block the calls of kernel drivers and of NumPy's functions by operators."""
    from dlarray import kernels, operators
    from dlarray.operators import _quiet

    log: list[KernelCall] = []
    inside = [False]

    def watched(function: Callable[..., Any], of_function: bool = False) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if inside[0]:
                return function(*arguments, **options)
            inside[0] = True
            try:
                if of_function:  # a function of NumPy and its arrays
                    log.append((arguments[0], arguments[1:], options))
                else:
                    log.append((function, arguments, options))
                return function(*arguments, **options)
            finally:
                inside[0] = False

        return call

    names = [m.name for m in pkgutil.iter_modules(operators.__path__)]
    places = [importlib.import_module(f"dlarray.operators.{name}") for name in names] + [kernels]
    before = [
        (place, name, value)
        for place in places
        for name, value in vars(place).items()
        if str(getattr(value, "__module__", "")).startswith("dlarray.kernels")
        and type(value) is type(logged)
        and name not in HELPERS
    ]
    run = _quiet._run
    for place, name, value in before:
        setattr(place, name, watched(value))
    _quiet._run = watched(run, of_function=True)
    try:
        yield log
    finally:
        _quiet._run = run
        for place, name, value in before:
            setattr(place, name, value)
