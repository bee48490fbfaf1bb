"""Subscripts past the end, deletion, and indices that are computed."""

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import checkGradients
from tests.holds import assert_holds

from .gradients import slope_of
from .subscripts import DATA, array

MATRIX = DATA[:, :, 0]


def matrix(fmt="SC"):
    return dl.dlarray(MATRIX, fmt)


def grown(index, value, fmt="SC"):
    X = matrix(fmt)
    X[index] = value
    return X


# -- dimensions that follow


@pytest.mark.parametrize("fmt", ["SC", ""])
def test_dimensions_of_size_1_follow_every_array(fmt):
    assert_holds(matrix(fmt)[:, :, 0], fmt, MATRIX)
    assert_holds(matrix(fmt)[1, :, 0, -1, :], fmt, MATRIX[1:])
    expected = np.stack([MATRIX, MATRIX], 2)
    assert_holds(matrix(fmt)[:, :, [0, 0]], fmt + "U" * bool(fmt), expected)


@pytest.mark.parametrize(("fmt", "larger"), [("SC", "SCU"), ("", ""), ("CU", "CUU")])
def test_a_page_past_the_end_is_labelled_u_and_goes_again(fmt, larger):
    X = matrix(fmt)
    X[:, :, 1] = -MATRIX
    assert_holds(X, larger, np.stack([MATRIX, -MATRIX], 2))
    del X[:, :, 1]
    assert_holds(X, fmt, MATRIX[..., None] if not fmt else MATRIX)


def test_a_page_further_on_leaves_pages_of_zeros():
    X = matrix()
    X[:, :, 1, 2] = 7
    expected = np.zeros((2, 3, 2, 3))
    expected[:, :, 0, 0] = MATRIX
    expected[:, :, 1, 2] = 7
    assert_holds(X, "SCUU", expected)


# -- growth


@pytest.mark.parametrize(
    ("index", "value", "added"),
    [
        (np.s_[:, 3], [7, 8], [[7], [8]]),
        (np.s_[:, 5], 7, [[0, 0, 7], [0, 0, 7]]),
        (np.s_[:, [4, 3]], [[1, 2], [3, 4]], [[2, 1], [4, 3]]),
        (np.s_[:, 3:5], [[1, 2], [3, 4]], [[1, 2], [3, 4]]),
        (np.s_[:, 4:7:2], 5, [[0, 5, 0, 5], [0, 5, 0, 5]]),
        (np.s_[..., 3], 7, [[7], [7]]),
        (np.s_[0, 3], 7, [[7], [0]]),
        (np.s_[:, dl.dlarray([3.0, 4.0])], 5, [[5, 5], [5, 5]]),
    ],
    ids=["next", "further", "list", "slice", "step", "ellipsis", "element", "dlarray"],
)
@pytest.mark.parametrize("fmt", ["SC", ""])
def test_assignment_past_the_end_makes_the_array_larger(index, value, added, fmt):
    assert_holds(grown(index, value, fmt), fmt, np.concatenate([MATRIX, added], 1))


def test_growth_of_two_dimensions():
    expected = np.zeros((4, 6))
    expected[:2, :3] = MATRIX
    expected[3, 5] = 1
    assert_holds(grown(np.s_[3, 5], 1), "SC", expected)


def test_a_row_after_the_last():
    row = dl.dlarray([7.0, 8.0, 9.0], "T")
    assert_holds(grown(np.s_[2, :], row, "TU"), "TU", [*MATRIX, [7, 8, 9]])


@pytest.mark.parametrize("fmt", ["C", ""])
def test_a_column_grows_by_one_subscript(fmt):
    x = dl.dlarray([1.0, 2.0], fmt)
    x[2] = 3
    x[4] = 5
    assert_holds(x, "CU" if fmt else "", [[1], [2], [3], [0], [5]])


