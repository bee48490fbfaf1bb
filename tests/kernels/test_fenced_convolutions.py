"""The kernels for special convolutions touch nothing beyond their arrays."""

import sys

import pytest

from tests.kernels.test_simd import FENCED

SPECIAL = """
from itertools import product
from dlarray.kernels import INCLUDE_EDGE, SCALAR, Geometry
from dlarray.kernels._few_columns import few_forward, few_grad_x
from dlarray.kernels._few_filters import few_grad_w
from dlarray.kernels._lanes import LANES, MR
from dlarray.kernels.depthwise import depthwise_forward, depthwise_grad_w, depthwise_grad_x

for dtype, at_end in product((np.float32, np.float64), (True, False)):
    def draw(*shape):
        return fenced(rng.standard_normal(shape).astype(dtype), at_end)

    for n_out, chans, k_size, stride, dilation, left, mode in product(
        (1, MR + 1, 67), (1, 3, LANES + 1, 2 * LANES), (1, 3, 7), (1, 4), (1, 2), (0, 1),
        (SCALAR, INCLUDE_EDGE),
    ):
        geometry = Geometry(stride, dilation, left, left, mode)
        length = (n_out - 1) * stride + (k_size - 1) * dilation + 1 - 2 * left
        if length < 1:
            continue
        x, w, dy = draw(2, length, chans), draw(k_size, chans), draw(2, n_out, chans)
        depthwise_forward(x, w, draw(chans), geometry)
        depthwise_grad_x(dy, w, length, geometry)
        depthwise_grad_w(x, dy, k_size, geometry, True)
        for columns in (1, 3):
            w, slopes = draw(k_size, chans, columns), draw(2, n_out, columns)
            few_forward(x, w, draw(columns), geometry)
            few_grad_x(dy, draw(k_size, columns, chans), length, geometry)
            few_grad_w(x, slopes, k_size, geometry)
        memory.clear()
print("done")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs mprotect")
def test_nothing_is_touched_beyond_an_array(run_python):
    done = run_python(FENCED + SPECIAL)
    assert done.stdout == "done\n", f"exit status {done.returncode}\n{done.stderr}"
