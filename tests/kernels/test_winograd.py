"""Convolutions in fewer multiplications: which ones, their values, and what NaN and Inf reach."""

import numpy as np
import pytest

from dlarray.kernels import (
    EXCLUDE_EDGE,
    INCLUDE_EDGE,
    REPLICATE,
    Geometry,
    _choice,
    conv_forward,
    conv_grad_w,
    conv_grad_wb,
    conv_grad_x,
    convolution,
)
from dlarray.kernels._sources import Movement, in_three, steps_in_three
from tests.kernels.convolutions import all_three, draw, magnitudes, references

BOUND = 1e-6  # of the sum of |x| |w|


@pytest.fixture
def always(monkeypatch):
    """Every convolution in one dimension with stride 1 takes these kernels."""
    plans = (
        convolution.conv_forward_call,
        convolution.conv_grad_x_call,
        convolution.conv_grad_w_call,
    )
    monkeypatch.setattr(_choice, "LEAST_GAIN", 0.0)
    monkeypatch.setattr(_choice, "LEAST_GRADIENT_GAIN", 0.0)
    for name in ("special_forward", "special_grad_x", "special_grad_w"):
        monkeypatch.setattr(convolution, name, lambda *sizes: None)
    for plan in plans:
        plan.cache_clear()
    yield
    for plan in plans:
        plan.cache_clear()


def assert_right(rng, move, n_batch, length, chans, taps, n_filt, groups=1):
    """Forward and both gradients against the references.  Of few positions a tap may see little
    where its neighbours, which are summed with it, see much.
    """
    sizes = n_batch, (length,), chans, (taps,), n_filt, groups
    arrays = draw(rng, (move,), np.float32, *sizes)
    wanted = references((move,), groups, *arrays)
    scales = list(references(magnitudes((move,)), groups, *map(np.abs, arrays)))
    scales[2] = scales[2].max(axis=0)
    for got, want, scale in zip(all_three((move,), groups, *arrays), wanted, scales, strict=True):
        assert got.dtype == np.float32
        assert np.all(np.abs(got - want) <= BOUND * scale)


@pytest.mark.parametrize("dilation", (1, 2, 5))
@pytest.mark.parametrize("taps", (3, 4, 5, 6, 7, 8, 11))
def test_any_number_of_taps(taps, dilation, rng, always):
    assert_right(rng, Geometry(1, dilation, 4, 3), 2, 101, 12, taps, 40)


@pytest.mark.parametrize("n_filt", (1, 7, 8, 9, 16, 17, 24, 25, 32, 33, 57, 64, 70))
def test_any_number_of_filters(n_filt, rng, always):
    assert_right(rng, Geometry(1, 1, 2, 2), 2, 70, 9, 5, n_filt)


@pytest.mark.parametrize("chans", (1, 2, 3, 15, 16, 33))
def test_any_number_of_channels(chans, rng, always):
    assert_right(rng, Geometry(1, 3, 2, 2), 2, 70, chans, 4, 20)


@pytest.mark.parametrize("length", (5, 6, 7, 15, 16, 17, 32, 33, 63, 64, 65, 300, 601))
def test_any_length(length, rng, always):
    assert_right(rng, Geometry(1, 1, 0, 0), 3, length, 16, 5, 20)


@pytest.mark.parametrize("dilation", (3, 16, 40, 99))
def test_lines_of_few_positions_or_none(dilation, rng, always):
    assert_right(rng, Geometry(1, dilation, dilation, dilation), 2, 100, 8, 3, 12)


@pytest.mark.parametrize("mode", (INCLUDE_EDGE, EXCLUDE_EDGE, REPLICATE))
def test_copied_edges(mode, rng, always):
    assert_right(rng, Geometry(1, 2, 7, 5, mode), 2, 60, 16, 6, 24)


def test_padding_with_a_number(rng, always):
    assert_right(rng, Geometry(1, 2, 7, 5, value=-1.5), 2, 60, 16, 7, 24)


@pytest.mark.parametrize("groups", (2, 3))
def test_groups(groups, rng, always):
    assert_right(rng, Geometry(1, 1, 3, 3), 3, 90, 9 * groups, 7, 21 * groups, groups)


def test_long_filters(rng, always):
    assert_right(rng, Geometry(1, 4, 100, 100), 2, 500, 8, 51, 10)


def test_many_channels_share_the_cache(rng, always):
    assert_right(rng, Geometry(1, 1, 1, 1), 1, 150, 1200, 3, 20)


def test_panels_packed_together(rng, always):
    assert_right(rng, Geometry(1, 1, 1, 1), 1, 64, 96, 3, 96)


def test_the_bias_gradient_is_the_sum_of_slopes(rng, always):
    x, _, _, dy = draw(rng, (Geometry(1, 2, 3, 2),), np.float32, 3, (77,), 10, (5,), 45)
    both = conv_grad_wb(x, dy, (5,), (Geometry(1, 2, 3, 2),))
    dw = conv_grad_w(x, dy, (5,), (Geometry(1, 2, 3, 2),))
    np.testing.assert_array_equal(both[:-1], dw.reshape(-1, 45))
    want, scale = dy.sum((0, 1), dtype=np.float64), np.abs(dy).sum((0, 1))
    assert np.all(np.abs(both[-1] - want) <= BOUND * scale)