def test_an_empty_array_takes_the_size_of_what_is_assigned():
    Z = dl.dlarray(np.zeros((0, 0)))
    Z[0, :] = [1.0, 2.0, 3.0]
    Z[1, :] = dl.dlarray([4.0, 5.0, 6.0])
    assert_holds(Z, "", [[1, 2, 3], [4, 5, 6]])


def test_slices_that_start_inside_are_cut_at_the_end():
    assert_holds(grown(np.s_[:, 2:99], 0), "SC", MATRIX * [1, 1, 0])
    assert_holds(grown(np.s_[:, 3:], 0), "SC", MATRIX)


@pytest.mark.parametrize("index", [2, np.s_[2:3], np.s_[:, -4], np.array([6])], ids=str)
def test_growth_needs_every_subscript_and_counts_from_0(index):
    X = matrix()
    if index == np.s_[2:3]:
        X[index] = 1  # an empty place
    else:
        with pytest.raises(IndexError, match="is outside 0 to"):
            X[index] = 1
    assert_holds(X, "SC", MATRIX)


def test_reading_past_the_end_is_an_error():
    with pytest.raises(IndexError, match=r"index 3 is outside 0 to 2 of axis 1, 2\(S\) × 3\(C\)"):
        matrix()[:, 3]


def test_growth_keeps_the_type():
    X = dl.dlarray(np.ones((2, 3), "f4"), "CB")
    X[:, 3] = np.ones(2)
    assert X.dtype == np.float32


# -- deletion


@pytest.mark.parametrize(
    ("index", "axis", "gone"),
    [
        (np.s_[:, 2], 1, 2),
        (np.s_[:, [0, -1]], 1, [0, 2]),
        (np.s_[:, 1:], 1, [1, 2]),
        (np.s_[0], 0, 0),
        (np.s_[..., 4], 2, 4),
        (np.s_[:, :, ::2], 2, [0, 2, 4]),
        (np.s_[:, [True, False, True]], 1, [0, 2]),
        (np.s_[:, dl.dlarray([True, False, True])], 1, [0, 2]),
        (np.s_[:, []], 1, []),
        (np.s_[:, dl.dlarray([2.0, 0.0])], 1, [0, 2]),
    ],
    ids=[
        "integer",
        "list",
        "slice",
        "first",
        "ellipsis",
        "step",
        "mask",
        "dlarray mask",
        "nothing",
        "dlarray",
    ],
)
@pytest.mark.parametrize("fmt", ["SCB", "SST", ""])
def test_deletion_keeps_the_format(index, axis, gone, fmt):
    X = array(fmt)
    del X[index]
    assert_holds(X, fmt, np.delete(DATA, np.asarray(gone, int), axis))


def test_deletion_of_everything():
    X = matrix()
    del X[:, :]
    assert_holds(X, "SC", np.zeros((0, 3)))


def test_deletion_by_a_mask_or_linear_indices_gives_a_row():
    X = matrix()
    del X[X > 11]
    assert_holds(X, "", [[0, 5, 10]])
    X = matrix()
    del X[[0, 5]]
    assert_holds(X, "", [[15, 5, 20, 10]])


def test_deletion_from_a_column_gives_a_column():
    x = dl.dlarray([3.0, 5.0, 7.0])
    del x[x == 5]
    assert_holds(x, "", [[3], [7]])


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (np.s_[0, 1], r"dlarray deletion: whole rows, .* axes \(0, 1\) have one, of 2\(S\) ×"),
        (np.s_[None], "dlarray deletion: None names no elements"),
        (np.s_[:, 3], r"dlarray indexing: index 3 is outside 0 to 2 of axis 1"),
        (np.array([6]), r"dlarray indexing: a linear index is outside 0 to 5"),
    ],
    ids=["element", "None", "outside", "linear"],
)
def test_deletion_errors(index, text):
    X = matrix()
    with pytest.raises(IndexError, match=text):
        del X[index]
    assert_holds(X, "SC", MATRIX)


def test_deletion_leaves_an_earlier_copy():
    X = matrix()
    Y = dl.dlarray(X)
    del X[0]
    assert_holds(Y, "SC", MATRIX)


