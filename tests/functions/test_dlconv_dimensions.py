"""`dlconv` over several dimensions and with groups: layouts, options, errors."""

from math import prod
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from tests import naive

SIZES = {"S": (7, 5, 4), "C": (6,), "B": (3,), "T": (8,)}


def data(fmt, rng):
    return rng.standard_normal([SIZES[label][fmt[:i].count(label)] for i, label in enumerate(fmt)])


def expected(x, fmt, over, w, bias=None, groups=1, **options):
    """x of these labels convolved along the axes ``over`` with w (taps..., C, F)."""
    rest = [axis for axis, label in enumerate(fmt) if label != "C" and axis not in over]
    order = [*rest, *over, fmt.index("C")]
    moved = x.transpose(order)
    n = len(over)
    flat = moved.reshape(prod(moved.shape[: -n - 1]), *moved.shape[-n - 1 :])
    defaults = {"stride": [1] * n, "dilation": [1] * n, "ends": [(0, 0)] * n}
    y = naive.conv(flat, w, bias, groups=groups, **{**defaults, **options})
    return y.reshape(*moved.shape[: -n - 1], *y.shape[1:]).transpose(np.argsort(order))


def assert_values(y, want):
    np.testing.assert_allclose(dl.extractdata(dl.dlarray(y)), want, rtol=1e-11, atol=1e-11)


LAYOUTS = {
    # format of X, weights' format ("" for unformatted), taps, axes of X
    "SSCB": ("SSCB", "", (3, 2), (0, 1)),
    "SSC": ("SSC", "", (3, 2), (0, 1)),
    "SSCBT": ("SSCBT", "", (3, 2), (0, 1)),
    "SSSCB": ("SSSCB", "", (3, 2, 2), (0, 1, 2)),
    "SSCT over T too": ("SSCT", "SSTCU", (3, 2, 4), (0, 1, 3)),
    "SCBT over both": ("SCBT", "STCU", (3, 4), (0, 3)),
    "SCBT over S": ("SCBT", "SCU", (3,), (0,)),
    "SCBT over T": ("SCBT", "TCU", (4,), (3,)),
}


