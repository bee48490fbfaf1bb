"""`lbfgsupdate`: convergence, an independent reference, structures, state, errors."""

import copy
import pickle

import numpy as np
import pytest

import dlarray as dl
from dlarray.functions.lbfgs import _direction, _next
from dlarray.functions.line_search import Point
from tests.array.gradients import vector

METHODS = ["weak-wolfe", "strong-wolfe", "backtracking"]
methods = pytest.mark.parametrize("method", METHODS)


def evaluated(function):
    """The loss function, and its gradient, of parameters in any container."""

    def loss(p):
        y = function(p)
        return y, dl.dlgradient(y, p)

    return lambda p: dl.dlfeval(loss, p)


def rosenbrock(x):
    return dl.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def quadratic(rng, n):
    """x' A x / 2 - b' x with a condition of 100, and its minimum."""
    q, _ = np.linalg.qr(rng.standard_normal((n, n)))
    a = (q * np.logspace(0, 2, n)) @ q.T
    b = rng.standard_normal((n, 1))
    return evaluated(lambda x: dl.sum(x * (0.5 * (a @ x) - b))), a, b


# -- convergence


@methods
def test_quadratic(method, rng):
    loss, a, b = quadratic(rng, 7)
    x, state = dl.dlarray(np.zeros((7, 1))), dl.lbfgsState(HistorySize=7)
    for _ in range(40):
        x, state = dl.lbfgsupdate(x, loss, state, LineSearchMethod=method)
    np.testing.assert_allclose(x.extractdata(), np.linalg.solve(a, b), rtol=1e-6, atol=1e-8)
    assert state.GradientsNorm is not None and state.GradientsNorm < 1e-5


def test_with_exact_learning_rates_a_quadratic_is_solved_in_as_many_steps_as_unknowns(rng):
    _, a, b = quadratic(rng, 5)
    a, b = a / 10, b[:, 0]
    state, x = dl.lbfgsState(HistorySize=5), np.zeros(5)
    for _ in range(5):
        here = Point(x, None, 0.0, a @ x - b, (0.0, None))
        d = _direction(here.gradient, state)
        x = x - (here.gradient @ d) / (d @ a @ d) * d
        state = _next(state, None, here, Point(x, None, 0.0, a @ x - b, (0.0, None)), True)
    np.testing.assert_allclose(x, np.linalg.solve(a, b), rtol=1e-8, atol=1e-10)


@methods
def test_rosenbrock(method):
    x, state = vector(-1.2, 1.0, 0.5), dl.lbfgsState()
    loss = evaluated(rosenbrock)
    for _ in range(80):
        x, state = dl.lbfgsupdate(x, loss, state, LineSearchMethod=method)
    np.testing.assert_allclose(x.extractdata(), 1, atol=1e-6)


@pytest.mark.parametrize("method", ["weak-wolfe", "strong-wolfe"])
def test_trains_a_small_regression_network(method, rng):
    net = dl.dlnetwork(
        [dl.fullyConnectedLayer(16), dl.reluLayer(), dl.fullyConnectedLayer(1)],
        dl.networkDataLayout([1, None], "CB"),
    )
    X = dl.dlarray(np.linspace(-1, 1, 64, dtype="f4"), "BC")
    T = np.sin(3 * X.extractdata())

    def loss(net):
        y = dl.sum((dl.stripdims(dl.forward(net, X)) - T) ** 2, "all") / 64
        return y, dl.dlgradient(y, net.Learnables)

    state = dl.lbfgsState()
    losses = []
    for _ in range(60):
        net, state = dl.lbfgsupdate(
            net, lambda net: dl.dlfeval(loss, net), state, LineSearchMethod=method
        )
        losses.append(float(state.Loss))
        if state.LineSearchStatus == "failed":
            break
    assert isinstance(net, dl.dlnetwork)
    assert {value.dtype.name for value in net.Learnables.Value} == {"float32"}
    assert state.Gradients.Layer == net.Learnables.Layer
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 2e-3 < losses[0]


# -- an independent reference


