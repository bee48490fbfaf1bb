"""What the tests that walk the registry share: its samples, and what comes out of a call."""

from __future__ import annotations

import re
import traceback
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing.operations import OPERATIONS

PACKAGE = Path(dl.__file__).parent

# Words of NumPy's and Numba's own texts.
FOREIGN = re.compile(
    r"numba|ufunc|zero-size array|reduction operation|broadcast|ndarray\.|tuple", re.I
)


def samples(accepts=lambda operation, sample: True):
    """(operation, sample) for every sample of the registry that is accepted."""
    return [
        pytest.param(operation, sample, id=f"{operation.name}-{number}")
        for operation in OPERATIONS.values()
        for number, sample in enumerate(operation.samples)
        if accepts(operation, sample)
    ]


def called(sample, operands):
    """The result of a sample's call, from the generator's start."""
    dl.rng(0)
    return sample.call(*operands)


def parts(result: Any) -> list[Any]:
    """The arrays, numbers and texts of a result, in order."""
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, (list, tuple)):
        return [part for item in result for part in parts(item)]
    return [result]


def assert_same(got: Any, want: Any, rtol: float = 0.0) -> None:
    """Equal formats, sizes, types and values: to the bit, or with a tolerance."""
    got, want = parts(got), parts(want)
    assert len(got) == len(want)
    for one, other in zip(got, want, strict=True):
        assert type(one) is type(other)
        if not isinstance(other, (dl.dlarray, np.ndarray)):
            assert repr(one) == repr(other)  # of NaN too
            continue
        if isinstance(other, dl.dlarray):
            assert (one.fmt, one.dtype) == (other.fmt, other.dtype)
        x, y = np.asarray(dl.extractdata(one)), np.asarray(dl.extractdata(other))
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        if rtol and y.dtype.kind in "fc" and y.size:
            scale = np.max(np.abs(y), where=np.isfinite(y), initial=1.0)
            np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol * scale)
        else:
            np.testing.assert_array_equal(x, y, strict=True)


def checksum(array: Any) -> tuple[int, Any, Any, Any]:
    """What tells whether an array was changed: bytes, shape, strides, type."""
    data = dl.extractdata(array) if isinstance(array, dl.dlarray) else array
    bytes_ = np.ascontiguousarray(data).tobytes()
    return zlib.crc32(bytes_), data.shape, data.strides, data.dtype


def arrays(sample, seed=0):
    """The values of the operands, in the order of their formats."""
    rng = np.random.default_rng(seed)
    return [operand.array(rng) for operand in sample.operands]


def refused_by_us(error):
    """The text names a call of ours, and the error was raised by us, above the kernels."""
    text = str(error)
    assert re.match(r"(dlarray|[a-z]\w+)( \w+)?(: |\.)", text), text
    assert not FOREIGN.search(text), text
    files = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    assert files[-1].is_relative_to(PACKAGE), f"{files[-1]}: {text}"
    assert not files[-1].is_relative_to(PACKAGE / "kernels"), text
