"""New arrays: constants, random numbers and ranges.  All are unformatted dlarrays without trace.

Sizes are given one by one or as a list; one size n makes n by n, as in MATLAB.  ``like`` names a
dlarray whose underlying type the result has; without it the type is double.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import _calls, _checks
from ..formats import Shape, ShapeError, require_possible
from ..formats.rules import MOST_ELEMENTS
from ..operators.drawing import Draw, drawn
from ..tape import Array, constant, decides, untraced
from .core import described, dlarray, require_dlarray, wrap
from .protocols import plain
from .random import new_key

_TYPES = {"single": np.float32, "double": np.float64, "logical": np.bool_}


def _split(call: str, sizes: tuple[Any, ...], like: Any) -> tuple[Shape, np.dtype[Any]]:
    """The shape and the type that sizes, perhaps a name of a type at their end, and like mean."""
    dtype = np.dtype(np.float64)
    if sizes and isinstance(sizes[-1], str):
        name = _checks.choice(call, "typename", sizes[-1], tuple(_TYPES))
        dtype, sizes = np.dtype(_TYPES[name]), sizes[:-1]
        if like is not None:
            raise TypeError(f'{call}: give a type, "{name}", or like=X, and not both.')
    if like is not None:
        dtype = require_dlarray(like, call, "like").dtype
    if len(sizes) == 1 and isinstance(sizes[0], (Sequence, np.ndarray)):
        sizes = tuple(sizes[0])
    shape = tuple(_checks.integer(call, "a size", n, 0) for n in sizes)
    shape = shape * 2 if len(shape) == 1 else shape or (1, 1)
    require_possible(shape, call)
    return shape, dtype


def _floating(call: str, dtype: np.dtype[Any], like: Any) -> None:
    if dtype.kind != "f":
        kind = described(like) if like is not None else str(dtype)
        raise TypeError(f"{call}: random numbers are single or double; got {kind} of type {dtype}.")


def _new(call: str, make: Callable[[], Array], shape: Shape, dtype: np.dtype[Any]) -> dlarray:
    """What ``make`` gives, of this size and type, as an unformatted array without trace."""
    try:
        return wrap(constant(make()), "")
    except MemoryError:
        raise _checks.no_room(call, shape, dtype) from None


@_calls.explained
def zeros(*sizes: Any, like: Any = None) -> dlarray:
    """An unformatted array of zeros: ``zeros(3, 5)``, ``zeros((3, 5))``, ``zeros(3)`` for 3×3.

    Parameters
    ----------
    sizes : the sizes, and at their end perhaps "single", "double" or "logical".
    like : a dlarray whose type the result has.

    Raises
    ------
    ShapeError : more elements than an array can have.
    TypeError : like is no dlarray, or given beside a type.
    ValueError : a size is no integer of at least 0, or the type is unknown.

    Examples
    --------
    >>> zeros(2, 3, like=dlarray(np.ones(5, "f4"))).dtype
    dtype('float32')
    """
    shape, dtype = _split("zeros", sizes, like)
    return _new("zeros", lambda: np.zeros(shape, dtype), shape, dtype)


@_calls.explained
def ones(*sizes: Any, like: Any = None) -> dlarray:
    """An unformatted array of ones; sizes and ``like`` as of `zeros`.

    Raises
    ------
    ShapeError : more elements than an array can have.
    TypeError : like is no dlarray, or given beside a type.
    ValueError : a size is no integer of at least 0, or the type is unknown.

    Examples
    --------
    >>> ones(1, 3).data
    array([[1., 1., 1.]])
    """
    shape, dtype = _split("ones", sizes, like)
    return _new("ones", lambda: np.ones(shape, dtype), shape, dtype)


@_calls.explained
def eye(*sizes: Any, like: Any = None) -> dlarray:
    """An unformatted matrix with ones on its diagonal; sizes and ``like`` as of `zeros`.

    Raises
    ------
    ShapeError : more elements than an array can have.
    TypeError : like is no dlarray, or given beside a type.
    ValueError : a size is no integer of at least 0, more than two sizes, or an unknown type.

    Examples
    --------
    >>> eye(2).data
    array([[1., 0.],
           [0., 1.]])
    """
    shape, dtype = _split("eye", sizes, like)
    if len(shape) != 2:
        raise ValueError(f"eye: a matrix has two sizes; got {shape}.")
    return _new("eye", lambda: np.eye(*shape, dtype=dtype), shape, dtype)


@_calls.explained
def rand(*sizes: Any, like: Any = None, rng: np.random.Generator | None = None) -> dlarray:
    """Numbers drawn evenly between 0 and 1; sizes and ``like`` as of `zeros`.

    Parameters
    ----------
    rng : a NumPy generator to draw from; the package's own, seeded by `dlarray.rng`, if not given.

    Raises
    ------
    ShapeError : more elements than an array can have.
    TypeError : the type is neither single nor double, or rng is no NumPy generator.
    ValueError : a size is no integer of at least 0, or the type is unknown.

    Examples
    --------
    >>> rand(2, 3).shape
    (2, 3)
    """
    return _random("rand", sizes, like, rng, lambda g, shape: g.random(shape))


@_calls.explained
def randn(*sizes: Any, like: Any = None, rng: np.random.Generator | None = None) -> dlarray:
    """Numbers drawn from the normal distribution of mean 0 and variance 1; options as of `rand`.

    Raises
    ------
    ShapeError : more elements than an array can have.
    TypeError : the type is neither single nor double, or rng is no NumPy generator.
    ValueError : a size is no integer of at least 0, or the type is unknown.

    Examples
    --------
    >>> randn(2, 3).shape
    (2, 3)
    """
    return _random("randn", sizes, like, rng, lambda g, shape: g.standard_normal(shape))


@_calls.explained
def randi(
    imax: int | Sequence[int],
    *sizes: Any,
    like: Any = None,
    rng: np.random.Generator | None = None,
) -> dlarray:
    """Whole numbers drawn evenly from 1 to imax, as in MATLAB, or from ``[imin, imax]``.

    Limits are at most 2^53 from 0, up to where doubles hold every whole number.  Other options as
    of `rand`.

    Raises
    ------
    ShapeError : more elements than an array can have.
    TypeError : the type is neither single nor double, or rng is no NumPy generator.
    ValueError : a limit or size is no integer in its range, or the limits leave no number.

    Examples
    --------
    >>> X = randi([0, 4], 2, 3)
    >>> X.shape, bool(all(X <= 4, "all"))
    ((2, 3), True)
    """
    limits = list(imax) if isinstance(imax, (Sequence, np.ndarray)) else [1, imax]
    if len(limits) != 2:
        raise ValueError(f"randi: limits are imax or [imin, imax]; got {imax!r}.")
    low, high = (_checks.integer("randi", "a limit", n, -(2**53), 2**53) for n in limits)
    if low > high:
        raise ValueError(f"randi: the limits leave no number, from {low} to {high}.")
    return _random("randi", sizes, like, rng, lambda g, shape: g.integers(low, high + 1, shape))


def _random(
    call: str, sizes: tuple[Any, ...], like: Any, rng: np.random.Generator | None, draw: Draw
) -> dlarray:
    shape, dtype = _split(call, sizes, like)
    _floating(call, dtype, like)
    if rng is not None and not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{call}: rng must be a numpy.random.Generator; got {type(rng).__name__}. For a seed "
            "use dlarray.rng(seed)."
        )
    source = _generator if rng is None else lambda: rng
    pattern = like if like is not None else np.zeros((), dtype)
    try:
        value = drawn(pattern, source=source, draw=draw, shape=shape, dtype=dtype)
    except MemoryError:
        raise _checks.no_room(call, shape, dtype) from None
    return wrap(untraced(value), "")


def _generator() -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(new_key()))


# -- ranges ---------------------------------------------------------------------------------------


@_calls.explained
def colon(first: Any, step: Any, last: Any = None) -> dlarray:
    """MATLAB's ``first:last`` or ``first:step:last``: a row of numbers, the last one included if it
    is met; values only, without trace.

    Raises
    ------
    ShapeError : more elements than an array can have.
    ValueError : an end or step is no finite real number.

    Examples
    --------
    >>> colon(1, 4).data, colon(0, 0.5, 1).data
    (array([[1., 2., 3., 4.]]), array([[0. , 0.5, 1. ]]))
    """
    if last is None:
        step, last = 1, step
    (start, by, stop), dtype = _ends("colon", first, step, last)
    count = 0
    if by and (stop - start) * by >= 0:
        tolerance = 4 * np.finfo(np.float64).eps * max(abs(start), abs(stop)) / abs(by)
        steps = (stop - start) / by + tolerance
        if not steps < MOST_ELEMENTS:
            raise ShapeError(
                f"colon: from {start:g} to {stop:g} in steps of {by:g} are more elements than an "
                "array can have. Give larger steps."
            )
        count = int(np.floor(steps)) + 1

    def values() -> Array:
        return (start + by * np.arange(count)).astype(dtype).reshape(1, count)

    return _new("colon", values, (1, count), dtype)


@_calls.explained
def linspace(first: Any, last: Any, n: int = 100) -> dlarray:
    """A row of n numbers from first to last with equal steps; values only, without trace.

    Raises
    ------
    ShapeError : more elements than an array can have.
    ValueError : an end is no finite real number, or n is no integer of at least 0.

    Examples
    --------
    >>> linspace(0, 1, 5).data
    array([[0.  , 0.25, 0.5 , 0.75, 1.  ]])
    """
    (start, stop), dtype = _ends("linspace", first, last)
    count = _checks.integer("linspace", "n", n, 0)
    require_possible((1, count), "linspace")
    halved = not math.isfinite(stop - start)  # a distance beyond a double

    def values() -> Array:
        if count == 1:
            return np.array([[stop]]).astype(dtype)
        if halved:
            row = 2 * np.linspace(start / 2, stop / 2, count)
        else:
            row = np.linspace(start, stop, count)
        return row.astype(dtype).reshape(1, count)

    return _new("linspace", values, (1, count), dtype)


def _ends(call: str, *ends: Any) -> tuple[list[float], np.dtype[Any]]:
    """Finite real numbers, and the type: single if one of them is."""
    numbers: list[float] = []
    dtype: np.dtype[Any] = np.dtype(np.float64)
    for end in ends:
        value = end._data if isinstance(end, dlarray) else plain(end, call)
        decides(call, value)
        if value.size != 1 or value.dtype.kind not in "biuf" or not np.isfinite(value).all():
            raise ValueError(f"{call}: ends and steps are finite real numbers; got {end!r}.")
        numbers.append(float(value.item()))
        if value.dtype == np.float32:
            dtype = np.dtype(np.float32)
    return numbers, dtype
