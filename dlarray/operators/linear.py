"""Linear algebra of pages: arrays (P, M, N) of P matrices, or matrices (M, N).

Rules hold for complex numbers too: the transposes in them are conjugate ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..tape import Array, constant, operator
from .elementwise import add, mul, neg, sub
from .indexing import concatenate, take
from .reduce import total
from .shape import fit, permute


@operator
def adjoint(x: Array) -> Array:
    """The conjugate transpose of each matrix; of real ones a view."""
    y = x.swapaxes(-1, -2)
    return y.conj() if y.dtype.kind == "c" else y


@adjoint.backward
def _(dy: Any, _y: Any, _x: Any) -> Any:
    return (adjoint(dy),)


@operator
def product(a: Array, b: Array) -> Array:
    """y[p] = a[p] b[p], a of (P, M, K) and b of (P, K, N); one page of either serves all."""
    if a.dtype.kind == "f":  # the kernels' tile: the same bits on any number of threads
        if a.ndim == 2:
            return kernels.page_matmul(a[np.newaxis], b[np.newaxis])[0]
        return kernels.page_matmul(a, b)
    with np.errstate(all="ignore"):
        return np.matmul(a, b)


@product.backward
def _(dy: Any, _y: Any, a: Any, b: Any) -> Any:
    return (
        lambda: fit(product(dy, adjoint(b)), a),
        lambda: fit(product(adjoint(a), dy), b),
    )


@operator
def solve(a: Array, b: Array) -> Array:
    """x with a x = b, for a square matrix; Inf where it is singular."""
    try:
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        return np.full((a.shape[1], b.shape[1]), np.inf, b.dtype)


@solve.backward
def _(dy: Any, x: Any, a: Any, _b: Any) -> Any:
    db = solve(adjoint(a), dy)
    return lambda: neg(product(db, adjoint(x))), db


@operator
def inverse(a: Array) -> Array:
    """The inverse of a square matrix; Inf where it is singular."""
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return np.full(a.shape, np.inf, a.dtype)


@inverse.backward
def _(dy: Any, y: Any, _a: Any) -> Any:
    return (neg(product(product(adjoint(y), dy), adjoint(y))),)


@operator
def pseudoinverse(a: Array) -> Array:
    """The matrix p of (N, M) with a p a = a, p a p = p and a p, p a Hermitian.

    Singular values below max(M, N) units of rounding of the largest count as 0.  The rule holds
    where the rank does not change.
    """
    try:
        u, s, v = np.linalg.svd(a, full_matrices=False)
    except np.linalg.LinAlgError:  # NaN or Inf
        return np.full(a.shape[::-1], np.nan, a.dtype)
    keep = s > max(a.shape) * np.finfo(s.dtype).eps * s.max(initial=0)
    return (v[keep].conj().T / s[keep]) @ u[:, keep].conj().T


@pseudoinverse.backward
def _(dy: Any, p: Any, a: Any) -> Any:
    q, g = adjoint(p), adjoint(dy)
    left = sub(constant(np.eye(a.shape[0], dtype=a.dtype)), product(a, p))
    right = sub(constant(np.eye(a.shape[1], dtype=a.dtype)), product(p, a))
    first = product(left, product(g, product(p, q)))
    second = product(product(q, p), product(g, right))
    return (sub(add(first, second), product(product(q, dy), q)),)


@operator
def determinant(a: Array) -> Array:
    """The determinant of a square matrix, as a matrix of one element."""
    with np.errstate(all="ignore"):
        return np.asarray(np.linalg.det(a), a.dtype).reshape(1, 1)


@determinant.backward
def _(dy: Any, _y: Any, a: Any) -> Any:
    return (mul(dy, cofactors(a)),)


@operator
def cofactors(a: Array) -> Array:
    """The conjugate of the derivative of the determinant, which a singular matrix has too.

    From a = u s v: each singular value in turn is left out of their product.
    """
    try:
        u, s, v = np.linalg.svd(a)
    except np.linalg.LinAlgError:  # NaN or Inf
        return np.full(a.shape, np.nan, a.dtype)
    others = np.array([np.prod(np.delete(s, i)) for i in range(s.size)], s.dtype)
    return np.conj(np.linalg.det(u) * np.linalg.det(v)) * ((u * others) @ v)


@cofactors.backward
def _(dy: Any, c: Any, a: Any) -> Any:
    """Of a regular matrix: there c = det(a') inverse(a'), which is differentiated."""
    g = adjoint(dy)
    q = inverse(adjoint(a))
    along = total(mul(permute(g, order=(1, 0)), q), axes=(0, 1))
    across = mul(product(product(q, g), q), determinant(adjoint(a)))
    return (sub(mul(c, along), across),)


_PADE = (64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000,
         10559470521600, 670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182,
         1)  # fmt: skip
_PADE_NORM = 5.371920351148152  # up to this norm the approximant is exact to rounding


@operator
def exponential(a: Array) -> Array:
    """The exponential of a square matrix, by scaling, a Padé approximant of degree 13, and
    squaring, in double precision.
    """
    x = a.astype(np.result_type(a.dtype, np.float64))
    norm = float(np.abs(x).sum(axis=0).max(initial=0))
    if not np.isfinite(norm):
        return np.full(a.shape, np.nan, a.dtype)
    squarings = max(0, int(np.ceil(np.log2(norm / _PADE_NORM)))) if norm else 0
    with np.errstate(all="ignore"):
        y = _approximant(x / 2**squarings)
        for _ in range(squarings):
            y = y @ y
        return y.astype(a.dtype)


def _approximant(x: Array) -> Array:
    b, one = _PADE, np.eye(len(x))
    x2 = x @ x
    x4 = x2 @ x2
    x6 = x4 @ x2
    odd = x6 @ (b[13] * x6 + b[11] * x4 + b[9] * x2)
    odd = x @ (odd + b[7] * x6 + b[5] * x4 + b[3] * x2 + b[1] * one)
    even = x6 @ (b[12] * x6 + b[10] * x4 + b[8] * x2)
    even = even + b[6] * x6 + b[4] * x4 + b[2] * x2 + b[0] * one
    return np.linalg.solve(even - odd, even + odd)


@exponential.backward
def _(dy: Any, _y: Any, a: Any) -> Any:
    n = a.shape[0]
    h = adjoint(a)
    zeros = constant(np.zeros((n, n), a.dtype))
    top, bottom = concatenate(h, dy, axis=1), concatenate(zeros, h, axis=1)
    block = exponential(concatenate(top, bottom, axis=0))
    return (take(block, index=(slice(0, n), slice(n, None))),)
