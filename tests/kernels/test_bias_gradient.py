"""The gradient of a bias, which the kernels of the weight gradient make in their pass over dy."""

import numpy as np
import pytest

from dlarray import kernels
from dlarray.kernels import SCALAR, Geometry, conv_grad_w

SAME = Geometry(1, 1, 1, 1)

# (x, dy, taps, movements, groups): every kernel that there is, whole and part panels, borders,
# sequences shorter than a chunk, one part and several, a share of the tiles only
CASES = {
    "general": ((5, 37, 9), (5, 37, 40), (3,), (SAME,), 1),
    "one panel": ((3, 300, 12), (3, 300, 16), (3,), (SAME,), 1),
    "part of a vector": ((2, 131, 7), (2, 131, 11), (3,), (SAME,), 1),
    "short sequences": ((33, 7, 8), (33, 7, 8), (3,), (SAME,), 1),
    "groups": ((2, 301, 8), (2, 301, 24), (3,), (SAME,), 2),
    "groups of a vector and a half": ((2, 301, 10), (2, 301, 48), (3,), (SAME,), 2),
    "shares": ((2, 64, 200), (2, 64, 260), (3,), (SAME,), 1),
    "strided": ((4, 101, 5), (4, 50, 33), (4,), (Geometry(2, 1, 0, 1),), 1),
    "plane": ((2, 9, 8, 6), (2, 9, 8, 20), (3, 3), (SAME, SAME), 1),
    "one tap": ((6, 50, 30), (6, 50, 21), (1,), (Geometry(),), 1),
    "channel-wise": ((3, 700, 24), (3, 700, 24), (3,), (SAME,), 24),
    "channel-wise, folded": ((2, 611, 3), (2, 611, 3), (3,), (SAME,), 3),
    "channel-wise, strided": ((2, 600, 40), (2, 300, 40), (3,), (Geometry(2, 1, 1, 1),), 40),
    "few filters": ((3, 3000, 16), (3, 3000, 2), (3,), (SAME,), 1),
    "no channels": ((2, 9, 0), (2, 9, 3), (3,), (SAME,), 1),
    "no positions": ((2, 0, 4), (2, 0, 3), (1,), (Geometry(),), 1),
}
ULPS = {np.float32: 3e-7, np.float64: 6e-16}


def both(x, dy, taps, moves, groups):
    call = kernels.conv_grad_w_call(x.shape, dy.shape, taps, moves, groups, True, x.itemsize)
    return call(x, dy)


def data(case, dtype, rng):
    x, dy, *rest = CASES[case]
    x, dy = (rng.standard_normal(size).astype(dtype) for size in (x, dy))
    return x, dy, *rest


@pytest.mark.parametrize("dtype", ULPS, ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("case", CASES)
def test_it_is_the_sum_of_dy_and_the_weights_gradient_keeps_its_bits(case, dtype, rng):
    x, dy, *rest = data(case, dtype, rng)
    got = both(x, dy, *rest)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got[:-1].ravel(), conv_grad_w(x, dy, *rest).ravel())
    flat = dy.reshape(-1, dy.shape[-1]).astype(np.float64)
    atol = ULPS[dtype] * np.abs(flat).sum(axis=0) + np.finfo(dtype).tiny
    assert (np.abs(got[-1] - flat.sum(axis=0)) <= atol).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("case", ["general", "part of a vector", "channel-wise, folded"])
def test_what_is_not_finite_reaches_its_filter_alone(case, bad, rng):
    x, dy, *rest = data(case, np.float32, rng)
    clean = both(x, dy, *rest)[-1]
    worse = dy.copy()
    worse[-1, -1, 1] = bad
    got = both(x, worse, *rest)[-1]
    np.testing.assert_array_equal(got[1], bad)
    np.testing.assert_array_equal(np.delete(got, 1), np.delete(clean, 1))


@pytest.mark.parametrize("case", ["general", "shares", "channel-wise", "few filters"])
def test_padding_values_do_not_reach_it(case, rng):
    x, dy, taps, moves, groups = data(case, np.float32, rng)
    padded = tuple(move._replace(mode=SCALAR, value=np.inf) for move in moves)
    np.testing.assert_array_equal(
        both(x, dy, taps, padded, groups)[-1], both(x, dy, taps, moves, groups)[-1]
    )