@pytest.mark.parametrize(("fmt", "w_fmt", "taps", "over"), LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout(fmt, w_fmt, taps, over, rng):
    x, w, b = data(fmt, rng), rng.standard_normal((*taps, 6, 5)), rng.standard_normal(5)
    y = dl.dlconv(dl.dlarray(x, fmt), w, b, WeightsFormat=w_fmt or None)
    assert y.dims() == fmt
    assert_values(y, expected(x, fmt, over, w, b))


@pytest.mark.parametrize("order", ["SSCU", "USCS", "CUSS", "UCSS"])
def test_labels_of_the_weights_in_any_order(order, rng):
    x, w = data("SSCB", rng), rng.standard_normal((3, 2, 6, 5))
    axes = {"C": [2], "U": [3], "S": [0, 1]}
    moved = w.transpose([axes[label].pop(0) for label in order])
    want = expected(x, "SSCB", (0, 1), w)
    X = dl.dlarray(x, "SSCB")
    assert_values(dl.dlconv(X, moved, WeightsFormat=order), want)
    assert_values(dl.dlconv(X, dl.dlarray(moved, order)), want)


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_groups_are_the_second_u_and_lie_one_after_the_other(groups, rng):
    x, each = data("SCB", rng), 6 // groups
    w = rng.standard_normal((3, each, 4, groups))
    flat = w.transpose(0, 1, 3, 2).reshape(3, each, 4 * groups)
    b = rng.standard_normal(4 * groups)
    want = expected(x, "SCB", (0,), flat, b, groups)
    X = dl.dlarray(x, "SCB")
    assert_values(dl.dlconv(X, w, b), want)
    assert_values(dl.dlconv(X, w, b, WeightsFormat="SCUU"), want)
    turned = w.transpose(2, 1, 3, 0)  # filters, channels, groups, taps
    assert_values(dl.dlconv(X, turned, dl.dlarray(b, "C"), WeightsFormat="UCUS"), want)


def test_one_filter_needs_no_u(rng):
    x, w = data("SSCB", rng), rng.standard_normal((3, 2, 6))
    assert_values(
        dl.dlconv(dl.dlarray(x, "SSCB"), w, WeightsFormat="SSC"),
        expected(x, "SSCB", (0, 1), w[..., np.newaxis]),
    )


def test_a_filter_with_fewer_s_has_size_one_along_the_others(rng):
    x, w = data("SSCB", rng), rng.standard_normal((3, 6, 5))
    X = dl.dlarray(x, "SSCB")
    want = expected(x, "SSCB", (0, 1), w[:, np.newaxis], stride=[2, 1])
    assert_values(dl.dlconv(X, w, WeightsFormat="SCU", Stride=(2, 1)), want)


OPTIONS = {
    "stride": ({"Stride": (2, 3)}, {"stride": [2, 3]}),
    "one stride": ({"Stride": 2}, {"stride": [2, 2]}),
    "dilation": ({"DilationFactor": [1, 2]}, {"dilation": [1, 2]}),
    "padding": ({"Padding": 2}, {"ends": [(2, 2), (2, 2)]}),
    "one padding a dimension": ({"Padding": (2, 1)}, {"ends": [(2, 2), (1, 1)]}),
    "row": ({"Padding": [[2, 1]]}, {"ends": [(2, 2), (1, 1)]}),
    "starts and ends": ({"Padding": [[2, 1], [0, 3]]}, {"ends": [(2, 0), (1, 3)]}),
    "same": ({"Padding": "same", "Stride": (1, 2)}, {"ends": [(1, 1), (0, 1)], "stride": [1, 2]}),
    "value": ({"Padding": 1, "PaddingValue": 2.5}, {"ends": [(1, 1)] * 2, "value": 2.5}),
    "mirrored": (
        {"Padding": (2, 1), "PaddingValue": "symmetric-exclude-edge"},
        {"ends": [(2, 2), (1, 1)], "value": "symmetric-exclude-edge"},
    ),
}


@pytest.mark.parametrize(("options", "terms"), OPTIONS.values(), ids=OPTIONS)
def test_options_for_each_dimension(options, terms, rng):
    x, w = data("SSCB", rng), rng.standard_normal((3, 2, 6, 5))
    y = dl.dlconv(dl.dlarray(x, "SSCB"), w, **options)
    assert_values(y, expected(x, "SSCB", (0, 1), w, **terms))


def test_options_of_space_stand_before_those_of_time(rng):
    x, w = data("SCBT", rng), rng.standard_normal((3, 4, 6, 5))
    options: Any = {"Stride": (1, 2), "Padding": [[0, 3], [1, 0]]}
    want = expected(x, "SCBT", (0, 3), w, stride=[1, 2], ends=[(0, 1), (3, 0)])
    assert_values(dl.dlconv(dl.dlarray(x, "SCBT"), w, WeightsFormat="STCU", **options), want)


SSCB = dl.dlarray(np.ones((7, 5, 6, 3)), "SSCB")
W = np.ones((3, 2, 6, 5))


@pytest.mark.parametrize(
    ("weights", "options", "text"),
    [
        (W, {"Stride": (1, 2, 3)}, "Stride must be a number or 2 numbers, one for each dim"),
        (W, {"Stride": (1, 0)}, "Stride must be a positive integer; got 0"),
        (W, {"DilationFactor": []}, "DilationFactor must be a positive integer, or one for each"),
        (W, {"Padding": (1, 2, 3)}, r'Padding must be "same", a number, 2 numbers \(one for each'),
        (W, {"Padding": [[1], [2]]}, r".* or two rows of 2 \(starts and ends\); got \(\(1,"),
        (W, {"Padding": "causal"}, 'Padding="causal" pads one convolved dimension; these are 2'),
        (W, {"Padding": ((1, -1), (0, 0))}, "Padding must be an integer, at least 0; got -1"),
        (
            np.ones((3, 6, 6, 5)),
            {},
            r"the filter is longer than the padded input\. The input has length 5 along "
            r"dimension 1 \(S\), padding \(0, 0\)",
        ),
        (
            W,
            {"Padding": (1, 5), "PaddingValue": "symmetric-exclude-edge"},
            r".*mirrors at most 4 of 5 samples along dimension 1 \(S\); the padding is \(5, 5\)",
        ),
        (
            np.ones((3, 2, 2, 5)),
            {},
            r"input channels differ\.\n.*\n.*\nGive weights 6 input channels\. For 3 groups give "
            r'weights of size 3×2×2×5×3, labels "SSCUU"',
        ),
        (
            np.ones((3, 2, 2, 5, 2)),
            {},
            r"input channels differ\.\n.*\n.*\n2 groups of 2 channels make 4, not 6",
        ),
        (
            np.ones((3, 2, 3, 5, 2)),
            {"bias": np.ones(5)},
            "bias must have one element, or one for each of 10 filters; got 5",
        ),
    ],
    ids=[
        "three strides", "stride 0", "no dilation", "three paddings", "column", "causal",
        "negative",
        "long filter", "mirrored", "channels", "groups", "bias",
    ],
)  # fmt: skip
def test_wrong_options_and_sizes_are_errors(weights, options, text):
    with pytest.raises(ValueError, match=f"dlconv: {text}"):
        dl.dlconv(SSCB, weights, **options)
