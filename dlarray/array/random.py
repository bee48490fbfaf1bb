"""The package's one random generator, and keys for operators that draw their own numbers.

Kernels draw from a counter-based generator: a number is a function of a key and an element's place,
so it does not depend on threads.  A key comes from the package's generator, or, inside `keyed`,
from a training run's own key, the iteration and how many keys were drawn in it: a resumed run draws
the same.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from .. import _calls, _checks
from ..tape import Array, draw

_MASK = 2**64 - 1


class _State(threading.local):
    key: int | None = None
    iteration = 0
    drawn = 0


_state = _State()
_generator: np.random.Generator | None = None


@_calls.explained
def rng(seed: int = 0) -> None:
    """Seed the generator from which weights, shuffling and dropout are drawn.

    Without a call the seed is 0, so a script gives the same numbers each time.

    Parameters
    ----------
    seed : an integer, at least 0.

    Raises
    ------
    ValueError : the seed is no integer of at least 0.

    Examples
    --------
    >>> rng(7)
    >>> first = dropout(dlarray(np.ones((9, 9)), "CB"), 0.5)
    >>> rng(7)
    >>> bool((dropout(dlarray(np.ones((9, 9)), "CB"), 0.5).data == first.data).all())
    True
    """
    global _generator
    _generator = np.random.Generator(np.random.PCG64(_checks.integer("rng", "seed", seed, 0)))


def generator() -> np.random.Generator:
    """The package's generator (PCG64)."""
    if _generator is None:
        rng(0)
    assert _generator is not None
    return _generator


@draw
def draw_key() -> Array:
    """64 random bits for one operator call, as a 0-d array; `int` makes a number of them.

    It is an operator itself, so that a recorded plan draws anew each time that it runs.
    """
    return np.asarray(new_key(), np.uint64)


def new_key() -> int:
    """`draw_key` as a number, for what is an operator already."""
    if _state.key is None:
        return int(generator().integers(0, 2**64, dtype="u8"))
    _state.drawn += 1
    return _mixed(_mixed(_mixed(_state.key) + _state.iteration) + _state.drawn)


@contextmanager
def keyed(key: int, iteration: int) -> Iterator[None]:
    """Within the block `draw_key` is a function of these and of the order of calls."""
    before = _state.key, _state.iteration, _state.drawn
    _state.key, _state.iteration, _state.drawn = key, iteration, 0
    try:
        yield
    finally:
        _state.key, _state.iteration, _state.drawn = before


def _mixed(z: int) -> int:
    """The step and finalizer of SplitMix64."""
    z = (z + 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)
