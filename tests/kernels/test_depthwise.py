"""Channel-wise convolution and its two gradients against the references."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlarray.kernels import EXCLUDE_EDGE, INCLUDE_EDGE, SCALAR, Geometry
from dlarray.kernels._channel_tile import FOLDED
from dlarray.kernels._depthwise_weights import MAX_CHUNK, PIECE
from dlarray.kernels._lanes import LANES, MR
from dlarray.kernels.depthwise import (
    depthwise_forward,
    depthwise_grad_w,
    depthwise_grad_x,
)
from dlarray.testing import TOLERANCES
from tests import naive
from tests.kernels.convolutions import assert_within
from tests.kernels.movements import (
    FAULTY,
    all_paddings,
    assert_only,
    both_types,
    length_for,
    movements,
    options,
    spoiled,
)
from tests.layouts import OF_MEMORY

CHANNELS = (1, 2, 3, 7, LANES - 1, LANES, LANES + 4, 2 * LANES + 1, 4 * LANES, FOLDED + 5)


def draw(rng, geometry, dtype, n_batch, length, chans, k_size):
    """x, w, bias and dy of a channel-wise convolution."""
    n_out = max(0, geometry.out_length(length, k_size))
    shapes = ((n_batch, length, chans), (k_size, chans), (chans,), (n_batch, n_out, chans))
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def all_three(geometry, x, w, bias, dy):
    return (
        depthwise_forward(x, w, bias, geometry),
        depthwise_grad_x(dy, w, x.shape[1], geometry),
        depthwise_grad_w(x, dy, w.shape[0], geometry),
    )


def references(geometry, x, w, bias, dy):
    """What `all_three` gives, in double precision, from the definitions."""
    terms = options(geometry)
    stride, dilation = terms.pop("stride"), terms.pop("dilation")
    x, w, dy = (array.astype(np.float64) for array in (x, w, dy))
    xp, dxp = naive.padded(x, **terms), naive.padded(0 * x, **terms) * 0
    y, dw = np.zeros(dy.shape) + bias, np.zeros(w.shape)
    for k in range(len(w)):
        taken = np.s_[:, k * dilation : k * dilation + dy.shape[1] * stride : stride]
        y += xp[taken] * w[k]
        dw[k] = (xp[taken] * dy).sum((0, 1))
        dxp[taken] += dy * w[k]
    places = naive.padded(np.arange(x.shape[1], dtype=float)[None, :, None], **terms).ravel()
    if geometry.mode == SCALAR:
        places[: geometry.left] = places[geometry.left + x.shape[1] :] = -1
    dx = np.zeros(x.shape)
    for position, place in enumerate(places.astype(int)):
        if place >= 0:
            dx[:, place] += dxp[:, position]
    return y, dx, dw


def scales(geometry, *arrays):
    """The sums of magnitudes that make each number of `references`."""
    return references(geometry._replace(value=abs(geometry.value)), *map(np.abs, arrays))


def check(rng, geometry, dtype, *sizes):
    """Forward and both gradients, relative to the sum of |x| |w|."""
    arrays = draw(rng, geometry, dtype, *sizes)
    got = all_three(geometry, *arrays)
    want = references(geometry, *arrays)
    for part in zip(got, want, scales(geometry, *arrays), strict=True):
        assert_within(dtype, *part)


@pytest.mark.parametrize("chans", CHANNELS)
@both_types
def test_matches_at_any_number_of_channels(chans, dtype, rng):
    check(rng, Geometry(left=2, right=1), dtype, 2, 41, chans, 4)


@pytest.mark.parametrize("chans", [1, 3, LANES, LANES + 4, 3 * LANES])
@pytest.mark.parametrize("n_out", [1, MR - 1, MR, MR + 1, 2 * MR, 17 * MR + 3])
@both_types
def test_matches_at_any_number_of_positions(n_out, chans, dtype, rng):
    geometry = Geometry()
    check(rng, geometry, dtype, 3, length_for(n_out, 3, geometry), chans, 3)


@pytest.mark.parametrize("k_size", [1, 2, 3, 4, 5, 6, 8, 9, 11, 2 * MR + 1])
@both_types
def test_matches_at_any_number_of_taps(k_size, dtype, rng):
    check(rng, Geometry(left=1), dtype, 2, 60, LANES + 3, k_size)


@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 4])
@all_paddings
@both_types
def test_matches_for_stride_dilation_and_padding(stride, dilation, padding, dtype, rng):
    check(rng, Geometry(stride, dilation, 5, 6, *padding), dtype, 2, 37, 5, 3)
    check(rng, Geometry(stride, dilation, 3, 0, *padding), dtype, 2, 90, LANES + 1, 3)


@pytest.mark.parametrize("n_out", [MAX_CHUNK - 1, MAX_CHUNK + PIECE, 3 * MAX_CHUNK + 5])
@pytest.mark.parametrize("chans", [2, LANES])
@both_types
def test_matches_over_several_chunks_and_parts(n_out, chans, dtype, rng):
    geometry = Geometry(left=1, right=1)
    check(rng, geometry, dtype, 3, length_for(n_out, 3, geometry), chans, 3)


EMPTY = {"batch": (0, 9, 3, 2), "channels": (2, 9, 0, 2), "both": (0, 9, 0, 2)}


@pytest.mark.parametrize("sizes", EMPTY.values(), ids=EMPTY)
@all_paddings
@both_types
def test_a_size_of_zero(sizes, padding, dtype, rng):
    n_batch, length, chans, k_size = sizes
    geometry = Geometry(2, 1, 1, 2, *padding)
    x, w, bias, dy = draw(rng, geometry, dtype, *sizes)
    y, dx, dw = all_three(geometry, x, w, bias, dy)
    assert (y.shape, dx.shape) == (dy.shape, (n_batch, length, chans))
    np.testing.assert_array_equal(dw, np.zeros((k_size, chans), dtype))


@both_types
def test_an_empty_sequence_is_all_padding(dtype, rng):
    check(rng, Geometry(1, 1, 3, 2, SCALAR, 0.5), dtype, 2, 0, 3, 2)


def test_no_output_position():
    x, w, dy = np.ones((2, 3, 5)), np.ones((4, 5)), np.ones((2, 0, 5))
    assert depthwise_forward(x, w, None, Geometry()).shape == (2, 0, 5)
    np.testing.assert_array_equal(depthwise_grad_x(dy, w, 3, Geometry()), np.zeros((2, 3, 5)))
    np.testing.assert_array_equal(depthwise_grad_w(x, dy, 4, Geometry()), np.zeros((4, 5)))


@both_types
def test_no_bias_is_a_bias_of_zero(dtype, rng):
    x, w, bias, _ = draw(rng, Geometry(), dtype, 2, 15, LANES + 2, 3)
    np.testing.assert_array_equal(
        depthwise_forward(x, w, None, Geometry()), depthwise_forward(x, w, 0 * bias, Geometry())
    )


@pytest.mark.parametrize("chans", [3, LANES, 2 * LANES + 1])
@both_types
def test_relu_is_the_larger_of_the_result_and_zero(chans, dtype, rng):
    geometry = Geometry(1, 1, 1, 1)
    x, w, bias, _ = draw(rng, geometry, dtype, 2, 35, chans, 3)
    x[1, 20, 0], x[0, 7, chans - 1] = np.nan, -np.inf
    got = depthwise_forward(x, w, bias, geometry, relu=True)
    np.testing.assert_array_equal(got, np.maximum(depthwise_forward(x, w, bias, geometry), 0))


@pytest.mark.parametrize("chans", [3, LANES + 1])
@pytest.mark.parametrize("bad", [np.nan, np.inf], ids=str)
@pytest.mark.parametrize("geometry", FAULTY, ids=str)
@pytest.mark.parametrize("position", [0, 8, 16], ids=lambda p: f"at {p}")
@both_types
def test_a_bad_sample_reaches_exactly_the_outputs_whose_window_holds_it(
    bad, chans, geometry, position, dtype, rng
):
    x, w, bias, dy = draw(rng, geometry, dtype, 3, 17, chans, 3)
    one = np.ones(w.shape), np.zeros(chans)
    clean = all_three(geometry, x, w, bias, dy)
    worse, mark = spoiled(x, (1, position, 2), bad)
    reached = references(geometry, mark, *one, np.ones(dy.shape))
    assert_only(depthwise_forward(worse, w, bias, geometry), clean[0], reached[0] > 0)
    assert_only(depthwise_grad_w(worse, dy, 3, geometry), clean[2], reached[2] > 0)
    worse, mark = spoiled(dy, (1, position * dy.shape[1] // 17, 1), bad)
    reached = references(geometry, np.ones(x.shape), *one, mark)
    assert_only(depthwise_grad_x(worse, w, 17, geometry), clean[1], reached[1] > 0)


@pytest.mark.parametrize("layout", OF_MEMORY.values(), ids=OF_MEMORY)
@both_types
def test_the_layout_of_an_input_does_not_matter(layout, dtype, rng):
    geometry = Geometry(2, 1, 2, 2, INCLUDE_EDGE)
    clean = draw(rng, geometry, dtype, 3, 19, 5, 3)
    odd = [layout(array) for array in clean]
    for got, want in zip(all_three(geometry, *odd), all_three(geometry, *clean), strict=True):
        np.testing.assert_array_equal(got, want)
        assert got.dtype == dtype
    for array, original in zip(odd, clean, strict=True):
        np.testing.assert_array_equal(array, original)


@pytest.mark.parametrize("chans", [3, LANES, LANES + 4])
@pytest.mark.parametrize("geometry", FAULTY, ids=str)
@both_types
def test_a_sequence_and_a_channel_do_not_depend_on_others(geometry, chans, dtype, rng):
    x, w, bias, dy = draw(rng, geometry, dtype, 5, 70, chans, 3)
    y, dx = depthwise_forward(x, w, bias, geometry), depthwise_grad_x(dy, w, 70, geometry)
    for row in range(5):
        one = slice(row, row + 1)
        np.testing.assert_array_equal(depthwise_forward(x[one], w, bias, geometry), y[one])
        np.testing.assert_array_equal(depthwise_grad_x(dy[one], w, 70, geometry), dx[one])
    part = np.s_[..., 1:3]
    few = depthwise_forward(x[part], w[part], bias[part], geometry)
    np.testing.assert_array_equal(few, y[part])


def test_large_results_are_written_past_the_caches_with_the_same_bits(rng, monkeypatch):
    from dlarray.kernels import depthwise

    geometry = Geometry(1, 1, 2, 2, EXCLUDE_EDGE)
    arrays = draw(rng, geometry, np.float32, 3, 500, 4 * LANES, 5)
    want = all_three(geometry, *arrays)
    monkeypatch.setattr(depthwise, "STREAM_BYTES", 0)
    for got, one in zip(all_three(geometry, *arrays), want, strict=True):
        np.testing.assert_array_equal(got, one)


@settings(deadline=None, max_examples=60)
@given(
    movement=movements(),
    n_batch=st.integers(1, 3),
    chans=st.integers(1, 3 * LANES),
    dtype=st.sampled_from(list(TOLERANCES)),
    seed=st.integers(0, 99),
)
def test_matches_for_random_geometries(movement, n_batch, chans, dtype, seed):
    length, k_size, geometry = movement
    check(np.random.default_rng(seed), geometry, dtype, n_batch, length, chans, k_size)


@pytest.mark.torch
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 3)])
@both_types
def test_agrees_with_torch(stride, dilation, dtype, rng):
    import torch

    geometry = Geometry(stride, dilation, 3, 3)
    x, w, bias, dy = draw(rng, geometry, dtype, 3, 101, 20, 5)
    a, k, b = (
        torch.tensor(value, requires_grad=True)
        for value in (x.transpose(0, 2, 1).copy(), w.T[:, None].copy(), bias)
    )
    moved = {"stride": stride, "dilation": dilation, "padding": 3, "groups": 20}
    y = torch.nn.functional.conv1d(a, k, b, **moved)
    dx, dw = torch.autograd.grad(y, (a, k), torch.tensor(dy.transpose(0, 2, 1).copy()))
    want = (
        y.detach().numpy().transpose(0, 2, 1),
        dx.numpy().transpose(0, 2, 1),
        dw.numpy()[:, 0].T,
    )
    sizes = scales(geometry, x, w, bias, dy)
    for got, one, scale in zip(all_three(geometry, x, w, bias, dy), want, sizes, strict=True):
        assert_within(dtype, got, one, scale)
