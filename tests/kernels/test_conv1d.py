"""1-D convolution and its two gradients against the references."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlarray.kernels import (
    EXCLUDE_EDGE,
    INCLUDE_EDGE,
    REPLICATE,
    SCALAR,
    Geometry,
    conv_forward,
    conv_grad_w,
    conv_grad_x,
)
from dlarray.kernels._correlate import GROUP
from dlarray.kernels._lanes import LANES, MR
from dlarray.kernels._weight_gradient import CHUNK
from dlarray.testing import TOLERANCES
from tests import naive
from tests.kernels.convolutions import MIRRORS, assert_within
from tests.kernels.movements import (
    FAULTY,
    PADDINGS,
    all_paddings,
    assert_only,
    both_types,
    draw,
    length_for,
    spoiled,
)
from tests.layouts import OF_MEMORY

COLUMNS = {
    "1": (0, 1),
    "lanes-1": (1, -1),
    "lanes": (1, 0),
    "lanes+1": (1, 1),
    "2lanes-1": (2, -1),
    "2lanes": (2, 0),
    "2lanes+1": (2, 1),
    "3lanes+5": (3, 5),
}
ROWS = sorted({1, MR - 1, MR, MR + 1, 2 * MR - 1, 2 * MR, 2 * MR + 1})


def conv1d_forward(x, w, bias, geometry):
    return conv_forward(x, w, bias, (geometry,))


def conv1d_grad_x(dy, w, length, geometry):
    return conv_grad_x(dy, w, (length,), (geometry,))


def conv1d_grad_w(x, dy, k_size, geometry):
    return conv_grad_w(x, dy, (k_size,), (geometry,))


def reference(function, *arrays, geometry, **sizes):
    """A reference with the geometry in its terms."""
    stride, dilation, left, right, mode, value = geometry
    value = MIRRORS.get(mode, value)
    return function(
        *arrays, stride=stride, dilation=dilation, left=left, right=right, value=value, **sizes
    )


def magnitude(geometry):
    return geometry._replace(value=abs(geometry.value))


def all_three(geometry, x, w, bias, dy):
    """The result, the input gradient and the weight gradient."""
    return (
        conv1d_forward(x, w, bias, geometry),
        conv1d_grad_x(dy, w, x.shape[1], geometry),
        conv1d_grad_w(x, dy, w.shape[0], geometry),
    )


def references(geometry, x, w, bias, dy):
    """What `all_three` gives, in double precision."""
    return (
        reference(naive.conv1d, x, w, bias, geometry=geometry),
        reference(naive.conv1d_grad_x, dy, w, geometry=geometry, length=x.shape[1]),
        reference(naive.conv1d_grad_w, x, dy, geometry=geometry, k_size=w.shape[0]),
    )


def check(rng, geometry, dtype, *sizes):
    """Forward and both gradients against the references, relative to the sum of |x| |w|."""
    arrays = draw(rng, geometry, dtype, *sizes)
    got, want = all_three(geometry, *arrays), references(geometry, *arrays)
    scales = references(magnitude(geometry), *map(np.abs, arrays))
    for part in zip(got, want, scales, strict=True):
        assert_within(dtype, *part)


@pytest.mark.parametrize(("lanes", "more"), COLUMNS.values(), ids=COLUMNS)
@both_types
def test_matches_at_any_number_of_columns(lanes, more, dtype, rng):
    columns = lanes * LANES * 4 // np.dtype(dtype).itemsize + more
    geometry = Geometry(left=1, right=1)
    check(rng, geometry, dtype, 2, 2 * MR + 3, 3, 3, columns)
    check(rng, geometry, dtype, 2, 2 * MR + 3, columns, 3, 3)


@pytest.mark.parametrize("n_filt", [3, 2 * LANES], ids=["thin", "wide"])
@pytest.mark.parametrize("n_out", ROWS)
@both_types
def test_matches_at_any_number_of_rows(n_out, n_filt, dtype, rng):
    geometry = Geometry()
    check(rng, geometry, dtype, 3, length_for(n_out, 3, geometry), 2, 3, n_filt)


@pytest.mark.parametrize("chans", [1, 3, 8, 17])
@pytest.mark.parametrize("n_filt", [1, LANES + 1])
@both_types
def test_matches_at_any_number_of_channels(chans, n_filt, dtype, rng):
    check(rng, Geometry(left=2, right=1), dtype, 2, 40, chans, 4, n_filt)


@pytest.mark.parametrize("dilation", [1, 2, 3, 4])
@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("k_size", [1, 2, 3, 4, 5, 6, 7])
@both_types
def test_matches_at_any_taps_stride_and_dilation(k_size, stride, dilation, dtype, rng):
    geometry = Geometry(stride, dilation, left=2, right=3)
    length = length_for(2 * MR + 3, k_size, geometry)
    check(rng, geometry, dtype, 2, length, 5, k_size, 6)
    check(rng, geometry, dtype, 2, length + stride - 1, 3, k_size, LANES + 1)


@pytest.mark.parametrize("sides", [(0, 0), (1, 0), (0, 2), (3, 3), (11, 9)], ids=str)
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (3, 1), (1, 2), (2, 3)])
@all_paddings
@both_types
def test_matches_at_any_padding(padding, sides, stride, dilation, dtype, rng):
    mode, value = padding
    geometry = Geometry(stride, dilation, sides[0], sides[1], mode, value)
    check(rng, geometry, dtype, 2, 12, 3, 4, 5)


@pytest.mark.parametrize("mode", [SCALAR, REPLICATE], ids=["scalar", "replicate"])
@both_types
def test_matches_where_the_padding_is_longer_than_the_input(mode, dtype, rng):
    check(rng, Geometry(1, 1, 20, 30, mode), dtype, 2, 1, 3, 2, 5)


@pytest.mark.parametrize(("k_size", "stride", "dilation"), [(51, 1, 8), (40, 3, 7), (90, 1, 1)])
@pytest.mark.parametrize("n_filt", [4, LANES + 3])
@both_types
def test_matches_with_a_very_long_filter(k_size, stride, dilation, n_filt, dtype, rng):
    side = (k_size - 1) * dilation // 2
    check(rng, Geometry(stride, dilation, side, side), dtype, 1, 150, 3, k_size, n_filt)


@pytest.mark.parametrize("n_out", [CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 37])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (4, 1), (1, 3)])
@both_types
def test_matches_over_several_chunks_of_positions(n_out, stride, dilation, dtype, rng):
    geometry = Geometry(stride, dilation, left=1, right=1)
    check(rng, geometry, dtype, 2, length_for(n_out, 3, geometry), 3, 3, 5)


@both_types
def test_matches_over_several_groups_of_row_tiles(dtype, rng):
    geometry = Geometry(left=1, right=1)
    check(rng, geometry, dtype, 1, GROUP * 2 * MR * 2 + 5, 2, 3, 3)


@both_types
def test_matches_where_the_weight_gradient_has_parts_and_groups(dtype, rng):
    check(rng, Geometry(left=1, right=1), dtype, 2, 3 * CHUNK + 20, 64, 3, 64)


@pytest.mark.parametrize(
    ("k_size", "stride", "dilation", "n_out"),
    [(2, 3, 1, CHUNK + 12), (2, 1, 3, CHUNK + 1), (3, 2, 2, CHUNK + 1)],
    ids=["stride above taps", "one position left", "one position left, strided"],
)
def test_weight_gradient_of_a_wide_layer_whose_last_chunk_is_gathered_by_taps(
    k_size, stride, dilation, n_out, rng
):
    geometry = Geometry(stride, dilation)
    chans, n_filt = 300, 1000
    x = rng.standard_normal((1, length_for(n_out, k_size, geometry), chans))
    dy = rng.standard_normal((1, n_out, n_filt))
    want = reference(naive.conv1d_grad_w, x, dy, geometry=geometry, k_size=k_size)
    scale = reference(naive.conv1d_grad_w, np.abs(x), np.abs(dy), geometry=geometry, k_size=k_size)
    assert_within(np.float64, conv1d_grad_w(x, dy, k_size, geometry), want, scale)


EMPTY = {
    "batch": (0, 9, 3, 2, 4),
    "channels": (2, 9, 0, 2, 4),
    "filters": (2, 9, 3, 2, 0),
    "everything but length": (0, 9, 0, 2, 0),
}


@pytest.mark.parametrize("sizes", EMPTY.values(), ids=EMPTY)
@all_paddings
@both_types
def test_a_size_of_zero(sizes, padding, dtype, rng):
    geometry = Geometry(2, 1, 1, 2, *padding)
    check(rng, geometry, dtype, *sizes)
    x, w, bias, _ = draw(rng, geometry, dtype, *sizes)
    np.testing.assert_array_equal(
        conv1d_forward(x, w, None, geometry), conv1d_forward(x, w, 0 * bias, geometry)
    )


@both_types
def test_an_empty_sequence_is_all_padding(dtype, rng):
    check(rng, Geometry(1, 1, 3, 2, SCALAR, 0.5), dtype, 2, 0, 3, 2, 4)


def test_no_output_position():
    geometry = Geometry()
    x, w, dy = np.ones((2, 3, 5)), np.ones((4, 5, 7)), np.ones((2, 0, 7))
    assert conv1d_forward(x, w, None, geometry).shape == (2, 0, 7)
    np.testing.assert_array_equal(conv1d_grad_x(dy, w, 3, geometry), np.zeros((2, 3, 5)))
    np.testing.assert_array_equal(conv1d_grad_w(x, dy, 4, geometry), np.zeros((4, 5, 7)))


@both_types
def test_no_bias_is_a_bias_of_zero(dtype, rng):
    x, w, bias, _ = draw(rng, Geometry(), dtype, 2, 15, 3, 2, LANES + 2)
    np.testing.assert_array_equal(
        conv1d_forward(x, w, None, Geometry()), conv1d_forward(x, w, 0 * bias, Geometry())
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf], ids=str)
@pytest.mark.parametrize("geometry", FAULTY, ids=str)
@pytest.mark.parametrize("position", [0, 8, 16], ids=lambda p: f"at {p}")
@pytest.mark.parametrize("n_filt", [LANES // 2, LANES + 1, 2 * LANES])
@both_types
def test_a_bad_sample_reaches_exactly_the_outputs_whose_window_holds_it(
    bad, geometry, position, n_filt, dtype, rng
):
    x, w, bias, dy = draw(rng, geometry, dtype, 3, 17, 3, 3, n_filt)
    ones = np.ones(w.shape)
    worse, mark = spoiled(x, (1, position, 2), bad)
    assert_only(
        conv1d_forward(worse, w, bias, geometry),
        conv1d_forward(x, w, bias, geometry),
        reference(naive.conv1d, mark, ones, geometry=geometry) > 0,
    )
    assert_only(
        conv1d_grad_w(worse, dy, 3, geometry),
        conv1d_grad_w(x, dy, 3, geometry),
        reference(naive.conv1d_grad_w, mark, np.ones(dy.shape), geometry=geometry, k_size=3) > 0,
    )
    worse, mark = spoiled(dy, (1, position * dy.shape[1] // 17, 4 % n_filt), bad)
    assert_only(
        conv1d_grad_x(worse, w, 17, geometry),
        conv1d_grad_x(dy, w, 17, geometry),
        reference(naive.conv1d_grad_x, mark, ones, geometry=geometry, length=17) > 0,
    )


def test_a_bad_weight_reaches_its_filter_only(rng):
    x, w, bias, _ = draw(rng, Geometry(), np.float64, 2, 17, 3, 3, LANES + 1)
    worse, _ = spoiled(w, (1, 2, LANES), np.nan)
    touched = np.zeros((2, 15, LANES + 1), bool)
    touched[..., LANES] = True
    clean = conv1d_forward(x, w, bias, Geometry())
    assert_only(conv1d_forward(x, worse, bias, Geometry()), clean, touched)


@pytest.mark.parametrize("layout", OF_MEMORY.values(), ids=OF_MEMORY)
@both_types
def test_the_layout_of_an_input_does_not_matter(layout, dtype, rng):
    geometry = Geometry(2, 1, 2, 2, INCLUDE_EDGE)
    clean = draw(rng, geometry, dtype, 3, 19, 5, 3, LANES + 3)
    odd = [layout(array) for array in clean]
    for got, want in zip(all_three(geometry, *odd), all_three(geometry, *clean), strict=True):
        np.testing.assert_array_equal(got, want)
        assert got.dtype == dtype
    for array, original in zip(odd, clean, strict=True):
        np.testing.assert_array_equal(array, original)


@both_types
def test_a_broadcast_input_is_taken_as_its_copy(dtype, rng):
    row = rng.standard_normal((1, 1, 4)).astype(dtype)
    w = rng.standard_normal((3, 4, 5)).astype(dtype)
    x = np.broadcast_to(row, (2, 9, 4))
    np.testing.assert_array_equal(
        conv1d_forward(x, w, None, Geometry()), conv1d_forward(x.copy(), w, None, Geometry())
    )


@pytest.mark.parametrize("geometry", FAULTY, ids=str)
def test_gradients_are_the_adjoints(geometry, rng):
    x, w, _, u = draw(rng, geometry, np.float64, 3, 23, 4, 3, LANES + 1)
    want = np.vdot(conv1d_forward(x, w, None, geometry), u)
    scale = np.vdot(reference(naive.conv1d, np.abs(x), np.abs(w), geometry=geometry), np.abs(u))
    atol = TOLERANCES[np.float64] * scale
    assert abs(np.vdot(x, conv1d_grad_x(u, w, 23, geometry)) - want) <= atol
    assert abs(np.vdot(w, conv1d_grad_w(x, u, 3, geometry)) - want) <= atol


def test_linear_in_the_input_and_in_the_weights(rng):
    geometry = Geometry(2, 3, 4, 1, REPLICATE)
    x, w, _, _ = draw(rng, geometry, np.float64, 2, 31, 3, 4, 5)
    x2, w2, _, _ = draw(rng, geometry, np.float64, 2, 31, 3, 4, 5)
    scale = reference(
        naive.conv1d, np.abs(x) + np.abs(x2), np.abs(w) + np.abs(w2), geometry=geometry
    )

    def conv(x, w):
        return conv1d_forward(x, w, None, geometry)

    assert_within(np.float64, conv(2 * x - x2, w), 2 * conv(x, w) - conv(x2, w), 2 * scale)
    assert_within(np.float64, conv(x, 2 * w - w2), 2 * conv(x, w) - conv(x, w2), 2 * scale)


@pytest.mark.parametrize("n_filt", [2, 2 * LANES + 1])
@pytest.mark.parametrize("geometry", FAULTY, ids=str)
@both_types
def test_a_row_does_not_depend_on_other_rows(geometry, n_filt, dtype, rng):
    x, w, bias, dy = draw(rng, geometry, dtype, 5, 41, 3, 3, n_filt)
    y, dx = conv1d_forward(x, w, bias, geometry), conv1d_grad_x(dy, w, 41, geometry)
    for row in range(5):
        one = slice(row, row + 1)
        np.testing.assert_array_equal(conv1d_forward(x[one], w, bias, geometry), y[one])
        np.testing.assert_array_equal(conv1d_grad_x(dy[one], w, 41, geometry), dx[one])


@both_types
def test_the_same_call_gives_the_same_bits(dtype, rng):
    geometry = Geometry(1, 2, 3, 3, EXCLUDE_EDGE)
    arrays = draw(rng, geometry, dtype, 4, 200, 7, 5, LANES + 7)
    for a, b in zip(all_three(geometry, *arrays), all_three(geometry, *arrays), strict=True):
        np.testing.assert_array_equal(a, b)


@st.composite
def problems(draw_from):
    mode, value = draw_from(st.sampled_from(list(PADDINGS.values())))
    length = draw_from(st.integers(1, 300))
    most = {INCLUDE_EDGE: length, EXCLUDE_EDGE: length - 1}.get(mode, 40)
    sides = [draw_from(st.integers(0, min(most, 40))) for _ in range(2)]
    stride = draw_from(st.integers(1, 9))
    k_size = draw_from(st.integers(1, min(12, length + sum(sides))))
    widest = (length + sum(sides) - 1) // (k_size - 1) if k_size > 1 else 9
    dilation = draw_from(st.integers(1, min(9, widest)))
    n_batch, chans = draw_from(st.integers(1, 4)), draw_from(st.integers(1, 20))
    n_filt = draw_from(st.integers(1, 3 * LANES))
    geometry = Geometry(stride, dilation, sides[0], sides[1], mode, value)
    return n_batch, length, chans, k_size, n_filt, geometry


@settings(deadline=None, max_examples=60)
@given(problem=problems(), dtype=st.sampled_from(list(TOLERANCES)), seed=st.integers(0, 99))
def test_matches_for_random_geometries(problem, dtype, seed):
    check(np.random.default_rng(seed), problem[-1], dtype, *problem[:-1])
