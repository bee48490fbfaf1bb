"""Reductions: the dimensions reduced stay, with size 1 and their labels."""

import functools

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES, checkGradients
from tests import holds
from tests.golden import rand

assert_holds = functools.partial(holds.assert_holds, rtol=1e-12, atol=1e-12)


each_reduction = pytest.mark.parametrize("call", ["sum", "mean", "any", "all", "max", "min"])


def reduced(call, X, dim=None):
    return getattr(dl, call)(X, dim=dim)


def expected(call, x, axis):
    return getattr(np, call)(x, axis=axis, keepdims=True)


@each_reduction
@pytest.mark.parametrize(
    ("dim", "axes"),
    [
        (0, (0,)),
        (-1, (3,)),
        ((0, 2), (0, 2)),
        ([1], (1,)),
        ("C", (2,)),
        ("S", (0, 1)),
        ("SB", (0, 1, 3)),
        ("all", (0, 1, 2, 3)),
        ("ALL", (0, 1, 2, 3)),
        (None, (0,)),
    ],
    ids=str,
)
def test_reduced_dimensions_stay_with_size_1(call, dim, axes, rng):
    x = rng.standard_normal((7, 5, 3, 2))
    assert_holds(reduced(call, dl.dlarray(x, "SSCB"), dim), "SSCB", expected(call, x, axes))


@each_reduction
def test_the_default_dimension_is_the_first_of_size_other_than_1(call, rng):
    x = rng.standard_normal((1, 1, 5, 3))
    assert_holds(reduced(call, dl.dlarray(x)), "", expected(call, x, 2))


@each_reduction
def test_reducing_a_trailing_u_drops_it(call, rng):
    x = rng.standard_normal((3, 5, 2))
    assert_holds(reduced(call, dl.dlarray(x, "CBU"), 2), "CB", expected(call, x, 2)[..., 0])


@each_reduction
def test_nan_goes_through_or_counts_as_true(call):
    x = np.array([[0.0, np.nan], [1.0, 2.0]])
    assert_holds(reduced(call, dl.dlarray(x, "CB"), 0), "CB", expected(call, x, 0))


@pytest.mark.parametrize("function", [dl.sum, dl.mean], ids=["sum", "mean"])
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_sums_keep_the_type(function, dtype):
    assert function(dl.dlarray(np.ones((3, 5), dtype), "CB"), "C").dtype == dtype


@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("fmt", ["SCBT", "BTSC", "TSBC", ""])
@pytest.mark.parametrize("axis", range(4))
def test_sums_of_large_arrays(axis, fmt, dtype, rng):
    x = rng.standard_normal((23, 11, 13, 17)).astype(dtype)
    X = dl.dlarray(x, fmt)
    values = X.extractdata().astype(np.float64)
    atol = TOLERANCES[dtype] * np.abs(values).sum(axis=axis).max()
    total = dl.sum(X, axis).extractdata()
    np.testing.assert_allclose(total, expected("sum", values, axis), rtol=0, atol=atol)


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((1, 5003, 3), (1,)),
        ((7, 2003, 1), (0, 1)),
        ((50021, 3, 1), (0,)),
        ((2003, 11, 13), (0, 2)),
        ((13, 2003, 11), (0, 1)),
        ((13, 11, 2003), (0, 1, 2)),
        ((11, 2003, 13), (1,)),
    ],
    ids=str,
)
def test_single_precision_sums_lose_little(shape, axes, order, rng):
    """One after the other, 5000 numbers would lose 100 units in the last place."""
    x = np.asarray(rng.uniform(0.5, 1.5, shape).astype(np.float32), order=order)
    X = dl.dlarray(x, copy=False)
    expected = np.asarray(x.astype(np.float64).sum(axis=axes, keepdims=True))
    rtol = 8 * float(np.finfo(np.float32).eps)
    np.testing.assert_allclose(dl.sum(X, axes).data, expected, rtol=rtol)
    expected = expected * expected.size / x.size
    np.testing.assert_allclose(dl.mean(X, axes).data, expected, rtol=rtol)


