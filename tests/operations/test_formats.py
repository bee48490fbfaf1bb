"""Every entry of the registry: the order of labels, stripping and naming them again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import dlarray as dl
from tests.operations.walk import arrays, assert_same, called, samples

HEALTH = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
LIMITS = settings(deadline=None, database=None, suppress_health_check=HEALTH)
PERMUTATIONS = 3  # of every sample, from a fixed seed; a property draws others


def formatted(operation, sample):
    return any(len(set(operand.fmt)) > 1 for operand in sample.operands)


def moved(fmt, labels):
    """The axes of ``fmt`` in the order ``labels``; equal labels keep their order."""
    left = {label: [i for i, other in enumerate(fmt) if other == label] for label in fmt}
    return tuple(left[label].pop(0) for label in labels)


def turned(sample, permuted, copy):
    """The operands from data in another order of labels."""
    operands = sample.make()
    for i, (operand, values) in enumerate(zip(sample.operands, arrays(sample), strict=True)):
        if operand.fmt:
            labels = permuted(operand.fmt)
            operands[i] = dl.dlarray(
                values.transpose(moved(operand.fmt, labels)), labels, copy=copy
            )
    return operands


def renamed(sample, permuted):
    """The operands stripped into another order of labels, and labelled again."""
    operands = sample.make()
    for i, X in enumerate(operands):
        if X.fmt:
            labels = permuted(X.fmt)
            operands[i] = dl.dlarray(dl.stripdims(X, labels), labels)
            assert operands[i].fmt == X.fmt
            np.testing.assert_array_equal(operands[i].data, X.data)
    return operands


@pytest.mark.parametrize(("operation", "sample"), samples(formatted))
def test_the_order_of_labels_does_not_matter(operation, sample):
    """Data given in another order of labels, and data stripped into one and labelled again."""
    rng = np.random.default_rng(0)
    want = called(sample, sample.make())
    for number in range(PERMUTATIONS):
        given = turned(sample, lambda fmt: "".join(rng.permutation(list(fmt))), number % 2 == 0)
        assert_same(called(sample, given), want, rtol=1e-11)
    given = renamed(sample, lambda fmt: "".join(rng.permutation(list(fmt))))
    assert_same(called(sample, given), want, rtol=1e-11)


FORMATTED = [case.values[1] for case in samples(formatted)]


@settings(LIMITS, max_examples=100)
@given(st.sampled_from(FORMATTED), st.data())
def test_any_order_of_labels_of_any_sample(sample, data):
    def permuted(fmt):
        return "".join(data.draw(st.permutations(fmt)))

    want = called(sample, sample.make())
    given = turned(sample, permuted, data.draw(st.booleans()))
    assert_same(called(sample, given), want, rtol=1e-11)
    assert_same(called(sample, renamed(sample, permuted)), want, rtol=1e-11)


# -- two operands
# ------------------------------------------------------------------------------------------------

ONCE = st.permutations("CBT").flatmap(lambda p: st.integers(0, 3).map(lambda n: "".join(p[:n])))
FORMATS = (  # of one label a column would be made
    st.tuples(st.integers(0, 2), ONCE, st.integers(0, 2))
    .map(lambda p: "S" * p[0] + p[1] + "U" * p[2])
    .filter(lambda fmt: len(fmt) > 1)
)
SIZES = {"S": (5, 4), "C": (3,), "B": (2,), "T": (7,), "U": (6, 9)}
BY_HAND: dict[str, Any] = {
    "plus": np.add,
    "minus": np.subtract,
    "times": np.multiply,
    "rdivide": np.divide,
    "ldivide": lambda a, b: b / a,
    "power": np.power,
    "max": np.maximum,
    "min": np.minimum,
    "atan2": np.arctan2,
    "hypot": np.hypot,
    "mod": np.mod,
    "rem": np.fmod,
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "xor": np.logical_xor,
}


def drawn(fmt, ones, seed):
    """An array with a size a label, some of them 1."""
    places = [fmt[:i].count(label) for i, label in enumerate(fmt)]
    sizes = [SIZES[label][k] for label, k in zip(fmt, places, strict=True)]
    sizes = [1 if one else n for n, one in zip(sizes, ones, strict=False)]
    return np.random.default_rng(seed).uniform(0.5, 2.0, sizes)


def expanded(values, fmt, common):
    """The values with a dimension for every label of the common format."""
    axes = [common.index(label) + fmt[:i].count(label) for i, label in enumerate(fmt)]
    order = sorted(range(len(fmt)), key=axes.__getitem__)
    shape = [1] * len(common)
    for axis in range(len(fmt)):
        shape[axes[axis]] = values.shape[axis]
    return values.transpose(order).reshape(shape)


@settings(LIMITS, max_examples=300)
@given(
    st.sampled_from(list(BY_HAND)),
    FORMATS,
    FORMATS,
    st.lists(st.booleans(), min_size=14, max_size=14),
)
def test_expansion_by_labels_is_that_by_hand(name, first, second, ones):
    a, b = drawn(first, ones, 0), drawn(second, ones[7:], 1)
    common = "".join(label * max(first.count(label), second.count(label)) for label in "SCBTU")
    want = BY_HAND[name](expanded(a, first, common), expanded(b, second, common))
    got = getattr(dl, name)(dl.dlarray(a, first), dl.dlarray(b, second))
    whole = dl.dlarray(want, common)  # which drops trailing U of size 1
    assert (got.fmt, got.shape) == (whole.fmt, whole.shape)
    np.testing.assert_allclose(got.data, whole.data, rtol=1e-13)
