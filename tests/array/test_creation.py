"""Constants, random numbers and ranges."""

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray import tape
from tests.holds import assert_holds

SEVEN: Any = 7
HALF: Any = 0.5
FILLED = [(dl.zeros, np.zeros), (dl.ones, np.ones)]
RANDOM = [dl.rand, dl.randn, lambda *sizes, **options: dl.randi(9, *sizes, **options)]


@pytest.mark.parametrize(("function", "values"), FILLED, ids=["zeros", "ones"])
@pytest.mark.parametrize(
    ("sizes", "shape"),
    [((2, 3), (2, 3)), (((2, 3, 5),), (2, 3, 5)), ((3,), (3, 3)), ((), (1, 1)), ((0, 2), (0, 2))],
    ids=str,
)
def test_sizes(function, values, sizes, shape):
    assert_holds(function(*sizes), "", values(shape))


def test_eye():
    assert_holds(dl.eye(3), "", np.eye(3))
    assert_holds(dl.eye(2, 3), "", np.eye(2, 3))
    with pytest.raises(ValueError, match=r"eye: a matrix has two sizes; got \(2, 3, 5\)"):
        dl.eye(2, 3, 5)


@pytest.mark.parametrize("function", [dl.zeros, dl.ones, dl.eye, *RANDOM])
def test_the_type_is_that_of_like(function):
    assert function(2, 3).dtype == np.float64
    assert function(2, 3, "single").dtype == np.float32
    X = function(2, 3, like=dl.dlarray(np.ones(5, "f4"), "C"))
    assert (X.dtype, dl.dims(X), X.shape) == (np.float32, "", (2, 3))


@pytest.mark.parametrize("dtype", ["?", "c8"])
def test_constants_of_other_types(dtype):
    assert dl.zeros(2, like=dl.dlarray(np.ones(3, dtype))).dtype == np.dtype(dtype)


def test_random_numbers_are_drawn_from_the_packages_generator():
    dl.rng(7)
    first = dl.rand(50, 40)
    assert 0 <= first.data.min() < 0.01 < 0.99 < first.data.max() < 1
    assert abs(first.data.mean() - 0.5) < 0.02
    assert not dl.isequal(first, dl.rand(50, 40))
    dl.rng(7)
    assert dl.isequal(first, dl.rand(50, 40))


def test_randn_is_normal():
    data = dl.randn(100, 50).data
    assert abs(data.mean()) < 0.05
    assert abs(data.std() - 1) < 0.05


def test_randi_counts_from_1_as_matlab_does():
    assert set(dl.randi(3, 20, 5).data.ravel()) == {1, 2, 3}
    assert set(dl.randi([-1, 1], 20, 5).data.ravel()) == {-1, 0, 1}


@pytest.mark.parametrize("function", RANDOM)
def test_a_generator_of_ones_own(function):
    a, b = (function(4, 5, rng=np.random.default_rng(3)) for _ in range(2))
    assert dl.isequal(a, b)


def test_random_numbers_like_a_traced_array_have_no_trace():
    def function(x):
        assert not tape.is_traced(dl.rand(2, 3, like=x))

    dl.dlfeval(function, dl.dlarray([1.0]))


@pytest.mark.parametrize(
    ("function", "error", "text"),
    [
        (lambda: dl.zeros(2, -1), ValueError, "zeros: a size must be an integer, at least 0; got"),
        (lambda: dl.ones(2.5), ValueError, "ones: a size must be an integer"),
        (lambda: dl.zeros(2, "int8"), ValueError, 'zeros: typename must be one of "single"'),
        (lambda: dl.zeros(2, like=np.ones(2)), TypeError, "zeros: like must be a dlarray; got nda"),
        (
            lambda: dl.ones(2, "single", like=dl.zeros(2)),
            TypeError,
            "ones: give a type, .* not bo",
        ),
        (
            lambda: dl.rand(2, like=dl.dlarray([True], "C")),
            TypeError,
            r"rand: random numbers are single or double; got 1\(C\) × 1\(U\) of type bool",
        ),
        (lambda: dl.randn(2, "logical"), TypeError, "randn: random numbers are single or double"),
        (
            lambda: dl.rand(2, rng=SEVEN),
            TypeError,
            "rand: rng must be a numpy.random.Generator; got",
        ),
        (lambda: dl.randi([3, 1], 2), ValueError, "randi: the limits leave no number, from 3 to 1"),
        (lambda: dl.randi([1, 2, 3], 2), ValueError, r"randi: limits are imax or \[imin, imax\]"),
        (lambda: dl.randi(2**70, 1), ValueError, "randi: a limit .* and at most 9007199254740992"),
        (lambda: dl.randi([-(2**54), 1], 1), ValueError, "randi: a limit .* at least -90071992547"),
        (lambda: dl.colon(0, 1e-320, 1), dl.ShapeError, "colon: from 0 to 1 .* larger steps"),
        (lambda: dl.colon(-1e308, 1, 1e308), dl.ShapeError, "colon: .* than an array can have"),
        (lambda: dl.randi(HALF, 2), ValueError, "randi: a limit must be an integer"),
    ],
)
def test_errors(function, error, text):
    with pytest.raises(error, match=text):
        function()


# -- ranges
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        ((1, 4), [1, 2, 3, 4]),
        ((0, 0.1, 0.3), [0, 0.1, 0.2, 0.3]),
        ((5, -2, 0), [5, 3, 1]),
        ((1, 1.5), [1]),
        ((2, 1), []),
        ((1, 0, 5), []),
        ((dl.dlarray(2.0), dl.dlarray(3.0, "CB")), [2, 3]),
    ],
    ids=str,
)
def test_colon(arguments, values):
    assert_holds(dl.colon(*arguments), "", np.reshape(values, (1, -1)), rtol=1e-12)


@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_linspace(n):  # also of ends whose distance is beyond a double
    far = dl.linspace(-1.5e308, 1.5e308, 5).data.ravel()
    assert far.tolist() == [-1.5e308, -7.5e307, 0, 7.5e307, 1.5e308]
    expected = np.linspace(2, 3, n) if n != 1 else np.array([3.0])
    assert_holds(dl.linspace(dl.dlarray(2.0), 3, n), "", expected.reshape(1, n))
    assert dl.linspace(0, 1).shape == (1, 100)


@pytest.mark.parametrize("ends", [(0, 5e-324), (1e-323, 2e-323), (5e-324, 5e-324)], ids=str)
def test_linspace_of_the_smallest_numbers(ends):
    first, last = ends
    for n in (2, 3):
        want = np.linspace(first, last, n)
        np.testing.assert_array_equal(dl.linspace(first, last, n).data[0], want)


def test_ranges_are_values_only():
    def function(x):
        assert not tape.is_traced(dl.colon(x, 5))
        assert not tape.is_traced(dl.linspace(x, 5, 3))

    dl.dlfeval(function, dl.dlarray(1.0))


def test_the_type_of_a_range():
    end = dl.dlarray(np.float32(3))
    assert dl.colon(1, end).dtype == dl.linspace(0, end, 3).dtype == np.float32


@pytest.mark.parametrize("end", [np.inf, [1, 2], "a", 1j], ids=str)
def test_ends_are_finite_numbers(end):
    with pytest.raises(ValueError, match="colon: ends and steps are finite real numbers"):
        dl.colon(0, end)
    with pytest.raises(ValueError, match="linspace: ends and steps are finite real numbers"):
        dl.linspace(0, end)
