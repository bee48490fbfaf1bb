"""Labels of one array: text, construction, memory order, axes."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlarray import FormatError
from dlarray.formats import (
    LABELS,
    canonical_order,
    construct,
    describe,
    find,
    first_nonsingleton,
    inverse,
    memory_order,
    parse,
    quoted,
    resolve_axes,
    resolve_axis,
    trim,
)

relaxed = settings(deadline=None)


@st.composite
def formats(draw, least=0):
    once = draw(st.sets(st.sampled_from("CBT")))
    often = draw(st.text("SU", max_size=4))
    labels = [*sorted(once), *often]
    labels += ["U"] * max(0, least - len(labels))
    return "".join(draw(st.permutations(labels)))


@st.composite
def labelled_shapes(draw):
    fmt = draw(formats(least=2))
    return draw(st.tuples(*[st.integers(0, 7)] * len(fmt))), fmt


# -- text
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "fmt", "text"),
    [
        ((3, 7), "CB", "3(C) × 7(B)"),
        ((3, 7, 2), "", "3×7×2"),
        ((0, 5), "CB", "0(C) × 5(B)"),
        ((3, None, float("nan")), "CBT", "3(C) × ?(B) × ?(T)"),
        ((), "", ""),
    ],
    ids=["formatted", "unformatted", "empty", "unknown sizes", "0-d"],
)
def test_describe_shows_sizes_with_labels(shape, fmt, text):
    assert describe(shape, fmt) == text


def test_quoted_names_a_format_or_its_absence():
    assert quoted("SCB") == '"SCB"'
    assert quoted("") == "unformatted"


# -- one format
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["", "S", "SSSCBT", "UTBCS", "SUSU"])
def test_parse_accepts_labels_in_any_order(fmt):
    assert parse(fmt) == fmt


@pytest.mark.parametrize("label", list("XN1 -"))
def test_parse_names_the_wrong_character_and_the_possible_ones(label):
    text = (
        rf"layer: '{label}' in format \"S{label}B\" is not a label\. Labels are S \(spatial\), "
        r"C \(channel\), B \(batch\), T \(time\) and U \(unspecified\)\.$"
    )
    with pytest.raises(FormatError, match=text):
        parse(f"S{label}B", "layer")


@pytest.mark.parametrize("label", list("scbtu"))
def test_parse_suggests_the_capital_letter(label):
    with pytest.raises(FormatError, match=rf"Did you mean '{label.upper()}'\?"):
        parse(label)


@pytest.mark.parametrize("label", list("CBT"))
def test_parse_names_the_repeated_label(label):
    text = (
        rf"label '{label}' occurs 3 times in format \"{label}S{label}{label}\"\. .* may occur once"
    )
    with pytest.raises(FormatError, match=text):
        parse(f"{label}S{label}{label}")


@pytest.mark.parametrize("fmt", [3, ["C", "B"], {"C": 1}], ids=["int", "list", "dict"])
def test_parse_rejects_what_is_no_text(fmt):
    text = f"a format is a text of the labels S, C, B, T, U; got {type(fmt).__name__}"
    with pytest.raises(TypeError, match=text):
        parse(fmt)


@pytest.mark.parametrize(
    ("fmt", "order"),
    [
        ("", ()),
        ("TCB", (1, 2, 0)),
        ("TS", (1, 0)),
        ("TSSU", (1, 2, 0, 3)),
        ("USUS", (1, 3, 0, 2)),
        ("UTBCS", (4, 3, 2, 1, 0)),
    ],
)
def test_canonical_order(fmt, order):
    assert canonical_order(fmt) == order


@relaxed
@given(formats())
def test_canonical_order_is_sorted_and_stable(fmt):
    order = canonical_order(fmt)
    assert sorted(order) == list(range(len(fmt)))
    ranks = [(LABELS.index(fmt[axis]), axis) for axis in order]
    assert ranks == sorted(ranks)


@relaxed
@given(st.integers(0, 6).flatmap(lambda n: st.permutations(range(n))))
def test_inverse_undoes_a_permutation(order):
    undo = inverse(tuple(order))
    assert tuple(order[axis] for axis in undo) == tuple(range(len(order)))


def test_find_gives_all_axes_of_a_label_ascending():
    assert find("SSTU", "S") == (0, 1)
    assert find("SSTU", "T") == (2,)
    assert find("SSTU", "B") == ()
    assert find("", "S") == ()


@pytest.mark.parametrize(
    ("fmt", "shape", "trimmed"),
    [
        ("CBU", (3, 5, 1), ("CB", (3, 5))),
        ("CBU", (3, 5, 2), ("CBU", (3, 5, 2))),
        ("CUUU", (3, 1, 1, 1), ("CU", (3, 1))),
        ("CUUU", (3, 1, 2, 1), ("CUU", (3, 1, 2))),
        ("UU", (1, 1), ("UU", (1, 1))),
        ("SCBT", (5, 1, 1, 1), ("SCBT", (5, 1, 1, 1))),
        ("C", (3,), ("CU", (3, 1))),
        ("", (), ("UU", (1, 1))),
    ],
)
def test_trim_drops_trailing_u_of_size_1_and_fills_up_to_two(fmt, shape, trimmed):
    assert trim(fmt, shape) == trimmed


# -- construction
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "fmt", "expected_shape", "expected_fmt"),
    [
        pytest.param((5, 3, 2), "TCB", (3, 2, 5), "CBT", id="permuted"),
        pytest.param((3, 4), "TS", (4, 3), "ST", id="dims page"),
        pytest.param((5, 4, 3, 2), "TSSU", (4, 3, 5, 2), "SSTU", id="stable S"),
        pytest.param((2, 3, 5, 7), "USUS", (3, 7, 2, 5), "SSUU", id="stable S and U"),
        pytest.param((2, 3, 5, 7, 11), "UTBCS", (11, 7, 5, 3, 2), "SCBTU", id="reversed"),
        pytest.param((3, 2, 1, 2), "SSTU", (3, 2, 1, 2), "SSTU", id="inner singleton T"),
        pytest.param((3, 1), "C", (3, 1), "CU", id="column"),
        pytest.param((1, 3), "C", (3, 1), "CU", id="row"),
        pytest.param((1, 1, 7), "T", (7, 1), "TU", id="vector along the third dimension"),
        pytest.param((1, 1), "B", (1, 1), "BU", id="one element"),
        pytest.param((0, 1), "C", (0, 1), "CU", id="empty vector"),
        pytest.param((3, 0), "CB", (3, 0), "CB", id="no observations"),
        pytest.param((3, 2), "CUU", (3, 2), "CU", id="trailing U dropped"),
        pytest.param((3, 2, 1, 1), "CUUU", (3, 2), "CU", id="several trailing U dropped"),
        pytest.param((3, 1, 2), "CUU", (3, 1, 2), "CUU", id="inner U kept"),
        pytest.param((1, 3), "UC", (3, 1), "CU", id="second U kept"),
        pytest.param((2, 3, 1), "UCB", (3, 1, 2), "CBU", id="U with a size behind a singleton B"),
        pytest.param((1, 3, 5), "UCB", (3, 5), "CB", id="leading U of size 1 dropped"),
        pytest.param((5, 1), "SC", (5, 1), "SC", id="singleton C kept"),
        pytest.param((6, 6), "SSCB", (6, 6, 1, 1), "SSCB", id="missing dimensions"),
        pytest.param((3, 5), "TCB", (5, 1, 3), "CBT", id="missing dimension moves"),
        pytest.param((3, 5, 1, 1), "CB", (3, 5), "CB", id="trailing singletons without a label"),
    ],
)
def test_construct(shape, fmt, expected_shape, expected_fmt):
    plan = construct(shape, fmt)
    assert (plan.shape, plan.fmt) == (expected_shape, expected_fmt)


@relaxed
@given(labelled_shapes())
def test_construct_then_the_inverse_permutation_gives_the_shape_back(layout):
    shape, fmt = layout
    plan = construct(shape, fmt)
    data = np.empty(shape).reshape(plan.padded).transpose(plan.order).reshape(plan.shape)
    full = data.shape + (1,) * (len(fmt) - data.ndim)
    assert np.empty(full).transpose(inverse(plan.order)).shape == shape


@relaxed
@given(labelled_shapes())
def test_construct_gives_a_canonical_format_with_one_label_a_dimension(layout):
    plan = construct(*layout)
    assert canonical_order(plan.fmt) == tuple(range(len(plan.fmt)))
    assert len(plan.fmt) == len(plan.shape) >= 2
    assert construct(plan.shape, plan.fmt)[2:] == plan[2:]


@pytest.mark.parametrize("fmt", ["CB", "SC"])
def test_construct_names_labels_and_dimensions_when_labels_are_missing(fmt):
    text = rf"dlconv: format \"{fmt}\" has 2 labels, the data have 3 dimensions \(3×5×2\)"
    with pytest.raises(FormatError, match=text):
        construct((3, 5, 2), fmt, "dlconv")


@pytest.mark.parametrize("shape", [(3, 5), (3, 1, 5), (0, 0)], ids=str)
def test_construct_needs_a_vector_for_one_label(shape):
    text = rf"the one label \"C\" needs a vector; got {describe(shape)}\. Give one label"
    with pytest.raises(FormatError, match=text):
        construct(shape, "C")


def test_construct_checks_the_characters():
    with pytest.raises(FormatError, match="'Z' in format \"CZ\" is not a label"):
        construct((3, 5), "CZ")


# -- memory
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fmt", "order"),
    [
        ("CB", (1, 0)),
        ("CBT", (1, 2, 0)),
        ("SCB", (2, 0, 1)),
        ("SCBT", (2, 3, 0, 1)),
        ("SSCB", (3, 0, 1, 2)),
        ("CU", (1, 0)),
        ("SCBTU", (4, 2, 3, 0, 1)),
        ("UU", (0, 1)),
    ],
)
def test_memory_order_ends_with_the_channel(fmt, order):
    assert memory_order(fmt) == order


@relaxed
@given(formats())
def test_memory_order_is_a_permutation(fmt):
    assert sorted(memory_order(fmt)) == list(range(len(fmt)))


# -- axes
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dim", "axes"),
    [
        (0, (0,)),
        (-1, (3,)),
        ([1, 3], (1, 3)),
        ((-1, 0), (3, 0)),
        (np.int64(2), (2,)),
        (np.array([2, 0]), (2, 0)),
        ("C", (2,)),
        ("S", (0, 1)),
        ("BS", (3, 0, 1)),
        ((), ()),
    ],
    ids=str,
)
def test_resolve_axes(dim, axes):
    assert resolve_axes(dim, "SSCB", 4, "sum") == axes


@pytest.mark.parametrize("dim", ["T", ""])
def test_resolve_axes_names_the_absent_label_and_the_format(dim):
    with pytest.raises(FormatError, match=f'sum: no dimension is labelled "{dim}"; .* "SSCB"'):
        resolve_axes(dim, "SSCB", 4, "sum")


def test_resolve_axes_rejects_a_label_of_unformatted_data():
    with pytest.raises(FormatError, match='no dimension is labelled "C"; the data are unformatted'):
        resolve_axes("C", "", 2, "sum")


def test_resolve_axes_rejects_an_absent_label_beside_present_ones():
    with pytest.raises(FormatError, match="no dimension is labelled"):
        resolve_axes("CT", "SCB", 3, "sum")


@pytest.mark.parametrize("dim", ["SS", "CC"])
def test_resolve_axes_rejects_a_label_named_twice(dim):
    with pytest.raises(ValueError, match=r"twice|occurs 2 times"):
        resolve_axes(dim, "SSCB", 4, "sum")


def test_resolve_axes_checks_the_characters_of_a_label():
    with pytest.raises(FormatError, match=r"'c' in format .* Did you mean 'C'\?"):
        resolve_axes("c", "SSCB", 4, "sum")


@pytest.mark.parametrize("dim", [[0, 0], [1, -3]], ids=str)
def test_resolve_axes_rejects_an_axis_named_twice(dim):
    with pytest.raises(ValueError, match=r"sum: an axis is named twice in .* Name each axis once"):
        resolve_axes(dim, "SSCB", 4, "sum")


@pytest.mark.parametrize("dim", [1.0, [0, "C"], None], ids=str)
def test_resolve_axes_rejects_what_is_no_axis(dim):
    with pytest.raises(TypeError, match="sum: a dimension is an axis counted from 0 or a label"):
        resolve_axes(dim, "SSCB", 4, "sum")


@pytest.mark.parametrize("axis", [4, -5])
def test_resolve_axes_states_the_range(axis):
    text = rf"sum: axis {axis} is not one of the 4 dimensions; axes are 0 to 3"
    with pytest.raises(ValueError, match=text):
        resolve_axes(axis, "SSCB", 4, "sum")


def test_resolve_axis_gives_one_axis():
    assert resolve_axis("C", "SSCB", 4, "cat") == 2
    assert resolve_axis(-1, "SSCB", 4, "cat") == 3


def test_resolve_axis_rejects_a_label_of_several_dimensions():
    text = r'cat: "S" labels 2 dimensions of "SSCB" data, one is needed\. .* one of \(0, 1\)'
    with pytest.raises(FormatError, match=text):
        resolve_axis("S", "SSCB", 4, "cat")


@pytest.mark.parametrize(
    ("shape", "axis"), [((3, 5), 0), ((1, 5), 1), ((1, 1, 0, 5), 2), ((1, 1), 0)], ids=str
)
def test_first_nonsingleton(shape, axis):
    assert first_nonsingleton(shape) == axis
