"""Targets of `trainnet`: classes, numbers, and what does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import dlarray as dl
from dlarray.training.sequences import as_targets
from tests.training.small_networks import layers, linear, numbered, options, squared

CLASSES: dict[str, tuple[Any, list[Any]]] = {
    "text": (["b", "a", "c", "b"], ["a", "b", "c"]),
    "text array": (np.array(["b", "a", "c", "b"]), ["a", "b", "c"]),
    "objects": (np.array(["b", "a", "c", "b"], object), ["a", "b", "c"]),
    "integers": ([3, 1, 20, 3], [1, 3, 20]),
    "small integers": (np.array([3, 1, 20, 3], np.int8), [1, 3, 20]),
    "column": (np.array([["b"], ["a"], ["c"], ["b"]]), ["a", "b", "c"]),
    "categorical": (
        pd.Categorical(["b", "a", "c", "b"], categories=["c", "b", "a", "unused"]),
        ["c", "b", "a", "unused"],
    ),
    "categorical of integers": (pd.Categorical([3, 1, 20, 3], [20, 3, 1]), [20, 3, 1]),
    "series of a categorical": (
        pd.Series(["b", "a", "c", "b"], dtype=pd.CategoricalDtype(["c", "b", "a"])),
        ["c", "b", "a"],
    ),
    "series of text": (pd.Series(["b", "a", "c", "b"]), ["a", "b", "c"]),
    "series of integers": (pd.Series([3, 1, 20, 3], index=[7, 8, 9, 5]), [1, 3, 20]),
    "logical": ([True, False, False, True], [False, True]),
}


@pytest.mark.parametrize("name", CLASSES)
def test_classes_are_the_categories_or_sorted(name):
    T, expected = CLASSES[name]
    targets = as_targets("trainnet", T, count=4, encode_integers=True)
    assert targets.classes is not None
    assert targets.classes.tolist() == expected
    decoded = targets.classes[targets.values.argmax(axis=1)]
    assert decoded.tolist() == np.asarray(T).ravel().tolist()
    assert targets.values.sum(axis=1).tolist() == [1, 1, 1, 1]
    assert targets.values.dtype == np.float32


@pytest.mark.parametrize("name", ["categorical of integers", "series of a categorical"])
def test_categorical_targets_are_classes_to_a_loss_function_too(name):
    T, expected = CLASSES[name]
    targets = as_targets("trainnet", T, count=4, encode_integers=False)
    assert targets.classes is not None
    assert targets.classes.tolist() == expected


def test_series_of_a_categorical_of_integers_is_labels_too():
    T = pd.Series([3, 1, 20, 3], dtype="category")
    targets = as_targets("trainnet", T, count=4, encode_integers=False)
    assert targets.classes is not None


def test_integers_are_numbers_to_a_loss_function():
    targets = as_targets("trainnet", [3, 1, 20, 3], count=4, encode_integers=False)
    assert targets.classes is None
    assert targets.values.tolist() == [[3], [1], [20], [3]]


@pytest.mark.parametrize("name", ["text", "integers", "categorical"])
def test_network_knows_its_classes(name, rng):
    T, expected = CLASSES[name]
    X = [rng.standard_normal((5, 2)) for _ in range(4)]
    net = dl.trainnet(X, T, layers(2, len(expected)), "crossentropy", options(MaxEpochs=1))
    assert net.Usage.ClassNames == tuple(expected)


@pytest.mark.parametrize(
    ("T", "error", "text"),
    [
        (["a", "b"], dl.ShapeError, "there are 12 sequences and targets of size 2. Give one"),
        ("a", dl.ShapeError, "there are 12 sequences and targets of size 1. Give one"),
        ([["a", "b"]] * 12, dl.ShapeError, "12 sequences and targets of size 12×2"),
        (np.ones((2, 12)), dl.ShapeError, "12 sequences and targets of size 2×12"),
        ([], dl.ShapeError, "12 sequences and targets of size 0"),
        (
            np.array([np.ones(3)] * 11 + [np.ones(2)], object),
            ValueError,
            "targets for each time step are not available in this version",
        ),
    ],
    ids=["count", "one", "two each", "transposed", "none", "for each step"],
)
def test_targets_that_do_not_fit_raise(T, error, text, XT):
    with pytest.raises(error, match="trainnet: .*" + text):
        dl.trainnet(XT[0], T, layers(), "crossentropy", options())


def test_targets_of_more_dimensions_raise():
    X, _ = numbered(4)
    with pytest.raises(ValueError, match="trainnet: targets must be one label, or one row"):
        dl.trainnet(X, np.ones((4, 3, 2)), linear(), lambda Y, T: dl.sum(Y, "all"), options())


def test_ragged_targets_raise(XT):
    T = [["a"] * len(x) for x in XT[0]]
    with pytest.raises(
        ValueError, match=r"trainnet: .*targets for each time step are not available"
    ):
        dl.trainnet(XT[0], T, layers(), "crossentropy", options())


@pytest.mark.parametrize("place", [0, 3])
def test_missing_label_raises(place, XT):
    values: list[Any] = list(XT[1])
    values[place] = None
    with pytest.raises(
        ValueError, match=r"trainnet: the label .* is not one of the classes|missing"
    ):
        dl.trainnet(XT[0], pd.Categorical(values), layers(), "crossentropy", options())


@pytest.mark.parametrize("label", [pd.NA, np.float32("nan")], ids=repr)
def test_missing_label_of_any_kind_raises(label, XT):
    T = np.array(list(XT[1]), object)
    T[2] = label
    with pytest.raises(ValueError, match="trainnet: the label of observation 2 is missing"):
        dl.trainnet(XT[0], T, layers(), "crossentropy", options())


def test_strange_label_in_validation_raises(XT):
    made = options(ValidationData=(XT[0], ["up", "left"] * 6))
    with pytest.raises(
        ValueError,
        match=r"ValidationData: the label 'left' is not one of the classes \['down', 'up'",
    ):
        dl.trainnet(*XT, layers(), "crossentropy", made)


def test_accuracy_of_numbers_raises():
    with pytest.raises(ValueError, match="metric accuracy needs class labels as targets; they are"):
        dl.trainnet(*numbered(4), linear(), squared, options(Metrics="accuracy"))
