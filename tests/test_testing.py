"""`checkGradients` passes what is right and fails what is wrong."""

import numpy as np
import pytest

import dlarray as dl
from dlarray import tape
from dlarray.array import wrap
from dlarray.testing import TOLERANCES, checkGradients


def with_slope(slope):
    """The square, with a backward rule of its own."""

    @tape.operator
    def square(x):
        return x * x

    @square.backward
    def _(dy, _y, x):
        return (slope(dy, x),)

    return lambda x: wrap(square(x), dl.dims(x))


def right(dy, x):
    return dy * 2 * x


def scaled(dy, x):
    return dy * 2 * x * 1.001


def one_element(dy, x):
    dx = right(dy, x)
    dx.flat[0] *= 1.001
    return dx


def zero(dy, x):
    return 0 * dy


def none(dy, x):
    return None


def permuted(dy, x):
    return right(dy, x)[::-1]


def negative(dy, x):
    return -right(dy, x)


def constant(dy, x):
    return right(dy, x) + 1e-3


def array(rng, *shape, fmt="CB"):
    return dl.dlarray(rng.uniform(0.5, 1.5, shape), fmt)


@pytest.mark.parametrize(
    "function",
    [
        with_slope(right),
        lambda x: x**3,
        lambda x: dl.sum(x, "all"),
        lambda x: dl.softmax(x),
        lambda x: 1e6 * x,
        lambda x: 1e-6 * x,
        lambda x: 0 * x,
        lambda x: dl.stripdims(x, "BC"),
    ],
    ids=["square", "cube", "sum", "softmax", "large", "small", "zero", "permuted"],
)
def test_right_gradients_pass(function, rng):
    checkGradients(function, array(rng, 3, 5))


def test_right_gradients_of_several_variables_pass(rng):
    checkGradients(dl.times, array(rng, 3, 5), array(rng, 3, 7, fmt="CT"))


@pytest.mark.parametrize(
    "slope",
    [scaled, one_element, zero, none, permuted, negative, constant],
    ids=lambda s: s.__name__,
)
def test_wrong_gradients_fail(slope, rng):
    with pytest.raises(AssertionError, match="gradient differs from central differences"):
        checkGradients(with_slope(slope), array(rng, 3, 5))


@pytest.mark.parametrize("slope", [scaled, zero, none], ids=lambda s: s.__name__)
def test_a_wrong_derivative_of_one_number_fails(slope, rng):
    with pytest.raises(AssertionError, match="gradient differs from central differences"):
        checkGradients(with_slope(slope), array(rng, 1, 1))


def test_one_wrong_element_of_a_hundred_fails(rng):
    with pytest.raises(AssertionError, match="gradient differs from central differences"):
        checkGradients(with_slope(one_element), array(rng, 5, 20))


def test_one_wrong_variable_of_two_fails(rng):
    with pytest.raises(AssertionError, match="gradient differs from central differences"):
        checkGradients(lambda x, y: x * with_slope(scaled)(y), array(rng, 3, 5), array(rng, 3, 5))


def test_a_variable_that_is_taken_as_a_constant_fails(rng):
    with pytest.raises(AssertionError, match="gradient differs from central differences"):
        checkGradients(lambda x: x * dl.extractdata(x), array(rng, 3, 5))


def test_the_message_tells_both_values_and_their_difference(rng):
    text = r"differences: -?\d+\.\d+ against -?\d+\.\d+, a relative difference of 0\.00\d+"
    with pytest.raises(AssertionError, match=text):
        checkGradients(with_slope(scaled), array(rng, 1, 1))


def test_the_tolerance_can_be_set(rng):
    checkGradients(with_slope(scaled), array(rng, 3, 5), rtol=0.01)


def test_the_same_seed_gives_the_same_directions(rng):
    messages = []
    for seed in (1, 1, 2):
        with pytest.raises(AssertionError) as error:
            checkGradients(with_slope(scaled), array(np.random.default_rng(0), 3, 5), seed=seed)
        messages.append(str(error.value))
    assert messages[0] == messages[1] != messages[2]


@pytest.mark.parametrize(
    "variable",
    [dl.dlarray(np.ones((3, 5), "f4")), dl.dlarray([True]), np.ones((3, 5)), 1.0],
    ids=["single", "logical", "array", "number"],
)
def test_variables_are_double_precision_dlarrays(variable, rng):
    with pytest.raises(
        TypeError, match="checkGradients: variable 2 must be a double-precision dla"
    ):
        checkGradients(dl.plus, array(rng, 3, 5), variable)


@pytest.mark.parametrize("value", [1.0, None, (1, 2)], ids=lambda v: type(v).__name__)
def test_the_function_returns_a_dlarray(value, rng):
    text = (
        rf"checkGradients: the function must return a dlarray; it returned {type(value).__name__}"
    )
    with pytest.raises(TypeError, match=text):
        checkGradients(lambda x: value, array(rng, 3, 5))


def test_tolerances_grow_with_the_rounding_of_the_type():
    for dtype, tolerance in TOLERANCES.items():
        assert np.finfo(dtype).eps < tolerance < 1e5 * np.finfo(dtype).eps
