"""Convolution over one to three dimensions and with groups, against the references."""

import numpy as np
import pytest

from dlarray.kernels import (
    INCLUDE_EDGE,
    REPLICATE,
    Geometry,
    _correlate,
    conv_forward,
    conv_grad_w,
    conv_grad_x,
    convolution,
    relu_forward,
)
from dlarray.kernels._lanes import LANES, MR
from dlarray.kernels._sources import Movement
from dlarray.testing import TOLERANCES
from tests import naive
from tests.kernels.convolutions import all_three, check, draw, options, references
from tests.kernels.movements import PADDINGS


@pytest.fixture
def clear_calls():
    """Forget what was decided for sizes, now when called, and at the end."""

    def clear():
        convolution.conv_forward_call.cache_clear()
        convolution.conv_grad_x_call.cache_clear()

    yield clear
    clear()


both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
PLAIN, SAME = Geometry(), Geometry(left=1, right=1)


@pytest.mark.parametrize("groups", [1, 2, 3])
@pytest.mark.parametrize("n_filt", [1, 3, LANES, LANES + 1, 3 * LANES // 2, 7 * LANES // 4])
@pytest.mark.parametrize("chans", [1, 2, 5, MR + 3])
@both_types
def test_matches_with_groups(chans, n_filt, groups, dtype, rng):
    check(rng, (SAME,), dtype, 2, (2 * MR + 3,), chans * groups, (3,), n_filt * groups, groups)


@pytest.mark.parametrize("moves", [(PLAIN, SAME), (SAME, PLAIN), (SAME, SAME)], ids=str)
@pytest.mark.parametrize("line", [1, 2, 3, MR, 2 * MR + 3])
@pytest.mark.parametrize("n_filt", [3, 2 * LANES + 1])
@both_types
def test_matches_over_two_dimensions(n_filt, line, moves, dtype, rng):
    taps = tuple(3 if move.left else 1 for move in moves)
    check(rng, moves, dtype, 3, (5, line), 4, taps, n_filt)
    check(rng, moves, dtype, 2, (4, line), 4, taps, 2 * n_filt, 2)


@pytest.mark.parametrize("mode", PADDINGS.values(), ids=PADDINGS)
@pytest.mark.parametrize("stride", [(1, 1), (2, 1), (1, 3), (2, 2)], ids=str)
@pytest.mark.parametrize("dilation", [(1, 1), (2, 3)], ids=str)
@both_types
def test_matches_at_any_padding_stride_and_dilation(dilation, stride, mode, dtype, rng):
    sides = ((1, 2), (3, 0))
    moves = tuple(
        Geometry(s, d, *side, *mode) for s, d, side in zip(stride, dilation, sides, strict=True)
    )
    check(rng, moves, dtype, 2, (6, 7), 4, (3, 2), 6, 2)


@pytest.mark.parametrize("mode", PADDINGS.values(), ids=PADDINGS)
@pytest.mark.parametrize("groups", [1, 3])
@both_types
def test_matches_over_three_dimensions(groups, mode, dtype, rng):
    moves = Geometry(1, 2, 2, 1, *mode), Geometry(2, 1, 1, 0, *mode), Geometry(1, 1, 1, 1, *mode)
    check(rng, moves, dtype, 2, (4, 5, 6), 2 * groups, (2, 3, 2), 5 * groups, groups)


@pytest.mark.parametrize("length", [1, 2, 4, 5, 7, MR + 1])
@pytest.mark.parametrize("n_filt", [LANES, 2 * LANES])
@both_types
def test_matches_with_sequences_shorter_than_a_tile(n_filt, length, dtype, rng):
    for step in (PLAIN, SAME, Geometry(2, 1, 2, 2), Geometry(1, 3, 3, 3)):
        taps = 3 if step.left else 1
        check(rng, (step,), dtype, 13, (length,), 5, (taps,), n_filt)


@pytest.mark.parametrize("sizes", [(0, 3, 2), (2, 0, 2), (2, 3, 0)], ids=str)
@both_types
def test_a_size_of_zero(sizes, dtype, rng):
    n_batch, chans, n_filt = sizes
    check(rng, (SAME, PLAIN), dtype, n_batch, (4, 3), chans, (3, 2), n_filt)
    for array in all_three(
        (SAME, PLAIN), 1, *draw(rng, (SAME, PLAIN), dtype, 2, (4, 1), 3, (3, 2), 5)
    ):
        assert not array.any()


FAULTY = [
    ((SAME, SAME), 1),
    ((Geometry(2, 1, 1, 1), Geometry(1, 2, 2, 2)), 2),
    ((Geometry(1, 1, 2, 1, INCLUDE_EDGE), Geometry(1, 1, 1, 1, INCLUDE_EDGE)), 1),
    ((Geometry(2, 1, 1, 1, REPLICATE), Geometry(1, 1, 0, 2, REPLICATE)), 2),
]


@pytest.mark.parametrize("bad", [np.nan, np.inf], ids=str)
@pytest.mark.parametrize(("moves", "groups"), FAULTY, ids=str)
@pytest.mark.parametrize("line", [3, 2 * MR])
@both_types
def test_a_bad_sample_reaches_exactly_what_sees_it(line, moves, groups, bad, dtype, rng):
    x, w, bias, dy = draw(rng, moves, dtype, 2, (5, line), 4, (3, 2), 2 * LANES + 2, groups)
    clean = all_three(moves, groups, x, w, bias, dy)
    for place in ((0, 0, 0, 0), (1, 4, line - 1, 3), (1, 2, 1, 1)):
        worse, mark = x.copy(), np.zeros(x.shape)
        worse[place], mark[place] = bad, 1.0
        ones = np.ones(w.shape), None, np.ones(dy.shape)
        touched = references(moves, groups, mark, *ones)
        got = all_three(moves, groups, worse, w, bias, dy)
        for i in (0, 2):
            np.testing.assert_array_equal(~np.isfinite(got[i]), touched[i] > 0)
            np.testing.assert_array_equal(got[i][touched[i] == 0], clean[i][touched[i] == 0])
        there = tuple(min(n - 1, i) for n, i in zip(dy.shape, place, strict=True))
        worse, mark = dy.copy(), np.zeros(dy.shape)
        worse[there], mark[there] = bad, 1.0
        touched_x = naive.conv_grad_x(mark, ones[0], (5, line), **options(moves, groups)) > 0
        got_x = conv_grad_x(worse, w, (5, line), moves, groups)
        np.testing.assert_array_equal(~np.isfinite(got_x), touched_x)
        np.testing.assert_array_equal(got_x[~touched_x], clean[1][~touched_x])


@pytest.mark.parametrize("n_filt", [1, LANES, 2 * LANES, 2 * LANES + 3])
@both_types
def test_relu_in_the_store_is_relu_of_the_result(n_filt, dtype, rng):
    x, w, bias, _ = draw(rng, (SAME,), dtype, 3, (29,), 5, (3,), n_filt)
    x[0, 3, 2], x[1, 20, 0], bias[0] = np.nan, -np.inf, -0.0
    w[:, :, 0] = np.abs(w[:, :, 0])
    got, want = conv_forward(x, w, bias, (SAME,), True), conv_forward(x, w, bias, (SAME,))
    np.testing.assert_array_equal(got, relu_forward(want))
    assert np.isnan(got).any()
    assert not np.signbit(got[~np.isnan(got)]).any()


@pytest.mark.parametrize(
    "moves", [(SAME, SAME), (Geometry(1, 2, 2, 2), Geometry(2, 1, 1, 0))], ids=str
)
@pytest.mark.parametrize("n_filt", [4, 4 * LANES])
@both_types
def test_a_row_does_not_depend_on_other_rows(n_filt, moves, dtype, rng):
    x, w, bias, dy = draw(rng, moves, dtype, 7, (5, 6), 6, (3, 3), n_filt, 2)
    y, dx = conv_forward(x, w, bias, moves), conv_grad_x(dy, w, (5, 6), moves, 2)
    for row in range(7):
        one = slice(row, row + 1)
        np.testing.assert_array_equal(conv_forward(x[one], w, bias, moves), y[one])
        np.testing.assert_array_equal(conv_grad_x(dy[one], w, (5, 6), moves, 2), dx[one])


@pytest.mark.parametrize(("moves", "groups"), FAULTY, ids=str)
def test_gradients_are_the_adjoints(moves, groups, rng):
    x, w, _, u = draw(rng, moves, np.float64, 2, (5, 9), 4, (3, 2), 6, groups)
    want = np.vdot(conv_forward(x, w, None, moves), u)
    scale = np.vdot(references(moves, groups, np.abs(x), np.abs(w), None, u)[0], np.abs(u))
    atol = TOLERANCES[np.float64] * scale
    assert abs(np.vdot(x, conv_grad_x(u, w, (5, 9), moves, groups)) - want) <= atol
    assert abs(np.vdot(w, conv_grad_w(x, u, (3, 2), moves, groups)) - want) <= atol


@pytest.mark.parametrize(
    ("moves", "lengths", "chans", "groups"),
    [
        ((SAME,), (150,), 32, 1),
        ((Geometry(1, 3, 3, 3),), (150,), 36, 2),
        ((SAME,), (7,), 33, 1),
        ((Geometry(2, 1, 1, 1),), (150,), 9, 1),
        ((SAME, SAME), (9, 11), 6, 2),
    ],
    ids=str,
)
@both_types
def test_to_read_ahead_changes_no_bit(
    moves, lengths, chans, groups, dtype, rng, clear_calls, monkeypatch
):
    arrays = draw(rng, moves, dtype, 3, lengths, chans, (3,) * len(moves), 36, groups)
    near = all_three(moves, groups, *arrays)
    monkeypatch.setattr(_correlate, "FAR_BYTES", 0)
    clear_calls()
    for got, want in zip(all_three(moves, groups, *arrays), near, strict=True):
        np.testing.assert_array_equal(got, want)


def test_what_the_caches_do_not_hold_is_far():
    step = (Geometry(),) * 3
    near = Movement(2, 8, (1, 1, 4096), (1, 1, 1), (1, 1, 4096), step, 4)
    assert not _correlate.is_far(near, 8)
    assert _correlate.is_far(near._replace(n_batch=128), 8)
    assert _correlate.is_far(near, 1 << 10)


def test_the_layout_of_an_input_does_not_matter(rng):
    moves = (SAME, Geometry(2, 1, 1, 1, INCLUDE_EDGE))
    clean = draw(rng, moves, np.float64, 3, (5, 7), 4, (3, 3), 6, 2)
    odd = [np.asfortranarray(array) for array in clean]
    for got, want in zip(all_three(moves, 2, *odd), all_three(moves, 2, *clean), strict=True):
        np.testing.assert_array_equal(got, want)
