"""What Python asks of an array: numbers, texts, membership, ufunc methods, copies, pickles."""

from __future__ import annotations

import copy
import functools
import operator
import pickle

import numpy as np
import pytest

import dlarray as dl
from tests import holds

DATA = np.random.default_rng(7).uniform(0.5, 2.0, (3, 5, 7))


def labelled(dtype="f8", fmt="CBT"):
    return dl.dlarray(DATA.astype(dtype), fmt)


assert_holds = functools.partial(holds.assert_holds, rtol=1e-12)


def traced(function):
    """What the function gives of a traced array."""
    return dl.dlfeval(function, labelled())


# -- one element as a number
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["", "CB", "CBT"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_one_element_is_a_number(fmt, dtype):
    X = dl.dlarray(np.full((1, 1), 2.5, dtype), fmt)
    assert (float(X), int(X), complex(X), X.item()) == (2.5, 2, 2.5 + 0j, 2.5)
    assert f"{X:.2f} {X:>5}" == "2.50   2.5"
    assert np.float32(X).item() == 2.5


@pytest.mark.parametrize("convert", [float, int, complex, "{:.2f}".format])
def test_several_elements_are_no_number(convert):
    text = r"dlarray: only one element makes a number; got 3\(C\) × 5\(B\) × 7\(T\)"
    with pytest.raises(TypeError, match=text):
        convert(labelled())


def test_a_text_without_a_form_is_that_of_repr():
    assert f"{labelled()}" == str(labelled()) == repr(labelled())


@pytest.mark.parametrize("use", [operator.index, range, lambda X: [1, 2, 3][X]])
def test_an_array_is_no_index(use):
    with pytest.raises(TypeError, match="dlarray"):
        use(dl.dlarray(1.0))


def test_round():
    assert_holds(round(labelled()), "CBT", np.round(DATA))


def test_a_traced_number_can_be_read():
    def function(x):
        loss = dl.sum(x, "all")
        return [float(loss), loss.item(), bool(loss), int(loss)]

    number = dl.sum(labelled(), "all").data.item()
    assert traced(function) == [number, number, True, int(number)]


# -- as a container
# ------------------------------------------------------------------------------------------------


def test_a_number_is_in_an_array_or_not():
    X = dl.dlarray([[1.0, 2.0], [np.nan, 4.0]], "CB")
    assert 2.0 in X and 4 in X and np.float32(1) in X and dl.dlarray(4.0) in X
    assert 3 not in X and np.nan not in X


def test_an_array_is_not_looked_for():
    with pytest.raises(ValueError, match=r"dlarray: `in` looks for one number; got 105\. Compare"):
        _ = DATA in labelled()


def test_length_and_iteration_of_no_elements():
    X = dl.dlarray(np.zeros((0, 5)), "CB")
    assert len(X) == 0 and list(X) == []


def test_unpacking():
    first, *others = labelled()
    assert_holds(first, "CBT", DATA[:1])
    assert len(others) == 2


def test_a_dlarray_is_no_key():
    with pytest.raises(TypeError, match="unhashable type: 'dlarray'"):
        _ = {labelled(): 1}


# -- the values for NumPy
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "read",
    [np.asarray, np.array, np.float64, lambda X: np.asarray([X]), lambda X: dl.dlarray([X, X])],
)
def test_values_of_a_traced_array_need_a_word(read):
    text = r"dlarray: the array is traced, and np.asarray gives values without it\. Use extractdata"
    with pytest.raises(dl.GradientError, match=text):
        traced(read)


def test_a_list_of_arrays_is_converted_as_numpy_converts_it():
    """NumPy asks the arrays in a list for their values alone; it does not ask them what to do."""
    X = labelled()
    both_values = np.array([X.data, X.data])
    np.testing.assert_array_equal(np.asarray([X, X]), both_values)
    assert type(np.sum([X, X])) is np.float64
    np.testing.assert_allclose(np.sum([X, X]), both_values.sum())
    with pytest.raises(dl.GradientError, match="the array is traced"):
        traced(lambda X: np.sum([X, X]))


def test_extractdata_of_a_traced_array_is_a_constant():
    values = traced(lambda X: dl.extractdata(X * 2))
    np.testing.assert_array_equal(values, DATA * 2)


def test_after_the_call_the_values_can_be_read():
    kept: list[dl.dlarray] = []
    traced(kept.append)
    np.testing.assert_array_equal(np.asarray(kept[0]), DATA)


