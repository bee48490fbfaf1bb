"""Operators without derivative: their values, and that no gradient comes through them."""

import numpy as np
import pytest

from dlarray import operators as ops
from dlarray.tape import Traced, gradients, recording

X = np.array([[0.0, np.nan, 2.0, -np.inf], [1.0, 1.0, 0.0, -2.0]])
Y = np.array([[1.0, 1.0, 2.0, 0.0], [np.inf, 1.0, 0.0, -3.0]])

PAIRS = {
    "equal": np.equal,
    "not_equal": np.not_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "both": np.logical_and,
    "either": np.logical_or,
    "one_of_two": np.logical_xor,
}
SINGLE = {
    "neither": np.logical_not,
    "is_nan": np.isnan,
    "is_infinite": np.isinf,
    "is_finite": np.isfinite,
}
REDUCING = {
    "some": ({"axes": (0,)}, np.any(X, 0, keepdims=True)),
    "every": ({"axes": (0, 1)}, np.all(X, keepdims=True)),
    "place_of_largest": ({"axis": 1}, [[1], [0]]),
    "place_of_commonest": ({"axis": 1}, [[3], [0]]),
    "middle": ({"axis": 1}, [[1, 1], [2, 0]]),
}
CONSTANT = [*PAIRS, *SINGLE, *REDUCING]
CASES = [
    *[(name, (X, Y), {}, function(X, Y)) for name, function in PAIRS.items()],
    *[(name, (X,), {}, function(X)) for name, function in SINGLE.items()],
    *[(name, (X,), options, value) for name, (options, value) in REDUCING.items()],
]


@pytest.mark.parametrize(("name", "arrays", "options", "value"), CASES, ids=CONSTANT)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)
def test_values(name, arrays, options, value, dtype):
    got = getattr(ops, name)(*(x.astype(dtype) for x in arrays), **options)
    np.testing.assert_array_equal(got, value)
    assert got.dtype == (np.intp if name.startswith(("place", "middle")) else np.bool_)


@pytest.mark.parametrize(("name", "arrays", "options", "value"), CASES, ids=CONSTANT)
def test_no_gradient_comes_through(name, arrays, options, value):
    with recording() as tape:
        nodes = [tape.leaf(x) for x in arrays]
        leaves = [Traced(x, node) for x, node in zip(arrays, nodes, strict=True)]
        result = getattr(ops, name)(*leaves, **options)
        found = gradients(result, np.ones(result.shape), nodes)
    assert found == [None] * len(arrays)
