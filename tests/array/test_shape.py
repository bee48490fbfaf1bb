"""Functions that change order, size and labels."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray.testing import checkGradients
from tests.holds import assert_holds

relaxed = settings(deadline=None)

DATA = np.arange(30.0).reshape(2, 3, 5)


# -- stripdims
# ------------------------------------------------------------------------------------------------


def test_stripdims_keeps_sizes_of_one():
    X = dl.dlarray(np.zeros((3, 2, 1, 2)), "SSTU")
    Y = dl.stripdims(X)
    assert (dl.dims(Y), Y.shape) == ("", (3, 2, 1, 2))


def test_stripdims_keeps_the_canonical_order():
    assert_holds(dl.stripdims(dl.dlarray(DATA, "TCB")), "", DATA.transpose(1, 2, 0))


def test_stripdims_as_a_method():
    X = dl.dlarray(DATA, "SCB")
    assert_holds(X.stripdims("BCS"), "", DATA.transpose(2, 1, 0))


@pytest.mark.parametrize(
    ("fmt", "order", "shape"),
    [
        ("SCB", (0, 1, 2), (2, 3, 5)),
        ("BSC", (2, 0, 1), (5, 2, 3)),
        ("BTSC", (2, 0, 1), (5, 1, 2, 3)),
        ("SSCBU", (0, 1, 2), (2, 1, 3, 5, 1)),
        ("", (0, 1, 2), (2, 3, 5)),
    ],
)
def test_stripdims_in_another_order(fmt, order, shape):
    X = dl.dlarray(DATA, "SCB")
    assert_holds(dl.stripdims(X, fmt), "", DATA.transpose(order).reshape(shape))


@relaxed
@given(st.permutations("SCB"))
def test_stripdims_in_the_given_order_undoes_the_labelling(labels):
    fmt = "".join(labels)
    assert_holds(dl.stripdims(dl.dlarray(DATA, fmt), fmt), "", DATA)


def test_stripdims_of_unformatted_data_ignores_the_order():
    assert_holds(dl.stripdims(dl.dlarray(DATA), "BCS"), "", DATA)


def test_stripdims_needs_every_label():
    with pytest.raises(dl.FormatError, match='stripdims: the order "SB" lacks labels of "SCB"'):
        dl.stripdims(dl.dlarray(DATA, "SCB"), "SB")


# -- permute, transpose
# ------------------------------------------------------------------------------------------------


@relaxed
@given(st.permutations(range(3)))
def test_permute_of_unformatted_data(order):
    assert_holds(dl.permute(dl.dlarray(DATA), order), "", DATA.transpose(order))


@pytest.mark.parametrize(
    ("fmt", "order"), [("SSC", (1, 0, 2)), ("CUU", (0, 2, 1)), ("SCB", (0, 1, -1))]
)
def test_permute_among_equal_labels(fmt, order):
    assert_holds(dl.permute(dl.dlarray(DATA, fmt), order), fmt, DATA.transpose(order))


@pytest.mark.parametrize(
    ("order", "error", "text"),
    [
        (
            (1, 0, 2),
            dl.FormatError,
            r".* only among equal labels; got order \(1, 0, 2\)",
        ),
        ((0, 1), ValueError, r"the order \(0, 1\) does not name all 3 dimensions"),
        ((0, 1, 1), ValueError, r"an axis is named twice in \(0, 1, 1\)"),
        ((0, 1, 3), ValueError, r"axis 3 is not one of the 3 dimensions"),
    ],
    ids=["labels", "short", "twice", "range"],
)
def test_permute_errors(order, error, text):
    with pytest.raises(error, match=f"permute: {text}"):
        dl.permute(dl.dlarray(DATA, "SCB"), order)


@pytest.mark.parametrize("fmt", ["", "UU"])
def test_transpose(fmt):
    X = dl.dlarray(DATA[0], fmt)
    assert_holds(dl.transpose(X), fmt, DATA[0].T)
    assert_holds(X.T, fmt, DATA[0].T)


@pytest.mark.parametrize(("shape", "fmt"), [((3, 5), "CB"), ((2, 3, 5), "")])
def test_transpose_needs_unlabelled_matrices(shape, fmt):
    with pytest.raises(dl.FormatError, match=r'transpose: only unformatted or "UU" data of 2 dim'):
        dl.transpose(dl.dlarray(np.ones(shape), fmt))


# -- reshape, squeeze
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "shape"),
    [
        ((6, 5), (6, 5)),
        (((5, 6),), (5, 6)),
        (([3, 10],), (3, 10)),
        ((None, 3), (10, 3)),
        (((2, None, 3),), (2, 5, 3)),
        ((30, 1, 1), (30, 1, 1)),
        ((1, 2, 3, 1, 5), (1, 2, 3, 1, 5)),
    ],
    ids=str,
)
@pytest.mark.parametrize("fmt", ["SCB", ""])
def test_reshape_is_column_major_and_unformatted(fmt, sizes, shape):
    X = dl.reshape(dl.dlarray(DATA, fmt), *sizes)
    assert_holds(X, "", DATA.reshape(shape, order="F"))


@pytest.mark.parametrize("sizes", [(7, 5), (30,), (None, 7), (None, None), (None, 0)], ids=str)
def test_sizes_that_do_not_fit(sizes):
    text = r"reshape: 30 elements of 2\(S\) × 3\(C\) × 5\(B\) do not fit size .* the same product"
    with pytest.raises(dl.ShapeError, match=text):
        dl.reshape(dl.dlarray(DATA, "SCB"), *sizes)


@pytest.mark.parametrize("sizes", [(-2, -15), (6.5, 5), ("a", 5), (True, 30)], ids=str)
def test_what_is_no_size(sizes):
    text = rf"reshape: a size is an integer, at least 0, or None; got {sizes[0]!r} for 2\(S\)"
    with pytest.raises(dl.ShapeError, match=text):
        dl.reshape(dl.dlarray(DATA, "SCB"), *sizes)


@pytest.mark.parametrize(
    ("shape", "fmt", "expected_shape", "expected_fmt"),
    [
        ((3, 1), "CB", (3, 1), "CB"),
        ((3, 1, 5), "SCB", (3, 5), "SB"),
        ((1, 3, 1, 5), "SCBT", (3, 5), "CT"),
        ((3, 5, 1, 1), "SSCB", (3, 5), "SS"),
        ((1, 1, 5), "SCB", (5, 1), "BU"),
        ((1, 1, 1), "SCB", (1, 1), "SC"),
        ((1, 1, 5), "", (5, 1), ""),
        ((2, 1, 3, 1), "", (2, 3), ""),
        ((2, 3, 5), "SCB", (2, 3, 5), "SCB"),
        ((0, 1, 5), "SCB", (0, 5), "SB"),
    ],
    ids=str,
)
def test_squeeze(shape, fmt, expected_shape, expected_fmt):
    data = np.arange(float(np.prod(shape))).reshape(shape)
    assert_holds(dl.squeeze(dl.dlarray(data, fmt)), expected_fmt, data.reshape(expected_shape))


# -- cat
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [1, "C", -2], ids=str)
def test_cat_along_a_dimension(dim):
    X = dl.dlarray(DATA, "SCB")
    Y = dl.dlarray(-DATA[:, :2], "SCB")
    assert_holds(dl.cat(dim, X, Y), "SCB", np.concatenate([DATA, -DATA[:, :2]], 1))


def test_cat_takes_unformatted_arrays_among_formatted_ones():
    X = dl.dlarray(DATA, "SCB")
    expected = np.concatenate([DATA, DATA, DATA])
    assert_holds(dl.cat(0, DATA, X, dl.dlarray(DATA)), "SCB", expected)


def test_cat_of_unformatted_arrays_is_unformatted():
    assert_holds(dl.cat(0, dl.dlarray([1.0]), [2.0, 3.0]), "", [[1], [2], [3]])


def test_cat_past_the_end_adds_u_and_relabelling_names_it():
    X = dl.dlarray(DATA, "SCB")
    Y = dl.cat(3, X, X)
    assert_holds(Y, "SCBU", np.stack([DATA, DATA], 3))
    assert_holds(dl.dlarray(Y, "SCBT"), "SCBT", np.stack([DATA, DATA], 3))


def test_cat_past_the_end_of_unformatted_arrays():
    assert_holds(dl.cat(2, dl.dlarray(DATA[0]), DATA[1]), "", np.stack([DATA[0], DATA[1]], 2))


def test_cat_along_a_dimension_that_only_an_unformatted_array_has():
    X = dl.dlarray(DATA[..., 0], "CB")
    assert_holds(dl.cat(2, X, DATA), "CBU", np.concatenate([DATA[..., :1], DATA], 2))


def test_cat_of_one_array():
    assert_holds(dl.cat(0, dl.dlarray(DATA, "SCB")), "SCB", DATA)


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (["f8", "f4"], "f4"),
        (["f4", "?"], "f4"),
        (["f8", "?"], "f8"),
        (["?", "?"], "?"),
        (["f8", "i4"], "f8"),
    ],
    ids=[
        "double and single",
        "single and logical",
        "double and logical",
        "logical",
        "double and integer",
    ],
)
def test_cat_types(types, expected):
    first, second = (np.ones((3, 5), dtype) for dtype in types)
    assert dl.cat(0, dl.dlarray(first, "CB"), second).dtype == np.dtype(expected)


@pytest.mark.parametrize(
    ("dim", "arrays", "error", "text"),
    [
        (0, [], ValueError, "at least one array is needed"),
        (
            0,
            [dl.dlarray(DATA, "SCB"), dl.dlarray(DATA, "SCT")],
            dl.FormatError,
            r"formatted operands need the same format; got\n  2\(S\) × 3\(C\) × 5\(B\)\n  2\(S\)",
        ),
        (
            "S",
            [dl.dlarray(DATA, "SCB"), np.ones((2, 3, 7))],
            dl.ShapeError,
            r"sizes differ along axis 2: 2\(S\) × 3\(C\) × 5\(B\) and, operand 1, 2×3×7",
        ),
        ("T", [dl.dlarray(DATA, "SCB")], dl.FormatError, 'no dimension is labelled "T"'),
        ("S", [dl.dlarray(DATA, "SSB")], dl.FormatError, '"S" labels 2 dimensions of "SSB"'),
        (7, [dl.dlarray(DATA, "SCB")], ValueError, "axis 7 is not one of the 3 dimensions"),
        (0, ["a"], TypeError, "data of type <U1 are not possible"),
    ],
    ids=["none", "formats", "sizes", "label", "two S", "axis", "type"],
)
def test_cat_errors(dim, arrays, error, text):
    with pytest.raises(error, match=f"cat: {text}"):
        dl.cat(dim, *arrays)


# -- gradients and views
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        lambda x: dl.stripdims(x, "BTSC"),
        lambda x: dl.dlarray(x, "BCS"),
        lambda x: dl.permute(dl.stripdims(x), (2, 0, 1)),
        lambda x: dl.reshape(x, 5, 6),
        lambda x: dl.squeeze(x[:, 0]),
        lambda x: dl.cat("C", x, 2 * x),
        lambda x: dl.cat(3, x, x),
        lambda x: dl.reshape(x, 6, 5).T,
        dl.double,
    ],
    ids=["stripdims", "relabel", "permute", "reshape", "squeeze", "cat", "cat U", "T", "double"],
)
def test_gradients(function, rng):
    x = dl.dlarray(rng.standard_normal((2, 3, 5)), "SCB")
    checkGradients(lambda x: function(x) ** 2, x)


def test_the_gradient_of_a_cast_has_the_type_of_the_variable():
    def slope(x):
        return dl.dlgradient(dl.sum(dl.single(x) * 3, "all"), x)

    assert dl.dlfeval(slope, dl.dlarray(DATA, "SCB")).dtype == np.float64


@pytest.mark.parametrize(
    "function",
    [
        dl.stripdims,
        lambda X: dl.stripdims(X, "BCS"),
        lambda X: dl.dlarray(X, "CSB"),
        lambda X: dl.permute(dl.stripdims(X), (2, 0, 1)),
        lambda X: dl.squeeze(X[:, 0]),
    ],
    ids=["stripdims", "stripdims order", "relabel", "permute", "squeeze"],
)
def test_reordering_copies_nothing(function):
    X = dl.dlarray(DATA, "SCB")
    assert np.shares_memory(X.data, function(X).data)


def test_cat_along_two_dimensions_raises():
    X = dl.dlarray(np.ones((2, 3)), "CB")
    dim: Any = (0, 1)
    with pytest.raises(
        dl.FormatError, match=r"cat: \(0, 1\) names 2 dimensions of .*one is needed"
    ):
        dl.cat(dim, X, X)
