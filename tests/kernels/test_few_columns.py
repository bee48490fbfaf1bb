"""Convolution kernels for one to four filters or channels against the references."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlarray.kernels import Geometry
from dlarray.kernels._dot_tile import DOT_ROWS, MOST_COLUMNS
from dlarray.kernels._few_columns import (
    LEAST_APART,
    LEAST_TOGETHER,
    few_columns_pay,
    few_forward,
    few_grad_x,
)
from dlarray.kernels._lanes import LANES
from dlarray.testing import TOLERANCES
from tests.kernels.convolutions import assert_within
from tests.kernels.movements import (
    FAULTY,
    all_paddings,
    assert_only,
    both_types,
    draw,
    length_for,
    movements,
    references,
    scales,
    spoiled,
)
from tests.layouts import OF_MEMORY

all_columns = pytest.mark.parametrize("columns", range(1, MOST_COLUMNS + 1))


def check(rng, geometry, dtype, n_batch, length, depth, k_size, columns):
    """The result of few filters and the input gradient of few channels."""
    arrays = draw(rng, geometry, dtype, n_batch, length, depth, k_size, columns)
    x, w, bias, _ = arrays
    want, scale = references(geometry, *arrays), scales(geometry, *arrays)
    assert_within(dtype, few_forward(x, w, bias, geometry), want[0], scale[0])
    arrays = draw(rng, geometry, dtype, n_batch, length, columns, k_size, depth)
    got = few_grad_x(arrays[3], arrays[1], length, geometry)
    assert_within(dtype, got, references(geometry, *arrays)[1], scales(geometry, *arrays)[1])


@pytest.mark.parametrize("depth", [1, 2, LANES // 2, LANES - 1, LANES, 2 * LANES + 3])
@all_columns
@both_types
def test_matches_at_any_length_of_the_sum(depth, columns, dtype, rng):
    check(rng, Geometry(left=1, right=2), dtype, 2, 40, depth, 3, columns)


@pytest.mark.parametrize("n_out", [1, 3, DOT_ROWS[0] - 1, DOT_ROWS[0], 2 * DOT_ROWS[0] + 1])
@all_columns
@both_types
def test_matches_at_any_number_of_positions(n_out, columns, dtype, rng):
    geometry = Geometry()
    check(rng, geometry, dtype, 3, length_for(n_out, 3, geometry), 5, 3, columns)


@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 4])
@all_paddings
@both_types
def test_matches_for_stride_dilation_and_padding(stride, dilation, padding, dtype, rng):
    for columns in (1, 3):
        geometry = Geometry(stride, dilation, 5, 6, *padding)
        check(rng, geometry, dtype, 2, 37, LANES + 1, 3, columns)


@both_types
def test_matches_with_long_filters(dtype, rng):
    check(rng, Geometry(left=40, right=39), dtype, 2, 300, 1, 80, 1)
    check(rng, Geometry(left=40, right=39), dtype, 1, 200, 2, 80, 2)


@both_types
def test_sizes_of_zero(dtype, rng):
    geometry = Geometry(2, 1, 1, 2)
    for sizes in ((0, 9, 3, 2, 2), (2, 9, 0, 2, 2), (2, 0, 3, 4, 2)):
        x, w, bias, dy = draw(rng, geometry, dtype, *sizes)
        np.testing.assert_array_equal(few_forward(x, w, bias, geometry), dy * 0 + bias)
        np.testing.assert_array_equal(few_grad_x(dy, w, x.shape[1], geometry), np.zeros(x.shape))


@all_columns
@both_types
def test_relu_and_no_bias(columns, dtype, rng):
    geometry = Geometry(1, 1, 1, 1)
    x, w, bias, _ = draw(rng, geometry, dtype, 2, 35, 9, 3, columns)
    x[1, 20, 0], x[0, 7, 2] = np.nan, -np.inf
    got = few_forward(x, w, bias, geometry, relu=True)
    np.testing.assert_array_equal(got, np.maximum(few_forward(x, w, bias, geometry), 0))
    np.testing.assert_array_equal(
        few_forward(x, w, None, geometry), few_forward(x, w, 0 * bias, geometry)
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf], ids=str)
@pytest.mark.parametrize("geometry", FAULTY, ids=str)
@pytest.mark.parametrize("position", [0, 8, 16], ids=lambda p: f"at {p}")
@all_columns
@both_types
def test_a_bad_sample_reaches_exactly_the_outputs_whose_window_holds_it(
    bad, geometry, position, columns, dtype, rng
):
    chans = 5
    x, w, bias, dy = draw(rng, geometry, dtype, 3, 17, chans, 3, columns)
    ones, zeros, slopes = np.ones(w.shape), np.zeros(columns), np.ones(dy.shape)
    worse, mark = spoiled(x, (1, position, 2), bad)
    reached = references(geometry, mark, ones, zeros, slopes)
    y = few_forward(x, w, bias, geometry)
    assert_only(few_forward(worse, w, bias, geometry), y, reached[0] > 0)
    x, w, _, dy = draw(rng, geometry, dtype, 3, 17, columns, 3, chans)
    worse, mark = spoiled(dy, (1, position * dy.shape[1] // 17, 1), bad)
    reached = references(geometry, np.ones(x.shape), np.ones(w.shape), np.zeros(chans), mark)
    dx = few_grad_x(dy, w, 17, geometry)
    assert_only(few_grad_x(worse, w, 17, geometry), dx, reached[1] > 0)


@pytest.mark.parametrize("layout", OF_MEMORY.values(), ids=OF_MEMORY)
@both_types
def test_the_layout_of_an_input_does_not_matter(layout, dtype, rng):
    geometry = Geometry(2, 1, 2, 2)
    x, w, bias, _ = draw(rng, geometry, dtype, 3, 19, 5, 3, 2)
    got = few_forward(layout(x), layout(w), layout(bias), geometry)
    np.testing.assert_array_equal(got, few_forward(x, w, bias, geometry))


@all_columns
@pytest.mark.parametrize("geometry", FAULTY, ids=str)
@both_types
def test_a_sequence_does_not_depend_on_others(geometry, columns, dtype, rng):
    x, w, bias, _ = draw(rng, geometry, dtype, 5, 41, 7, 3, columns)
    back = draw(rng, geometry, dtype, 5, 41, columns, 3, 7)
    y, dx = few_forward(x, w, bias, geometry), few_grad_x(back[3], back[1], 41, geometry)
    for row in range(5):
        one = slice(row, row + 1)
        np.testing.assert_array_equal(few_forward(x[one], w, bias, geometry), y[one])
        np.testing.assert_array_equal(few_grad_x(back[3][one], back[1], 41, geometry), dx[one])


def test_where_the_kernel_pays():
    size = 4
    assert few_columns_pay(1, 64, 5, 1, size, True)
    assert few_columns_pay(4, 64, 1, 1, size, True)
    assert not few_columns_pay(MOST_COLUMNS + 1, 64, 5, 1, size, True)
    assert not few_columns_pay(2, LEAST_TOGETHER[1] - 1, 1, 1, size, True)
    assert not few_columns_pay(2, LEAST_APART[1] - 1, 1, 1, size, False)
    assert not few_columns_pay(1, 1, 100, 2, size, True)  # runs of one number


@settings(deadline=None, max_examples=60)
@given(
    movement=movements(),
    n_batch=st.integers(1, 3),
    depth=st.integers(1, 2 * LANES),
    columns=st.integers(1, MOST_COLUMNS),
    dtype=st.sampled_from(list(TOLERANCES)),
    seed=st.integers(0, 99),
)
def test_matches_for_random_geometries(movement, n_batch, depth, columns, dtype, seed):
    length, k_size, geometry = movement
    rng = np.random.default_rng(seed)
    check(rng, geometry, dtype, n_batch, length, depth, k_size, columns)
