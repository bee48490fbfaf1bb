"""Higher derivatives by `dlgradient`."""

import pytest

import dlarray as dl
from dlarray.testing import checkGradients
from tests.array.gradients import slope_of, values, vector


def test_derivatives_of_a_power():
    x = vector(2, 3)
    function = lambda x: x**4  # noqa: E731
    expected = [[32, 108], [48, 108], [48, 72], [24, 24]]
    for want in expected:
        function = slope_of(function)
        assert values(function(x)) == want


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x**3,
        lambda x: dl.exp(x) / (1 + x),
        lambda x: dl.log(x) * dl.sqrt(x),
        dl.tanh,
        dl.sigmoid,
        lambda x: dl.softmax(x) * x,
        lambda x: dl.sum(x, "S") * dl.mean(x, "B"),
        lambda x: dl.max(x, 1.0) ** 3 + dl.min(1.2, x) ** 2,
        lambda x: dl.max(x, dim="C") ** 3,
        lambda x: dl.min(x, dim="S") ** 3,
        lambda x: dl.relu(x - 1) ** 3,
        lambda x: dl.abs(x - 1) ** 3,
        lambda x: dl.cat("C", x, x * x)[:, 1:3] ** 2,
        lambda x: dl.mtimes(dl.reshape(x, 6, 5), dl.reshape(x, 5, 6)),
        lambda x: dl.stripdims(x, "BSC") ** 3,
        lambda x: x[:, [0, 2, 0]] ** 3,
    ],
    ids=[
        "power",
        "quotient",
        "log",
        "tanh",
        "sigmoid",
        "softmax",
        "reductions",
        "maximum",
        "max over C",
        "min over S",
        "relu",
        "abs",
        "cat",
        "mtimes",
        "stripdims",
        "indexing",
    ],
)
def test_second_derivatives(function, rng):
    checkGradients(slope_of(function), dl.dlarray(rng.uniform(0.5, 1.5, (2, 3, 5)), "SCB"))


def test_third_derivatives(rng):
    x = dl.dlarray(rng.uniform(0.5, 1.5, (3, 5)), "CB")
    checkGradients(slope_of(slope_of(lambda x: dl.exp(x) * dl.tanh(x))), x)


def test_a_gradient_penalty():
    def loss(w, x):
        y = dl.sum(w * x**2, "all")
        slope = dl.dlgradient(y, x, EnableHigherDerivatives=True)
        return dl.dlgradient(dl.sum((dl.sum(slope**2, "all") - 1) ** 2, "all"), w)

    w, x = 2.0, 3.0
    assert dl.dlfeval(loss, vector(w), vector(x)).item() == 2 * (4 * w**2 * x**2 - 1) * 8 * w * x**2


def test_the_second_derivative_of_a_linear_function_is_zero():
    def second(x):
        slope = dl.dlgradient(dl.sum(3 * x), x, EnableHigherDerivatives=True)
        return dl.dlgradient(dl.sum(slope), x)

    assert values(dl.dlfeval(second, vector(1, 2))) == [0, 0]


def test_without_higher_derivatives_a_gradient_is_a_constant():
    slopes = dl.dlfeval(
        lambda x: dl.dlgradient(dl.sum(dl.dlgradient(x**3, x) * x), x, RetainData=True), vector(2)
    )
    assert slopes.item() == 12