@pytest.mark.parametrize("axes", [(0,), (1,), (3,), (0, 1), (0, 3), (1, 3), (0, 1, 3)], ids=str)
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1), (1, 3, 2, 0)], ids=str)
def test_a_sum_does_not_depend_on_the_rest_of_the_batch(order, axes, rng):
    """Few numbers are added by NumPy, many by a kernel; the bits are the same."""
    x = rng.standard_normal((5, 83, 67, 3)).astype(np.float32)
    whole = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
    batch = dl.dlarray(whole, copy=False)
    for n in (2, 20):
        some = x[:, :, :n].transpose(order).copy().transpose(np.argsort(order))
        got = dl.sum(dl.dlarray(some, copy=False), axes).data
        np.testing.assert_array_equal(got, dl.sum(batch, axes).data[:, :, :n])


@pytest.mark.parametrize("shape", [(1, 5003, 3), (2003, 11, 13)], ids=str)
def test_gradients_of_expanded_single_precision_operands_lose_little(shape, rng):
    weight = rng.uniform(0.5, 1.5, shape).astype(np.float32)
    x = dl.dlarray(np.ones((1, 1, shape[2]), np.float32))
    slope = dl.dlfeval(lambda x: dl.dlgradient(dl.sum(x * weight, "all"), x), x)
    expected = weight.astype(np.float64).sum(axis=(0, 1), keepdims=True)
    np.testing.assert_allclose(slope.data, expected, rtol=8 * float(np.finfo(np.float32).eps))


def test_the_mean_over_channels_of_a_batch_of_images():
    Y = dl.mean(dl.dlarray(rand(4, 5, 3, 2), "SSCB"), 2)
    assert (dl.dims(Y), Y.shape) == ("SSCB", (4, 5, 1, 2))


@pytest.mark.parametrize("shape", [(0, 5), (3, 0)], ids=str)
def test_over_nothing_the_sum_is_0_and_the_mean_nan(shape):
    X = dl.dlarray(np.zeros(shape), "CB")
    axis = shape.index(0)
    size = tuple(1 if i == axis else n for i, n in enumerate(shape))
    assert_holds(dl.sum(X, axis), "CB", np.zeros(size))
    assert_holds(dl.mean(X, axis), "CB", np.full(size, np.nan))
    assert_holds(dl.any(X, axis), "CB", np.zeros(size, bool))
    assert_holds(dl.all(X, axis), "CB", np.ones(size, bool))


@pytest.mark.parametrize("call", ["max", "min"])
def test_over_nothing_there_is_no_extreme(call):
    text = rf"{call}: there is no element to choose from; got 0\(C\) × 5\(B\), dimensions \(0,\)"
    with pytest.raises(dl.ShapeError, match=text):
        getattr(dl, call)(dl.dlarray(np.zeros((0, 5)), "CB"), dim=0)


def test_an_empty_list_of_dimensions_reduces_nothing():
    X = dl.dlarray(np.ones((3, 5)), "CB")
    assert_holds(dl.sum(X, ()), "CB", np.ones((3, 5)))


@each_reduction
@pytest.mark.parametrize(
    ("dim", "error", "text"),
    [
        ("T", dl.FormatError, 'no dimension is labelled "T"; the data are "CB"'),
        (2, ValueError, "axis 2 is not one of the 2 dimensions"),
        ((0, 0), ValueError, "an axis is named twice"),
        ("SS", dl.FormatError, 'no dimension is labelled "S"'),
        ("CC", ValueError, 'a label is named twice in "CC"'),
        ("c", dl.FormatError, "'c' in format \"c\" is not a label"),
    ],
    ids=["absent label", "axis", "axis twice", "absent twice", "label twice", "small letter"],
)
def test_wrong_dimensions_are_errors(call, dim, error, text):
    with pytest.raises(error, match=f"{call}: {text}"):
        reduced(call, dl.dlarray(np.ones((3, 5)), "CB"), dim)


@pytest.mark.parametrize("call", ["sum", "mean"])
def test_a_sum_of_logical_values_counts(call):
    x = np.array([[True, False, True, True]])
    assert_holds(reduced(call, dl.dlarray(x, "CB"), "B"), "CB", expected(call, x, 1))


# -- extremes
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["max", "min"])
@pytest.mark.parametrize(("dim", "axis"), [(0, 0), ("B", 1)])
def test_extremes_with_their_place(call, dim, axis, rng):
    x = rng.standard_normal((3, 5))
    value, index = getattr(dl, call)(dl.dlarray(x, "CB"), dim=dim, nargout=2)
    assert_holds(value, "CB", expected(call, x, axis))
    assert_holds(index, "CB", expected(f"arg{call}", x, axis))


