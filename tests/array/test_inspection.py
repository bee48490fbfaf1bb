"""Functions that tell labels, sizes, types and values."""

import numpy as np
import pytest

import dlarray as dl


def zeros(*shape, fmt=""):
    return dl.dlarray(np.zeros(shape), fmt)


# -- labels
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "fmt", "label", "axes"),
    [
        ((5, 4, 3, 2), "TSSU", "T", (2,)),
        ((5, 4, 3, 2), "TSSU", "S", (0, 1)),
        ((5, 4, 3, 2), "TSSU", "B", ()),
        ((5, 4, 3, 2), "TSSU", "U", (3,)),
        ((3, 5), "", "C", ()),
        ((3, 5), "CUU", "U", (1,)),
    ],
    ids=["T", "S", "absent", "U", "unformatted", "trimmed U"],
)
def test_finddim_gives_axes_from_0(shape, fmt, label, axes):
    X = zeros(*shape, fmt=fmt)
    assert dl.finddim(X, label) == X.finddim(label) == axes


def test_dims_and_sizes_of_the_spatial_dimensions():
    X = zeros(5, 4, 3, 2, fmt="TSSU")
    assert dl.dims(X) == "SSTU"
    assert dl.size(X, dl.finddim(X, "S")) == (4, 3)


def test_dims_are_empty_without_labels():
    X = zeros(3, 4, fmt="TS")
    assert dl.dims(X) == X.dims() == X.fmt == "ST"
    assert dl.dims(dl.stripdims(X)) == ""


@pytest.mark.parametrize("label", ["", "SC"])
def test_finddim_takes_one_label(label):
    with pytest.raises(ValueError, match=f'finddim: one label is needed; got "{label}"'):
        dl.finddim(zeros(3, 5), label)


def test_finddim_checks_the_label():
    with pytest.raises(dl.FormatError, match="finddim: 'c' in format \"c\" is not a label"):
        dl.finddim(zeros(3, 5), "c")


# -- sizes
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "fmt", "size"),
    [
        ((6, 6), "SSCB", (6, 6, 1, 1)),
        ((5, 1), "SC", (5, 1)),
        ((3, 5, 1, 1), "", (3, 5)),
        ((3, 1, 1, 2, 1), "", (3, 1, 1, 2)),
        ((3,), "", (3, 1)),
        ((0, 5), "CB", (0, 5)),
    ],
    ids=["formatted", "SC", "unformatted", "inner singletons", "vector", "empty"],
)
def test_size_and_ndims_follow_matlab(shape, fmt, size):
    X = zeros(*shape, fmt=fmt)
    assert dl.size(X) == size
    assert dl.ndims(X) == len(size)


def test_shape_ndim_and_size_follow_numpy():
    X = zeros(3, 5, 1, 1)
    assert (X.shape, X.ndim, X.size, len(X)) == ((3, 5, 1, 1), 4, 15, 3)


@pytest.mark.parametrize(
    ("dim", "size"),
    [
        (0, 7),
        (-1, 2),
        (9, 1),
        (np.int64(1), 5),
        ("C", 3),
        ("S", (7, 5)),
        ((0, 3), (7, 2)),
        ([2], (3,)),
        ((), ()),
    ],
    ids=str,
)
def test_size_along_some_dimensions(dim, size):
    assert dl.size(zeros(7, 5, 3, 2, fmt="SSCB"), dim) == size


def test_size_beyond_the_last_dimension_of_unformatted_data_is_1():
    assert dl.size(zeros(3, 5, 1, 1), 2) == 1


def test_size_names_an_absent_label():
    with pytest.raises(dl.FormatError, match='size: no dimension is labelled "T"'):
        dl.size(zeros(3, 5, fmt="CB"), "T")


@pytest.mark.parametrize("shape", [(3, 5), (0, 5), (1, 1), (3, 5, 2)], ids=str)
def test_numel_counts_elements(shape):
    assert dl.numel(zeros(*shape)) == np.prod(shape)


# -- types
# ------------------------------------------------------------------------------------------------