def reference(function, x, steps, factor=1.0):
    """BFGS on matrices: the inverse Hessian is rebuilt from all pairs, and the rate found by
    bisection for the weak Wolfe conditions.
    """
    pairs: list[tuple[np.ndarray, np.ndarray]] = []
    trail = []
    f, g = function(x)
    for _ in range(steps):
        h = np.eye(len(x)) * (
            pairs[-1][0] @ pairs[-1][1] / (pairs[-1][1] @ pairs[-1][1]) if pairs else factor
        )
        for s, y in pairs:
            v = np.eye(len(x)) - np.outer(s, y) / (s @ y)
            h = v @ h @ v.T + np.outer(s, s) / (s @ y)
        d = -h @ g
        t, low, high = 1.0, 0.0, np.inf
        while True:
            f_new, g_new = function(x + t * d)
            if f_new > f + 1e-4 * t * (g @ d):
                high = t
            elif g_new @ d < 0.9 * (g @ d):
                low = t
            else:
                break
            t = 2 * low if high == np.inf else (low + high) / 2
        pairs.append((t * d, g_new - g))
        x, f, g = x + t * d, f_new, g_new
        trail.append(x)
    return trail


def rosenbrock_by_hand(x):
    e, r = x[1:] - x[:-1] ** 2, 1 - x[:-1]
    g = np.zeros_like(x)
    g[:-1] += -400 * x[:-1] * e - 2 * r
    g[1:] += 200 * e
    return 100 * e @ e + r @ r, g


@pytest.mark.parametrize("factor", [1.0, 0.01])
def test_steps_are_those_of_matrices(factor):
    start = np.array([-1.2, 1.0, 0.5])
    expected = reference(rosenbrock_by_hand, start, 8, factor)
    x, state = vector(*start), dl.lbfgsState(InitialInverseHessianFactor=factor)
    loss = evaluated(rosenbrock)
    for want in expected:
        x, state = dl.lbfgsupdate(x, loss, state)
        np.testing.assert_allclose(x.extractdata()[:, 0], want, rtol=1e-7)


def test_the_history_is_limited():
    """With one pair the direction is that of one update of a multiple of the identity."""
    x, state = vector(-1.2, 1.0, 0.5), dl.lbfgsState(HistorySize=1)
    loss = evaluated(rosenbrock)
    for _ in range(3):
        x, state = dl.lbfgsupdate(x, loss, state)
    assert (len(state.StepHistory), list(state.HistoryIndices)) == (1, [0])
    s, y = state.StepHistory[0], state.GradientsDifferenceHistory[0]
    assert abs(state.InverseHessianFactor - s @ y / (y @ y)) < 1e-15
    g = np.array([1.0, -2.0, 3.0])
    v = np.eye(3) - np.outer(s, y) / (s @ y)
    h = state.InverseHessianFactor * v @ v.T + np.outer(s, s) / (s @ y)
    np.testing.assert_allclose(_direction(g, state), -h @ g, rtol=1e-10)


# -- structures and types


def test_containers_keep_structure_formats_and_types():
    p = {"w": dl.dlarray(np.ones((2, 3), "f4"), "CB"), "b": [vector(4), np.full(3, 2.0)]}

    def loss(p):
        y = dl.sum(p["w"].stripdims() ** 2, "all") * dl.single(1) + dl.single(p["b"][0]) ** 2
        return y, {"w": 2 * p["w"], "b": [2 * p["b"][0], np.zeros(3)]}

    new, state = dl.lbfgsupdate(p, loss, dl.lbfgsState(InitialInverseHessianFactor=0.5))
    assert (dl.dims(new["w"]), new["w"].dtype, new["b"][0].dtype) == ("CB", np.float32, np.float64)
    assert not new["w"].extractdata().any() and new["b"][0].item() == 0
    assert isinstance(new["b"][1], np.ndarray) and new["b"][1].tolist() == [2, 2, 2]
    assert list(state.Gradients) == ["w", "b"]
    assert state.StepNorm == np.sqrt(6 + 16)


def test_nothing_is_changed_in_place():
    x, state = vector(-1.2, 1.0), dl.lbfgsState()
    loss = evaluated(rosenbrock)
    y, first = dl.lbfgsupdate(x, loss, state)
    before = copy.deepcopy(first.StepHistory)
    dl.lbfgsupdate(y, loss, first)
    assert (state.StepHistory, state.Loss, state.LineSearchStatus) == ((), None, "")
    np.testing.assert_array_equal(first.StepHistory, before)
    assert x.extractdata().ravel().tolist() == [-1.2, 1.0]


def test_no_parameters():
    p, state = dl.lbfgsupdate({}, lambda p: (dl.dlarray(3.0), {}), dl.lbfgsState())
    assert (p, state.StepNorm, state.LineSearchStatus) == ({}, 0, "completed")


# -- the state


