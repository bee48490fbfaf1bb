"""MATLAB's default random numbers: the same stream, filled in column-major order."""

from __future__ import annotations

from typing import Any

import numpy as np


class Stream:
    """The stream of a new session, continued from call to call."""

    def __init__(self):
        self.state = np.random.RandomState(5489)

    def rand(self, *sizes: int) -> np.ndarray[Any, Any]:
        """Uniform numbers between 0 and 1."""
        return self.state.random_sample(int(np.prod(sizes))).reshape(sizes, order="F")

    def randi(self, n: int, sizes: tuple[int, ...]) -> np.ndarray[Any, Any]:
        """Whole numbers from 1 to n."""
        return 1 + np.floor(n * self.rand(*sizes))


def rand(*sizes: int) -> np.ndarray[Any, Any]:
    """The first numbers of a new session."""
    return Stream().rand(*sizes)
