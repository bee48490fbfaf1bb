"""A plan with what calling it takes: how its function is called, what its result looks like."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextvars import Context
from typing import Any

import numpy as np

from ..tape import Array, Node, Operator, Traced, current_tape, is_traced
from .autodiff import dlfeval
from .core import dlarray
from .plan import Plan, Recorder
from .signature import arrays_of, builder, replaced


class Plainly:
    """A call of the function itself, of which an open tape may trace arguments."""

    name = "call"

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def plain(self, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        return self.function(*args, **options)

    def places(self, arrays: Sequence[dlarray]) -> Hashable:
        """Which arrays are traced, None if none is; and which are the same variable."""
        if current_tape() is None:
            return None
        nodes: list[Node | None] = [x.node if is_traced(x) else None for x in arrays]
        if not any(nodes):
            return None
        return tuple(None if node is None else nodes.index(node) for node in nodes)


class Evaluated(Plainly):
    """A call by `dlfeval`."""

    name = "dlfeval"

    def plain(self, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        return dlfeval(self.function, *args, **options)

    def places(self, arrays: Sequence[dlarray]) -> Hashable:
        return None


class Trace:
    """A plan, the value that the function returned, and where its arrays come from."""

    def __init__(
        self, recorder: Recorder, result: Any, inputs: Sequence[dlarray], mode: Plainly
    ) -> None:
        outputs = arrays_of(result)
        slots = [recorder.slot_of(x._data) for x in outputs]
        self.traced = mode.places(inputs) is not None
        self.places = [self.traced and is_traced(x) for x in outputs]
        if any(on and recorder.is_constant(n) for n, on in zip(slots, self.places, strict=True)):
            recorder.give_up("it returns a variable of its own")
        self.plan = Plan(recorder, slots)
        self.formats = [x.fmt for x in outputs]
        # holds no arrays of this call
        self.build = builder(replaced(result, itertools.repeat(_NOTHING)))

    def run(self, arrays: Sequence[dlarray], draws: Sequence[Any] | None = None) -> Any:
        """The result for other arrays; with ``draws`` as random numbers."""
        if self.traced:
            with np.errstate(all="ignore"):
                values = self.plan.traced(arrays, draws)
            return self.build(map(_labelled, values, self.formats, self.places))
        data = [x._data for x in arrays]
        if draws is None and self.plan.ours and not _quiet.busy:
            found = _quiet.call(self.plan.run, data)
        else:
            with np.errstate(all="ignore"):
                found = self.plan.run(*data) if draws is None else self.plan.with_draws(data, draws)
        return self.build(_constants(found, self.formats))


class _Quiet(threading.local):
    """A context for each thread in which NumPy's warnings are off for good: ``np.errstate`` takes
    2 us of a replay.  Users' code does not run there, because it may have a context of its own.
    Operators that a plan calls enter theirs in it (`operators._quiet`), so it must be another one.
    """

    def __init__(self) -> None:
        self.busy = False
        context = Context()
        context.run(np.seterr, all="ignore")
        self._run = context.run

    def call(self, function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
        """``function(*arguments)``, unless ``busy``."""
        self.busy = True
        try:
            return self._run(function, *arguments)
        finally:
            self.busy = False


_quiet = _Quiet()


class Draws:
    """Watches what operators draw, and nothing else."""

    def __init__(self) -> None:
        self.results: list[Any] = []

    def called(
        self, operator: Operator, arguments: Any, options: Any, result: Any, traced: Any
    ) -> Any:
        if not operator.pure:
            self.results.append(result)
        return result

    def wrapped(self, array: Array) -> None:
        pass

    def constant(self, array: Array) -> Array:
        return array

    def decides(self, what: str, array: Array | None) -> None:
        pass


def difference(a: Array, b: Array) -> float:
    """The largest difference, absolute or relative to the largest number."""
    if a.shape != b.shape:
        return np.inf
    if not a.size or np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"):
        return 0.0
    with np.errstate(all="ignore"):
        a, b = a.astype(np.result_type(a, np.float64)), b.astype(np.result_type(b, np.float64))
        worst = float(np.abs(a - b).max()) / max(1.0, float(np.abs(a).max()))
    return worst if np.isfinite(worst) else np.inf


def _labelled(value: Any, fmt: str, traced: bool = True) -> dlarray:
    """`wrap` of a result, whose format fits already; a constant unless ``traced``."""
    array = _new(dlarray)
    array.fmt = fmt
    if isinstance(value, Traced):
        array._data, array.node = value._data, value.node if traced else None
    else:
        array._data, array.node = value, None
    return array


def _constants(values: Iterable[Array], formats: Iterable[str]) -> Iterator[dlarray]:
    """`wrap` of results, whose formats fit already."""
    for value, fmt in zip(values, formats, strict=True):
        array = _new(dlarray)
        array._data, array.node, array.fmt = value, None, fmt
        yield array


_new = dlarray.__new__


def own(x: dlarray) -> dlarray:
    """The array with data of its own identity, at the same place of the tape."""
    return _labelled(Traced(x._data.view(), x.node), x.fmt)


_NOTHING = _labelled(np.empty((0, 0)), "")
