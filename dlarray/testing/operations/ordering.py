"""Sorting and searching, cumulative functions, samples and transforms."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import array as dl
from .registry import ANY, Operand, Operation, Sample, one


def _points(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Points one apart or so, in any order."""
    return (rng.permutation(shape[0]) + rng.uniform(-0.1, 0.1, shape[0])).reshape(shape)


def _queries(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Numbers far from `_points`, some of them outside."""
    return rng.integers(-1, 5, shape) + rng.uniform(0.2, 0.8, shape)


_POINTS, _QUERIES = Operand("", (5, 1), _points), Operand("", (4, 1), _queries)


def _with_zeros(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Numbers of which some are 0, two in one column too."""
    values = rng.standard_normal(shape)
    values[1], values[0, 0], values[-1, 0] = 0, 0, 0
    return values


def _filtered(x: Any, n: int | None = None, dim: int | None = None) -> dl.dlarray:
    """Real data by way of complex ones, each frequency with a factor of its own."""
    axis = 0 if dim is None else dim
    y = dl.fft(x, n, dim)
    shape = [1] * y.ndim
    shape[axis] = y.shape[axis]
    factors = np.linspace(1, 2, y.shape[axis]).reshape(shape)
    return dl.ifft(y * factors, dim=dim, symflag="symmetric")


OPERATIONS = (
    Operation(
        "sort",
        formats="the format of X, any",
        derivative="dy at the places that the elements came from",
        order=2,
        samples=(
            *one(dl.sort, ANY, "apart"),
            Sample(lambda x: dl.sort(x, "T", "descend"), (Operand("CBT", values="apart"),)),
            Sample(lambda x: dl.sort(x, nargout=2)[0], (Operand("SC", values="apart"),)),
        ),
    ),
    Operation(
        "find",
        formats="unformatted; the result is NumPy arrays of indices",
        derivative="none: indices",
        order=0,
        samples=one(dl.find, ("",)),
    ),
    Operation(
        "unique",
        formats="unformatted",
        derivative="none: it is not traced",
        order=0,
        samples=one(dl.unique, ("",)),
    ),
    Operation(
        "ismember",
        formats="unformatted; the result has the size of A",
        derivative="none: the result is logical",
        order=0,
        samples=(Sample(dl.ismember, (Operand(), Operand("", (7, 1)))),),
    ),
    Operation(
        "cumsum",
        formats="the format of X, any",
        derivative="the cumulative sum from the other end",
        order=2,
        samples=(
            *one(dl.cumsum),
            Sample(lambda x: dl.cumsum(x, "T", "reverse"), (Operand("CBT"),)),
        ),
    ),
    Operation(
        "cumprod",
        formats="the format of X, any",
        derivative="sums of products without the element itself, right at zeros",
        order=2,
        samples=(
            *one(dl.cumprod),
            Sample(lambda x: dl.cumprod(x, "T", "reverse"), (Operand("CBT"),)),
            Sample(dl.cumprod, (Operand("CB", (5, 2), _with_zeros),)),
        ),
    ),
    Operation(
        "diff",
        formats="the format of X, any",
        derivative="differences of dy",
        order=2,
        samples=(*one(dl.diff), Sample(lambda x: dl.diff(x, 2, "T"), (Operand("CBT"),))),
    ),
    Operation(
        "trapz",
        formats="unformatted",
        derivative="sums of neighbouring steps, and of neighbouring samples",
        order=2,
        samples=(
            *one(dl.trapz, ("",)),
            Sample(lambda x, y: dl.trapz(x, y, 1), (Operand("", (5, 1)), Operand("", (3, 5)))),
            Sample(dl.trapz, (Operand("", (1, 1)), Operand("", (5, 2)))),
        ),
    ),
    Operation(
        "interp1",
        formats="unformatted; the size of the queries, or one column a quantity",
        derivative="weights of the two neighbours, the slope, and what moving the points changes",
        order=2,
        samples=(
            Sample(
                lambda x, v, q: dl.interp1(x, v, q, extrapolation=0),
                (_POINTS, Operand("", (5, 1)), Operand("", (2, 3), _queries)),
            ),
            Sample(
                lambda x, v, q: dl.interp1(x, v, q, "linear", "extrap"),
                (_POINTS, Operand("", (5, 3)), _QUERIES),
            ),
            Sample(
                lambda x, v, q: dl.interp1(x, v, q, "linear", 0.5),
                (_POINTS, Operand("", (1, 5)), _QUERIES),
            ),
            Sample(
                lambda v: dl.interp1(v, np.array([0.3, 2.5, 4]), method="nearest"),
                (Operand("", (5, 1)),),
            ),
        ),
    ),
    Operation(
        "fft",
        formats="unformatted",
        derivative="the transform of dy with the conjugate factors",
        order=2,
        samples=(
            Sample(_filtered, (Operand("", (5, 3)),)),
            Sample(lambda x: _filtered(x, 7, 0), (Operand("", (5, 3)),)),
            Sample(lambda x: _filtered(x, 3, 1), (Operand("", (2, 5)),)),
        ),
    ),
    Operation(
        "ifft",
        formats="unformatted",
        derivative="the inverse transform of dy with the conjugate factors",
        order=2,
        samples=(
            Sample(lambda x: dl.ifft(dl.fft(x), symflag="symmetric"), (Operand("", (5, 3)),)),
        ),
    ),
)
