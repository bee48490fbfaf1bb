"""Operators: values where they are not plain NumPy, first and second derivatives, layouts of dy."""

from typing import Any

import numpy as np
import pytest

from dlarray import operators as ops
from dlarray.kernels import Geometry
from dlarray.tape import Traced, gradients, recording
from dlarray.testing.gradients import STEP, TOLERANCES
from tests import naive
from tests.operator_cases import CASES, GEOMETRIES, PAIRWISE, QUOTIENTS, UNARY, Case
from tests.test_operators_without_derivative import CONSTANT

RTOL = 1e-6  # of central differences, as in dlarray.testing.checkGradients
H = STEP**0.6
DIRECTIONS = 2
ROUNDING = 1e3 * TOLERANCES[np.float64]


all_cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def traced(tape, arrays):
    return [Traced(array, tape.leaf(array)) for array in arrays]


def slopes(case, arrays, dy):
    """Gradients of the arguments, zero where there is none."""
    with recording() as tape:
        leaves = traced(tape, arrays)
        found = gradients(case.call(*leaves), dy, [leaf.node for leaf in leaves])
    return [np.zeros_like(x) if g is None else g for g, x in zip(found, arrays, strict=True)]


def inner(a, b):
    return sum(float(np.sum(x * y)) for x, y in zip(a, b, strict=True))


def norm(arrays):
    return np.sqrt(inner(arrays, arrays))


def assert_slope(function, arrays, gradient, rng):
    """``gradient`` against central differences of fourth order along random directions."""
    for _ in range(DIRECTIONS):
        steps = [np.asarray(rng.standard_normal(x.shape)) for x in arrays]

        def at(t, steps=steps):
            return function([x + t * s for x, s in zip(arrays, steps, strict=True)])

        measured = (8 * (at(H) - at(-H)) - (at(2 * H) - at(-2 * H))) / (12 * H)
        scale = max(norm(gradient) * norm(steps), abs(measured), ROUNDING)
        assert abs(measured - inner(gradient, steps)) <= RTOL * scale


def test_every_operator_has_a_case():
    assert {case.operator for case in CASES.values()} | set(CONSTANT) == set(ops.__all__)


@all_cases
def test_gradient_agrees_with_central_differences(case, rng):
    arrays = case.arguments(rng)
    dy = rng.standard_normal(np.shape(case.call(*arrays)))
    got = slopes(case, arrays, dy)
    for gradient, x in zip(got, arrays, strict=True):
        assert gradient.shape == x.shape
        assert gradient.dtype == x.dtype
    assert_slope(lambda at: inner([case.call(*at)], [dy]), arrays, got, rng)


@all_cases
def test_second_derivative_agrees_with_differences_of_the_first(case, rng):
    arrays = case.arguments(rng)
    dy = rng.standard_normal(np.shape(case.call(*arrays)))
    weights = [np.asarray(rng.standard_normal(x.shape)) for x in arrays]
    with recording() as tape:
        leaves = traced(tape, [*arrays, dy])
        nodes = [leaf.node for leaf in leaves]
        recorded = gradients(case.call(*leaves[:-1]), leaves[-1], nodes[:-1], record=True)
        second = [np.zeros(leaf.shape) for leaf in leaves]
        for part, weight in zip(recorded, weights, strict=True):
            if isinstance(part, Traced):
                found = gradients(part, weight, nodes)
                second = [a if b is None else a + b for a, b in zip(second, found, strict=True)]
    plain = slopes(case, arrays, dy)
    for part, first in zip(recorded, plain, strict=True):
        value = 0.0 if part is None else part.data
        np.testing.assert_allclose(value, first, rtol=ROUNDING, atol=ROUNDING)
    assert_slope(
        lambda at: inner(slopes(case, at[:-1], at[-1]), weights), [*arrays, dy], second, rng
    )


