"""Every entry of the registry with dimensions of size 0: a defined size, or an error of ours."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import dlarray as dl
from tests.operations.walk import called, parts, refused_by_us, samples


def without(operand, label):
    """The operand with no elements along a label."""
    sizes = [
        0 if other == label else n for other, n in zip(operand.fmt, operand.shape, strict=True)
    ]
    dtype = operand.array(np.random.default_rng(0)).dtype
    return dataclasses.replace(
        operand, sizes=tuple(sizes), values=lambda _, shape: np.zeros(shape, dtype)
    )


def labels_of(sample):
    return sorted({label for operand in sample.operands for label in operand.fmt})


CASES = [
    pytest.param(*case.values, label, id=f"{case.id}-{label}")
    for case in samples()
    for label in labels_of(case.values[1])
]


@pytest.mark.parametrize(("operation", "sample", "label"), CASES)
def test_a_label_without_elements(operation, sample, label):
    few = tuple(without(o, label) if label in o.fmt else o for o in sample.operands)
    try:
        operands = dataclasses.replace(sample, operands=few).make()
        result = called(sample, operands)
    except (ValueError, TypeError, IndexError) as error:
        refused_by_us(error)
        return
    the_layout_is_defined(sample, operands, result)
    if operation.order:
        gradients_have_the_size_of_their_operands(sample, operands)


def the_layout_is_defined(sample, operands, result):
    """Labels fit the sizes, and a traced call gives the same layout and type."""
    again = dl.dlfeval(lambda *xs: called(sample, xs), *operands)
    for one, other in zip(parts(again), parts(result), strict=True):
        if isinstance(other, dl.dlarray):
            assert len(other.fmt) in (0, other.ndim)
            assert (one.fmt, one.shape, one.dtype) == (other.fmt, other.shape, other.dtype)


def unlabelled(operation, sample):
    return any(not operand.fmt for operand in sample.operands)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("operation", "sample"), samples(unlabelled))
def test_an_axis_without_elements(operation, sample, axis):
    """Of every operand, as unformatted ones have no labels."""
    operands = [
        dl.dlarray(np.take(X.data, [], axis), X.fmt) if X.ndim > axis else X for X in sample.make()
    ]
    try:
        result = called(sample, operands)
    except (ValueError, TypeError, IndexError) as error:
        refused_by_us(error)
        return
    the_layout_is_defined(sample, operands, result)
    if operation.order:
        gradients_have_the_size_of_their_operands(sample, operands)


def gradients_have_the_size_of_their_operands(sample, operands):
    places = [i for i, o in enumerate(sample.operands) if o.differentiable]

    def slopes(*xs):
        value = dl.sum(dl.stripdims(called(sample, xs)), "all")
        return dl.dlgradient(value, [xs[i] for i in places])

    with np.errstate(all="ignore"):
        found = dl.dlfeval(slopes, *operands)
    for i, slope in zip(places, found, strict=True):
        assert (slope.fmt, slope.shape) == (operands[i].fmt, operands[i].shape)
