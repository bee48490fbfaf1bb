"""Parameter updates: `dlupdate`, `adamupdate`, `rmspropupdate`, `sgdmupdate`.

Each takes a network or a container of arrays (array, dict, list, tuple, table, list of records)
with gradients of the same structure, and returns new ones; nothing is changed in place.  State that
is None means zeros.

Inside `dlfeval`, where one of the arrays of a parameter is traced, its step is composed of
functions of dlarrays, so that it can be differentiated; elsewhere it is one pass over memory.
Frozen parameters are left out: give the rows to train, as in ``net.Learnables.where(Layer="fc")``.
The factors of a layer, such as WeightLearnRateFactor, concern `trainnet`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _calls, _checks, array, kernels
from ..array import as_data, described, dlarray, map_together, stripdims, wrap
from ..formats import ShapeError
from ..tape import Array, constant, is_traced


def dlupdate(function: Callable[..., Any], parameters: Any, *others: Any) -> Any:
    """Apply a function to every parameter, with the matching arrays of further containers.

    Parameters
    ----------
    function : takes a parameter and one array of each further container; returns the new parameter,
        or a tuple.
    parameters : a network or a container of dlarrays.
    others : containers of the same structure; None gives None for every parameter.

    Returns one container, or a tuple of them if the function returns a tuple.  Of a network the
    first is a network, the others are tables.

    Raises
    ------
    TypeError : the first argument is no function.
    ValueError : the structures differ; the message names the key.

    Examples
    --------
    >>> dlupdate(lambda p, g: p - 0.1 * g, {"w": dlarray([1.0])}, {"w": dlarray([2.0])})["w"].item()
    0.8
    >>> net = dlupdate(double, dlnetwork([sequenceInputLayer(3), fullyConnectedLayer(2)]))
    >>> underlyingType(net.Learnables.Value[0])
    'double'
    """
    if not callable(function):
        raise TypeError(
            f"dlupdate: the first argument must be a function; got {type(function).__name__}."
        )
    plain = True

    def apply(*leaves: Any) -> tuple[Any, ...]:
        nonlocal plain
        result = function(*leaves)
        plain = not isinstance(result, tuple)
        return (result,) if plain else result

    results = map_together("dlupdate", None, apply, parameters, *others)
    return results[0] if plain else results


@_calls.explained
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
    learnRate : the rate, any number.
    gradDecay, sqGradDecay : the decay of m and of v, at least 0 and below 1.
    epsilon : what keeps the divisor from 0.

    Returns ``(parameters, averageGrad, averageSqGrad)``, each of the structure of the parameters; a
    parameter keeps its format and type, and its states have them too.

    Raises
    ------
    TypeError : a parameter is not single or double, or a gradient or state is complex.
    ValueError : the structures differ, or an option is out of its range.
    ShapeError : a gradient or state has another size than its parameter.

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
        if _traced(p, g, m, v):
            average = decay * average + (1 - decay) * slope
            square = sq_decay * square + (1 - sq_decay) * slope**2
            return _restored(
                p, data - step.rate * average / (array.sqrt(square) + small), average, square
            )
        return tuple(
            _rewrapped(p, part) for part in kernels.adam(data, slope, average, square, step)
        )

    return map_together("adamupdate", 3, one, parameters, gradients, averageGrad, averageSqGrad)


@_calls.explained
def sgdmupdate(
    parameters: Any, gradients: Any, velocity: Any, learnRate: float = 0.01, momentum: float = 0.9
) -> tuple[Any, Any]:
    """One step of gradient descent with momentum: ``v = momentum v - learnRate g``, ``p = p + v``.

    Parameters
    ----------
    parameters, gradients : a network or a container of arrays, and gradients of its structure.
    velocity : v of the step before, or None.
    learnRate : the rate, any number.
    momentum : the share of the velocity that stays, from 0 to 1.

    Returns ``(parameters, velocity)``, each of the structure of the parameters; a parameter keeps
    its format and type, and its velocity has them too.

    Raises
    ------
    TypeError : a parameter is not single or double, or a gradient or state is complex.
    ValueError : the structures differ, or an option is out of its range.
    ShapeError : a gradient or state has another size than its parameter.

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
        if _traced(p, g, v):
            speed = mass * speed - rate * slope
            return _restored(p, data + speed, speed)
        return tuple(_rewrapped(p, part) for part in kernels.sgdm(data, slope, speed, rate, mass))

    return map_together("sgdmupdate", 2, one, parameters, gradients, velocity)


