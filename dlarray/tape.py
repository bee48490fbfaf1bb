"""Reverse-mode automatic differentiation by a tape.

An *operator* is a function of plain arrays with a backward rule.  Calling it computes; if an
argument is a `Traced` value of this thread's innermost open tape, the call is also recorded as a
`Node` that leads to the nodes of its arguments.  `gradients` walks the nodes from a result to its
leaves, newest first, and lets each operator's rule turn the gradient of its result into those of
its arguments.

The tape knows no operator by name and no label.  A rule is written with operators itself, so that a
backward pass can be recorded and differentiated again.  There is no list of nodes: a node lives
while a traced value or a later node leads to it.  When a tape closes, what its nodes kept is
dropped, so a value carried out of the call holds no memory but its own.

    @operator
    def square(x):
        return x * x

    @square.backward
    def _(dy, _y, x):
        return mul(dy, mul(x, 2))

A rule gets the gradient, the result, and the arguments of the call.  What it does not need it names
with an underscore in front; of that it gets shape and dtype only.  It returns one
gradient per argument, None for an argument without one; a gradient that costs something may be a
function of no arguments, called only if it is asked for.  An operator may return ``(y,
*residuals)``: the first is its value, and the rule gets the whole tuple as the result.

Where a fast rule calls kernels that can't be recorded (``@op.backward(recordable=False)``),
``@op.reference`` gives a composition of operators with the same value, and only when the backward
pass is itself being recorded that is differentiated instead.
"""

from __future__ import annotations

import inspect
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from .formats import Shape, describe

Array = np.ndarray[Any, Any]


RELEASED = (
    "The trace of this value was released: it has been differentiated with free=True, or its "
    "dlfeval call has ended."
)


class GradientError(RuntimeError):
    """A derivative that can't be had: not traced, not a scalar, not differentiable."""


class Spec(NamedTuple):
    """What stays of an array whose values a backward rule does not need."""

    shape: Shape
    dtype: np.dtype[Any]


class Tape:
    """One `dlfeval` call: open while it runs."""

    __slots__ = ("_nodes", "count", "open")

    def __init__(self) -> None:
        self.open = True
        self.count = 0
        self._nodes: list[weakref.ref[Node]] = []  # those that keep something

    def leaf(self, data: Array) -> Node:
        """A node with no operator: a variable."""
        return Node(self, None, (), None, {}, data)

    def close(self) -> None:
        """End the trace: nothing is traced on this tape any more, and its nodes keep nothing."""
        self.open = False
        for reference in self._nodes:
            node = reference()
            if node is not None:
                node.release()
                node.parents = ()
        self._nodes.clear()


class Node:
    """A recorded call: the operator, the nodes of its arguments, and what its rule needs.

    ``order`` counts the nodes of a tape: a node is newer than its parents.
    """

    __slots__ = (
        "__weakref__",
        "arguments",
        "dtype",
        "operator",
        "options",
        "order",
        "parents",
        "result",
        "shape",
        "tape",
    )

    def __init__(
        self,
        tape: Tape,
        operator: Operator | None,
        parents: Sequence[Node | None],
        arguments: Sequence[Any] | None,
        options: dict[str, Any],
        result: Any,
    ) -> None:
        value = result[0] if type(result) is tuple else result
        self.tape, self.operator, self.parents = tape, operator, parents
        self.arguments, self.options = arguments, options
        self.result = result if operator is not None and operator.keeps_result else None
        self.shape, self.dtype = value.shape, value.dtype
        self.order = tape.count = tape.count + 1
        if operator is not None:
            tape._nodes.append(weakref.ref(self))

    def release(self) -> None:
        """Drop what the backward rule would need; where the node leads is known on."""
        self.arguments, self.result = None, None


class Traced:
    """A value with its place on a tape; `node` is None for a constant."""

    __slots__ = ("_data", "node")

    def __init__(self, data: Array, node: Node | None) -> None:
        self._data, self.node = data, node

    @property
    def data(self) -> Array:
        """The values."""
        return self._data

    @property
    def shape(self) -> Shape:
        return self._data.shape

    @property
    def ndim(self) -> int:
        return self._data.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._data.dtype


