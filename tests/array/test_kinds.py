"""Kinds of arrays: scalars, rows, types; equality; conversions of types."""

import numpy as np
import pytest

import dlarray as dl
from dlarray import tape
from tests.holds import assert_holds

from .gradients import gradient


def zeros(*shape, fmt="", dtype=float):
    return dl.dlarray(np.zeros(shape, dtype), fmt)


SHAPES = [  # shape, format, length, then scalar, vector, row, column, matrix
    ((3, 5), "CB", 5, "-----matrix"),
    ((3, 1), "CB", 3, "vector column matrix"),
    ((1, 5), "", 5, "vector row matrix"),
    ((1, 1, 1), "SCB", 1, "scalar vector row column matrix"),
    ((1, 1, 5), "SCB", 5, ""),
    ((3, 1, 1), "", 3, "vector column matrix"),
    ((1, 5, 1, 1), "SCBT", 5, "vector row matrix"),
    ((0, 5), "CB", 0, "empty matrix"),
    ((0, 1), "", 0, "empty vector column matrix"),
    ((2, 3, 5), "SCB", 5, ""),
]


@pytest.mark.parametrize(("shape", "fmt", "length", "kinds"), SHAPES, ids=str)
def test_kinds_of_shapes(shape, fmt, length, kinds):
    X = zeros(*shape, fmt=fmt)
    assert dl.length(X) == length
    assert dl.isempty(X) == ("empty" in kinds)
    assert dl.isscalar(X) == ("scalar" in kinds)
    assert dl.isvector(X) == ("vector" in kinds)
    assert dl.isrow(X) == ("row" in kinds)
    assert dl.iscolumn(X) == ("column" in kinds)
    assert dl.ismatrix(X) == ("matrix" in kinds)


@pytest.mark.parametrize(
    ("dtype", "kind", "numeric", "real"),
    [
        ("f4", "single", True, True),
        ("f8", "double", True, True),
        ("?", "logical", False, True),
        ("c8", "single", True, False),
        ("c16", "double", True, False),
    ],
)
def test_kinds_of_types(dtype, kind, numeric, real):
    X = zeros(3, 5, fmt="CB", dtype=dtype)
    assert dl.underlyingType(X) == kind
    for name in ("single", "double", "logical"):
        assert dl.isUnderlyingType(X, name) == (name == kind)
    assert dl.isfloat(X) == dl.isnumeric(X) == numeric
    assert dl.islogical(X) == (kind == "logical")
    assert dl.isreal(X) == real


def test_the_name_of_a_type_is_checked():
    text = 'isUnderlyingType: typename must be one of "single", "double", "logical"; got \'int8\''
    with pytest.raises(ValueError, match=text):
        dl.isUnderlyingType(zeros(3, 5), "int8")


@pytest.mark.parametrize(
    ("call", "function"),
    [(f.__name__, f) for f in (dl.length, dl.isempty, dl.isscalar, dl.isvector, dl.isrow)]
    + [(f.__name__, f) for f in (dl.iscolumn, dl.ismatrix, dl.isfloat, dl.isnumeric)]
    + [(f.__name__, f) for f in (dl.islogical, dl.isreal)],
)
def test_a_plain_array_is_rejected_by_name(call, function):
    with pytest.raises(TypeError, match=rf"{call}: X must be a dlarray; got ndarray"):
        function(np.ones((3, 5)))


def test_gather_keeps_labels_and_trace():
    X = zeros(3, 5, fmt="CB")
    assert_holds(dl.gather(X), "CB", np.zeros((3, 5)))
    assert_holds(gradient(lambda x: 3 * dl.gather(x), X), "CB", np.full((3, 5), 3))
    assert dl.gather([1.0, 2.0]).tolist() == [1, 2]


def test_there_is_no_graphics_card():
    assert dl.canUseGPU() is False


def test_size_of_several_dimensions():
    X = zeros(2, 3, 5, fmt="SCB")
    assert dl.size(X, 0, "B") == dl.size(X, [0, 2]) == (2, 5)
    assert dl.size(X, "C", 7) == (3, 1)
    with pytest.raises(dl.FormatError, match='size: no dimension is labelled "T"'):
        dl.size(X, 0, "T")


# -- equality
# ------------------------------------------------------------------------------------------------

