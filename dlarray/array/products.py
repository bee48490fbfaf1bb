"""Sums of elementwise products of unformatted arrays: dot, cross, kron, tensorprod."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import _calls, formats, operators
from ..formats import Axes, Shape, ShapeError, describe
from ..operators import linear
from .arithmetic import result_type, typed
from .core import dlarray, wrap
from .require import require_unformatted
from .subscripts import along


def _pair(call: str, A: Any, B: Any) -> tuple[Any, Any]:
    a, b = require_unformatted(call, A, "A"), require_unformatted(call, B, "B")
    dtype = result_type(a, b)
    return typed(a, dtype), typed(b, dtype)


def _equal_sizes(call: str, a: Any, b: Any) -> tuple[Any, Any]:
    """Operands of one size; of two vectors the second is turned as the first lies."""
    vectors = a.ndim == b.ndim == 2 and 1 in a.shape and 1 in b.shape
    if vectors and a.shape == b.shape[::-1]:
        b = operators.reshape(b, shape=a.shape)
    if a.shape != b.shape:
        raise ShapeError(
            f"{call}: A and B need the same size; A is {describe(a.shape)}, B {describe(b.shape)}."
        )
    return a, b


@_calls.explained
def dot(A: Any, B: Any, dim: int | None = None) -> dlarray:
    """The sum of products along a dimension of unformatted arrays, the first of size other than 1
    if none is given; A conjugated.

    Raises
    ------
    FormatError : an operand is formatted.
    ShapeError : sizes differ.
    TypeError : an operand is no array of numbers.
    ValueError : dim is no axis.

    Examples
    --------
    >>> dot(dlarray([1.0, 2.0]), [3.0, 5.0]).item()
    13.0
    """
    a, b = _equal_sizes("dot", *_pair("dot", A, B))
    axis = formats.one_axis(dim, "", a.shape, "dot")
    if a.dtype.kind == "c":
        swap = (*range(a.ndim - 2), a.ndim - 1, a.ndim - 2)
        a = operators.permute(linear.adjoint(a), order=swap)
    return wrap(operators.total(operators.mul(a, b), axes=(axis,)), "")


@_calls.explained
def cross(A: Any, B: Any, dim: int | None = None) -> dlarray:
    """The cross product along a dimension of size 3 of unformatted arrays, the first such if none
    is given.

    Raises
    ------
    FormatError : an operand is formatted.
    ShapeError : sizes differ, or no dimension has size 3.
    TypeError : an operand is no array of numbers.
    ValueError : dim is no axis.

    Examples
    --------
    >>> cross(dlarray([1.0, 0.0, 0.0]), [0.0, 1.0, 0.0]).data.ravel()
    array([0., 0., 1.])
    """
    a, b = _equal_sizes("cross", *_pair("cross", A, B))
    if dim is None:
        axis = next((i for i, n in enumerate(a.shape) if n == 3), 0)
    else:
        axis = formats.resolve_axis(dim, "", a.ndim, "cross")
    if a.shape[axis] != 3:
        raise ShapeError(
            f"cross: the dimension of the vectors must have size 3; axis {axis} of "
            f"{describe(a.shape)} has {a.shape[axis]}."
        )

    def part(x: Any, i: int) -> Any:
        return operators.take(x, index=along(axis, slice(i % 3, i % 3 + 1)))

    parts = [
        operators.sub(
            operators.mul(part(a, i + 1), part(b, i + 2)),
            operators.mul(part(a, i + 2), part(b, i + 1)),
        )
        for i in range(3)
    ]
    return wrap(operators.concatenate(*parts, axis=axis), "")


def kron(A: Any, B: Any) -> dlarray:
    """The Kronecker product of unformatted matrices: every element of A times B, as blocks.

    Raises
    ------
    FormatError : an operand is formatted.
    ShapeError : more than two dimensions.
    TypeError : an operand is no array of numbers.

    Examples
    --------
    >>> kron(dlarray([[1.0, 2.0]]), [[1.0, 1.0]]).data
    array([[1., 1., 2., 2.]])
    """
    a, b = _pair("kron", A, B)
    if a.ndim != 2 or b.ndim != 2:
        raise ShapeError(
            f"kron: A and B must be matrices; A is {describe(a.shape)}, B {describe(b.shape)}."
        )
    (m, n), (p, q) = a.shape, b.shape
    formats.require_possible((m, p, n, q), "kron")
    y = operators.mul(
        operators.reshape(a, shape=(1, m, 1, n)), operators.reshape(b, shape=(p, 1, q, 1))
    )
    return wrap(operators.reshape(y, shape=(m * p, n * q)), "")


@_calls.explained
def tensorprod(
    A: Any, B: Any, dimA: int | Sequence[int] = (), dimB: int | Sequence[int] | None = None
) -> dlarray:
    """The tensor product of unformatted arrays, summed over pairs of their dimensions.

    Parameters
    ----------
    A, B : dlarrays or arrays.
    dimA, dimB : the dimensions of A and of B that are paired, in order; dimB is dimA if it is not
        given.  Without pairs it is the outer product.

    The result has the other dimensions of A, then those of B.

    Raises
    ------
    FormatError : an operand is formatted.
    ShapeError : the sizes of paired dimensions differ.
    TypeError : an operand is no array of numbers.
    ValueError : an axis is named that is not there, or twice.

    Examples
    --------
    >>> tensorprod(dlarray(np.ones((2, 3, 5))), np.ones((5, 7)), 2, 0).shape
    (2, 3, 7)
    """
    a, b = _pair("tensorprod", A, B)
    axes_a = formats.resolve_axes(dimA, "", a.ndim, "tensorprod")
    axes_b = axes_a
    if dimB is not None:
        axes_b = formats.resolve_axes(dimB, "", b.ndim, "tensorprod")
    inner, other = [a.shape[i] for i in axes_a], [b.shape[i] for i in axes_b if i < b.ndim]
    if inner != other:
        raise ShapeError(
            "tensorprod: the paired dimensions differ in size: "
            f"{axes_a} of {describe(a.shape)} and {axes_b} of {describe(b.shape)}."
        )
    free_a, left = _as_matrix(a, axes_a, last=True)
    free_b, right = _as_matrix(b, axes_b, last=False)
    shape = free_a + free_b
    formats.require_possible(shape, "tensorprod")
    y = operators.reshape(linear.product(left, right), shape=shape + (1,) * max(0, 2 - len(shape)))
    return wrap(y, "")


def _as_matrix(x: Any, axes: Axes, *, last: bool) -> tuple[Shape, Any]:
    """The sizes of the free axes, and a matrix with the paired ones as its columns or its rows."""
    free = tuple(axis for axis in range(x.ndim) if axis not in axes)
    sizes = tuple(x.shape[axis] for axis in free)
    depth = math.prod(x.shape[axis] for axis in axes)
    count = math.prod(sizes)
    x = operators.permute(x, order=free + axes if last else axes + free)
    return sizes, operators.reshape(x, shape=(count, depth) if last else (depth, count))
