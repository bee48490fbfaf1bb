"""Linear algebra: of unformatted arrays only, but for products and quotients with a number.

Gradients hold for complex data too.  A singular matrix gives Inf and a warning, as in MATLAB.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import _checks, operators
from ..formats import FormatError, Shape, ShapeError, describe
from ..operators import linear
from ..tape import untraced
from .arithmetic import fmt_of, operand, rdivide, result_type, times, typed
from .core import described, dlarray, wrap
from .require import require_unformatted

_TRANSPOSES = ("none", "transpose", "ctranspose")


def mtimes(a: Any, b: Any) -> dlarray:
    """The matrix product of unformatted matrices; a formatted array can be multiplied by an
    unformatted number.

    Raises
    ------
    FormatError : an operand is formatted.
    ShapeError : the inner sizes differ, or more than two dimensions.
    TypeError : an operand is no array of numbers.

    Examples
    --------
    >>> mtimes(dlarray(np.ones((2, 3))), dlarray(np.ones((3, 4)))).shape
    (2, 4)
    """
    left, right = operand("mtimes", a), operand("mtimes", b)
    if (left.size == 1 and not fmt_of(left)) or (right.size == 1 and not fmt_of(right)):
        return times(a, b)
    if fmt_of(left) or fmt_of(right):
        raise FormatError(
            f"mtimes: a matrix product needs unformatted data; got {described(left)} and "
            f"{described(right)}. "
            "Use stripdims, or fullyconnect for a layer's product."
        )
    if left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[0]:
        raise ShapeError(
            f"mtimes: inner sizes differ or the operands are no matrices: {describe(left.shape)} "
            "and "
            f"{describe(right.shape)}. The columns of the first must equal the rows of the second."
        )
    return _product(left, right)


def _product(a: Any, b: Any) -> dlarray:
    """The product of matrices, on the tile of the kernels where they are real."""
    dtype = result_type(a, b)
    a, b = typed(a, dtype), typed(b, dtype)
    return wrap(operators.matmul(a, b) if dtype.kind == "f" else linear.product(a, b), "")


def _matrix(call: str, X: Any, name: str, *, square: bool = False) -> Any:
    """An unformatted floating matrix."""
    value = require_unformatted(call, X, name)
    if value.ndim > 2 and all(n == 1 for n in value.shape[2:]):
        value = operators.reshape(value, shape=value.shape[:2])
    if value.ndim != 2 or (square and value.shape[0] != value.shape[1]):
        kind = "a square matrix" if square else "a matrix"
        raise ShapeError(f"{call}: {name} must be {kind}; got {describe(value.shape)}.")
    return typed(value, np.dtype(np.float64)) if value.dtype.kind == "b" else value


def _quotient(call: str, B: Any, A: Any) -> dlarray | None:
    """B / A of an unformatted number A; None of anything else."""
    divisor = operand(call, A)
    if divisor.size != 1 or fmt_of(divisor):
        return None
    return rdivide(B if isinstance(A, dlarray) or isinstance(B, dlarray) else dlarray(B), A)


# -- pages ----------------------------------------------------------------------------------------


def pagemtimes(A: Any, *B: Any) -> dlarray:
    """The matrix products of the pages of unformatted arrays, differentiable.

    A page is the matrix of the first two dimensions; the further dimensions of A and B expand
    against each other where a size is 1.

    Parameters
    ----------
    A, B : dlarrays or arrays, ``pagemtimes(A, B)``; or with a transpose for each,
        ``pagemtimes(A, transposeA, B, transposeB)``: "none", "transpose" or "ctranspose".

    Raises
    ------
    FormatError : an input is formatted.
    ShapeError : sizes do not fit.

    Examples
    --------
    >>> A, B = dlarray(np.ones((3, 4, 8, 2))), dlarray(np.ones((4, 5, 8, 2)))
    >>> pagemtimes(A, B).shape
    (3, 5, 8, 2)
    >>> pagemtimes(A, "transpose", np.ones((3, 5)), "none").shape
    (4, 5, 8, 2)
    """
    if len(B) == 3:
        turned, other, other_turned = B
    elif len(B) == 1:
        turned, other, other_turned = "none", B[0], "none"
    else:
        raise TypeError(
            "pagemtimes: give two arrays, or a transpose after each, as in pagemtimes(A, "
            f'"transpose", B, "none"); got {1 + len(B)} arguments.'
        )
    left, right = (
        require_unformatted("pagemtimes", A, "A"),
        require_unformatted("pagemtimes", other, "B"),
    )
    dtype = result_type(left, right)
    ndim = max(left.ndim, right.ndim)
    a = _pages(typed(left, dtype), turned, "transposeA", ndim)
    b = _pages(typed(right, dtype), other_turned, "transposeB", ndim)
    pages = _expanded_pages(a.shape, b.shape, left.shape, right.shape)
    y = linear.product(_stacked(a, pages), _stacked(b, pages))
    y = operators.reshape(y, shape=pages + y.shape[1:])
    return wrap(operators.permute(y, order=(ndim - 2, ndim - 1, *range(ndim - 2))), "")


def _pages(value: Any, turned: Any, option: str, ndim: int) -> Any:
    """(pages.., rows, columns), transposed if wanted."""
    kind = _checks.choice("pagemtimes", option, turned, _TRANSPOSES)
    if value.ndim < ndim:
        value = operators.reshape(value, shape=value.shape + (1,) * (ndim - value.ndim))
    rows, columns = (1, 0) if kind == "transpose" else (0, 1)
    value = operators.permute(value, order=(*range(2, ndim), rows, columns))
    return linear.adjoint(value) if kind == "ctranspose" else value


def _expanded_pages(a: Shape, b: Shape, left: Shape, right: Shape) -> Shape:
    """The sizes of the pages of the result."""
    pairs = list(zip(a[:-2], b[:-2], strict=True))
    if a[-1] != b[-2] or any(m != n and 1 not in (m, n) for m, n in pairs):
        raise ShapeError(
            "pagemtimes: sizes do not fit.\n"
            f"  A: {describe(left)}, pages {a[-2]}×{a[-1]}\n"
            f"  B: {describe(right)}, pages {b[-2]}×{b[-1]}\n"
            "The columns of A's pages must equal the rows of B's, and further sizes each other, or "
            "be 1."
        )
    return tuple(n if m == 1 else m for m, n in pairs)


def _stacked(value: Any, pages: Shape) -> Any:
    """(P, rows, columns); one page stays one."""
    count = 1
    if any(n != 1 for n in value.shape[:-2]):
        if value.shape[:-2] != pages:
            value = operators.expand(value, shape=pages + value.shape[-2:])
        for n in pages:
            count *= n
    return operators.reshape(value, shape=(count, *value.shape[-2:]))


# -- systems and inverses -------------------------------------------------------------------------


def mldivide(A: Any, B: Any) -> dlarray:
    """The solution X of A X = B, MATLAB's ``A \\ B``, for unformatted data; B / A for a number A.

    For a matrix that is not square it is the solution of least squares, of the least norm where
    there are several.  A singular square matrix gives Inf and a warning.

    Raises
    ------
    FormatError : an operand is formatted.
    ShapeError : the sizes do not fit, or more than two dimensions.
    TypeError : an operand is no array of numbers.

    Examples
    --------
    >>> mldivide(dlarray([[2.0, 0.0], [0.0, 4.0]]), [2.0, 8.0]).data.ravel()
    array([1., 2.])
    """
    by_number = _quotient("mldivide", B, A)
    if by_number is not None:
        return by_number
    return wrap(_divided("mldivide", _matrix("mldivide", A, "A"), _matrix("mldivide", B, "B")), "")


def mrdivide(B: Any, A: Any) -> dlarray:
    """The solution X of X A = B, MATLAB's ``B / A``, for unformatted data; of a number A the
    quotient, which keeps the format of B.

    Matrices as in `mldivide`.

    Raises
    ------
    FormatError : an operand is formatted.
    ShapeError : the sizes do not fit, or more than two dimensions.
    TypeError : an operand is no array of numbers.

    Examples
    --------
    >>> mrdivide(dlarray([3.0, 5.0], "C"), 2).dims()
    'CU'
    >>> mrdivide(dlarray([[2.0, 8.0]]), [[2.0, 0.0], [0.0, 4.0]]).data
    array([[1., 2.]])
    """
    by_number = _quotient("mrdivide", B, A)
    if by_number is not None:
        return by_number
    a, b = _matrix("mrdivide", A, "A"), _matrix("mrdivide", B, "B")
    if a.shape[1] != b.shape[1]:
        _unequal("mrdivide", "columns", a.shape, b.shape)
    return wrap(linear.adjoint(_divided("mrdivide", linear.adjoint(a), linear.adjoint(b))), "")


def _divided(call: str, a: Any, b: Any) -> Any:
    if a.shape[0] != b.shape[0]:
        _unequal(call, "rows", a.shape, b.shape)
    dtype = result_type(a, b)
    a, b = typed(a, dtype), typed(b, dtype)
    if a.shape[0] != a.shape[1]:
        return linear.product(linear.pseudoinverse(a), b)
    return _warned(call, linear.solve(a, b), 4)


def _unequal(call: str, what: str, a: Shape, b: Shape) -> None:
    raise ShapeError(f"{call}: A and B need equal {what}; A is {describe(a)}, B {describe(b)}.")


def _warned(call: str, value: Any, level: int) -> Any:
    """The value, with a warning where a matrix was singular; a replay gives the value alone."""
    data = untraced(value)
    if data.size and np.isinf(data).all():
        text = f"{call}: the matrix is singular to working precision; the result is Inf."
        warnings.warn(text, RuntimeWarning, stacklevel=level)
    return value


def inv(X: Any) -> dlarray:
    """The inverse of an unformatted square matrix; of a singular one Inf, with a warning.

    Raises
    ------
    FormatError : X is formatted.
    ShapeError : X is no square matrix.
    TypeError : X is no array of numbers.

    Examples
    --------
    >>> inv(dlarray([[2.0, 0.0], [0.0, 4.0]])).data
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    return wrap(_warned("inv", linear.inverse(_matrix("inv", X, "X", square=True)), 3), "")


