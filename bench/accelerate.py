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
from .peers import TORCH, Peer, Prepared

MEASURES = ("loss and gradients",)
COLUMNS = "network"
PEERS = (Peer("the bare kernel calls", ("numba",), "kernels"), TORCH)

KernelCall = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]
# no kernels: memory, and what hands arrays to a function of NumPy
HELPERS = {"apply", "canonical", "empty", "empty_like", "memory_axes", "workspace"}


class Case(NamedTuple):
    peer: str
    batch: int = 1
    length: int = 20

    @property
    def peers(self) -> tuple[str, ...]:
        return ("torch",) if self.peer == "PyTorch" else ("kernels",)

    @property
    def name(self) -> str:
        return f"batch {self.batch}, length {self.length}, against {self.peer}"

    def flops(self, measure: str) -> float:
        return 0.0


CASES = (Case("the bare kernel calls"), Case("PyTorch"))


def ours(case: Case) -> Prepared:
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

    return Prepared({MEASURES[0]: call}, results)


def kernels(case: Case) -> Prepared:
    """The calls of kernels that ours makes, alone."""
    prepared = ours(case)
    found = prepared.results()
    with logged() as log:
        prepared.calls[MEASURES[0]]()

    def call() -> None:
        for function, arguments, options in log:
            function(*arguments, **options)

    return Prepared({MEASURES[0]: call}, lambda: found)


def torch(case: Case) -> Prepared:
    """The same in PyTorch."""
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

    return Prepared({MEASURES[0]: call}, values)


class _Log:
    """Calls of functions from outside, not those that they make themselves."""

    def __init__(self) -> None:
        self.calls: list[KernelCall] = []
        self.inside = False

    def watched(self, function: Callable[..., Any], of_function: bool = False) -> Any:
        """The function, noting its calls; ``of_function``: it calls its first argument."""

        def call(*arguments: Any, **options: Any) -> Any:
            if self.inside:
                return function(*arguments, **options)
            self.inside = True
            try:
                if of_function:
                    self.calls.append((arguments[0], arguments[1:], options))
                else:
                    self.calls.append((function, arguments, options))
                return function(*arguments, **options)
            finally:
                self.inside = False

        return call


def _drivers() -> list[tuple[Any, str, Any]]:
    """Where the drivers of kernels are looked up: (module, name, driver)."""
    from dlarray import kernels, operators

    names = [m.name for m in pkgutil.iter_modules(operators.__path__)]
    places = [importlib.import_module(f"dlarray.operators.{name}") for name in names] + [kernels]
    return [
        (place, name, value)
        for place in places
        for name, value in vars(place).items()
        if str(getattr(value, "__module__", "")).startswith("dlarray.kernels")
        and type(value) is type(logged)
        and name not in HELPERS
    ]


@contextmanager
def logged() -> Iterator[list[KernelCall]]:
    """Within the block the calls of kernel drivers and of NumPy's functions by operators."""
    from dlarray.operators import _quiet

    log, run, before = _Log(), _quiet._run, _drivers()
    for place, name, value in before:
        setattr(place, name, log.watched(value))
    _quiet._run = log.watched(run, of_function=True)
    try:
        yield log.calls
    finally:
        _quiet._run = run
        for place, name, value in before:
            setattr(place, name, value)
