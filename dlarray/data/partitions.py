"""`trainingPartitions`: random parts of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import _checks
from ..functions.random import generator


def trainingPartitions(
    numObservations: int, splits: Sequence[float]
) -> tuple[np.ndarray[Any, Any], ...]:
    """Indices of observations, shuffled and cut into parts.

    Parameters
    ----------
    numObservations : a positive integer.
    splits : fractions between 0 and 1 that sum to 1.  A part has floor(fraction * numObservations)
        indices, the last one the rest.

    Returns a tuple of index arrays, from 0.

    Examples
    --------
    >>> [len(part) for part in trainingPartitions(1000, [0.8, 0.1, 0.1])]
    [800, 100, 100]
    """
    n = _checks.integer("trainingPartitions", "numObservations", numObservations)
    fractions = [
        _checks.number("trainingPartitions", "splits", s, 0, 1, above=True, below=True)
        for s in splits
    ]
    if not fractions or abs(sum(fractions) - 1) > 1e-9:
        raise ValueError(
            f"trainingPartitions: splits must sum to 1; {list(splits)} sums to {sum(fractions):g}."
        )
    # 0.1 * 30 is a little above 3 and 0.7 * 10 a little below 7: round what floating point has
    # moved
    cuts = np.cumsum([int(np.floor(round(f * n, 9))) for f in fractions[:-1]])
    return tuple(np.split(generator().permutation(n), cuts))
