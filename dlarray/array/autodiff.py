"""`dlfeval` and `dlgradient`: automatic differentiation of functions of dlarrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..formats import describe
from ..tape import GradientError, Node, Tape, Traced, current_tape, gradients, is_traced, recording
from . import tree
from .core import dlarray, wrap

NOT_TRACED = (
    "dlgradient: Value to differentiate is not traced. It must be a traced real dlarray scalar. "
    "Use dlgradient inside "
    "a function called by dlfeval to trace the variables."
)


def dlfeval(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Call ``function(*args, **options)`` with tracing, so that it can use `dlgradient`.

    Every floating dlarray in the arguments, also inside lists, tuples, dicts, dataclasses, tables
    and networks, becomes a variable; other values pass through.  What the function returns comes
    back without trace.

    Examples
    --------
    >>> def rosenbrock(x):
    ...     y = 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
    ...     return y, dlgradient(y, x)
    >>> y, gradient = dlfeval(rosenbrock, dlarray([-1.0, 2.0]))
    >>> y.item(), gradient.extractdata().ravel()
    (104.0, array([396., 200.]))
    """
    if not callable(function):
        raise TypeError(
            f"dlfeval: the first argument must be a function; got {type(function).__name__}."
        )
    with recording() as tape:
        traced = tree.map_arrays(lambda x: _variable(tape, x), (args, options))
        return tree.map_arrays(untraced, function(*traced[0], **traced[1]))


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
    return wrap(x._data, x.fmt) if isinstance(x, dlarray) else x


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
    y : a dlarray of one element that depends on the variables.
    x : dlarrays, or containers of them as in `dlfeval`; gradients come back in the same structure,
        with the sizes, formats and types of the variables, zero where y does not depend on them.
    RetainData : accepted as in MATLAB; a second gradient in one call is always possible.
    EnableHigherDerivatives : trace this computation too, so that its result can be differentiated
        again.
    AllowComplex : accepted as in MATLAB; data are real.

    Returns one gradient, or a tuple of them for several variables.

    Raises
    ------
    GradientError : y is not traced or not a scalar; a variable is not traced.

    Examples
    --------
    >>> def loss(x):
    ...     return dlgradient(sum(x**2, "all"), x)
    >>> dlfeval(loss, dlarray([3.0, 5.0], "C")).data.ravel()
    array([ 6., 10.])
    """
    if not x:
        raise TypeError("dlgradient: give at least one variable, as in dlgradient(y, x).")
    _check_value(y)
    nodes = [
        _node(leaf, f"variable {position}{path}")
        for position, one in enumerate(x, 1)
        for path, leaf in tree.leaves(one)
    ]
    found = gradients(y, np.ones(y.shape, y.dtype), nodes, record=EnableHigherDerivatives)
    values = iter(found)
    results = tuple(
        tree.map_arrays(lambda leaf: _gradient(leaf, next(values), EnableHigherDerivatives), one)
        for one in x
    )
    return results[0] if len(results) == 1 else results


def _check_value(y: Any) -> None:
    if not isinstance(y, dlarray):
        raise GradientError(f"{NOT_TRACED} Got {type(y).__name__}.")
    if not is_traced(y):
        if current_tape() is not None:
            raise GradientError(
                f"{NOT_TRACED} The value was computed from constants only: no variable of this "
                "dlfeval call leads to it. For the derivative of a gradient, set "
                "EnableHigherDerivatives=True in the inner dlgradient call."
            )
        raise GradientError(NOT_TRACED)
    if y.size != 1:
        raise GradientError(
            "dlgradient: Value to differentiate is non-scalar. It must be a traced real dlarray "
            "scalar. Its size is "
            f"{describe(y.shape, y.fmt)}; reduce it, for example with sum(y, 'all')."
        )


def _node(leaf: Any, name: str) -> Node:
    if not isinstance(leaf, dlarray):
        raise GradientError(
            f"dlgradient: {name} holds {type(leaf).__name__}, not a dlarray; only dlarrays passed "
            "to dlfeval can be variables."
        )
    if not is_traced(leaf):
        raise GradientError(
            f"dlgradient: {name}, of size {describe(leaf.shape, leaf.fmt)}, is not traced: it was "
            "not passed to dlfeval as a dlarray. Pass it to the function as an argument of dlfeval."
        )
    assert leaf.node is not None
    return leaf.node


def _gradient(leaf: dlarray, value: Any, traced: bool) -> dlarray:
    """A gradient as a dlarray like its variable; zeros where nothing leads to it."""
    if value is None:
        value = np.zeros(leaf.shape, leaf.dtype)
    if traced and not isinstance(value, Traced):  # constant: its own derivative is zero
        tape = current_tape()
        assert tape is not None
        return variable(tape, wrap(value, leaf.fmt))
    if not isinstance(value, Traced) and not value.flags.writeable and value.size:
        value = np.array(value)  # a broadcast view would be a surprise
    return wrap(value, leaf.fmt)
