"""`dlconv`: wrong labels, sizes, options and types are errors."""

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from tests.functions.convolutions import data, filters, reference
from tests.holds import assert_near

SCB = dl.dlarray(np.ones((7, 2, 3)), "SCB")
CBT = dl.dlarray(np.ones((2, 3, 7)), "CBT")
W = np.ones((3, 2, 5))


@pytest.mark.parametrize(
    ("X", "weights", "options", "text"),
    [
        (np.ones((7, 2, 3)), W, {}, r"X must be a formatted dlarray; got 7×2×3 \(unformatted\)"),
        (np.ones((7, 2, 3)), W, {}, r".* dlarray\(X, \"CBT\"\) or give DataFormat"),
        (3, W, {}, r"X must be a formatted dlarray; got int\."),
        (dl.stripdims(SCB), W, {}, r"X must be a formatted dlarray; got 7×2×3 \(unformatted\)"),
        (
            SCB,
            W,
            {"DataFormat": "SCB"},
            'X is "SCB" already; DataFormat="SCB" is for unformatted data. Leave DataFormat out',
        ),
        (
            SCB,
            dl.dlarray(W, "SCU"),
            {"WeightsFormat": "SCU"},
            'weights are "SCU" already; WeightsFormat="SCU" is for unformatted ones. Leave Weights'
            "Format out",
        ),
        (
            CBT,
            W,
            {},
            r"unformatted weights convolve over S dimensions; X is 2\(C\) × 3\(B\) × 7\(T\)\. "
            'To convolve over time give WeightsFormat, for example "TCU"',
        ),
        (
            dl.dlarray(np.ones((2, 3)), "CB"),
            W,
            {},
            r"unformatted weights convolve over S dimensions; X is 2\(C\) × 3\(B\)\. Name one S",
        ),
        (dl.dlarray(np.ones((7, 3)), "SB"), W, {}, 'X needs a C dimension; it is "SB"'),
        (SCB, W, {"WeightsFormat": "SCB"}, 'weights have no B dimension; they are "SCB'),
        (SCB, W, {"WeightsFormat": "SUU"}, 'weights need a C dimension; they are "SUU"'),
        (SCB, W, {"WeightsFormat": "CUU"}, 'the weights, "CUU", name no S or T dimension'),
        (
            SCB,
            W,
            {"WeightsFormat": "TCU"},
            'the weights convolve over T, and X, "SCB", has no T dim',
        ),
        (
            CBT,
            W,
            {"WeightsFormat": "SCU"},
            'the weights convolve over S, and X, "CBT", has no S dim',
        ),
        (
            SCB,
            W,
            {"WeightsFormat": "SSC"},
            'the weights convolve over SS, and X, "SCB", has 1 S dimension',
        ),
        (
            dl.dlarray(np.ones((5, 5, 5, 2, 7)), "SSSCT"),
            np.ones((1, 1, 1, 1, 2)),
            {"WeightsFormat": "SSSTC"},
            'convolution is over 3 dimensions at most; the weights, "SSSTCU", convolve over 4',
        ),
        (
            SCB,
            np.ones((3, 1, 5, 2, 2)),
            {"WeightsFormat": "SCUUU"},
            'the weights, "SCUUU", have 3 U dimensions. The first is for filters, a second for gro',
        ),
        (SCB, W, {"WeightsFormat": "scu"}, "WeightsFormat: 's' in format \"scu\" is not a label"),
        (SCB, W, {"WeightsFormat": "STTU"}, "WeightsFormat: label 'T' occurs 2 times"),
    ],
    ids=[
        "unformatted",
        "advice",
        "number",
        "stripped",
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
        "four dimensions",
        "three U",
        "small letters",
        "T twice",
    ],
)
def test_wrong_labels_are_errors(X, weights, options, text):
    with pytest.raises(dl.FormatError, match=f"dlconv: {text}"):
        dl.dlconv(X, weights, **options)


