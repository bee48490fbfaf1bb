"""Convolutions worked out by hand, for `dlconv` and for the layer.

All of the samples X8 with the filter W3 and a bias of 0.5.
"""

from __future__ import annotations

from typing import Any

import numpy as np

X8 = np.array([3.0, 1, 4, 1, 5, 9, 2, 6])
W3 = [1, 2, -1]
BIAS = 0.5

# (padding, stride, dilation factor, output)
WINDOWS = [
    (0, 1, 1, "1.5 8.5 1.5 2.5 21.5 7.5"),
    (0, 2, 1, "1.5 1.5 21.5"),
    (0, 1, 2, "6.5 -5.5 12.5 13.5"),
    (0, 2, 2, "6.5 12.5"),
    ("same", 1, 1, "5.5 1.5 8.5 1.5 2.5 21.5 7.5 14.5"),
    ("same", 2, 1, "1.5 1.5 21.5 14.5"),
    ("same", 3, 1, "1.5 2.5 14.5"),
    ("same", 4, 1, "1.5 21.5"),
    ("same", 1, 2, "2.5 1.5 6.5 -5.5 12.5 13.5 9.5 21.5"),
    ("same", 2, 2, "1.5 -5.5 13.5 21.5"),
    ("causal", 1, 1, "-2.5 5.5 1.5 8.5 1.5 2.5 21.5 7.5"),
    ("causal", 2, 1, "-2.5 1.5 1.5 21.5"),
    ("causal", 1, 2, "-2.5 -0.5 2.5 1.5 6.5 -5.5 12.5 13.5"),
    ("causal", 2, 3, "-2.5 -3.5 -2.5 3.5"),
    ([2, 1], 1, 1, "-2.5 5.5 1.5 8.5 1.5 2.5 21.5 7.5 14.5"),
]

# (value of two padded samples at both ends, output)
PADDING_VALUES = [
    (7, "18.5 12.5 1.5 8.5 1.5 2.5 21.5 7.5 7.5 13.5"),
    ("symmetric-include-edge", "4.5 8.5 1.5 8.5 1.5 2.5 21.5 7.5 8.5 16.5"),
    ("symmetric-exclude-edge", "3.5 6.5 1.5 8.5 1.5 2.5 21.5 7.5 12.5 1.5"),
    ("replicate", "6.5 8.5 1.5 8.5 1.5 2.5 21.5 7.5 8.5 12.5"),
]

# (filter, stride, output) with Padding="same" and no bias: the odd sample goes to the end
EVEN_FILTERS = [
    ([1, 2], 1, "5 9 6 11 23 13 14 6"),
    ([1, 2, 3, 4], 1, "25 21 32 57 46 53 31 14"),
    ([1, 2, 3, 4], 2, "25 32 46 31"),
]

# Transposed convolutions of X3.  (filter, bias, stride, cropping, output)
X3 = np.array([1.0, 2, 3])
TRANSPOSED = [
    ([1, 2, -1], 0.5, 1, 0, "1.5 4.5 6.5 4.5 -2.5"),
    ([1, 2, -1], 0.5, 1, "same", "4.5 6.5 4.5"),
    ([1, 2, -1], 0.5, 2, 0, "1.5 2.5 1.5 4.5 1.5 6.5 -2.5"),
    ([1, 2, -1], 0.5, 2, 1, "2.5 1.5 4.5 1.5 6.5"),
    ([1, 2, -1], 0.5, 2, "same", "1.5 2.5 1.5 4.5 1.5 6.5"),
    ([1, 2, -1, 3], 0, 2, "same", "2 1 7 1 12 -3"),
]


def name(part: Any) -> str:
    """A part of a case as a test's name."""
    return str(part)


def row(text: str) -> np.ndarray[Any, Any]:
    """Numbers written in a line."""
    return np.array(text.split(), float)