def test_isdlarray():
    assert dl.isdlarray(zeros(3, 5))
    assert not dl.isdlarray(np.zeros((3, 5)))
    assert not dl.isdlarray([1])


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [("f4", "single"), ("f8", "double"), ("?", "logical")],
    ids=["single", "double", "logical"],
)
def test_underlying_type(dtype, kind):
    assert dl.underlyingType(dl.dlarray(np.ones((3, 5), dtype), "CB")) == kind


@pytest.mark.parametrize("source", ["f4", "f8", "?"])
@pytest.mark.parametrize(("convert", "target"), [(dl.single, "f4"), (dl.double, "f8")])
def test_single_and_double_keep_values_and_labels(convert, target, source):
    X = dl.dlarray(np.eye(3, 5).astype(source), "CB")
    Y = convert(X)
    assert (Y.dtype, dl.dims(Y)) == (np.dtype(target), "CB")
    np.testing.assert_array_equal(dl.extractdata(Y), np.eye(3, 5))


def test_single_takes_a_plain_array():
    assert dl.single(np.ones((3, 5))).dtype == np.float32


# -- values
# ------------------------------------------------------------------------------------------------


def test_extractdata_gives_the_data_in_label_order():
    data = np.arange(12.0).reshape(3, 4) > 5
    values = dl.extractdata(dl.dlarray(data, "TS"))
    assert (type(values), values.dtype) == (np.ndarray, np.bool_)
    np.testing.assert_array_equal(values, data.T)


def test_extractdata_passes_other_arrays_through():
    data = np.ones((3, 5))
    assert dl.extractdata(data) is data


def test_item_and_float_of_one_element():
    X = dl.dlarray([[2.5]], "CB")
    assert X.item() == float(X) == 2.5


@pytest.mark.parametrize(("value", "truth"), [(0.0, False), (2.0, True), (True, True)], ids=str)
def test_one_element_is_true_or_false(value, truth):
    assert bool(dl.dlarray(value)) is truth


@pytest.mark.parametrize("shape", [(3, 5), (0, 5)], ids=str)
def test_several_elements_are_neither_true_nor_false(shape):
    text = rf"only one element is true or false; got {shape[0]}\(C\) × 5\(B\)\. Use any or all"
    with pytest.raises(ValueError, match=text):
        bool(zeros(*shape, fmt="CB"))


def test_several_elements_are_no_number():
    with pytest.raises(TypeError, match=r"only one element makes a number; got 3\(C\) × 5\(B\)"):
        float(zeros(3, 5, fmt="CB"))


def test_item_needs_one_element():
    with pytest.raises(ValueError, match="size 1"):
        zeros(3, 5).item()


def test_iteration_runs_over_the_first_dimension():
    X = dl.dlarray(np.arange(6.0).reshape(3, 2), "CB")
    rows = list(X)
    assert [row.shape for row in rows] == [(1, 2)] * 3
    assert [row.extractdata()[0, 1] for row in rows] == [1, 3, 5]
    assert {dl.dims(row) for row in rows} == {"CB"}


def test_a_dlarray_has_no_hash():
    with pytest.raises(TypeError, match="unhashable"):
        hash(zeros(3, 5))


@pytest.mark.parametrize(
    ("call", "function"),
    [
        ("dims", dl.dims),
        ("finddim", lambda X: dl.finddim(X, "C")),
        ("underlyingType", dl.underlyingType),
        ("size", dl.size),
        ("ndims", dl.ndims),
        ("numel", dl.numel),
        ("stripdims", dl.stripdims),
        ("squeeze", dl.squeeze),
        ("transpose", dl.transpose),
        ("permute", lambda X: dl.permute(X, (1, 0))),
        ("reshape", lambda X: dl.reshape(X, 5, 3)),
        ("sum", dl.sum),
        ("mean", dl.mean),
        ("max", dl.max),
        ("min", dl.min),
        ("any", dl.any),
        ("all", dl.all),
        ("exp", dl.exp),
        ("uminus", dl.uminus),
        ("relu", dl.relu),
    ],
)
def test_a_plain_array_is_rejected_by_name(call, function):
    text = rf"{call}: X must be a dlarray; got ndarray\. Make one with dlarray\(data, fmt\)"
    with pytest.raises(TypeError, match=text):
        function(np.ones((3, 5)))
