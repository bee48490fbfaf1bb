"""`dlfeval` and `dlgradient`: automatic differentiation of functions of dlarrays.

What belongs to another trace is a constant: an array that the function captures instead of taking
it, a value of an outer or of a nested `dlfeval` call, of another thread's, or of a call that has
ended.  Computing with a constant is right and gives no gradient; differentiating one, or by one,
raises an error that says which of these it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from types import CoroutineType, GeneratorType
from typing import Any

import numpy as np

from .. import _calls, _checks
from ..formats import Shape, describe
from ..tape import (
    Array,
    GradientError,
    Node,
    Tape,
    Traced,
    between,
    constant,
    copied,
    current_tape,
    gradients,
    is_traced,
    recording,
)
from . import tree
from .core import dlarray, wrap

NOT_TRACED = (
    "{call}: Value to differentiate is not traced. It must be a traced real dlarray{scalar}. "
    "Use {call} inside a function called by dlfeval to trace the variables."
)


def dlfeval(function: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
    """Call ``function(*args, **options)`` with tracing, so that it can use `dlgradient`.

    Every floating or complex dlarray in the arguments, also inside lists, tuples, dicts,
    dataclasses, tables and networks, becomes a variable of its own, wherever it occurs; other
    values pass through.  What the function returns comes back in its structure, without trace.
    Arrays that it captures are constants, and so are those of another `dlfeval` call.

    Parameters
    ----------
    function : any callable but a generator or coroutine function, whose body would run too late.
    *args, **options : its arguments.

    Examples
    --------
    >>> def rosenbrock(x):
    ...     y = 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
    ...     return y, dlgradient(y, x)
    >>> y, gradient = dlfeval(rosenbrock, dlarray([-1.0, 2.0]))
    >>> y.item(), gradient.extractdata().ravel()
    (104.0, array([396., 200.]))

    A parameter that is used at several places gets the sum of their gradients:

    >>> def shared(p, x):
    ...     y = sum(p["w"] * x + p["w"] * x**2, "all")
    ...     return dlgradient(y, p)
    >>> dlfeval(shared, {"w": dlarray([1.0])}, dlarray([3.0]))["w"].item()
    12.0
    """
    if not callable(function):
        raise TypeError(
            f"dlfeval: the first argument must be a function; got {type(function).__name__}."
        )
    evaluate = getattr(function, "__dlfeval__", None)
    if evaluate is not None:  # an accelerated function knows how
        return evaluate(args, options)
    with recording() as tape:
        make = partial(_variable, tape)
        traced = [tree.map_arrays(make, x) for x in args]
        result = function(*traced, **(tree.map_arrays(make, options) if options else options))
        if isinstance(result, (GeneratorType, CoroutineType)):
            result.close()
            kind = "generator" if isinstance(result, GeneratorType) else "coroutine"
            raise TypeError(
                f"dlfeval: the function is a {kind}: its body would run after the trace has "
                "ended. Return the values, for example in a list."
            )
        result = tree.map_arrays(untraced, result)
        traced.clear()  # what is done with dies before the tape looks for what is not
        return result


def _variable(tape: Tape, x: Any) -> Any:
    """A leaf of its own on the tape for a floating or complex dlarray."""
    if not isinstance(x, dlarray):
        return x
    return variable(tape, x) if x.dtype.kind in "fc" else wrap(x, x.fmt)


def variable(tape: Tape, x: dlarray) -> dlarray:
    """The array as a leaf of its own on the tape."""
    leaf = dlarray.__new__(dlarray)
    leaf._data, leaf.node, leaf.fmt = x._data, tape.leaf(x._data), x.fmt
    return leaf


def untraced(x: Any) -> Any:
    """The same dlarray as a constant."""
    return x if not isinstance(x, dlarray) or x.node is None else wrap(x._data, x.fmt)


@_calls.explained
def dlgradient(
    y: Any,
    *x: Any,
    RetainData: bool = False,
    EnableHigherDerivatives: bool = False,
    AllowComplex: bool = True,
) -> Any:
    """The gradient of a traced scalar with respect to traced variables, inside a function called by
    `dlfeval`.

    Parameters
    ----------
    y : a real dlarray of one element that depends on the variables.
    x : dlarrays, or containers of them as in `dlfeval`, tables such as `net.Learnables`, parts of
        them and lists of records with Layer, Parameter and Value.  Gradients come back in the same
        structure, with the sizes, formats and types of the variables, zero where y does not depend
        on them.
    RetainData : as in MATLAB; values never depend on it, and a second gradient in one call is
        always possible.
    EnableHigherDerivatives : trace this computation too, so that its result can be differentiated
        again.
    AllowComplex : False raises if a complex value lies between y and a variable.  The gradient by a
        complex x is dy/dRe(x) + i dy/dIm(x).

    Returns one gradient, or a tuple of them for several variables.

    Raises
    ------
    GradientError : y is not traced, not real or not a scalar; a variable is not traced.

    Examples
    --------
    >>> def loss(x):
    ...     return dlgradient(sum(x**2, "all"), x)
    >>> dlfeval(loss, dlarray([3.0, 5.0], "C")).data.ravel()
    array([ 6., 10.])
    """
    if not x:
        raise TypeError("dlgradient: give at least one variable, as in dlgradient(y, x).")
    _checks.logical("dlgradient", "RetainData", RetainData)
    record = _checks.logical("dlgradient", "EnableHigherDerivatives", EnableHigherDerivatives)
    check_value("dlgradient", y)
    if y.size != 1:
        raise GradientError(
            "dlgradient: Value to differentiate is non-scalar. It must be a traced real dlarray "
            "scalar. Its size is "
            f"{describe(y.shape, y.fmt)}; reduce it, for example with sum(y, 'all')."
        )
    nodes = _nodes(x)
    if not _checks.logical("dlgradient", "AllowComplex", AllowComplex) and y.node is not None:
        _reject_complex(y.node, nodes)
    ones = constant(_ones(y.shape, y.dtype))
    values = iter(gradients(y, ones, nodes, record=record))
    results = tuple(
        tree.map_arrays(lambda leaf: gradient_of(leaf, next(values), record), one) for one in x
    )
    return results[0] if len(results) == 1 else results


@lru_cache(maxsize=64)
def _ones(shape: Shape, dtype: np.dtype[Any]) -> Array:
    ones = np.ones(shape, dtype)
    ones.flags.writeable = False
    return ones


def check_value(call: str, y: Any) -> None:
    """Raise unless y is a traced real dlarray."""
    if not isinstance(y, dlarray) or not is_traced(y):
        text = NOT_TRACED.format(call=call, scalar=" scalar" if call == "dlgradient" else "")
        if not isinstance(y, dlarray):
            raise GradientError(f"{text} Got {type(y).__name__}.")
        if y.node is not None:
            raise GradientError(f"{text} {_elsewhere(y.node)}")
        if current_tape() is not None:
            raise GradientError(
                f"{text} The value was computed from constants only: no variable of this "
                "dlfeval call leads to it. For the derivative of a gradient, set "
                "EnableHigherDerivatives=True in the inner dlgradient call."
            )
        raise GradientError(text)
    if y.dtype.kind != "f":
        kind = "complex" if y.dtype.kind == "c" else "logical"
        hint = "real, imag or abs" if kind == "complex" else "single or double"
        raise GradientError(
            f"{call}: Value to differentiate is {kind}. It must be real: take {hint} of it first."
        )


def _nodes(variables: tuple[Any, ...]) -> list[Node]:
    """The nodes of all leaves; their places are named only if one is no variable."""
    leaves: list[Any] = []
    tree.map_arrays(leaves.append, variables)
    tape = current_tape()
    nodes = [leaf.node for leaf in leaves if type(leaf) is dlarray and leaf.node is not None]
    if len(nodes) == len(leaves) and all(node.tape is tape for node in nodes):
        return nodes
    return [
        node_of("dlgradient", leaf, f"variable {position}{path}")
        for position, one in enumerate(variables, 1)
        for path, leaf in tree.leaves(one)
    ]


def _elsewhere(node: Node) -> str:
    """Why a value with a place on a tape is not traced here."""
    if not node.tape.open:
        return (
            "The dlfeval call that made it has ended, and its trace with it: differentiate inside "
            "that call."
        )
    return (
        "It belongs to another dlfeval call, an outer one or one in another thread, and is a "
        "constant here: pass it to this dlfeval as an argument."
    )


def node_of(call: str, leaf: Any, name: str) -> Node:
    """The place on the tape of a variable, which must have one."""
    if not isinstance(leaf, dlarray):
        raise GradientError(
            f"{call}: {name} holds {type(leaf).__name__}, not a dlarray; only dlarrays passed "
            "to dlfeval can be variables."
        )
    if not is_traced(leaf):
        reason = (
            "Pass it to the function as an argument of dlfeval."
            if leaf.node is None
            else _elsewhere(leaf.node)
        )
        raise GradientError(
            f"{call}: {name}, of size {describe(leaf.shape, leaf.fmt)}, is not traced: it was "
            f"not passed to dlfeval as a dlarray. {reason}"
        )
    assert leaf.node is not None
    return leaf.node


def _reject_complex(start: Node, targets: Sequence[Node]) -> None:
    """Raise if a value between two places of the tape is complex: then so is its gradient."""
    for node in between(start, targets):
        if node.dtype.kind == "c":
            what = f"the result of {node.operator.name}" if node.operator else "a variable"
            raise GradientError(
                f"dlgradient: {what} is complex, of size {describe(node.shape)}, and "
                "AllowComplex is False. Set AllowComplex=True, or take real or imag of it."
            )


def gradient_of(leaf: dlarray, value: Any, traced: bool) -> dlarray:
    """A gradient as a dlarray like its variable; zeros where nothing leads to it."""
    if value is None:
        value = constant(np.zeros(leaf.shape, leaf.dtype))
    return as_result(value, leaf.fmt, traced)


def as_result(value: Any, fmt: str, traced: bool) -> dlarray:
    """What a backward pass gave as a dlarray; a variable if ``traced`` although it is constant."""
    if isinstance(value, Traced):
        return wrap(value, fmt)
    if traced:  # constant: its own derivative is zero
        tape = current_tape()
        assert tape is not None
        return variable(tape, wrap(value, fmt))
    if not value.flags.writeable and value.size:
        value = copied(value)  # a broadcast view would be a surprise
    return wrap(value, fmt)
