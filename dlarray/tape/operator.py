"""Operators: functions of arrays that compute, are recorded, and can be watched."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np

from ..formats import describe
from .direct import Direct
from .graph import Array, Node, Spec, Tape, Traced, state

T = TypeVar("T", bound=Traced)

_ndarray = np.ndarray
_NO_OPTIONS: dict[str, Any] = {}
_watching = 0  # how many watchers are at work in all threads: asked first, because it is cheap
_watching_lock = threading.Lock()


class Watcher(Protocol):
    """What is told of every operator call of a thread."""

    def called(
        self,
        operator: Operator,
        arguments: tuple[Any, ...],
        options: dict[str, Any],
        result: Any,
        traced: list[bool] | None,
    ) -> Any:
        """An operator was called and returned ``result``, which is replaced by what this returns;
        ``traced`` says which arguments are traced, None if none is.
        """

    def wrapped(self, array: Array) -> None:
        """A labelled array was made of this one."""

    def constant(self, array: Array) -> Array:
        """This array is part of the computation but made by no operator; what this returns takes
        its place.
        """

    def decides(self, what: str, array: Array | None) -> None:
        """What follows depends on these values, or on any, so it can't be repeated for others."""


class watched:
    """Within the block a watcher is told of this thread's operator calls; None for nobody."""

    __slots__ = ("_outer", "_watcher")

    def __init__(self, watcher: Watcher | None) -> None:
        self._watcher = watcher

    def __enter__(self) -> None:
        self._outer, state.watcher = state.watcher, self._watcher
        _count(1)

    def __exit__(self, *error: object) -> None:
        state.watcher = self._outer
        _count(-1)


def _count(step: int) -> None:
    global _watching
    with _watching_lock:
        _watching += step


def watcher() -> Watcher | None:
    """Who watches this thread."""
    return state.watcher if _watching else None


def constant(array: Array) -> Array:
    """The array, made known to a watcher as a constant of what it sees."""
    if _watching and state.watcher is not None:
        return state.watcher.constant(array)
    return array


def wrapped(array: Array) -> None:
    """Tell a watcher that a labelled array is made of this one."""
    if _watching and state.watcher is not None:
        state.watcher.wrapped(array)


def decides(what: str, array: Array | None = None) -> None:
    """Tell a watcher that what is computed from here on depends on values, those of an array or
    any, in a way that repeating the operator calls would not follow; ``what`` names it in a
    message.
    """
    if _watching and state.watcher is not None:
        state.watcher.decides(what, array)


