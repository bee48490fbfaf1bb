"""Rules for two operands and for functions that change the shape."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlarray import FormatError, ShapeError
from dlarray.formats import (
    broadcast,
    concatenated,
    extended,
    insert,
    match,
    permutation,
    squeezed,
    strip_operated,
    stripped,
    transposed,
)

relaxed = settings(deadline=None)


def canonical(n_spatial, once, n_unspecified):
    fmt = "S" * n_spatial + "".join(label for label in "CBT" if label in once) + "U" * n_unspecified
    return fmt + "U" * max(0, 2 - len(fmt))


FORMATS = st.builds(
    canonical, st.integers(0, 3), st.sets(st.sampled_from("CBT")), st.integers(0, 2)
)


# -- two formats
# ------------------------------------------------------------------------------------------------

LABEL_MATCHED: list[Any] = [
    ((28, 28, 3, 8), "SSCB", (3, 1), "CU", (1, 1, 3, 1, 1), (28, 28, 3, 8, 1), "SSCBU"),
    ((2, 3, 2), "SCB", (3, 1), "CU", (1, 3, 1, 1), (2, 3, 2, 1), "SCBU"),
    ((4, 5), "SS", (4, 1), "SU", (4, 1, 1), (4, 5, 1), "SSU"),
    ((3, 7), "CB", (3, 9), "CT", (3, 1, 9), (3, 7, 9), "CBT"),
    ((3, 7), "CB", (7, 1), "BU", (1, 7, 1), (3, 7, 1), "CBU"),
    ((6, 1), "SU", (5, 1), "CU", (1, 5, 1), (6, 5, 1), "SCU"),
    ((3, 7), "CB", (1, 1), "CB", (1, 1), (3, 7), "CB"),
    ((2, 5), "SB", (3, 7), "CT", (1, 3, 1, 7), (2, 3, 5, 7), "SCBT"),
    ((2, 3), "UU", (5, 2), "CU", (5, 2, 1), (5, 2, 3), "CUU"),
]


@pytest.mark.parametrize(
    ("a", "fmt_a", "b", "fmt_b", "wide_b", "shape", "fmt"),
    LABEL_MATCHED,
    ids=[f"{case[1]}-{case[3]}" for case in LABEL_MATCHED],
)
def test_formatted_operands_meet_by_label(a, fmt_a, b, fmt_b, wide_b, shape, fmt):
    expansion, result = broadcast(a, fmt_a, b, fmt_b, "plus")
    assert (expansion.fmt, result) == (fmt, shape)
    assert insert(b, expansion.insert_b) == wide_b


@pytest.mark.parametrize(
    ("a", "fmt_a", "b", "fmt_b"),
    [((4, 5), "SS", (5, 1), "SU"), ((2, 3, 5), "SCB", (7, 3, 11), "SCT")],
    ids=["first S", "S and T"],
)
def test_formatted_operands_that_do_not_fit_are_both_described(a, fmt_a, b, fmt_b):
    with pytest.raises(ShapeError) as error:
        broadcast(a, fmt_a, b, fmt_b, "times")
    text = str(error.value)
    assert text.startswith(
        "times: sizes differ and neither is 1, with dimensions matched by label."
    )
    for shape, fmt in ((a, fmt_a), (b, fmt_b)):
        assert " × ".join(f"{n}({label})" for n, label in zip(shape, fmt, strict=True)) in text


@pytest.mark.parametrize(
    ("a", "fmt_a", "b", "shape", "fmt"),
    [
        ((3, 7), "CB", (3, 1), (3, 7), "CB"),
        ((3, 7), "CB", (1, 7), (3, 7), "CB"),
        ((3, 7), "CB", (1, 1), (3, 7), "CB"),
        ((3, 7), "CB", (3, 7, 2), (3, 7, 2), "CBU"),
        ((3, 1), "CU", (3, 5, 2), (3, 5, 2), "CUU"),
        ((3, 7, 2), "CBT", (3, 7), (3, 7, 2), "CBT"),
        ((3, 7), "", (3, 1, 2), (3, 7, 2), ""),
    ],
    ids=["column", "row", "scalar", "extra U", "CU and 3-D", "fewer", "both unformatted"],
)
def test_an_unformatted_operand_meets_by_position(a, fmt_a, b, shape, fmt):
    expansion, result = broadcast(a, fmt_a, b, "", "plus")
    assert (expansion.fmt, result) == (fmt, shape)
    expansion, result = broadcast(b, "", a, fmt_a, "plus")
    assert (expansion.fmt, result) == (fmt, shape)


@pytest.mark.parametrize("fmt", ["CB", ""], ids=["formatted", "unformatted"])
def test_positions_that_do_not_fit_are_described(fmt):
    text = (
        r"plus: sizes differ and neither is 1, with dimensions matched by position, from the first "
        r"dimension\.\n  A: 3.*7.*\n  B: 7×1\nMake the sizes equal"
    )
    with pytest.raises(ShapeError, match=text):
        broadcast((3, 7), fmt, (7, 1), "", "plus")


@pytest.mark.parametrize(("m", "n", "size"), [(0, 1, 0), (1, 0, 0), (0, 0, 0)])
def test_size_1_expands_to_size_0(m, n, size):
    assert broadcast((m, 3), "CB", (n, 3), "CB", "plus")[1] == (size, 3)


def test_size_0_does_not_expand():
    with pytest.raises(ShapeError, match=r"A: 0\(C\) × 3\(B\)\n  B: 5\(C\) × 3\(B\)"):
        broadcast((0, 3), "CB", (5, 3), "CB", "plus")


@relaxed
@given(FORMATS, FORMATS)
def test_match_is_symmetric(fmt_a, fmt_b):
    forth = match(fmt_a, len(fmt_a), fmt_b, len(fmt_b))
    back = match(fmt_b, len(fmt_b), fmt_a, len(fmt_a))
    assert forth[:2] == back[:2]
    assert (forth.insert_a, forth.insert_b) == (back.insert_b, back.insert_a)


@relaxed
@given(FORMATS, FORMATS)
def test_match_has_the_most_of_each_label_and_keeps_each_operand(fmt_a, fmt_b):
    expansion = match(fmt_a, len(fmt_a), fmt_b, len(fmt_b))
    for label in "SCBTU":
        assert expansion.fmt.count(label) == max(fmt_a.count(label), fmt_b.count(label))
    left = [f for axis, f in enumerate(expansion.fmt) if axis not in expansion.insert_a]
    right = [f for axis, f in enumerate(expansion.fmt) if axis not in expansion.insert_b]
    assert ("".join(left), "".join(right)) == (fmt_a, fmt_b)


@relaxed
@given(FORMATS)
def test_match_of_a_format_with_itself_inserts_nothing(fmt):
    assert match(fmt, len(fmt), fmt, len(fmt)) == (fmt, len(fmt), (), ())


def test_insert_places_sizes_of_1():
    assert insert((3, 5), (0, 2)) == (1, 3, 1, 5)
    assert insert((3, 5), ()) == (3, 5)


# -- permutation, transpose
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "fmt", "axes"),
    [
        ((2, 0, 1), "", (2, 0, 1)),
        ((-1, 0, 1), "", (2, 0, 1)),
        ((1, 0, 2), "SSC", (1, 0, 2)),
        ((0, 2, 1), "CUU", (0, 2, 1)),
        ((0, 1, 2), "SCB", (0, 1, 2)),
    ],
    ids=["any", "negative", "among S", "among U", "identity"],
)
def test_permutation(order, fmt, axes):
    assert permutation(order, fmt, 3, "permute") == axes


def test_permutation_across_labels_is_an_error():
    text = r'permute: .* only among equal labels; got order \(1, 0, 2\) of "SCB"\. Use stripdims'
    with pytest.raises(FormatError, match=text):
        permutation((1, 0, 2), "SCB", 3, "permute")


def test_permutation_names_every_dimension():
    with pytest.raises(ValueError, match=r"permute: the order \(1, 0\) does not name all 3"):
        permutation((1, 0), "", 3, "permute")


@pytest.mark.parametrize("fmt", ["", "UU"])
def test_unlabelled_matrices_can_be_transposed(fmt):
    transposed(fmt, 2, "transpose")


@pytest.mark.parametrize(
    ("fmt", "ndim"), [("CB", 2), ("CU", 2), ("", 3), ("UUU", 3)], ids=["CB", "CU", "3-D", "UUU"]
)
def test_other_data_can_not_be_transposed(fmt, ndim):
    text = rf'transpose: only unformatted or "UU" data of 2 dimensions .* of {ndim} dimensions'
    with pytest.raises(FormatError, match=text):
        transposed(fmt, ndim, "transpose")


# -- squeeze
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "fmt", "keep", "result"),
    [
        ((3, 1), "CB", (0, 1), "CB"),
        ((1, 1), "", (0, 1), ""),
        ((3, 1, 5), "SCB", (0, 2), "SB"),
        ((1, 3, 1, 5), "SCBT", (1, 3), "CT"),
        ((3, 5, 1, 1), "SSCB", (0, 1), "SS"),
        ((3, 1, 1, 1), "SSCB", (0, 1), "SS"),
        ((1, 1, 5), "SCB", (2,), "BU"),
        ((1, 1, 1), "SCB", (0, 1), "SC"),
        ((3, 1, 5), "", (0, 2), ""),
        ((1, 1, 5), "", (2,), ""),
        ((2, 3, 5), "SCB", (0, 1, 2), "SCB"),
    ],
    ids=lambda value: str(value),
)
def test_squeezed(shape, fmt, keep, result):
    assert squeezed(shape, fmt) == (keep, result)


# -- cat
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layouts", "axis", "fmt"),
    [
        ([((3, 5), "CB"), ((3, 2), "CB")], 1, "CB"),
        ([((3, 5), "CB"), ((7, 5), "")], 0, "CB"),
        ([((3, 5), ""), ((3, 5), "CB")], 1, "CB"),
        ([((3, 5), "CB"), ((3, 5), "CB")], 2, "CBU"),
        ([((3, 5), "CB"), ((3, 5, 2), "")], 2, "CBU"),
        ([((3, 5), ""), ((3, 5), "")], 2, ""),
        ([((3, 5), "CB")], 1, "CB"),
    ],
    ids=["same", "mixed", "unformatted first", "past the end", "extra U", "unformatted", "one"],
)
def test_concatenated(layouts, axis, fmt):
    assert concatenated(layouts, axis, "cat") == fmt


def test_concatenated_lists_the_operands_when_formats_differ():
    text = (
        r"cat: formatted operands need the same format; got\n"
        r"  3\(C\) × 5\(B\)\n  3×5\n  3\(C\) × 5\(T\)\n"
    )
    with pytest.raises(FormatError, match=text):
        concatenated([((3, 5), "CB"), ((3, 5), ""), ((3, 5), "CT")], 0, "cat")


def test_concatenated_names_the_operand_and_axis_when_sizes_differ():
    text = (
        r"cat: sizes differ along axis 1: 3\(C\) × 5\(B\) and, operand 2, 3\(C\) × 7\(B\)\. "
        "Only the sizes along axis 0 may differ"
    )
    with pytest.raises(ShapeError, match=text):
        concatenated([((3, 5), "CB"), ((2, 5), "CB"), ((3, 7), "CB")], 0, "cat")


# -- stripdims
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fmt", "wanted", "order", "added"),
    [
        ("SCB", "SCB", (0, 1, 2), ()),
        ("SCB", "BCS", (2, 1, 0), ()),
        ("SSC", "SCS", (0, 2, 1), ()),
        ("CB", "BSCT", (1, 0), (1, 3)),
        ("SC", "SSC", (0, 1), (1,)),
    ],
    ids=["same", "permuted", "stable", "added", "added S at the end of its block"],
)
def test_stripped(fmt, wanted, order, added):
    assert stripped(fmt, wanted, "stripdims") == (order, added)


@pytest.mark.parametrize("wanted", ["SC", "SBT", "CB"])
def test_stripped_needs_every_label(wanted):
    text = rf'stripdims: the order "{wanted}" lacks labels of "SCB" data\. Name every label'
    with pytest.raises(FormatError, match=text):
        stripped("SCB", wanted, "stripdims")


def test_stripped_checks_the_characters():
    with pytest.raises(FormatError, match="stripdims: 'x' in format \"xC\" is not a label"):
        stripped("CB", "xC", "stripdims")


@relaxed
@given(FORMATS, st.data())
def test_stripped_in_any_order_is_that_permutation(fmt, data):
    shuffled = "".join(data.draw(st.permutations(fmt)))
    order, added = stripped(fmt, shuffled, "stripdims")
    shape = np.empty(range(2, 2 + len(fmt))).transpose(order).shape
    assert added == ()
    assert "".join(fmt[n - 2] for n in shape) == shuffled


@pytest.mark.parametrize(
    ("fmt", "labels", "rest"),
    [
        ("SCBT", "T", "SCB"),
        ("CBT", "BT", "CU"),
        ("SSCB", "S", "CB"),
        ("CB", "CB", "UU"),
        ("CB", "", "CB"),
    ],
)
def test_strip_operated(fmt, labels, rest):
    assert strip_operated(fmt, labels) == rest


@pytest.mark.parametrize(
    ("fmt", "ndim", "result"), [("CB", 2, "CB"), ("CB", 4, "CBUU"), ("", 4, "")]
)
def test_further_dimensions_are_u(fmt, ndim, result):
    assert extended(fmt, ndim) == result
