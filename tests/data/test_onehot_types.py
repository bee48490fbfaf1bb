"""`onehotencode` and `onehotdecode` of dlarrays and tables, into every type, and missing labels."""

from __future__ import annotations

import numpy as np
import pytest

import dlarray as dl

INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]


@pytest.fixture
def pandas():
    return pytest.importorskip("pandas")


# -- types


@pytest.mark.parametrize("typename", [*INTEGERS, "logical", "float32", "float64"])
def test_type_of_the_encoding(typename):
    encoded = dl.onehotencode(["b", "a"], 1, typename)
    assert encoded.dtype == ("bool" if typename == "logical" else typename)
    np.testing.assert_array_equal(encoded, [[0, 1], [1, 0]])


@pytest.mark.parametrize("typename", ["int8", "uint64", "logical"])
def test_types_without_nan_hold_no_missing_label(typename):
    text = (
        rf"onehotencode: the label at \(1, 0\) is none of the classes, and {typename} holds no NaN"
    )
    with pytest.raises(ValueError, match=text):
        dl.onehotencode(["a", "x"], 1, typename, ClassNames=["a", "b"])


@pytest.mark.parametrize(
    ("typename", "kind"), [*((name, name) for name in INTEGERS), ("single", "f4"), ("double", "f8")]
)
def test_type_of_decoded_numbers(typename, kind):
    for classes in ([10, 20], ["10", "20"]):
        decoded = dl.onehotdecode([[0.2, 0.8]], classes, 1, typename)
        assert decoded.dtype == kind
        assert decoded.tolist() == [[20]]


@pytest.mark.parametrize("typename", [None, "categorical"])
def test_decoded_classes_keep_their_type(typename):
    assert dl.onehotdecode([[0, 1]], ["a", "b"], 1, typename).tolist() == [["b"]]
    assert dl.onehotdecode([[0, 1]], np.array([1, 2], "i2"), 1, typename).dtype == "i2"


def test_text_that_is_no_number():
    with pytest.raises(
        ValueError, match=r"the classes \['a', 'b'\] are no numbers, so .*Use \"str"
    ):
        dl.onehotdecode([[0, 1]], ["a", "b"], 1, "double")


# -- missing labels


def test_a_vector_of_nan_is_a_missing_label():
    B = [[np.nan, np.nan], [np.nan, 0.1], [0.3, 0.2]]
    assert dl.onehotdecode(B, ["a", "b"], 1).ravel().tolist() == [None, "b", "a"]
    assert dl.onehotdecode(B, ["a", "b"], 1, "string").ravel().tolist() == [None, "b", "a"]
    np.testing.assert_array_equal(dl.onehotdecode(B, [1, 2], 1).ravel(), [np.nan, 2, 1])
    np.testing.assert_array_equal(dl.onehotdecode(B, [1, 2], 1, "single").ravel(), [np.nan, 2, 1])


def test_nan_is_passed_over_also_beside_minus_infinity():
    B = [[np.nan, -np.inf, -np.inf], [1.0, np.nan, 3.0]]
    assert dl.onehotdecode(B, ["a", "b", "c"], 1).ravel().tolist() == ["b", "c"]


def test_integers_hold_no_missing_label():
    text = r"onehotdecode: the vector at \(0, 0\) is NaN, a missing label, and int8 holds no NaN"
    with pytest.raises(ValueError, match=text):
        dl.onehotdecode([[np.nan, np.nan]], [1, 2], 1, "int8")


def test_missing_labels_come_back():
    labels = np.array(["b", None, "a"], object)
    encoded = dl.onehotencode(labels, 1)
    assert dl.onehotdecode(encoded, ["a", "b"], 1).ravel().tolist() == labels.tolist()


# -- dlarrays


