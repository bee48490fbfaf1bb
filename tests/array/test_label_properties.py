"""What holds for every order of labels: functions that name a label see the same dimension."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl

relaxed = settings(deadline=None, max_examples=30)
orders = st.permutations(range(4))

DATA = np.random.default_rng(11).permutation(210).reshape(2, 3, 5, 7) / 7 - 10
LABELS = "SCBT"

BY_LABEL = {
    "sort": lambda x, label: dl.sort(x, label),
    "sort descend": lambda x, label: dl.sort(x, label, "descend"),
    "indices": lambda x, label: dl.sort(x, label, nargout=2)[1],
    "cumsum": dl.cumsum,
    "cumprod": dl.cumprod,
    "diff": lambda x, label: dl.diff(x, 1, label),
    "flip": dl.flip,
    "circshift": lambda x, label: dl.circshift(x, 3, label),
    "cat": lambda x, label: dl.cat(label, x, 2 * x),
}


def labelled(order):
    """The same array, made from data whose dimensions lie in another order."""
    return dl.dlarray(DATA.transpose(order), "".join(LABELS[i] for i in order))


@pytest.mark.parametrize("function", BY_LABEL.values(), ids=BY_LABEL)
@relaxed
@given(order=orders, label=st.sampled_from(LABELS))
def test_the_order_of_the_data_does_not_matter(function, order, label):
    expected = function(dl.dlarray(DATA, LABELS), label)
    got = function(labelled(order), label)
    assert dl.isequal(got, expected)
    assert dl.dims(got) == LABELS


@pytest.mark.parametrize("function", BY_LABEL.values(), ids=BY_LABEL)
@pytest.mark.parametrize("axis", range(4))
def test_a_label_is_its_axis(function, axis):
    X = dl.dlarray(DATA, LABELS)
    named = function(X, LABELS[axis])
    assert dl.isequal(named, function(X, axis))
    assert dl.isequal(dl.stripdims(named), function(dl.stripdims(X), axis))


@relaxed
@given(order=orders)
def test_stripping_in_the_order_of_the_data_gives_them_back(order):
    fmt = "".join(LABELS[i] for i in order)
    X = labelled(order)
    assert dl.isequal(dl.stripdims(X, fmt), DATA.transpose(order))
    assert dl.isequal(dl.dlarray(dl.stripdims(X, fmt), fmt), X)


subscripts = st.tuples(
    *(
        st.one_of(
            st.integers(-n, n - 1),
            st.slices(n),
            st.lists(st.integers(-n, n - 1), max_size=4),
            st.lists(st.booleans(), min_size=n, max_size=n),
        )
        for n in DATA.shape
    )
)


def reference(index):
    """What is picked, one dimension after the other."""
    values = DATA
    for axis, part in enumerate(index):
        rows = np.arange(DATA.shape[axis])[part] if part != [] else []
        values = np.take(values, np.atleast_1d(rows).astype(int), axis)
    return values


@relaxed
@given(index=subscripts)
def test_subscripts_pick_one_dimension_after_the_other(index):
    got = dl.dlarray(DATA, LABELS)[index]
    assert dl.dims(got) == LABELS
    np.testing.assert_array_equal(got.data, reference(index))


@relaxed
@given(index=subscripts)
def test_what_is_assigned_is_what_is_read(index):
    X = dl.dlarray(DATA, LABELS)
    place = X[index]
    X[index] = -place - 100
    first = dl.dlarray(DATA, LABELS)
    assert np.all((X.data == first.data) | (X.data == -first.data - 100))
    assert dl.isequal(X[index], -place - 100)


@relaxed
@given(axis=st.integers(0, 3), data=st.data())
def test_deletion_leaves_the_others(axis, data):
    n = DATA.shape[axis]
    gone = data.draw(st.lists(st.integers(-n, n - 1), max_size=4))
    X = dl.dlarray(DATA, LABELS)
    del X[(*(slice(None),) * axis, gone, ...)]
    expected = np.delete(DATA, np.unique(np.array(gone, int) % n), axis)
    np.testing.assert_array_equal(X.data, expected)


@relaxed
@given(sizes=st.tuples(*(st.integers(0, 3) for _ in DATA.shape)))
def test_growth_adds_zeros(sizes):
    X = dl.dlarray(DATA, LABELS)
    X[tuple(n + m - 1 for n, m in zip(DATA.shape, sizes, strict=True))] = 0
    expected = np.pad(DATA, [(0, m) for m in sizes])
    expected[(-1,) * 4] = 0
    np.testing.assert_array_equal(X.data, expected)
