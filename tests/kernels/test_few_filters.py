"""The weight gradient of few filters against the reference."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlarray.kernels import Geometry
from dlarray.kernels._dot_tile import MOST_COLUMNS, NARROW, ROW_VECS, row_vectors
from dlarray.kernels._few_filters import CHUNK, MOST_FILTERS, PIECE, few_filters_time, few_grad_w
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

all_filters = pytest.mark.parametrize("n_filt", [1, 2, 3, 4, 5, 11, 2 * LANES + 5])


def check(rng, geometry, dtype, n_batch, length, chans, k_size, n_filt):
    """The gradient, and what it has with the sum of dy as one row more."""
    x, w, bias, dy = draw(rng, geometry, dtype, n_batch, length, chans, k_size, n_filt)
    want = references(geometry, x, w, bias, dy)[2]
    scale = scales(geometry, x, w, bias, dy)[2]
    dw = few_grad_w(x, dy, k_size, geometry)
    assert_within(dtype, dw.reshape(w.shape), want, scale)
    both = few_grad_w(x, dy, k_size, geometry, True)
    np.testing.assert_array_equal(both[:-1], dw)
    exact, size = dy.sum((0, 1), dtype=float), np.abs(dy).sum((0, 1), dtype=float)
    assert_within(dtype, both[-1], exact, size)


@pytest.mark.parametrize("chans", [1, 2, LANES // 2, LANES, 2 * LANES + 3, 7 * LANES])
@all_filters
@both_types
def test_matches_at_any_number_of_channels(chans, n_filt, dtype, rng):
    check(rng, Geometry(left=1, right=2), dtype, 2, 40, chans, 3, n_filt)


@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 4])
@all_paddings
@both_types
def test_matches_for_stride_dilation_and_padding(stride, dilation, padding, dtype, rng):
    for n_filt in (1, 3, 6):
        geometry = Geometry(stride, dilation, 5, 6, *padding)
        check(rng, geometry, dtype, 2, 37, LANES + 1, 3, n_filt)


@pytest.mark.parametrize("n_out", [1, 3, CHUNK - 1, CHUNK + PIECE, 3 * CHUNK + 5])
@all_filters
@both_types
def test_matches_at_any_number_of_positions(n_out, n_filt, dtype, rng):
    geometry = Geometry(left=1, right=1)
    check(rng, geometry, dtype, 2, length_for(n_out, 3, geometry), 20, 3, n_filt)


@both_types
def test_matches_with_long_filters(dtype, rng):
    check(rng, Geometry(left=40, right=39), dtype, 2, 300, 1, 80, 1)
    check(rng, Geometry(left=40, right=39), dtype, 1, 200, 2, 80, 6)


@both_types
def test_sizes_of_zero(dtype, rng):
    geometry = Geometry(2, 1, 1, 2)
    for sizes in ((0, 9, 3, 2, 2), (2, 9, 0, 2, 2), (2, 0, 3, 4, 2)):
        x, w, _, dy = draw(rng, geometry, dtype, *sizes)
        got = few_grad_w(x, dy, len(w), geometry)
        np.testing.assert_array_equal(got, np.zeros((w.size // w.shape[2], w.shape[2])))


@pytest.mark.parametrize("bad", [np.nan, np.inf], ids=str)
@pytest.mark.parametrize("geometry", FAULTY, ids=str)
@pytest.mark.parametrize("position", [0, 8, 16], ids=lambda p: f"at {p}")
@all_filters
@both_types
def test_a_bad_sample_reaches_exactly_the_weights_that_see_it(
    bad, geometry, position, n_filt, dtype, rng
):
    x, w, _, dy = draw(rng, geometry, dtype, 3, 17, 5, 3, n_filt)
    worse, mark = spoiled(x, (1, position, 2), bad)
    reached = references(geometry, mark, np.ones(w.shape), np.zeros(n_filt), np.ones(dy.shape))[2]
    clean = few_grad_w(x, dy, 3, geometry).reshape(w.shape)
    assert_only(few_grad_w(worse, dy, 3, geometry).reshape(w.shape), clean, reached > 0)


@pytest.mark.parametrize("layout", OF_MEMORY.values(), ids=OF_MEMORY)
@both_types
def test_the_layout_of_an_input_does_not_matter(layout, dtype, rng):
    geometry = Geometry(2, 1, 2, 2)
    x, _, _, dy = draw(rng, geometry, dtype, 3, 19, 5, 3, 2)
    got = few_grad_w(layout(x), layout(dy), 3, geometry)
    np.testing.assert_array_equal(got, few_grad_w(x, dy, 3, geometry))


def test_where_the_kernel_pays():
    vector = LANES
    assert few_filters_time(1, 4 * vector, 5, 1, 4) < 0.5
    assert few_filters_time(vector + 1, 4 * vector, 5, 1, 4) < 0.9
    assert few_filters_time(2 * vector, 4 * vector, 5, 1, 4) > 0.9
    assert few_filters_time(MOST_FILTERS + 1, 4 * vector, 5, 1, 4) == np.inf
    assert few_filters_time(16, 1, 3, 2, 4) > 1 or vector == 4  # runs of one number


@pytest.mark.parametrize("n_filt", range(1, MOST_COLUMNS + 1))
def test_tiles_hold_all_vectors_and_few_more(n_filt):
    for vectors in range(1, 30):
        taken = row_vectors(n_filt, vectors)
        assert set(taken) <= {NARROW, ROW_VECS[n_filt - 1]}
        assert vectors <= sum(taken) < vectors + ROW_VECS[n_filt - 1]


@settings(deadline=None, max_examples=60)
@given(
    movement=movements(),
    n_batch=st.integers(1, 3),
    chans=st.integers(1, 2 * LANES),
    n_filt=st.integers(1, 3 * LANES),
    dtype=st.sampled_from(list(TOLERANCES)),
    seed=st.integers(0, 99),
)
def test_matches_for_random_geometries(movement, n_batch, chans, n_filt, dtype, seed):
    length, k_size, geometry = movement
    rng = np.random.default_rng(seed)
    check(rng, geometry, dtype, n_batch, length, chans, k_size, n_filt)
