"""Numerical gradients, and tolerances by type.

`checkGradients` compares the gradient of a function with central differences in double precision,
along random directions: a wrong element shows in every direction, and a function of a million
variables costs as much as one of two.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..array import dlarray, dlfeval, dlgradient, sum

# Relative to the largest magnitude that makes a value: what rounding in this type explains, with
# room.
TOLERANCES: dict[Any, float] = {np.float32: 2e-6, np.float64: 1e-12}

STEP = float(np.cbrt(np.finfo(np.float64).eps))


def checkGradients(
    function: Callable[..., Any],
    *variables: dlarray,
    directions: int = 3,
    rtol: float = 1e-6,
    seed: int = 0,
) -> None:
    """Raise AssertionError if a gradient is wrong.

    Parameters
    ----------
    function : takes the variables and returns a dlarray of any size.
    variables : double-precision dlarrays.
    directions : how many random directions are tried.
    rtol : the largest relative difference.

    Examples
    --------
    >>> checkGradients(lambda x: x**3, dlarray([1.0, 2.0], "C"))
    """
    rng = np.random.default_rng(seed)
    for i, variable in enumerate(variables):
        if not isinstance(variable, dlarray) or variable.dtype != np.float64:
            raise TypeError(f"checkGradients: variable {i + 1} must be a double-precision dlarray.")
    weight = dlarray(rng.standard_normal(_value(function, variables).shape), copy=False)

    def projected(*xs: dlarray) -> dlarray:
        return sum(function(*xs).stripdims() * weight, "all")

    slopes = dlfeval(lambda *xs: dlgradient(projected(*xs), list(xs)), *variables)
    for _ in range(directions):
        steps = [rng.standard_normal(x.shape) for x in variables]
        expected = float(np.sum([np.sum(g._data * s) for g, s in zip(slopes, steps, strict=True)]))
        # what the projection is about: one wrong element of n shows as a part of 1/sqrt(n) in it
        scale = float(np.sqrt(np.sum([np.sum(g._data**2) for g in slopes])))
        measured = _slope(projected, variables, steps)
        # not `assert`, which `python -O` leaves out; and NaN must not pass
        if not abs(measured - expected) <= rtol * max(scale, abs(measured), 1e-12):
            raise AssertionError(
                f"gradient differs from central differences: {expected} against {measured}, "
                f"a relative difference of {abs(measured - expected) / max(scale, 1e-12):.2g}"
            )


def _value(function: Callable[..., Any], variables: tuple[dlarray, ...]) -> dlarray:
    value = function(*variables)
    if not isinstance(value, dlarray):
        raise TypeError(
            "checkGradients: the function must return a dlarray; it returned "
            f"{type(value).__name__}."
        )
    return value


def _slope(
    function: Callable[..., dlarray], variables: tuple[dlarray, ...], steps: list[Any]
) -> float:
    """The derivative along a direction, by central differences of fourth order."""
    sizes = np.sqrt(np.sum([np.sum(s**2) for s in steps]) / max(1, np.sum([s.size for s in steps])))
    h = STEP**0.6 / max(float(sizes), 1e-12)

    def at(t: float) -> float:
        return float(
            function(
                *(dlarray(x._data + t * s, x.fmt) for x, s in zip(variables, steps, strict=True))
            ).item()
        )

    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