def test_relu_is_the_same_as_afterwards(rng, always):
    x, w, bias, _ = draw(rng, (Geometry(),), np.float32, 2, (50,), 16, (5,), 40)
    y = conv_forward(x, w, bias, (Geometry(),))
    np.testing.assert_array_equal(conv_forward(x, w, bias, (Geometry(),), True), np.maximum(y, 0))


def test_whole_numbers_come_out_whole(rng, always):
    x = rng.integers(-9, 10, (2, 60, 16)).astype(np.float32)
    w = rng.integers(-9, 10, (5, 16, 24)).astype(np.float32)
    y = conv_forward(x, w, None, (Geometry(),))
    want = conv_forward(x.astype(np.float64), w.astype(np.float64), None, (Geometry(),))
    np.testing.assert_array_equal(y, want)


@pytest.mark.parametrize("bad", (np.nan, np.inf, -np.inf), ids=str)
@pytest.mark.parametrize(("taps", "dilation"), ((3, 1), (4, 1), (5, 2), (8, 3), (11, 1)))
def test_nan_and_inf_reach_the_results_whose_window_holds_them(taps, dilation, bad, rng, always):
    move = Geometry(1, dilation, 3, 4)
    x, w, bias, _ = draw(rng, (move,), np.float32, 2, (70,), 16, (taps,), 20)
    clean = conv_forward(x, w, bias, (move,))
    for position in (0, 1, 2, 3, 33, 34, 35, 36, 68, 69):
        worse = x.copy()
        worse[1, position, 5] = bad
        y = conv_forward(worse, w, bias, (move,))
        seen = position + move.left - np.arange(taps) * dilation
        seen = seen[(seen >= 0) & (seen < y.shape[1])]
        assert not np.isfinite(y[1, seen]).any()
        y[1, seen] = clean[1, seen]
        np.testing.assert_array_equal(y, clean)


def test_a_sequence_does_not_depend_on_others(rng):
    x, w, bias, dy = draw(rng, (Geometry(1, 1, 1, 1),), np.float32, 3, (200,), 64, (3,), 64)
    y = conv_forward(x, w, bias, (Geometry(1, 1, 1, 1),))
    dx = conv_grad_x(dy, w, (200,), (Geometry(1, 1, 1, 1),))
    for i in range(3):
        one = slice(i, i + 1)
        np.testing.assert_array_equal(
            conv_forward(x[one], w, bias, (Geometry(1, 1, 1, 1),)), y[one]
        )
        alone = conv_grad_x(dy[one], w, (200,), (Geometry(1, 1, 1, 1),))
        np.testing.assert_array_equal(alone, dx[one])


@pytest.mark.parametrize("seed", range(8))
def test_what_takes_them_is_as_exact_as_any_sum(seed):
    rng = np.random.default_rng(seed)
    taps, dilation, groups = (
        int(rng.integers(3, 12)),
        int(rng.integers(1, 5)),
        int(rng.choice((1, 2))),
    )
    chans, n_filt = groups * int(rng.integers(48, 80)), groups * int(rng.integers(48, 80))
    length, move = (
        int(rng.integers(300, 600)),
        Geometry(1, dilation, *map(int, rng.integers(0, 9, 2))),
    )
    assert pays(length, chans, n_filt, taps, move, groups=groups)
    arrays = draw(rng, (move,), np.float32, 3, (length,), chans, (taps,), n_filt, groups)
    wanted = references((move,), groups, *arrays)
    scales = references(magnitudes((move,)), groups, *map(np.abs, arrays))
    for got, want, scale in zip(all_three((move,), groups, *arrays), wanted, scales, strict=True):
        assert np.all(np.abs(got - want) <= BOUND / 2 * scale)


def pays(length, chans, n_filt, taps, move=None, itemsize=4, n_batch=1, groups=1):
    """Whether the forward in one dimension or more would take fewer multiplications."""
    lengths, sizes = (tuple(map(int, np.atleast_1d(n))) for n in (length, taps))
    moves = (move or Geometry(),) * len(lengths)
    out = tuple(m.out_length(n, k) for m, n, k in zip(moves, lengths, sizes, strict=True))
    three = in_three(lengths), in_three(sizes), in_three(out)
    movement = Movement(n_batch, chans, *three, steps_in_three(moves), itemsize)
    return _choice.fewer_products(movement, groups, n_filt // groups)


def test_large_sums_in_one_dimension_take_them():
    assert pays(514, 64, 64, 3)
    assert pays(514, 64, 64, 3, n_batch=64)
    assert pays(514, 64, 64, 3, Geometry(1, 8))
    assert pays(514, 128, 128, 3, groups=2)
    assert pays(514, 16, 16, 51)


def test_others_do_not():
    assert not pays(514, 64, 64, 3, itemsize=8)
    assert not pays(514, 64, 64, 3, Geometry(2))
    assert not pays(514, 64, 64, 2)
    assert not pays(514, 64, 64, 1)
    assert not pays(514, 4, 64, 3)
    assert not pays(514, 64, 4, 3)
    assert not pays(20, 64, 64, 3)
    assert not pays(514, 64, 64, 3, Geometry(1, 200))
    assert not pays((50, 50), 64, 64, (3, 3))
    assert not pays(514, 64, 64, 1500)
