"""Pooling functions: what raises an error, and what it says."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import dlarray as dl

BOTH: Any = pytest.mark.parametrize("function", [dl.maxpool, dl.avgpool], ids=["max", "average"])
TIME = dl.dlarray(np.ones((3, 2, 7)), "CBT")
IMAGE = dl.dlarray(np.ones((5, 4, 3)), "SSC")


def raises(kind, function, text):
    return pytest.raises(kind, match=re.escape(f"{function.__name__}: {text}"))


@BOTH
@pytest.mark.parametrize(
    ("X", "options", "text"),
    [
        (TIME, {}, 'X needs an S dimension to pool over; it is 3(C) × 2(B) × 7(T). To pool over '
         'time give PoolFormat="T".'),
        (dl.dlarray(np.ones((3, 2)), "CB"), {}, "X needs an S dimension to pool over; it is 3(C) × "
         "2(B)."),
        (TIME, {"PoolFormat": "C"}, 'PoolFormat names S and T dimensions, as "S", "SS", "T" or '
         '"ST"; got "C".'),
        (IMAGE, {"PoolFormat": "T"}, "PoolFormat names T, and X has no T dimension; it is 5(S) × "
         "4(S) × 3(C)."),
        (IMAGE, {"PoolFormat": "S"}, 'PoolFormat="S" has 1 S, and X has 2; it is 5(S) × 4(S) × '
         "3(C). Name all S dimensions or none;"),
        (TIME, {"PoolFormat": "ST"}, 'PoolFormat="ST" has 1 S, and X has 0; it is 3(C)'),
        (dl.dlarray(np.ones((2, 2, 2, 2)), "SSSS"), {}, 'windows have up to 3 dimensions; "SSSS" '
         "names 4, X is 2(S) × 2(S) × 2(S) × 2(S)."),
        (TIME, {"DataFormat": "CBT"}, 'X is "CBT" already'),
        (np.ones((3, 2)), {}, "X must be a formatted dlarray; got 3×2 (unformatted)."),
        (TIME, {"PoolFormat": "Q"}, "PoolFormat: 'Q' in format \"Q\" is not a label."),
    ],
)  # fmt: skip
def test_formats(function, X, options, text):
    with raises(dl.FormatError, function, text):
        function(X, 2, **options)


@BOTH
@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"poolsize": 0}, "poolsize must be a positive integer; got 0."),
        ({"poolsize": 1.5}, "poolsize must be a positive integer; got 1.5."),
        ({"poolsize": "all"}, 'poolsize must be "global", a positive integer, or one for each '
         "dimension; got 'all'."),
        ({"poolsize": None}, 'poolsize must be "global", a positive integer, or one for each '
         "dimension; got None."),
        ({"poolsize": (2, 2, 2)}, "poolsize must be a number or 2 numbers, one for each dimension; "
         "got (2, 2, 2)."),
        ({"Stride": 0}, "Stride must be a positive integer; got 0."),
        ({"Stride": (1, 2, 3)}, "Stride must be a number or 2 numbers, one for each dimension; got "
         "(1, 2, 3)."),
        ({"Padding": -1}, "Padding must be an integer, at least 0; got -1."),
        ({"Padding": "causal"}, 'Padding must be "same", a number, one for each dimension, or the '
         "samples at the starts and the ends; got 'causal'."),
        ({"Padding": [[1], [1, 2]]}, 'Padding must be "same", a number, one for each dimension, or '
         "the samples at the starts and the ends; got [[1], [1, 2]]."),
        ({"Padding": (1, 2, 3)}, 'Padding must be "same", a number, 2 numbers (one for each '
         "dimension) or two rows of 2 (starts and ends); got (1, 2, 3)."),
        ({"poolsize": "global", "Stride": 2}, 'Stride is for windows; "global" pools whole '
         "dimensions. Leave Stride out or give a pool size."),
        ({"poolsize": "global", "Padding": "same"}, 'Padding is for windows; "global" pools'),
    ],
)  # fmt: skip
def test_options(function, options, text):
    with raises(ValueError, function, text):
        function(IMAGE, **{"poolsize": 2, **options})


@BOTH
def test_windows_that_do_not_fit(function):
    text = (
        "the window is longer than the padded input. The input has length 4 along dimension 1 (S), "
        "padding (0, 0) makes it 4, and the window has size 5. Give longer data, more padding "
        "or a smaller pool size."
    )
    with raises(dl.ShapeError, function, text):
        function(IMAGE, 5)
    with raises(dl.ShapeError, function, "the window is longer than the padded input. The input "
                "has length 7, padding (1, 0) makes it 8, and the window has size 9."):  # fmt: skip
        function(TIME, 9, PoolFormat="T", Padding=(1, 0))


@BOTH
@pytest.mark.parametrize("size", [2, "global"])
def test_nothing_to_pool(function, size):
    X = dl.dlarray(np.ones((3, 2, 0)), "CBT")
    text = "there is nothing to pool: the T dimension of X has size 0; X is 3(C) × 2(B) × 0(T)."
    with raises(dl.ShapeError, function, text):
        function(X, size, PoolFormat="T")


@BOTH
@pytest.mark.parametrize(
    "options",
    [{"Stride": [1]}, {"Padding": [0, 0]}, {"Padding": [[0], [0]], "Stride": (1,)}],
    ids=str,
)
def test_whole_dimensions_take_the_defaults_in_any_form(function, options):
    Y = function(TIME, "global", PoolFormat="T", **options)
    np.testing.assert_array_equal(Y.data, np.ones((3, 2, 1)))
    with raises(ValueError, function, "Padding is for windows;"):
        function(TIME, "global", PoolFormat="T", Padding=[0, 1])


@BOTH
def test_types(function):
    for X in (IMAGE > 0, IMAGE * 1j):
        with pytest.raises(TypeError, match=f"{function.__name__}: "):
            function(X, 2)


@pytest.mark.parametrize("value", [1, "zeros", True, None, np.nan, [0]])
def test_padding_values(value):
    with raises(ValueError, dl.avgpool, f'PaddingValue must be 0 or "mean"; got {value!r}.'):
        dl.avgpool(IMAGE, 2, PaddingValue=value)


def test_padding_value_of_whole_dimensions():
    with raises(ValueError, dl.avgpool, "PaddingValue is for windows;"):
        dl.avgpool(IMAGE, "global", PaddingValue="mean")


@pytest.mark.parametrize("nargout", [0, 4, True, "2"])
def test_number_of_results(nargout):
    with raises(ValueError, dl.maxpool, f"nargout must be 1, 2 or 3; got {nargout!r}."):
        dl.maxpool(IMAGE, 2, nargout=nargout)


def test_indices_need_windows_apart():
    text = (
        "indices are of windows that do not overlap; pool size 3 is larger than stride 2. Give "
        "Stride=3, or leave nargout out."
    )
    with raises(ValueError, dl.maxpool, text):
        dl.maxpool(TIME, 3, PoolFormat="T", Stride=2, nargout=2)
    assert dl.maxpool(TIME, 7, PoolFormat="T", nargout=2)[1].shape == (3, 2, 1)


@pytest.mark.parametrize("padding", [(2, 0), (0, 3)])
def test_indices_need_a_sample_in_each_window(padding):
    text = (
        f"a window wholly in padding has no index; pool size 2, stride 2 and padding {padding} "
        "make one of 7 samples. Pad less, or leave nargout out."
    )
    with raises(ValueError, dl.maxpool, text):
        dl.maxpool(TIME, 2, PoolFormat="T", Stride=2, Padding=padding, nargout=2)


def test_one_window_wholly_in_padding_has_no_index():
    X = dl.dlarray(np.ones((1, 1, 1)), "CBT")
    text = "pool size 2 and padding (3, 0) make one of 1 sample. Pad less, or leave nargout out."
    with raises(ValueError, dl.maxpool, f"a window wholly in padding has no index; {text}"):
        dl.maxpool(X, 2, PoolFormat="T", Stride=100, Padding=(3, 0), nargout=2)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ((4, 2), "outputSize must have one size for each dimension of X, the same as X but along S "
         "and T.\n  X:          3(C) × 2(B) × 7(T)\n  outputSize: 4×2"),
        ((4, 2, 14), "outputSize must have one size for each dimension of X"),
        ((3, 2, 14, 2), "outputSize must have one size for each dimension of X"),
    ],
)  # fmt: skip
def test_output_sizes(size, text):
    with raises(dl.ShapeError, dl.maxunpool, text):
        dl.maxunpool(TIME, np.arange(42.0), size)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ("same", "one size for each dimension of X; got 'same'."),
        (None, "one size for each dimension of X; got None."),
        ((3, 2, None), "one size for each dimension of X; got (3, 2, None)."),
        ((3, 2, -1), "an integer, at least 0; got -1."),
        ((3, 2, 1.5), "an integer, at least 0; got 1.5."),
    ],
)
def test_output_sizes_that_are_none(size, text):
    with raises(ValueError, dl.maxunpool, f"outputSize must be {text}"):
        dl.maxunpool(TIME, np.arange(42.0), size)


def test_data_to_unpool():
    with raises(dl.FormatError, dl.maxunpool, "X needs an S or T dimension; it is 3(C) × 2(B)."):
        dl.maxunpool(dl.dlarray(np.ones((3, 2)), "CB"), np.arange(6.0), (3, 2))
    with raises(dl.FormatError, dl.maxunpool, "X must be a formatted dlarray"):
        dl.maxunpool(np.ones((3, 2)), np.arange(6.0), (3, 2))


@pytest.mark.parametrize("index", [np.arange(41.0), np.ones((7, 2, 3)), np.ones((6, 7))])
def test_indices_of_another_size(index):
    text = "indx must have the size of X, or be a vector of as many elements.\n  X:    3(C) × 2(B)"
    with raises(dl.ShapeError, dl.maxunpool, text):
        dl.maxunpool(TIME, index, (3, 2, 14))


def test_indices_of_another_format():
    X = dl.dlarray(np.ones((7, 3, 2)), "SCB")
    index = dl.dlarray(np.arange(42.0).reshape(7, 3, 2), "CBT")
    text = (
        "indx must have the size of X, or be a vector of as many elements.\n"
        "  X:    7(S) × 3(C) × 2(B)\n  indx: 7(C) × 3(B) × 2(T)"
    )
    with raises(dl.ShapeError, dl.maxunpool, text):
        dl.maxunpool(X, index, (14, 3, 2))


@pytest.mark.parametrize(
    ("change", "got"),
    [(-1, "numbers from {} to {}"), (43, "numbers from {} to {}"), (0.5, "{}"), (np.nan, "nan")],
)
@pytest.mark.parametrize("base", [0, 1])
def test_indices_out_of_range(change, got, base):
    index = np.arange(42.0) + base
    index[0] += change
    if change in (-1, 43):
        got = got.format(int(index.min()), int(index.max()))
    text = f"indx must hold whole numbers from {base} to {41 + base}, linear indices into the "
    text += f"result; got {got.format(0.5 + base)}."
    with raises(ValueError, dl.maxunpool, text) as caught:
        dl.maxunpool(TIME, index, (3, 2, 7), index_base=base)
    assert "index_base" not in str(caught.value)


def test_indices_of_another_type():
    for index, got in ((np.ones(42) > 0, "logical"), (np.ones(42) * 1j, "complex")):
        text = "indx must hold whole numbers from 0 to 41, linear indices into the result; got "
        with raises(ValueError, dl.maxunpool, f"{text}{got} data."):
            dl.maxunpool(TIME, index, (3, 2, 7))


def test_indices_counted_from_the_other_number():
    text = "got numbers from 1 to 42. For indices that count from 1, as MATLAB's, give index_base=1"
    with pytest.raises(ValueError, match=re.escape(text)):
        dl.maxunpool(TIME, np.arange(42.0) + 1, (3, 2, 7))
    text = "got numbers from 0 to 41. Indices that count from 0 go without index_base."
    with pytest.raises(ValueError, match=re.escape(text)):
        dl.maxunpool(TIME, np.arange(42.0), (3, 2, 7), index_base=1)


def test_a_result_without_elements_has_no_indices():
    with raises(ValueError, dl.maxunpool, "the result, 3(C) × 2(B) × 0(T), has no elements, and "
                "indx holds 42 indices"):  # fmt: skip
        dl.maxunpool(TIME, np.arange(42.0), (3, 2, 0))


@pytest.mark.parametrize("base", [2, -1, True, "1", None])
def test_a_base_that_is_neither_0_nor_1(base):
    text = f"index_base must be 0 or 1, as in MATLAB; got {base!r}."
    with raises(ValueError, dl.maxpool, text):
        dl.maxpool(TIME, 2, PoolFormat="T", Stride=2, nargout=2, index_base=base)
    with raises(ValueError, dl.maxunpool, text):
        dl.maxunpool(TIME, np.arange(42.0), (3, 2, 7), index_base=base)


def test_a_base_without_indices():
    text = "index_base is for indices, and this call gives none. Give nargout=2, or leave "
    with raises(ValueError, dl.maxpool, text + "index_base out."):
        dl.maxpool(TIME, 2, PoolFormat="T", Stride=2, index_base=1)
