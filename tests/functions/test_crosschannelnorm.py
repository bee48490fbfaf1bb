"""`crosschannelnorm`: windows, formats, golden numbers, errors."""

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES, checkGradients
from tests import naive
from tests.holds import assert_near

SIZES = {"C": 5, "B": 3, "T": 7, "U": 2}
each_layout = pytest.mark.parametrize("fmt", ["CB", "CBT", "SCB", "SCBT", "SSCB", "CU"])
each_window = pytest.mark.parametrize("window", [1, 2, 3, 4, 5, 16])


def data(fmt, rng, dtype=np.float64):
    spatial = iter((4, 6))
    sizes = [next(spatial) if label == "S" else SIZES[label] for label in fmt]
    return 3 * rng.standard_normal(sizes).astype(dtype)


def test_golden_numbers():
    X = dl.dlarray(np.ones((2, 2, 3)), "SSC")
    Y = dl.crosschannelnorm(X, 3, Alpha=1, Beta=1, K=1e-5)
    want = np.broadcast_to([1.499977500, 0.999990000, 1.499977500], (2, 2, 3))
    assert_near(Y, "SSC", want, atol=1e-9)


@each_layout
@each_window
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_every_layout_and_window_matches_the_reference(fmt, window, dtype, rng):
    x = data(fmt, rng, dtype)
    Y = dl.crosschannelnorm(dl.dlarray(x, fmt), window)
    assert Y.dtype == dtype
    want = naive.crosschannelnorm(x, fmt.index("C"), window)
    assert_near(Y, fmt, want, atol=10 * TOLERANCES[dtype])


def test_options(rng):
    x = data("CBT", rng)
    Y = dl.crosschannelnorm(x, 4, DataFormat="CBT", Alpha=0.5, Beta=1.5, K=0.3)
    assert_near(Y, "", naive.crosschannelnorm(x, 0, 4, 0.5, 1.5, 0.3))


def test_an_even_window_reaches_one_channel_further_on(rng):
    x = np.zeros((5, 1))
    x[2] = 1
    Y = dl.crosschannelnorm(dl.dlarray(x + 1, "CB"), 2, Alpha=1, Beta=1, K=1).extractdata()
    np.testing.assert_allclose(Y[:, 0], [1 / 2, 1 / 3.5, 2 / 3.5, 1 / 2, 1 / 1.5])


@each_layout
@each_window
def test_gradients_of_every_layout_and_window(fmt, window, rng):
    X = dl.dlarray(data(fmt, rng), fmt)
    checkGradients(lambda X: dl.crosschannelnorm(X, window, Alpha=0.5), X)


def test_no_elements():
    X = dl.dlarray(np.ones((3, 0)), "CB")
    assert_near(dl.crosschannelnorm(X, 3), "CB", np.ones((3, 0)))


@pytest.mark.parametrize("window", [0, -1, 2.5, "a"], ids=str)
def test_the_window_is_a_positive_integer(window, rng):
    text = f"crosschannelnorm: windowSize must be a positive integer; got {window!r}"
    with pytest.raises(ValueError, match=text):
        dl.crosschannelnorm(dl.dlarray(data("CB", rng), "CB"), window)


def test_the_window_has_16_channels_at_most(rng):
    text = "crosschannelnorm: windowSize must be at most 16 channels; got 17"
    with pytest.raises(ValueError, match=text):
        dl.crosschannelnorm(dl.dlarray(data("CB", rng), "CB"), 17)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("Alpha", np.nan, "a number"),
        ("Alpha", np.inf, "a number, finite"),
        ("Beta", 0, "a number, at least 0.01 and finite"),
        ("K", 0, "a number, at least 1e-05 and finite"),
    ],
)
def test_options_have_limits(name, value, rule, rng):
    options: dict[str, Any] = {name: value}
    with pytest.raises(ValueError, match=f"crosschannelnorm: {name} must be {rule}; got {value!r}"):
        dl.crosschannelnorm(dl.dlarray(data("CB", rng), "CB"), 3, **options)


@pytest.mark.parametrize(
    ("X", "error", "text"),
    [
        (dl.dlarray(np.ones((4, 5)), "SB"), dl.FormatError, r"needs a C dimension; got 4\(S\) × 5"),
        (np.ones((3, 5)), dl.FormatError, r"X must be a formatted dlarray; got 3×5"),
        (dl.dlarray(np.ones((6, 5)) > 0, "CB"), TypeError, "logical data not supported"),
    ],
    ids=["no C", "unformatted", "logical"],
)
def test_wrong_data_are_errors(X, error, text):
    with pytest.raises(error, match=f"crosschannelnorm: {text}"):
        dl.crosschannelnorm(X, 3)
