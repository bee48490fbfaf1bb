"""Pooling touches nothing beyond its arrays, at any width of vectors."""

import sys

import pytest

from tests.kernels.test_simd import FENCED

KERNELS = """
from itertools import product
from dlarray.kernels import (
    avgpool_forward, avgpool_grad, max_axis, max_axis_grad, maxpool_forward, maxpool_grad,
    maxpool_pick,
)
from tests.kernels.pool_cases import CASES

for dtype, at_end, case in product((np.float32, np.float64), (True, False), CASES):
    length, chans, k, stride, left, right = case
    x = fenced(rng.standard_normal((2, length, chans)).astype(dtype), at_end)
    y, index = maxpool_forward(x, 1, k, stride, left, right)
    dy, index = fenced(y, at_end), fenced(index, at_end)
    maxpool_grad(dy, index, 1, length, k, stride, left)
    maxpool_pick(x, index, 1, stride, left)
    for mean in (False, True):
        dy = fenced(avgpool_forward(x, 1, k, stride, left, right, mean), at_end)
        avgpool_grad(dy, 1, length, k, stride, left, mean)
    memory.clear()
print("done")
"""

VALUES = """
import numpy as np
from dlarray.kernels import avgpool_forward, avgpool_grad, maxpool_forward, maxpool_grad
from tests import naive
from tests.kernels.pool_cases import CASES

rng = np.random.default_rng(1)
for length, chans, k, stride, left, right in CASES:
    moves = k, stride, left, right
    x = rng.integers(-3, 4, (2, length, chans)).astype("f4")
    y, index = maxpool_forward(x, 1, *moves)
    want, place = naive.maxpool(x, *moves)
    np.testing.assert_array_equal(y, want)
    dy = rng.integers(-3, 4, y.shape).astype("f4")
    dx = maxpool_grad(dy, index, 1, length, k, stride, left)
    np.testing.assert_array_equal(dx, naive.unpool(dy, place, length))
    matrix = naive.averages(length, *moves)
    y = avgpool_forward(x, 1, *moves, False)
    np.testing.assert_allclose(y, np.einsum("tl,blc->btc", matrix, x), atol=1e-5)
    dx = avgpool_grad(dy, 1, length, k, stride, left, False)
    np.testing.assert_allclose(dx, np.einsum("tl,btc->blc", matrix, dy), atol=1e-5)
print("done")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs mprotect")
def test_nothing_is_touched_beyond_an_array(run_python):
    done = run_python(FENCED + KERNELS)
    assert done.stdout == "done\n", f"exit status {done.returncode}\n{done.stderr}"


@pytest.mark.slow
@pytest.mark.parametrize("lanes", ["4", "8", "16"])
def test_any_vector_width_gives_right_values(lanes, run_python, tmp_path):
    done = run_python(VALUES, DLARRAY_LANES=lanes, DLARRAY_CACHE_DIR=str(tmp_path))
    assert done.stdout == "done\n", f"exit status {done.returncode}\n{done.stderr}"
