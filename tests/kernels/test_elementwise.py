"""NumPy's functions on arrays: which are kernels, and what their results are."""

import math

import numpy as np
import pytest

from dlarray.kernels import erf
from dlarray.kernels._buffers import POOLED_BYTES
from dlarray.kernels.elementwise import apply
from dlarray.testing import TOLERANCES

LAYOUTS = {
    "contiguous": lambda a: a,
    "fortran": np.asfortranarray,
    "permuted": lambda a: np.ascontiguousarray(a.transpose(1, 2, 0)).transpose(2, 0, 1),
    "strided": lambda a: np.repeat(a, 2, 1)[:, ::2],
    "negative": lambda a: a[::-1, :, ::-1].copy()[::-1, :, ::-1],
    "byte-swapped": lambda a: a.astype(a.dtype.newbyteorder()),
    "broadcast": lambda a: np.broadcast_to(a[:, :1], a.shape),
}

both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
kernels = pytest.mark.parametrize("function", [np.exp, np.log, np.tanh], ids=lambda f: f.__name__)
sizes = pytest.mark.parametrize("shape", [(), (0,), (1, 1), (3, 5, 7), (90, 80, 7)], ids=str)


@sizes
@kernels
@both_types
def test_matches_numpy(shape, function, dtype, rng):
    x = rng.uniform(0.1, 3, shape).astype(dtype)
    got = apply(function, x)
    assert (got.shape, got.dtype) == (x.shape, dtype)
    np.testing.assert_allclose(got, function(x), rtol=TOLERANCES[dtype])


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@kernels
def test_any_layout_gives_the_same_bits(layout, function, rng):
    for shape in ((3, 5, 7), (3, 200, 71)):
        x = layout(rng.uniform(0.1, 3, shape))
        before = x.copy()
        np.testing.assert_array_equal(apply(function, x), apply(function, x.copy(order="C")))
        np.testing.assert_array_equal(x, before)


@kernels
def test_a_value_does_not_depend_on_the_size_of_its_array(function, rng):
    x = rng.uniform(0.1, 3, 3 * POOLED_BYTES // 8)
    whole = apply(function, x)
    for n in (1, 7, 64, 1000):
        np.testing.assert_array_equal(apply(function, x[:n]), whole[:n])


def test_a_read_only_array(rng):
    x = rng.uniform(0.1, 3, (3, 5))
    x.flags.writeable = False
    np.testing.assert_allclose(apply(np.exp, x), np.exp(x), rtol=1e-15)


@kernels
def test_other_types_are_left_to_numpy(function):
    x = np.array([0.5, 2.0])
    for other in (x.astype(complex), x.astype(np.float16)):
        np.testing.assert_array_equal(apply(function, other), function(other))


@sizes
@both_types
def test_erf(shape, dtype, rng):
    x = rng.uniform(-3, 3, shape).astype(dtype)
    want = np.vectorize(math.erf, otypes=[float])(x) if x.size else x
    np.testing.assert_allclose(erf(x), want, rtol=0, atol=TOLERANCES[dtype])
