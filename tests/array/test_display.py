"""How a `dlarray` prints."""

import numpy as np
import pytest

import dlarray as dl


@pytest.mark.parametrize(
    ("shape", "dtype", "fmt", "header"),
    [
        ((2, 3, 2), "f8", "SCB", "  2(S) × 3(C) × 2(B) dlarray"),
        ((3, 2), "f8", "", "  3×2 dlarray"),
        ((4, 3), "?", "SS", "  4(S) × 3(S) logical dlarray"),
        ((3, 5), "f4", "CB", "  3(C) × 5(B) single dlarray"),
        ((3,), "f4", "C", "  3(C) × 1(U) single dlarray"),
        ((3, 2, 1, 2), "f8", "SSTU", "  3(S) × 2(S) × 1(T) × 2(U) dlarray"),
        ((2, 3, 5), "?", "", "  2×3×5 logical dlarray"),
        ((), "f8", "", "  1×1 dlarray"),
        ((0, 5), "f4", "CB", "  0(C) × 5(B) single dlarray (empty)"),
    ],
    ids=[
        "double",
        "unformatted",
        "logical",
        "single",
        "one label",
        "four labels",
        "unformatted logical",
        "number",
        "empty",
    ],
)
def test_the_first_line_shows_sizes_labels_and_type(shape, dtype, fmt, header):
    assert repr(dl.dlarray(np.ones(shape, dtype), fmt)).splitlines()[0] == header


def test_whole_numbers_have_no_decimals():
    text = "  2(C) × 3(B) dlarray\n\n    1 2 3\n    4 5 6"
    assert repr(dl.dlarray([[1, 2, 3], [4, 5, 6]], "CB")) == text


def test_other_numbers_have_four_decimals():
    text = "  1×3 dlarray\n\n    0.5000 1.0000 0.3333"
    assert repr(dl.dlarray([[0.5, 1, 1 / 3]])) == text


def test_logical_values_are_0_and_1():
    assert repr(dl.dlarray([[True, False]])) == "  1×2 logical dlarray\n\n    1 0"


def test_complex_values_show_both_parts():
    text = "  2(C) × 1(B) single dlarray\n\n    1.0000+2.0000j\n    0.5000-0.2500j"
    assert repr(dl.dlarray(np.array([[1 + 2j], [0.5 - 0.25j]], "c8"), "CB")) == text


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf], ids=str)
def test_values_that_are_not_finite_are_shown(value):
    assert str(value) in repr(dl.dlarray([[value, 1.0]]))


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e20, "    1.0000e+20"), (-1e20, "    -1.0000e+20")],
    ids=["positive", "negative"],
)
def test_large_numbers_have_an_exponent(value, text):
    assert repr(dl.dlarray([[value]])).splitlines()[-1] == text


def test_pages_come_with_their_subscripts_first_index_fastest():
    blocks = repr(dl.dlarray(np.zeros((1, 1, 2, 2)), "SSCB")).split("\n\n")
    assert blocks[1::2] == ["[:, :, 0, 0] =", "[:, :, 1, 0] =", "[:, :, 0, 1] =", "[:, :, 1, 1] ="]


def test_pages_hold_their_values():
    data = np.arange(8.0).reshape(2, 2, 2)
    text = (
        "  2(S) × 2(C) × 2(B) dlarray\n\n"
        "[:, :, 0] =\n\n    0 2\n    4 6\n\n"
        "[:, :, 1] =\n\n    1 3\n    5 7"
    )
    assert repr(dl.dlarray(data, "SCB")) == text


def test_many_pages_are_cut():
    assert repr(dl.dlarray(np.zeros((1, 1, 10)))).endswith("\n\n... 4 more pages")


def test_large_pages_are_cut():
    lines = repr(dl.dlarray(np.zeros((100, 100)))).splitlines()
    assert len(lines) < 20
    assert any("..." in line for line in lines)


def test_str_is_repr():
    X = dl.dlarray([1.0, 2.0], "C")
    assert str(X) == repr(X)
