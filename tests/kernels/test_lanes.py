"""Kernels of every vector width give right values on every machine."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from dlarray.kernels._lanes import LANES as HOST_LANES

LANES = ("4", "8", "16")

KERNELS = """
import hashlib
import numpy as np
from dlarray.kernels import (
    INCLUDE_EDGE, AdamStep, Geometry, adam, conv_forward, conv_grad_w, conv_grad_x,
    crossentropy_forward, erf, gelu_forward, gelu_grad, groupnorm_backward, groupnorm_forward,
    layernorm_backward, layernorm_forward, page_matmul, relu_forward, relu_grad,
    sigmoid_forward, softmax_forward, softmax_grad,
)
from dlarray.kernels._few_filters import few_grad_w
from dlarray.kernels._lanes import LANES
from dlarray.kernels.elementwise import apply
from dlarray.kernels.reduce import sum_rows
from dlarray.testing import TOLERANCES
from tests import naive

rng = np.random.default_rng(1)


def draw(dtype, *shape):
    return rng.standard_normal(shape).astype(dtype)


def assert_within(got, want, scale, dtype):
    assert got.dtype == dtype
    assert np.all(np.abs(got - want) <= TOLERANCES[dtype] * scale)


def convolve(dtype, chans, n_filt):
    geometry = Geometry(2, 1, 3, 2, INCLUDE_EDGE)
    moves = dict(stride=2, left=3, right=2, value="symmetric-include-edge")
    n_out = geometry.out_length(39, 3)
    x, w = draw(dtype, 2, 39, chans), draw(dtype, 3, chans, n_filt)
    b, dy = draw(dtype, n_filt), draw(dtype, 2, n_out, n_filt)
    size = [np.abs(part) for part in (x, w, b, dy)]
    assert_within(
        conv_forward(x, w, b, (geometry,)),
        naive.conv1d(x, w, b, **moves), naive.conv1d(*size[:3], **moves), dtype,
    )
    assert_within(
        conv_grad_x(dy, w, (39,), (geometry,)),
        naive.conv1d_grad_x(dy, w, 39, **moves),
        naive.conv1d_grad_x(size[3], size[1], 39, **moves), dtype,
    )
    assert_within(
        conv_grad_w(x, dy, (3,), (geometry,)),
        naive.conv1d_grad_w(x, dy, 3, **moves),
        naive.conv1d_grad_w(size[0], size[3], 3, **moves), dtype,
    )
    assert_within(
        few_grad_w(x, dy, 3, geometry).reshape(w.shape),
        naive.conv1d_grad_w(x, dy, 3, **moves),
        naive.conv1d_grad_w(size[0], size[3], 3, **moves), dtype,
    )


for dtype in TOLERANCES:
    for columns in (1, LANES // 2, LANES - 1, LANES + 1, 2 * LANES, 3 * LANES + 5):
        convolve(dtype, 5, columns)
        convolve(dtype, columns, 3)
        a, b = draw(dtype, 2, 17, 5), draw(dtype, 2, 5, columns)
        size = naive.page_matmul(np.abs(a), np.abs(b))
        assert_within(page_matmul(a, b), naive.page_matmul(a, b), size, dtype)

    x, dy = draw(dtype, 3, 7, LANES + 3), draw(dtype, 3, 7, LANES + 3)
    gain, offset = draw(dtype, LANES + 3), draw(dtype, LANES + 3)
    y, stats = groupnorm_forward(x, gain, offset, 1, 1e-5)
    assert_within(y, naive.layernorm(x, (1, 2), 2, offset, gain), 10.0, dtype)
    doffset = groupnorm_backward(dy, x, gain, stats, 1e-5)[2]
    assert_within(doffset, dy.astype(float).sum((0, 1)), 30.0, dtype)
    y, stats = layernorm_forward(x[0], gain, offset, 1e-5)
    assert_within(y, naive.layernorm(x[0], (1,), 1, offset, gain), 10.0, dtype)
    doffset = layernorm_backward(dy[0], x[0], gain, stats)[2]
    assert_within(doffset, dy[0].astype(float).sum(0), 30.0, dtype)

    x = draw(dtype, 5 * LANES + 3)
    np.testing.assert_array_equal(relu_forward(x), np.maximum(x, 0))
    np.testing.assert_array_equal(relu_grad(x, -x), np.where(x < 0, x, 0))

    x = draw(dtype, 2, 700, LANES + 1)
    assert_within(sum_rows(x), x.astype(float).sum(1), np.abs(x).sum(1), dtype)

    y = softmax_forward(draw(dtype, 5, 2 * LANES + 3))
    dy = draw(dtype, 5, 2 * LANES + 3)
    want = y * (dy - (dy.astype(float) * y).sum(-1, keepdims=True))
    assert_within(y.sum(-1), 1.0, 1.0, dtype)
    assert_within(softmax_grad(dy, y), want, 1.0, dtype)
    total = -(y * np.log(y.astype(float))).sum(keepdims=True)
    assert_within(crossentropy_forward(y, y, False), total, total, dtype)

# Functions of single elements give the same bits at any width.
rng = np.random.default_rng(2)
bits = hashlib.sha256()
for dtype in TOLERANCES:
    x, dy = draw(dtype, 501) * 3, draw(dtype, 501)
    results = [apply(np.exp, x), apply(np.log, np.abs(x)), apply(np.tanh, x), erf(x)]
    results += [sigmoid_forward(x), gelu_forward(x, False), gelu_grad(dy, x, True)]
    results += adam(x, dy, x, dy * dy, AdamStep(0.1, 0.9, 0.99, 1e-8))
    for result in results:
        bits.update(result.tobytes())
print("done", LANES, bits.hexdigest())
"""


def test_any_vector_width_gives_right_values(run_python, tmp_path):
    def run(lanes):
        if int(lanes) == HOST_LANES:  # other tests compile for it
            return run_python(KERNELS)
        folder = str(tmp_path / lanes)
        return run_python(KERNELS, DLARRAY_LANES=lanes, DLARRAY_CACHE_DIR=folder)

    bits = set()
    with ThreadPoolExecutor(len(LANES)) as pool:  # each compiles for seconds
        for lanes, done in zip(LANES, pool.map(run, LANES), strict=True):
            assert done.returncode == 0, f"{lanes} lanes: {done.stderr}"
            assert done.stdout.split()[:2] == ["done", lanes]
            bits.add(done.stdout.split()[2])
    assert len(bits) == 1


@pytest.mark.parametrize("value", ["", "0", "6", "32", "eight"])
def test_a_vector_width_that_is_none_is_refused(value, run_python):
    done = run_python("import dlarray.kernels", DLARRAY_LANES=value)
    assert done.returncode != 0
    assert (
        f"ValueError: DLARRAY_LANES: must be 4, 8 or 16; got {value!r}. "
        "Unset it to use the host's." in done.stderr
    )
