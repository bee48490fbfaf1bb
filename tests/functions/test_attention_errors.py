"""`attention`: what it refuses, and with which words."""

from __future__ import annotations

import numpy as np
import pytest

import dlarray as dl

Q = dl.dlarray(np.ones((6, 2, 7)), "CBT")
K = dl.dlarray(np.ones((6, 2, 5)), "CBT")
V = dl.dlarray(np.ones((9, 2, 5)), "CBT")


def ones(fmt, *shape):
    return dl.dlarray(np.ones(shape), fmt)


@pytest.mark.parametrize(
    ("arrays", "heads", "text"),
    [
        ((Q, ones("CBT", 3, 2, 5), V), 3, r"keys must have the channels of the queries\.\n  quer"),
        ((Q, K, ones("CBT", 9, 2, 4)), 3, r"values must have the sequence length of the keys\.\n"),
        ((Q, ones("CBT", 6, 1, 5), V), 3, r"queries, keys and values must have the same number"),
        (
            (Q, K, V),
            2,
            r"numHeads must divide the channels of .*; got 2 heads\.\n  queries: 6\(C\)",
        ),
        ((Q, K, V), 6, r"numHeads must divide the channels"),
    ],
    ids=["channels", "length", "observations", "heads of keys", "heads of values"],
)
def test_sizes_that_do_not_fit(arrays, heads, text):
    q, k, v = arrays
    with pytest.raises(dl.ShapeError, match=f"attention: {text}"):
        dl.attention(q, k, v, heads)


def test_the_sizes_are_listed():
    text = (
        r"\n  queries: 6\(C\) × 2\(B\) × 7\(T\)\n  keys:    6\(C\) × 2\(B\) × 5\(T\)\n"
        r"  values:  9\(C\) × 2\(B\) × 4\(T\)"
    )
    with pytest.raises(dl.ShapeError, match=text):
        dl.attention(Q, K, ones("CBT", 9, 2, 4), 3)


@pytest.mark.parametrize(
    ("fmt", "shape"),
    [("CB", (6, 2)), ("SBT", (6, 2, 7)), ("SCBT", (2, 6, 2, 7)), ("SSCB", (2, 3, 6, 2)),
     ("CTU", (6, 7, 2))],
    ids=["no sequence", "no C", "S and T", "two S", "U"],
)  # fmt: skip
def test_labels_that_are_no_sequence(fmt, shape):
    X = dl.dlarray(np.ones(shape), fmt)
    text = "attention: queries need a C dimension, one sequence dimension S or T, and B or none; g"
    with pytest.raises(dl.FormatError, match=text):
        dl.attention(X, X, X, 1)


@pytest.mark.parametrize("name", ["keys", "values"])
def test_other_labels_than_the_queries(name):
    arrays = {"keys": K, "values": V, name: ones("SCB", 5, 6, 2)}
    text = rf"attention: {name} must have the format of the queries, or none\.\n  queries: 6\(C\)"
    with pytest.raises(dl.FormatError, match=text):
        dl.attention(Q, arrays["keys"], arrays["values"], 3)


SIZE = "PaddingMask must have the size of the keys with one channel"


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"Scale": "none"}, ValueError, 'Scale must be "auto" or a number; got'),
        ({"Scale": None}, ValueError, "Scale must be a number"),
        ({"AttentionMask": "triangle"}, ValueError, 'AttentionMask must be one of "none", '),
        ({"AttentionMask": np.ones((7, 5))}, dl.ShapeError, "AttentionMask must have the size 5×7"),
        ({"PaddingMask": np.ones((6, 2, 5))}, dl.ShapeError, SIZE),
        ({"PaddingMask": np.ones((1, 2, 7))}, dl.ShapeError, SIZE),
        ({"PaddingMask": np.ones((1, 3, 5))}, dl.ShapeError, SIZE),
        ({"PaddingMask": "no"}, TypeError, "PaddingMask: data of type"),
        ({"DropoutProbability": 1}, ValueError, "DropoutProbability must be a number, at least 0"),
        ({"DropoutProbability": -0.1}, ValueError, "DropoutProbability must be a number"),
        ({"DropoutProbability": 0.5, "rng": 3}, TypeError, "rng must be a numpy.random.Generator"),
        ({"nargout": 3}, ValueError, "nargout must be 1 or 2; got 3"),
        ({"DataFormat": "CBT"}, dl.FormatError, 'queries is "CBT" already; DataFormat="CBT" is'),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)  # fmt: skip
def test_wrong_options(options, error, text):
    with pytest.raises(error, match=f"attention: {text}"):
        dl.attention(Q, K, V, 3, **options)


@pytest.mark.parametrize("heads", [0, -1, 1.5, "2", None], ids=str)
def test_wrong_number_of_heads(heads):
    with pytest.raises(ValueError, match="attention: numHeads must be a positive integer; got"):
        dl.attention(Q, K, V, heads)


def test_logical_data():
    with pytest.raises(TypeError, match="attention: queries: logical data not supported"):
        dl.attention(Q > 0, K, V, 3)


def test_unformatted_queries_need_labels():
    text = r"attention: queries must be a formatted dlarray; got 6×2×7 \(unformatted\)"
    with pytest.raises(dl.FormatError, match=text):
        dl.attention(np.ones((6, 2, 7)), K, V, 3)
