"""Every entry of the registry: operands of other types give a result or an error of ours."""

from __future__ import annotations

import pytest

import dlarray as dl
from tests.operations.walk import called, refused_by_us, samples


@pytest.mark.parametrize(("operation", "sample"), samples())
@pytest.mark.filterwarnings("ignore:.*singular to working precision")
@pytest.mark.parametrize("dtype", ["?", "c16"], ids=["logical", "complex"])
def test_other_types_give_a_result_or_an_error_with_a_name(operation, sample, dtype):
    operands = [dl.dlarray(X.data.astype(dtype), X.fmt) for X in sample.make()]
    try:
        called(sample, operands)
    except (ValueError, TypeError, IndexError) as error:
        refused_by_us(error)
