"""Checks of option values."""

import numpy as np
import pytest

from dlarray import _checks, dlarray

CHOICES = ("same", "causal", "Mirror-Edge")


@pytest.mark.parametrize("value", ["mirror-edge", "MIRROR-EDGE", "Mirror-Edge"])
def test_choice_gives_the_documented_spelling(value):
    assert _checks.choice("f", "Padding", value, CHOICES) == "Mirror-Edge"


@pytest.mark.parametrize("value", ["sam", "", None, 1, ["same"]], ids=str)
def test_choice_lists_what_is_possible(value):
    with pytest.raises(ValueError) as error:
        _checks.choice("f", "Padding", value, CHOICES)
    text = f'f: Padding must be one of "same", "causal", "Mirror-Edge"; got {value!r}.'
    assert str(error.value) == text


@pytest.mark.parametrize("value", ["later", "LATER"])
def test_choice_knows_what_is_not_available_yet(value):
    with pytest.raises(ValueError) as error:
        _checks.choice("f", "Padding", value, CHOICES, unbuilt=("later",))
    text = f'f: Padding="{value}" is not available in this version; possible: "same", "causal", '
    assert str(error.value).startswith(text)


@pytest.mark.parametrize(
    ("choices", "other", "rule"),
    [
        (["same"], "", '"same"'),
        (["same"], "a number", '"same" or a number'),
        (["same"], "a number or two", '"same", a number or two'),
        (["a", "b"], "", 'one of "a", "b"'),
        (["a", "b"], "a number", 'one of "a", "b", or a number'),
        (["a", "b"], "a number or two", '"a", "b", a number or two'),
        ([], "a number or two", "a number or two"),
    ],
)
def test_what_is_possible_in_words(choices, other, rule):
    with pytest.raises(ValueError) as error:
        _checks.choice("f", "Padding", "x", choices, other=other)
    assert str(error.value) == f"f: Padding must be {rule}; got 'x'."


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("same", "'same'"),
        ([[1], [1, 2]], "[[1], [1, 2]]"),
        (np.float32(2), repr(np.float32(2))),
        (np.array(2.0), "array(2.)"),
        (np.zeros((4, 3), "f4"), "4×3 float32"),
        (dlarray(np.ones((2, 3)), "CB"), "2×3 dlarray"),
        ([np.eye(2)], "[array([[1., 0.], [0., 1.]])]"),
        ("x" * 300, "'" + "x" * 196 + "..."),
    ],
    ids=lambda v: type(v).__name__,
)
def test_a_value_in_a_message_takes_one_line(value, text):
    assert _checks.shown(value) == text


def test_counted():
    assert [_checks.counted(n, "tap") for n in (0, 1, 2)] == ["0 taps", "1 tap", "2 taps"]
    assert _checks.counted(2, "index", "indices") == "2 indices"


def test_listed():
    assert _checks.listed(["a", "b"]) == '"a", "b"'
    assert _checks.listed([]) == ""


@pytest.mark.parametrize(
    "value", [1, 2.5, np.int32(1), np.float32(1), np.uint8(1), np.array(1.0), np.nan], ids=repr
)
def test_numbers_of_python_and_numpy_are_numbers(value):
    assert _checks.is_number(value)


@pytest.mark.parametrize(
    "value", [True, np.True_, "1", None, 1j, np.array([1]), np.array(True), [1]], ids=repr
)
def test_other_values_are_no_numbers(value):
    assert not _checks.is_number(value)


NO_INTEGERS = [True, 1.0, np.float64(1), "1", None, [1], np.array([1, 2]), np.array([])]


@pytest.mark.parametrize("value", [*NO_INTEGERS, 3], ids=repr)
def test_nargout_is_one_of_some_integers(value):
    _checks.nargout("f", np.int64(2), (1, 2))
    with pytest.raises(ValueError) as error:
        _checks.nargout("f", value, (1, 2))
    assert str(error.value) == f"f: nargout must be 1 or 2; got {value!r}."