@pytest.mark.parametrize("call", ["max", "min"])
def test_places_counted_from_1(call, rng):
    X = dl.dlarray(rng.standard_normal((3, 5)), "CB")
    function = getattr(dl, call)
    value, index = function(X, dim="B", nargout=2)
    same, counted = function(X, dim="B", nargout=2, index_base=1)
    assert_holds(same, "CB", value.data)
    assert_holds(counted, "CB", index.data + 1)
    fast = dl.dlaccelerate(lambda X: function(X, dim="B", nargout=2, index_base=1)[1])
    for _ in range(3):
        X = dl.dlarray(rng.standard_normal((3, 5)), "CB")
        assert_holds(fast(X), "CB", function(X, dim="B", nargout=2)[1].data + 1)


@pytest.mark.parametrize("call", ["max", "min"])
@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        ((), {"nargout": 2, "index_base": 2}, "index_base must be 0 or 1, as in MATLAB; got 2"),
        ((), {"index_base": 1}, "index_base is for indices, and this call gives none"),
        ((2.0,), {"index_base": 1}, "index_base is for indices, and of two arrays there are none"),
        ((2.0,), {"nargout": 2}, "nargout must be 1; got 2"),
    ],
)
def test_a_base_needs_indices(call, arguments, options, text):
    with pytest.raises(ValueError, match=f"{call}: {text}"):
        getattr(dl, call)(dl.dlarray(np.ones((3, 5))), *arguments, **options)


def test_the_place_of_a_column_is_1_by_1():
    X = dl.dlarray(np.arange(10.0)[:, None], "CB")
    value, index = dl.max(X, nargout=2)
    assert_holds(value, "CB", [[9]])
    assert_holds(index, "CB", [[9]])


def test_the_place_of_equal_extremes_is_the_first():
    index = dl.max(dl.dlarray([[1.0, 3.0, 3.0]]), nargout=2)[1]
    assert index.item() == 1


def test_the_place_is_not_traced():
    def places(x):
        value, index = dl.max(x, dim=0, nargout=2)
        return value.node is not None, index.node is None

    assert dl.dlfeval(places, dl.dlarray(np.ones((3, 5)))) == (True, True)


@pytest.mark.parametrize("call", ["max", "min"])
def test_a_place_needs_one_dimension(call):
    text = rf"{call}: an index needs one dimension; got \(0, 1\)\. Give one axis"
    with pytest.raises(ValueError, match=text):
        getattr(dl, call)(dl.dlarray(np.ones((3, 5))), dim="all", nargout=2)


@pytest.mark.parametrize("call", ["max", "min"])
def test_extremes_reject_logical_data(call):
    with pytest.raises(TypeError, match=f"{call}: logical data not supported"):
        getattr(dl, call)(dl.dlarray([True, False]))


# -- gradients
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["sum", "mean", "max", "min"])
@pytest.mark.parametrize("dim", [0, "B", "all", (0, 2), None], ids=str)
def test_gradients(call, dim, rng):
    x = dl.dlarray(0.1 * rng.permutation(30).reshape(2, 3, 5), "SCB")
    checkGradients(lambda x: reduced(call, x, dim) ** 2, x)


@pytest.mark.parametrize("call", ["max", "min"])
def test_the_gradient_goes_to_the_first_of_equal_extremes(call):
    def slope(x):
        return dl.dlgradient(reduced(call, x, 1), x)

    x = dl.dlarray([[2.0, 2.0, 2.0]])
    assert_holds(dl.dlfeval(slope, x), "", [[1, 0, 0]])


@pytest.mark.parametrize("call", ["max", "min"])
def test_dimension_in_the_place_of_a_second_array_raises(call):
    X = dl.dlarray(np.ones((2, 3)), "CB")
    with pytest.raises(TypeError, match=rf'{call}: the second argument is .* {call}\(X, dim="all"'):
        getattr(dl, call)(X, "all")
    with pytest.raises(ValueError, match=f"{call}: of two arrays there is no dimension; got dim=0"):
        getattr(dl, call)(X, X, 0)
