"""The tape: gradients that are recorded themselves."""

import numpy as np
import pytest

from dlarray.operators import add, mul, total
from dlarray.tape import GradientError, gradients, is_traced, operator, recording
from tests.tracing import leaf, slope, square


def test_a_recorded_gradient_can_be_differentiated():
    with recording() as tape:
        x = leaf(tape, [1.0, 3.0])
        y = mul(square(x), x)
        (first,) = slope(y, x, record=True)
        assert is_traced(first)
        (second,) = slope(first, x, record=True)
        (third,) = slope(second, x)
    np.testing.assert_array_equal(first.data, [3, 27])
    np.testing.assert_array_equal(second.data, [6, 18])
    np.testing.assert_array_equal(third, [6, 6])


def test_numbers_without_dimensions_have_higher_derivatives():
    with recording() as tape:
        x = leaf(tape, 3.0)
        (first,) = slope(mul(mul(x, x), x), x, record=True)
        (second,) = slope(first, x)
    assert first.data == 27
    assert second == 18


def test_a_recorded_gradient_depends_on_its_weight():
    with recording() as tape:
        x, weight = leaf(tape, [3.0]), leaf(tape, [10.0])
        (dx,) = gradients(square(x), weight, [x.node], record=True)
        np.testing.assert_array_equal(slope(dx, weight)[0], [6])


def test_a_recorded_gradient_reaches_an_intermediate_value():
    with recording() as tape:
        x = leaf(tape, [2.0])
        y = square(x)
        (dy,) = slope(mul(square(y), y), y, record=True)
        np.testing.assert_array_equal(dy.data, [48])
        np.testing.assert_array_equal(slope(dy, x)[0], [6 * 4 * 4])


def test_a_gradient_penalty():
    with recording() as tape:
        x = leaf(tape, [1.0, 2.0])
        (dx,) = slope(total(mul(square(x), x), axes=(0,)), x, record=True)
        (result,) = slope(total(square(dx), axes=(0,)), x)
    np.testing.assert_array_equal(result, [36, 36 * 8])


def test_a_rule_that_is_not_recordable_needs_a_reference():
    @operator
    def fast(x):
        return x * x

    @fast.backward(recordable=False)
    def _(dy, _y, x):
        return (dy * 2 * x,)

    with recording() as tape:
        x = leaf(tape, [3.0])
        y = fast(x)
        np.testing.assert_array_equal(slope(y, x)[0], [6])
        with pytest.raises(GradientError, match=r"^fast has no second derivative\.$"):
            slope(y, x, record=True)
        np.testing.assert_array_equal(slope(y, x)[0], [6])


def test_a_reference_is_differentiated_only_when_the_pass_is_recorded():
    asked = []

    @operator
    def fast(x, w, c):
        return x * x * w + c, x

    @fast.backward(recordable=False)
    def _(dy, result, x, w, _c):
        asked.append("rule")
        assert type(x) is np.ndarray
        return dy * 2 * result[1] * w, dy * x * x, dy

    @fast.reference
    def _(x, w, c):
        asked.append("reference")
        return add(mul(square(x), w), c)

    with recording() as tape:
        x, w = leaf(tape, [3.0]), leaf(tape, [5.0])
        y = fast(x, w, np.array([100.0]))
        dx, dw = slope(y, x, w)
        assert asked == ["rule"]
        np.testing.assert_array_equal([dx, dw], [[30], [9]])
        dx, dw = slope(y, x, w, record=True)
        assert asked == ["rule", "reference"]
        np.testing.assert_array_equal([dx.data, dw.data], [[30], [9]])
        np.testing.assert_array_equal(slope(dx, x, w), [[10], [6]])
        assert slope(dw, w) == [None]
        (third,) = slope(slope(dx, x, record=True)[0], w)
        np.testing.assert_array_equal(third, [2])


def test_a_reference_counts_an_argument_given_twice():
    @operator
    def product(a, b):
        return a * b

    @product.backward(recordable=False)
    def _(dy, _y, a, b):
        return dy * b, dy * a

    @product.reference
    def _(a, b):
        return mul(a, b)

    with recording() as tape:
        x = leaf(tape, [3.0])
        (dx,) = slope(product(x, x), x, record=True)
        np.testing.assert_array_equal(dx.data, [6])
        np.testing.assert_array_equal(slope(dx, x)[0], [2])
