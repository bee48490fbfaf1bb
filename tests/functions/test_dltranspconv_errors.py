"""`dltranspconv`: wrong labels, sizes, options and types are errors."""

from typing import Any

import numpy as np
import pytest

import dlarray as dl

SCB = dl.dlarray(np.ones((7, 2, 3)), "SCB")
CBT = dl.dlarray(np.ones((2, 3, 7)), "CBT")
SSCB = dl.dlarray(np.ones((7, 5, 2, 3)), "SSCB")
W = np.ones((3, 5, 2))
W2 = np.ones((3, 3, 5, 2))


@pytest.mark.parametrize(
    ("X", "weights", "options", "text"),
    [
        (np.ones((7, 2, 3)), W, {}, r"X must be a formatted dlarray; got 7×2×3 \(unformatted\)"),
        (3, W, {}, r"X must be a formatted dlarray; got int\."),
        (SCB, W, {"DataFormat": "SCB"}, 'X is "SCB" already; DataFormat="SCB" is for unformatted'),
        (
            SCB,
            dl.dlarray(W, "SUC"),
            {"WeightsFormat": "SUC"},
            'weights are "SCU" already; WeightsFormat="SUC" is for unformatted ones',
        ),
        (
            CBT,
            W,
            {},
            r"unformatted weights convolve over S dimensions; X is 2\(C\) × 3\(B\) × 7\(T\)\. "
            'To convolve over time give WeightsFormat, for example "TUC"',
        ),
        (dl.dlarray(np.ones((2, 3)), "CB"), W, {}, r".*X is 2\(C\) × 3\(B\)\. Name one S"),
        (dl.dlarray(np.ones((7, 3)), "SB"), W, {}, 'X needs a C dimension; it is "SB"'),
        (SCB, W, {"WeightsFormat": "SBC"}, 'weights have no B dimension; they are "SBC'),
        (SCB, W, {"WeightsFormat": "SUU"}, 'weights need a C dimension; they are "SUU"'),
        (SCB, W, {"WeightsFormat": "CUU"}, 'the weights, "CUU", name no S or T dimension to conv'),
        (
            SCB,
            W,
            {"WeightsFormat": "TUC"},
            'the weights convolve over T, and X, "SCB", has no T dimension',
        ),
        (
            CBT,
            W,
            {"WeightsFormat": "SUC"},
            'the weights convolve over S, and X, "CBT", has no S dimension',
        ),
        (
            SCB,
            W2,
            {"WeightsFormat": "SSUC"},
            'the weights convolve over SS, and X, "SCB", has 1 S dim',
        ),
        (
            SCB,
            np.ones((3, 5, 2, 2, 2)),
            {"WeightsFormat": "SUCUU"},
            r'the weights, "SUCUU", have 3 U dimensions\. The first is for filters, a second for',
        ),
        (
            dl.dlarray(np.ones((2, 2, 2, 2, 2)), "SSSCT"),
            np.ones((1, 1, 1, 2, 5, 2)),
            {"WeightsFormat": "SSSTUC"},
            'convolution is over 3 dimensions at most; the weights, "SSSTUC", convolve over 4',
        ),
        (SCB, W, {"WeightsFormat": "suc"}, "WeightsFormat: 's' in format \"suc\" is not a label"),
    ],
    ids=[
        "unformatted",
        "number",
        "DataFormat twice",
        "WeightsFormat twice",
        "unformatted weights over T",
        "unformatted weights",
        "no C",
        "B",
        "weights without C",
        "weights without S or T",
        "T",
        "S",
        "two S",
        "three U",
        "four dimensions",
        "small letters",
    ],
)
def test_wrong_labels_are_errors(X, weights, options, text):
    with pytest.raises(dl.FormatError, match=f"dltranspconv: {text}"):
        dl.dltranspconv(X, weights, **options)


@pytest.mark.parametrize(
    ("X", "weights", "options", "text"),
    [
        (
            SCB,
            np.ones((3, 5, 4)),
            {},
            r"input channels differ\.\n  X:       7\(S\) × 2\(C\) × 3\(B\)\n"
            r"  weights: 3\(S\) × 5\(U\) × 4\(C\)\nGive weights 2 input channels",
        ),
        (
            SCB,
            np.ones((3, 5, 2, 4)),
            {},
            r"input channels differ\.\n.*\n  weights: 3\(S\) × 5\(U\) × 2\(C\) × 4\(U\)\n"
            r"4 groups of 2 channels make 8, not 2\. Give one group\.",
        ),
        (
            SCB,
            np.ones((3, 5, 2, 1)),
            {"WeightsFormat": "SUC"},
            r'weights of 4 dimensions, 3×5×2×1, do not fit the labels "SUC"\. Their size is '
            "filterSize × numFilters × numChannels",
        ),
        (SCB, np.ones((0, 5, 2)), {}, r"a filter needs one tap at least; .* 0\(S\)"),
        (
            dl.dlarray(np.ones((0, 2, 3)), "SCB"),
            W,
            {},
            r"X has no samples along S, it is 0\(S\) × 2\(C\) × 3\(B\)\. Give one at least",
        ),
        (
            SCB,
            W,
            {"Cropping": (4, 5)},
            r"cropping leaves nothing along dimension 0 \(S\)\. 7 samples with stride 1 and a "
            r"filter that spans 3 samples \(3 taps, "
            r"dilation factor 1\) make 9; Cropping is \(4, 5\)\. Crop less",
        ),
        (
            SSCB,
            W2,
            {"Cropping": [0, 9], "DilationFactor": [1, 2], "Stride": 2},
            r"cropping leaves nothing along dimension 1 \(S\)\. 5 samples with stride 2 and a "
            r"filter that spans 5 .*make 13; Cropping is \(9, 9\)",
        ),
        (SCB, W, {"bias": np.ones(4)}, "bias must have one element, or one for each of 5 filters;"),
        (
            dl.dlarray(np.ones((7, 4, 3)), "SCB"),
            np.ones((3, 5, 2, 2)),
            {"bias": np.ones(5)},
            "bias must have one element, or one for each of 10 filters; got 5",
        ),
    ],
    ids=[
        "channels",
        "groups",
        "dimensions",
        "no taps",
        "no samples",
        "cropped",
        "cropped in two",
        "bias",
        "bias of groups",
    ],
)
def test_wrong_sizes_are_errors(X, weights, options, text):
    with pytest.raises(dl.ShapeError, match=f"dltranspconv: .*{text}"):
        dl.dltranspconv(X, weights, **options)


