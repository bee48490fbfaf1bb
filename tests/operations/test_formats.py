"""Every entry of the registry: the order of labels, stripping and naming them again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import dlarray as dl
from tests.operations.walk import arrays, assert_same, called, samples

few = settings(
    max_examples=4,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


def formatted(operation, sample):
    return any(len(set(operand.fmt)) > 1 for operand in sample.operands)


def moved(fmt, labels):
    """The axes of ``fmt`` in the order ``labels``; equal labels keep their order."""
    left = {label: [i for i, other in enumerate(fmt) if other == label] for label in fmt}
    return tuple(left[label].pop(0) for label in labels)


@pytest.mark.parametrize(("operation", "sample"), samples(formatted))
@few
@given(data=st.data())
def test_the_order_of_labels_does_not_matter(operation, sample, data):
    """Data given in another order of labels, and data stripped into one and labelled again."""
    operands = sample.make()
    want = called(sample, operands)
    turned, renamed = list(operands), list(operands)
    for i, (X, values) in enumerate(zip(operands, arrays(sample), strict=True)):
        given_fmt = sample.operands[i].fmt
        if given_fmt:
            labels = "".join(data.draw(st.permutations(given_fmt)))
            moved_values = values.transpose(moved(given_fmt, labels))
            turned[i] = dl.dlarray(moved_values, labels, copy=data.draw(st.booleans()))
            labels = "".join(data.draw(st.permutations(X.fmt)))
            renamed[i] = dl.dlarray(dl.stripdims(X, labels), labels)
            assert renamed[i].fmt == X.fmt
            np.testing.assert_array_equal(renamed[i].data, X.data)
    assert_same(called(sample, turned), want, rtol=1e-11)
    assert_same(called(sample, renamed), want, rtol=1e-11)


# -- two operands
# ------------------------------------------------------------------------------------------------

ONCE = st.permutations("CBT").flatmap(lambda p: st.integers(0, 3).map(lambda n: "".join(p[:n])))
FORMATS = (  # of one label a column would be made
    st.tuples(st.integers(0, 2), ONCE, st.integers(0, 2))
    .map(lambda p: "S" * p[0] + p[1] + "U" * p[2])
    .filter(lambda fmt: len(fmt) > 1)
)
SIZES = {"S": (5, 4), "C": (3,), "B": (2,), "T": (7,), "U": (6, 9)}
BINARY = [
    name
    for name in (
        "plus",
        "minus",
        "times",
        "rdivide",
        "ldivide",
        "power",
        "max",
        "min",
        "atan2",
        "hypot",
        "mod",
        "rem",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "xor",
    )
    if hasattr(dl, name)
]
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


@pytest.mark.parametrize("name", BINARY)
@settings(few, max_examples=20)
@given(FORMATS, FORMATS, st.lists(st.booleans(), min_size=14, max_size=14))
def test_expansion_by_labels_is_that_by_hand(name, first, second, ones):
    a, b = drawn(first, ones, 0), drawn(second, ones[7:], 1)
    common = "".join(label * max(first.count(label), second.count(label)) for label in "SCBTU")
    want = BY_HAND[name](expanded(a, first, common), expanded(b, second, common))
    got = getattr(dl, name)(dl.dlarray(a, first), dl.dlarray(b, second))
    whole = dl.dlarray(want, common)  # which drops trailing U of size 1
    assert (got.fmt, got.shape) == (whole.fmt, whole.shape)
    np.testing.assert_allclose(got.data, whole.data, rtol=1e-13)
