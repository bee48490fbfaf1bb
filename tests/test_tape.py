"""The tape: what is recorded, how rules are asked, nested tapes, errors, threads."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from dlarray.operators import add, mul, neg
from dlarray.tape import (
    GradientError,
    Spec,
    Traced,
    current_tape,
    gradients,
    is_traced,
    operator,
    paused,
    recording,
)
from tests.tracing import RELEASED, leaf, slope, square


@operator
def opaque(x):
    """No rule."""
    return 3 * x


# -- recording


def test_without_a_tape_an_operator_only_computes():
    x = np.array([1.0, 2.0])
    assert type(square(x)) is np.ndarray
    np.testing.assert_array_equal(square(Traced(x, None)), [1, 4])
    assert current_tape() is None


def test_without_a_traced_argument_nothing_is_recorded():
    with recording():
        assert type(square(np.ones(2))) is np.ndarray
        assert type(square(Traced(np.ones(2), None))) is np.ndarray


def test_a_call_on_a_leaf_is_recorded():
    with recording() as tape:
        x = leaf(tape, [1.0, 2.0])
        y = square(x)
        assert current_tape() is tape
        assert is_traced(x)
        assert is_traced(y)
        assert (y.shape, y.dtype) == ((2,), np.float64)
        (dx,) = slope(y, x)
    assert type(dx) is np.ndarray
    np.testing.assert_array_equal(dx, [2, 4])


def test_an_operator_keeps_its_name_and_docstring():
    assert (square.name, square.__doc__) == ("square", "x * x.")
    assert repr(square) == "<operator square>"


def test_the_gradient_is_weighted_by_dy_and_leaves_it_alone():
    dy = np.array([10.0, 100.0])
    dy.flags.writeable = False
    with recording() as tape:
        x = leaf(tape, [1.0, 2.0])
        (dx,) = gradients(square(x), dy, [x.node])
    np.testing.assert_array_equal(dx, [20, 400])


def test_paths_to_one_variable_add_up():
    with recording() as tape:
        x = leaf(tape, [3.0])
        a, b = square(x), neg(x)
        y = add(mul(a, b), add(a, x))
        (dx,) = slope(y, x)
    np.testing.assert_array_equal(dx, [-3 * 9 + 2 * 3 + 1])


def test_an_argument_given_twice_gets_both_parts():
    with recording() as tape:
        x = leaf(tape, [3.0])
        np.testing.assert_array_equal(slope(mul(x, x), x)[0], [6])


def test_each_variable_has_its_own_gradient():
    with recording() as tape:
        x, w = leaf(tape, [2.0]), leaf(tape, [5.0])
        dx, dw, again = slope(mul(x, square(w)), x, w, x)
    np.testing.assert_array_equal([dx, dw, again], [[25], [20], [25]])


def test_constants_have_no_gradient():
    with recording() as tape:
        x = leaf(tape, [2.0])
        y = mul(Traced(np.array([7.0]), None), mul(x, np.array([5.0])))
        np.testing.assert_array_equal(slope(y, x)[0], [35])


def test_a_variable_that_does_not_lead_to_the_value_has_none():
    with recording() as tape:
        x, other = leaf(tape, [2.0]), leaf(tape, [2.0])
        late = square(other)
        dx, *rest = slope(square(x), x, other, late)
        assert rest == [None, None]
        assert gradients(Traced(np.ones(1), None), np.ones(1), [x.node]) == [None]
    np.testing.assert_array_equal(dx, [4])


def test_an_intermediate_value_can_be_a_variable():
    with recording() as tape:
        x = leaf(tape, [3.0])
        y = square(x)
        z = square(y)
        dx, dy, dz = slope(z, x, y, z)
    np.testing.assert_array_equal([dx, dy, dz], [[4 * 27], [18], [1]])


def test_the_rule_behind_a_variable_is_not_asked():
    with recording() as tape:
        x = leaf(tape, [3.0])
        y = opaque(x)
        np.testing.assert_array_equal(slope(square(y), y)[0], [18])
        np.testing.assert_array_equal(slope(y, y)[0], [1])


def test_a_long_chain_needs_no_recursion():
    with recording() as tape:
        x = leaf(tape, [1.0])
        y = x
        for _ in range(5000):
            y = neg(y)
        np.testing.assert_array_equal(slope(y, x)[0], [1])
        del y
    gc.collect()


# -- rules


def test_parts_that_nobody_wants_are_not_computed():
    asked = []

    @operator
    def two(a, b):
        return a + b

    @two.backward
    def _(dy, _y, _a, _b):
        def part(name):
            asked.append(name)
            return dy

        return lambda: part("a"), lambda: part("b")

    with recording() as tape:
        a, b = leaf(tape, [1.0]), leaf(tape, [1.0])
        slope(two(a, b), b)
        assert asked == ["b"]
        slope(two(np.ones(1), b), b)
        assert asked == ["b", "b"]


def test_a_part_may_be_none():
    @operator
    def first(a, b):
        return a + 0 * b

    @first.backward
    def _(dy, _y, _a, _b):
        return dy, None

    with recording() as tape:
        a, b = leaf(tape, [1.0]), leaf(tape, [1.0])
        da, db = slope(first(a, b), a, b)
    np.testing.assert_array_equal(da, [1])
    assert db is None


def test_a_rule_gets_shape_and_type_of_what_it_names_with_an_underscore():
    seen: dict[str, Any] = {}

    @operator
    def probe(a, b, c, d):
        return a + b

    @probe.backward
    def _(dy, y, _a, b, _c, _d):
        seen.update(y=y, a=_a, b=b, c=_c, d=_d)
        return dy, dy, None, None

    with recording() as tape:
        a, b = leaf(tape, [[1.0, 2.0]]), leaf(tape, [[3.0, 4.0]])
        slope(probe(a, b, np.zeros((3, 5), np.float32), None), a)
    assert (seen["a"].shape, seen["a"].dtype) == ((1, 2), np.float64)
    assert not hasattr(seen["a"], "data")
    assert seen["c"] == Spec((3, 5), np.dtype(np.float32))
    assert seen["d"] is None
    np.testing.assert_array_equal(seen["b"], [[3, 4]])
    np.testing.assert_array_equal(seen["y"], [[4, 6]])


def test_a_rule_gets_residuals_with_the_result():
    @operator
    def masked(x):
        mask = x > 0
        return x * mask, mask

    @masked.backward
    def _(dy, result, _x):
        y, mask = result
        return (dy * mask + 0 * y,)

    x = np.array([-1.0, 2.0])
    np.testing.assert_array_equal(masked(x), [0, 2])
    with recording() as tape:
        variable = leaf(tape, x)
        y = masked(variable)
        np.testing.assert_array_equal(y.data, [0, 2])
        np.testing.assert_array_equal(slope(y, variable)[0], [0, 1])


def test_options_reach_the_rule():
    @operator
    def scaled(x, *, by):
        return by * x

    @scaled.backward
    def _(dy, _y, _x, *, by):
        return (by * dy,)

    with recording() as tape:
        x = leaf(tape, [1.0])
        np.testing.assert_array_equal(slope(scaled(x, by=4.0), x)[0], [4])


def test_an_operator_without_a_rule_has_no_derivative():
    with recording() as tape:
        x = leaf(tape, [1.0])
        y = opaque(x)
        np.testing.assert_array_equal(y.data, [3])
        with pytest.raises(GradientError, match=r"^opaque has no derivative\.$"):
            slope(y, x)


# -- nested tapes, pauses, errors, threads


def test_values_of_the_outer_tape_are_constants_of_the_inner():
    with recording() as outer:
        x = leaf(outer, [2.0])
        y = square(x)
        with recording() as inner:
            w = leaf(inner, [5.0])
            z = mul(y, w)
            assert is_traced(z)
            assert not is_traced(y)
            np.testing.assert_array_equal(slope(z, w)[0], [4])
            assert slope(z, x) == [None]
            assert type(square(x)) is np.ndarray
        assert current_tape() is outer
        assert is_traced(y)
        assert not is_traced(z)
        np.testing.assert_array_equal(slope(mul(y, z), x)[0], [4 * 20])


def test_paused_records_nothing():
    with recording() as tape:
        x = leaf(tape, [2.0])
        with paused():
            assert current_tape() is None
            assert not is_traced(x)
            assert type(square(x)) is np.ndarray
        assert current_tape() is tape
        assert is_traced(square(x))


def test_a_gradient_is_not_itself_recorded():
    seen = []

    @operator
    def watched(x):
        return x + 0

    @watched.backward
    def _(dy, _y, _x):
        seen.append(current_tape())
        return (neg(dy),)

    with recording() as tape:
        x = leaf(tape, [2.0])
        assert type(slope(watched(x), x)[0]) is np.ndarray
        slope(watched(x), x, record=True)
    assert seen == [None, tape]


@pytest.mark.parametrize("block", [recording, paused])
def test_an_error_restores_the_outer_tape(block):
    with recording() as outer:
        with pytest.raises(KeyError), block():
            raise KeyError
        assert current_tape() is outer
    with pytest.raises(KeyError), recording():
        raise KeyError
    assert current_tape() is None


def test_an_error_closes_the_tape():
    with pytest.raises(KeyError), recording() as tape:
        x = leaf(tape, np.ones(3))
        y = square(x)
        raise KeyError
    assert not tape.open
    with pytest.raises(GradientError, match=RELEASED):
        slope(y, x)


def test_an_error_in_a_rule_leaves_the_tape_usable():
    @operator
    def broken(x):
        return x + 0

    @broken.backward
    def _(dy, _y, _x):
        raise KeyError

    with recording() as tape:
        x = leaf(tape, [2.0])
        with pytest.raises(KeyError):
            slope(broken(x), x)
        assert current_tape() is tape
        np.testing.assert_array_equal(slope(square(x), x)[0], [4])


def test_each_thread_has_its_own_tape():
    def elsewhere(x):
        assert current_tape() is None
        assert type(square(x)) is np.ndarray
        with recording() as tape:
            barrier.wait()
            w = leaf(tape, [5.0])
            result = slope(mul(square(w), x), w)[0]
            barrier.wait()
        return result, current_tape()

    barrier = threading.Barrier(3)
    with recording() as tape, ThreadPoolExecutor(2) as pool:
        x = leaf(tape, [2.0])
        runs = [pool.submit(elsewhere, x) for _ in range(2)]
        barrier.wait()
        y = square(x)
        barrier.wait()
        for run in runs:
            result, left = run.result()
            np.testing.assert_array_equal(result, [20])
            assert left is None
        assert current_tape() is tape
        np.testing.assert_array_equal(slope(y, x)[0], [4])