@pytest.mark.parametrize(
    ("fmt", "shape", "dim", "axis"),
    [
        ("CB", (1, 5), "C", 0),
        ("CBT", (1, 5, 7), 0, 0),
        ("SCB", (2, 1, 5), "C", 1),
        ("CB", (1, 5), -2, 0),
        ("BT", (5, 7), 2, 2),
        ("", (5, 7), 2, 2),
        ("", (5, 1), 1, 1),
    ],
    ids=["CB", "CBT", "SCB", "negative", "one more", "unformatted", "column"],
)
def test_a_dlarray_of_numbers(fmt, shape, dim, axis, rng):
    places = rng.integers(0, 3, shape)
    A = dl.dlarray(places + 1, fmt)
    encoded = dl.onehotencode(A, dim, "single", ClassNames=[1, 2, 3])
    assert isinstance(encoded, dl.dlarray)
    assert encoded.dtype == np.float32
    assert dl.dims(encoded) == (fmt + "U" if fmt and axis == len(fmt) else fmt)
    index = places if axis < places.ndim else places[..., None]
    want = np.zeros(encoded.shape)
    np.put_along_axis(want, index, 1, axis)
    np.testing.assert_array_equal(encoded.data, want)
    decoded = dl.onehotdecode(encoded, [1, 2, 3], axis)
    np.testing.assert_array_equal(decoded, index + 1)


def test_numbers_that_are_no_class_are_nan():
    A = dl.dlarray([[1.0, np.nan, 7.0]], "CB")
    encoded = dl.onehotencode(A, "C", ClassNames=[1, 2])
    np.testing.assert_array_equal(encoded.data, [[1, np.nan, np.nan], [0, np.nan, np.nan]])


def test_a_logical_dlarray():
    A = dl.dlarray([[True, False]], "CB")
    encoded = dl.onehotencode(A, "C", "logical", ClassNames=[False, True])
    assert encoded.dtype == np.bool_
    np.testing.assert_array_equal(encoded.data, [[False, True], [True, False]])


@pytest.mark.parametrize(
    ("dim", "options", "error", "text"),
    [
        ("C", {}, TypeError, "a dlarray needs ClassNames"),
        ("T", {"ClassNames": [1]}, dl.FormatError, 'no dimension is labelled "T"'),
        ("B", {"ClassNames": [1]}, dl.ShapeError, "dimension B must have size 1, for the classes"),
        ("C", {"ClassNames": ["a"]}, TypeError, "the classes of a dlarray are numbers; got <U1"),
        (
            "C",
            {"ClassNames": [1], "typename": "int8"},
            ValueError,
            'of a dlarray typename must be "',
        ),
    ],
    ids=["no classes", "label", "size", "text", "type"],
)
def test_errors_of_dlarrays(dim, options, error, text):
    with pytest.raises(error, match=f"onehotencode: {text}"):
        dl.onehotencode(dl.dlarray([[1, 1]], "CB"), dim, **options)


def test_the_dimension_must_be_given():
    with pytest.raises(TypeError, match="onehotencode: featureDim, the dimension of the classes,"):
        dl.onehotencode(["a"])


# -- tables


def test_a_table_gets_a_column_for_each_class(pandas):
    table = pandas.DataFrame({"colour": ["red", "blue", None]}, index=[3, 5, 7])
    encoded = dl.onehotencode(table, typename="single")
    assert list(encoded.columns) == ["blue", "red"]
    assert list(encoded.index) == [3, 5, 7]
    assert set(encoded.dtypes) == {np.dtype(np.float32)}
    np.testing.assert_array_equal(encoded.to_numpy(), [[0, 1], [1, 0], [np.nan, np.nan]])


def test_a_table_of_a_categorical_and_class_names(pandas):
    column = pandas.Categorical(["low"], categories=["low", "mid", "high"])
    table = pandas.DataFrame({"level": column})
    assert list(dl.onehotencode(table).columns) == ["low", "mid", "high"]
    encoded = dl.onehotencode(table, ClassNames=["high", "low"])
    assert encoded.to_dict("list") == {"high": [0.0], "low": [1.0]}


def test_errors_of_tables(pandas):
    table = pandas.DataFrame({"a": ["x"], "b": ["y"]})
    with pytest.raises(dl.ShapeError, match='must have one column; got 2: "a", "b"'):
        dl.onehotencode(table)
    with pytest.raises(TypeError, match="onehotencode: a table takes no featureDim"):
        dl.onehotencode(table[["a"]], 1)
