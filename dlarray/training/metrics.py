"""Metrics, aggregated exactly over all observations."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..array import dlarray


class Accuracy:
    """The share of observations whose largest score is the target's class, in percent."""

    name = "Accuracy"

    def __init__(self) -> None:
        self.right = self.count = 0

    def add(self, Y: dlarray, T: dlarray) -> None:
        """Count a mini-batch of scores and one-hot targets."""
        axis = Y.finddim("C")[0]
        right = np.argmax(Y._data, axis=axis) == np.argmax(T._data, axis=axis)
        self.right += int(np.count_nonzero(right))
        self.count += right.size

    def value(self) -> float:
        return 100.0 * self.right / self.count if self.count else float("nan")


METRICS: dict[str, Any] = {"accuracy": Accuracy}
