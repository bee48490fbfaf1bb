"""Every entry of the registry: accelerated, it gives the same bits as the plain call."""

from __future__ import annotations

import warnings

import pytest

import dlarray as dl
from dlarray.array.signature import arrays_of
from dlarray.testing.operations import OPERATIONS
from tests.array.replays import assert_same, counted

# Their results, or the sizes of these, depend on values: functions that call them run as they are.
BY_VALUES = {"colon", "find", "linspace", "onehotdecode"}
SEED = 5  # to which the samples of functions that draw set the generator themselves

SAMPLES = [
    pytest.param(operation, sample, id=f"{operation.name}-{number}")
    for operation in OPERATIONS.values()
    for number, sample in enumerate(operation.samples)
]


def gradient(operation, sample):
    """The operation and, where it has one, the gradient of its squares."""

    def function(*operands):
        y = sample.call(*operands)
        if operation.order == 0 or not isinstance(y, dl.dlarray):
            return y
        value = dl.sum(dl.abs(dl.stripdims(y)) ** 2, "all")
        places = [x for x, o in zip(operands, sample.operands, strict=True) if o.differentiable]
        return y, dl.dlgradient(value, places)

    return function


@pytest.mark.parametrize(("operation", "sample"), SAMPLES)
def test_a_replay_has_the_bits_of_the_plain_call(operation, sample):
    function = gradient(operation, sample)
    accfun = counted(function)
    with warnings.catch_warnings():
        if operation.name in BY_VALUES:
            warnings.filterwarnings("ignore", "dlaccelerate: .* depends on values")
        for values in (0, 1):
            operands = sample.make(values)
            dl.rng(SEED)
            result = dl.dlfeval(accfun, *operands)
            dl.rng(SEED)
            expected = dl.dlfeval(function, *operands)
            if arrays_of(expected):
                assert_same(result, expected)
    assert accfun.Function.calls == (2 if operation.name in BY_VALUES else 1)
