"""Functions that turn, shift, repeat and join."""

import numpy as np
import pytest

import dlarray as dl
from tests.holds import assert_holds

DATA = np.arange(30.0).reshape(2, 3, 5)
CUBE = dl.dlarray(DATA, "SCB")
PLAIN = dl.dlarray(DATA)


@pytest.mark.parametrize(
    ("X", "dim", "axis"),
    [(CUBE, None, 0), (CUBE, "C", 1), (PLAIN, -1, 2), (dl.dlarray(DATA[:1], "SCB"), None, 1)],
)
def test_flip(X, dim, axis):
    assert_holds(dl.flip(X, dim), dl.dims(X), np.flip(X.data, axis))


@pytest.mark.parametrize("X", [CUBE, PLAIN])
def test_flip_of_rows_and_columns(X):
    assert_holds(dl.fliplr(X), dl.dims(X), DATA[:, ::-1])
    assert_holds(dl.flipud(X), dl.dims(X), DATA[::-1])
    assert np.shares_memory(dl.flipud(X).data, X.data)


@pytest.mark.parametrize("places", [-7, -1, 0, 1, 2, 5, 8])
@pytest.mark.parametrize("dim", ["B", 2])
def test_circshift(places, dim):
    assert_holds(dl.circshift(CUBE, places, dim), "SCB", np.roll(DATA, places, 2))


def test_circshift_of_several_dimensions():
    assert_holds(dl.circshift(CUBE, [1, -1]), "SCB", np.roll(DATA, (1, -1), (0, 1)))
    assert_holds(dl.circshift(dl.dlarray([[1.0, 2, 3]]), 1), "", [[3, 1, 2]])
    assert_holds(dl.circshift(dl.dlarray(np.ones((0, 3)), "CB"), 1, "C"), "CB", np.ones((0, 3)))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (([1, 2, 3, 4],), r"circshift: a list of shifts .* got \[1, 2, 3, 4\], dim=None"),
        (([1], 0), "circshift: a list of shifts has at most one a dimension, and no dim"),
        ((0.5,), "circshift: K must be an integer"),
    ],
)
def test_circshift_errors(arguments, text):
    with pytest.raises(ValueError, match=text):
        dl.circshift(CUBE, *arguments)


@pytest.mark.parametrize("k", range(-4, 6))
def test_rot90(k):
    assert_holds(dl.rot90(PLAIN, k), "", np.rot90(DATA, k))


def test_rot90_needs_unformatted_data():
    with pytest.raises(dl.FormatError, match=r"rot90: only unformatted .* got 2\(S\) × 3\(C\)"):
        dl.rot90(CUBE)


# -- repeating
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("counts", [(2, 3), (2, 3, 2), (1, 1, 1, 4), (0, 2), (3,)], ids=str)
def test_repmat(counts):
    full = counts * 2 if len(counts) == 1 else counts
    full += (1,) * (3 - len(full))
    fmt = "SCB" + "U" * (len(full) - 3)
    expected = np.tile(DATA.reshape(DATA.shape + (1,) * (len(full) - 3)), full)
    assert_holds(dl.repmat(CUBE, *counts), fmt, expected)
    assert_holds(dl.repmat(PLAIN, counts), "", expected)


def test_repmat_with_one_count_repeats_both_ways():
    assert_holds(dl.repmat(dl.dlarray([[1.0, 2.0]]), 2), "", [[1, 2, 1, 2], [1, 2, 1, 2]])


@pytest.mark.parametrize("counts", [(2, 3), (2, 3, 2), (1, 1, 1, 4), (0, 2)], ids=str)
def test_repelem(counts):
    expected = DATA.reshape(DATA.shape + (1,) * (len(counts) - 3))
    for axis, n in enumerate(counts):
        expected = np.repeat(expected, n, axis)
    assert_holds(dl.repelem(CUBE, *counts), "SCB" + "U" * (len(counts) - 3), expected)


def test_repelem_with_a_count_for_each_element():
    expected = np.repeat(np.repeat(DATA, [2, 0], 0), [1, 0, 3], 1)
    assert_holds(dl.repelem(CUBE, [2, 0], [1, 0, 3]), "SCB", expected)


def test_repelem_of_vectors():
    assert_holds(dl.repelem(dl.dlarray([1.0, 2.0], "C"), 2), "CU", [[1], [1], [2], [2]])
    assert_holds(dl.repelem(dl.dlarray([[1.0, 2.0]]), [1, 2]), "", [[1, 2, 2]])


