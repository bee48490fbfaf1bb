"""Arrays changed after use, variables assigned to, values used after their trace has ended."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import dlarray as dl
from dlarray import tape
from tests.array.gradients import gradient, values, vector

# -- the user's arrays


def test_changing_an_array_after_use_does_not_reach_the_tape():
    x = np.array([2.0, 3.0])

    def loss(X):
        factor = dl.dlarray(x)
        y = dl.sum(X**2 * factor)
        x[...] = 99
        return dl.dlgradient(y, X)

    assert values(dl.dlfeval(loss, dl.dlarray(x))) == [8, 18]


@pytest.mark.parametrize(
    "use",
    [
        lambda X, x: X * x,
        lambda X, x: x / X**-1,
        lambda X, x: x.T @ X,
        lambda X, x: dl.cat(0, X * X / X, x) * np.tile(x, (2, 1)),
        lambda X, x: dl.fullyconnect(X, x.T, 0, DataFormat="CB"),
    ],
    ids=["times", "divided", "matrix product", "cat", "fullyconnect"],
)
def test_changing_a_plain_operand_after_use(use):
    def loss(X, x):
        y = dl.sum(use(X, x), "all")
        x[...] = 99
        return dl.dlgradient(y, X)

    assert values(dl.dlfeval(loss, vector(1, 1), np.array([[2.0], [3.0]]))) == [2, 3]


def test_changing_an_array_of_another_library_after_use():
    class Other:
        """An array that NumPy reads without a copy."""

        def __init__(self, data):
            self.data = data

        def __array__(self, dtype=None, copy=None):
            return self.data

    def loss(X, other):
        y = dl.sum(X * dl.fullyconnect(X * 0 + 1, other, 0, DataFormat="BC"), "all")
        other.data[...] = 99
        return dl.dlgradient(y, X)

    assert dl.dlfeval(loss, vector(1), Other(np.array([[2.0]]))).item() == 2


def test_changing_an_index_after_use():
    def loss(X, index):
        y = dl.sum(X[index] * vector(2, 3))
        index[...] = 0
        return dl.dlgradient(y, X)

    for index in (np.array([1, 2]), np.array([False, True, True])):
        assert values(dl.dlfeval(loss, vector(1, 1, 1), index)) == [0, 2, 3]


def test_a_promise_not_to_change_an_array_saves_the_copy():
    x = np.ones((3, 5))
    for work in (lambda: dl.dlarray(x, copy=False), lambda: dl.dlfeval(dl.dlarray, x, copy=False)):
        assert np.shares_memory(work().extractdata(), x)


def test_values_on_the_tape_can_not_be_written_to():
    def loss(x):
        y = dl.exp(x)
        for array in (x.data, x.extractdata(), y.data):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0
        return dl.dlgradient(y, x)

    assert dl.dlfeval(loss, vector(0)).item() == 1


def test_a_result_may_be_changed_by_assignment_only():
    x = vector(2, 3)
    y, slope = dl.dlfeval(lambda x: (x, dl.dlgradient(dl.sum(x), x)), x)
    y[0] = 99
    slope[0] = 77
    assert values(x) == [2, 3]
    assert values(slope) == [77, 1]


# -- assignment to a variable


def test_assigning_to_a_variable_keeps_what_was_computed_from_it():
    def loss(x):
        first = x
        leaf = dl.dlarray(x)
        y = dl.sum(x**3)
        x[0] = 10
        assert first is x  # an alias, as ever in Python
        return y, dl.dlgradient(y, leaf), dl.dlgradient(dl.sum(x**2), leaf), x

    y, before, after, x = dl.dlfeval(loss, vector(2, 3))
    assert y.item() == 35
    assert values(before) == [12, 27]
    assert values(after) == [0, 6]
    assert values(x) == [10, 3]


def test_a_variable_assigned_to_is_another_variable():
    """The name stands for the new array: what was computed before does not depend on it."""

    def loss(x):
        y = dl.sum(x**3)
        x[0] = 10
        return dl.dlgradient(y, x), dl.dlgradient(dl.sum(x**2), x)

    before, after = dl.dlfeval(loss, vector(2, 3))
    assert (values(before), values(after)) == ([0, 0], [20, 6])


def test_assigning_a_variable_into_a_constant_traces_it():
    def loss(x):
        y = dl.dlarray(np.zeros((3, 1)))
        y[1] = x * 2
        return dl.dlgradient(dl.sum(y**2), x), y

    slope, y = dl.dlfeval(loss, vector(3))
    assert (slope.item(), values(y), y.node) == (24, [0, 6, 0], None)


def test_the_callers_array_is_not_assigned_to():
    x, mask = vector(2, 3), dl.dlarray([True, False])

    def loss(x, mask):
        x[0], mask[0] = 99, False
        x += 1
        return dl.dlgradient(dl.sum(x), x)

    dl.dlfeval(loss, x, mask)
    assert (values(x), values(mask)) == ([2, 3], [True, False])


# -- after the end of the trace


def carried():
    kept = []

    def function(x):
        kept.extend([x, x**2])

    dl.dlfeval(function, vector(3))
    return kept


ENDED = "The dlfeval call that made it has ended, and its trace with it"


def test_differentiating_a_carried_value_outside():
    x, y = carried()
    with pytest.raises(dl.GradientError, match=rf"not traced\. .* {ENDED}"):
        dl.dlgradient(y, x)


def test_differentiating_a_carried_value_in_another_call():
    x, y = carried()
    with pytest.raises(dl.GradientError, match=ENDED):
        dl.dlfeval(lambda z: dl.dlgradient(y, z), vector(1))
    with pytest.raises(dl.GradientError, match=rf"variable 1, .* is not traced: .*{ENDED}"):
        dl.dlfeval(lambda z: dl.dlgradient(z, x), vector(1))
    with pytest.raises(dl.GradientError, match=ENDED):
        dl.dlfeval(lambda z: dl.dljacobian(y, x, 0), vector(1))


def test_a_carried_value_is_a_constant_or_a_new_variable():
    x, y = carried()
    assert gradient(lambda z: z * y, vector(5)).item() == 9
    assert gradient(lambda z: z * x, y).item() == 3


def test_a_closure_called_after_the_end_computes_with_constants():
    def function(x):
        return lambda: x * 2

    later = dl.dlfeval(function, vector(3))
    assert (later().item(), later().node) == (6, None)


OTHER = "It belongs to another dlfeval call, an outer one or one in another thread"


def test_differentiating_in_a_nested_call_a_value_of_the_outer_one():
    def outer(x):
        y = x**2
        with pytest.raises(dl.GradientError, match=OTHER):
            dl.dlfeval(lambda z: dl.dlgradient(y, z), vector(1))
        with pytest.raises(dl.GradientError, match=rf"variable 1, .*{OTHER}"):
            dl.dlfeval(lambda z: dl.dlgradient(z, x), vector(1))
        return dl.dlgradient(y, x)

    assert dl.dlfeval(outer, vector(3)).item() == 6


def test_differentiating_in_another_thread():
    def loss(x):
        y = x**2
        with ThreadPoolExecutor(1) as pool:
            for work in (
                lambda: dl.dlgradient(y, x),
                lambda: dl.dlfeval(lambda z: dl.dlgradient(y, z), vector(1)),
            ):
                with pytest.raises(dl.GradientError, match=OTHER):
                    pool.submit(work).result()
        return dl.dlgradient(y, x)

    assert dl.dlfeval(loss, vector(3)).item() == 6


# -- functions whose body runs later


def test_a_generator_is_an_error():
    started = []

    def slopes(x):
        started.append(1)
        yield dl.dlgradient(x, x)

    text = (
        r"dlfeval: the function is a generator: its body would run after the trace has ended\. Re"
    )
    with pytest.raises(TypeError, match=text):
        dl.dlfeval(slopes, vector(3))
    assert (started, tape.current_tape()) == ([], None)


def test_a_coroutine_is_an_error():
    async def slope(x):
        return dl.dlgradient(x, x)

    with pytest.raises(TypeError, match="dlfeval: the function is a coroutine"):
        dl.dlfeval(slope, vector(3))


def test_coroutines_may_call_dlfeval():
    async def slope(x):
        await asyncio.sleep(0)
        return gradient(lambda x: x**2, x).item()

    async def both():
        return await asyncio.gather(slope(vector(3)), slope(vector(5)))

    assert asyncio.run(both()) == [6, 10]


def test_a_generator_may_call_dlfeval():
    def slopes():
        for x in (3, 5):
            yield gradient(lambda x: x**2, vector(x)).item()

    iterator = slopes()
    assert next(iterator) == 6
    assert tape.current_tape() is None
    assert next(iterator) == 10
