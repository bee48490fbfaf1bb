"""Parameter updates: `dlupdate`, `adamupdate`, `sgdmupdate`.

Each takes a network or a container of arrays (array, dict, list, tuple, table) with gradients of
the same structure, and returns new ones; nothing is changed in place.  State that is None means
zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _checks, kernels
from ..array import as_data, described, dlarray, map_together, wrap
from ..formats import ShapeError
from ..tape import Array


def dlupdate(function: Callable[..., Any], parameters: Any, *others: Any) -> Any:
    """Apply a function to every parameter, with the matching arrays of further containers.

    Parameters
    ----------
    function : takes a parameter and one array of each further container; returns the new parameter,
        or a tuple.
    parameters : a network or a container of dlarrays.
    others : containers of the same structure.

    Returns one container, or a tuple of them if the function returns a tuple.

    Examples
    --------
    >>> dlupdate(lambda p, g: p - 0.1 * g, {"w": dlarray([1.0])}, {"w": dlarray([2.0])})["w"].item()
    0.8
    """
    plain = True

    def apply(*leaves: Any) -> tuple[Any, ...]:
        nonlocal plain
        result = function(*leaves)
        plain = not isinstance(result, tuple)
        return (result,) if plain else result

    results = map_together("dlupdate", None, apply, parameters, *others)
    return results[0] if plain else results


def adamupdate(
    parameters: Any,
    gradients: Any,
    averageGrad: Any,
    averageSqGrad: Any,
    iteration: int,
    learnRate: float = 0.001,
    gradDecay: float = 0.9,
    sqGradDecay: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[Any, Any, Any]:
    """One step of Adam (Kingma and Ba, https://arxiv.org/abs/1412.6980), with the bias correction
    in the rate.

    ``m = gradDecay m + (1 - gradDecay) g``, ``v = sqGradDecay v + (1 - sqGradDecay) g^2``, ``p = p
    - learnRate sqrt(1 - sqGradDecay^t) / (1 - gradDecay^t) m / (sqrt(v) + epsilon)``.

    Parameters
    ----------
    parameters, gradients : a network or a container of arrays, and gradients of its structure.
    averageGrad, averageSqGrad : m and v of the step before, or None.
    iteration : t, at least 1.

    Returns ``(parameters, averageGrad, averageSqGrad)``.

    Examples
    --------
    >>> p, m, v = adamupdate(dlarray([1.0]), dlarray([1.0]), None, None, 1, 0.05, 0.75, 0.95)
    >>> round(p.item(), 6), m.item(), round(v.item(), 6)
    (0.95, 0.25, 0.05)
    """
    t = _checks.integer("adamupdate", "iteration", iteration)
    decay = _checks.number("adamupdate", "gradDecay", gradDecay, 0, 1, below=True)
    sq_decay = _checks.number("adamupdate", "sqGradDecay", sqGradDecay, 0, 1, below=True)
    rate = _checks.number("adamupdate", "learnRate", learnRate)
    small = _checks.number("adamupdate", "epsilon", epsilon)
    step = kernels.AdamStep.number(t, rate, decay, sq_decay, small)

    def one(p: Any, g: Any, m: Any, v: Any) -> tuple[Any, ...]:
        data, slope, average, square = _matching("adamupdate", p, g, m, v)
        return tuple(
            _rewrapped(p, part) for part in kernels.adam(data, slope, average, square, step)
        )

    return map_together("adamupdate", 3, one, parameters, gradients, averageGrad, averageSqGrad)


def sgdmupdate(
    parameters: Any, gradients: Any, velocity: Any, learnRate: float = 0.01, momentum: float = 0.9
) -> tuple[Any, Any]:
    """One step of gradient descent with momentum: ``v = momentum v - learnRate g``, ``p = p + v``.

    Parameters
    ----------
    parameters, gradients : a network or a container of arrays, and gradients of its structure.
    velocity : v of the step before, or None.

    Returns ``(parameters, velocity)``.

    Examples
    --------
    >>> p, v = sgdmupdate(dlarray([1.0]), dlarray([1.0]), None, 0.05, 0.95)
    >>> round(p.item(), 6), v.item()
    (0.95, -0.05)
    """
    rate = _checks.number("sgdmupdate", "learnRate", learnRate)
    mass = _checks.number("sgdmupdate", "momentum", momentum, 0, 1)

    def one(p: Any, g: Any, v: Any) -> tuple[Any, ...]:
        data, slope, speed = _matching("sgdmupdate", p, g, v)
        return tuple(_rewrapped(p, part) for part in kernels.sgdm(data, slope, speed, rate, mass))

    return map_together("sgdmupdate", 2, one, parameters, gradients, velocity)


def _matching(call: str, p: Any, *others: Any) -> list[Array]:
    """The data of a parameter and of arrays of its size, in its type; None gives zeros."""
    data = p._data if isinstance(p, dlarray) else as_data(p, call)
    if data.dtype.kind != "f":
        raise TypeError(
            f"{call}: parameters must be single or double; got {described(p)} {data.dtype}."
        )
    parts = [data]
    for other in others:
        if other is None:
            parts.append(np.zeros_like(data))
            continue
        part = other._data if isinstance(other, dlarray) else as_data(other, call)
        if part.shape != data.shape:
            raise ShapeError(
                f"{call}: a gradient or state has another size than its parameter.\n  parameter: "
                f"{described(p)}\n"
                f"  other:     {described(other)}"
            )
        parts.append(part if part.dtype == data.dtype else part.astype(data.dtype))
    return parts


def _rewrapped(p: Any, data: Array) -> Any:
    return wrap(data, p.fmt) if isinstance(p, dlarray) else data.reshape(np.shape(p))
