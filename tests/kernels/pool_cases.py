"""Windows that between them take every way through the pooling kernels."""

import pytest

from dlarray.kernels._lanes import LANES
from dlarray.testing import TOLERANCES

# (length, channels, window, stride, left, right)
CASES = [
    (1, 1, 1, 1, 0, 0),
    (7, 3, 2, 2, 0, 0),  # few channels, at a stride: several windows a vector
    (41, 1, 3, 2, 1, 2),
    (37, 5, 4, 3, 2, 2),
    (40, LANES // 2, 2, 2, 0, 0),
    (23, 1, 3, 1, 1, 1),  # side by side: one long row
    (29, 5, 2, 1, 0, 1),
    (19, LANES - 1, 3, 2, 1, 0),
    (17, LANES, 2, 2, 1, 0),
    (17, LANES + 1, 3, 1, 2, 2),
    (13, 4 * LANES, 2, 2, 0, 0),
    (13, 4 * LANES + 3, 5, 3, 4, 4),
    (11, 7, 2, 5, 0, 0),  # samples between windows
    (11, 4 * LANES, 2, 3, 0, 0),
    (9, 3, 2, 1, 4, 5),  # windows wholly in padding
    (10, LANES, 3, 4, 6, 7),
    (301, 1, 301, 1, 0, 0),  # one window: few channels are folded
    (300, 3, 300, 7, 0, 0),
    (150, 2, 149, 1, 0, 0),
    (70, LANES, 70, 1, 0, 0),
    (90, 3, 40, 1, 20, 19),  # windows that share most of their samples
    (95, 2 * LANES + 1, 50, 2, 0, 3),
    (200, 3, 100, 3, 120, 110),
    (300, 2, 280, 1, 0, 0),  # places beyond a byte
    (700, 1, 20, 1, 0, 0),  # in several parts
]

all_cases = pytest.mark.parametrize("case", CASES, ids=lambda c: "-".join(map(str, c)))
both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
