"""Gradients of elementwise functions and of the matrix product."""

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import checkGradients
from tests.array.elementwise import UNARY


def spaced(rng, shape, fmt, start=0.5):
    """Positive numbers in random order, at least 0.05 apart."""
    return dl.dlarray(start + 0.05 * rng.permutation(np.prod(shape)).reshape(shape), fmt)


@pytest.mark.parametrize(
    "function", [dl.plus, dl.minus, dl.times, dl.rdivide, dl.power, dl.max, dl.min]
)
@pytest.mark.parametrize(
    ("shape_b", "fmt_b"),
    [((2, 3, 5), "SCB"), ((3,), "C"), ((5, 7), "BT"), ((2, 1), ""), ((2, 3, 5, 2), "")],
    ids=["same", "C", "BT", "column", "extra U"],
)
def test_gradients_of_two_operands(function, shape_b, fmt_b, rng):
    a, b = spaced(rng, (2, 3, 5), "SCB"), spaced(rng, shape_b, fmt_b, 0.525)
    checkGradients(function, a, b)
    checkGradients(function, b, a)


@pytest.mark.parametrize("function", [f for f, _ in UNARY], ids=lambda f: f.__name__)
@pytest.mark.parametrize(("shape", "fmt"), [((2, 3, 5), "SCB"), ((3, 2), "")])
def test_gradients_of_one_operand(function, shape, fmt, rng):
    checkGradients(function, spaced(rng, shape, fmt))


@pytest.mark.parametrize("number", [2.0, 3, np.float32(0.5)], ids=str)
@pytest.mark.parametrize(
    "function", [dl.plus, dl.minus, dl.times, dl.rdivide, dl.power], ids=lambda f: f.__name__
)
def test_gradients_beside_a_number(function, number, rng):
    checkGradients(lambda x: function(x, number), spaced(rng, (3, 5), "CB"))
    checkGradients(lambda x: function(number, x), spaced(rng, (3, 5), "CB"))


def test_gradients_of_a_matrix_product(rng):
    checkGradients(dl.mtimes, spaced(rng, (2, 3), ""), spaced(rng, (3, 5), ""))


def gradient_at(function, *values):
    variables = [dl.dlarray(value) for value in values]
    gradients = dl.dlfeval(lambda xs: dl.dlgradient(function(*xs), xs), variables)
    return [gradient.item() for gradient in gradients]


@pytest.mark.parametrize(
    ("function", "values", "gradients"),
    [
        (dl.abs, [0.0], [0]),
        (dl.sign, [0.0], [0]),
        (dl.sqrt, [0.0], [np.inf]),
        (dl.max, [1.0, 1.0], [1, 0]),
        (dl.min, [1.0, 1.0], [1, 0]),
        (lambda x: x**2, [0.0], [0]),
        (lambda x: x**0, [0.0], [0]),
        (lambda x: x**1, [0.0], [1]),
        (lambda x: x**3, [-2.0], [12]),
        (lambda x: 0.0**x, [2.0], [0]),
        (dl.tanh, [1000.0], [0]),
    ],
    ids=["abs", "sign", "sqrt", "max", "min", "square", "x^0", "x^1", "cube", "0^x", "tanh"],
)
def test_gradients_at_special_points(function, values, gradients):
    assert gradient_at(function, *values) == gradients


def test_gradients_have_the_type_of_their_variable():
    x, y = dl.dlarray(np.ones((3, 5)), "CB"), dl.dlarray(np.ones((3, 5), "f4"), "CB")
    dx, dy = dl.dlfeval(lambda a, b: dl.dlgradient(dl.sum(a * b, "all"), a, b), x, y)
    assert (dx.dtype, dy.dtype) == (np.float64, np.float32)
