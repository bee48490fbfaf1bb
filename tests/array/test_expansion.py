"""How two operands meet: every row of the table of label-matched expansion, for every function."""

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from tests.holds import assert_holds


def reference_hypot(a, b):
    return np.sqrt(a * a + b * b)


# dlarray's function and its values; all operands are above 0 and below 2
FUNCTIONS: dict[str, tuple[Any, Any]] = {
    "plus": (dl.plus, np.add),
    "minus": (dl.minus, np.subtract),
    "times": (dl.times, np.multiply),
    "rdivide": (dl.rdivide, np.divide),
    "ldivide": (dl.ldivide, lambda a, b: b / a),
    "power": (dl.power, np.power),
    "max": (dl.max, np.maximum),
    "min": (dl.min, np.minimum),
    "atan2": (dl.atan2, np.arctan2),
    "hypot": (dl.hypot, reference_hypot),
    "mod": (dl.mod, np.mod),
    "rem": (dl.rem, np.fmod),
    "complex": (dl.complex, lambda a, b: a + 1j * b),
    "eq": (dl.eq, np.equal),
    "ne": (dl.ne, np.not_equal),
    "lt": (dl.lt, np.less),
    "le": (dl.le, np.less_equal),
    "gt": (dl.gt, np.greater),
    "ge": (dl.ge, np.greater_equal),
    "and": (dl.and_, np.logical_and),
    "or": (dl.or_, np.logical_or),
    "xor": (dl.xor, np.logical_xor),
    "floor_divide": (np.floor_divide, np.floor_divide),
}

# A, its format, B, its format, B as it is expanded (A where it is), the result's format
BY_LABEL = [
    ((28, 28, 3, 8), "SSCB", (3,), "C", None, (1, 1, 3, 1), "SSCB"),
    ((2, 3, 2), "SCB", (3,), "C", None, (1, 3, 1), "SCB"),
    ((4, 5), "SS", (4,), "S", None, (4, 1), "SS"),
    ((3, 7), "CB", (3, 9), "CT", (3, 7, 1), (3, 1, 9), "CBT"),
    ((3, 7), "CB", (7,), "B", None, (1, 7), "CB"),
    ((6,), "S", (5,), "C", (6, 1), (1, 5), "SC"),
    ((3, 7), "CB", (1, 1), "CB", None, (1, 1), "CB"),
    ((2, 5), "CU", (2, 7), "CT", (2, 1, 5), (2, 7, 1), "CTU"),
    ((2, 3, 5), "CUU", (3,), "U", None, (1, 3, 1), "CUU"),
    ((3, 1), "CU", (3, 7), "CB", (3, 1), (3, 7), "CB"),
]
BY_POSITION = [
    ((3, 7), "CB", (3, 1), None, (3, 1), "CB"),
    ((3, 7), "CB", (1, 7), None, (1, 7), "CB"),
    ((3, 7), "CB", (3, 7, 2), (3, 7, 1), (3, 7, 2), "CBU"),
    ((3, 7), "CB", (), None, (1, 1), "CB"),
    ((3, 7), "CB", (1, 1), None, (1, 1), "CB"),
    ((2, 3, 5), "SCB", (2, 3), None, (2, 3, 1), "SCB"),
    ((3, 1), "", (1, 5), None, None, ""),
    ((3, 1), "", (3, 5, 2), (3, 1, 1), None, ""),
]
each_function = pytest.mark.parametrize("name", FUNCTIONS)


def drawn(rng, shape):
    return rng.choice([0.25, 0.5, 0.75, 1.0, 1.5], shape)


@each_function
@pytest.mark.parametrize(("a", "fmt_a", "b", "fmt_b", "wide_a", "wide_b", "fmt"), BY_LABEL, ids=str)
def test_formatted_operands(name, a, fmt_a, b, fmt_b, wide_a, wide_b, fmt, rng):
    function, reference = FUNCTIONS[name]
    x, y = drawn(rng, a), drawn(rng, b)
    wide = x.reshape(wide_a or a), y.reshape(wide_b)
    expected = reference(*wide)
    assert_holds(function(dl.dlarray(x, fmt_a), dl.dlarray(y, fmt_b)), fmt, expected, 1e-15)
    expected = reference(*reversed(wide))
    assert_holds(function(dl.dlarray(y, fmt_b), dl.dlarray(x, fmt_a)), fmt, expected, 1e-15)


@each_function
@pytest.mark.parametrize(("a", "fmt_a", "b", "wide_a", "wide_b", "fmt"), BY_POSITION, ids=str)
@pytest.mark.parametrize("kind", [np.asarray, dl.dlarray], ids=["array", "dlarray"])
def test_an_unformatted_operand(name, a, fmt_a, b, wide_a, wide_b, fmt, kind, rng):
    function, reference = FUNCTIONS[name]
    x, y = drawn(rng, a), drawn(rng, b)
    wide = x.reshape(wide_a or a), y.reshape(wide_b or b)
    expected = reference(*wide)
    assert_holds(function(dl.dlarray(x, fmt_a), kind(y)), fmt, expected, 1e-15)
    expected = reference(*reversed(wide))
    assert_holds(function(kind(y), dl.dlarray(x, fmt_a)), fmt, expected, 1e-15)


@each_function
@pytest.mark.parametrize(
    ("a", "fmt_a", "b", "fmt_b", "rule"),
    [
        ((4, 5), "SS", (5,), "S", "matched by label"),
        ((3, 7), "CB", (7,), "C", "matched by label"),
        ((3, 7), "CB", (7,), "", "matched by position, from the first dimension"),
        ((3, 7), "CB", (7, 3), "", "matched by position, from the first dimension"),
        ((3, 5), "", (5, 3), "", "matched by position, from the first dimension"),
    ],
    ids=["first S", "C", "column", "matrix", "unformatted"],
)
def test_sizes_that_differ_are_errors(name, a, fmt_a, b, fmt_b, rule):
    function, _ = FUNCTIONS[name]
    text = rf"{name}: sizes differ and neither is 1, with dimensions {rule}\.\n  A: .*\n  B: .*\n"
    with pytest.raises(dl.ShapeError, match=text):
        function(dl.dlarray(np.ones(a), fmt_a), dl.dlarray(np.ones(b), fmt_b))


@each_function
def test_two_plain_numbers_make_one_element(name):
    function, reference = FUNCTIONS[name]
    if name != "floor_divide":
        assert_holds(function(2.5, 1.5), "", [[reference(2.5, 1.5)]], 1e-15)
