"""Elementwise functions: types of the results, NumPy's functions."""

import numpy as np
import pytest

import dlarray as dl
from tests.array.elementwise import COMPARISONS, UNARY
from tests.holds import assert_holds

# -- types
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("f4", "f8", "f4"),
        ("f8", "f4", "f4"),
        ("f4", "f4", "f4"),
        ("f8", "f8", "f8"),
        ("?", "f4", "f4"),
        ("?", "f8", "f8"),
        ("?", "?", "f8"),
    ],
)
@pytest.mark.parametrize("kind", [np.asarray, dl.dlarray], ids=["array", "dlarray"])
def test_single_wins_and_logical_yields(a, b, expected, kind):
    X = dl.dlarray(np.ones((3, 5), a), "CB")
    y = kind(np.ones((3, 5), b))
    assert (X + y).dtype == (y + X).dtype == np.dtype(expected)


@pytest.mark.parametrize(
    "number",
    [2, 2.5, True, np.float64(2.5), np.float32(2.5), np.int32(2), np.array(2.5), np.bool_(True)],
    ids=lambda n: type(n).__name__,
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)
def test_numbers_do_not_change_the_type(number, dtype):
    X = dl.dlarray(np.ones((3, 5), dtype), "CB")
    for result in (X * number, number * X, number - X, X / number, X**number, dl.max(X, number)):
        assert result.dtype == dtype


def test_logical_with_a_number_is_double():
    X = dl.dlarray([True, False])
    assert (X + 1).dtype == (True + X).dtype == np.float64
    assert_holds(X + X, "", [[2], [0]])


@pytest.mark.parametrize("dtype", ["i4", "u8"])
def test_integer_arrays_become_double(dtype):
    X = dl.dlarray(np.ones((3, 5), "f8"), "CB")
    assert_holds(X / np.full((3, 5), 2, dtype), "CB", np.full((3, 5), 0.5))


def test_one_element_with_dimensions_counts_as_an_array():
    X = dl.dlarray(np.ones((3, 5)), "CB")
    assert (X * np.ones((1, 1), np.float32)).dtype == np.float32


@pytest.mark.parametrize("function", [f[1] for f in COMPARISONS], ids=lambda f: f.__name__)
def test_comparisons_are_logical_and_not_traced(function):
    def compare(x):
        return x.node is not None, function(x, 1.0).node is None, function(x, 1.0)

    traced, constant, result = dl.dlfeval(compare, dl.dlarray(np.ones((3, 5)), "CB"))
    assert traced and constant
    assert (result.dtype, dl.dims(result)) == (np.bool_, "CB")


def test_a_single_equals_the_number_that_it_was_made_from():
    X = dl.dlarray(np.array([0.1], np.float32))
    assert bool(X == 0.1)
    assert not bool(X > 0.1)


@pytest.mark.parametrize(
    ("other", "text"),
    [("a", "plus: data of type <U1 are not possible"), (None, "plus: the data are Python objects")],
    ids=["text", "None"],
)
def test_other_operands_are_errors(other, text):
    with pytest.raises(TypeError, match=text):
        dl.dlarray([1.0]) + other


@pytest.mark.parametrize(
    ("call", "function"),
    [(f.__name__, f) for f, _ in UNARY],
    ids=[f.__name__ for f, _ in UNARY],
)
def test_functions_of_numbers_reject_logical_data(call, function):
    text = rf"{call}: logical data not supported; convert to single or double\. Got 2\(C\) × 1\(U\)"
    with pytest.raises(TypeError, match=text):
        function(dl.dlarray([True, False], "C"))


# -- NumPy
# ------------------------------------------------------------------------------------------------


def test_numpy_arrays_on_the_left_reach_the_labels():
    X = dl.dlarray(np.ones((3, 5)), "CB")
    assert_holds(np.full((3, 5), 2.0) + X, "CB", np.full((3, 5), 3.0))
    assert_holds(np.add(2.0, X), "CB", np.full((3, 5), 3.0))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda X: np.spacing(X), r"numpy\.spacing has no rule for labels here\. Compose it"),
        (lambda X: np.divide.reduce(X), r"numpy\.divide\.reduce has no rule for labels here"),
        (lambda X: np.add.outer(X, X), r"numpy\.add\.outer has no rule for labels here"),
        (lambda X: np.exp(X, where=[[True]]), r"numpy\.exp with where has no rule for labels"),
        (lambda X: np.add(X, X, out=np.ones((3, 5))), r"numpy\.add: a result with labels can't be"),
        (lambda X: np.kron(X, X), r"numpy\.kron has no rule for labels .* extractdata for the val"),
    ],
    ids=["ufunc", "reduce", "outer", "where", "out", "function"],
)
def test_numpy_functions_without_a_label_rule_are_errors(call, text):
    with pytest.raises(TypeError, match=text):
        call(dl.dlarray(np.ones((3, 5)), "CB"))


def test_augmented_assignment_to_a_numpy_array_is_an_error():
    y = np.ones((3, 5))
    with pytest.raises(TypeError, match=r"numpy\.add: a result with labels can't be"):
        y += dl.dlarray(np.ones((3, 5)), "CB")
    np.testing.assert_array_equal(y, 1)