class _State(threading.local):
    tape: Tape | None = None


_state = _State()


def current_tape() -> Tape | None:
    """The innermost open tape of this thread."""
    return _state.tape


class recording:
    """Open a tape; operators called on its leaves are recorded until the block ends."""

    __slots__ = ("_outer", "_tape")

    def __enter__(self) -> Tape:
        self._outer, self._tape = _state.tape, Tape()
        _state.tape = self._tape
        return self._tape

    def __exit__(self, *error: object) -> None:
        _state.tape = self._outer
        self._tape.close()


class paused:
    """Record nothing within the block."""

    __slots__ = ("_outer",)

    def __enter__(self) -> None:
        self._outer, _state.tape = _state.tape, None

    def __exit__(self, *error: object) -> None:
        _state.tape = self._outer


def is_traced(value: object) -> bool:
    """Whether operators called on ``value`` now would be recorded."""
    return isinstance(value, Traced) and value.node is not None and value.node.tape is _state.tape


class Operator:
    """A differentiable function of arrays; see the module's text."""

    def __init__(self, forward: Callable[..., Any]) -> None:
        self.forward = forward
        self.name = forward.__name__
        self.__doc__ = forward.__doc__
        self.rule: Callable[..., Any] | None = None
        self.recordable = True
        self.composition: Callable[..., Any] | None = None
        self.keeps_result = False
        self.drops: tuple[int, ...] = ()  # arguments of which the rule needs shape and type only
        self.drops_from: int | None = None  # and all from here, which it takes as *_parts

    def backward(self, rule: Callable[..., Any] | None = None, *, recordable: bool = True) -> Any:
        """Decorator: set the backward rule ``rule(dy, result, *arguments, **options)``."""
        if rule is None:
            return lambda function: self.backward(function, recordable=recordable)
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        parameters = inspect.signature(rule).parameters.values()
        names = [p.name for p in parameters if p.kind in kinds]
        parts = [p.name for p in parameters if p.kind is inspect.Parameter.VAR_POSITIONAL]
        self.rule, self.recordable = rule, recordable
        self.keeps_result = not names[1].startswith("_")
        self.drops = tuple(i for i, name in enumerate(names[2:]) if name.startswith("_"))
        self.drops_from = len(names) - 2 if parts and parts[0].startswith("_") else None
        return rule

    def reference(self, composition: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: set the composition of operators that stands in where a backward pass is
        recorded.
        """
        self.composition = composition
        self.drops, self.drops_from = (), None  # it needs every argument
        return composition

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        arrays = [a._data if isinstance(a, Traced) else a for a in arguments]
        try:
            result = self.forward(*arrays, **options)
        except MemoryError:
            raise MemoryError(no_memory(self.name, arrays)) from None
        tape = _state.tape
        if tape is not None:
            parents = [
                a.node if isinstance(a, Traced) and a.node and a.node.tape is tape else None
                for a in arguments
            ]
            if any(parents):
                kept = self._kept(arrays, parents)
                node = Node(tape, self, parents, kept, options, result)
                return Traced(result[0] if type(result) is tuple else result, node)
        return result[0] if type(result) is tuple else result

    def _kept(self, arrays: list[Any], parents: list[Node | None]) -> list[Any]:
        """The arguments as the rule gets them: what it does not need as shape and type only."""
        drops: Iterable[int] = self.drops
        if self.drops_from is not None:
            drops = (*drops, *range(self.drops_from, len(arrays)))
        for i in drops:
            if isinstance(arrays[i], np.ndarray):
                arrays[i] = parents[i] or Spec(arrays[i].shape, arrays[i].dtype)
        return arrays

    def __repr__(self) -> str:
        return f"<operator {self.name}>"


def no_memory(call: str, arrays: Sequence[Any]) -> str:
    """The message for a result of these arrays that is too large."""
    of = [f"{describe(x.shape)} {x.dtype}" for x in arrays if isinstance(x, np.ndarray) and x.ndim]
    return (
        f"{call}: there is not enough memory for the result of {' and '.join(of) or 'this size'}. "
        "Take a part of the data at a time."
    )


def operator(forward: Callable[..., Any]) -> Operator:
    """Decorator: an `Operator` from its forward function."""
    return Operator(forward)


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


def gradients(
    value: Traced, dy: Any, targets: Sequence[Node], *, record: bool = False, free: bool = False
) -> list[Any]:
    """The gradients of ``value``, weighted by ``dy``, with respect to ``targets``; None where
    nothing leads there.

    With ``record`` the pass is recorded on the current tape and the gradients are `Traced`.  With
    ``free`` what each node kept is dropped as soon as it was used: nothing that passed through it
    can be differentiated again.
    """
    if value.node is None:
        return [None] * len(targets)
    if not value.node.tape.open:
        raise GradientError(RELEASED)
    with np.errstate(all="ignore"):  # Inf and NaN at the edge of a domain are values, not mishaps
        if record:
            return _walk(value.node, dy, targets, _recorded_parts, free=False)
        with paused():
            return _walk(value.node, dy, targets, _plain_parts, free=free)


_Parts = Callable[[Node, Any], Sequence[Any]]


def _walk(start: Node, dy: Any, targets: Sequence[Node], parts: _Parts, *, free: bool) -> list[Any]:
    wanted = set(targets)
    path = _path(start, wanted)
    leads = set(path)
    pending: dict[Node | None, Any] = {start: dy}
    found: dict[Node, Any] = {}
    for node in path:
        gradient = pending.pop(node, None)
        if gradient is None:
            continue
        if node in wanted:
            found[node] = gradient
        if node.operator is None or leads.isdisjoint(node.parents):
            continue
        for parent, part in zip(node.parents, parts(node, gradient), strict=False):
            if part is None or parent not in leads:
                continue
            value = part() if callable(part) else part
            earlier = pending.get(parent)
            pending[parent] = value if earlier is None else accumulate(earlier, value)
        if free:
            node.release()
    return [found.get(node) for node in targets]


_BY_AGE = attrgetter("order")


def _path(start: Node, wanted: set[Node]) -> list[Node]:
    """The nodes from ``start`` that lead to a wanted one, newest first."""
    seen = {start}
    stack = [start]
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    leads = set(wanted)
    path = []
    for node in sorted(seen, key=_BY_AGE):
        if node in wanted or not leads.isdisjoint(node.parents):
            leads.add(node)
            path.append(node)
    path.reverse()
    return path


def _rule(node: Node) -> Callable[..., Any]:
    assert node.operator is not None
    if node.operator.rule is None:
        raise GradientError(f"{node.operator.name} has no derivative.")
    if node.arguments is None:
        raise GradientError(RELEASED)
    return node.operator.rule


def _plain_parts(node: Node, dy: Any) -> Sequence[Any]:
    """The gradients of a node's arguments, as arrays."""
    rule = _rule(node)
    return rule(dy, node.result, *node.arguments, **node.options)  # type: ignore[misc]


def _recorded_parts(node: Node, dy: Any) -> Sequence[Any]:
    """The gradients of a node's arguments, as values on the tape."""
    rule, op = _rule(node), node.operator
    assert op is not None and node.arguments is not None
    arguments = [
        Traced(np.asarray(value), parent)
        if parent and isinstance(value, (np.ndarray, np.generic))
        else value
        for value, parent in zip(node.arguments, node.parents, strict=True)
    ]
    if op.recordable:
        result = node.result
        if type(result) is tuple:
            result = (Traced(result[0], node), *result[1:])
        elif result is not None:
            result = Traced(result, node)
        return rule(dy, result, *arguments, **node.options)
    if op.composition is None:
        raise GradientError(f"{op.name} has no second derivative.")
    places = [alias(value) if isinstance(value, Traced) else value for value in arguments]
    value = op.composition(*places, **node.options)
    nodes = [place.node for place in places if isinstance(place, Traced) and place.node]
    parts = iter(gradients(value, dy, nodes, record=True))
    return [next(parts) if isinstance(place, Traced) else None for place in places]