DATA = np.arange(15.0).reshape(3, 5)


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (dl.dlarray(DATA, "CB"), dl.dlarray(DATA, "CB"), True),
        (dl.dlarray(DATA, "CB"), dl.dlarray(DATA.T, "BC"), True),
        (dl.dlarray(DATA, "CB"), dl.dlarray(DATA.astype("f4"), "CB"), True),
        (dl.dlarray(DATA, "CB"), dl.dlarray(DATA, "CT"), False),
        (dl.dlarray(DATA, "CB"), dl.dlarray(DATA), False),
        (dl.dlarray(DATA), DATA, True),
        (dl.dlarray(DATA), dl.dlarray(DATA[..., None]), True),
        (dl.dlarray(DATA, "CB"), dl.dlarray(DATA + 1, "CB"), False),
        (dl.dlarray(DATA), DATA[:, :4], False),
        (dl.dlarray([np.nan]), dl.dlarray([np.nan]), False),
        (dl.dlarray(np.zeros((0, 3))), np.zeros((0, 3)), True),
        (dl.dlarray([True, False]), [1.0, 0.0], True),
    ],
    ids=[
        "same",
        "another order",
        "type",
        "labels",
        "unformatted",
        "array",
        "trailing 1",
        "values",
        "sizes",
        "NaN",
        "empty",
        "logical",
    ],
)
def test_isequal(a, b, equal):
    assert dl.isequal(a, b) is equal
    assert dl.isequal(b, a) is equal
    assert dl.isequal(a, a, b) is (equal and dl.isequal(a, a))


# -- conversions
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["single", "double", "logical", "SINGLE"])
@pytest.mark.parametrize("source", ["f4", "f8", "?"])
def test_cast(name, source):
    X = dl.cast(dl.dlarray(np.eye(3, 5).astype(source), "CB"), name)
    assert dl.underlyingType(X) == name.lower()
    assert_holds(X, "CB", np.eye(3, 5))


def test_cast_like_another_array():
    X = dl.cast(dl.dlarray(DATA, "CB"), like=zeros(2, 2, dtype="f4"))
    assert X.dtype == np.float32
    assert dl.dims(X) == "CB"


def test_complex_data_stay_complex():
    X = dl.dlarray([1 + 2j])
    assert dl.single(X).dtype == np.complex64
    assert dl.double(dl.single(X)).dtype == np.complex128


@pytest.mark.parametrize(
    ("arguments", "options", "error", "text"),
    [
        ((), {}, TypeError, r'cast: give a type, as in cast\(X, "single"\), or like=Y'),
        (("single",), {"like": zeros(2, 2)}, TypeError, "and not both"),
        (("int8",), {}, ValueError, 'cast: typename must be one of "single"'),
        ((), {"like": DATA}, TypeError, "cast: like must be a dlarray; got ndarray"),
    ],
)
def test_cast_errors(arguments, options, error, text):
    with pytest.raises(error, match=text):
        dl.cast(zeros(2, 2), *arguments, **options)


@pytest.mark.parametrize("convert", [dl.single, dl.double, lambda x: dl.cast(x, "single")])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_the_gradient_of_a_cast_has_the_type_of_the_variable(convert, dtype):
    slope = gradient(lambda x: 3 * convert(x), dl.dlarray(np.ones((3, 5), dtype), "CB"))
    assert (slope.dtype, dl.dims(slope)) == (np.dtype(dtype), "CB")


def test_logical():
    X = dl.logical(dl.dlarray([2.0, 0.0, -np.inf], "C"))
    assert X.dtype == bool
    assert_holds(X, "CU", [[True], [False], [True]])
    assert_holds(dl.logical([0, 7]), "", [[False], [True]])


def test_logical_has_no_trace():
    dl.dlfeval(lambda x: tape.is_traced(dl.logical(x)) and pytest.fail("traced"), zeros(3, 5))


def test_nan_is_not_logical():
    text = r"logical: NaN is neither true nor false; got 2\(C\) × 1\(U\)"
    with pytest.raises(ValueError, match=text):
        dl.logical(dl.dlarray([1.0, np.nan], "C"))


def test_complex_data_are_not_logical():
    with pytest.raises(TypeError, match="logical: complex data can't be true or false; got 1×1"):
        dl.logical(dl.dlarray(1j))