def layouts(dy):
    """The same values in other memory, and a broadcast array with its own copy."""
    yield np.asfortranarray(dy), dy
    yield np.repeat(dy, 2, -1)[..., ::2] if dy.ndim else dy, dy
    yield dy[::-1].copy()[::-1] if dy.ndim else dy, dy
    constant = np.broadcast_to(np.float64(1.5), dy.shape)
    yield constant, constant.copy()
    if dy.ndim:
        rows = np.broadcast_to(dy[:1], dy.shape)
        yield rows, rows.copy()


@all_cases
def test_the_layout_of_dy_does_not_matter_and_dy_stays(case, rng):
    arrays = case.arguments(rng)
    drawn = np.asarray(rng.standard_normal(np.shape(case.call(*arrays))))
    for dy, clean in layouts(drawn):
        before = dy.copy()
        dy.flags.writeable = False
        for got, want in zip(slopes(case, arrays, dy), slopes(case, arrays, clean), strict=True):
            np.testing.assert_allclose(got, want, rtol=ROUNDING, atol=ROUNDING)
        np.testing.assert_array_equal(dy, before)


@all_cases
def test_the_layout_of_the_arguments_does_not_matter_and_they_stay(case, rng):
    arrays = case.arguments(rng)
    want = np.asarray(case.call(*arrays))
    dy = np.asarray(rng.standard_normal(want.shape))
    want_slopes = slopes(case, arrays, dy)
    for layout in (np.asfortranarray, lambda a: np.repeat(a, 2, -1)[..., ::2] if a.ndim else a):
        odd = [layout(array) for array in arrays]
        for array in odd:
            array.flags.writeable = False
        np.testing.assert_allclose(case.call(*odd), want, rtol=ROUNDING, atol=ROUNDING)
        for got, first in zip(slopes(case, odd, dy), want_slopes, strict=True):
            np.testing.assert_allclose(got, first, rtol=ROUNDING, atol=ROUNDING)
        for array, original in zip(odd, arrays, strict=True):
            np.testing.assert_array_equal(array, original)


@all_cases
def test_single_precision_stays_single(case, rng):
    if case.operator == "cast":
        pytest.skip("the operator changes the type")
    arrays = case.arguments(rng, np.float32)
    y = case.call(*arrays)
    assert y.dtype == np.float32
    for gradient in slopes(case, arrays, np.ones(np.shape(y), np.float32)):
        assert gradient.dtype == np.float32
    with recording() as tape:
        leaves = traced(tape, arrays)
        nodes = [leaf.node for leaf in leaves]
        found = gradients(case.call(*leaves), np.ones(np.shape(y), np.float32), nodes, record=True)
    assert all(part is None or part.dtype == np.float32 for part in found)


EMPTY = {
    "add": Case("add", [(0, 3), (1, 3)]),
    "mul": Case("mul", [(0, 3), (0, 3)]),
    "relu": Case("relu", [(0, 3)]),
    "total": Case("total", [(0, 3)], {"axes": (0,)}),
    "softmax": Case("softmax", [(0, 3)], {"axis": 1}),
    "reshape": Case("reshape", [(0, 4)], {"shape": (2, 0)}),
    "expand": Case("expand", [(1, 3)], {"shape": (0, 3)}),
    "take": Case("take", [(3, 4)], {"index": (slice(0, 0), slice(None))}),
    "concatenate": Case("concatenate", [(0, 3), (2, 3)], {"axis": 0}),
    "matmul": Case("matmul", [(3, 0), (0, 5)]),
    "dropout": Case("dropout", [(0, 3)], {"probability": 0.5, "key": 1, "order": (0, 1)}),
    "groupnorm": Case(
        "groupnorm",
        [(0, 3), (1, 3), (1, 3)],
        {"outer": (0,), "inner": (), "channel": 1, "groups": 1, "epsilon": 1e-3},
    ),
    "conv, batch": Case(
        "conv",
        [(0, 9, 3), (3, 3, 4), (4,)],
        {"x_axes": (0, 1, 2), "w_axes": (0, 1, 2), "geometry": (Geometry(left=1),)},
    ),
    "conv, channels": Case(
        "conv",
        [(2, 9, 0), (3, 0, 4), (4,)],
        {"x_axes": (0, 1, 2), "w_axes": (0, 1, 2), "geometry": (Geometry(2),)},
    ),
}


