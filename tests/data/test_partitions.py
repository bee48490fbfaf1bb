"""`trainingPartitions`: sizes, disjoint parts, seeds, errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl


def assert_partition(parts, n):
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(n))


@pytest.mark.parametrize(
    ("n", "splits", "sizes"),
    [
        (1000, [0.8, 0.1, 0.1], [800, 100, 100]),
        (7, [0.5, 0.5], [3, 4]),
        (30, [0.1, 0.9], [3, 27]),
        (10, [0.7, 0.3], [7, 3]),
        (5, [0.3, 0.3, 0.4], [1, 1, 3]),
        (1, [0.5, 0.5], [0, 1]),
        (100, np.array([0.29, 0.71]), [29, 71]),
        (9, [1 / 3, 1 / 3, 1 / 3], [3, 3, 3]),
    ],
    ids=str,
)
def test_sizes(n, splits, sizes):
    parts = dl.trainingPartitions(n, splits)
    assert isinstance(parts, tuple)
    assert [len(part) for part in parts] == sizes
    assert all(part.dtype.kind == "i" for part in parts)
    assert_partition(parts, n)


@given(
    st.integers(1, 300),
    st.lists(st.integers(1, 9), min_size=2, max_size=5),
)
@settings(deadline=None)
def test_parts_are_disjoint_and_cover_all(n, weights):
    splits = [w / sum(weights) for w in weights]
    parts = dl.trainingPartitions(n, splits)
    assert_partition(parts, n)
    assert [len(part) for part in parts[:-1]] == [n * w // sum(weights) for w in weights[:-1]]


def test_indices_are_shuffled():
    parts = dl.trainingPartitions(1000, [0.5, 0.5])
    for part in parts:
        assert np.any(np.diff(part) < 0)
        assert 300 < np.median(part) < 700


def test_a_seed_repeats_the_parts():
    dl.rng(3)
    first = dl.trainingPartitions(100, [0.5, 0.5])
    second = dl.trainingPartitions(100, [0.5, 0.5])
    dl.rng(3)
    again = dl.trainingPartitions(100, [0.5, 0.5])
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, second)


def test_seeds_give_different_parts():
    dl.rng(1)
    one = dl.trainingPartitions(100, [0.5, 0.5])
    dl.rng(2)
    assert not np.array_equal(one, dl.trainingPartitions(100, [0.5, 0.5]))


@pytest.mark.parametrize(
    ("n", "splits", "text"),
    [
        (0, [0.5, 0.5], "numObservations must be a positive integer; got 0"),
        (2.5, [0.5, 0.5], "numObservations must be a positive integer; got 2.5"),
        (10, [0.5, 0.6], r"splits must sum to 1; \[0.5, 0.6\] sums to 1.1"),
        (10, [], r"splits must sum to 1; \[\] sums to 0"),
        (10, [0.0, 1.0], "splits must be a number, above 0"),
        (10, [-0.5, 1.5], "splits must be a number, above 0"),
        (10, [np.nan, 1], "splits must be a number, above 0"),
        (10, [0.5, "0.5"], "splits must be a number, above 0"),
        (10, [1.0], "splits must be a number, above 0 and below 1"),
    ],
    ids=["0", "fraction", "sum", "none", "zero", "negative", "nan", "text", "one"],
)
def test_errors(n, splits, text):
    with pytest.raises(ValueError, match=f"trainingPartitions: {text}"):
        dl.trainingPartitions(n, splits)
