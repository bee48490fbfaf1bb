"""Accelerated functions of values that an outer tape traces."""

import numpy as np
import pytest

import dlarray as dl
from dlarray.tape import is_traced
from tests.array.replays import assert_same, counted


def pair(rng):
    return [dl.dlarray(rng.standard_normal((3, 7)), "CB") for _ in range(2)]


def model(x, w):
    return dl.tanh(x * w) + dl.sum(w, "C")


def through(function, **options):
    """The gradient of a function of what ``function`` returns."""

    def loss(x, w):
        y = dl.sum(function(x, w) ** 2, "all")
        return y, dl.dlgradient(y, [x, w], **options)

    return loss


def test_gradients_pass_through_an_accelerated_function(rng):
    accfun = counted(model)
    for _ in range(3):
        x, w = pair(rng)
        assert_same(dl.dlfeval(through(accfun), x, w), dl.dlfeval(through(model), x, w))
    assert accfun.Function.calls == 1


def test_second_derivatives_pass_through(rng):
    def curvature(function):
        def call(x, w):
            _, slopes = through(function, EnableHigherDerivatives=True)(x, w)
            return dl.dlgradient(dl.sum(slopes[0] * slopes[1], "all"), [x, w])

        return call

    accfun = counted(model)
    for _ in range(2):
        x, w = pair(rng)
        assert_same(dl.dlfeval(curvature(accfun), x, w), dl.dlfeval(curvature(model), x, w))
    assert accfun.Function.calls == 1


def test_a_gradient_taken_inside_is_a_constant_outside(rng):
    def inside(x, w):
        y = dl.sum(model(x, w), "all")
        return y, dl.dlgradient(y, w)

    def outside(function):
        def call(x, w):
            y, slope = function(x, w)
            assert (is_traced(y), is_traced(slope)) == (True, False)
            return dl.dlgradient(y * dl.sum(slope, "all"), [x, w])

        return call

    accfun = counted(inside)
    for _ in range(2):
        x, w = pair(rng)
        assert_same(dl.dlfeval(outside(accfun), x, w), dl.dlfeval(outside(inside), x, w))
    assert accfun.Function.calls == 1


def test_what_dlfeval_returns_inside_is_a_constant_outside(rng):
    def inside(x, w):
        y = dl.dlfeval(lambda x: dl.exp(x), x)
        return y * w, y

    def outside(function):
        def call(x, w):
            z, y = function(x, w)
            assert not is_traced(y)
            return dl.dlgradient(dl.sum(z, "all"), [x, w])

        return call

    accfun = counted(inside)
    for _ in range(2):
        x, w = pair(rng)
        assert_same(dl.dlfeval(outside(accfun), x, w), dl.dlfeval(outside(inside), x, w))
    assert accfun.Function.calls == 1


def test_which_arguments_are_traced_makes_a_plan_of_its_own(rng):
    accfun = counted(model)
    x, w = pair(rng)
    dl.dlfeval(lambda x: dl.dlgradient(dl.sum(accfun(x, w), "all"), x), x)
    dl.dlfeval(lambda w: dl.dlgradient(dl.sum(accfun(x, w), "all"), w), w)
    y = accfun(x, w)
    assert not is_traced(y)
    assert accfun.Function.calls == 3


def test_one_variable_given_twice_makes_a_plan_of_its_own(rng):
    accfun = counted(lambda a, b: dl.dlgradient(dl.sum(a * b, "all"), a))
    x, w = pair(rng)
    twice = dl.dlfeval(lambda x: accfun(x, x), x)
    assert_same(twice, x * 2)
    assert_same(dl.dlfeval(accfun, x, w), w)
    assert_same(dl.dlfeval(lambda x, w: accfun(x, w), x, w), w)


def test_a_captured_traced_array_is_never_replayed(rng):
    def call(x, w):
        accfun = counted(lambda x: x * w)
        with pytest.warns(RuntimeWarning, match="captures a traced array instead of taking it"):
            first = accfun(x)
        y = dl.sum(first + accfun(x), "all")
        return dl.dlgradient(y, w)

    x, w = pair(rng)
    assert_same(dl.dlfeval(call, x, w), x * 2)


def test_a_network_is_an_argument_its_parameters_are_inputs(rng):
    layers = [
        dl.sequenceInputLayer(3),
        dl.convolution1dLayer(5, 4, Padding="same"),
        dl.reluLayer(),
        dl.layerNormalizationLayer(),
        dl.globalAveragePooling1dLayer(),
        dl.fullyConnectedLayer(2),
        dl.softmaxLayer(),
    ]
    net = dl.dlnetwork(layers)

    def loss(net, X, T):
        value = dl.crossentropy(dl.forward(net, X), T)
        return value, dl.dlgradient(value, net.Learnables)

    accfun = counted(loss)
    m = v = None
    for iteration in range(1, 4):
        X = dl.dlarray(rng.standard_normal((3, 2, 7)).astype("f4"), "CBT")
        T = dl.dlarray(rng.permutation(np.eye(2, dtype="f4")), "CB")
        value, slopes = dl.dlfeval(accfun, net, X, T)
        assert_same((value, slopes), dl.dlfeval(loss, net, X, T))
        net, m, v = dl.adamupdate(net, slopes, m, v, iteration)
    assert accfun.Function.calls == 1
    other = dl.dlnetwork(layers)
    dl.dlfeval(accfun, other, X, T)
    assert accfun.Function.calls == 2


def test_a_network_comes_back_with_its_new_parameters(rng):
    def doubled(net):
        return net.map_arrays(lambda p: p * 2)

    net = dl.dlnetwork([dl.sequenceInputLayer(3), dl.convolution1dLayer(5, 4, Padding="same")])
    accfun = counted(doubled)
    for _ in range(2):
        result = accfun(net)
        assert_same(result.Learnables, doubled(net).Learnables)
        assert isinstance(result, dl.dlnetwork)
        net = result
    assert accfun.Function.calls == 1
