"""`confusionmat`."""

from __future__ import annotations

import numpy as np
import pytest

import dlarray as dl


@pytest.fixture
def pandas():
    return pytest.importorskip("pandas")


@pytest.mark.parametrize(
    ("true", "predicted"),
    [(["a", "b", "b", "c"], ["a", "a", "b", "c"]), ([1, 2, 2, 3], [1, 1, 2, 3])],
    ids=["text", "int"],
)
def test_rows_are_true_and_columns_predicted(true, predicted):
    counts = dl.confusionmat(true, predicted)
    assert counts.tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
    assert counts.dtype.kind == "i"


def test_classes_are_those_of_both():
    assert dl.confusionmat(["a", "a"], ["c", "b"]).tolist() == [[0, 1, 1], [0, 0, 0], [0, 0, 0]]


def test_order_of_the_classes():
    assert dl.confusionmat(["a", "b"], ["b", "b"], Order=["b", "z", "a"]).tolist() == [
        [1, 0, 0],
        [0, 0, 0],
        [1, 0, 0],
    ]


def test_counts_of_categoricals_follow_their_categories(pandas):
    c = pandas.Categorical(["low", "high", "low"], categories=["low", "mid", "high"])
    assert dl.confusionmat(c, c).tolist() == [[2, 0, 0], [0, 0, 0], [0, 0, 1]]


def test_counts_add_up(rng):
    true, predicted = rng.integers(0, 7, (2, 500))
    counts = dl.confusionmat(true, predicted)
    assert counts.sum() == 500
    assert np.trace(counts) == np.count_nonzero(true == predicted)
    np.testing.assert_array_equal(counts.sum(1), np.bincount(true, minlength=7))
    np.testing.assert_array_equal(counts.sum(0), np.bincount(predicted, minlength=7))


def test_no_labels_to_count():
    assert dl.confusionmat([], [], Order=["a"]).tolist() == [[0]]


@pytest.mark.parametrize(
    ("arguments", "options", "error", "text"),
    [
        ((["a"], ["a", "b"]), {}, dl.ShapeError, "1 true labels and 2 predicted ones"),
        ((["a"], ["b"]), {"Order": ["a"]}, ValueError, "a label is not in Order"),
    ],
    ids=["count", "order"],
)
def test_confusionmat_errors(arguments, options, error, text):
    with pytest.raises(error, match=f"confusionmat: {text}"):
        dl.confusionmat(*arguments, **options)
