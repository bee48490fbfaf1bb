"""Every entry of the registry: what kind of memory the user's array has does not matter, and it is
never changed.
"""

from __future__ import annotations

import numpy as np
import pytest

import dlarray as dl
from tests.layouts import LAYOUTS
from tests.operations.walk import arrays, assert_same, called, checksum, samples


@pytest.mark.parametrize(("operation", "sample"), samples())
def test_every_layout_gives_what_the_clean_copy_gives(operation, sample):
    want = called(sample, sample.make())
    for layout, make in LAYOUTS.items():
        for copy in (True, False):
            given = [make(values) for values in arrays(sample)]
            before = [checksum(values) for values in given]
            operands = [
                dl.dlarray(values, operand.fmt, copy=copy)
                for operand, values in zip(sample.operands, given, strict=True)
            ]
            # in another order of memory sums are rounded otherwise
            assert_same(called(sample, operands), want, rtol=0 if copy else 1e-11)
            assert [checksum(values) for values in given] == before, layout


def with_plain(operation, sample):
    return any(not operand.fmt for operand in sample.operands[1:])


@pytest.mark.parametrize(("operation", "sample"), samples(with_plain))
def test_plain_operands_of_every_layout(operation, sample):
    """Operands without labels as NumPy arrays; an operation may insist on dlarrays."""
    want = called(sample, sample.make())
    for layout, make in LAYOUTS.items():
        operands = sample.make()
        given = [make(values) for values in arrays(sample)]
        before = [checksum(values) for values in given]
        for i, operand in enumerate(sample.operands[1:], 1):
            if not operand.fmt:
                operands[i] = given[i]
        try:
            got = called(sample, operands)
        except TypeError as error:
            assert "must be a dlarray" in str(error)
            return
        assert_same(got, want, rtol=1e-11)
        assert [checksum(values) for values in given] == before, layout


@pytest.mark.parametrize(("operation", "sample"), samples())
def test_broadcast_views_give_what_their_copy_gives(operation, sample):
    """Each operand in turn is one element, repeated by strides of 0."""
    for i, (operand, values) in enumerate(zip(sample.operands, arrays(sample), strict=True)):
        if not values.size:
            continue
        view = np.broadcast_to(values.reshape(-1)[:1].reshape((1,) * values.ndim), values.shape)
        operands = sample.make()
        operands[i] = dl.dlarray(view.copy(), operand.fmt)
        want = called_or_refused(sample, operands)
        for copy in (True, False):
            operands[i] = dl.dlarray(view, operand.fmt, copy=copy)
            assert_same(called_or_refused(sample, operands), want, rtol=1e-11)


def called_or_refused(sample, operands):
    """The result, or the text of the error: equal elements make singular matrices and ties."""
    try:
        return called(sample, operands)
    except (ValueError, RuntimeWarning) as error:
        return str(error)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(), (1,), (7,), (0,), (3, 0), (3, 5), (1, 1, 1), (2, 3, 5, 2)])
@pytest.mark.parametrize("dtype", ["f8", "f4", "?", "i4", "u1"])
def test_construction(layout, shape, dtype):
    values = (np.random.default_rng(1).standard_normal(shape) * 3).astype(dtype)
    given = LAYOUTS[layout](np.asarray(values))
    before = checksum(np.asarray(given))
    for copy in (True, False):
        X = dl.dlarray(given, copy=copy)
        native = np.dtype(dtype) if np.dtype(dtype).kind in "fb" else np.dtype("f8")
        assert X.dtype == native and X.dtype.isnative
        assert type(X.data) is np.ndarray
        np.testing.assert_array_equal(X.data.reshape(-1), values.astype(native).reshape(-1))
    assert checksum(np.asarray(given)) == before
