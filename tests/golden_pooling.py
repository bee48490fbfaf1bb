"""Pooling worked out by hand, for the functions and for the layers: all of the samples X8."""

from __future__ import annotations

# (pool size, stride, padding, output)
MAXIMA = [
    (3, 1, 0, "4 4 5 9 9 9"),
    (2, 2, 0, "3 4 9 6"),
    (3, 2, 1, "3 4 9 9"),
    (3, 1, "same", "3 4 4 5 9 9 9 6"),
    (3, 3, "same", "4 9 6"),
]

# (pool size, stride, padding, padding value, output)
AVERAGES = [
    (3, 1, 0, 0, "2.666667 2 3.333333 5 5.333333 5.666667"),
    (3, 2, 1, 0, "1.333333 2 5 5.666667"),
    (3, 2, 1, "mean", "2 2 5 5.666667"),
]