@pytest.mark.parametrize(
    ("function", "error", "text"),
    [
        (lambda: dl.repmat(CUBE), TypeError, r"repmat: give a count for each dimension"),
        (
            lambda: dl.repmat(CUBE, -1, 2),
            ValueError,
            "repmat: a count must be an integer",
        ),
        (lambda: dl.repelem(CUBE), TypeError, "repelem: give a count for each dimension"),
        (lambda: dl.repelem(CUBE, 2), dl.ShapeError, r"repelem: one count is for a vector; got 2"),
        (
            lambda: dl.repelem(CUBE, [1, 2, 3], 1),
            dl.ShapeError,
            r"repelem: axis 0 has 2 elements, the list 3 counts; X is 2\(S\)",
        ),
    ],
)
def test_errors_of_repeating(function, error, text):
    with pytest.raises(error, match=text):
        function()


# -- order of dimensions
# ------------------------------------------------------------------------------------------------


def test_ipermute_undoes_permute():
    order = (2, 0, 1)
    assert_holds(dl.ipermute(dl.permute(PLAIN, order), order), "", DATA)
    assert_holds(dl.ipermute(PLAIN, order), "", DATA.transpose(1, 2, 0))
    with pytest.raises(dl.FormatError, match="ipermute: dimensions of formatted data"):
        dl.ipermute(CUBE, order)


def test_permute_names_dimensions_that_follow():
    X = dl.dlarray(DATA[0])
    assert_holds(dl.permute(X, (2, 0, 1)), "", DATA[:1])
    assert_holds(dl.ipermute(dl.permute(X, (2, 1, 0)), (2, 1, 0)), "", DATA[0][..., None])
    assert_holds(dl.permute(dl.dlarray(DATA[0], "CU"), (0, 2, 1)), "CUU", DATA[0][:, None])


def test_permute_leaves_out_trailing_sizes_of_1():
    assert_holds(dl.permute(dl.dlarray(DATA[..., :1]), (1, 0)), "", DATA[..., :1].swapaxes(0, 1))


def test_ctranspose():
    X = dl.dlarray(np.array([[1 + 2j, 3], [0, 1j], [5, 6]]), "UU")
    assert_holds(dl.ctranspose(X), "UU", X.data.conj().T)
    assert_holds(dl.transpose(X), "UU", X.data.T)
    assert_holds(dl.ctranspose(dl.dlarray(DATA[0])), "", DATA[0].T)
    with pytest.raises(dl.FormatError, match='ctranspose: only unformatted or "UU" data'):
        dl.ctranspose(CUBE)


def test_transpose_takes_trailing_sizes_of_1():
    assert_holds(dl.transpose(dl.dlarray(DATA[..., :1])), "", DATA[..., 0].T)


@pytest.mark.parametrize("X", [CUBE, PLAIN])
def test_flatten_gives_a_column(X):
    expected = DATA.reshape(-1, 1, order="F")
    assert_holds(dl.flatten(X), "", expected)
    assert_holds(X.flatten(), "", expected)


# -- joining
# ------------------------------------------------------------------------------------------------


def test_horzcat_and_vertcat():
    X = dl.dlarray(DATA[0], "CB")
    assert_holds(dl.horzcat(X, DATA[1], X), "CB", np.hstack([DATA[0], DATA[1], DATA[0]]))
    assert_holds(dl.vertcat(X, DATA[1]), "CB", np.vstack([DATA[0], DATA[1]]))


@pytest.mark.parametrize("nothing", [[], np.zeros((0, 0)), dl.dlarray(np.zeros((0, 0)))], ids=str)
def test_nothing_joins_with_anything(nothing):
    X = dl.dlarray(DATA[0], "CB")
    assert_holds(dl.horzcat(nothing, X), "CB", DATA[0])
    assert_holds(dl.vertcat(X, nothing), "CB", DATA[0])
    assert dl.horzcat(nothing).size == 0


@pytest.mark.parametrize(("function", "call"), [(dl.horzcat, "horzcat"), (dl.vertcat, "vertcat")])
def test_errors_name_the_function(function, call):
    with pytest.raises(ValueError, match=f"{call}: at least one array is needed"):
        function()
    with pytest.raises(dl.FormatError, match=f"{call}: formatted operands need the same format"):
        function(CUBE, dl.dlarray(DATA, "SCT"))
    with pytest.raises(dl.ShapeError, match=f"{call}: sizes differ along axis 2"):
        function(CUBE, DATA[..., :2])


def test_joined_types():
    assert dl.cat(0, CUBE, DATA * 1j).dtype == np.complex128
    assert dl.cat(0, dl.single(CUBE), DATA * 1j).dtype == np.complex64