class Operator:
    """A differentiable function of arrays; see the package's text."""

    def __init__(self, forward: Callable[..., Any], *, pure: bool = True) -> None:
        self.forward = forward
        self.name = forward.__name__
        self.__doc__ = forward.__doc__
        # of arguments and options: what gives the same for all arrays of their sizes in less time,
        # None where nothing does; and that of the arguments of the rule
        self.direct: Callable[..., Direct | None] | None = None
        self.direct_rule: Callable[..., Direct | None] | None = None
        self.pure = pure  # the result depends on the arguments alone
        self.of_user = False  # it runs code that is not ours
        self.rule: Callable[..., Any] | None = None
        self.recordable = True
        self.calls_kernels = False  # the rule does, not operators alone
        self.composition: Callable[..., Any] | None = None
        # of dy, the result, the arguments, their nodes: the parts of the rule for small arrays of
        # one shape, with the same bits; None for others.  Asked where nobody watches or records
        self.small_rule: Callable[..., Sequence[Any] | None] | None = None
        self.keeps_result = False
        self.drops: tuple[int, ...] = ()  # arguments of which the rule needs shape and type only
        self.drops_first = self.drops_second = False  # whether 0 and 1 are among them
        self.drops_from: int | None = None  # and all from here, which it takes as *_parts

    def backward(
        self,
        rule: Callable[..., Any] | None = None,
        *,
        recordable: bool = True,
        calls_kernels: bool | None = None,
    ) -> Any:
        """Decorator: set the backward rule ``rule(dy, result, *arguments, **options)``."""
        if calls_kernels is None:
            calls_kernels = not recordable
        if rule is None:
            return lambda function: self.backward(
                function, recordable=recordable, calls_kernels=calls_kernels
            )
        self.calls_kernels = calls_kernels
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        parameters = inspect.signature(rule).parameters.values()
        names = [p.name for p in parameters if p.kind in kinds]
        parts = [p.name for p in parameters if p.kind is inspect.Parameter.VAR_POSITIONAL]
        self.rule, self.recordable = rule, recordable
        self.keeps_result = not names[1].startswith("_")
        self.drops = tuple(i for i, name in enumerate(names[2:]) if name.startswith("_"))
        self.drops_first, self.drops_second = 0 in self.drops, 1 in self.drops
        self.drops_from = len(names) - 2 if parts and parts[0].startswith("_") else None
        return rule

    def reference(self, composition: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: set the composition of operators that stands in where a backward pass is
        recorded.
        """
        self.composition = composition
        self.drops, self.drops_from = (), None  # it needs every argument
        self.drops_first = self.drops_second = False
        return composition

    def labelled(self, place: T, a: Any, b: Any = None) -> T:
        """``place`` made the result of the operator for one or two operands, traced or arrays; b is
        None for one.

        The same as a call, for operators of one or two arrays with one result and no options, in
        the least time: small elementwise operations cost what is asked about them.
        """
        tape = state.tape
        if _watching:
            value = self(a) if b is None else self(a, b)
            traced = type(value) is Traced
            place._data, place.node = (value._data, value.node) if traced else (value, None)
            return place
        parent, other = None, None
        if type(a) is not _ndarray:
            parent = a.node
            if parent is not None and parent.tape is not tape:
                parent = None
            a = a._data
        if b is not None and type(b) is not _ndarray:
            other = b.node
            if other is not None and other.tape is not tape:
                other = None
            b = b._data
        try:
            value = self.forward(a) if b is None else self.forward(a, b)
        except MemoryError:
            raise MemoryError(no_memory(self.name, (a, b))) from None
        place._data = value
        if tape is None or (parent is None and other is None):
            place.node = None
            return place
        parents: tuple[Node | None, ...]  # tuples are made and freed faster than lists
        arguments: tuple[Any, ...]
        if self.drops_first:
            a = parent or Spec(a.shape, a.dtype)
        if b is None:
            parents, arguments = (parent,), (a,)
        else:
            if self.drops_second:
                b = other or Spec(b.shape, b.dtype)
            parents, arguments = (parent, other), (a, b)
        kept = value if self.keeps_result else None
        place.node = Node(tape, self, parents, arguments, _NO_OPTIONS, kept, value)
        return place

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        tape = state.tape
        if tape is None:  # also every call of a backward pass that is not recorded
            arrays: Sequence[Any] = arguments
            for a in arguments:
                if type(a) is not _ndarray:
                    arrays = [a._data if isinstance(a, Traced) else a for a in arguments]
                    break
            try:
                if _watching and state.watcher is not None:
                    result = self._watched(arrays, arguments, options, None)
                else:
                    result = self.forward(*arrays, **options)
            except MemoryError:
                raise MemoryError(no_memory(self.name, arrays)) from None
            return result[0] if type(result) is tuple else result
        return self._recorded(tape, arguments, options)

    def _recorded(self, tape: Tape, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """The call while a tape is open: a traced value if an argument is one of its."""
        arrays: list[Any] = []
        parents: list[Node | None] = []
        traced = False
        for a in arguments:
            parent = None
            if type(a) is not _ndarray and isinstance(a, Traced):
                parent = a.node
                a = a._data
                if parent is not None:
                    if parent.tape is tape:
                        traced = True
                    else:
                        parent = None
            arrays.append(a)
            parents.append(parent)
        try:
            if _watching and state.watcher is not None:
                flags = [parent is not None for parent in parents] if traced else None
                result = self._watched(arrays, arguments, options, flags)
            else:
                result = self.forward(*arrays, **options)
        except MemoryError:
            raise MemoryError(no_memory(self.name, arrays)) from None
        value = result[0] if type(result) is tuple else result
        if not traced:
            return value
        if self.drops or self.drops_from is not None:
            self._drop(arrays, parents)
        kept = result if self.keeps_result else None
        node = Node(tape, self, parents, arrays, options, kept, value)
        place = Traced.__new__(Traced)
        place._data, place.node = value, node
        return place

    def _watched(
        self,
        arrays: Sequence[Any],
        arguments: tuple[Any, ...],
        options: dict[str, Any],
        traced: list[bool] | None,
    ) -> Any:
        """The result, after the watcher was told; of calls within this one it is not."""
        watching = state.watcher
        assert watching is not None
        with watched(None):
            result = self.forward(*arrays, **options)
        return watching.called(self, arguments, options, result, traced)

    def _drop(self, arrays: list[Any], parents: list[Node | None]) -> None:
        """Keep of the arguments that the rule does not need shape and type only."""
        drops: Iterable[int] = self.drops
        if self.drops_from is not None:
            drops = (*drops, *range(self.drops_from, len(arrays)))
        for i in drops:
            array = arrays[i]
            if isinstance(array, _ndarray):
                arrays[i] = parents[i] or Spec(array.shape, array.dtype)

    def __repr__(self) -> str:
        return f"<operator {self.name}>"


class PairOperator(Operator):
    """An operator of two arrays with one result and no options.

    Backward passes call such more often than any other, and a call without packed arguments takes
    0.2 us less.
    """

    def __call__(self, a: Any, b: Any) -> Any:
        if state.tape is None and not _watching and type(a) is _ndarray and type(b) is _ndarray:
            try:
                return self.forward(a, b)
            except MemoryError:
                raise MemoryError(no_memory(self.name, (a, b))) from None
        return super().__call__(a, b)


# Public names of operators that are called otherwise, for messages; the operators enter them.
PUBLIC_NAMES: dict[str, str] = {}


def no_memory(call: str, arrays: Sequence[Any]) -> str:
    """The message for a result of these arrays that is too large."""
    call = PUBLIC_NAMES.get(call, call)
    of = [f"{describe(x.shape)} {x.dtype}" for x in arrays if isinstance(x, _ndarray) and x.ndim]
    return (
        f"{call}: there is not enough memory for the result of {' and '.join(of) or 'this size'}. "
        "Take a part of the data at a time."
    )


def operator(forward: Callable[..., Any]) -> Operator:
    """Decorator: an `Operator` from its forward function."""
    return Operator(forward)


def pair(forward: Callable[[Array, Array], Array]) -> Operator:
    """Decorator: a `PairOperator` from its forward function."""
    return PairOperator(forward)


def draw(forward: Callable[..., Any]) -> Operator:
    """Decorator: an `Operator` that draws random numbers, each call others."""
    return Operator(forward, pure=False)


@operator
def accumulate(a: Array, b: Array) -> Array:
    """The sum of two gradients of one variable."""
    return a + b


@accumulate.backward
def _(dy: Any, _y: Any, _a: Any, _b: Any) -> Any:
    return dy, dy


@operator
def alias(x: Array) -> Array:
    """The same value at a place of its own on the tape."""
    return x


@alias.backward
def _(dy: Any, _y: Any, _x: Any) -> Any:
    return (dy,)


@operator
def copied(x: Array) -> Array:
    """x in memory of its own."""
    return np.array(x)


@copied.backward
def _(dy: Any, _y: Any, _x: Any) -> Any:
    return (dy,)
