"""The walk back: from a value to the variables that it depends on, newest node first."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set as AbstractSet
from functools import partial
from operator import attrgetter
from typing import Any

import numpy as np

from .direct import Direct
from .graph import RELEASED, GradientError, Node, Spec, Traced, paused
from .operator import Operator, accumulate, alias, watched, watcher


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
    try:
        with np.errstate(all="ignore"):  # Inf and NaN at a domain's edge are values, not mishaps
            if record:
                return _walk(value.node, dy, targets, record=True)
            with paused():
                return _walk(value.node, dy, targets, record=False, free=free)
    except MemoryError as error:  # it names an operator of some rule
        text = str(error).partition(": ")[2] or (
            "there is not enough memory for the gradients. Take a part of the data at a time."
        )
        raise MemoryError(f"dlgradient: {text}") from None


def _walk(
    start: Node, dy: Any, targets: Sequence[Node], *, record: bool, free: bool = False
) -> list[Any]:
    wanted = set(targets)
    path, leads = _path(start, wanted)
    inner = any([node.operator is not None for node in wanted])  # not only variables are wanted
    pending: dict[Node | None, Any] = {start: dy}
    take, earlier = pending.pop, pending.get
    told = record or watcher() is not None  # of every operator call
    found: dict[Node, Any] = {}
    for node in path:
        gradient = take(node, None)
        if gradient is None:
            continue
        op, parents = node.operator, node.parents
        if op is None:
            found[node] = gradient
            continue
        if inner and node in wanted:
            found[node] = gradient
            if leads is not None and leads.isdisjoint(parents):
                continue
        rule = op.rule
        if rule is None:
            raise GradientError(f"{op.name} has no derivative.")
        if node.arguments is None:
            raise GradientError(RELEASED)
        parts = None
        if record:
            parts = _recorded_parts(node, rule, gradient)
        elif told:
            if op.calls_kernels:
                parts = _watched_parts(node, rule, gradient)
        elif op.small_rule is not None:
            parts = op.small_rule(gradient, node.result, *node.arguments, *parents)
        if parts is None:
            parts = rule(gradient, node.result, *node.arguments, **node.options)
        for parent, part in zip(parents, parts):  # noqa: B905 - a rule may stop early
            if parent is None or part is None or (leads is not None and parent not in leads):
                continue
            if type(part) is not _ndarray and callable(part):
                part = part()
            sum_so_far = earlier(parent)
            if sum_so_far is not None:
                part = accumulate(sum_so_far, part) if told else sum_so_far + part
            pending[parent] = part
        if free:
            node.release()
    return [found.get(node) for node in targets]


_ndarray = np.ndarray
_BY_AGE = attrgetter("order")


def _path(start: Node, wanted: set[Node]) -> tuple[list[Node], AbstractSet[Node | None] | None]:
    """The nodes from ``start`` that lead to a wanted one: newest first, and as a set; None for all
    that there are.
    """
    seen = {start}
    stack = [start]
    variables_only = True  # every node that leads nowhere is wanted, so that all nodes lead there
    for node in stack:
        if node.operator is None and node not in wanted:
            variables_only = False
        for parent in node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    if variables_only:
        stack.sort(key=_BY_AGE, reverse=True)
        return stack, None
    leads: set[Node | None] = set(wanted)
    path = []
    for node in sorted(stack, key=_BY_AGE):
        if node in wanted:
            path.append(node)
        elif not leads.isdisjoint(node.parents):
            leads.add(node)
            path.append(node)
    path.reverse()
    return path, leads


def between(start: Node, targets: Sequence[Node]) -> list[Node]:
    """The nodes that a gradient passes from ``start`` to these, the oldest first."""
    return _path(start, set(targets))[0][::-1]


def _recorded_parts(node: Node, rule: Callable[..., Any], dy: Any) -> Sequence[Any]:
    """The gradients of a node's arguments, as values on the tape."""
    op = node.operator
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


def _watched_parts(node: Node, rule: Callable[..., Any], dy: Any) -> Sequence[Any]:
    """The parts of a rule that calls kernels, told to the watcher as operator calls."""
    assert node.operator is not None and node.arguments is not None
    several = type(node.result) is tuple
    results = node.result if several else (node.result,)
    n = len(results)

    def parts_of(dy: Any, *rest: Any, **options: Any) -> tuple[Any, ...]:
        return tuple(rule(dy, rest[:n] if several else rest[0], *rest[n:], **options))

    given = [Spec(a.shape, a.dtype) if isinstance(a, Node) else a for a in node.arguments]
    arguments = (dy, *results, *given)
    parts_of.__name__ = f"the derivative of {node.operator.name}"
    parts = _told(node.operator, parts_of, arguments, node.options, node.operator.direct_rule)

    def part(i: int) -> Any:
        """A part that the rule left for later."""

        def later(*arguments: Any, **options: Any) -> Any:
            return parts_of(*arguments, **options)[i]()

        later.__name__ = parts_of.__name__
        assert node.operator is not None
        return _told(node.operator, later, arguments, node.options)

    return [partial(part, i) if callable(value) else value for i, value in enumerate(parts)]


def _told(
    of: Operator,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    options: dict[str, Any],
    direct: Callable[..., Direct | None] | None = None,
) -> Any:
    """What a function of an operator's rule gives, all of it, told to the watcher as an operator
    call.
    """
    watching = watcher()
    assert watching is not None
    with watched(None):
        result = function(*arguments, **options)
    told = Operator(function)
    told.direct, told.of_user = direct, of.of_user
    return watching.called(told, arguments, options, result, None)
