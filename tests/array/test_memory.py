"""Whose memory an array's data are: copies, promises, layouts, pickling."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray.formats import memory_order
from tests.holds import assert_holds

relaxed = settings(deadline=None)

DATA = np.arange(30.0).reshape(2, 3, 5)


# -- copies
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["SCB", "BTC", ""])
@pytest.mark.parametrize("dtype", ["f4", "f8", "?"])
def test_the_data_are_copied(fmt, dtype):
    x = DATA.astype(dtype)
    X = dl.dlarray(x, fmt)
    before = X.extractdata().copy()
    x[:] = 1 - x
    np.testing.assert_array_equal(X.extractdata(), before)


@pytest.mark.parametrize("fmt", ["SCB", "BTC", ""])
def test_without_copy_the_memory_is_shared(fmt):
    x = DATA.copy()
    X = dl.dlarray(x, fmt, copy=False)
    assert np.shares_memory(X.data, x)
    assert_holds(X, dl.dims(dl.dlarray(x, fmt)), dl.dlarray(x, fmt).extractdata())


def test_without_copy_a_vector_shares_memory():
    x = np.ones(7)
    assert np.shares_memory(dl.dlarray(x, "C", copy=False).data, x)


@pytest.mark.parametrize("value", [[1, 2], np.array([1, 2])], ids=["list", "integers"])
def test_without_copy_other_types_are_converted(value):
    assert_holds(dl.dlarray(value, copy=False), "", [[1], [2]])


def test_without_copy_an_assignment_spares_the_users_array():
    x = DATA.copy()
    X = dl.dlarray(x, copy=False)
    X[0] = -1
    np.testing.assert_array_equal(x, DATA)


@pytest.mark.parametrize("fmt", ["SCB", "CBT", "BTC", "SSC", "CUU"])
def test_data_lie_in_the_memory_order_of_the_kernels(fmt):
    X = dl.dlarray(DATA, fmt)
    assert X.data.transpose(memory_order(dl.dims(X))).flags.c_contiguous


def test_unformatted_data_lie_in_c_order():
    assert dl.dlarray(DATA.transpose(2, 0, 1)).data.flags.c_contiguous


def test_data_can_not_be_written_to():
    X = dl.dlarray(DATA, "SCB")
    with pytest.raises(ValueError, match="read-only"):
        X.data[0] = -1


# -- reading the values
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "read",
    [dl.extractdata, np.asarray, lambda X: X.extractdata()],
    ids=["function", "np", "method"],
)
def test_extracted_data_are_a_read_only_view(read):
    X = dl.dlarray(DATA, "SCB")
    values = read(X)
    assert np.shares_memory(values, X.data)
    with pytest.raises(ValueError, match="read-only"):
        values[0] = 1


@pytest.mark.parametrize(
    "make",
    [
        np.array,
        lambda X: np.asarray(X, "f4"),
        lambda X: np.array(X, "f8"),
        lambda X: np.asarray(X, copy=True),
    ],
    ids=["array", "other type", "same type", "copy"],
)
def test_numpy_copies_can_be_written_to(make):
    X = dl.dlarray(DATA, "SCB")
    values = make(X)
    values[0] = -1
    assert_holds(X, "SCB", DATA)


def test_numpy_gets_the_type_that_it_asks_for():
    assert np.asarray(dl.dlarray(DATA, "SCB"), "f4").dtype == np.float32


def test_a_gradient_can_be_kept_and_used():
    x = dl.dlarray(DATA, "SCB")
    slope = dl.dlfeval(lambda x: dl.dlgradient(dl.sum(x, "all"), x), x)
    slope[0] = 7
    assert_holds(slope, "SCB", np.where(DATA < 15, 7, 1))


# -- layouts
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [">f4", "<f4", ">f8", "<f8"])
@pytest.mark.parametrize("copy", [True, False])
def test_any_byte_order_becomes_that_of_the_machine(dtype, copy):
    X = dl.dlarray(DATA.astype(dtype), "SCB", copy=copy)
    assert X.dtype.isnative and X.dtype.itemsize == int(dtype[-1])
    assert_holds(dl.relu(X), "SCB", DATA)


@relaxed
@given(
    st.permutations(range(3)),
    st.tuples(*[st.sampled_from([1, -1, 2])] * 3),
    st.booleans(),
)
def test_strided_views_hold_the_values_of_their_copy(order, steps, share):
    x = DATA.transpose(order)[tuple(slice(None, None, step) for step in steps)]
    assert_holds(dl.dlarray(x, "SCB", copy=not share), "SCB", x.copy())


# -- copies of dlarrays, pickling
# ------------------------------------------------------------------------------------------------


def pickled(X):
    return pickle.loads(pickle.dumps(X))


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickled], ids=lambda f: f.__name__)
@pytest.mark.parametrize("fmt", ["SCB", "BTC", "SSU", ""])
@pytest.mark.parametrize("dtype", ["f4", "f8", "?"])
def test_duplicates_hold_the_same(duplicate, fmt, dtype):
    X = dl.dlarray(DATA.astype(dtype), fmt)
    Y = duplicate(X)
    assert Y.dtype == X.dtype
    assert_holds(Y, dl.dims(X), X.extractdata())
    Y[0] = 0
    assert X.extractdata().any() and not Y.extractdata()[0].any()


@pytest.mark.parametrize("fmt", ["SCB", "BTC", ""])
def test_pickling_keeps_the_memory_order(fmt):
    X = dl.dlarray(DATA, fmt)
    assert pickled(X).data.strides == X.data.strides


def test_pickling_a_view_stores_its_elements_only():
    X = dl.dlarray(np.zeros((3, 1000)), "CB")
    assert len(pickle.dumps(X[:, :2])) < 1000


@pytest.mark.parametrize("fmt", ["CB", ""])
def test_pickling_arrays_without_elements(fmt):
    assert_holds(pickled(dl.dlarray(np.zeros((3, 0)), fmt)), fmt, np.zeros((3, 0)))


def test_a_traced_array_is_not_pickled():
    text = r"dlarray: a traced array can't be pickled\. Pickle it after dlfeval, or use extractdata"
    with pytest.raises(TypeError, match=text):
        dl.dlfeval(pickle.dumps, dl.dlarray(DATA, "SCB"))


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy], ids=lambda f: f.__name__)
def test_a_copy_of_a_traced_array_is_the_same_variable(duplicate):
    x = dl.dlarray(3.0)
    slope = dl.dlfeval(lambda x: dl.dlgradient(duplicate(x) ** 2, x), x)
    assert slope.item() == 6
