"""Steps of the solvers against the references."""

import numpy as np
import pytest

from dlarray.kernels import AdamStep, adam, rmsprop, sgdm
from dlarray.kernels._lanes import LANES
from dlarray.testing import TOLERANCES
from tests import naive

RATE, DECAY, SQ_DECAY, EPSILON, MOMENTUM = 0.001, 0.9, 0.999, 1e-8, 0.9
ITERATIONS = 5
SHAPES = [(0,), (1,), (LANES - 1,), (3, 0, 2), (3, 5, 7), (1000,)]
LAYOUTS = {
    "contiguous": lambda a: a,
    "fortran": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 2, 1)[:, ::2],
    "negative": lambda a: a[::-1].copy()[::-1],
    "byte-swapped": lambda a: a.astype(a.dtype.newbyteorder()),
}

both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
all_layouts = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)


def step(t):
    """The constants of the t-th iteration, the bias correction in the rate."""
    return AdamStep(RATE * np.sqrt(1 - SQ_DECAY**t) / (1 - DECAY**t), DECAY, SQ_DECAY, EPSILON)


def first_adam(p, g, m, v):
    return adam(p, g, m, v, step(1))


def first_sgdm(p, g, v):
    return sgdm(p, g, v, RATE, MOMENTUM)


def assert_all_within(got, want, dtype):
    for a, b in zip(got, want, strict=True):
        assert a.dtype == dtype
        np.testing.assert_allclose(a, b, rtol=0, atol=TOLERANCES[dtype])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@both_types
def test_adam_matches_over_several_iterations(shape, dtype, rng):
    p = rng.uniform(-1, 1, shape).astype(dtype)
    state = want = (p, np.zeros_like(p), np.zeros_like(p))
    for t in range(1, ITERATIONS + 1):
        g = rng.uniform(-1, 1, shape).astype(dtype)
        state = adam(state[0], g, *state[1:], step(t))
        want = naive.adam(want[0], g.astype(np.float64), *want[1:], t)
    assert_all_within(state, want, dtype)


@all_layouts
@both_types
def test_adam_in_place_gives_the_same_bits(layout, dtype, rng):
    p, g, m, v = (layout(rng.uniform(0, 1, (3, 7)).astype(dtype)) for _ in range(4))
    m, v = np.zeros_like(p) + m, np.zeros_like(p) + v  # in memory as p
    before = p.copy()
    want = adam(p, g, m.copy("K"), v.copy("K"), step(3))
    got = adam(p, g, m, v, step(3), in_place=True)
    assert got[1] is m
    assert got[2] is v
    for a, b in zip(got, want, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(p, before)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@both_types
def test_sgdm_matches_over_several_iterations(shape, dtype, rng):
    p = rng.uniform(-1, 1, shape).astype(dtype)
    state, want = (p, np.zeros_like(p)), (p.astype(np.float64), np.zeros(shape))
    for _ in range(ITERATIONS):
        g = rng.uniform(-1, 1, shape).astype(dtype)
        state = sgdm(state[0], g, state[1], RATE, MOMENTUM)
        velocity = MOMENTUM * want[1] - RATE * g
        want = (want[0] + velocity, velocity)
    assert_all_within(state, want, dtype)


@all_layouts
@pytest.mark.parametrize("place", range(4), ids=["p", "g", "m", "v"])
def test_adam_takes_any_layout_and_changes_no_input(layout, place, rng):
    clean = [rng.uniform(0, 1, (3, 5, 7)) for _ in range(4)]
    odd = [layout(a) if i == place else a for i, a in enumerate(clean)]
    for got, want in zip(first_adam(*odd), first_adam(*clean), strict=True):
        np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(odd[place], clean[place])


@all_layouts
@pytest.mark.parametrize("place", range(3), ids=["p", "g", "v"])
def test_sgdm_takes_any_layout_and_changes_no_input(layout, place, rng):
    clean = [rng.uniform(0, 1, (3, 5, 7)) for _ in range(3)]
    odd = [layout(a) if i == place else a for i, a in enumerate(clean)]
    got, want = first_sgdm(*odd), first_sgdm(*clean)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(odd[place], clean[place])


def test_new_values_lie_as_the_parameter_does(rng):
    p = np.asfortranarray(rng.standard_normal((3, 5, 7)))
    for new in (*adam(p, p, p, p * p, step(1)), *sgdm(p, p, p, RATE, MOMENTUM)):
        assert new.strides == p.strides


@both_types
def test_a_zero_gradient_moves_nothing(dtype):
    p, zero = np.ones(9, dtype), np.zeros(9, dtype)
    np.testing.assert_array_equal(adam(p, zero, zero, zero, step(1))[0], p)
    np.testing.assert_array_equal(sgdm(p, zero, zero, RATE, MOMENTUM)[0], p)


@both_types
def test_a_bad_gradient_stays_with_its_parameter(dtype):
    p = np.ones(9, dtype)
    g = np.where(np.arange(9) == 4, np.nan, 1).astype(dtype)
    zero = np.zeros(9, dtype)
    for new in (*adam(p, g, zero, zero, step(1)), *sgdm(p, g, zero, RATE, MOMENTUM)):
        np.testing.assert_array_equal(np.isnan(new), np.isnan(g))


def first_rmsprop(p, g, v):
    return rmsprop(p, g, v, RATE, DECAY, EPSILON)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@both_types
def test_rmsprop_matches_over_several_iterations(shape, dtype, rng):
    p = rng.uniform(-1, 1, shape).astype(dtype)
    state, want = (p, np.zeros_like(p)), (p.astype(np.float64), np.zeros(shape))
    for _ in range(ITERATIONS):
        g = rng.uniform(-1, 1, shape).astype(dtype)
        state = first_rmsprop(state[0], g, state[1])
        square = DECAY * want[1] + (1 - DECAY) * g.astype(np.float64) ** 2
        want = (want[0] - RATE * g / (np.sqrt(square) + EPSILON), square)
    assert_all_within(state, want, dtype)


@all_layouts
@pytest.mark.parametrize("place", range(3), ids=["p", "g", "v"])
def test_rmsprop_takes_any_layout_and_changes_no_input(layout, place, rng):
    clean = [rng.uniform(0, 1, (3, 5, 7)) for _ in range(3)]
    odd = [layout(a) if i == place else a for i, a in enumerate(clean)]
    for a, b in zip(first_rmsprop(*odd), first_rmsprop(*clean), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(odd[place], clean[place])


STEPS = {
    "adam": lambda p, g, m, v: adam(p, g, m, v * v, step(3)),
    "rmsprop": lambda p, g, m, v: first_rmsprop(p, g, v * v),
    "sgdm": lambda p, g, m, v: first_sgdm(p, g, v),
}


@pytest.mark.parametrize("update", STEPS.values(), ids=STEPS)
def test_large_steps_are_the_same_past_the_caches(update, rng):
    arrays = rng.standard_normal((4, (1 << 20) + 7)).astype("f4")
    for whole, part in zip(update(*arrays), update(*arrays[:, :1000]), strict=True):
        np.testing.assert_array_equal(whole[:1000], part)
        assert np.all(np.isfinite(whole))


@pytest.mark.parametrize("update", STEPS.values(), ids=STEPS)
@both_types
def test_nan_stays_with_its_parameter(update, dtype, rng):
    arrays = rng.standard_normal((4, LANES + 3)).astype(dtype)
    for place in (0, LANES + 1):
        odd = arrays.copy()
        odd[1, place] = np.nan
        for new in update(*odd):
            np.testing.assert_array_equal(np.flatnonzero(np.isnan(new)), [place])
