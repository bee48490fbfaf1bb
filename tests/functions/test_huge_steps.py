"""Strides, dilation factors and padding beyond any data: they compute, or raise what we say."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import dlarray as dl

SCB = dl.dlarray(np.arange(42.0).reshape(7, 2, 3) % 5, "SCB")
ONE = dl.dlarray(np.ones((1, 2, 3)), "SCB")
W = np.arange(30.0).reshape(3, 2, 5) % 7
V = np.arange(30.0).reshape(3, 5, 2) % 7
TAP = np.ones((1, 2, 5))
HUGE: Any = pytest.mark.parametrize("n", [2**40, 2**60, 2**63, 2**70], ids=hex)

# what is the same with a step that is nothing special
SAME = {
    "dlconv": (lambda n: dl.dlconv(SCB, W, Stride=n), 5),
    "dlconv to the same length": (lambda n: dl.dlconv(SCB, W, Stride=n, Padding="same"), 7),
    "dlconv of one tap": (lambda n: dl.dlconv(SCB, TAP, DilationFactor=n), 1),
    "dltranspconv": (lambda n: dl.dltranspconv(ONE, V, Stride=n), 1),
    "dltranspconv of one tap": (
        lambda n: dl.dltranspconv(SCB, np.ones((1, 5, 2)), DilationFactor=n),
        1,
    ),
    "maxpool": (lambda n: dl.maxpool(SCB, 3, Stride=n), 7),
    "maxpool to the same length": (lambda n: dl.maxpool(SCB, 3, Stride=n, Padding="same"), 7),
    "indices": (lambda n: dl.maxpool(SCB, 3, Stride=n, nargout=2)[1], 7),
    "avgpool": (lambda n: dl.avgpool(SCB, 3, Stride=n, Padding=1), 9),
}


@HUGE
@pytest.mark.parametrize("call", SAME)
def test_a_step_beyond_the_data_is_like_one_to_their_end(call, n):
    function, enough = SAME[call]
    got, want = function(n), function(enough)
    assert got.shape == want.shape
    np.testing.assert_array_equal(got.data, want.data)


@HUGE
def test_its_gradients_are_those_of_one_to_their_end(n):
    def slopes(X, w, stride):
        Y = dl.dlconv(X, w, Stride=stride)
        Z = dl.maxpool(X, 3, Stride=stride) + dl.avgpool(X, 3, Stride=stride)
        return dl.dlgradient(dl.sum(Y * Y, "all") + dl.sum(Z * Z, "all"), X, w)

    got = dl.dlfeval(slopes, SCB, dl.dlarray(W), n)
    want = dl.dlfeval(slopes, SCB, dl.dlarray(W), 7)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_array_equal(a.data, b.data)


@pytest.mark.parametrize("n", [2**46, 2**60, 2**63, 2**70], ids=hex)
@pytest.mark.parametrize(
    ("function", "arguments", "options", "size"),
    [
        (dl.dlconv, (SCB, W), ["Padding"], lambda n: f"{2 * n + 5}(S) × 5(C) × 3(B)"),
        (dl.dltranspconv, (SCB, V), ["Stride"], lambda n: f"{6 * n + 3}(S) × 5(C) × 3(B)"),
        (dl.dltranspconv, (SCB, V), ["DilationFactor"], lambda n: f"{2 * n + 7}(S) × 5(C) × 3(B)"),
        (dl.maxpool, (SCB, 3), ["Padding"], lambda n: f"{2 * n + 5}(S) × 2(C) × 3(B)"),
        (dl.avgpool, (SCB, 3), ["Padding"], lambda n: f"{2 * n + 5}(S) × 2(C) × 3(B)"),
    ],
)
def test_a_result_beyond_memory_is_an_error_before_any_work(function, arguments, options, size, n):
    text = (
        f"{function.__name__}: there is not enough memory for the result, {size(n)}, of 7(S) × "
        "2(C) × 3(B). Take a part of the data at a time, or give smaller options."
    )
    with pytest.raises(MemoryError, match=re.escape(text)):
        function(*arguments, **dict.fromkeys(options, n))


def test_the_other_formats_of_a_result_beyond_memory():
    X = dl.dlarray(np.ones((2, 3, 7)), "CBT")
    text = r"dlconv: .* the result, 5\(C\) × 3\(B\) × 1152921504606846981\(T\), of 2"
    with pytest.raises(MemoryError, match=text):
        dl.dlconv(X, W, WeightsFormat="TCU", Padding=(2**60, 0))
    text = r"dltranspconv: .* the result, 6\(C\) × 3\(B\) × 6917529027641081859\(T\), of 2"
    with pytest.raises(MemoryError, match=text):
        dl.dltranspconv(X, np.ones((3, 3, 1, 2)), WeightsFormat="TUCU", Stride=2**60)
    text = r"maxpool: .* the result, 2\(C\) × 3\(B\) × 1152921504606846981\(T\), of 2"
    with pytest.raises(MemoryError, match=text):
        dl.maxpool(X, 3, PoolFormat="T", Padding=(0, 2**60), nargout=2)


@pytest.mark.parametrize("n", [2**60, 2**63, 2**70], ids=hex)
@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda n: dl.dlconv(SCB, W, DilationFactor=n, Padding="same"), "dlconv: {} the padded "),
        (lambda n: dl.dlconv(SCB, W, Padding=n, Stride=n), "dlconv: {} the padded input"),
        (
            lambda n: dl.dltranspconv(SCB, V, Stride=n, Cropping=(0, 6 * n - 3)),
            "dltranspconv: {} the result before cropping",
        ),
        (lambda n: dl.maxpool(SCB, 3, Padding=n, Stride=n), "maxpool: {} the padded input"),
        (lambda n: dl.avgpool(SCB, n, Padding=n, Stride=n), "avgpool: {} the padded input"),
    ],
    ids=["dilated", "padded", "cropped", "max", "average"],
)
def test_what_reaches_farther_than_memory_does_is_an_error(call, text, n):
    rule = "Padding and steps reach farther than memory does:"
    if "dltranspconv" in text:
        rule = "Cropping and steps reach farther than memory does:"
    with pytest.raises(ValueError, match=re.escape(text.format(rule))) as caught:
        call(n)
    assert re.search(r" has \d{19,} samples\. Give smaller numbers\.$", str(caught.value))


@pytest.mark.parametrize("last", [2**64, 2**62, 2**200])
def test_unpooled_sizes_beyond_memory(last):
    X = dl.dlarray(np.ones((2, 3, 7)), "CBT")
    text = f"maxunpool: there is not enough memory for 2×3×{last} double, {48 * last} bytes. Give"
    with pytest.raises(MemoryError, match=re.escape(text)):
        dl.maxunpool(X, np.arange(42), (2, 3, last))
