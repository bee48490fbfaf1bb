"""Data of other types: a promotion that is documented, or an error that says what to do."""

from __future__ import annotations

import decimal

import numpy as np
import pytest

import dlarray as dl
from tests.operations.walk import arrays, assert_same, called, samples

VALUES = np.array([[1.0, 0.0, 3.0], [2.0, 5.0, 1.0]])


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4", "<u2"])
@pytest.mark.parametrize("copy", [True, False])
def test_integers_become_double(dtype, copy):
    X = dl.dlarray(VALUES.astype(dtype), "CB", copy=copy)
    assert X.dtype == np.float64
    np.testing.assert_array_equal(X.data, VALUES)


@pytest.mark.parametrize("value", [3, 3.0, True, np.int8(3), np.float64(3), [3], [[3]], ((3,),)])
def test_numbers_and_lists_become_double_or_logical(value):
    X = dl.dlarray(value)
    assert X.dtype == (np.bool_ if value is True else np.float64)
    assert X.shape == (1, 1)


@pytest.mark.parametrize("dtype", ["c8", "c16"])
def test_complex_data_are_kept_or_refused(dtype):
    data = VALUES.astype(dtype) + 2j
    try:
        X = dl.dlarray(data, "CB")
    except TypeError as error:
        assert str(error).startswith(f"dlarray: data of type {data.dtype} are not possible")
        assert "Complex data are not supported" in str(error)
        return
    assert X.dtype == data.dtype
    np.testing.assert_array_equal(X.data, data)


def bfloat16():
    return pytest.importorskip("ml_dtypes").bfloat16


REFUSED = {
    "float16": (lambda: VALUES.astype("f2"), r"data of type float16 .*astype\('float32'\)"),
    "bfloat16": (lambda: VALUES.astype(bfloat16()), "data of type bfloat16 are not possible"),
    "long double": (lambda: VALUES.astype("g"), r"data of type \S+ are not .*astype\('float32'\)"),
    "objects": (lambda: VALUES.astype(object), r"the data are Python objects \(float\)"),
    "decimals": (lambda: [decimal.Decimal(3)], r"the data are Python objects \(Decimal\)"),
    "None": (lambda: None, r"the data are Python objects \(NoneType\)"),
    "a dict": (lambda: {"a": 1}, r"the data are Python objects \(dict\)"),
    "a set": (lambda: {1, 2}, r"the data are Python objects \(set\)"),
    "text": (lambda: ["a", "b"], "data of type <U1 are not possible"),
    "bytes": (lambda: b"abc", r"data of type \|S3 are not possible"),
    "dates": (lambda: np.array(["2024-02-29"], "M8[D]"), r"data of type datetime64\[D\] are not"),
    "records": (lambda: np.zeros(3, "f4,f8"), "data of type .* are not possible"),
    "ragged": (lambda: [[1, 2], [3]], "the data are ragged"),
    "masked": (lambda: np.ma.masked_equal(VALUES, 3), "1 of 6 elements of the masked array are ma"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_other_data_are_refused(kind):
    make, text = REFUSED[kind]
    data = make()
    with pytest.raises(TypeError, match=f"dlarray: {text}"):
        dl.dlarray(data)
    with pytest.raises(TypeError, match=f"plus: {text}"):
        dl.dlarray(VALUES) + data
    with pytest.raises(TypeError, match=f"plus: {text}"):
        dl.plus(data, dl.dlarray(VALUES))


def second_plain(operation, sample):
    return len(sample.operands) > 1 and any(not o.fmt for o in sample.operands[1:])


@pytest.mark.parametrize(("operation", "sample"), samples(second_plain))
def test_plain_operands_of_other_types(operation, sample):
    """Integers as their double values; what is refused, with the call's name."""
    for i, operand in enumerate(sample.operands[1:], 1):
        values = arrays(sample)[i]
        if not operand.fmt and values.dtype.kind == "f":
            for dtype in ("i4", "?", "f2", "c8", "O"):
                with_operand(operation, sample, i, np.ceil(values).astype(dtype))


def with_operand(operation, sample, i, given):
    operands = sample.make()
    operands[i] = given
    try:
        got = called(sample, operands)
    except TypeError as error:
        assert ": " in str(error) and "numpy" not in str(error).lower(), error
        assert given.dtype.kind != "i" or "must be a dlarray" in str(error), error
        return
    except ValueError as error:  # a value that is not possible, such as one of a mask
        assert operation.name in str(error), error
        return
    if given.dtype.kind != "b":  # logical data may mean something else, as in a mask
        operands[i] = dl.dlarray(given)
        assert_same(got, called(sample, operands), rtol=1e-5 if given.dtype == "c8" else 1e-11)
