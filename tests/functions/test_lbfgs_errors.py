"""`lbfgsupdate` and `lbfgsState`: what raises an error, and what it says."""

import pytest

import dlarray as dl
from tests.array.gradients import vector


def good(x):
    def loss(x):
        y = dl.sum(x**2)
        return y, dl.dlgradient(y, x)

    return dl.dlfeval(loss, x)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "text"),
    [
        ((vector(1), 3, dl.lbfgsState()), {}, TypeError, "lossFcn must be a function; got int"),
        ((vector(1), good, None), {}, TypeError, "solverState must come from lbfgsState; got None"),
        (
            (vector(1), good, dl.lbfgsState()),
            {"LineSearchMethod": "armijo"},
            ValueError,
            'LineSearchMethod must be one of "weak-wolfe", "strong-wolfe", "backtracking"; got',
        ),
        (
            (vector(1), good, dl.lbfgsState()),
            {"MaxNumLineSearchIterations": 0},
            ValueError,
            "MaxNumLineSearchIterations must be a positive integer; got 0",
        ),
        (
            (vector(1), good, dl.lbfgsState()),
            {"NumLossFunctionOutputs": 1},
            ValueError,
            "NumLossFunctionOutputs must be an integer, at least 2; got 1",
        ),
        (
            (vector(1), good, dl.lbfgsState()),
            {"NumLossFunctionOutputs": 3},
            ValueError,
            "lossFcn must return 3 values, .*; got 2",
        ),
        (
            (vector(1), lambda x: x, dl.lbfgsState()),
            {},
            ValueError,
            "lossFcn must return 2 values, .*; got dlarray",
        ),
        (
            (vector(1, 2), lambda x: (x, x), dl.lbfgsState()),
            {},
            dl.ShapeError,
            r"the loss must be a real scalar; got 2×1 \(unformatted\)",
        ),
        (
            (vector(1, 2), lambda x: (dl.sum(x), x[0]), dl.lbfgsState()),
            {},
            dl.ShapeError,
            r"another size than its parameter\.\n  parameter: 2×1 .*\n  gradient:  1×1",
        ),
        (
            ({"w": vector(1)}, lambda p: (p["w"], {"b": p["w"]}), dl.lbfgsState()),
            {},
            ValueError,
            r"the containers differ at the top: the parameters have keys \['w'\], the other has",
        ),
        (
            ({"w": "text"}, good, dl.lbfgsState()),
            {},
            TypeError,
            r"parameters must be single or double arrays; got str at \['w'\]",
        ),
        (
            (dl.dlarray([True]), good, dl.lbfgsState()),
            {},
            TypeError,
            r"must be single or double arrays; got 1×1 \(unformatted\) bool",
        ),
        (
            (vector(1), good, dl.lbfgsState()),
            {"LineSearch": "weak-wolfe"},
            TypeError,
            r"there is no option LineSearch\. Did you mean LineSearchMethod",
        ),
    ],
    ids=lambda value: "",
)
def test_errors(arguments, options, error, text):
    with pytest.raises(error, match=f"lbfgsupdate: .*{text}"):
        dl.lbfgsupdate(*arguments, **options)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"HistorySize": 0}, "lbfgsState: HistorySize must be a positive integer; got 0"),
        (
            {"InitialInverseHessianFactor": 0},
            "lbfgsState: InitialInverseHessianFactor must be a number, above 0",
        ),
    ],
    ids=["history", "factor"],
)
def test_wrong_states(options, text):
    with pytest.raises(ValueError, match=text):
        dl.lbfgsState(**options)