@pytest.mark.parametrize(
    ("weights", "options", "text"),
    [
        (
            np.ones((3, 4, 5)),
            {},
            r"input channels differ\.\n  X:       7\(S\) × 2\(C\) × 3\(B\)\n"
            r"  weights: 3\(S\) × 4\(C\) × 5\(U\)\nGive weights 2 input channels",
        ),
        (
            np.ones((3, 2, 5, 1)),
            {"WeightsFormat": "SCU"},
            r"weights of 4 dimensions, 3×2×5×1, do not fit the labels \"SCU\"",
        ),
        (
            np.ones((9, 2, 5)),
            {"Padding": (1, 0)},
            r"the filter is longer than the padded input\. The input has length 7, padding "
            r"\(1, 0\) makes it 8, and the filter spans 9 samples \(9 taps, dilation factor 1\)",
        ),
        (W, {"DilationFactor": 4}, r"spans 9 samples \(3 taps, dilation factor 4\)"),
        (
            W,
            {"Padding": 8, "PaddingValue": "symmetric-include-edge"},
            r'PaddingValue="symmetric-include-edge" mirrors at most 7 of 7 samples; the padding is '
            r"\(8, 8\)",
        ),
        (
            W,
            {"Padding": (0, 7), "PaddingValue": "symmetric-exclude-edge"},
            r"mirrors at most 6 of 7 samples; the padding is \(0, 7\)\. Pad less, or use 'replicat",
        ),
        (
            W,
            {"bias": np.ones(4)},
            r"bias must have one element, or one for each of 5 filters; got 4",
        ),
        (
            W,
            {"bias": np.ones(0)},
            r"bias must have one element, or one for each of 5 filters; got 0",
        ),
    ],
    ids=[
        "channels",
        "dimensions",
        "length",
        "dilated",
        "include",
        "exclude",
        "bias",
        "empty bias",
    ],
)
def test_wrong_sizes_are_errors(weights, options, text):
    with pytest.raises(dl.ShapeError, match=rf"dlconv: .*{text}"):
        dl.dlconv(SCB, weights, **options)


@pytest.mark.parametrize(
    ("fmt", "channels", "weights", "options", "text"),
    [
        ("CBT", 4, (3, 2, 5), "TCU", 'For 2 groups give weights of size 3×2×5×2, labels "TCUU"'),
        ("CBT", 4, (3, 2, 5), "TCUU", 'For 2 groups give weights of size 3×2×5×2, labels "TCUU"'),
        ("SCB", 4, (3, 2, 5), None, 'For 2 groups give weights of size 3×2×5×2, labels "SCUU"'),
        ("CBT", 3, (3, 1), "TC", 'For 3 groups give weights of size 3×1×1×3, labels "TCUU"'),
        ("SCB", 0, (3, 2, 5), None, None),
        ("SCB", 3, (3, 2, 5), None, None),
        ("SCB", 4, (3, 1, 5, 2), None, "2 groups of 1 channel make 2, not 4. Give 4 groups."),
        ("SCB", 4, (3, 3, 5, 2), None, "make 6, not 4. Give groups of 2 channels."),
        ("SCB", 9, (3, 3, 5, 2), None, "2 groups of 3 channels make 6, not 9. Give 3 groups."),
        ("SCB", 7, (3, 3, 5, 2), None, "make 6, not 7. Give groups that make 7."),
    ],
)
def test_advice_on_groups_fits_the_labels(fmt, channels, weights, options, text):
    X = dl.dlarray(np.ones([{"C": channels, "B": 3}.get(label, 7) for label in fmt]), fmt)
    with pytest.raises(dl.ShapeError, match=r"dlconv: input channels differ\.") as caught:
        dl.dlconv(X, np.ones(weights), WeightsFormat=options)
    advice = str(caught.value).splitlines()[-1]
    if text is None:
        assert advice == f"Give weights {channels} input channels."
    else:
        assert text in advice


def test_there_is_nothing_to_replicate_in_an_empty_sequence():
    X = dl.dlarray(np.ones((0, 2, 3)), "SCB")
    with pytest.raises(dl.ShapeError, match=r"dlconv: there is no sample to replicate: .* 0"):
        dl.dlconv(X, W, Padding=3, PaddingValue="replicate")


def test_one_is_singular_in_messages():
    one = dl.dlarray(np.ones((1, 2, 3)), "SCB")
    with pytest.raises(dl.ShapeError, match=r"mirrors at most 1 of 1 sample; the padding is"):
        dl.dlconv(one, W, Padding=2, PaddingValue="symmetric-include-edge")
    empty = dl.dlarray(np.ones((0, 2, 3)), "SCB")
    with pytest.raises(dl.ShapeError, match=r"spans 1 sample \(1 tap, dilation factor 1\)"):
        dl.dlconv(empty, np.ones((1, 2, 5)))
    with pytest.raises(dl.ShapeError, match=r"one element, or one for each of 1 filter; got 3"):
        dl.dlconv(SCB, np.ones((3, 2)), np.ones(3))


def test_a_bias_labelled_otherwise_than_c_is_an_error():
    with pytest.raises(dl.FormatError, match="dlconv: bias"):
        dl.dlconv(SCB, W, dl.dlarray(np.ones(5), "B"))


