"""Assigning by subscripts."""

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import checkGradients
from tests.holds import assert_holds

from .subscripts import DATA, SUBSCRIPTS, array

# -- assignment
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "read"), [case[1:] for case in SUBSCRIPTS], ids=[case[0] for case in SUBSCRIPTS]
)
@pytest.mark.parametrize("fmt", ["SCB", ""])
def test_assignment_of_a_number(index, read, fmt):
    X = array(fmt)
    X[index] = -1
    assert_holds(X, fmt, np.where(np.isin(DATA, read), -1, DATA))


@pytest.mark.parametrize(
    ("index", "read"), [case[1:] for case in SUBSCRIPTS], ids=[case[0] for case in SUBSCRIPTS]
)
def test_assignment_of_an_array(index, read):
    X = array()
    X[index] = -read
    assert_holds(X, "SCB", np.where(np.isin(DATA, read), -DATA, DATA))


@pytest.mark.parametrize(
    "value",
    [
        [-1, -2, -3],
        np.array([[-1, -2, -3]]),
        dl.dlarray([-1.0, -2.0, -3.0], "T"),
        dl.dlarray(np.array([-1, -2, -3], "f4")),
    ],
    ids=["list", "row", "formatted column", "single"],
)
def test_assignment_of_a_vector_takes_any_orientation_and_format(value):
    X = array()
    X[1, :, 4] = value
    expected = DATA.copy()
    expected[1, :, 4] = [-1, -2, -3]
    assert_holds(X, "SCB", expected)
    assert X.dtype == np.float64


@pytest.mark.parametrize("value", [[[-1.0]], dl.dlarray(-1.0), np.float32(-1)], ids=str)
def test_assignment_of_one_element_fills_the_place(value):
    X = array()
    X[:, 1] = value
    assert np.all(X.extractdata()[:, 1] == -1)


def test_assignment_through_a_mask():
    X = array()
    X[X > 20] = 0
    assert_holds(X, "SCB", np.where(DATA > 20, 0, DATA))
    X[np.array([2, 0])] = [-1, -2]
    assert X.extractdata().ravel(order="F")[:3].tolist() == [-2, 15, -1]


def test_assignment_through_a_mask_takes_elements_in_column_major_order():
    X, mask = array(), DATA % 7 < 2
    X[mask] = np.arange(float(mask.sum()))
    order = X.extractdata().ravel(order="F")[mask.ravel(order="F")]
    np.testing.assert_array_equal(order, np.arange(mask.sum()))


def test_a_repeated_subscript_takes_the_last_value():
    X = dl.dlarray([1.0, 2.0, 3.0])
    X[[0, 2, 0]] = [7, 8, 9]
    assert_holds(X, "", [[9], [2], [8]])


@pytest.mark.parametrize("dtype", ["f4", "f8", "?"])
def test_assignment_keeps_the_type(dtype):
    X = dl.dlarray(np.zeros((3, 5), dtype), "CB")
    X[0] = np.ones((1, 5))
    X[1] = 1
    assert X.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(X.extractdata()[:, 0], [1, 1, 0])


@pytest.mark.parametrize("shape", [(5,), (2, 5), (3, 4), (2, 3, 5)], ids=str)
def test_assignment_needs_fitting_sizes(shape):
    X = array()
    size = "×".join(map(str, shape if len(shape) > 1 else (*shape, 1)))
    text = rf"dlarray assignment: the value has size {size}, the place 2×3×1, of 2\(S\) × 3\(C\)"
    with pytest.raises(dl.ShapeError, match=text):
        X[:, :, 1] = np.ones(shape)


@pytest.mark.parametrize("value", ["a", None], ids=str)
def test_assignment_of_other_types_is_an_error(value):
    X = array()
    with pytest.raises(TypeError, match="dlarray assignment: "):
        X[0] = value


@pytest.mark.parametrize("value", [np.nan, [np.nan, 1.0], dl.dlarray([1.0, np.nan])], ids=str)
def test_nan_is_not_assigned_to_logical_data(value):
    X = dl.dlarray([True, False])
    with pytest.raises(ValueError, match="dlarray assignment: NaN is neither true nor false"):
        X[:] = value


