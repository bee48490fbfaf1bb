"""Nodes, the tape that they belong to, and which tape is open."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..formats import Shape

if TYPE_CHECKING:
    from .operator import Operator, Watcher

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


_ROOM = 1024  # nodes of a tape before it is tidied


class Tape:
    """One `dlfeval` call: open while it runs.

    It holds its nodes weakly, to release them when it closes.  Places of nodes that are gone are
    given up whenever as many again have come: a long loop needs no more memory than its values.
    """

    __slots__ = ("_nodes", "_room", "count", "open")

    def __init__(self) -> None:
        self.open = True
        self.count = 0
        self._nodes: list[weakref.ref[Node]] = []  # those that keep something
        self._room = _ROOM

    def leaf(self, data: Array) -> Node:
        """A node with no operator: a variable."""
        return Node(self, None, (), None, {}, None, data)

    def _tidy(self) -> None:
        """Give up the places of nodes that are gone."""
        self._nodes = [reference for reference in self._nodes if reference() is not None]
        self._room = max(_ROOM, 2 * len(self._nodes))

    def close(self) -> None:
        """End the trace: nothing is traced on this tape any more, and its nodes keep nothing."""
        self.open = False
        for reference in self._nodes:
            node = reference()
            if node is not None:
                node.arguments = node.result = None
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
        "strides",
        "tape",
    )

    def __init__(
        self,
        tape: Tape,
        operator: Operator | None,
        parents: Sequence[Node | None],
        arguments: Sequence[Any] | None,
        options: dict[str, Any],
        result: Any,  # what the operator returned, if its rule needs it
        value: Any,
    ) -> None:
        self.tape = tape
        self.operator = operator
        self.parents = parents
        self.arguments = arguments
        self.options = options
        self.result = result
        self.shape = value.shape
        self.strides = value.strides
        self.dtype = value.dtype
        self.order = tape.count = tape.count + 1
        if operator is not None:
            tape._nodes.append(weakref.ref(self))
            if len(tape._nodes) > tape._room:
                tape._tidy()

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


class State(threading.local):
    """What this thread records on, and who watches it."""

    tape: Tape | None = None
    watcher: Watcher | None = None


state = State()


def current_tape() -> Tape | None:
    """The innermost open tape of this thread."""
    return state.tape


class recording:
    """Open a tape; operators called on its leaves are recorded until the block ends."""

    __slots__ = ("_outer", "_tape")

    def __enter__(self) -> Tape:
        self._outer, self._tape = state.tape, Tape()
        state.tape = self._tape
        return self._tape

    def __exit__(self, *error: object) -> None:
        state.tape = self._outer
        self._tape.close()


class paused:
    """Record nothing within the block."""

    __slots__ = ("_outer",)

    def __enter__(self) -> None:
        self._outer, state.tape = state.tape, None

    def __exit__(self, *error: object) -> None:
        state.tape = self._outer


def untraced(value: Any) -> Any:
    """The values of what is traced; anything else as it is."""
    return value._data if isinstance(value, Traced) else value


def is_traced(value: object) -> bool:
    """Whether operators called on ``value`` now would be recorded."""
    if not isinstance(value, Traced) or value.node is None:
        return False
    return value.node.tape is state.tape
