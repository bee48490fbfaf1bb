"""Operations that move, order and multiply: other types, empty data, any layout of the memory."""

from __future__ import annotations

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing.operations import OPERATIONS, creation, inspection, linear, ordering, shape

CONVERSIONS = {"double", "cast"}
FAMILIES = (creation, inspection, linear, ordering, shape)
SAMPLES = [
    pytest.param(operation.name, sample, id=f"{operation.name}-{number}")
    for family in FAMILIES
    for operation in family.OPERATIONS
    for number, sample in enumerate(operation.samples)
]
every_sample = pytest.mark.parametrize(("name", "sample"), SAMPLES)


def results(value):
    """The arrays of a result, as NumPy's."""
    parts = value if isinstance(value, tuple) else (value,)
    return [dl.extractdata(part) for part in parts if isinstance(part, dl.dlarray)]


def called(sample, arrays):
    """What the sample gives; None for an error that names a public function."""
    try:
        return results(sample.call(*arrays))
    except (TypeError, ValueError) as error:
        assert str(error).partition(":")[0] in OPERATIONS, error
        return None


@every_sample
def test_single_data_stay_single(name, sample):
    arrays = [dl.single(X) for X in sample.make()]
    found = called(sample, arrays)
    if name not in CONVERSIONS:
        assert all(y.dtype in (np.float32, np.complex64, np.bool_) for y in found or [])


@every_sample
@pytest.mark.filterwarnings("ignore:.*singular to working precision")
@pytest.mark.parametrize("dtype", ["?", "c16"], ids=["logical", "complex"])
def test_other_types_give_a_result_or_an_error_with_a_name(name, sample, dtype):
    called(sample, [dl.dlarray(X.data.astype(dtype), X.fmt) for X in sample.make()])


@every_sample
@pytest.mark.parametrize("axis", [0, 1])
def test_no_elements_give_a_result_or_an_error_with_a_name(name, sample, axis):
    called(sample, [dl.dlarray(np.take(X.data, [], axis), X.fmt) for X in sample.make()])


def backwards(data):
    """The same values, with all strides negative."""
    turn = (slice(None, None, -1),) * data.ndim
    return data[turn].copy()[turn]


def spread(data):
    """The same values, every second element of a larger array."""
    larger = np.zeros([2 * n for n in data.shape], data.dtype)
    larger[(slice(None, None, 2),) * data.ndim] = data
    return larger[(slice(None, None, 2),) * data.ndim]


@every_sample
@pytest.mark.parametrize("layout", [np.asfortranarray, backwards, spread])
def test_the_layout_of_the_memory_does_not_matter(name, sample, layout):
    clean = sample.make()
    arrays = [dl.dlarray(layout(X.data), X.fmt, copy=False) for X in clean]
    if name in ("rand", "randn", "randi"):
        return
    for got, expected in zip(
        results(sample.call(*arrays)), results(sample.call(*clean)), strict=True
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)
    assert all(dl.isequal(X, Y) for X, Y in zip(arrays, clean, strict=True))
