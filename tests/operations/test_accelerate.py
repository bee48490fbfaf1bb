"""Every entry of the registry: accelerated, it gives the same bits as the plain call."""

from __future__ import annotations

import pytest

import dlarray as dl
from dlarray.testing.operations import OPERATIONS
from tests.array.replays import assert_same, counted

# Whose results have sizes that depend on values, or whose course does: these run as they are.
BY_VALUES: frozenset[str] = frozenset()

SAMPLES = [
    pytest.param(operation, sample, id=f"{operation.name}-{number}")
    for operation in OPERATIONS.values()
    for number, sample in enumerate(operation.samples)
]


def gradient(operation, sample):
    """The operation and, where it has one, the gradient of its squares."""

    def function(*operands):
        y = sample.call(*operands)
        if operation.order == 0:
            return y
        value = dl.sum(dl.stripdims(y) ** 2, "all")
        places = [x for x, o in zip(operands, sample.operands, strict=True) if o.differentiable]
        return y, dl.dlgradient(value, places)

    return function


@pytest.mark.parametrize(("operation", "sample"), SAMPLES)
def test_a_replay_has_the_bits_of_the_plain_call(operation, sample):
    function = gradient(operation, sample)
    accfun = counted(function)
    for seed in (0, 1):
        operands = sample.make(seed)
        dl.rng(seed)
        result = dl.dlfeval(accfun, *operands)
        dl.rng(seed)
        assert_same(result, dl.dlfeval(function, *operands))
    assert accfun.Function.calls == (2 if operation.name in BY_VALUES else 1)