def test_numpy_is_told_that_a_copy_is_needed():
    assert np.shares_memory(np.asarray(labelled(), copy=False), labelled().data) is False
    X = labelled()
    assert np.shares_memory(np.asarray(X, copy=False), X.data)
    with pytest.raises(ValueError, match=r"float64 become float32 by a copy only; got copy=False"):
        np.asarray(X, "f4", copy=False)


# -- ufuncs: methods, out=
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ufunc", [np.add, np.maximum, np.minimum])
@pytest.mark.parametrize("axis", [0, 1, -1, None])
def test_reduce(ufunc, axis):
    want = ufunc.reduce(DATA, axis=axis, keepdims=True)
    assert_holds(ufunc.reduce(labelled(), axis=axis), "CBT", want)
    assert_holds(ufunc.reduce(labelled(), axis), "CBT", want)


def test_reduce_is_along_the_first_dimension():
    assert_holds(np.add.reduce(labelled()), "CBT", DATA.sum(0, keepdims=True))
    assert_holds(np.logical_and.reduce(labelled() > 1), "CBT", (DATA > 1).all(0, keepdims=True))
    assert_holds(np.logical_or.reduce(labelled() > 1), "CBT", (DATA > 1).any(0, keepdims=True))


def test_accumulate():
    assert_holds(np.add.accumulate(labelled()), "CBT", DATA.cumsum(0))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda X: np.add.outer(X, X), r"numpy\.add\.outer has no rule for labels"),
        (lambda X: np.add.at(np.zeros(3), [0], X), r"numpy\.add\.at has no rule"),
        (lambda X: np.add.reduceat(X, [0]), r"numpy\.add\.reduceat has no rule"),
        (lambda X: np.hypot.reduce(X), r"numpy\.hypot\.reduce has no rule"),
        (lambda X: np.maximum.accumulate(X), r"numpy\.maximum\.accumulate has no rule"),
        (lambda X: np.add.reduce(X, dtype="f4"), "numpy.add.reduce: the option dtype has no mean"),
        (lambda X: np.add(X, 1, out=np.zeros(X.shape)), r"got out = 3×5×7 \(unformatted\)\. Write"),
        (lambda X: np.exp(X, out=labelled()), r"numpy.exp: a result with labels can't be written"),
        (lambda X: np.add(X, 1, dtype="f4"), r"numpy\.add with dtype has no rule"),
        (lambda X: np.add(X, 1, where=DATA > 1), r"numpy\.add with where has no rule"),
    ],
)
def test_other_ufunc_calls_are_errors(call, text):
    with pytest.raises(TypeError, match=text):
        call(labelled())


def test_a_plain_array_does_not_take_labels_in_place():
    x = DATA.copy()
    with pytest.raises(TypeError, match=r"numpy.add: .*Write a = a \+ X instead of a \+= X"):
        x += labelled()
    np.testing.assert_array_equal(x, DATA)


def test_an_operator_in_place_makes_a_new_array():
    X = alias = labelled()
    X += 1
    assert_holds(alias, "CBT", DATA)
    assert_holds(X, "CBT", DATA + 1)


# -- copies
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("fmt", ["CBT", "TBC", "SSU", ""])
@pytest.mark.parametrize("dtype", ["f4", "f8", "?"])
def test_every_pickle_protocol(protocol, fmt, dtype):
    X = labelled(dtype, fmt)
    Y = pickle.loads(pickle.dumps(X, protocol))
    assert (Y.dtype, Y.data.strides) == (X.dtype, X.data.strides)
    assert_holds(Y, dl.dims(X), X.data)


def test_a_pickle_can_keep_its_data_outside():
    X = labelled()
    buffers: list[pickle.PickleBuffer] = []
    stream = pickle.dumps(X, 5, buffer_callback=buffers.append)
    assert len(stream) < 500 and len(buffers) == 1
    assert_holds(pickle.loads(stream, buffers=buffers), "CBT", DATA)


@pytest.mark.parametrize(
    "view",
    [lambda X: X[::-1], lambda X: X[:, ::2], lambda X: X[:, :0], lambda X: X + 0 * X[:1]],
    ids=["turned", "strided", "empty", "broadcast"],
)
@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda X: pickle.loads(pickle.dumps(X))]
)
def test_views_can_be_duplicated(view, duplicate):
    X = view(labelled())
    assert_holds(duplicate(X), "CBT", X.data)


def test_containers_are_copied_deeply():
    tree = {"a": [labelled()], "b": labelled(fmt="")}
    twin = copy.deepcopy(tree)
    twin["a"][0][0] = 0
    assert_holds(tree["a"][0], "CBT", DATA)