@pytest.mark.parametrize("case", EMPTY.values(), ids=EMPTY)
def test_arguments_of_size_zero(case, rng):
    arrays = case.arguments(rng)
    y = case.call(*arrays)
    for gradient, x in zip(slopes(case, arrays, np.ones(y.shape)), arrays, strict=True):
        assert gradient.shape == x.shape
        assert np.all(np.isfinite(gradient))


# -- values


@pytest.mark.parametrize("name", ["plain", "strided", "both", "constant"])
def test_conv_matches_in_label_order(name, rng):
    stride, dilation, left, right, _, value = geometry = GEOMETRIES[name]
    x, w, b = (rng.standard_normal(shape) for shape in ((3, 2, 13), (3, 3, 4), (4, 1)))
    y = ops.conv(x, w, b, x_axes=(1, 2, 0), w_axes=(0, 1, 2), geometry=(geometry,))
    want = naive.conv1d(x.transpose(1, 2, 0), w, b, stride, dilation, left, right, value).transpose(
        2, 0, 1
    )
    np.testing.assert_allclose(y, want, rtol=ROUNDING, atol=ROUNDING)
    np.testing.assert_array_equal(
        ops.conv(x, w, None, x_axes=(1, 2, 0), w_axes=(0, 1, 2), geometry=(geometry,)),
        ops.conv(x, w, 0 * b, x_axes=(1, 2, 0), w_axes=(0, 1, 2), geometry=(geometry,)),
    )


def test_matmul_and_softmax_match(rng):
    a, b = rng.standard_normal((3, 7)), rng.standard_normal((7, 5))
    np.testing.assert_allclose(ops.matmul(a, b), a @ b, rtol=ROUNDING, atol=ROUNDING)
    np.testing.assert_allclose(
        ops.softmax(a, axis=0), naive.softmax(a, 0), rtol=ROUNDING, atol=ROUNDING
    )


def test_groupnorm_of_one_group_matches_the_reference_of_layernorm(rng):
    x, offset, scale = (rng.standard_normal(shape) for shape in ((3, 4, 5), (3, 1), (3, 1)))
    axes: Any = {"outer": (1,), "inner": (2,), "channel": 0, "groups": 1, "epsilon": 1e-3}
    want = naive.layernorm(x, (0, 2), 0, offset, scale, 1e-3)
    for function in (ops.groupnorm, ops.groupnorm.composition):
        assert function is not None
        np.testing.assert_allclose(
            function(x, offset, scale, **axes), want, rtol=ROUNDING, atol=ROUNDING
        )


def test_reshape_is_column_major(rng):
    x = rng.standard_normal((3, 4, 5))
    np.testing.assert_array_equal(ops.reshape(x, shape=(6, 10)), x.reshape((6, 10), order="F"))


def test_views_copy_nothing(rng):
    x = rng.standard_normal((3, 1, 5))
    for view in (
        ops.permute(x, order=(2, 0, 1)),
        ops.expand(x, shape=(3, 4, 5)),
        ops.reshape(x, shape=(3, 5)),
        ops.take(x, index=(slice(1, 3),)),
    ):
        assert np.shares_memory(view, x)


def test_assign_leaves_its_operand(rng):
    x = rng.standard_normal((3, 4))
    before = x.copy()
    y = ops.assign(x, np.zeros(()), index=(slice(1, 2), slice(None)))
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(y[1], 0)


def test_cast_goes_back_in_the_gradient(rng):
    case = Case("cast", [(3,)], {"dtype": np.float32})
    x = rng.standard_normal(3)
    assert case.call(x).dtype == np.float32
    (dx,) = slopes(case, [x], np.ones(3, np.float32))
    assert dx.dtype == np.float64


