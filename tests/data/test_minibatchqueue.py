"""`minibatchqueue`: mini-batches of every observation once, with types, labels and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

import dlarray as dl


def labelled_rows(n):
    """n observations of 3 features, whose first tells the number of the observation."""
    return np.arange(n)[:, None] + np.array([0, 0.25, 0.5])


def firsts(batches):
    return [x.data[0].tolist() for x in batches]


def test_a_format_out_of_order_is_permuted():
    X = np.arange(60.0).reshape(5, 4, 3)
    x = next(dl.minibatchqueue(list(X), MiniBatchFormat="SSB"))
    assert dl.dims(x) == "SSB"
    assert x.shape == (4, 3, 5)
    images = [np.zeros((10, 7, 2)) for _ in range(3)]
    assert next(dl.minibatchqueue(images, MiniBatchFormat="SSCB")).shape == (10, 7, 2, 3)
    rows = next(dl.minibatchqueue(labelled_rows(4), MiniBatchFormat="BC"))
    assert dl.dims(rows) == "CB"
    assert rows.shape == (3, 4)


@pytest.mark.parametrize("fmt", ["CTB", "TCB", "SUB", "CT", ""])
@pytest.mark.parametrize("cast", ["single", "double", "logical", ""])
def test_observations_are_what_one_array_of_them_would_be(fmt, cast):
    kinds = ["f8", "f4", "i8"]
    X = [np.round(3 * np.sin(np.arange(12) + i)).reshape(4, 3).astype(kinds[i]) for i in range(3)]
    if fmt == "CT":
        X = [x[:1] for x in X]
    got = next(dl.minibatchqueue(X, OutputCast=cast, MiniBatchFormat=fmt))
    stacked = np.concatenate(X) if fmt == "CT" else np.stack(X, -1)
    dtype = {"single": "f4", "double": "f8", "logical": "?", "": "f8"}[cast]
    want = dl.dlarray(stacked.astype(dtype), fmt)
    assert (got.dtype, got.fmt) == (want.dtype, want.fmt)
    np.testing.assert_array_equal(got.data, want.data)
    assert got.data.strides == want.data.strides  # as the kernels read it


def test_the_last_batch_is_returned_or_discarded():
    options: Any = {"MiniBatchSize": 2, "MiniBatchFormat": "BC"}
    rows = labelled_rows(5)
    assert firsts(dl.minibatchqueue(rows, **options)) == [[0, 1], [2, 3], [4]]
    discarding = dl.minibatchqueue(rows, PartialMiniBatch="discard", **options)
    assert firsts(discarding) == [[0, 1], [2, 3]]
    assert not dl.hasdata(discarding)


@given(n=st.integers(1, 23), size=st.integers(1, 9), seed=st.integers(0, 5))
def test_shuffling_visits_every_observation_once(n, size, seed):
    dl.rng(seed)
    mbq = dl.minibatchqueue(labelled_rows(n), MiniBatchSize=size, MiniBatchFormat="BC")
    for _ in range(2):
        dl.shuffle(mbq)
        assert sorted(i for batch in firsts(mbq) for i in batch) == list(range(n))


def test_shuffling_keeps_variables_together_and_depends_on_the_seed():
    X, T = labelled_rows(20), np.arange(20.0)
    orders = []
    for seed in (3, 3, 4):
        dl.rng(seed)
        mbq = dl.minibatchqueue((X, T), MiniBatchFormat="BC")
        mbq.shuffle()
        x, t = next(mbq)
        np.testing.assert_array_equal(x.data[0], t.data[0])
        orders.append(t.data[0].tolist())
    assert orders[0] == orders[1] != orders[2]


def test_reset_goes_back_to_the_start():
    mbq = dl.minibatchqueue(labelled_rows(4), MiniBatchSize=3, MiniBatchFormat="BC")
    first = next(mbq)
    assert dl.hasdata(mbq)
    next(mbq)
    assert not dl.hasdata(mbq)
    dl.reset(mbq)
    assert (next(mbq).data == first.data).all()


def test_an_empty_queue_says_what_to_do():
    mbq = dl.minibatchqueue(labelled_rows(1))
    next(mbq)
    with pytest.raises(StopIteration, match=r"no mini-batch is left\. Ask hasdata first, or reset"):
        next(mbq)


def test_parts_are_disjoint_and_complete():
    mbq = dl.minibatchqueue(labelled_rows(7), MiniBatchFormat="BC")
    parts = [firsts(dl.partition(mbq, 3, k))[0] for k in range(3)]
    assert [len(part) for part in parts] == [2, 2, 3]
    assert [i for part in parts for i in part] == list(range(7))
    assert len(firsts(mbq)[0]) == 7  # the queue itself is as it was


def test_types_and_forms_of_each_variable():
    X, T = labelled_rows(3), np.array([1.0, 0.0, 1.0])
    mbq = dl.minibatchqueue((X, T), OutputCast=["double", "logical"], OutputAsDlarray=[True, False])
    x, t = next(mbq)
    assert dl.underlyingType(x) == "double"
    assert dl.dims(x) == ""
    assert isinstance(t, np.ndarray)
    assert t.dtype == np.bool_
    assert dl.underlyingType(next(dl.minibatchqueue(X))) == "single"
    assert dl.underlyingType(next(dl.minibatchqueue(X, OutputCast=""))) == "double"


def test_a_function_pads_and_encodes():
    X = [np.full((t, 2), t, "f4") for t in (3, 5, 4)]
    T = ["b", "a", "b"]

    def preprocess(X, T):
        return dl.padsequences(X, 0, Direction="left"), dl.onehotencode(T, 1)

    mbq = dl.minibatchqueue((X, T), MiniBatchFcn=preprocess, MiniBatchFormat=["TCB", "BC"])
    x, t = next(mbq)
    assert dl.dims(x) == "CBT"
    assert x.shape == (2, 3, 5)
    np.testing.assert_array_equal(x.data[0], [[0, 0, 3, 3, 3], [5] * 5, [0, 4, 4, 4, 4]])
    np.testing.assert_array_equal(t.data, [[0, 1, 0], [1, 0, 1]])


def test_a_function_may_return_another_number_of_variables():
    def mean_and_all(X):
        return np.mean(X, axis=0), np.concatenate(X)

    mbq = dl.minibatchqueue(labelled_rows(4), 2, MiniBatchFcn=mean_and_all)
    mean, rows = next(mbq)
    assert mean.shape == (1, 3)
    assert rows.shape == (4, 3)
    with pytest.raises(ValueError, match=r"gave 2 variables; 1 are expected\. Give numOutputs"):
        next(dl.minibatchqueue(labelled_rows(4), MiniBatchFcn=mean_and_all))


def test_what_can_not_be_collated():
    with pytest.raises(dl.ShapeError, match='"collate" needs observations of one size; variable 0'):
        next(dl.minibatchqueue([np.zeros((3, 2)), np.zeros((4, 2))]))


def test_labels_need_encoding():
    with pytest.raises(TypeError, match=r"variable 0 holds <U1, not numbers\. Encode labels"):
        next(dl.minibatchqueue(["a", "b"]))
    mbq = dl.minibatchqueue(["a", "b"], OutputAsDlarray=False)
    assert next(mbq).ravel().tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"MiniBatchSize": 0}, ValueError, "MiniBatchSize must be a positive integer; got 0"),
        ({"PartialMiniBatch": "keep"}, ValueError, 'must be one of "return", "discard"'),
        ({"MiniBatchFcn": "stack"}, ValueError, 'must be "collate" or a function of lists'),
        ({"MiniBatchFormat": "BX"}, dl.FormatError, "MiniBatchFormat.*X"),
        ({"MiniBatchFormat": ["BC", "B"]}, ValueError, "has 2 values for 1 variables"),
        ({"MiniBatchFormat": [3]}, TypeError, "MiniBatchFormat must be text"),
        ({"OutputCast": "half"}, ValueError, "OutputCast must be one of"),
        ({"PreprocessingEnvironment": "parallel"}, ValueError, "not available in this version"),
        ({"OutputEnvironment": "gpu"}, ValueError, "not available in this version"),
        ({"MinibatchSize": 2}, TypeError, "no option MinibatchSize. Did you mean MiniBatchSize"),
    ],
)
def test_wrong_options(options, error, text):
    with pytest.raises(error, match=text):
        dl.minibatchqueue(labelled_rows(4), **options)


def test_wrong_data():
    wrong: Any = [1]
    with pytest.raises(TypeError, match="data must be a datastore, an array, a list"):
        dl.minibatchqueue(3.0)
    with pytest.raises(dl.ShapeError, match=r"differ in their number of observations: \[4, 3\]"):
        dl.minibatchqueue((np.ones((4, 2)), np.ones((3, 1))))
    for function in (dl.hasdata, dl.reset, dl.shuffle):
        with pytest.raises(TypeError, match="must be a minibatchqueue or a datastore; got list"):
            function(wrong)
    with pytest.raises(TypeError, match="partition: the first argument must be a minibatchqueue"):
        dl.partition(wrong, 2, 0)
    with pytest.raises(ValueError, match="partition: index must be below 2; got 2"):
        dl.partition(dl.minibatchqueue(labelled_rows(4)), 2, 2)


def test_it_prints_its_properties():
    text = repr(dl.minibatchqueue(labelled_rows(4), MiniBatchFormat="BC"))
    assert text.splitlines()[1] == "  minibatchqueue with 1 output and properties:"
    assert "           MiniBatchSize: 128" in text
    assert "         MiniBatchFormat: ['BC']" in text
