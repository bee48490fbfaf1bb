"""Reading and assigning by subscripts."""

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import checkGradients

DATA = np.arange(30.0).reshape(2, 3, 5)


def array(fmt="SCB"):
    return dl.dlarray(DATA, fmt)


def assert_holds(X, fmt, values):
    assert isinstance(X, dl.dlarray)
    assert (dl.dims(X), X.shape) == (fmt, np.shape(values))
    np.testing.assert_array_equal(dl.extractdata(X), values)


# -- reading
# ------------------------------------------------------------------------------------------------

SUBSCRIPTS = [
    ("integers keep dimensions", np.s_[1, 2, 3], DATA[1:2, 2:3, 3:4]),
    ("negative integer", np.s_[:, -1], DATA[:, 2:3]),
    ("NumPy integer", (np.int64(1),), DATA[1:2]),
    ("0-d array", np.array(1), DATA[1:2]),
    ("one integer", 0, DATA[:1]),
    ("missing subscripts", np.s_[1:], DATA[1:]),
    ("full slice", np.s_[:], DATA),
    ("ellipsis first", np.s_[..., 0], DATA[..., :1]),
    ("ellipsis last", np.s_[1, ...], DATA[1:2]),
    ("ellipsis in the middle", np.s_[0, ..., 2], DATA[:1, :, 2:3]),
    ("ellipsis for nothing", np.s_[:, :, ..., 1], DATA[:, :, 1:2]),
    ("only ellipsis", ..., DATA),
    ("step", np.s_[:, :, ::2], DATA[:, :, ::2]),
    ("negative step", np.s_[::-1, :, 4:1:-1], DATA[::-1, :, 4:1:-1]),
    ("slice beyond the end", np.s_[:, 1:99], DATA[:, 1:]),
    ("empty slice", np.s_[:, 2:2], DATA[:, 2:2]),
    ("list", np.s_[:, [2, 0, 2]], DATA[:, [2, 0, 2]]),
    ("negative list", np.s_[:, [-1, 0]], DATA[:, [2, 0]]),
    ("grid", np.s_[[1, 0], :, [0, 4, 2]], DATA[[1, 0]][:, :, [0, 4, 2]]),
    ("grid with an integer", np.s_[0, [0, 2], [1, 3]], DATA[:1][:, [0, 2]][:, :, [1, 3]]),
    ("mask of a dimension", np.s_[:, :, [True, False, False, True, True]], DATA[:, :, [0, 3, 4]]),
    ("mask and list", np.s_[:, [2, 1], np.arange(5) > 2], DATA[:, [2, 1]][:, :, 3:]),
    ("empty list", np.s_[:, []], DATA[:, :0]),
    ("dlarray of indices", np.s_[:, dl.dlarray([True, False, True])], DATA[:, [0, 2]]),
]


@pytest.mark.parametrize(
    ("index", "values"), [case[1:] for case in SUBSCRIPTS], ids=[case[0] for case in SUBSCRIPTS]
)
@pytest.mark.parametrize("fmt", ["SCB", "SST", ""])
def test_subscripts_keep_the_format(index, values, fmt):
    assert_holds(array(fmt)[index], fmt, values)


def test_subscripts_follow_the_canonical_order():
    X = dl.dlarray(DATA, "BTC")
    assert_holds(X[1, 0], "CBT", DATA.transpose(2, 0, 1)[1:2, :1])


def test_a_picked_u_of_size_1_is_dropped():
    assert_holds(dl.dlarray(DATA, "CBU")[..., 2], "CB", DATA[..., 2])
    assert_holds(dl.dlarray(DATA[0], "CU")[:, 2], "CU", DATA[0, :, 2:3])


@pytest.mark.parametrize("fmt", ["SCB", ""])
def test_a_mask_of_the_whole_array_gives_a_column_in_column_major_order(fmt):
    mask = DATA % 7 < 2
    expected = DATA.ravel(order="F")[mask.ravel(order="F")].reshape(-1, 1)
    assert_holds(array(fmt)[mask], "", expected)
    assert_holds(array(fmt)[dl.dlarray(mask)], "", expected)
    assert_holds(
        array(fmt)[array(fmt) % 7 < 2] if hasattr(dl, "mod") else array()[mask], "", expected
    )


def test_a_comparison_of_the_array_is_a_mask():
    X = array()
    assert_holds(X[X > 26], "", [[27], [28], [29]])


def test_a_mask_without_a_true_element_gives_an_empty_column():
    assert_holds(array()[DATA > 99], "", np.empty((0, 1)))


@pytest.mark.parametrize(
    "index",
    [[3, 0, 29, 3], np.array([3, 0, -1, 3]), np.array([[3, 0], [29, 3]]).T],
    ids=["list", "negative", "matrix"],
)
def test_linear_indices_count_in_column_major_order(index):
    expected = DATA.ravel(order="F")[np.ravel(index, order="F")].reshape(-1, 1)
    assert_holds(array()[index], "", expected)