def test_complex_values_make_the_array_complex():
    X = dl.dlarray(np.ones((2, 1), "f4"))
    X[1] = 2j
    assert X.dtype == np.complex64
    assert_holds(X, "", [[1], [2j]])
    X[:] = dl.dlarray([3.0, 1j])
    assert X.dtype == np.complex64


# -- value semantics
# ------------------------------------------------------------------------------------------------


def test_an_alias_sees_an_assignment():
    X = array()
    Y = X
    X[0] = -1
    assert Y is X


@pytest.mark.parametrize(
    "function",
    [
        dl.dlarray,
        lambda X: X[:],
        lambda X: dl.dlarray(X, "SCB"),
        dl.stripdims,
        dl.double,
        dl.squeeze,
        lambda X: +X,
        lambda X: dl.sum(X, ()),
        lambda X: dl.permute(X, (0, 1, 2)),
        lambda X: dl.reshape(X, 2, 3, 5),
        lambda X: dl.cat(0, X),
        lambda X: dl.dropout(X, 0),
        lambda X: dl.dlfeval(lambda x: x, X),
    ],
    ids=[
        "dlarray",
        "slice",
        "relabelled",
        "stripdims",
        "double",
        "squeeze",
        "plus sign",
        "sum over nothing",
        "permute",
        "reshape",
        "cat",
        "dropout 0",
        "dlfeval",
    ],
)
@pytest.mark.parametrize("changed", ["argument", "result"])
def test_an_assignment_does_not_reach_another_array(function, changed):
    X = array("")
    Y = function(X)
    if changed == "argument":
        X[0] = -1
        np.testing.assert_array_equal(Y.extractdata(), DATA)
    else:
        Y[0] = -1
        np.testing.assert_array_equal(X.extractdata(), DATA)


def test_an_assignment_does_not_reach_extracted_data():
    X = array()
    values = X.extractdata()
    X[0] = -1
    np.testing.assert_array_equal(values, DATA)


def test_an_assignment_in_a_function_of_dlfeval_does_not_reach_the_caller():
    def change(x, mask):
        x[0] = -1
        mask[0] = True

    X, mask = array(), dl.dlarray(np.zeros((3, 5), bool), "CB")
    dl.dlfeval(change, X, mask)
    assert_holds(X, "SCB", DATA)
    assert not mask.extractdata().any()


# -- gradients


def put(x, value, index):
    y = dl.dlarray(x)
    y[index] = value
    return y * y


@pytest.mark.parametrize(
    "index",
    [np.s_[1], np.s_[:, [2, 0]], np.s_[::-1, 1, 1:], DATA % 7 < 2, [3, 29, 4]],
    ids=["integer", "list", "negative step", "mask", "linear"],
)
def test_gradients_of_assigning(index, rng):
    x = dl.dlarray(rng.standard_normal((2, 3, 5)), "SCB")
    place = x[index]
    value = dl.dlarray(rng.standard_normal(place.shape), dl.dims(place))
    checkGradients(lambda x, v: put(x, v, index), x, value)
    checkGradients(lambda x, v: put(x, v, index), x, dl.dlarray(0.5))
    checkGradients(lambda x: put(x, 0.5, index), x)


def test_gradients_of_assigning_to_a_constant(rng):
    checkGradients(lambda v: put(array(), v, np.s_[0]), dl.dlarray(rng.standard_normal((3, 5))))


def test_the_gradient_of_a_repeated_subscript_goes_to_the_last_value():
    def slopes(x, v):
        y = dl.dlarray(x)
        y[[0, 0]] = v
        return dl.dlgradient(dl.sum(y), x, v)

    dx, dv = dl.dlfeval(slopes, dl.dlarray([1.0, 2.0]), dl.dlarray([3.0, 4.0]))
    assert_holds(dx, "", [[0], [1]])
    assert_holds(dv, "", [[0], [1]])


def test_an_assignment_after_use_does_not_change_the_derivative():
    def slope(x):
        y = x * 1
        loss = dl.sum(y * y)
        y[0] = 100
        return dl.dlgradient(loss, x)

    assert_holds(dl.dlfeval(slope, dl.dlarray([3.0, 5.0])), "", [[6], [10]])
