"""Parameter updates of the solvers, one pass over memory each."""

from __future__ import annotations

import math
from typing import NamedTuple

from ._buffers import Array
from ._jit import kernel, workers
from ._memory import flat_like, paired


class AdamStep(NamedTuple):
    """The numbers of one Adam step; ``rate`` holds the bias correction."""

    rate: float
    decay: float
    sq_decay: float
    epsilon: float

    @classmethod
    def number(cls, t: int, rate: float, decay: float, sq_decay: float, epsilon: float) -> AdamStep:
        """The t-th step, from 1: rate sqrt(1 - sq_decay^t) / (1 - decay^t)."""
        corrected = rate * math.sqrt(1.0 - sq_decay**t) / (1.0 - decay**t)
        return cls(corrected, decay, sq_decay, epsilon)


@kernel
def _adam(
    worker, workers, p, g, m, v, p_new, m_new, v_new, rate, decay, sq_decay, epsilon, rest, sq_rest
):
    """m' = decay m + rest g, v' = sq_decay v + sq_rest g^2, p' = p - rate m' / (sqrt(v') +
    epsilon).
    """
    n = len(p)
    for i in range(worker * n // workers, (worker + 1) * n // workers):
        gradient = g[i]
        mean = decay * m[i] + rest * gradient
        square = sq_decay * v[i] + sq_rest * gradient * gradient
        m_new[i], v_new[i] = mean, square
        p_new[i] = p[i] - rate * mean / (math.sqrt(square) + epsilon)


@kernel
def _sgdm(worker, workers, p, g, v, p_new, v_new, rate, momentum):
    """v' = momentum v - rate g, p' = p + v'."""
    n = len(p)
    for i in range(worker * n // workers, (worker + 1) * n // workers):
        velocity = momentum * v[i] - rate * g[i]
        v_new[i] = velocity
        p_new[i] = p[i] + velocity


def adam(p: Array, g: Array, m: Array, v: Array, step: AdamStep) -> tuple[Array, Array, Array]:
    """New parameter, average and squared average, in the memory order of ``p``."""
    flat, p_new, flat_p = flat_like(p)
    _, m_new, flat_m = flat_like(p)
    _, v_new, flat_v = flat_like(p)
    t = p.dtype.type
    constants = [t(c) for c in (*step, 1.0 - step.decay, 1.0 - step.sq_decay)]
    n = workers(nbytes=7.0 * p.nbytes)
    _adam(n, flat, paired(g, p), paired(m, p), paired(v, p), flat_p, flat_m, flat_v, *constants)
    return p_new, m_new, v_new


def sgdm(p: Array, g: Array, v: Array, rate: float, momentum: float) -> tuple[Array, Array]:
    """New parameter and velocity, in the memory order of ``p``."""
    flat, p_new, flat_p = flat_like(p)
    _, v_new, flat_v = flat_like(p)
    t = p.dtype.type
    _sgdm(
        workers(nbytes=5.0 * p.nbytes),
        flat,
        paired(g, p),
        paired(v, p),
        flat_p,
        flat_v,
        t(rate),
        t(momentum),
    )
    return p_new, v_new