@_calls.explained
def rmspropupdate(
    parameters: Any,
    gradients: Any,
    averageSqGrad: Any,
    learnRate: float = 0.001,
    sqGradDecay: float = 0.9,
    epsilon: float = 1e-8,
) -> tuple[Any, Any]:
    """One step of RMSProp: ``v = d v + (1 - d) g^2``, ``p = p - rate g / (sqrt(v) + epsilon)``.

    Parameters
    ----------
    parameters, gradients : a network or a container of arrays, and gradients of its structure.
    averageSqGrad : v of the step before, or None.
    learnRate, sqGradDecay, epsilon : the rate, d, and what keeps the divisor from 0.

    Returns ``(parameters, averageSqGrad)``.

    Raises
    ------
    TypeError : a parameter is not single or double, or a gradient or state is complex.
    ValueError : the structures differ, or an option is out of its range.
    ShapeError : a gradient or state has another size than its parameter.

    Examples
    --------
    >>> p, v = rmspropupdate(dlarray([1.0]), dlarray([1.0]), None, 0.05, 0.95)
    >>> round(p.item(), 9), round(v.item(), 6)
    (0.776393212, 0.05)
    """
    decay = _checks.number("rmspropupdate", "sqGradDecay", sqGradDecay, 0, 1, below=True)
    rate = _checks.number("rmspropupdate", "learnRate", learnRate)
    small = _checks.number("rmspropupdate", "epsilon", epsilon)

    def one(p: Any, g: Any, v: Any) -> tuple[Any, ...]:
        data, slope, square = _matching("rmspropupdate", p, g, v)
        if _traced(p, g, v):
            square = decay * square + (1 - decay) * slope**2
            return _restored(p, data - rate * slope / (array.sqrt(square) + small), square)
        parts = kernels.rmsprop(data, slope, square, rate, decay, small)
        return tuple(_rewrapped(p, part) for part in parts)

    return map_together("rmspropupdate", 2, one, parameters, gradients, averageSqGrad)


_TWO_PARTS = " A complex parameter is two real ones: complex(re, im) inside the loss."


def _matching(call: str, p: Any, *others: Any) -> list[Any]:
    """The data of a parameter and of arrays of its size, in its type; None gives zeros.  Of traced
    ones unformatted dlarrays.
    """
    data = p._data if isinstance(p, dlarray) else as_data(p, call)
    if data.dtype.kind != "f":
        raise TypeError(
            f"{call}: parameters must be single or double; got {described(p)} {data.dtype}."
            + (_TWO_PARTS if data.dtype.kind == "c" else "")
        )
    traced = _traced(p, *others)
    parts = [stripdims(p) if traced and isinstance(p, dlarray) else data]
    for other in others:
        if other is None:
            parts.append(constant(np.zeros_like(data)))
            continue
        part: Any = other._data if isinstance(other, dlarray) else as_data(other, call)
        if part.dtype.kind == "c":
            raise TypeError(
                f"{call}: the gradients and states of a real parameter are real; got "
                f"{described(other)} {part.dtype}. Differentiate a real loss by a real parameter."
                + _TWO_PARTS
            )
        if part.shape != data.shape:
            raise ShapeError(
                f"{call}: a gradient or state has another size than its parameter.\n  parameter: "
                f"{described(p)}\n"
                f"  other:     {described(other)}"
            )
        if traced and isinstance(other, dlarray):
            part = stripdims(other)
            if part.dtype != data.dtype:
                part = array.single(part) if data.dtype == np.float32 else array.double(part)
        parts.append(part if part.dtype == data.dtype else part.astype(data.dtype))
    return [dlarray(part) for part in parts] if traced else parts


def _traced(*values: Any) -> bool:
    """Whether one of these can be differentiated by."""
    return any(is_traced(value) for value in values)


def _restored(p: Any, *results: dlarray) -> tuple[dlarray, ...]:
    """Traced results with the format of the parameter."""
    fmt = p.fmt if isinstance(p, dlarray) else ""
    return tuple(dlarray(result, fmt) for result in results)


def _rewrapped(p: Any, data: Array) -> Any:
    return wrap(data, p.fmt) if isinstance(p, dlarray) else data.reshape(np.shape(p))
