"""`categories`, `onehotencode`, `onehotdecode`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray.data import class_indices

COLOURS = [["red", "blue", "red", "green", "yellow", "blue"]]


def assert_one_hot(encoded, places, axis):
    expected = np.zeros_like(encoded)
    np.put_along_axis(expected, np.expand_dims(np.asarray(places), axis), 1, axis)
    np.testing.assert_array_equal(encoded, expected)


@pytest.fixture
def pandas():
    return pytest.importorskip("pandas")


# -- categories


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["red", "blue", "red"], ["blue", "red"]),
        (np.array([["b"], ["a"]]), ["a", "b"]),
        ([10, 9, 100], [9, 10, 100]),
        (np.array([3, 1, 3], np.uint8), [1, 3]),
        ([True, False, True], [False, True]),
        (np.array(["b", "a"], object), ["a", "b"]),
        ("only", ["only"]),
        (["ß", "a", "Z"], ["Z", "a", "ß"]),
    ],
    ids=["text", "column", "int", "uint8", "logical", "object", "one", "unicode"],
)
def test_categories_are_sorted_unique_values(labels, expected):
    assert dl.categories(labels).tolist() == expected


def test_categories_of_a_categorical_keep_their_order(pandas):
    c = pandas.Categorical(["low", "high"], categories=["low", "mid", "high"])
    for labels in (c, pandas.Series(c), pandas.CategoricalIndex(c)):
        assert dl.categories(labels).tolist() == ["low", "mid", "high"]


def test_categories_of_a_series_of_text(pandas):
    assert dl.categories(pandas.Series(["b", "a", "b"])).tolist() == ["a", "b"]


def test_missing_labels_are_no_category(pandas):
    assert dl.categories(np.array(["b", None, "a", np.nan], object)).tolist() == ["a", "b"]
    assert dl.categories(pandas.Series(["b", None, "a"])).tolist() == ["a", "b"]


@pytest.mark.parametrize("labels", [[0.5, 1.5], [1j]], ids=["float", "complex"])
def test_categories_of_other_types(labels):
    with pytest.raises(TypeError, match=r"categories: labels are text or integers, or a pandas"):
        dl.categories(labels)


# -- class_indices


@pytest.mark.parametrize(
    ("labels", "classes", "expected"),
    [
        (["b", "x", "a"], ["b", "a"], [0, -1, 1]),
        ([3, 4, 1], [1, 2, 3], [2, -1, 0]),
        (["3", "1"], [1, 2, 3], [2, 0]),
        ([3, 1], ["1", "3"], [1, 0]),
        ([[1], [2]], [2, 1], [[1], [0]]),
        (["a"], [], [-1]),
        ([], ["a"], []),
        (["longer"], ["long"], [-1]),
        (np.array(["a", None], object), ["a"], [0, -1]),
    ],
    ids=[
        "text",
        "int",
        "text-in-int",
        "int-in-text",
        "shape",
        "no-class",
        "no-label",
        "prefix",
        "missing",
    ],
)
def test_class_indices(labels, classes, expected):
    assert class_indices(labels, classes).tolist() == expected


def test_a_missing_label_is_not_the_empty_class():
    labels = np.array(["", None, "a"], object)
    assert class_indices(labels, ["", "a"]).tolist() == [0, -1, 1]


# -- onehotencode


def test_colours_are_encoded_and_decoded():
    encoded = dl.onehotencode(COLOURS, 0)
    assert dl.categories(COLOURS).tolist() == ["blue", "green", "red", "yellow"]
    assert encoded.shape == (4, 6)
    assert encoded.dtype == np.float64
    assert_one_hot(encoded, [2, 0, 2, 1, 3, 0], 0)
    decoded = dl.onehotdecode(encoded, dl.categories(COLOURS), 0)
    assert decoded.tolist() == COLOURS


@pytest.mark.parametrize("kind", [int, float], ids=["int", "double"])
def test_class_names_may_be_more_than_the_labels(kind):
    A = np.array([[1], [7], [10], [9], [8], [6]], kind)
    encoded = dl.onehotencode(A, 1, ClassNames=np.arange(1, 11, dtype=kind))
    assert encoded.shape == (6, 10)
    assert_one_hot(encoded, [0, 6, 9, 8, 7, 5], 1)


def test_one_dimension_counts_as_a_column():
    np.testing.assert_array_equal(dl.onehotencode(["b", "a"], 1), [[0, 1], [1, 0]])


@pytest.mark.parametrize(
    ("shape", "axis", "expected"),
    [
        ((1, 6), 0, (3, 6)),
        ((6, 1), 1, (6, 3)),
        ((2, 3), 2, (2, 3, 3)),
        ((2, 1, 3), 1, (2, 3, 3)),
        ((6,), 2, (6, 1, 3)),
    ],
    ids=["row", "column", "past-the-last", "middle", "column-past-the-last"],
)
def test_classes_go_along_the_dimension(shape, axis, expected):
    places = np.arange(6) % 3
    encoded = dl.onehotencode(np.array(["a", "b", "c"])[places].reshape(shape), axis)
    assert encoded.shape == expected
    rest = encoded.shape[:axis] + encoded.shape[axis + 1 :]
    assert_one_hot(encoded, places.reshape(rest), axis)


def test_class_names_set_the_order():
    encoded = dl.onehotencode(["a", "b"], 1, ClassNames=["b", "c", "a"])
    assert encoded.tolist() == [[0, 0, 1], [1, 0, 0]]


def test_categorical_with_an_unused_category(pandas):
    c = pandas.Categorical(["low", "high"], categories=["low", "mid", "high"])
    assert dl.onehotencode(c, 1).tolist() == [[1, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize("values", [["a", None], [4, None]], ids=["text", "int"])
def test_missing_value_of_a_categorical_is_nan(values, pandas):
    np.testing.assert_array_equal(dl.onehotencode(pandas.Categorical(values), 1), [[1], [np.nan]])


def test_numbers_of_numpy_in_a_list_of_objects_are_numbers():
    labels = np.array([np.int64(4), None, np.int32(3), np.float32("nan")], object)
    assert dl.categories(labels).tolist() == [3, 4]
    assert class_indices(labels, [3, 4]).tolist() == [1, -1, 0, -1]
    assert dl.categories(np.array([np.bool_(True), None], object)).tolist() == [True]


def test_missing_values_of_pandas(pandas):
    labels = np.array([pandas.NA, "b", pandas.NaT, "a"], object)
    assert dl.categories(labels).tolist() == ["a", "b"]
    np.testing.assert_array_equal(dl.onehotencode(labels, 1)[[0, 2]], np.full((2, 2), np.nan))
    assert dl.categories(pandas.Series(["a", pandas.NA], dtype="string")).tolist() == ["a"]


@pytest.mark.parametrize("label", [(1, 2), [1], {"a": 1}], ids=repr)
def test_a_label_is_no_container(label):
    labels = np.empty(2, object)
    labels[:] = [label, None]
    with pytest.raises(TypeError, match=r"categories: a label is text or a number; got [\[({]"):
        dl.categories(labels)


def test_missing_value_of_a_list_is_nan():
    np.testing.assert_array_equal(dl.onehotencode(["a", None], 1), [[1], [np.nan]])


@pytest.mark.parametrize(
    ("labels", "classes"),
    [(["a", "x"], ["a", "b"]), ([1, 9], [1, 2])],
    ids=["text", "int"],
)
def test_unknown_labels_are_nan(labels, classes):
    encoded = dl.onehotencode(labels, 1, ClassNames=classes)
    np.testing.assert_array_equal(encoded, [[1, 0], [np.nan, np.nan]])


@pytest.mark.parametrize(
    ("typename", "dtype"), [("single", np.float32), ("double", np.float64)], ids=str
)
def test_type_of_the_encoding(typename, dtype):
    encoded = dl.onehotencode(["a", "x"], 1, typename, ClassNames=["a"])
    assert encoded.dtype == dtype
    assert np.isnan(encoded[1, 0])


def test_no_labels():
    assert dl.onehotencode(np.array([], str), 1, ClassNames=["a", "b"]).shape == (0, 2)


def test_negative_dimension_counts_from_the_end():
    np.testing.assert_array_equal(
        dl.onehotencode([["a"], ["b"]], -1), dl.onehotencode([["a"], ["b"]], 1)
    )


@pytest.mark.parametrize("typename", ["int", "char", "", None], ids=str)
def test_encoding_into_other_types(typename):
    with pytest.raises(
        ValueError, match=r'onehotencode: typename must be one of "double", "single'
    ):
        dl.onehotencode(["a"], 1, typename)


@pytest.mark.parametrize(
    ("labels", "axis", "text"),
    [
        (["a", "b"], 0, "dimension 0 must have size 1, for the classes; the labels have size 2×1"),
        ([["a", "b"]], 1, "the labels have size 1×2"),
        ([["a", "b"]], 3, "dimension 3 must have size 1"),
    ],
    ids=["column", "row", "far"],
)
def test_dimension_for_the_classes_must_be_single(labels, axis, text):
    with pytest.raises(dl.ShapeError, match=text):
        dl.onehotencode(labels, axis)


@pytest.mark.parametrize("axis", ["C", 0.5, None], ids=str)
def test_dimension_of_another_type(axis):
    with pytest.raises((TypeError, ValueError), match="onehotencode: featureDim"):
        dl.onehotencode([["a", "b"]], axis)


# -- onehotdecode


@pytest.mark.parametrize(
    ("classes", "expected"),
    [(["a", "b"], [["b"], ["a"]]), ([10, 20], [[20], [10]])],
    ids=["text", "int"],
)
def test_decoding_takes_the_maximum(classes, expected):
    decoded = dl.onehotdecode([[0.2, 0.8], [0.9, 0.1]], classes, 1)
    assert decoded.tolist() == expected
    assert decoded.dtype.kind == np.asarray(classes).dtype.kind


def test_first_maximum_wins():
    assert dl.onehotdecode([[1.0, 3.0, 3.0]], ["a", "b", "c"], 1).tolist() == [["b"]]


def test_decoding_to_text():
    assert dl.onehotdecode([[0, 1]], [10, 20], 1, "string").tolist() == [["20"]]


@pytest.mark.parametrize("axis", ["C", 0], ids=["label", "number"])
def test_decoding_a_dlarray(axis):
    scores = dl.dlarray(np.array([[0.1, 0.7, 0.4], [0.9, 0.3, 0.6]]), "CB")
    decoded = dl.onehotdecode(scores, ["x", "y"], axis)
    assert isinstance(decoded, np.ndarray)
    assert decoded.tolist() == [["y", "x", "y"]]


def test_decoding_along_a_negative_dimension():
    assert dl.onehotdecode([[0, 1]], ["a", "b"], -1).tolist() == [["b"]]


@pytest.mark.parametrize(
    ("axis", "size"),
    [(0, "1×2"), (2, "1×2")],
    ids=["other-size", "far"],
)
def test_dimension_of_the_scores_must_have_the_classes(axis, size):
    with pytest.raises(
        dl.ShapeError,
        match=f"onehotdecode: dimension {axis} must have one element for each of 2 classes; got "
        f"size {size}",
    ):
        dl.onehotdecode([[0, 1]], ["a", "b"], axis)


def test_label_that_the_scores_do_not_have():
    scores = dl.dlarray(np.ones((2, 3)), "CB")
    with pytest.raises(ValueError, match=r"onehotdecode: .*T"):
        dl.onehotdecode(scores, ["a", "b"], "T")


def test_label_of_an_unformatted_array():
    with pytest.raises((TypeError, ValueError), match="onehotdecode: "):
        dl.onehotdecode([[0, 1]], ["a", "b"], "C")


def test_unknown_type_of_the_decoding():
    text = 'onehotdecode: typename must be "categorical", "string" or one of "double", "single", '
    with pytest.raises(ValueError, match=text):
        dl.onehotdecode([[0, 1]], ["a", "b"], 1, "cell")


@given(
    st.lists(st.text(max_size=4), min_size=1, max_size=20), st.sampled_from(["double", "single"])
)
@settings(deadline=None)
def test_decoding_gives_the_labels_back(labels, typename):
    A = np.array([label.rstrip("\0") for label in labels])  # NumPy drops them at the end
    decoded = dl.onehotdecode(dl.onehotencode(A, 1, typename), dl.categories(A), 1)
    assert decoded.ravel().tolist() == A.tolist()


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=20))
@settings(deadline=None)
def test_decoding_gives_integers_back(labels):
    classes = dl.categories(labels)
    decoded = dl.onehotdecode(dl.onehotencode(labels, 1), classes, 1)
    assert decoded.ravel().tolist() == labels