@pytest.mark.parametrize("value", [*NO_INTEGERS, 2], ids=repr)
def test_index_base_is_0_or_1(value):
    assert _checks.index_base("f", np.int64(1)) == 1
    with pytest.raises(ValueError) as error:
        _checks.index_base("f", value)
    assert str(error.value) == f"f: index_base must be 0 or 1, as in MATLAB; got {value!r}."


@pytest.mark.parametrize("value", [3, 3.0, np.int64(3), np.float32(3), np.array(3)], ids=repr)
def test_integer_takes_whole_numbers_of_any_type(value):
    result = _checks.integer("f", "Stride", value)
    assert result == 3 and type(result) is int


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "3", None, np.nan, np.inf, [3]], ids=repr)
def test_integer_is_positive_by_default(value):
    with pytest.raises(ValueError) as error:
        _checks.integer("f", "Stride", value)
    assert str(error.value) == f"f: Stride must be a positive integer; got {value!r}."


@pytest.mark.parametrize(("least", "value"), [(0, -1), (2, 1)])
def test_integer_states_its_least_value(least, value):
    assert _checks.integer("f", "Stride", least, least) == least
    with pytest.raises(ValueError) as error:
        _checks.integer("f", "Stride", value, least)
    assert str(error.value) == f"f: Stride must be an integer, at least {least}; got {value}."


@pytest.mark.parametrize("value", [3, -2, 10**400])
def test_integer_states_its_largest_value(value):
    with pytest.raises(ValueError, match="f: Stride must be an integer, at least -1 and at most 2"):
        _checks.integer("f", "Stride", value, -1, 2)
    assert _checks.integer("f", "Stride", 2, -1, 2) == 2


def test_whole_numbers_beyond_a_double():
    assert _checks.integer("f", "Stride", 10**400) == 10**400
    assert _checks.number("f", "Rate", -(10**400)) == -np.inf
    with pytest.raises(ValueError, match="f: Rate must be a number, above 0 and finite"):
        _checks.positive("f", "Rate", 10**400)


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.5), np.array(0.5)], ids=repr)
def test_number_takes_its_bounds_and_what_lies_between(value):
    result = _checks.number("f", "Rate", value, 0, 1)
    assert result == value and type(result) is float


@pytest.mark.parametrize(
    ("bounds", "above", "value", "rule"),
    [
        ((), False, "a", ""),
        ((), False, np.nan, ""),
        ((0,), False, -1, ", at least 0"),
        ((0,), True, 0, ", above 0"),
        ((0, 1), False, 2, ", at least 0 and at most 1"),
        ((0, 1), True, 0, ", above 0 and at most 1"),
        ((-np.inf, 1), False, 2, ", at most 1"),
        ((0, 1), False, np.nan, ", at least 0 and at most 1"),
        ((0, 1), False, True, ", at least 0 and at most 1"),
        ((0, 1), False, None, ", at least 0 and at most 1"),
    ],
    ids=[
        "text",
        "NaN",
        "below",
        "not above",
        "above the most",
        "not above with a most",
        "only a most",
        "NaN with bounds",
        "bool",
        "None",
    ],
)
def test_number_states_its_bounds(bounds, above, value, rule):
    with pytest.raises(ValueError) as error:
        _checks.number("f", "Rate", value, *bounds, above=above)
    assert str(error.value) == f"f: Rate must be a number{rule}; got {value!r}."


def test_number_may_be_infinite():
    assert _checks.number("f", "Rate", np.inf) == np.inf


@pytest.mark.parametrize(
    ("value", "truth"), [(True, True), (False, False), (1, True), (0.0, False), (np.True_, True)]
)
def test_logical_takes_bools_and_0_and_1(value, truth):
    assert _checks.logical("f", "Shuffle", value) is truth


@pytest.mark.parametrize("value", [2, -1, "true", None, np.nan, [True]], ids=repr)
def test_logical_rejects_other_values(value):
    with pytest.raises(ValueError) as error:
        _checks.logical("f", "Shuffle", value)
    assert str(error.value) == f"f: Shuffle must be true or false; got {value!r}."
