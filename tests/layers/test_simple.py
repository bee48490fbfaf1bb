"""`reluLayer` and `softmaxLayer`."""

from __future__ import annotations

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES
from tests import naive


def test_relu_cuts_below_zero_and_keeps_nan():
    x = dl.dlarray([-np.inf, -2.0, -0.0, 0.0, 3.0, np.inf, np.nan], "C")
    got = dl.reluLayer().predict(x).data.ravel()
    assert np.array_equal(got, [0, 0, 0, 0, 3, np.inf, np.nan], equal_nan=True)


def test_gradient_of_relu_at_zero_is_zero():
    def slope(x):
        return dl.dlgradient(dl.sum(dl.reluLayer().predict(x), "all"), x)

    got = dl.dlfeval(slope, dl.dlarray([-1.0, 0.0, 2.0], "C"))
    assert got.data.ravel().tolist() == [0, 0, 1]


@pytest.mark.parametrize("fmt", ["CB", "CBT", "SCB", "SSCB", "SC", "CU"])
def test_softmax_is_over_the_channels(fmt, rng):
    x = rng.standard_normal((5, 3, 2, 7)[: len(fmt)])
    got = dl.softmaxLayer().predict(dl.dlarray(x, fmt))
    want = naive.softmax(x, fmt.index("C"))
    assert got.fmt == fmt
    np.testing.assert_allclose(got.data, want, rtol=0, atol=10 * TOLERANCES[np.float64])


def test_softmax_of_large_scores_is_finite():
    x = dl.dlarray([[1e4, -1e4], [1e4 - 1, 0]], "CB")
    got = dl.softmaxLayer().predict(x).data
    assert np.isfinite(got).all()
    np.testing.assert_allclose(got[:, 0], [1 / (1 + np.exp(-1)), 1 / (1 + np.e)], rtol=1e-12)
    assert got[:, 1].tolist() == [0, 1]


def test_softmax_needs_channels():
    with pytest.raises(dl.FormatError, match=r"softmax.*needs a C dimension") as caught:
        dl.dlnetwork([dl.softmaxLayer()], dl.networkDataLayout((3, 2), "SB"))
    assert "layer 'softmax' (SoftmaxLayer, 1 of 1)" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("layer", "kind", "text", "name"),
    [
        (dl.reluLayer(), "ReLU", "ReLU", "ReLULayer"),
        (dl.softmaxLayer(), "Softmax", "softmax", "SoftmaxLayer"),
    ],
    ids=["relu", "softmax"],
)
def test_display(layer, kind, text, name):
    assert (layer.Type, layer.summaryText()) == (kind, text)
    assert repr(layer) == f"\n  {name} with properties:\n\n    Name: ''\n"


@pytest.mark.parametrize("make", [dl.reluLayer, dl.softmaxLayer], ids=["relu", "softmax"])
def test_only_a_name_is_taken(make):
    assert make(Name="a").Name == "a"
    with pytest.raises(TypeError, match=r"Layer: there is no option name. Did you mean Name"):
        make(**{"name": "a"})
    with pytest.raises(TypeError, match="Layer: Name must be a text; got int"):
        make(**{"Name": 1})