def test_state_before_and_after_a_step():
    state = dl.lbfgsState(HistorySize=5, InitialInverseHessianFactor=0.1)
    assert (state.HistorySize, state.InitialInverseHessianFactor) == (5, 0.1)
    assert (state.Loss, state.Gradients, state.StepNorm, state.GradientsNorm) == (None,) * 4
    assert "LineSearchStatus: ''" in repr(state)
    x, new = dl.lbfgsupdate(vector(3), evaluated(lambda x: dl.sum(x**2)), state)
    assert new.Loss.item() == x.item() ** 2
    assert new.Gradients.item() == 2 * x.item()
    assert (new.GradientsNorm, new.StepNorm) == (abs(2 * x.item()), abs(x.item() - 3))
    assert new.LineSearchStatus == "completed"
    assert "StepHistory: 1 steps" in repr(new)


def test_additional_outputs_of_the_loss():
    def loss(x):
        return (*evaluated(lambda x: dl.sum(x**2))(x), "text", {"state": 7})

    _, state = dl.lbfgsupdate(vector(3), loss, dl.lbfgsState(), NumLossFunctionOutputs=4)
    assert state.AdditionalLossFunctionOutputs == ("text", {"state": 7})


def test_values_are_taken_over_from_the_last_step():
    calls = []
    plain = evaluated(rosenbrock)

    def loss(x):
        calls.append(x)
        return plain(x)

    x, state = dl.lbfgsupdate(vector(-1.2, 1.0), loss, dl.lbfgsState())
    first = len(calls)
    x, state = dl.lbfgsupdate(x, loss, state, LineSearchMethod="backtracking")
    again = len(calls) - first
    assert again == 1  # the first rate is accepted, and the start is known
    dl.lbfgsupdate(x + 1, loss, state, MaxNumLineSearchIterations=1)
    assert len(calls) - first - again == 2
    dl.lbfgsupdate(x, lambda x: loss(x), state, MaxNumLineSearchIterations=1)
    assert len(calls) - first - again == 4


def test_a_state_can_be_pickled():
    x, state = dl.lbfgsupdate(vector(-1.2, 1.0), evaluated(rosenbrock), dl.lbfgsState())
    again = pickle.loads(pickle.dumps(state))
    one = dl.lbfgsupdate(x, evaluated(rosenbrock), state)[0]
    other = dl.lbfgsupdate(x, evaluated(rosenbrock), again)[0]
    np.testing.assert_array_equal(one.extractdata(), other.extractdata())


# -- failing line searches


@methods
def test_a_failed_search_keeps_the_best_parameters(method):
    """The gradient points the wrong way: no learning rate decreases the loss."""

    def wrong(x):
        y, slope = evaluated(lambda x: dl.sum(x**2))(x)
        return y, -slope

    x, state = dl.lbfgsupdate(
        vector(3), wrong, dl.lbfgsState(), LineSearchMethod=method, MaxNumLineSearchIterations=5
    )
    assert (x.item(), state.LineSearchStatus, state.StepNorm) == (3, "failed", 0)
    assert state.StepHistory == ()


@methods
def test_a_loss_that_is_not_finite_is_a_rate_too_large(method):
    def loss(x):
        return evaluated(lambda x: -dl.log(1 - x**2) * 5 + x)(x)

    x, state = vector(0.99), dl.lbfgsState()
    for _ in range(15):
        x, state = dl.lbfgsupdate(x, loss, state, LineSearchMethod=method)
        assert np.isfinite(x.item())
    root = -5 + np.sqrt(26)  # 10 x / (1 - x^2) + 1 = 0
    assert abs(x.item() + root) < 1e-6


@methods
def test_at_the_minimum_nothing_moves(method):
    x, state = dl.lbfgsupdate(
        vector(0, 0), evaluated(lambda x: dl.sum(x**2)), dl.lbfgsState(), LineSearchMethod=method
    )
    assert x.extractdata().ravel().tolist() == [0, 0]
    assert (state.LineSearchStatus, state.StepNorm) == ("completed", 0)


def test_strong_wolfe_flattens_the_slope():
    """A long valley: the rate goes up by doubling and comes back by interpolation."""
    calls = []

    def loss(x):
        calls.append(x.item())
        return evaluated(lambda x: dl.sum((x - 100) ** 2) * 0.001)(x)

    _, state = dl.lbfgsupdate(vector(0), loss, dl.lbfgsState(), LineSearchMethod="strong-wolfe")
    assert state.LineSearchStatus == "completed"
    assert abs(state.Gradients.item()) <= 0.9 * 0.2
    assert len(calls) > 3