def test_a_filter_without_taps_is_an_error():
    with pytest.raises(dl.ShapeError, match=r"dlconv: .*filter"):
        dl.dlconv(SCB, np.ones((0, 2, 5)))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"Padding": "valid"},
            'Padding must be "same", "causal", a number, one for each dimension, or the samples at '
            "the starts and the ends; got 'valid'",
        ),
        (
            {"Padding": None},
            'Padding must be "same", "causal", a number, one for each dimension, or the samples at '
            "the starts and the ends; got None",
        ),
        ({"Padding": -1}, "Padding must be an integer, at least 0; got -1"),
        ({"Padding": 1.5}, "Padding must be an integer, at least 0; got 1.5"),
        ({"Padding": [1, -1]}, "Padding must be an integer, at least 0; got -1"),
        (
            {"Padding": [1, 2, 3]},
            r'Padding must be "same", "causal", a number or two numbers \(start, end\); got \(1, 2',
        ),
        (
            {"Padding": [[1], [1, 2]]},
            r'Padding must be "same", .* the ends; got \[\[1\], \[1, 2\]\]\.$',
        ),
        (
            {"Padding": [np.ones((2, 2)), np.ones((2, 3))]},
            r'Padding must be "same", .* the ends; got \[array\(\[\[1\., 1\.\], \[1\., 1\.\]\]\), ',
        ),
        (
            {"Padding": np.full((40, 2), 1.5)[np.newaxis]},
            'Padding must be "same", .* the ends; got 1×40×2 float64',
        ),
        ({"PaddingValue": "mirror"}, "PaddingValue must be .*\"replicate\".*; got 'mirror'"),
        ({"PaddingValue": None}, 'PaddingValue must be a number or one of "symm.*; got None'),
        ({"PaddingValue": dl.dlarray([[1, 2], [3, 4]])}, r"PaddingValue .*; got 2×2 dlarray\.$"),
        ({"Stride": 0}, "Stride must be a positive integer; got 0"),
        ({"Stride": 1.5}, "Stride must be a positive integer; got 1.5"),
        ({"Stride": [2, 2]}, r"Stride must be a number; got \(2, 2\)"),
        ({"Stride": None}, "Stride must be a positive integer, or one for each dim.*; got None"),
        ({"DilationFactor": 0}, "DilationFactor must be a positive integer; got 0"),
        ({"DilationFactor": "2"}, "DilationFactor must be a positive integer, or one .*; got '2'"),
    ],
    ids=[
        "padding word",
        "padding None",
        "negative padding",
        "broken padding",
        "negative end",
        "three paddings",
        "nested padding",
        "arrays",
        "large array",
        "value word",
        "value None",
        "values",
        "stride 0",
        "broken stride",
        "list of strides",
        "stride None",
        "dilation 0",
        "dilation text",
    ],
)
def test_wrong_options_are_errors(options, text):
    with pytest.raises(ValueError, match=f"dlconv: {text}"):
        dl.dlconv(SCB, W, **options)


@pytest.mark.parametrize("option", ["Stride", "DilationFactor"])
@pytest.mark.parametrize("two", [2, 2.0, np.int32(2), np.array(2)], ids=lambda n: type(n).__name__)
def test_steps_are_whole_numbers_of_any_type(option, two, rng):
    x, w = data("SCB", rng), filters(rng)
    moves = {"Stride": {"stride": 2}, "DilationFactor": {"dilation": 2}}[option]
    Y = dl.dlconv(dl.dlarray(x, "SCB"), w, **{option: two})
    assert_near(Y, "SCB", reference(x, "SCB", "S", w, **moves))


@pytest.mark.parametrize(
    ("option", "good", "bad"),
    [("Stride", 1, True), ("DilationFactor", 1, True), ("PaddingValue", 0, False)],
)
def test_a_right_call_before_does_not_hide_a_wrong_option(option, good, bad):
    dl.dlconv(SCB, W, **{option: good})
    with pytest.raises(ValueError, match=f"dlconv: {option} must be .*; got {bad}"):
        dl.dlconv(SCB, W, **{option: bad})


@pytest.mark.parametrize(
    ("X", "weights", "bias", "text"),
    [
        (SCB > 0, W, None, r"logical data not supported; convert to single or double"),
        (SCB, W > 0, None, r"weights: logical data not supported; .* Got 3×2×5 \(unformatted\) lo"),
        (SCB, W, np.ones(5) > 0, r"bias: logical data not supported; convert to single or double"),
        (SCB, W * 1j, None, r"weights: complex data not supported"),
        (SCB, "w", None, r"weights: data of type <U1 are not possible"),
        (SCB, W, "b", r"bias: data of type <U1 are not possible"),
        (SCB, None, None, r"weights: the data are Python objects"),
    ],
    ids=["logical", "logical weights", "logical bias", "complex", "weights", "bias", "None"],
)
def test_wrong_types_are_errors(X, weights, bias, text):
    with pytest.raises(TypeError, match=f"dlconv: {text}"):
        dl.dlconv(X, weights, bias)


@pytest.mark.parametrize("option", ["DataFormat", "WeightsFormat"])
def test_a_format_is_a_text(option):
    options: dict[str, Any] = {"DataFormat": "SCB", option: ["S", "C", "U"]}
    with pytest.raises(TypeError, match="a format is a text of the labels S, C, B, T, U; got list"):
        dl.dlconv(np.ones((7, 2, 3)), W, **options)
