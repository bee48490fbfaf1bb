"""Every entry of the registry: the same bits again and under a trace, and nothing is changed."""

from __future__ import annotations

import numpy as np
import pytest

import dlarray as dl
from tests.operations.walk import assert_same, called, checksum, parts, samples

# Updates are one pass over memory, and composed where their arguments are traced.
COMPOSED_WHERE_TRACED = dict.fromkeys(("adamupdate", "rmspropupdate", "sgdmupdate"), 1e-14)


@pytest.mark.parametrize(("operation", "sample"), samples())
def test_a_second_call_and_a_traced_one_give_the_same_bits(operation, sample):
    operands = sample.make()
    before = [checksum(operand) for operand in operands]
    first = called(sample, operands)
    assert_same(called(sample, operands), first)
    composed = COMPOSED_WHERE_TRACED.get(operation.name, 0.0)
    assert_same(dl.dlfeval(lambda *xs: called(sample, xs), *operands), first, rtol=composed)
    assert [checksum(operand) for operand in operands] == before


@pytest.mark.parametrize(("operation", "sample"), samples())
def test_a_result_can_not_be_written_to_and_its_assignment_leaves_the_operands(operation, sample):
    operands = sample.make()
    before = [checksum(operand) for operand in operands]
    for part in parts(called(sample, operands)):
        if isinstance(part, dl.dlarray):
            for view in (part.data, dl.extractdata(part), np.asarray(part)):
                assert not view.flags.writeable
            if part.size:
                part[...] = False
    assert [checksum(operand) for operand in operands] == before


RETYPED = ("cast", "double")  # the type of the result is what they are for


def floating(operation, sample):
    if operation.name in RETYPED:
        return False
    kinds = [operand.array(np.random.default_rng(0)).dtype.kind for operand in sample.operands]
    return all(kind == "f" for kind in kinds)


@pytest.mark.parametrize(("operation", "sample"), samples(floating))
def test_single_stays_single(operation, sample):
    single = called(sample, sample.make(dtype=np.float32))
    double = called(sample, sample.make())
    for one, other in zip(parts(single), parts(double), strict=True):
        if isinstance(other, dl.dlarray) and other.dtype.kind == "f" and not counts(other):
            assert one.dtype == np.float32
            assert one.fmt == other.fmt and one.shape == other.shape
            limit = 1e-4 * np.max(np.abs(other.data), initial=1.0)
            np.testing.assert_allclose(one.data, other.data, rtol=1e-3, atol=limit)


def counts(X):
    """Whether all values are integers, as indices are, which are double whatever the data are."""
    return bool(np.all(X.data == np.round(X.data)))
