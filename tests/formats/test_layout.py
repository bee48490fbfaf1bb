"""`networkDataLayout`: sizes and labels of data to come."""

import copy
import pickle

import pytest

import dlarray as dl


def test_sizes_follow_their_labels():
    layout = dl.networkDataLayout([None, 12, None], "TCB")
    assert (layout.Format, layout.Size) == ("CBT", (12, None, None))


def test_equal_labels_keep_their_order():
    layout = dl.networkDataLayout([2, 3, 5, 7], "BSCS")
    assert (layout.Format, layout.Size) == ("SSCB", (3, 7, 5, 2))


def test_an_unformatted_layout_keeps_its_sizes():
    layout = dl.networkDataLayout([7, 3, 1])
    assert (layout.Format, layout.Size) == ("", (7, 3, 1))


def test_nan_is_an_unknown_size():
    assert dl.networkDataLayout([3, float("nan")], "CB").Size == (3, None)


@pytest.mark.parametrize("size", [3, 3.0])
def test_whole_numbers_become_integers(size):
    assert dl.networkDataLayout([size, 0], "CB").Size == (3, 0)


def test_finddim_and_sizeof_tell_axes_and_sizes():
    layout = dl.networkDataLayout([7, 5, 3, None], "SSCB")
    assert layout.finddim("S") == (0, 1)
    assert layout.finddim("T") == ()
    assert layout.sizeof("C") == 3
    assert layout.sizeof("B") is None
    assert layout.sizeof("T") == 1


def test_the_function_finddim_takes_a_layout():
    assert dl.finddim(dl.networkDataLayout([7, 5, 3], "SSC"), "S") == (0, 1)


def test_layouts_compare_by_sizes_and_labels():
    layout = dl.networkDataLayout([3, None], "CB")
    assert layout == dl.networkDataLayout([None, 3], "BC")
    assert hash(layout) == hash(dl.networkDataLayout([None, 3], "BC"))
    assert layout != dl.networkDataLayout([3, 5], "CB")
    assert layout != dl.networkDataLayout([3, None], "CT")
    assert layout != "CB"


def test_layouts_can_be_copied_and_pickled():
    layout = dl.networkDataLayout([3, None], "CB")
    assert copy.deepcopy(layout) == pickle.loads(pickle.dumps(layout)) == layout


@pytest.mark.parametrize(
    ("size", "fmt", "text"),
    [
        ([3, None, 7], "CBT", "networkDataLayout: 3(C) × ?(B) × 7(T)"),
        ([3, 7], "", "networkDataLayout: 3×7"),
    ],
    ids=["formatted", "unformatted"],
)
def test_repr(size, fmt, text):
    assert repr(dl.networkDataLayout(size, fmt)) == text


def test_a_label_without_size_is_an_error():
    text = r'networkDataLayout: needs one size a label of "CBT"; got 2: 3×\?\.'
    with pytest.raises(ValueError, match=text):
        dl.networkDataLayout([3, None], "CBT")


def test_one_size_is_an_error():
    with pytest.raises(ValueError, match="networkDataLayout: needs at least two sizes; got 1: 3"):
        dl.networkDataLayout([3])


@pytest.mark.parametrize("size", [-1, 2.5, "a", float("inf")], ids=str)
def test_a_size_is_a_natural_number(size):
    text = rf"networkDataLayout: a size is an integer, at least 0, or None if unknown; got {size!r}"
    with pytest.raises(ValueError, match=text):
        dl.networkDataLayout([size, 3], "CB")


def test_a_wrong_label_is_named():
    with pytest.raises(dl.FormatError, match="networkDataLayout: 'X' in format \"CX\""):
        dl.networkDataLayout([3, 5], "CX")


@pytest.mark.parametrize("sizes", [3, "CB", None], ids=str)
def test_sizes_that_are_no_list_raise(sizes):
    with pytest.raises(TypeError, match="networkDataLayout: Size must be a list of sizes; got "):
        dl.networkDataLayout(sizes, "CB")
