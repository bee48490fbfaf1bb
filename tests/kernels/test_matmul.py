"""Matrix products of pages against loops in double precision, and their bits."""

import itertools

import numba
import numpy as np
import pytest

from dlarray.kernels import page_matmul
from dlarray.kernels._lanes import LANES, MR
from dlarray.testing import TOLERANCES
from tests import naive

ROWS = sorted({1, 2, MR - 1, MR, MR + 1, 2 * MR - 1, 2 * MR, 2 * MR + 1, 40})
COLUMNS = sorted({1, LANES // 2, LANES - 1, LANES, LANES + 1, 2 * LANES, 3 * LANES + 5})

both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)


def operands(rng, a_shape, b_shape, dtype=np.float64):
    return rng.standard_normal(a_shape).astype(dtype), rng.standard_normal(b_shape).astype(dtype)


def assert_product(y, a, b):
    want = naive.page_matmul(a, b)
    scale = naive.page_matmul(np.abs(a), np.abs(b))
    assert y.shape == want.shape
    assert y.dtype == a.dtype.newbyteorder("=")
    assert np.all(np.abs(y - want) <= TOLERANCES[y.dtype.type] * scale)


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("columns", COLUMNS)
@both_types
def test_sizes_about_the_tile(rows, columns, dtype, rng):
    for depth in (1, 5, 19):
        a, b = operands(rng, (2, rows, depth), (2, depth, columns), dtype)
        assert_product(page_matmul(a, b), a, b)


@pytest.mark.parametrize(
    ("a_pages", "b_pages"),
    [
        ((3,), (3,)),
        ((1,), (3,)),
        ((3,), (1,)),
        ((1,), (1,)),
        ((3, 2), (3, 2)),
        ((3, 1), (1, 2)),
        ((1, 1), (3, 2)),
        ((3, 2), (1, 1)),
        ((3, 2), (3, 1)),
    ],
    ids=str,
)
@pytest.mark.parametrize("rows", [3, 29])
def test_pages_expand(a_pages, b_pages, rows, rng):
    a, b = operands(rng, (*a_pages, rows, 5), (*b_pages, 5, 11))
    assert_product(page_matmul(a, b), a, b)


@pytest.mark.parametrize(
    ("a_shape", "b_shape"),
    [
        ((0, 2, 3), (0, 3, 5)),
        ((1, 2, 3), (0, 3, 5)),
        ((2, 0, 3), (2, 3, 5)),
        ((2, 7, 0), (2, 0, 5)),
        ((2, 7, 3), (2, 3, 0)),
        ((2, 3, 7, 0), (1, 3, 0, 5)),
    ],
    ids=str,
)
def test_sizes_of_zero(a_shape, b_shape):
    y = page_matmul(np.ones(a_shape), np.ones(b_shape))
    np.testing.assert_array_equal(y, np.matmul(np.ones(a_shape), np.ones(b_shape)))


def layouts(x):
    """x in other memory: the same values."""
    transposed = np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2)
    apart = np.repeat(np.repeat(x, 2, -1), 3, -2)[..., ::3, ::2]
    backwards = x[..., ::-1, ::-1].copy()[..., ::-1, ::-1]
    misaligned = np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(x.dtype).reshape(x.shape)
    read_only = x.copy()
    read_only.flags.writeable = False
    swapped = x.astype(x.dtype.newbyteorder())
    heads = np.ascontiguousarray(x.transpose(1, 0, 2)).transpose(1, 0, 2)
    return {
        "plain": x,
        "transposed": transposed,
        "apart": apart,
        "backwards": backwards,
        "misaligned": misaligned,
        "read-only": read_only,
        "swapped": swapped,
        "pages inside": heads,
    }


@pytest.mark.parametrize("rows", [2, 31])
def test_the_memory_of_the_operands_does_not_matter(rows, rng):
    a, b = operands(rng, (3, rows, 7), (3, 7, 21), np.float32)
    want = page_matmul(a, b)
    for (left, x), (right, w) in itertools.product(layouts(a).items(), layouts(b).items()):
        before = x.copy(), w.copy()
        np.testing.assert_array_equal(page_matmul(x, w), want, err_msg=f"{left}, {right}")
        np.testing.assert_array_equal(x, before[0])
        np.testing.assert_array_equal(w, before[1])


def test_rows_of_one_place_repeat(rng):
    a, b = operands(rng, (2, 1, 7), (2, 7, 21))
    y = page_matmul(np.broadcast_to(a, (2, 17, 7)), b)
    np.testing.assert_array_equal(y, np.broadcast_to(page_matmul(a, b), (2, 17, 21)))


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 1, 3), (2, 1, 0, 3), (1, 3, 0, 2)], ids=str)
@pytest.mark.parametrize("rows", [2, 31])
def test_the_order_of_the_result_in_memory(order, rows, rng):
    a, b = operands(rng, (3, 2, rows, 7), (3, 2, 7, 21))
    y = page_matmul(a, b, order)
    assert y.transpose(order).flags.c_contiguous
    np.testing.assert_array_equal(y, page_matmul(a, b))


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2, 1)], ids=str)
def test_the_order_of_three_axes(order, rng):
    a, b = operands(rng, (3, 31, 7), (3, 7, 21))
    y = page_matmul(a, b, order)
    assert y.transpose(order).flags.c_contiguous
    np.testing.assert_array_equal(y, page_matmul(a, b))


@both_types
def test_nan_and_infinity_come_out_where_they_belong(dtype, rng):
    a, b = operands(rng, (2, 2 * MR + 1, 5), (2, 5, 2 * LANES + 3), dtype)
    clean = page_matmul(a, b)
    a[1, MR, 3] = np.nan
    b[0, 2, LANES + 1] = np.inf
    y = page_matmul(a, b)
    bad = np.zeros(y.shape, bool)
    bad[1, MR], bad[0, :, LANES + 1] = True, True
    assert np.all(np.isnan(y[1, MR]))
    assert np.all(np.isinf(y[0, :, LANES + 1]))
    np.testing.assert_array_equal(y[~bad], clean[~bad])


@pytest.mark.parametrize("b_pages", [1, 5])
def test_the_same_bits_on_any_number_of_threads(b_pages, rng):
    a, b = operands(rng, (5, 203, 31), (b_pages, 31, 67), np.float32)
    threads = numba.get_num_threads()
    want = page_matmul(a, b)
    try:
        numba.set_num_threads(1)
        np.testing.assert_array_equal(page_matmul(a, b), want)
    finally:
        numba.set_num_threads(threads)


def test_a_row_does_not_depend_on_the_others(rng):
    a, b = operands(rng, (1, 50, 31), (1, 31, 37), np.float32)
    whole = page_matmul(a, b)
    for rows in (1, 3, MR, 2 * MR, 29):
        np.testing.assert_array_equal(page_matmul(a[:, :rows], b), whole[:, :rows])
