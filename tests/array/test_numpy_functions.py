"""NumPy's functions on dlarrays: values as NumPy has them, labels kept, options refused."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.array.numpy_rules import RULES
from tests import holds

numpy: Any = np  # whose types know no labels

DATA = np.random.default_rng(3).uniform(0.5, 2.0, (3, 5, 7))
MATRIX = np.random.default_rng(4).uniform(0.5, 2.0, (3, 5))


def labelled(dtype="f8", fmt="CBT"):
    return dl.dlarray(DATA.astype(dtype), fmt)


assert_holds = functools.partial(holds.assert_holds, rtol=1e-6, atol=1e-12)


# -- over dimensions
# ------------------------------------------------------------------------------------------------

REDUCTIONS = [
    *(np.sum, np.mean, np.prod, np.max, np.amax, np.min, np.amin, np.any, np.all, np.median),
    *(np.std, np.var, np.ptp, np.count_nonzero),
]


@pytest.mark.parametrize("function", REDUCTIONS)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_reductions_are_over_all_dimensions(function, dtype):
    X = labelled(dtype)
    assert_holds(function(X), "CBT", function(DATA, keepdims=True))
    if function is not np.count_nonzero and function not in (np.any, np.all):
        assert function(X).dtype == dtype


@pytest.mark.parametrize("function", REDUCTIONS)
@pytest.mark.parametrize(("axis", "label"), [(1, "B"), (-1, "T"), ((0, 2), "CT")])
def test_reductions_take_axes_and_labels(function, axis, label):
    want = function(DATA, axis=axis, keepdims=True)
    assert_holds(function(labelled(), axis=axis), "CBT", want)
    assert_holds(function(labelled(), axis=label), "CBT", want)
    assert_holds(function(labelled(), axis=axis, keepdims=True), "CBT", want)


@pytest.mark.parametrize("function", [np.std, np.var])
def test_the_divisor_of_a_spread(function):
    assert_holds(function(labelled(), "B", ddof=1), "CBT", function(DATA, 1, ddof=1, keepdims=True))
    with pytest.raises(ValueError, match=r"the divisor is n or n - 1, ddof 0 or 1; got 2"):
        function(labelled(), ddof=2)


def test_dimensions_do_not_vanish():
    text = r"numpy.sum: reduced dimensions stay, with size 1; got keepdims=False\. .*squeeze"
    with pytest.raises(ValueError, match=text):
        np.sum(labelled(), axis=0, keepdims=False)


@pytest.mark.parametrize(
    ("call", "option"),
    [
        (lambda X: np.sum(X, dtype="f4"), "dtype"),
        (lambda X: np.sum(X, 0, None, np.zeros((5, 7))), "out"),
        (lambda X: np.max(X, out=np.zeros(())), "out"),
        (lambda X: np.mean(X, where=DATA > 1), "where"),
        (lambda X: np.sum(X, initial=3.0), "initial"),
        (lambda X: np.concatenate([X, X], dtype="f4"), "dtype"),
        (lambda X: np.zeros_like(X, order="F"), "order"),
        (lambda X: numpy.argmax(X, axis=0, out=np.zeros(())), "out"),
        (lambda X: np.take(X, [0], axis=0, mode="wrap"), "mode"),
    ],
)
def test_options_without_a_meaning_are_refused(call, option):
    with pytest.raises(TypeError, match=rf"numpy\.\w+: the option {option} has no meaning .*pos"):
        call(labelled())


def test_defaults_may_be_given():
    assert_holds(
        np.sum(labelled(), axis=1, dtype=None, out=None), "CBT", DATA.sum(1, keepdims=True)
    )


def test_a_gradient_goes_through_numpy_functions():
    def loss(X):
        return np.sum(np.where(X > 1, X * X, 0)) + np.sum(np.clip(X, 1, 1.5))

    def gradient(X):
        return dl.dlgradient(loss(X), X)

    want = np.where(DATA > 1, 2 * DATA, 0) + ((DATA > 1) & (DATA < 1.5))
    assert_holds(dl.dlfeval(gradient, labelled()), "CBT", want)


# -- along a dimension
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [np.cumsum, np.cumprod, np.sort, np.argsort, np.diff])
def test_functions_along_a_dimension(function):
    assert_holds(function(labelled(), axis=1), "CBT", function(DATA, axis=1))
    assert_holds(function(labelled(), axis="B"), "CBT", function(DATA, axis=1))


@pytest.mark.parametrize("function", [numpy.argmax, np.argmin])
def test_places_of_extremes(function):
    assert_holds(function(labelled(), axis="B"), "CBT", function(DATA, axis=1, keepdims=True))


@pytest.mark.parametrize(
    "call",
    [
        numpy.argmax,
        lambda X: np.repeat(X, 2),
        lambda X: np.take(X, [0, 1]),
        lambda X: np.roll(X, 1),
        lambda X: np.concatenate([X, X], axis=None),
        np.cumsum,
    ],
)
def test_nothing_is_flattened(call):
    text = r"without an axis NumPy flattens the array, and its labels would go\. Give an axis"
    with pytest.raises(ValueError, match=text):
        call(labelled())


# -- elements
# ------------------------------------------------------------------------------------------------


def test_clip():
    assert_holds(np.clip(labelled(), 0.8, 1.2), "CBT", np.clip(DATA, 0.8, 1.2))
    assert_holds(np.clip(labelled(), None, 1.2), "CBT", np.clip(DATA, None, 1.2))


CLOSE = np.array([[1.0, 1.0 + 1e-9, 1.1, np.inf, np.inf, np.nan]])
OTHER = np.array([[1.0, 1.0, 1.0, np.inf, -np.inf, np.nan]])


@pytest.mark.parametrize("equal_nan", [False, True])
def test_isclose_is_that_of_numpy(equal_nan):
    got = np.isclose(dl.dlarray(CLOSE, "CB"), OTHER, equal_nan=equal_nan)
    assert got.dtype == np.bool_
    assert_holds(got, "CB", np.isclose(CLOSE, OTHER, equal_nan=equal_nan))


def test_allclose_and_array_equal_give_one_truth():
    X = labelled()
    assert np.allclose(X, DATA + 1e-12) is True
    assert np.allclose(X, X + 1) is False
    assert np.array_equal(X, labelled()) is True
    assert np.array_equal(X, X + 1) is False
    assert np.array_equal(X, X.stripdims()) is False
    assert np.array_equal(X, DATA) is True
    Y = dl.dlarray([[np.nan]])
    assert np.array_equal(Y, Y) is False
    assert np.array_equal(Y, Y, equal_nan=True) is True


# -- shapes
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "fmt"),
    [
        (lambda x: np.concatenate([x, x]), "CBT"),
        (lambda x: np.concatenate((x, DATA), axis=-1), "CBT"),
        (lambda x: np.stack([x, x], axis=3), "CBTU"),
        (lambda x: np.stack([x, x], axis=-1), "CBTU"),
        (lambda x: np.flip(x), "CBT"),
        (lambda x: np.flip(x, (0, 2)), "CBT"),
        (np.flipud, "CBT"),
        (np.fliplr, "CBT"),
        (lambda x: np.roll(x, 2, axis=1), "CBT"),
        (lambda x: np.roll(x, (1, -2), axis=(0, 2)), "CBT"),
        (lambda x: np.repeat(x, 3, axis=1), "CBT"),
        (lambda x: np.repeat(x, [1, 0, 2], axis=0), "CBT"),
        (lambda x: np.take(x, [4, 0, 4], axis=1), "CBT"),
        (np.copy, "CBT"),
        (np.zeros_like, "CBT"),
        (np.ones_like, "CBT"),
        (lambda x: np.full_like(x, 3), "CBT"),
        (lambda x: np.tile(x, (2, 1, 3)), "CBT"),
        (lambda x: np.tile(x, 2), "CBT"),
    ],
)
def test_shapes(call, fmt):
    assert_holds(call(labelled()), fmt, call(DATA))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.reshape(x, (7, -1)),
        lambda x: np.reshape(x, (5, 21), order="F"),
        lambda x: np.transpose(x),
        lambda x: np.transpose(x, (1, 2, 0)),
        lambda x: np.swapaxes(x, 0, -1),
        lambda x: np.expand_dims(x, 1),
        lambda x: np.expand_dims(x, (0, -1)),
        lambda x: np.stack([x, x]),
        lambda x: np.stack([x, x], axis=1),
        lambda x: np.squeeze(x[:, :1]),
    ],
)
def test_shapes_of_unformatted_arrays(call):
    assert_holds(call(dl.dlarray(DATA)), "", call(DATA))


def test_parts():
    for got, want in zip(
        numpy.split(labelled(), [1, 4], axis="B"), np.split(DATA, [1, 4], axis=1), strict=True
    ):
        assert_holds(got, "CBT", want)
    for got, want in zip(
        numpy.array_split(labelled(), 4, axis=2), np.array_split(DATA, 4, axis=2), strict=True
    ):
        assert_holds(got, "CBT", want)
    with pytest.raises(dl.ShapeError, match=r"numpy.split: 5 elements along axis 1 .* no 2 equal"):
        numpy.split(labelled(), 2, axis=1)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda X: np.reshape(X, (15, 7)), r"numpy.reshape: the new dimensions of 3\(C\) × 5\(B\)"),
        (lambda X: np.stack([X, X]), r"numpy.stack: a new axis 0 of 3\(C\) × 5\(B\) × 7\(T\)"),
        (lambda X: np.transpose(X), "permute: dimensions of formatted data change places only"),
        (lambda X: np.expand_dims(X, 0), "a new dimension .* would have no label"),
        (
            lambda X: np.concatenate([X, X], axis=3),
            "axis 3 is not one of the 3 dimensions. Use cat",
        ),
        (lambda X: np.full_like(X, [1, 2]), "one number fills"),
        (lambda X: np.reshape(X.stripdims(), (15, 7), order="A"), 'the order is "C" or "F"'),
        (lambda X: numpy.sum(X, axis="S"), 'sum: no dimension is labelled "S"'),
        (lambda X: np.sum(X, axis=3), "axis 3 is not one of the 3 dimensions"),
        (lambda X: np.tile(X, (1, 1, 1, 2)), "numpy.tile: 4 repetitions for the 3 dimensions"),
    ],
)
def test_what_would_lose_labels_is_an_error(call, text):
    with pytest.raises(ValueError, match=text):
        call(labelled())


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda X: numpy.stack([X, X], 4), ValueError, r"numpy.stack: axis 4 .* axes are 0 to 3\."),
        (lambda X: numpy.stack([X, X], -5), ValueError, "numpy.stack: axis -5 is not one of the 4"),
        (lambda X: numpy.stack([X, X], 1.5), TypeError, "numpy.stack: a dimension is an axis"),
        (lambda X: numpy.stack([X, X], "C"), TypeError, "numpy.stack: a new axis .* the label 'C'"),
        (lambda X: numpy.stack([X, X], None), ValueError, "numpy.stack: without an axis"),
        (lambda X: numpy.expand_dims(X, 4), ValueError, "numpy.expand_dims: axis 4 .* are 0 to 3"),
        (lambda X: numpy.expand_dims(X, (0, -6)), ValueError, "numpy.expand_dims: axis -6 is not"),
        (
            lambda X: numpy.expand_dims(X, (1, 1)),
            ValueError,
            "numpy.expand_dims: an axis is named tw",
        ),
        (
            lambda X: numpy.expand_dims(X, 1.5),
            TypeError,
            "numpy.expand_dims: a dimension is an axis",
        ),
        (
            lambda X: numpy.expand_dims(X, "C"),
            TypeError,
            "numpy.expand_dims: a new axis .* label 'C'",
        ),
    ],
)
@pytest.mark.parametrize("fmt", ["", "CBT"])
def test_a_new_axis_is_one_of_the_result(call, error, text, fmt):
    with pytest.raises(error, match=text):
        call(dl.dlarray(DATA, fmt))


def test_telling():
    X = labelled("f4")
    assert (np.shape(X), np.ndim(X), np.size(X), numpy.size(X, "B")) == ((3, 5, 7), 3, 105, 5)
    assert np.array_repr(X) == np.array_str(X) == repr(X)
    assert np.isrealobj(X) and not np.iscomplexobj(X)
    assert np.shares_memory(X, X.data) and not np.may_share_memory(X, DATA)
    assert np.zeros_like(X).dtype == np.float32
    assert np.zeros_like(X, dtype=bool).dtype == np.bool_


@pytest.mark.parametrize("function", [np.linalg.inv, np.linalg.det, np.fft.fft, np.fft.ifft])
def test_linear_algebra(function):
    got = function(dl.dlarray(MATRIX[:, :3]))
    np.testing.assert_allclose(got.extractdata().squeeze(), function(MATRIX[:, :3]))


def test_products():
    A = dl.dlarray(MATRIX)
    assert_holds(np.dot(A, MATRIX.T), "", MATRIX @ MATRIX.T)
    with pytest.raises(dl.FormatError, match="mtimes: a matrix product needs unformatted data"):
        np.dot(dl.dlarray(MATRIX, "CB"), A)


# -- what has no rule
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda X: np.pad(X, 1), r"numpy\.pad has no rule for labels here\. Compose it"),
        (lambda X: np.einsum("ijk->i", X), r"numpy\.einsum has no rule .*extractdata"),
        (np.linalg.norm, r"numpy\.linalg\.norm has no rule .*extractdata"),
        (np.linalg.svd, r"numpy\.linalg\.svd has no rule .*extractdata"),
        (np.unique, r"numpy\.unique has no rule"),
        (np.nonzero, r"numpy\.nonzero has no rule"),
        (np.ravel, r"numpy\.ravel has no rule for labels here\. Use dlarray\.reshape"),
        (
            lambda X: np.append(X, X),
            r"numpy\.append has no rule for labels here\. Use dlarray\.cat",
        ),
        (lambda X: np.copyto(np.zeros(X.shape), X), r"numpy\.copyto .* Use dlarray\.extractdata"),
        (lambda X: np.save("nothing.npy", X), r"numpy\.save has no rule"),
    ],
)
def test_other_functions_name_the_way(call, text):
    with pytest.raises(TypeError, match=text):
        call(labelled())


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_the_names_of_numpys_parameters(name):
    function = functools.reduce(getattr, name.split("."), numpy)
    try:
        theirs = set(inspect.signature(function).parameters)
    except ValueError:
        pytest.skip("this version of NumPy does not tell")
    assert set(inspect.signature(RULES[name]).parameters) <= theirs
