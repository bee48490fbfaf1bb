"""Datastores: reading, combining, transforming, picking."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl

WRONG: Any = [1]


def read_all(ds):
    rows = []
    while dl.hasdata(ds):
        rows.append(ds.read())
    return rows


def test_an_array_is_read_along_its_first_dimension():
    ds = dl.arrayDatastore(np.arange(6.0).reshape(3, 2))
    assert len(ds) == 3
    assert [row[0].tolist() for row in read_all(ds)] == [[[0, 1]], [[2, 3]], [[4, 5]]]
    dl.reset(ds)
    assert ds.preview()[0].tolist() == ds.read()[0].tolist() == [[0, 1]]


def test_the_last_dimension_of_an_array_of_sequences():
    X = np.arange(24.0).reshape(4, 3, 2)
    ds = dl.arrayDatastore(X, IterationDimension=2)
    assert len(ds) == 2
    np.testing.assert_array_equal(ds.read()[0], X[:, :, 0])
    assert dl.arrayDatastore(X, IterationDimension=1).read()[0].shape == (4, 1, 2)


def test_a_vector_and_a_list():
    assert dl.arrayDatastore(np.arange(3)).read()[0].shape == (1, 1)
    assert read_all(dl.arrayDatastore(["a", "b"])) == [["a"], ["b"]]


def test_several_observations_and_bare_values():
    assert read_all(dl.arrayDatastore(list("abc"), ReadSize=2)) == [[["a"], ["b"]], [["c"]]]
    assert read_all(dl.arrayDatastore(list("abc"), OutputType="same")) == ["a", "b", "c"]
    bare = dl.arrayDatastore(list("abc"), OutputType="same", ReadSize=2)
    assert read_all(bare) == [["a", "b"], ["c"]]


@pytest.mark.parametrize("size", [1, 3])
def test_nothing_to_preview(size):
    ds = dl.arrayDatastore([], ReadSize=size)
    with pytest.raises(ValueError, match="ArrayDatastore: there is no observation to preview"):
        ds.preview()


def test_reading_past_the_end():
    ds = dl.arrayDatastore(["a"])
    ds.read()
    with pytest.raises(ValueError, match=r"all 1 observations were read\. Ask hasdata first"):
        ds.read()


def test_combining():
    ds = dl.combine(dl.arrayDatastore([1, 2, 3]), dl.arrayDatastore(["a", "b"]))
    assert ds.readall() == [[1, "a"], [2, "b"]]
    assert dl.combine(ds, dl.arrayDatastore([5, 6])).read() == [1, "a", 5]


def test_transforming():
    ds = dl.transform(dl.arrayDatastore([1, 2]), lambda row: [row[0], 10 * row[0]])
    assert ds.readall() == [[1, 10], [2, 20]]
    same = dl.arrayDatastore([1, 2], OutputType="same")
    assert dl.transform(same, lambda x: [-x]).readall() == [[-1], [-2]]


def test_a_subset_and_a_shuffled_copy():
    ds = dl.arrayDatastore(list(range(9)))
    assert ds.subset([4, 0, 4]).readall() == [[4], [0], [4]]
    assert ds.subset(np.arange(9) > 6).readall() == [[7], [8]]
    shuffled = dl.shuffle(ds)
    assert sorted(row[0] for row in shuffled.readall()) == list(range(9))
    assert ds.readall() == [[i] for i in range(9)]
    assert shuffled.readall() != ds.readall()
    assert shuffled.subset([0]).readall() == shuffled.readall()[:1]


def test_wrong_uses():
    ds = dl.arrayDatastore([1, 2])
    with pytest.raises(TypeError, match="combine: argument 2 must be a datastore; got list"):
        dl.combine(ds, WRONG)
    with pytest.raises(TypeError, match="combine: at least one datastore is needed"):
        dl.combine()
    with pytest.raises(TypeError, match="some datastores read rows, others bare values"):
        dl.combine(ds, dl.arrayDatastore([1, 2], OutputType="same"))
    with pytest.raises(TypeError, match="transform: the first argument must be a datastore"):
        dl.transform(WRONG, abs)
    with pytest.raises(TypeError, match="transform: the second argument must be a function"):
        dl.transform(ds, WRONG)
    with pytest.raises(TypeError, match=r"must return a list .* it returned int\. Return"):
        dl.transform(ds, lambda row: 3).read()
    with pytest.raises(ValueError, match="IterationDimension 2 is not one of the 2 dimensions"):
        dl.arrayDatastore(np.ones((3, 2)), IterationDimension=2)
    with pytest.raises(ValueError, match='OutputType must be one of "cell", "same"'):
        dl.arrayDatastore([1], OutputType="table")
    with pytest.raises(IndexError, match="subset: index 2 of 2 observations"):
        ds.subset([2])
    with pytest.raises(IndexError, match="indices are integers from 0, or a mask"):
        ds.subset([-1])