def test_no_linear_index_gives_an_empty_column():
    assert_holds(array()[[]], "", np.empty((0, 1)))


def test_a_vector_mask_of_the_first_dimension_keeps_the_format():
    assert_holds(array()[np.array([False, True])], "SCB", DATA[1:])


def test_a_mask_of_a_column():
    X = dl.dlarray([1.0, 2.0, 3.0])
    assert_holds(X[X > 1], "", [[2], [3]])


@pytest.mark.parametrize(
    ("index", "shape"),
    [
        (np.s_[None], (1, 2, 3, 5)),
        (np.s_[:, None], (2, 1, 3, 5)),
        (np.s_[..., None], (2, 3, 5, 1)),
        (np.s_[0, None], (1, 1, 3, 5)),
        (np.s_[None, :, None, 1], (1, 2, 1, 1, 5)),
    ],
    ids=["first", "second", "after an ellipsis", "after an integer", "two"],
)
def test_new_dimensions_of_unformatted_arrays(index, shape):
    assert array("")[index].shape == shape


def test_new_dimensions_hold_the_values():
    assert_holds(array("")[:, None], "", DATA[:, None])


def test_reading_copies_nothing_for_slices():
    X = array()
    assert np.shares_memory(X.data, X[:, 1:].data)


# -- errors
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "error", "text"),
    [
        (np.s_[2], IndexError, r"index 2 is outside 0 to 1 of axis 0, 2\(S\) × 3\(C\) × 5\(B\)"),
        (np.s_[:, -4], IndexError, r"index -4 is outside 0 to 2 of axis 1"),
        (np.s_[:, [0, 3]], IndexError, r"index 3 is outside 0 to 2 of axis 1"),
        (np.s_[0, 0, 0, 0], IndexError, r"4 subscripts for 3 dimensions, 2\(S\) × 3\(C\) × 5\(B\)"),
        (np.s_[..., 0, ...], IndexError, r"only one ellipsis \(\.\.\.\) is possible"),
        (
            np.s_[:, [True, False]],
            IndexError,
            r"a mask of 2 elements for axis 1 of 2\(S\) × 3\(C\)",
        ),
        (
            np.s_[1.0],
            TypeError,
            r"a subscript is an integer, a slice, a mask or an array of integers; got float64",
        ),
        (np.s_[:, ["a"]], TypeError, r"a subscript is an integer, .*; got <U1"),
        (np.s_[:, "C"], TypeError, r"a subscript is an integer, .*; got <U1"),
        (np.array([0.5]), TypeError, r"an index array holds integers or bools; got float64"),
        (
            np.array([30]),
            IndexError,
            r"a linear index is outside 0 to 29 of 2\(S\) × 3\(C\) × 5\(B\)",
        ),
        (np.array([-31]), IndexError, r"a linear index is outside 0 to 29"),
        (np.ones((2, 3), bool), dl.ShapeError, r"the mask has size 2×3, the array 2\(S\) × 3\(C\)"),
        (np.ones(3, bool), dl.ShapeError, r"the mask has size 3, the array 2\(S\) × 3\(C\)"),
        (np.s_[None], dl.FormatError, r"a new dimension of 2\(S\) × 3\(C\) × 5\(B\) would have no"),
    ],
    ids=[
        "outside",
        "negative outside",
        "list outside",
        "too many",
        "two ellipses",
        "mask",
        "fraction",
        "texts",
        "text",
        "linear fraction",
        "linear outside",
        "linear negative outside",
        "mask of two dimensions",
        "mask of another size",
        "new dimension",
    ],
)
def test_wrong_subscripts_are_errors(index, error, text):
    X = array()
    with pytest.raises(error, match=f"dlarray indexing: {text}"):
        X[index]


@pytest.mark.parametrize("index", [np.s_[2], np.s_[:, 3], np.array([30]), np.ones(3, bool)])
def test_assignment_checks_its_subscripts(index):
    X = array()
    with pytest.raises((IndexError, dl.ShapeError), match="dlarray indexing"):
        X[index] = 1
    assert_holds(X, "SCB", DATA)


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
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "index", [case[1] for case in SUBSCRIPTS], ids=[case[0] for case in SUBSCRIPTS]
)
def test_gradients_of_reading(index, rng):
    checkGradients(lambda x: x[index], dl.dlarray(rng.standard_normal((2, 3, 5)), "SCB"))


@pytest.mark.parametrize(
    "index", [[3, 0, 29, 3], DATA % 7 < 2, np.s_[:, None]], ids=["linear", "mask", "new dimension"]
)
def test_gradients_of_reading_unformatted(index, rng):
    checkGradients(lambda x: x[index], dl.dlarray(rng.standard_normal((2, 3, 5))))


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
