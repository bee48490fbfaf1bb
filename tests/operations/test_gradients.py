"""Every entry of the registry: its derivatives against central differences."""

from __future__ import annotations

import functools

import pytest

import dlarray as dl
from dlarray.tape import is_traced
from dlarray.testing import checkGradients
from dlarray.testing.operations import OPERATIONS


def samples(least_order):
    """The samples of entries that can be differentiated so often."""
    return [
        pytest.param(sample, id=f"{operation.name}-{number}")
        for operation in OPERATIONS.values()
        for number, sample in enumerate(operation.samples)
        if operation.order >= least_order
    ]


def of_differentiable(sample, call):
    """``call`` as a function of the differentiable operands alone, and these."""
    operands = sample.make()
    places = [i for i, operand in enumerate(sample.operands) if operand.differentiable]

    def function(*variables):
        arguments = list(operands)
        for place, variable in zip(places, variables, strict=True):
            arguments[place] = variable
        return call(*arguments)

    return function, [operands[place] for place in places]


@pytest.mark.parametrize("sample", samples(1))
def test_gradient(sample):
    function, variables = of_differentiable(sample, sample.call)
    checkGradients(function, *variables)


def squared_gradients(function, *variables):
    """The sum of squares of the gradients of sum f^2: it depends on second derivatives."""
    value = dl.sum(dl.stripdims(function(*variables)) ** 2, "all")
    slopes = dl.dlgradient(value, list(variables), EnableHigherDerivatives=True)
    return functools.reduce(dl.plus, [dl.sum(dl.stripdims(g) ** 2, "all") for g in slopes])


@pytest.mark.parametrize("sample", samples(2))
def test_second_derivative(sample):
    function, variables = of_differentiable(sample, sample.call)

    def slopes(*xs):
        if any(is_traced(x) for x in xs):
            return squared_gradients(function, *xs)
        return dl.dlfeval(functools.partial(squared_gradients, function), *xs)

    checkGradients(slopes, *variables, rtol=1e-5)
