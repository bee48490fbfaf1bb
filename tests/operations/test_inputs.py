"""Every entry of the registry: operands of other types give the result of the same numbers as
doubles, or an error of ours.
"""

from __future__ import annotations

import numpy as np
import pytest

import dlarray as dl
from tests.operations.walk import called, parts, refused_by_us, samples

BY_MAGNITUDE = {"sort"}  # complex numbers are ordered so, real ones are not


@pytest.mark.parametrize(("operation", "sample"), samples())
@pytest.mark.filterwarnings("ignore:.*singular to working precision")
@pytest.mark.parametrize("dtype", ["?", "c16"], ids=["logical", "complex"])
def test_other_types_give_a_result_or_an_error_with_a_name(operation, sample, dtype):
    operands = [dl.dlarray(X.data.astype(dtype), X.fmt) for X in sample.make()]
    doubles = [dl.dlarray(X.data.real.astype("f8"), X.fmt) for X in operands]
    try:
        result = called(sample, operands)
    except (ValueError, TypeError, IndexError) as error:
        refused_by_us(error)
        return
    for got, want in zip(parts(result), parts(called(sample, doubles)), strict=True):
        if not isinstance(want, dl.dlarray):
            continue
        assert (got.fmt, got.shape) == (want.fmt, want.shape)
        assert got.dtype in ("?", "f4", "f8", "c8", "c16")
        if operation.name in BY_MAGNITUDE and dtype == "c16":
            continue
        defined = np.isfinite(want.data)
        np.testing.assert_allclose(got.data[defined], want.data[defined], rtol=1e-12, atol=1e-12)