def pinv(X: Any) -> dlarray:
    """The pseudoinverse of an unformatted matrix; its derivative holds where the rank does not
    change.

    Raises
    ------
    FormatError : X is formatted.
    ShapeError : X is no matrix.
    TypeError : X is no array of numbers.

    Examples
    --------
    >>> pinv(dlarray([[2.0], [0.0]])).data
    array([[0.5, 0. ]])
    """
    return wrap(linear.pseudoinverse(_matrix("pinv", X, "X")), "")


def det(X: Any) -> dlarray:
    """The determinant of an unformatted square matrix.

    A singular matrix has a derivative too, but no second one.

    Raises
    ------
    FormatError : X is formatted.
    ShapeError : X is no square matrix.
    TypeError : X is no array of numbers.

    Examples
    --------
    >>> round(det(dlarray([[2.0, 1.0], [0.0, 4.0]])).item(), 12)
    8.0
    """
    return wrap(linear.determinant(_matrix("det", X, "X", square=True)), "")


def expm(X: Any) -> dlarray:
    """The exponential of an unformatted square matrix.

    Raises
    ------
    FormatError : X is formatted.
    ShapeError : X is no square matrix.
    TypeError : X is no array of numbers.

    Examples
    --------
    >>> expm(dlarray([[0.0, 1.0], [0.0, 0.0]])).data
    array([[1., 1.],
           [0., 1.]])
    """
    return wrap(linear.exponential(_matrix("expm", X, "X", square=True)), "")