# -- derivatives at points where there is none


def derivative(name, *values):
    """The gradients of an operator of numbers."""
    arrays = [np.array([value]) for value in values]
    return [float(g[0]) for g in slopes(Case(name, []), arrays, np.ones(1))]


@pytest.mark.parametrize(
    ("name", "values", "want"),
    [
        ("relu", (0.0,), (0.0,)),
        ("absolute", (0.0,), (0.0,)),
        ("sqrt", (0.0,), (np.inf,)),
        ("maximum", (2.0, 2.0), (1.0, 0.0)),
        ("minimum", (2.0, 2.0), (1.0, 0.0)),
        ("power", (0.0, 2.0), (0.0, 0.0)),
        ("power", (0.0, 1.0), (1.0, 0.0)),
        ("power", (-2.0, 3.0), (12.0, np.nan)),
        ("power", (3.0, 0.0), (0.0, np.log(3.0))),
        ("log", (0.0,), (np.inf,)),
        ("sigmoid", (800.0,), (0.0,)),
        ("sigmoid", (-800.0,), (0.0,)),
        ("tanh", (800.0,), (0.0,)),
        ("exp", (-np.inf,), (0.0,)),
    ],
    ids=lambda part: str(part),
)
def test_derivative_at_a_special_point(name, values, want):
    np.testing.assert_allclose(derivative(name, *values), want, rtol=ROUNDING)


def test_sigmoid_does_not_overflow():
    np.testing.assert_array_equal(ops.sigmoid(np.array([-1e4, 0.0, 1e4])), [0, 0.5, 1])


def test_a_power_of_zero_has_slope_zero():
    with recording() as tape:
        (x,) = traced(tape, [np.array([0.0, 2.0])])
        (dx,) = gradients(ops.power(x, np.zeros(2)), np.ones(2), [x.node])
    np.testing.assert_array_equal(dx, [0, 0])


@pytest.mark.parametrize("name", sorted({*UNARY, *PAIRWISE, *QUOTIENTS}))
def test_special_values_and_their_derivatives_raise_no_warning(name):
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -1.0])
    pairs = [special] if name in UNARY else np.meshgrid(special, special)
    arrays = [np.ravel(part) for part in pairs]
    (dx, *_) = slopes(Case(name, []), arrays, np.ones(arrays[0].shape))
    assert dx.shape == arrays[0].shape


def test_the_gradient_of_the_largest_goes_to_the_first_of_equals():
    x = np.array([[1.0, 4.0, 4.0], [np.nan, 0.0, np.nan]])
    (dx,) = slopes(Case("largest", [], {"axis": 1}), [x], np.array([[5.0], [7.0]]))
    np.testing.assert_array_equal(dx, [[0, 5, 0], [7, 0, 0]])


def test_elements_taken_twice_get_both_gradients():
    case = Case("take", [], {"index": (np.array([1, 1, 0]),)})
    (dx,) = slopes(case, [np.zeros(3)], np.array([1.0, 10.0, 100.0]))
    np.testing.assert_array_equal(dx, [100, 11, 0])


def test_an_element_assigned_twice_has_the_last_value_only():
    case = Case("assign", [], {"index": (np.array([1, 1]),)})
    x, v = np.zeros(3), np.array([5.0, 7.0])
    np.testing.assert_array_equal(case.call(x, v), [0, 7, 0])
    dx, dv = slopes(case, [x, v], np.array([1.0, 10.0, 100.0]))
    np.testing.assert_array_equal(dx, [1, 0, 100])
    np.testing.assert_array_equal(dv, [0, 10])


def test_dropout_draws_the_same_mask_for_any_layout_and_its_gradient():
    case = CASES["dropout"]
    x = np.ones((3, 4, 5))
    y = case.call(x)
    np.testing.assert_array_equal(case.call(np.asfortranarray(x)), y)
    np.testing.assert_array_equal(slopes(case, [x], x)[0], y)