# -- computed indices


def test_indices_that_functions_give_are_whole_numbers_of_a_floating_type():
    X = array("")
    assert_holds(X[dl.dlarray([3.0, 0.0, 3.0])], "", DATA.ravel("F")[[3, 0, 3], None])
    assert_holds(X[:, dl.dlarray([2.0, 0.0])], "", DATA[:, [2, 0]])
    assert_holds(X[0, dl.dlarray([2.0]), [1, 3]], "", DATA[:1, 2:, [1, 3]])


def test_a_fraction_is_no_index():
    with pytest.raises(TypeError, match="an array of integers; got a dlarray with other numbers"):
        matrix()[:, dl.dlarray([0.5])]
    with pytest.raises(TypeError, match="holds integers or bools; got a dlarray with other numb"):
        matrix()[dl.dlarray([0.5])]


def test_assignment_through_computed_indices():
    X = matrix()
    X[:, dl.dlarray([2.0, 0.0])] = [[1, 2], [3, 4]]
    assert_holds(X, "SC", [[2, 5, 1], [4, 20, 3]])


# -- gradients


def after(x, index, value):
    y = dl.dlarray(x)
    y[index] = value
    return y * y


def without(x, index):
    y = dl.dlarray(x)
    del y[index]
    return y * y


@pytest.mark.parametrize(
    "index", [np.s_[:, 3], np.s_[:, 5], np.s_[:, 3:5], np.s_[0, 0, 1], np.s_[:, [2, 3]]], ids=str
)
@pytest.mark.parametrize("fmt", ["SC", ""])
def test_gradients_of_growth(index, fmt, rng):
    X = dl.dlarray(rng.standard_normal((2, 3)), fmt)
    checkGradients(lambda x, v: after(x, index, v), X, dl.dlarray(rng.standard_normal()))
    value = dl.dlarray(rng.standard_normal((2, 2)))
    if index == np.s_[:, 3:5]:
        checkGradients(lambda x, v: after(x, index, v), X, value)


@pytest.mark.parametrize("index", [np.s_[:, 1], [0, 3], np.eye(2, 3) > 0], ids=str)
def test_gradients_of_deletion(index, rng):
    checkGradients(lambda x: without(x, index), dl.dlarray(rng.standard_normal((2, 3)), "SC"))


def test_gradients_through_computed_indices(rng):
    X = dl.dlarray(rng.standard_normal((2, 3)))
    checkGradients(lambda x: x[x > 0] ** 2, X)
    checkGradients(lambda x: x[:, dl.dlarray([2.0, 2.0, 0.0])] ** 2, X)
    checkGradients(lambda x: after(x, x > 0, 3 * x[x > 0]), X)


def test_the_last_value_wins_through_computed_indices(rng):
    def slopes(x, v):
        y = dl.dlarray(x)
        y[dl.dlarray([0.0, 0.0])] = v
        return dl.dlgradient(dl.sum(y), x, v)

    dx, dv = dl.dlfeval(slopes, dl.dlarray([1.0, 2.0]), dl.dlarray([3.0, 4.0]))
    assert_holds(dx, "", [[0], [1]])
    assert_holds(dv, "", [[0], [1]])


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[x > 0] ** 3,
        lambda x: x[:, dl.dlarray([2.0, 2.0, 0.0])] ** 3,
        lambda x: x[[0, 1], :, 0] ** 3,
        lambda x: after(x, np.s_[:, 3], x[:, 0] ** 2),
        lambda x: after(x, x > 0, x[x > 0] ** 2),
        lambda x: after(x, np.s_[[1, 0], [0, 2]], x[:, :2] ** 2),
        lambda x: without(x, np.s_[:, 1]) ** 2,
    ],
    ids=["mask", "computed", "page", "growth", "assigned mask", "assigned grid", "deletion"],
)
def test_second_derivatives(function, rng):
    checkGradients(slope_of(function), dl.dlarray(rng.standard_normal((2, 3))))
