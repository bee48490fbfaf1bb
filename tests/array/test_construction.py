"""Making a `dlarray`: types, dimensions, labels, relabelling, errors."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from tests.holds import assert_holds

relaxed = settings(deadline=None)


def numbered(*shape):
    return np.arange(float(np.prod(shape))).reshape(shape)


# -- data
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [(np.float32, "single"), (np.float64, "double"), (np.bool_, "logical")],
    ids=["single", "double", "logical"],
)
def test_own_types_are_kept(dtype, kind):
    X = dl.dlarray(np.ones((3, 5), dtype), "CB")
    assert (X.dtype, dl.underlyingType(X)) == (dtype, kind)


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
def test_integers_become_double(dtype):
    X = dl.dlarray(np.array([[1, 2], [3, 100]], dtype), "CB")
    assert X.dtype == np.float64
    assert_holds(X, "CB", [[1, 2], [3, 100]])


@pytest.mark.parametrize("value", [3, 2.5, [1, 2], [[1, 2], [3, 4]]], ids=str)
def test_python_numbers_and_lists_become_double(value):
    assert dl.dlarray(value).dtype == np.float64


def test_lists_of_bools_become_logical():
    assert dl.underlyingType(dl.dlarray([True, False])) == "logical"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.ones(2, np.float16), r"data of type float16 are not possible, only float32, float64, "),
        (np.ones(2, np.float16), r".* Convert with astype\('float32'\) first"),
        (np.array(["a"]), r"data of type <U1 are not possible"),
        (np.array(["2020-01-01"], "M8[D]"), r"data of type datetime64\[D\] are not possible"),
        (np.array([1, None], object), r"the data are Python objects \(int\), not numbers"),
        (None, r"the data are Python objects \(NoneType\), not numbers"),
        ([[1], [1, 2]], r"the data are ragged: .* Pad sequences with padsequences first"),
    ],
    ids=["half", "half hint", "text", "date", "objects", "None", "ragged"],
)
def test_other_types_are_errors(value, text):
    with pytest.raises(TypeError, match=rf"dlarray: {text}"):
        dl.dlarray(value)


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [(np.complex64, "single"), (np.complex128, "double")],
    ids=["single", "double"],
)
def test_complex_data_are_kept(dtype, kind):
    X = dl.dlarray(np.array([1 + 2j, 3 - 1j], dtype), "C")
    assert (X.dtype, dl.underlyingType(X)) == (dtype, kind)
    assert_holds(X, "CU", [[1 + 2j], [3 - 1j]])


def test_masked_elements_are_no_data():
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    with pytest.raises(TypeError, match=r"1 of 2 elements of the masked array are masked, and a"):
        dl.dlarray(masked)
    assert_holds(dl.dlarray(np.ma.array([1.0, 2.0])), "", [[1], [2]])


# -- dimensions
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "values"),
    [
        (5, [[5]]),
        (np.float32(2.5), [[2.5]]),
        (np.array(5.0), [[5]]),
        ([1, 2, 3], [[1], [2], [3]]),
        (np.array([1.0, 2.0]), [[1], [2]]),
        ([], np.empty((0, 1))),
        ([[1, 2, 3]], [[1, 2, 3]]),
    ],
    ids=["number", "NumPy number", "0-d", "list", "vector", "empty", "row"],
)
def test_data_have_two_dimensions_at_least(value, values):
    assert_holds(dl.dlarray(value), "", np.array(values))


def test_unformatted_data_keep_trailing_dimensions_of_size_1():
    assert dl.dlarray(np.ones((3, 5, 1, 1))).shape == (3, 5, 1, 1)


@pytest.mark.parametrize("fmt", ["", None], ids=["empty", "None"])
def test_no_labels_are_unformatted(fmt):
    assert dl.dims(dl.dlarray(numbered(3, 5), fmt)) == ""


# -- labels
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "fmt", "order", "expected_shape", "expected_fmt"),
    [
        pytest.param((5, 3, 2), "TCB", (1, 2, 0), (3, 2, 5), "CBT", id="golden 5"),
        pytest.param((3, 4), "TS", (1, 0), (4, 3), "ST", id="golden 2"),
        pytest.param((5, 4, 3, 2), "TSSU", (1, 2, 0, 3), (4, 3, 5, 2), "SSTU", id="golden 1"),
        pytest.param((3, 2, 1, 2), "SSTU", (0, 1, 2, 3), (3, 2, 1, 2), "SSTU", id="golden 3"),
        pytest.param((2, 3, 5, 7), "BTSC", (2, 3, 0, 1), (5, 7, 2, 3), "SCBT", id="all four"),
        pytest.param((2, 3, 5, 7), "USUS", (1, 3, 0, 2), (3, 7, 2, 5), "SSUU", id="stable"),
        pytest.param((3, 5), "CUU", (0, 1), (3, 5), "CU", id="trailing U"),
        pytest.param((3, 5), "SCB", (0, 1), (3, 5, 1), "SCB", id="missing dimension"),
        pytest.param((3, 5, 1, 1), "CB", (0, 1, 2, 3), (3, 5), "CB", id="trailing singletons"),
        pytest.param((7,), "CB", (0,), (7, 1), "CB", id="vector with two labels"),
        pytest.param((7,), "C", (0,), (7, 1), "CU", id="vector with one label"),
        pytest.param((1, 7), "T", (1, 0), (7, 1), "TU", id="row with one label"),
        pytest.param((0, 5), "BC", (1, 0), (5, 0), "CB", id="no observations"),
    ],
)
def test_data_follow_their_labels(shape, fmt, order, expected_shape, expected_fmt):
    data = numbered(*shape)
    assert_holds(dl.dlarray(data, fmt), expected_fmt, data.transpose(order).reshape(expected_shape))


def test_a_format_may_be_a_numpy_text():
    assert dl.dims(dl.dlarray(numbered(3, 5), np.str_("CB"))) == "CB"


@relaxed
@given(st.permutations("SCBT"))
def test_permuted_data_with_permuted_labels_are_the_same_array(labels):
    data = numbered(2, 3, 5, 7)
    moved = data.transpose(["SCBT".index(label) for label in labels])
    assert_holds(dl.dlarray(moved, "".join(labels)), "SCBT", data)


@pytest.mark.parametrize(
    ("shape", "fmt", "text"),
    [
        ((3, 5), "CX", "dlarray: 'X' in format \"CX\" is not a label"),
        ((3, 5), "cb", r"'c' in format \"cb\" is not a label\. .* Did you mean 'C'\?"),
        ((3, 5), "BB", "label 'B' occurs 2 times in format \"BB\""),
        ((3, 5, 2), "CB", r"format \"CB\" has 2 labels, the data have 3 dimensions \(3×5×2\)"),
        ((3, 5), "C", r"the one label \"C\" needs a vector; got 3×5"),
    ],
    ids=["unknown", "small letter", "repeated", "too few", "matrix with one label"],
)
def test_wrong_labels_are_errors(shape, fmt, text):
    with pytest.raises(dl.FormatError, match=text):
        dl.dlarray(numbered(*shape), fmt)


def test_format_and_shape_errors_are_value_errors():
    assert issubclass(dl.FormatError, ValueError)
    assert issubclass(dl.ShapeError, ValueError)
    assert dl.FormatError.__module__ == "dlarray"


# -- dlarrays of dlarrays
# ------------------------------------------------------------------------------------------------


def test_a_dlarray_of_a_dlarray_is_the_same_with_its_labels():
    X = dl.dlarray(numbered(3, 5), "CB")
    Y = dl.dlarray(X)
    assert Y is not X
    assert_holds(Y, "CB", numbered(3, 5))


@pytest.mark.parametrize(
    ("fmt", "order", "expected_fmt"),
    [("SC", (0, 1), "SC"), ("BC", (1, 0), "CB"), ("SCB", (0, 1), "SCB"), ("UU", (0, 1), "UU")],
)
def test_new_labels_replace_the_old_ones_by_position(fmt, order, expected_fmt):
    X = dl.dlarray(numbered(3, 5), "CB")
    expected = numbered(3, 5).transpose(order)
    shape = expected.shape + (1,) * (len(fmt) - 2)
    assert_holds(dl.dlarray(X, fmt), expected_fmt, expected.reshape(shape))


def test_one_new_label_makes_a_column():
    row = dl.dlarray(numbered(1, 5), "CB")
    assert_holds(dl.dlarray(row, "T"), "TU", numbered(5, 1))


def test_relabelling_leaves_the_old_array_alone():
    X = dl.dlarray(numbered(3, 5), "CB")
    dl.dlarray(X, "TS")
    assert_holds(X, "CB", numbered(3, 5))


def test_relabelling_needs_a_label_a_dimension():
    with pytest.raises(dl.FormatError, match="has 2 labels, the data have 3 dimensions"):
        dl.dlarray(dl.dlarray(numbered(2, 3, 5), "SCB"), "CB")


@pytest.mark.parametrize("fmt", ["CBT", ""])
def test_the_empty_format_takes_labels_away(fmt):
    assert_holds(dl.dlarray(dl.dlarray(numbered(3, 5, 2), fmt), ""), "", numbered(3, 5, 2))


@pytest.mark.parametrize("shape", [(5,), (5, 1), (1, 5), (1, 1, 5)], ids=str)
@pytest.mark.parametrize("label", "SCBTU")
def test_a_vector_with_one_label_becomes_a_column(shape, label):
    assert_holds(dl.dlarray(numbered(*shape), label), label + "U", numbered(5, 1))
    assert_holds(dl.dlarray(dl.dlarray(numbered(*shape)), label), label + "U", numbered(5, 1))
