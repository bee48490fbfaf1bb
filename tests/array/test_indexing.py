"""Reading and assigning by subscripts."""

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import checkGradients
from tests.holds import assert_holds

from .subscripts import DATA, SUBSCRIPTS, array

# -- reading
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "values"), [case[1:] for case in SUBSCRIPTS], ids=[case[0] for case in SUBSCRIPTS]
)
@pytest.mark.parametrize("fmt", ["SCB", "SST", ""])
def test_subscripts_keep_the_format(index, values, fmt):
    assert_holds(array(fmt)[index], fmt, values)


def test_subscripts_follow_the_canonical_order():
    X = dl.dlarray(DATA, "BTC")
    assert_holds(X[1, 0], "CBT", DATA.transpose(2, 0, 1)[1:2, :1])


def test_a_picked_u_of_size_1_is_dropped():
    assert_holds(dl.dlarray(DATA, "CBU")[..., 2], "CB", DATA[..., 2])
    assert_holds(dl.dlarray(DATA[0], "CU")[:, 2], "CU", DATA[0, :, 2:3])


@pytest.mark.parametrize("fmt", ["SCB", ""])
def test_a_mask_of_the_whole_array_gives_a_column_in_column_major_order(fmt):
    mask = DATA % 7 < 2
    expected = DATA.ravel(order="F")[mask.ravel(order="F")].reshape(-1, 1)
    assert_holds(array(fmt)[mask], "", expected)
    assert_holds(array(fmt)[dl.dlarray(mask)], "", expected)
    assert_holds(array(fmt)[array(fmt) % 7 < 2], "", expected)


def test_a_comparison_of_the_array_is_a_mask():
    X = array()
    assert_holds(X[X > 26], "", [[27], [28], [29]])


def test_a_mask_without_a_true_element_gives_an_empty_column():
    assert_holds(array()[DATA > 99], "", np.empty((0, 1)))


@pytest.mark.parametrize(
    "index",
    [[3, 0, 29, 3], np.array([3, 0, -1, 3]), np.array([[3, 0], [29, 3]]).T],
    ids=["list", "negative", "matrix"],
)
def test_linear_indices_count_in_column_major_order(index):
    expected = DATA.ravel(order="F")[np.ravel(index, order="F")].reshape(-1, 1)
    assert_holds(array()[index], "", expected)


def test_no_linear_index_gives_an_empty_column():
    assert_holds(array()[[]], "", np.empty((0, 1)))


def test_a_vector_mask_of_the_first_dimension_keeps_the_format():
    assert_holds(array()[np.array([False, True])], "SCB", DATA[1:])


def test_a_mask_of_a_column():
    X = dl.dlarray([1.0, 2.0, 3.0])
    assert_holds(X[X > 1], "", [[2], [3]])


@pytest.mark.parametrize(
    ("index", "shape"),
    [
        (np.s_[None], (1, 2, 3, 5)),
        (np.s_[:, None], (2, 1, 3, 5)),
        (np.s_[..., None], (2, 3, 5, 1)),
        (np.s_[0, None], (1, 1, 3, 5)),
        (np.s_[None, :, None, 1], (1, 2, 1, 1, 5)),
    ],
    ids=["first", "second", "after an ellipsis", "after an integer", "two"],
)
def test_new_dimensions_of_unformatted_arrays(index, shape):
    assert array("")[index].shape == shape


def test_new_dimensions_hold_the_values():
    assert_holds(array("")[:, None], "", DATA[:, None])


def test_reading_copies_nothing_for_slices():
    X = array()
    assert np.shares_memory(X.data, X[:, 1:].data)


# -- errors
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "error", "text"),
    [
        (np.s_[2], IndexError, r"index 2 is outside 0 to 1 of axis 0, 2\(S\) × 3\(C\) × 5\(B\)"),
        (np.s_[:, -4], IndexError, r"index -4 is outside 0 to 2 of axis 1"),
        (np.s_[:, [0, 3]], IndexError, r"index 3 is outside 0 to 2 of axis 1"),
        (np.s_[0, 0, 0, 1], IndexError, r"index 1 is outside 0 to 0 of axis 3, 2\(S\) × 3\(C\)"),
        (np.s_[..., 0, ...], IndexError, r"only one ellipsis \(\.\.\.\) is possible"),
        (
            np.s_[:, [True, False]],
            IndexError,
            r"a mask of 2 elements for axis 1 of 2\(S\) × 3\(C\)",
        ),
        (
            np.s_[1.0],
            TypeError,
            r"a subscript is an integer, a slice, a mask or an array of integers; got float64",
        ),
        (np.s_[:, ["a"]], TypeError, r"a subscript is an integer, .*; got <U1"),
        (np.s_[:, "C"], TypeError, r"a subscript is an integer, .*; got <U1"),
        (np.array([0.5]), TypeError, r"an index array holds integers or bools; got float64"),
        (
            np.array([30]),
            IndexError,
            r"a linear index is outside 0 to 29 of 2\(S\) × 3\(C\) × 5\(B\)",
        ),
        (np.array([-31]), IndexError, r"a linear index is outside 0 to 29"),
        (np.ones((2, 3), bool), dl.ShapeError, r"the mask has size 2×3, the array 2\(S\) × 3\(C\)"),
        (np.ones(3, bool), dl.ShapeError, r"the mask has size 3, the array 2\(S\) × 3\(C\)"),
        (np.s_[None], dl.FormatError, r"a new dimension of 2\(S\) × 3\(C\) × 5\(B\) would have no"),
    ],
    ids=[
        "outside",
        "negative outside",
        "list outside",
        "past the dimensions",
        "two ellipses",
        "mask",
        "fraction",
        "texts",
        "text",
        "linear fraction",
        "linear outside",
        "linear negative outside",
        "mask of two dimensions",
        "mask of another size",
        "new dimension",
    ],
)
def test_wrong_subscripts_are_errors(index, error, text):
    X = array()
    with pytest.raises(error, match=f"dlarray indexing: {text}"):
        X[index]


@pytest.mark.parametrize("index", [np.s_[2], np.s_[:, 3], np.array([30]), np.ones(3, bool)])
def test_assignment_checks_its_subscripts(index):
    X = array()
    with pytest.raises((IndexError, dl.ShapeError), match="dlarray indexing"):
        X[index] = 1
    assert_holds(X, "SCB", DATA)


# -- gradients
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "index", [case[1] for case in SUBSCRIPTS], ids=[case[0] for case in SUBSCRIPTS]
)
def test_gradients_of_reading(index, rng):
    checkGradients(lambda x: x[index], dl.dlarray(rng.standard_normal((2, 3, 5)), "SCB"))


@pytest.mark.parametrize(
    "index", [[3, 0, 29, 3], DATA % 7 < 2, np.s_[:, None]], ids=["linear", "mask", "new dimension"]
)
def test_gradients_of_reading_unformatted(index, rng):
    checkGradients(lambda x: x[index], dl.dlarray(rng.standard_normal((2, 3, 5))))