def test_a_bias_labelled_otherwise_than_c_is_an_error():
    with pytest.raises(dl.FormatError, match="dltranspconv: bias with labels has the dimension C"):
        dl.dltranspconv(SCB, W, dl.dlarray(np.ones(5), "B"))


@pytest.mark.parametrize(
    ("X", "weights", "options", "text"),
    [
        (
            SCB,
            W,
            {"Cropping": "causal"},
            'Cropping must be "same", a number, one for each dimension, or the samples at the '
            "starts and the ends; got 'causal'",
        ),
        (SCB, W, {"Cropping": None}, 'Cropping must be "same", a number.* the ends; got None'),
        (SCB, W, {"Cropping": -1}, "Cropping must be an integer, at least 0; got -1"),
        (SCB, W, {"Cropping": [1, 2, 3]}, r'Cropping must be "same", a number or two numbers'),
        (
            SCB,
            W,
            {"Cropping": [[1], [1, 2]]},
            r'Cropping must be "same", a number.* the ends; got \[\[1\], \[1, 2\]\]\.$',
        ),
        (SSCB, W2, {"Cropping": [1, 2, 3]}, r'Cropping must be "same", a number, 2 numbers \(one'),
        (SCB, W, {"Stride": 0}, "Stride must be a positive integer; got 0"),
        (SCB, W, {"Stride": 1.5}, "Stride must be a positive integer; got 1.5"),
        (SCB, W, {"Stride": True}, "Stride must be a positive integer, or one for .*; got True"),
        (SCB, W, {"Stride": [1, 2]}, "Stride must be a number; got"),
        (SSCB, W2, {"Stride": [1, 2, 3]}, "Stride must be a number or 2 numbers, one for each dim"),
        (SCB, W, {"DilationFactor": "2"}, "DilationFactor must be .*; got '2'"),
        (SCB, W, {"DilationFactor": 0}, "DilationFactor must be a positive integer; got 0"),
    ],
    ids=str,
)
def test_wrong_options_are_errors(X, weights, options, text):
    with pytest.raises(ValueError, match=f"dltranspconv: {text}"):
        dl.dltranspconv(X, weights, **options)


@pytest.mark.parametrize(
    ("X", "weights", "bias", "text"),
    [
        (SCB > 0, W, None, "logical data not supported; convert to single or double"),
        (SCB, W > 0, None, "weights: logical data not supported; convert to single or double"),
        (SCB, "w", None, "weights: data of type <U1 are not possible"),
        (SCB, W, "b", "bias: data of type <U1 are not possible"),
        (SCB, None, None, "weights: the data are Python objects"),
    ],
    ids=["logical", "logical weights", "weights", "bias", "None"],
)
def test_wrong_types_are_errors(X, weights, bias, text):
    with pytest.raises(TypeError, match=f"dltranspconv: {text}"):
        dl.dltranspconv(X, weights, bias)


@pytest.mark.parametrize("option", ["DataFormat", "WeightsFormat"])
def test_a_format_is_a_text(option):
    options: dict[str, Any] = {"DataFormat": "SCB", option: ["S", "C", "U"]}
    with pytest.raises(TypeError, match="a format is a text of the labels S, C, B, T, U; got list"):
        dl.dltranspconv(np.ones((7, 2, 3)), W, **options)


@pytest.mark.parametrize(("labels", "own"), [("TUC", (3, 5, 2)), ("TUCU", (3, 5, 2, 1))])
def test_advice_on_groups_fits_the_labels(labels, own):
    X = dl.dlarray(np.ones((4, 3, 7)), "CBT")
    text = 'For 2 groups give weights of size 3×5×2×2, labels "TUCU"'
    with pytest.raises(dl.ShapeError, match=f"dltranspconv: (?s:.*)Give .* channels. {text}"):
        dl.dltranspconv(X, np.ones(own), WeightsFormat=labels)


def test_one_sample_is_singular_in_messages():
    one = dl.dlarray(np.ones((1, 2, 3)), "SCB")
    text = r"1 sample with stride 1 and a filter that spans 1 sample \(1 tap, dilation factor 1\)"
    with pytest.raises(dl.ShapeError, match=text):
        dl.dltranspconv(one, np.ones((1, 5, 2)), Cropping=1)
