"""`dljacobian`, `dldivergence`, `dllaplacian`: derivatives of arrays by arrays.

One dimension of u is the *operation dimension*; its others hold observations, which are taken as
independent and summed before differentiating.  So entry i costs one backward pass, with ones at
slice i and zeros elsewhere as the gradient of u: n passes for n entries, and no more memory than
the result.  The Laplacian differentiates the gradient of u once for each entry and keeps the
diagonal only: n passes too, and never an n by n array.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _calls, _checks, operators
from ..formats import FormatError, ShapeError, describe
from ..tape import Node, Traced, constant, gradients
from .autodiff import as_result, check_value, node_of
from .core import described, dlarray


@_calls.explained
def dljacobian(u: Any, x: Any, dim: int, *, EnableHigherDerivatives: bool = True) -> dlarray:
    """The derivatives of each entry of u along a dimension by x, inside a function called by
    `dlfeval`.

    Entry i along the first dimension of the result is the gradient by x of the sum of slice i of u.

    Parameters
    ----------
    u : a traced unformatted dlarray; take `stripdims` of a formatted one.
    x : a traced unformatted dlarray.  The stripped form of a variable is that variable.
    dim : the dimension of u whose entries are differentiated, from 0.
    EnableHigherDerivatives : trace this computation too, so that its result can be differentiated.

    Returns an unformatted array of size ``(u.shape[dim], *x.shape)``; of the size of x if u has
    size 1 there.  One backward pass is made for each entry.

    Raises
    ------
    FormatError : u or x has labels.
    GradientError : u or x is not traced.

    Examples
    --------
    >>> def jacobian(x):
    ...     u = cat(0, x[0] * x[1], x[0] + x[1])
    ...     return dljacobian(u, x, 0)
    >>> dlfeval(jacobian, dlarray([3.0, 5.0])).extractdata()[:, :, 0]
    array([[5., 3.],
           [1., 1.]])
    """
    call = "dljacobian"
    node, record = _checked(call, u, x, EnableHigherDerivatives)
    axis = _axis(call, u, dim)
    n = _length(u, axis)
    rows = []
    for i in range(n):
        row = _entry(u, node, axis, i, record)
        row = constant(np.zeros(x.shape, x.dtype)) if row is None else row
        if n == 1:
            return as_result(row, "", record)
        rows.append(operators.reshape(row, shape=(1, *x.shape)))
    none = np.zeros((0, *x.shape), x.dtype)
    stacked = operators.concatenate(*rows, axis=0) if rows else constant(none)
    return as_result(stacked, "", record)


@_calls.explained
def dldivergence(u: Any, x: Any, dim: int, *, EnableHigherDerivatives: bool = True) -> dlarray:
    """The divergence of u by x: the sum over i of the derivative of entry i of u by entry i of x,
    inside a function called by `dlfeval`.

    Parameters
    ----------
    u, x : traced unformatted dlarrays, of the same size along ``dim``; see `dljacobian`.
    dim : the dimension of the entries, in both, from 0.
    EnableHigherDerivatives : trace this computation too, so that its result can be differentiated.

    Returns an unformatted array of the size of x, with size 1 along ``dim``.  One backward pass is
    made for each entry.

    Raises
    ------
    ShapeError : u and x differ in size along the dimension.
    FormatError, GradientError : see `dljacobian`.

    Examples
    --------
    >>> def divergence(x):
    ...     return dldivergence(x**2, x, 0)
    >>> dlfeval(divergence, dlarray([[1.0, 2.0], [3.0, 4.0]])).extractdata()
    array([[ 8., 12.]])
    """
    call = "dldivergence"
    node, record = _checked(call, u, x, EnableHigherDerivatives)
    axis = _axis(call, x, dim)
    if _length(u, axis) != _length(x, axis):
        raise ShapeError(
            f"dldivergence: u and x differ in size along dimension {axis}.\n  u: {described(u)}\n"
            f"  x: {described(x)}"
        )
    return _diagonal(u, x, node, axis, record)


@_calls.explained
def dllaplacian(u: Any, x: Any, dim: int, *, EnableHigherDerivatives: bool = True) -> dlarray:
    """The Laplacian of u by x: the sum over i of the second derivative of u by entry i of x, inside
    a function called by `dlfeval`.

    Parameters
    ----------
    u : a traced unformatted dlarray, of size 1 along ``dim``; see `dljacobian`.
    x : a traced unformatted dlarray.
    dim : the dimension of the entries of x, from 0.
    EnableHigherDerivatives : trace this computation too, so that its result can be differentiated.

    Returns an unformatted array of the size of x, with size 1 along ``dim``.  The gradient of u is
    traced once, and one backward pass over it is made for each entry; no matrix of second
    derivatives is built.

    Raises
    ------
    ShapeError : u has another size than 1 along the dimension.
    FormatError, GradientError : see `dljacobian`.

    Examples
    --------
    >>> def laplacian(x):
    ...     return dllaplacian(sum(x**3, 0), x, 0)
    >>> dlfeval(laplacian, dlarray([[1.0, 2.0], [3.0, 4.0]])).extractdata()
    array([[24., 36.]])
    """
    call = "dllaplacian"
    node, record = _checked(call, u, x, EnableHigherDerivatives)
    axis = _axis(call, x, dim)
    if _length(u, axis) != 1:
        raise ShapeError(
            f"dllaplacian: u must have size 1 along dimension {axis}; got {described(u)}. Sum it, "
            "or take the Laplacian of one entry."
        )
    (slope,) = gradients(u, constant(np.ones(u.shape, u.dtype)), [node], record=True)
    return _diagonal(slope, x, node, axis, record)


def _diagonal(u: Any, x: dlarray, node: Node, axis: int, record: bool) -> dlarray:
    """The sum over i of slice i along an axis of the gradient by x of the sum of slice i of u."""
    total: Any = None
    for i in range(_length(x, axis) if isinstance(u, Traced) else 0):
        slope = _entry(u, node, axis, i, record)
        if slope is None:
            continue
        if axis < x.ndim:
            slope = operators.take(slope, index=_slice(x.ndim, axis, i))
        total = slope if total is None else operators.add(total, slope)
    if total is None:
        shape = tuple(1 if k == axis else n for k, n in enumerate(x.shape))
        total = constant(np.zeros(shape, x.dtype))
    return as_result(total, "", record)


def _entry(u: Any, node: Node, axis: int, i: int, record: bool) -> Any:
    """The gradient of the sum of slice i of u along an axis; None where nothing leads there."""
    weight = np.zeros(u.shape, u.dtype)
    weight[_slice(u.ndim, axis, i) if axis < u.ndim else ...] = 1
    return gradients(u, constant(weight), [node], record=record)[0]


def _slice(ndim: int, axis: int, i: int) -> tuple[slice, ...]:
    index = [slice(None)] * ndim
    index[axis] = slice(i, i + 1)
    return tuple(index)


def _checked(call: str, u: Any, x: Any, higher: Any) -> tuple[Node, bool]:
    """The place of x on the tape, and whether to trace; raise on what can't be differentiated."""
    record = _checks.logical(call, "EnableHigherDerivatives", higher)
    check_value(call, u)
    node = node_of(call, x, "x")
    for name, array in (("u", u), ("x", x)):
        if array.fmt.strip("U"):
            raise FormatError(
                f"{call}: {name} must be unformatted; got {described(array)}. Take stripdims of it "
                "first, also of a variable: the stripped one has the same trace."
            )
    return node, record


def _axis(call: str, array: dlarray, dim: Any) -> int:
    axis = _checks.axis(call, "dim", dim, array.ndim)
    if axis < 0:
        raise ValueError(
            f"{call}: dim must be a dimension of {describe(array.shape)}, counted from 0; got "
            f"{dim}."
        )
    return axis


def _length(array: Any, axis: int) -> int:
    return int(array.shape[axis]) if axis < array.ndim else 1
