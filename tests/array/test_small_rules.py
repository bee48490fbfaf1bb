"""Backward passes of small arrays take a shorter way: the same bits as operator by operator."""

import numpy as np
import pytest

import dlarray as dl
from tests.array.replays import assert_same

BINARY = {
    "plus": lambda x, y: x + y,
    "minus": lambda x, y: x - y,
    "times": lambda x, y: x * y,
    "rdivide": lambda x, y: x / y,
    "number": lambda x, y: 2 * x - y / 3 + (1 - x) * (0.5 / y),
    "itself": lambda x, y: x * x - x / x + y - y,
    "tanh": lambda x, y: dl.tanh(x * y) - dl.tanh(y),
}
OTHER = {"same": ("CB", (3, 7)), "row": ("CB", (1, 7)), "labels": ("BT", (7, 2))}


def slopes(function, **options):
    def loss(x, y):
        value = dl.sum(function(x, y) ** 2, "all")
        return dl.dlgradient(value, [x, y], **options), dl.dlgradient(value, y, **options)

    return loss


@pytest.mark.parametrize("other", OTHER.values(), ids=OTHER)
@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16"])
@pytest.mark.parametrize("function", BINARY.values(), ids=BINARY)
def test_gradients_have_the_bits_of_the_pass_that_is_recorded(rng, function, dtype, other):
    fmt, shape = other
    x, y = (rng.standard_normal(n) + 2 for n in ((3, 7), shape))
    if dtype[0] == "c":
        x, y = x + 1j * rng.standard_normal(x.shape), y + 1j * rng.standard_normal(y.shape)
    args = dl.dlarray(x.astype(dtype), "CB"), dl.dlarray(y.astype(dtype), fmt)

    def whole(x, y):
        return function(x, y) if dtype[0] == "f" else dl.abs(function(x, y))

    plain = dl.dlfeval(slopes(whole), *args)
    recorded = dl.dlfeval(slopes(whole, EnableHigherDerivatives=True), *args)
    assert_same(plain, recorded)


def test_large_arrays_go_the_long_way_with_the_same_bits(rng):
    x, y = (dl.dlarray(rng.standard_normal((300, 70)).astype("f4") + 3, "CB") for _ in range(2))
    for function in BINARY.values():
        small, large = slopes(function), slopes(function)
        part = [dl.dlarray(np.array(v.data[:3]), "CB") for v in (x, y)]
        found = dl.dlfeval(large, x, y)[0]
        for whole, first in zip(found, dl.dlfeval(small, *part)[0], strict=True):
            np.testing.assert_array_equal(whole.data[:3], first.data)


@pytest.mark.parametrize("value", [1e300, -1e300, 1e-300, 1e38, 1e-40, 0.0, -0.0, np.nan, np.inf])
def test_numbers_beside_single_arrays_do_not_warn(value):
    with np.errstate(all="raise"):
        y = dl.dlarray(np.array([1, 2], "f4"), "C") * value
    with np.errstate(all="ignore"):
        expected = np.array([[1], [2]], "f4") * np.float32(value)
    np.testing.assert_array_equal(y.data, expected)
    assert np.signbit(y.data).tolist() == np.signbit(expected).tolist()
