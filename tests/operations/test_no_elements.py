"""Every entry of the registry with dimensions of size 0: a defined size, or an error of ours."""

from __future__ import annotations

import dataclasses
import re
import traceback
from pathlib import Path

import numpy as np
import pytest

import dlarray as dl
from tests.operations.walk import called, parts, samples

PACKAGE = Path(dl.__file__).parent

# Words of NumPy's and Numba's own texts.
FOREIGN = re.compile(
    r"numba|ufunc|zero-size array|reduction operation|broadcast|ndarray\.|tuple", re.I
)


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
    again = dl.dlfeval(lambda *xs: called(sample, xs), *operands)
    for one, other in zip(parts(again), parts(result), strict=True):
        if isinstance(other, dl.dlarray):
            assert len(other.fmt) in (0, other.ndim)
            assert (one.fmt, one.shape, one.dtype) == (other.fmt, other.shape, other.dtype)
    if operation.order:
        gradients_have_the_size_of_their_operands(sample, operands)


def refused_by_us(error):
    """The text names a call of ours, and the error was raised by us, above the kernels."""
    text = str(error)
    assert re.match(r"(dlarray|[a-z]\w+)( \w+)?(: |\.)", text), text
    assert not FOREIGN.search(text), text
    files = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    assert files[-1].is_relative_to(PACKAGE), f"{files[-1]}: {text}"
    assert not files[-1].is_relative_to(PACKAGE / "kernels"), text


def gradients_have_the_size_of_their_operands(sample, operands):
    places = [i for i, o in enumerate(sample.operands) if o.differentiable]

    def slopes(*xs):
        value = dl.sum(dl.stripdims(called(sample, xs)), "all")
        return dl.dlgradient(value, [xs[i] for i in places])

    with np.errstate(all="ignore"):
        found = dl.dlfeval(slopes, *operands)
    for i, slope in zip(places, found, strict=True):
        assert (slope.fmt, slope.shape) == (operands[i].fmt, operands[i].shape)
