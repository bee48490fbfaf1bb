"""The libraries that a suite is measured against, and what a suite gives for one of them.

A suite is a module with ``CASES``, ``MEASURES``, ``COLUMNS`` and a function of a case for each
library: `ours`, and one for each of its ``PEERS``.  A library that is not installed, and one for
which the suite has no function, is left out; so is a case that a library does not take (``peers``
of the case).  A library may give some measures only.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from .load import LOAD, TRIES, Watch, wait

PASSES = 3

Call = Callable[[], Any]
Calls = dict[str, Call]
Results = Callable[[], list[np.ndarray]]


class Peer(NamedTuple):
    """A library by its name, the modules to look for, itself first, and the function of the
    suite.
    """

    title: str
    modules: tuple[str, ...]
    function: str


TORCH = Peer("PyTorch", ("torch",), "torch")
JAX = Peer("JAX", ("jax",), "jax")
ONNX = Peer("ONNX Runtime", ("onnxruntime", "onnx"), "onnxruntime")
LIBRARIES = (TORCH, JAX, ONNX)


@dataclass
class Prepared:
    """The calls of a case to time by measure, and a function that gives the results to compare: the
    first of what `ours` gives, or all.

    ``before`` is called before a measure is timed; ``chosen`` says which variant a measure runs.
    """

    calls: Calls
    results: Results
    before: Calls = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)


class Variant(NamedTuple):
    """One way to compute a case in a library."""

    name: str
    calls: Calls
    results: Results
    before: Call = lambda: None


def peers_of(suite: ModuleType) -> dict[str, Peer]:
    """The peers of a suite that are installed, by the function of the suite."""
    found = getattr(suite, "PEERS", LIBRARIES)
    return {
        peer.function: peer
        for peer in found
        if hasattr(suite, peer.function)
        and all(importlib.util.find_spec(module) for module in peer.modules)
    }


def version(peer: Peer) -> str:
    return importlib.metadata.version(peer.modules[0])


def best_of(variants: list[Variant], seconds: float = 0.06) -> Prepared:
    """For each measure the fastest of these variants, after a look at each of so many seconds while
    no other process was busy.
    """
    calls: Calls = {}
    before: Calls = {}
    chosen: dict[str, str] = {}
    for measure in dict.fromkeys(name for v in variants for name in v.calls):
        able = [v for v in variants if measure in v.calls]
        for variant in able:  # what is compiled or laid out at the first call
            variant.before()
            variant.calls[measure]()
        times = _quiet_times(able, measure, seconds)
        best = able[times.index(min(times))]
        calls[measure], before[measure] = best.calls[measure], best.before
        chosen[measure] = best.name

    def results() -> list[np.ndarray]:
        """Of the variant of the last measure, the most complete one."""
        last = next(v for v in variants if v.name == chosen[next(reversed(chosen))])
        last.before()
        return last.results()

    return Prepared(calls, results, before, chosen)


def _quiet_times(variants: list[Variant], measure: str, seconds: float) -> list[float]:
    """The best time of each variant, of `PASSES` over all of them without other load."""
    times = [float("inf")] * len(variants)
    quiet = 0
    for _ in range(TRIES * PASSES):
        watch = Watch([])
        found = [_quick(v.calls[measure], v.before, seconds / PASSES) for v in variants]
        times = [min(pair) for pair in zip(times, found, strict=True)]
        if watch.load() > LOAD:
            wait()
            continue
        quiet += 1
        if quiet == PASSES:
            break
    return times


def _quick(call: Call, before: Call, seconds: float) -> float:
    """The best time of a call in about so many seconds."""
    before()
    best, total = float("inf"), 0.0
    while total <= seconds:
        start = time.perf_counter()
        call()
        elapsed = time.perf_counter() - start
        best, total = min(best, elapsed), total + elapsed
    return best


def recorded(
    function: Callable[..., Any], arguments: dict[str, Any], slope: np.ndarray, wanted: list[str]
) -> Callable[[], tuple[Any, dict[str, np.ndarray]]]:
    """A call of ours that does what `trainnet` does: record, walk back.

    It gives the result and the gradients of the arguments that are wanted.
    """
    from dlarray.array import variable
    from dlarray.kernels import empty_like
    from dlarray.tape import gradients, recording

    # An array of its own in memory as kernels give it, as gradients within a network are: vectors
    # begin at multiples of their size, as in the tensors of the others.
    own = empty_like(slope)
    own[...] = slope

    def call() -> tuple[Any, dict[str, np.ndarray]]:
        with recording() as tape:
            traced = {name: variable(tape, arguments[name]) for name in wanted}
            y = function(**{**arguments, **traced})
            leaves: list[Any] = [value.node for value in traced.values()]
            slopes = gradients(y, own, leaves, free=True)
        return y, dict(zip(wanted, slopes, strict=True))

    return call
