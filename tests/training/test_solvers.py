"""One training step: L2 term, gradient threshold, SGDM and Adam, factors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES
from dlarray.training.solvers import Solver, clipped
from tests import naive

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["single", "double"])


def arrays(*values: Any, dtype: Any = np.float32) -> list[np.ndarray]:
    return [np.array(value, dtype) for value in values]


def network(weights: Any, bias: Any, **options: Any) -> dl.dlnetwork:
    layer = dl.fullyConnectedLayer(len(weights), Weights=weights, Bias=bias, **options)
    layout = dl.networkDataLayout((np.shape(weights)[1], None), "CB")
    return dl.dlnetwork([layer], layout)


def values(net: dl.dlnetwork) -> list[np.ndarray]:
    return [value.data for value in net.Learnables.Value]


# -- gradient threshold: a table of worked examples


@DTYPES
@pytest.mark.parametrize(
    ("method", "gradients", "threshold", "expected"),
    [
        ("l2norm", [[3, 4]], 1, [[0.6, 0.8]]),
        ("absolute-value", [[3, 4]], 1, [[1, 1]]),
        ("absolute-value", [[-3, 0.5]], 1, [[-1, 0.5]]),
        ("l2norm", [[3], [4]], 1, [[1], [1]]),
        ("global-l2norm", [[3], [4]], 1, [[0.6], [0.8]]),
        ("absolute-value", [[3], [-4]], 2, [[2], [-2]]),
        ("l2norm", [[0, 0]], 1, [[0, 0]]),
    ],
    ids=str,
)
def test_threshold(method, gradients, threshold, expected, dtype):
    got = clipped(arrays(*gradients, dtype=dtype), threshold, method)
    for g, want in zip(got, expected, strict=True):
        assert g.dtype == dtype
        np.testing.assert_allclose(g, want, rtol=TOLERANCES[dtype])


@pytest.mark.parametrize("method", ["l2norm", "global-l2norm", "absolute-value"])
@pytest.mark.parametrize(("gradient", "threshold"), [([0.6, 0.8], 1), ([3, 4], math.inf)], ids=str)
def test_gradients_within_the_threshold_stay(method, gradient, threshold):
    given = arrays(gradient, dtype=np.float64)
    (got,) = clipped(given, threshold, method)
    assert np.array_equal(got, given[0])


def test_norms_of_large_single_gradients_do_not_overflow():
    (got,) = clipped(arrays([3e30, 4e30]), 5, "l2norm")
    np.testing.assert_allclose(got, [3, 4], rtol=1e-6)


def test_threshold_does_not_change_its_argument():
    given = arrays([3, 4])
    clipped(given, 1, "l2norm")
    assert given[0].tolist() == [3, 4]


# -- L2 regularization


def test_worked_example():
    net = network([[2.0]], [[2.0]])
    options = dl.trainingOptions("sgdm", InitialLearnRate=0.1, L2Regularization=0.01)
    solver = Solver(net, options)
    net = solver.step(net, arrays([[0]], [[0]], dtype=np.float64), 0.1, 1)
    assert values(net)[0].item() == pytest.approx(1.998, rel=1e-15)
    assert values(net)[1].item() == 2
    velocity = 0.9 * -0.002 - 0.1 * 0.01 * 1.998
    net = solver.step(net, arrays([[0]], [[0]], dtype=np.float64), 0.1, 2)
    assert values(net)[0].item() == pytest.approx(1.998 + velocity, rel=1e-15)


def test_factors_scale_the_l2_term():
    net = network([[2.0]], [[2.0]], WeightL2Factor=3, BiasL2Factor=0.5)
    options = dl.trainingOptions("sgdm", L2Regularization=0.01)
    net = Solver(net, options).step(net, arrays([[0]], [[0]], dtype=np.float64), 0.1, 1)
    assert [v.item() for v in values(net)] == pytest.approx([2 - 0.1 * 0.06, 2 - 0.1 * 0.01])


def test_threshold_comes_after_the_l2_term():
    net = network([[100.0]], [[0.0]])
    options = dl.trainingOptions("sgdm", L2Regularization=0.01, GradientThreshold=2)
    net = Solver(net, options).step(net, arrays([[3]], [[0]], dtype=np.float64), 0.1, 1)
    assert values(net)[0].item() == pytest.approx(100 - 0.1 * 2)


# -- several steps against the definition


@DTYPES
def test_sgdm_matches_its_definition(dtype, rng):
    p = [rng.standard_normal((4, 3)).astype(dtype), rng.standard_normal((4, 1)).astype(dtype)]
    net = network(*p)
    solver = Solver(net, dl.trainingOptions("sgdm", Momentum=0.8, L2Regularization=0.02))
    want = [x.astype(float) for x in p]
    velocity = [np.zeros_like(x) for x in want]
    for iteration in range(1, 7):
        g = [rng.standard_normal(x.shape).astype(dtype) for x in p]
        net = solver.step(net, g, 0.05, iteration)
        for i, l2 in enumerate((0.02, 0)):
            velocity[i] = 0.8 * velocity[i] - 0.05 * (g[i].astype(float) + l2 * want[i])
            want[i] = want[i] + velocity[i]
    for got, expected in zip(values(net), want, strict=True):
        assert got.dtype == dtype
        np.testing.assert_allclose(got, expected, rtol=0, atol=10 * TOLERANCES[dtype])


@DTYPES
def test_adam_matches_its_definition(dtype, rng):
    p = [rng.standard_normal((4, 3)).astype(dtype), rng.standard_normal((4, 1)).astype(dtype)]
    net = network(*p)
    numbers = {"GradientDecayFactor": 0.7, "SquaredGradientDecayFactor": 0.95, "Epsilon": 1e-3}
    solver = Solver(net, dl.trainingOptions("adam", L2Regularization=0.02, **numbers))
    want = [x.astype(float) for x in p]
    m, v = ([np.zeros_like(x) for x in want] for _ in range(2))
    for iteration in range(1, 7):
        g = [rng.standard_normal(x.shape).astype(dtype) for x in p]
        net = solver.step(net, g, 0.05, iteration)
        for i, l2 in enumerate((0.02, 0)):
            slope = g[i].astype(float) + l2 * want[i]
            want[i], m[i], v[i] = naive.adam(
                want[i], slope, m[i], v[i], iteration, 0.05, 0.7, 0.95, 1e-3
            )
    for got, expected in zip(values(net), want, strict=True):
        assert got.dtype == dtype
        np.testing.assert_allclose(got, expected, rtol=0, atol=10 * TOLERANCES[dtype])


@pytest.mark.parametrize("solver", ["adam", "sgdm"])
def test_solver_is_the_update_function(solver, rng):
    net = network(rng.standard_normal((4, 3)), rng.standard_normal((4, 1)))
    slopes = [rng.standard_normal((4, 3)), rng.standard_normal((4, 1))]
    table = net.Learnables.replaced([dl.dlarray(g) for g in slopes])
    got = Solver(net, dl.trainingOptions(solver, L2Regularization=0)).step(net, slopes, 0.05, 1)
    if solver == "adam":
        want = dl.adamupdate(net, table, None, None, 1, 0.05)[0]
    else:
        want = dl.sgdmupdate(net, table, None, 0.05)[0]
    assert got.Learnables == want.Learnables


# -- learn-rate factors


@pytest.mark.parametrize("solver", ["adam", "sgdm"])
def test_factor_zero_freezes(solver, rng):
    net = network(rng.standard_normal((4, 3)), rng.standard_normal((4, 1)), WeightLearnRateFactor=0)
    step = Solver(net, dl.trainingOptions(solver, L2Regularization=1))
    result = net
    for iteration in (1, 2, 3):
        result = step.step(result, [np.ones((4, 3)), np.ones((4, 1))], 0.1, iteration)
    assert np.array_equal(values(result)[0], values(net)[0])
    assert (values(result)[1] < values(net)[1]).all()


def test_factor_multiplies_the_rate():
    net = network([[1.0]], [[1.0]], WeightLearnRateFactor=3, BiasLearnRateFactor=0.5)
    solver = Solver(net, dl.trainingOptions("sgdm", L2Regularization=0))
    net = solver.step(net, arrays([[1]], [[1]], dtype=np.float64), 0.1, 1)
    assert [v.item() for v in values(net)] == pytest.approx([0.7, 0.95])


def test_step_leaves_its_argument():
    net = network([[1.0]], [[1.0]])
    before = [v.copy() for v in values(net)]
    solver = Solver(net, dl.trainingOptions("sgdm"))
    solver.step(net, arrays([[1]], [[1]], dtype=np.float64), 0.1, 1)
    assert all(np.array_equal(a, b) for a, b in zip(values(net), before, strict=True))
